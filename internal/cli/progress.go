package cli

import (
	"fmt"
	"io"

	"github.com/charmbracelet/x/ansi"
)

// progress shows what long work is at: on a terminal one line that is written
// over, elsewhere a line for each step.
type progress struct {
	w        io.Writer
	terminal bool
}

func newProgress(env Env) *progress {
	return &progress{w: env.Stderr, terminal: isTerminal(env, env.Stderr)}
}

func (p *progress) show(step string) {
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s  %s", ansi.EraseEntireLine, step)
		return
	}
	fmt.Fprintf(p.w, "  %s\n", step)
}

// of shows a step of many, of which elsewhere than on a terminal every tenth is
// enough.
func (p *progress) of(done, total int, step string) {
	if p.terminal || done == 1 || done == total || done%10 == 0 {
		p.show(step)
	}
}

// end removes the line that was written over.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s", ansi.EraseEntireLine)
	}
}
