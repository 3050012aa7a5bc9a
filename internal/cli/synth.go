package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/report"
	"github.com/suretyhq/surety/internal/synth"
)

func newSynth(env Env) *cobra.Command {
	var file, out string
	var force bool
	cmd := &cobra.Command{
		Use:   "synth",
		Short: "Write the estate's cloud assembly with the AWS CDK",
		Long: `Writes the estate's stacks as a cloud assembly (cdk.out, beside the estate file),
which surety prove, cdk diff and cdk deploy read. It needs Node, and no credentials.
Nothing is written again while nothing has changed, nothing is left half written,
and an assembly that was edited is kept unless --force is given.`,
		Example: `  surety synth
  surety synth -f examples/cover/estate.yaml -o /tmp/cover
  surety synth --force     # put back an assembly that was edited`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := loadDeployable(env, file); err != nil {
				return err
			}
			if out == "" {
				out = outOf(file)
			}
			r, err := synthesise(cmd.Context(), env, file, out, force)
			if err != nil {
				return err
			}
			switch {
			case r.Edited && r.Cached:
				sayEdited(env, file, r)
				return outcome(ExitUsage)
			case r.Cached:
				fmt.Fprintln(env.Stderr, "nothing has changed since it was written")
			}
			fmt.Fprintln(env.Stdout, r.Out)
			return nil
		},
	}
	estateFlag(cmd, &file)
	cmd.Flags().StringVarP(&out, "output", "o", "", "the assembly's `FOLDER` (default cdk.out beside the estate file)")
	cmd.Flags().BoolVar(&force, "force", false, "write it anew even where it was edited or is not Surety's")
	return cmd
}

// outOf is the folder of an estate's assembly: beside the estate file.
func outOf(file string) string { return filepath.Join(filepath.Dir(file), synth.DefaultOut) }

// ensureAssembly makes the estate's assembly be there and up to date, and says
// what it did. An edited one stays as it is. Where whatever synthesises is
// missing, an assembly that is there is good enough, and that is said. Kept says
// that the assembly is the one that was there.
func ensureAssembly(ctx context.Context, env Env, file, out string) (kept bool, err error) {
	r, err := synthesise(ctx, env, file, out, false)
	var why diag.Diagnostic
	if errors.As(err, &why) && exists(filepath.Join(out, "manifest.json")) {
		switch why.Code {
		case synth.CodeNoNode, synth.CodeNoProgram, synth.CodeForeignOut:
			fmt.Fprintf(env.Stderr, "whether %s is up to date with %s is not known (%s); it is proved as it is\n", out, file, why.What)
			return true, nil
		}
	}
	if err == nil && r.Edited {
		sayEdited(env, file, r)
	}
	return r.Cached, err
}

// sayEdited says which files of an assembly are no longer as they were written.
func sayEdited(env Env, file string, r synth.Result) {
	const most = 3
	names := r.EditedFiles[:min(most, len(r.EditedFiles))]
	more := ""
	if n := len(r.EditedFiles) - most; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	fmt.Fprintf(env.Stderr, "%s was edited after it was synthesised (%s%s) and is taken as it is\n"+
		"  %s synth --force -f %s writes it anew\n", r.Out, strings.Join(names, ", "), more, env.Program, file)
}

// synthesise runs surety-synth if there is a reason to, and shows its progress.
func synthesise(ctx context.Context, env Env, file, out string, force bool) (synth.Result, error) {
	opts := synth.Options{EstatePath: file, Out: out, Force: force, Progress: env.Stderr}
	r, err := synth.Check(opts)
	if err != nil && !force {
		return r, err
	}
	switch {
	case r.Edited && !force, !r.Absent && !r.Stale && !r.Edited:
		r.Cached = true
		return r, err
	case r.Absent:
		fmt.Fprintf(env.Stderr, "synthesising %s into %s: there is no assembly yet\n", file, out)
	case r.Stale:
		fmt.Fprintf(env.Stderr, "synthesising %s into %s: the estate or what synthesises it has changed\n", file, out)
	default:
		fmt.Fprintf(env.Stderr, "synthesising %s into %s over what was edited\n", file, out)
	}
	p := newProgress(env)
	stacks := 0
	opts.OnEvent = func(e synth.Event) {
		if e.Stack != "" {
			stacks = e.Total
		}
		p.of(e.Done, e.Total, e.String())
	}
	r, err = synth.Run(ctx, opts)
	p.end()
	if err == nil {
		fmt.Fprintf(env.Stderr, "synthesised %s in %s\n", report.Plural(stacks, "stack", "stacks"), r.Took.Round(100*time.Millisecond))
	}
	return r, err
}
