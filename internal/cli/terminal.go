package cli

import (
	"io"
	"os"

	"github.com/charmbracelet/x/term"

	"github.com/suretyhq/surety/internal/report"
)

// textOptions say how text is shown on w: as wide as the terminal, and in
// colour if w is a terminal and neither NO_COLOR nor TERM=dumb says otherwise.
func textOptions(env Env, w io.Writer) report.Options {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return report.Options{}
	}
	width, _, err := term.GetSize(f.Fd())
	if err != nil {
		width = 0
	}
	return report.Options{Width: width, Color: env.Getenv("NO_COLOR") == "" && env.Getenv("TERM") != "dumb"}
}

// isTerminal says whether w is a terminal that a person may be watching.
func isTerminal(env Env, w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(f.Fd()) && env.Getenv("TERM") != "dumb"
}
