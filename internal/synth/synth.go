// Package synth runs surety-synth and keeps what it wrote.
//
// An assembly is written whole or not at all: synthesis goes to a temporary
// folder, which then takes the place of the old one. It is not done again while
// nothing has changed that it depends on: the estate file, surety-synth itself,
// and Node. An assembly that somebody edited is noticed and never overwritten
// unless the caller forces it. This package does not import the CDK.
package synth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/beside"
)

// Codes of the diagnostics that Run returns as errors.
const (
	CodeNoNode     = "SYNTH_NO_NODE"
	CodeNoProgram  = "SYNTH_NO_PROGRAM"
	CodeFailed     = "SYNTH_FAILED"
	CodeForeignOut = "SYNTH_FOREIGN_FOLDER"
)

// Program is the name of the program that synthesises.
const Program = "surety-synth"

// node is the name of the program that the CDK runs on.
const node = "node"

// DefaultOut is the folder that assemblies are written to by default.
const DefaultOut = "cdk.out"

// Options says what to synthesise.
type Options struct {
	// EstatePath is the estate file.
	EstatePath string
	// Out is the folder of the assembly; empty: DefaultOut.
	Out string
	// Force overwrites an edited assembly, and a folder that is not Surety's.
	Force bool
	// Progress gets a line for each stack, and what surety-synth says besides;
	// nil: nobody reads it.
	Progress io.Writer
	// OnEvent gets every event of the progress; nil: nobody does. When it is
	// set, Progress gets no line for a stack.
	OnEvent func(Event)
	// ProgramPath is the surety-synth to run; empty: the one beside the running
	// program, or else the one in PATH.
	ProgramPath string
}

// Event is a step of a synthesis: Done of Total stacks are composed, the last
// of them being Stack. Stack is empty once templates are being written.
type Event struct {
	Stack string `json:"stack"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// Result says what Run or Check found, and what Run did.
type Result struct {
	// Out is the folder of the assembly.
	Out string
	// Absent says that there was no assembly.
	Absent bool
	// Stale says that the assembly was not of this estate, surety-synth or Node.
	Stale bool
	// Edited says that files of the assembly were changed, added or removed
	// after it was written; EditedFiles names them, sorted.
	Edited      bool
	EditedFiles []string
	// Cached says that nothing was synthesised: the assembly is up to date, or
	// it is edited and was left as it is.
	Cached bool
	// Took is how long the synthesis took.
	Took time.Duration
}

// Check says how an assembly stands, and changes nothing. A folder that
// surety-synth did not write is an error.
func Check(opts Options) (Result, error) {
	r, _, err := check(&opts)
	return r, err
}

// Run makes the assembly be that of the estate. It synthesises if there is none
// or if it is stale; it leaves an edited one as it is, unless forced. Errors
// are diag.Diagnostic values; after one the old assembly is as it was.
func Run(ctx context.Context, opts Options) (Result, error) {
	r, key, err := check(&opts)
	if err != nil {
		return r, err
	}
	if (r.Edited && !opts.Force) || (!r.Absent && !r.Stale && !r.Edited) {
		r.Cached = true
		return r, nil
	}
	start := time.Now()
	err = synthesise(ctx, opts, key)
	r.Took = time.Since(start)
	return r, err
}

// check fills in the options' defaults and compares the assembly with them.
func check(opts *Options) (Result, string, error) {
	opts.Out = cmp.Or(opts.Out, DefaultOut)
	r := Result{Out: opts.Out}
	var err error
	if opts.ProgramPath, err = findProgram(opts.ProgramPath); err != nil {
		return r, "", err
	}
	nodePath, err := exec.LookPath(node)
	if err != nil {
		return r, "", diag.Diagnostic{Code: CodeNoNode, What: "Node.js is not installed: there is no program node in PATH",
			Why: "the AWS CDK, which writes the templates, runs on Node.js", Fix: "install Node.js 22 or later (https://nodejs.org), or run make setup"}
	}
	key, err := cacheKey(opts.EstatePath, opts.ProgramPath, nodePath)
	if err != nil {
		return r, "", err
	}
	rec, err := readRecord(opts.Out)
	switch {
	case errors.Is(err, errAbsent):
		r.Absent = true
		return r, key, nil
	case errors.Is(err, errForeign) && opts.Force:
		r.Stale = true
		return r, key, nil
	case errors.Is(err, errForeign):
		return r, "", diag.Diagnostic{Code: CodeForeignOut, Pos: diag.Position{File: opts.Out}, What: opts.Out + " is not empty and was not written by surety synth",
			Why: "what is in it would be lost", Fix: "name another folder, or pass --force to replace this one"}
	case err != nil:
		return r, "", err
	}
	r.Stale = rec.Key != key
	r.EditedFiles, err = rec.edited(opts.Out)
	r.Edited = len(r.EditedFiles) > 0
	return r, key, err
}

func findProgram(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	found, err := beside.Find(Program)
	if err != nil {
		return "", diag.Diagnostic{Code: CodeNoProgram, What: "cannot find " + Program + ", neither beside surety nor in PATH",
			Why: "it is the program that writes the templates", Fix: "build both with make build, or put " + Program + " into the folder of surety"}
	}
	return found, nil
}

// synthesise writes the assembly beside its place and then moves it there.
func synthesise(ctx context.Context, opts Options, key string) error {
	parent, name := filepath.Split(filepath.Clean(opts.Out))
	if err := os.MkdirAll(cmp.Or(parent, "."), 0o755); err != nil {
		return unwritable(opts, err)
	}
	tmp, err := os.MkdirTemp(cmp.Or(parent, "."), "."+name+".new-*")
	if err != nil {
		return unwritable(opts, err)
	}
	defer removeAll(tmp)
	// os.MkdirTemp keeps others out; an assembly is for everyone to read.
	if err := os.Chmod(tmp, 0o755); err != nil {
		return unwritable(opts, err)
	}
	if err := runProgram(ctx, opts, tmp); err != nil {
		return err
	}
	if err := writeRecord(tmp, key); err != nil {
		return unwritable(opts, err)
	}
	if err := replace(tmp, opts.Out); err != nil {
		return unwritable(opts, err)
	}
	return nil
}

// replace moves a folder into the place of another. If it cannot, the other is
// put back.
func replace(from, to string) error {
	old := from + ".old"
	err := os.Rename(to, old)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(from, to)
	case err != nil:
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Rename(old, to))
	}
	removeAll(old)
	return nil
}

// removeAll removes what is of no use any more; if it stays, nothing is wrong.
func removeAll(path string) { _ = os.RemoveAll(path) }

func runProgram(ctx context.Context, opts Options, out string) error {
	cmd := exec.CommandContext(ctx, opts.ProgramPath, "-f", opts.EstatePath, "-o", out)
	cmd.Env = environment()
	cmd.WaitDelay = 5 * time.Second
	talk := &listener{opts: opts}
	cmd.Stderr = talk
	err := cmd.Run()
	talk.flush()
	if ctx.Err() != nil {
		return fmt.Errorf("synthesis was stopped: %w", ctx.Err())
	}
	if err != nil {
		return failed(opts, cmp.Or(strings.TrimSpace(talk.rest.String()), err.Error()))
	}
	if opts.Progress != nil && talk.rest.Len() > 0 {
		_, err = opts.Progress.Write(talk.rest.Bytes())
	}
	return err
}

// environment is all that surety-synth sees of its surroundings, so that what
// it writes depends on nothing else.
func environment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "NODE_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func failed(opts Options, what string) error {
	return diag.Diagnostic{Code: CodeFailed, Pos: diag.Position{File: opts.EstatePath}, What: "cannot synthesise: " + what,
		Fix: "mend the estate file; if it is right, this is a defect of surety-synth, and surety validate -f FILE helps to narrow it down"}
}

// unwritable says that the assembly's folder cannot be made, filled or replaced.
func unwritable(opts Options, err error) error {
	return diag.Diagnostic{Code: CodeFailed, Pos: diag.Position{File: opts.Out}, What: "cannot write the assembly: " + err.Error(),
		Why: "it is written beside its place first, so that nothing is ever half there",
		Fix: "name a folder with -o whose parent you may write to, or free some space"}
}

// listener splits what surety-synth says into events and the rest.
type listener struct {
	opts    Options
	pending bytes.Buffer
	rest    bytes.Buffer
}

// Write takes lines as they come, whole or in pieces.
func (l *listener) Write(p []byte) (int, error) {
	l.pending.Write(p)
	for {
		i := bytes.IndexByte(l.pending.Bytes(), '\n')
		if i < 0 {
			return len(p), nil
		}
		l.line(l.pending.Next(i + 1))
	}
}

func (l *listener) flush() {
	if l.pending.Len() > 0 {
		l.line(l.pending.Bytes())
	}
}

func (l *listener) line(line []byte) {
	var e struct {
		Kind string `json:"event"`
		Event
	}
	if json.Unmarshal(line, &e) != nil || e.Kind != "synth" {
		l.rest.Write(line)
		return
	}
	switch {
	case l.opts.OnEvent != nil:
		l.opts.OnEvent(e.Event)
	case l.opts.Progress != nil:
		// Progress that cannot be shown is no reason to stop.
		_, _ = fmt.Fprintln(l.opts.Progress, e.Event)
	}
}

// String prints the event as a line of progress.
func (e Event) String() string {
	if e.Stack == "" {
		return "writing templates"
	}
	return fmt.Sprintf("composed %d of %d: %s", e.Done, e.Total, e.Stack)
}
