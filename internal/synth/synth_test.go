package synth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/diag"
)

// TestMain makes the test's own program a surety-synth when it is called by
// that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == Program {
		os.Exit(fake(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fake writes an assembly with one template that holds the estate, or does what
// the estate says.
func fake(args []string) int {
	if len(args) != 4 || args[0] != "-f" || args[2] != "-o" {
		fmt.Fprintln(os.Stderr, "wrong arguments", args)
		return 2
	}
	spec, err := os.ReadFile(args[1])
	if err != nil {
		return 2
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(args[3], name), []byte(content), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	fmt.Fprintln(os.Stderr, `{"event":"synth","stack":"one","done":1,"total":1}`)
	write("one.template.json", string(spec))
	switch strings.TrimSpace(string(spec)) {
	case "fail":
		fmt.Fprintln(os.Stderr, "the subnets do not fit")
		return 2
	case "slow":
		time.Sleep(time.Minute)
	case "environment":
		var names []string
		for _, kv := range os.Environ() {
			name, _, _ := strings.Cut(kv, "=")
			names = append(names, name)
		}
		slices.Sort(names)
		write("environment", strings.Join(names, " "))
	}
	fmt.Fprint(os.Stderr, `{"event":"synth","stack":"","done":1,"total":1}`)
	return 0
}

// bench is a folder with an estate, a Node and a fake surety-synth.
type bench struct {
	t    *testing.T
	dir  string
	opts Options
}

func newBench(t *testing.T, spec string) *bench {
	b := &bench{t: t, dir: t.TempDir()}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(b.dir, "bin")
	b.must(os.Mkdir(bin, 0o755))
	b.must(os.Symlink(self, filepath.Join(bin, Program)))
	b.must(os.WriteFile(filepath.Join(bin, node), []byte("#!/bin/sh\n"), 0o755))
	t.Setenv("PATH", bin)
	b.opts = Options{EstatePath: filepath.Join(b.dir, "estate.yaml"), Out: filepath.Join(b.dir, "sub", "cdk.out")}
	b.spec(spec)
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) spec(s string) { b.must(os.WriteFile(b.opts.EstatePath, []byte(s), 0o644)) }

func (b *bench) run() Result {
	b.t.Helper()
	r, err := Run(context.Background(), b.opts)
	b.must(err)
	return r
}

func (b *bench) template() string {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.opts.Out, "one.template.json"))
	b.must(err)
	return string(data)
}

// leftovers are the entries of the assembly's parent other than itself.
func (b *bench) leftovers() []string {
	entries, err := os.ReadDir(filepath.Dir(b.opts.Out))
	b.must(err)
	var names []string
	for _, e := range entries {
		if e.Name() != "cdk.out" {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestUnchangedEstateIsNotSynthesisedAgain(t *testing.T) {
	b := newBench(t, "first")
	if r := b.run(); r.Cached || !r.Absent {
		t.Fatalf("first run: %+v", r)
	}
	if r := b.run(); !r.Cached || r.Stale || r.Edited {
		t.Fatalf("second run: %+v", r)
	}
	b.spec("second")
	if r := b.run(); r.Cached || !r.Stale || b.template() != "second" {
		t.Fatalf("after a change: %+v, template %q", r, b.template())
	}
	if l := b.leftovers(); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
}

func TestAnotherProgramOrNodeMakesTheAssemblyStale(t *testing.T) {
	b := newBench(t, "first")
	b.run()
	b.must(os.WriteFile(filepath.Join(b.dir, "bin", node), []byte("#!/bin/sh\n# newer\n"), 0o755))
	if r := b.run(); r.Cached || !r.Stale {
		t.Fatalf("after a newer Node: %+v", r)
	}
	b.must(os.Remove(filepath.Join(b.dir, "bin", Program)))
	b.must(os.WriteFile(filepath.Join(b.dir, "bin", Program), []byte("#!/bin/sh\nexit 0\n"), 0o755))
	if r, err := Check(b.opts); err != nil || !r.Stale {
		t.Fatalf("with another program: %+v, %v", r, err)
	}
}

func TestEditedAssemblyIsNeverOverwrittenSilently(t *testing.T) {
	for name, edit := range map[string]struct {
		do   func(dir string) error
		file string
	}{
		"changed": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "one.template.json"), []byte("mine"), 0o644)
		}, "one.template.json"},
		"removed": {func(dir string) error { return os.Remove(filepath.Join(dir, "one.template.json")) }, "one.template.json"},
		"added":   {func(dir string) error { return os.WriteFile(filepath.Join(dir, "two.json"), nil, 0o644) }, "two.json"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "first")
			b.run()
			b.must(edit.do(b.opts.Out))
			b.spec("second")
			r := b.run()
			if !r.Edited || !r.Cached || !r.Stale || !slices.Equal(r.EditedFiles, []string{edit.file}) {
				t.Fatalf("%+v", r)
			}
			b.opts.Force = true
			if r := b.run(); r.Cached || b.template() != "second" {
				t.Fatalf("forced: %+v, template %q", r, b.template())
			}
		})
	}
}

func TestFailureLeavesTheOldAssembly(t *testing.T) {
	b := newBench(t, "first")
	b.run()
	b.spec("fail")
	_, err := Run(context.Background(), b.opts)
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != CodeFailed || !strings.Contains(d.What, "the subnets do not fit") {
		t.Fatalf("error: %v", err)
	}
	if b.template() != "first" || len(b.leftovers()) > 0 {
		t.Errorf("template %q, left behind %v", b.template(), b.leftovers())
	}
}

func TestStoppingLeavesTheOldAssembly(t *testing.T) {
	b := newBench(t, "first")
	b.run()
	b.spec("slow")
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := Run(ctx, b.opts); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error: %v", err)
	}
	if b.template() != "first" || len(b.leftovers()) > 0 {
		t.Errorf("template %q, left behind %v", b.template(), b.leftovers())
	}
}

func TestFolderOfOthersIsNotOverwritten(t *testing.T) {
	b := newBench(t, "first")
	b.must(os.MkdirAll(b.opts.Out, 0o755))
	b.must(os.WriteFile(filepath.Join(b.opts.Out, "precious"), nil, 0o644))
	_, err := Run(context.Background(), b.opts)
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != CodeForeignOut {
		t.Fatalf("error: %v", err)
	}
	b.opts.Force = true
	b.run()
	if b.template() != "first" {
		t.Errorf("template %q", b.template())
	}
}

func TestMissingProgramsAreSaid(t *testing.T) {
	for _, missing := range []struct{ name, code string }{{node, CodeNoNode}, {Program, CodeNoProgram}} {
		t.Run(missing.name, func(t *testing.T) {
			b := newBench(t, "first")
			b.must(os.Remove(filepath.Join(b.dir, "bin", missing.name)))
			_, err := Run(context.Background(), b.opts)
			var d diag.Diagnostic
			if !errors.As(err, &d) || d.Code != missing.code || d.Fix == "" {
				t.Fatalf("error: %v", err)
			}
		})
	}
}

func TestB01_SynthesisSeesNoCredentials(t *testing.T) {
	b := newBench(t, "environment")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("CDK_CONTEXT_JSON", "{}")
	t.Setenv("HOME", b.dir)
	b.run()
	data, err := os.ReadFile(filepath.Join(b.opts.Out, "environment"))
	b.must(err)
	for _, name := range strings.Fields(string(data)) {
		if !slices.Contains([]string{"PATH", "HOME", "TMPDIR", "NODE_PATH"}, name) {
			t.Errorf("surety-synth sees %s", name)
		}
	}
	if !strings.Contains(string(data), "HOME") {
		t.Errorf("surety-synth sees no HOME: %s", data)
	}
}

func TestProgress(t *testing.T) {
	b := newBench(t, "first")
	var lines bytes.Buffer
	b.opts.Progress = &lines
	b.run()
	if want := "composed 1 of 1: one\nwriting templates\n"; lines.String() != want {
		t.Errorf("progress %q, want %q", lines.String(), want)
	}
	b.spec("second")
	lines.Reset()
	var events []Event
	b.opts.OnEvent = func(e Event) { events = append(events, e) }
	b.run()
	if !slices.Equal(events, []Event{{"one", 1, 1}, {"", 1, 1}}) || lines.Len() > 0 {
		t.Errorf("events %v, lines %q", events, lines.String())
	}
}

func TestBuildIDIsReadFromTheProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	id, err := buildID(self)
	if err != nil || id == "" {
		t.Fatalf("build id %q, %v", id, err)
	}
	again, err := buildID(self)
	if err != nil || again != id {
		t.Errorf("build id changed: %q, %q, %v", id, again, err)
	}
}
