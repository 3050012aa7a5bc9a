// Package cli is the command line: one file for each command, and the way
// that they share from files to verdicts in load.go.
//
// Run never ends the process and touches nothing of it but what Env holds, so
// that a test can run every command as a user would. What a command was asked
// for goes to Stdout; everything else that it has to say goes to Stderr.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/diag"
)

// The exit codes.
const (
	ExitGood    = 0 // all that was asked for is so
	ExitRefuted = 1 // a claim is refuted
	ExitUsage   = 2 // wrong use, or bad input
	ExitUnknown = 3 // nothing is refuted but something is unknown
)

// Env is the surroundings of a command: its streams, the environment
// variables, the clock and the program's name.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Program        string // how the user calls this program, for hints
	// AWS calls AWS's API. What it lacks the program surety-aws is run for.
	AWS AWS

	args []string
}

// System is the surroundings of this process.
func System() Env {
	return Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now,
		Program: os.Args[0]}
}

// outcome is an exit code that needs no more words: what led to it has been
// reported.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("exit code %d", int(o)) }

// Run runs one command line (without the program's name) and returns the exit
// code. It returns soon after ctx is done, with what was begun cleaned up.
func Run(ctx context.Context, env Env, args []string) int {
	env.args = args
	root := Root(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code outcome
	var problems diag.List
	var problem diag.Diagnostic
	switch {
	case err == nil:
		return ExitGood
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil:
		fmt.Fprintln(env.Stderr, "surety: interrupted; nothing was left half written")
	case errors.As(err, &problems):
		printProblems(env.Stderr, problems)
	case errors.As(err, &problem):
		printProblems(env.Stderr, diag.List{problem})
	default:
		fmt.Fprintf(env.Stderr, "surety: %v\n", err)
	}
	return ExitUsage
}

// Root returns the command line as a tree of commands.
func Root(env Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "surety",
		Short: "Proves what an AWS estate does before it is deployed",
		Long: `Surety turns one file that describes an estate into AWS CDK stacks, and proves
what they do before anything is deployed: who can reach what, what is encrypted,
what leaves by which way. It works offline, from what will really be deployed.`,
		Example: `  surety demo                        # the whole way on an example
  surety init && surety prove        # an estate of your own
  surety prove template.yaml         # any CloudFormation template or cdk.out`,
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(usageError)
	root.AddCommand(
		newDemo(env),
		newInit(env),
		newBootstrap(env),
		newValidate(env),
		newSynth(env),
		newProve(env),
		newReach(env),
		newDiff(env),
		newSnapshot(env),
		newTenant(env),
		newVersion(env),
	)
	return root
}

// noCommand refuses a word that is no command, with those that it may have
// been meant to be.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	msg := fmt.Sprintf("there is no command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		msg += fmt.Sprintf("; did you mean %q?", near[0])
	}
	return errors.New(msg + "\nsurety --help lists the commands")
}

func usageError(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w\n%s --help says how it is used", err, cmd.CommandPath())
}

// args wraps cobra's checks of how many arguments there are, so that a wrong
// number is answered with where to read on.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError(cmd, err)
		}
		return nil
	}
}

// printProblems prints diagnostics in their order, and how many there are.
func printProblems(w io.Writer, problems diag.List) {
	problems.Sort()
	errs := 0
	for _, d := range problems {
		fmt.Fprintln(w, d.Error())
		if d.Severity == diag.Error {
			errs++
		}
	}
	if errs > 1 {
		fmt.Fprintf(w, "%d errors\n", errs)
	}
}
