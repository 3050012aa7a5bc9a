package cli_test

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/internal/awsapi"
	"github.com/suretyhq/surety/internal/cli"
	"github.com/suretyhq/surety/internal/exampletest"
)

var update = flag.Bool("update", false, "write expected output anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"surety": func() { os.Exit(cli.Run(context.Background(), cli.System(), os.Args[1:])) },
		"surety-aws": func() {
			env := cli.System()
			env.AWS = cli.AWS{Bootstrap: awsapi.Bootstrap, Snapshot: awsapi.Snapshot}
			os.Exit(cli.Run(context.Background(), env, os.Args[1:]))
		},
	})
}

func TestScripts(t *testing.T) {
	example, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLE", example.Estate)
			e.Setenv("EXAMPLES", filepath.Join(example.Root, "examples"))
			e.Setenv("ASSEMBLY", example.Assembly)
			e.Setenv("PATH", e.Getenv("PATH")+string(filepath.ListSeparator)+example.Bin)
			e.Setenv("ONLY_SURETY", filepath.SplitList(e.Getenv("PATH"))[0])
			e.Setenv("HOME", e.WorkDir) // the user's cache is below it
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
		},
	})
}

// exits runs a command and checks its exit code: exits 2 surety validate.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT…]")
	}
	code := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// Every command says in an example how it is used.
func TestEveryCommandHasAnExample(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		if cmd.Short == "" {
			t.Errorf("%s does not say what it does", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(cli.Root(cli.Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
		Getenv: func(string) string { return "" }, Now: time.Now}))
}

// What calls AWS is a program that may be missing.
func TestWithoutTheProgramThatCallsAWS(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var errs strings.Builder
	code := cli.Run(t.Context(), cli.Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &errs,
		Getenv: func(string) string { return "" }, Now: time.Now, Program: "surety"}, []string{"bootstrap", "organisation"})
	if code != cli.ExitUsage || !strings.Contains(errs.String(), "cannot find surety-aws") || !strings.Contains(errs.String(), "make build") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
