package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/internal/report"
	"github.com/suretyhq/surety/internal/snapshot"
)

func newSnapshot(env Env) *cobra.Command {
	var r snapshot.Request
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Collect what stands in an account, for prove and reach",
		Long: `Collects what AWS says of the networks of an account as a folder that prove and
reach read, offline and without credentials from then on: interfaces, routes,
groups, gateways, load balancers, databases.

It needs credentials that may describe them (AWS's policy ViewOnlyAccess does), found
where the AWS command line finds them. It changes nothing, reads every page, waits when
it is throttled, and writes nothing that may hold a secret. A file that is there is not
asked for again, so that a run that ended is taken up by the next; several accounts
and Regions may share one folder. To collect anew, name another folder.

The exit code is 3 when AWS refused something, whose verdicts will be unknown.`,
		Example: `  surety snapshot -o snapshot
  surety snapshot -o snapshot --profile prod --region ap-southeast-2,ap-southeast-4
  surety reach internet i-0123456789abcdef0 snapshot`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, region := range r.Regions {
				if err := (inputs{region: region}).checkPlace(env); err != nil {
					return err
				}
			}
			if env.AWS.Snapshot == nil {
				return env.byAWS(cmd.Context())
			}
			return takeSnapshot(cmd, env, r)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&r.Out, "output", "o", "snapshot", "write to the folder `DIR`")
	f.StringVar(&r.Profile, "profile", "", "the `NAME` of a profile of the AWS configuration")
	f.StringSliceVar(&r.Regions, "region", nil, "the `NAMES` of the Regions, comma-separated; default: the configuration's")
	return cmd
}

func takeSnapshot(cmd *cobra.Command, env Env, r snapshot.Request) error {
	p := newProgress(env)
	counts := map[snapshot.State]int{}
	err := env.AWS.Snapshot(cmd.Context(), r, func(f snapshot.Collected) {
		counts[f.State]++
		p.show(f.File)
		if f.State == snapshot.Failed {
			p.end()
			fmt.Fprintf(env.Stderr, "%s is not there: %v\n", f.File, f.Err)
		}
	})
	p.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: %s written, %d kept", r.Out, report.Plural(counts[snapshot.Written], "file", "files"), counts[snapshot.Kept])
	if n := counts[snapshot.Failed]; n > 0 {
		fmt.Fprintf(env.Stdout, ", %d refused\n", n)
		return outcome(ExitUnknown)
	}
	fmt.Fprintln(env.Stdout)
	return nil
}
