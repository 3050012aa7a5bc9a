// Command surety-synth writes the cloud assembly of an estate with the AWS CDK.
//
// It is the only one of Surety's programs that links the CDK and needs Node.
// surety runs it; it can also be run by hand. Standard output stays empty;
// progress goes to standard error, one JSON object a line, and so do problems,
// as text. It exits with 0, or with 2 if the estate or the machine is at fault.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/functions"
	"github.com/suretyhq/surety/stacks"
)

// exitBadInput is the exit code for a wrong estate, a wrong call, and a machine
// without Node.
const exitBadInput = 2

func main() {
	if err := quietly(); err != nil {
		say(os.Stderr, "cannot start: %v", err)
		os.Exit(exitBadInput)
	}
	os.Exit(run(os.Args[1:], os.Stderr))
}

// quiet is set for jsii, which would tell users of a Node that still works to
// upgrade, and of every deprecated call that the CDK itself makes.
func quiet() [][2]string {
	return [][2]string{{"JSII_DEPRECATED", "quiet"}, {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "18,19,20,21,22,23,24"},
		{"JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1"}, {"JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1"}}
}

// quietly starts the program again with a quiet environment. jsii copies the
// environment before main begins, so that setting it here would be too late.
func quietly() error {
	done := true
	for _, v := range quiet() {
		if os.Getenv(v[0]) != "" {
			continue
		}
		done = false
		if err := os.Setenv(v[0], v[1]); err != nil {
			return err
		}
	}
	if done {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, os.Environ())
}

func run(args []string, talk io.Writer) int {
	flags := flag.NewFlagSet("surety-synth", flag.ContinueOnError)
	flags.SetOutput(talk)
	file := flags.String("f", "estate.yaml", "the estate `file`")
	out := flags.String("o", "cdk.out", "the `folder` to write the cloud assembly to")
	zips := flags.String("functions", beside(functions.Folder), "the `folder` of the functions' zips")
	if err := flags.Parse(args); err != nil {
		return exitBadInput
	}
	if flags.NArg() > 0 {
		say(talk, "surety-synth takes no arguments, only -f FILE, -o FOLDER and -functions FOLDER; it got %q", flags.Args())
		return exitBadInput
	}
	e, problems := estate.Load(*file)
	problems.Sort()
	if problems.HasErrors() {
		say(talk, "%s", problems.Error())
		return exitBadInput
	}
	if _, err := exec.LookPath("node"); err != nil {
		say(talk, "Node.js is not installed, and the AWS CDK needs it to synthesise: install Node.js 22 or later, so that node is in PATH")
		return exitBadInput
	}
	if err := withoutNoise(talk, func() error { return synthesise(e, *out, *zips, talk) }); err != nil {
		say(talk, "cannot synthesise %s: %v", *file, err)
		return exitBadInput
	}
	return 0
}

// synthesise turns what the CDK panics with into an error.
func synthesise(e *estate.Estate, out, zips string, talk io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s", sentence(fmt.Sprint(p)))
		}
	}()
	defer jsii.Close()
	events := json.NewEncoder(talk)
	return stacks.Synthesise(e, stacks.Options{Out: out, Functions: zips, Progress: func(ev stacks.Event) {
		// Progress that nobody reads is no reason to stop.
		_ = events.Encode(map[string]any{"event": "synth", "stack": ev.Stack, "done": ev.Done, "total": ev.Total})
	}})
}

// beside returns a path in the folder of this program.
func beside(name string) string {
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

// sentence keeps the first line of a JavaScript error, without its stack trace.
func sentence(p string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(p), "\n")
	return strings.TrimPrefix(line, "Error: ")
}

func say(talk io.Writer, format string, args ...any) {
	// There is nowhere left to report that standard error is closed.
	_, _ = fmt.Fprintf(talk, format+"\n", args...)
}
