package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/synth"
)

func TestWrongUseIsSaidAndExitsWithTwo(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "estate.yaml")
	if err := os.WriteFile(bad, []byte("estate: [\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"argument":     {[]string{"estate.yaml"}, "takes no arguments"},
		"unknown flag": {[]string{"-x"}, "-x"},
		"no estate":    {[]string{"-f", filepath.Join(t.TempDir(), "absent.yaml")}, "absent.yaml"},
		"wrong estate": {[]string{"-f", bad}, "estate.yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			if code := run(c.args, &said); code != exitBadInput || !strings.Contains(said.String(), c.says) {
				t.Errorf("exit %d, said %q", code, said.String())
			}
		})
	}
}

func TestMissingNodeIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var said bytes.Buffer
	if code := run([]string{"-f", "../../examples/cover/estate.yaml", "-o", t.TempDir()}, &said); code != exitBadInput || !strings.Contains(said.String(), "install Node.js") {
		t.Errorf("exit %d, said %q", code, said.String())
	}
}

func TestHarmlessEndingIsLeftOut(t *testing.T) {
	var said bytes.Buffer
	copyLines(&said, strings.NewReader("one\nRuntime process exited abnormally: waitid: no child processes\ntwo\nRuntime process exited abnormally: exit status 1"))
	if want := "one\ntwo\nRuntime process exited abnormally: exit status 1"; said.String() != want {
		t.Errorf("said %q, want %q", said.String(), want)
	}
}

func TestPanicsOfTheCDKBecomeSentences(t *testing.T) {
	if got := sentence("Error: the subnets do not fit\n    at Foo (/tmp/x.js:1:2)"); got != "the subnets do not fit" {
		t.Errorf("got %q", got)
	}
}

// small is an estate with as little as there can be: no database, nothing
// exposed.
const small = `estate: small
domain: small.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    hub: {id: "100000000001", roles: [network-hub]}
    dev: {id: "100000000002"}
environments:
  dev: {account: dev}
network: {allow-egress: [registry.example]}
workload:
  services:
    api: {image: "registry.example/api:1"}
`

// TestB01_FromEstateToAssembly runs the program itself, as surety does.
func TestB01_FromEstateToAssembly(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, synth.Program)
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	opts := synth.Options{EstatePath: filepath.Join(dir, "estate.yaml"), Out: filepath.Join(dir, "cdk.out"), ProgramPath: program}
	if err := os.WriteFile(opts.EstatePath, []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	opts.Progress = &said
	r, err := synth.Run(context.Background(), opts)
	if err != nil || r.Cached {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, stack := range []string{"hub-core", "dev-keys", "dev-network", "hub-routes", "dev-platform"} {
		if _, err := os.Stat(filepath.Join(opts.Out, "small-"+stack+".template.json")); err != nil {
			t.Error(err)
		}
		if !strings.Contains(said.String(), "small-"+stack+"\n") {
			t.Errorf("the progress does not name small-%s", stack)
		}
	}
	for line := range strings.Lines(said.String()) {
		if !strings.HasPrefix(line, "composed ") && !strings.HasPrefix(line, "writing ") {
			t.Errorf("noise: %q", line)
		}
	}
	if data, err := os.ReadFile(filepath.Join(opts.Out, "small-dev-platform.template.json")); err != nil || bytes.Contains(data, []byte("AWS::ElasticLoadBalancingV2")) {
		t.Errorf("nothing is exposed, but there is a balancer: %v", err)
	}
	start := time.Now()
	opts.Progress = io.Discard
	if r, err := synth.Run(context.Background(), opts); err != nil || !r.Cached {
		t.Fatalf("again: %+v, %v", r, err)
	}
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("synthesis again took %v, want at most 500 ms", took)
	}
}
