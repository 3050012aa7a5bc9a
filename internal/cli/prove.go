package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/report"
)

func newProve(env Env) *cobra.Command {
	var in inputs
	var only []string
	var format, out string
	var allowUnknown bool
	cmd := &cobra.Command{
		Use:   "prove [PATH…]",
		Short: "Prove what will be deployed",
		Long: `Proves claims about what will be deployed, offline: who can reach what, what is
encrypted, what leaves by which way.

PATH is a cloud assembly (cdk.out), a template, or a folder of templates, of any
CDK or CloudFormation project. Without one, the estate's assembly is proved; it is
synthesised first if it is absent or stale. With -f and a PATH, the PATH is held
against the estate. Claims about intent do not apply without an estate.

Exit codes: 0 every claim is proved, 1 one is refuted, 2 wrong use or bad input,
3 nothing is refuted but something is unknown (--allow-unknown makes it 0).`,
		Example: `  surety prove                                   # estate.yaml and its cdk.out
  surety prove template.yaml --param Stage=prod  # any template
  surety prove cdk.out -f estate.yaml --only declared-flows,no-overlap
  surety prove --format sarif -o surety.sarif`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := parseFormat(format)
			if err != nil {
				return usageError(cmd, err)
			}
			in.paths, in.estateGiven = args, cmd.Flags().Changed("file")
			s, err := load(cmd.Context(), env, in)
			if err != nil {
				return err
			}
			r, err := s.prove(cmd.Context(), env, only)
			if err != nil {
				return err
			}
			if err := writeOutput(env.Stdout, out, func(w io.Writer) error {
				return r.Write(w, f, textOptions(env, w))
			}); err != nil {
				return err
			}
			if out != "" && out != "-" {
				fmt.Fprintf(env.Stderr, "%s: %s\n", out, r.Summary())
			}
			return verdict(r, allowUnknown)
		},
	}
	inputFlags(cmd, &in)
	cmd.Flags().StringSliceVar(&only, "only", nil, "the `ID`s of the claims to prove, comma-separated")
	cmd.Flags().StringVar(&format, "format", string(report.Text), "one of "+formatNames())
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to `FILE` instead of standard output")
	cmd.Flags().BoolVar(&allowUnknown, "allow-unknown", false, "exit with 0 when nothing is refuted but something is unknown")
	return cmd
}

// verdict turns a report into the command's exit code.
func verdict(r *report.Report, allowUnknown bool) error {
	switch {
	case r.Count(proof.Refuted) > 0:
		return outcome(ExitRefuted)
	case r.Count(proof.Unknown) > 0 && !allowUnknown:
		return outcome(ExitUnknown)
	}
	return nil
}

func parseFormat(s string) (report.Format, error) {
	if f := report.Format(s); slices.Contains(report.Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("--format %s: want one of %s", s, formatNames())
}

func formatNames() string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}
