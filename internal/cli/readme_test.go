package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/cli"
	"github.com/suretyhq/surety/internal/exampletest"
)

// transcripts finds the README's transcripts: a comment that marks them, and a
// console block.
var transcripts = regexp.MustCompile("(<!-- transcript(?:: demo)? -->\n```console\n)((?s:.*?))(```\n)")

// duration is what differs from run to run.
var duration = regexp.MustCompile(`\b(\d+m)?\d+(\.\d+)?(ms|µs|s)\b`)

// Every transcript in the README is what the commands really print, but for
// how long they take. -update writes them anew.
func TestReadmeTranscripts(t *testing.T) {
	example, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(example.Root, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The commands run in a folder like the repository's.
	work := t.TempDir()
	t.Chdir(work)
	t.Setenv("PATH", os.Getenv("PATH")+string(filepath.ListSeparator)+example.Bin)
	if err := os.CopyFS("examples", os.DirFS(filepath.Join(example.Root, "examples"))); err != nil {
		t.Fatal(err)
	}
	found := 0
	got := transcripts.ReplaceAllStringFunc(string(text), func(block string) string {
		found++
		m := transcripts.FindStringSubmatch(block)
		return m[1] + replay(t, m[2]) + m[3]
	})
	if found < 4 {
		t.Fatalf("found %d transcripts only", found)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := strings.Split(duration.ReplaceAllString(string(text), "TIME"), "\n")
	for i, line := range strings.Split(duration.ReplaceAllString(got, "TIME"), "\n") {
		if i >= len(want) || line != want[i] {
			t.Fatalf("README.md:%d is not what the commands print (make readme writes it anew):\n%s", i+1, line)
		}
	}
}

// replay runs the commands of a transcript (its lines that begin with "$ ")
// and returns it with what they print.
func replay(t *testing.T, block string) string {
	t.Helper()
	var out bytes.Buffer
	for _, line := range strings.Split(block, "\n") {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n")
		}
		fmt.Fprintln(&out, line)
		args, ok := strings.CutPrefix(command, "bin/surety ")
		if !ok {
			shell := exec.Command("sh", "-ec", command)
			shell.Stdout, shell.Stderr = &out, &out
			if err := shell.Run(); err != nil {
				t.Fatalf("%s: %v", command, err)
			}
			continue
		}
		env := cli.System()
		env.Stdin, env.Stdout, env.Stderr, env.Program = strings.NewReader(""), &out, &out, "bin/surety"
		if code := cli.Run(context.Background(), env, strings.Fields(args)); code == cli.ExitUsage {
			t.Fatalf("%s: exit code %d\n%s", command, code, &out)
		}
	}
	return out.String()
}

// The packages that the README's transcript of make test lists are those that
// there are.
func TestReadmeListsPackagesThatAre(t *testing.T) {
	example, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(example.Root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "./...")
	list.Dir = example.Root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range regexp.MustCompile(`(?m)^(?:ok|\?) +\t(\S+)`).FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, m[1])
	}
	want := strings.Fields(string(out))
	for _, name := range listed {
		if !slices.Contains(want, name) {
			t.Errorf("README.md lists %s, and there is no such package", name)
		}
	}
	if len(listed) < 5 {
		t.Errorf("README.md shows %d packages of go test's summary", len(listed))
	}
}

// What is cancelled ends, says so, and leaves nothing half written.
func TestInterruptedSynthesisLeavesNothing(t *testing.T) {
	example, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	t.Setenv("PATH", os.Getenv("PATH")+string(filepath.ListSeparator)+example.Bin)
	ctx, cancel := context.WithCancel(context.Background())
	stop := &stopper{after: "composed 1", cancel: cancel}
	env := cli.System()
	env.Stdout, env.Stderr = io.Discard, stop
	code := cli.Run(ctx, env, []string{"synth", "-f", example.Estate, "-o", "out"})
	if code != cli.ExitUsage || !strings.Contains(stop.seen.String(), "interrupted") {
		t.Errorf("exit code %d, said:\n%s", code, &stop.seen)
	}
	left, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("%s was left", f.Name())
	}
}

// stopper cancels once something has been said.
type stopper struct {
	seen   bytes.Buffer
	after  string
	cancel context.CancelFunc
}

func (s *stopper) Write(p []byte) (int, error) {
	n, err := s.seen.Write(p)
	if strings.Contains(s.seen.String(), s.after) {
		s.cancel()
	}
	return n, err
}
