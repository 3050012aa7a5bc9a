package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/report"
)

// defaultEstate is the estate file that commands read unless -f names another.
const defaultEstate = "estate.yaml"

func newValidate(env Env) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check an estate file and print how it is laid out",
		Long: `Checks an estate file: every problem at once, each with its line, what is wrong
and how to mend it (exit code 2). A good one is answered with the address ranges
that its environments get.`,
		Example: `  surety validate
  surety validate -f examples/cover/estate.yaml`,
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			e, err := loadEstate(env, file)
			if err != nil {
				return err
			}
			printLayout(env, file, e)
			return nil
		},
	}
	estateFlag(cmd, &file)
	return cmd
}

// estateFlag adds -f to a command.
func estateFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "file", "f", defaultEstate, "the estate file")
}

// loadEstate loads an estate file and prints its warnings.
func loadEstate(env Env, file string) (*estate.Estate, error) {
	e, problems := estate.Load(file)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	printProblems(env.Stderr, problems)
	return e, nil
}

// loadDeployable loads an estate of which templates can be made or judged: one
// whose accounts all exist.
func loadDeployable(env Env, file string) (*estate.Estate, error) {
	e, problems := estate.Load(file)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if err := e.WithoutID().Err(); err != nil {
		return nil, err
	}
	printProblems(env.Stderr, problems)
	return e, nil
}

func printLayout(env Env, file string, e *estate.Estate) {
	plan := e.Plan()
	hub, _ := e.Hub()
	var rows [][]string
	for name, vpc := range plan.Hubs.All() {
		rows = append(rows, []string{name, hub, vpc.CIDR.String()})
	}
	for _, s := range e.Sites() {
		env, _ := e.Environments.Get(s.Environment)
		vpc, _ := plan.Sites.Get(s.Name)
		rows = append(rows, []string{s.Name, env.Account, vpc.CIDR.String()})
	}
	fmt.Fprintf(env.Stdout, "%s is good: estate %s in %s, %s, %s, %s\n\n", file, e.Name, e.Regions.Home,
		report.Plural(e.Workload.Services.Len(), "service", "services"),
		report.Plural(len(e.Parts()), "part", "parts"), report.Plural(len(e.Flows()), "flow", "flows"))
	printColumns(env.Stdout, []string{"environment", "account", "addresses"}, rows)
}
