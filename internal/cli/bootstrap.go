package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/report"
	"github.com/suretyhq/surety/internal/work"
)

func newBootstrap(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "bootstrap",
		Short:   "Make by AWS's API what no stack can make",
		Example: "  surety bootstrap organisation",
		Args:    noCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBootstrapOrganisation(env))
	return cmd
}

// bootstrapFlags are the flags of bootstrap organisation.
type bootstrapFlags struct {
	file, format    string
	apply, detailed bool
}

func newBootstrapOrganisation(env Env) *cobra.Command {
	var f bootstrapFlags
	cmd := &cobra.Command{
		Use:   "organisation",
		Short: "Make the organisation and its accounts, and write their ids into the estate file",
		Long: `Makes what has to be there before the first stack is deployed: the organisation,
its kinds of policies, trusted access, resource sharing, the Log Archive and Audit
accounts, Control Tower's roles, the other accounts, the Regions that accounts have
to enable, and the administrators of what watches the organisation.

It needs credentials of the management account, found where the AWS command line
finds them. Without --apply it prints what it would do and changes nothing. With
it, every step is looked at, made if it is not so, and looked at again; the ids of
accounts are written into the estate file as they become known, and every other
byte of the file stays. A run that ended anywhere is taken up by the next.

AWS cannot take accounts back at once: closing one takes 90 days, and its owner's
address stays taken.`,
		Example: `  surety bootstrap organisation            # the plan
  surety bootstrap organisation --apply
  surety bootstrap organisation --format json --detailed-exitcode`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.format != "text" && f.format != "json" {
				return usageError(cmd, fmt.Errorf("--format %s: want text or json", f.format))
			}
			if env.AWS.Bootstrap == nil {
				return env.byAWS(cmd.Context())
			}
			return bootstrapOrganisation(cmd, env, f)
		},
	}
	estateFlag(cmd, &f.file)
	cmd.Flags().BoolVar(&f.apply, "apply", false, "do it")
	cmd.Flags().StringVar(&f.format, "format", "text", "text or json")
	cmd.Flags().BoolVar(&f.detailed, "detailed-exitcode", false, "exit with 1 when the plan has something to do")
	return cmd
}

func bootstrapOrganisation(cmd *cobra.Command, env Env, f bootstrapFlags) error {
	d, problems := estate.Open(f.file)
	if err := problems.Err(); err != nil {
		return err
	}
	var others diag.List
	for _, p := range problems {
		if p.Code != estate.CodeAccountMissing { // which this command is there to mend
			others.Add(p)
		}
	}
	printProblems(env.Stderr, others)
	p := newProgress(env)
	steps, err := env.AWS.Bootstrap(cmd.Context(), d, f.apply, func(s work.Step) {
		if s.State == work.Doing {
			p.show(s.What)
			return
		}
		p.end()
		if f.format == "text" {
			printStep(env, s)
		}
	})
	p.end()
	if f.format == "json" {
		if err := printStepsJSON(env, d, f.apply, steps); err != nil {
			return err
		}
	}
	if err != nil {
		if made := work.Count(steps, work.Made); made > 0 {
			fmt.Fprintf(env.Stderr, "%s made before it stopped; they stay, and the next run goes on from there\n", report.Plural(made, "step was", "steps were"))
		}
		return err
	}
	return sayBootstrapped(env, f, steps)
}

func printStep(env Env, s work.Step) {
	sign := map[work.State]string{work.Done: "=", work.ToDo: "+", work.Made: "✓", work.Later: "·"}[s.State]
	line := sign + " " + s.What
	if s.Detail != "" {
		line += " (" + s.Detail + ")"
	}
	fmt.Fprintln(env.Stdout, line)
}

// jsonBootstrap is the JSON of bootstrap organisation.
type jsonBootstrap struct {
	Version    int               `json:"version"`
	Estate     string            `json:"estate"`
	Management string            `json:"management"`
	Accounts   map[string]string `json:"accounts"` // ids by name; empty: not yet
	Applied    bool              `json:"applied"`
	Steps      []work.Step       `json:"steps"`
}

func printStepsJSON(env Env, d *estate.Document, applied bool, steps []work.Step) error {
	e := d.Estate()
	out := jsonBootstrap{Version: 1, Estate: e.Name, Management: e.Organisation.Management.ID, Accounts: map[string]string{}, Applied: applied, Steps: steps}
	if steps == nil {
		out.Steps = []work.Step{}
	}
	for name, a := range e.Organisation.Accounts.All() {
		out.Accounts[name] = a.ID
	}
	enc := json.NewEncoder(env.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// sayBootstrapped says what was found or done, and what comes next.
func sayBootstrapped(env Env, f bootstrapFlags, steps []work.Step) error {
	todo, made, done := work.Count(steps, work.ToDo), work.Count(steps, work.Made), work.Count(steps, work.Done)
	switch {
	case todo > 0:
		fmt.Fprintf(env.Stderr, "%s to do, %d done; nothing was changed. surety bootstrap organisation --apply does them\n", report.Plural(todo, "step is", "steps are"), done)
	case made > 0:
		fmt.Fprintf(env.Stderr, "%s made, %d were done already; the ids are in %s\n", report.Plural(made, "step was", "steps were"), done, f.file)
	default:
		fmt.Fprintln(env.Stderr, "everything is there; nothing was changed")
	}
	if later := work.Count(steps, work.Later); later > 0 {
		fmt.Fprintf(env.Stderr, "%s for what a stack or people do first (docs/runbooks/new-organisation.md)\n", report.Plural(later, "step waits", "steps wait"))
	}
	if todo > 0 && f.detailed {
		return outcome(ExitRefuted)
	}
	return nil
}
