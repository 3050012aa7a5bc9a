package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/cli"
)

// A project that is not ours has a verdict for every claim that needs no
// intent, and with an estate and bindings for the others too: exactly these.
func TestPlainProjectHasTheseVerdicts(t *testing.T) {
	dir := filepath.Join("..", "..", "examples", "plain")
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"without an estate", nil, []string{
			"declared-flows estate notApplicable", "egress-inspected 123456789012 refuted", "encrypted-at-rest 123456789012 refuted",
			"encrypted-in-transit 123456789012 proved", "environment-isolation estate notApplicable", "events-kept estate notApplicable", "guarded 123456789012 refuted",
			"instances-patched estate notApplicable", "least-privilege 123456789012 proved", "logged 123456789012 refuted", "management-empty estate notApplicable",
			"no-lockout estate notApplicable", "no-overlap estate proved", "parity estate notApplicable",
			"private-access-only estate notApplicable", "public-edge-only 123456789012 proved", "recoverable estate notApplicable",
			"residency estate notApplicable", "survives-region estate notApplicable", "tenant-isolation estate notApplicable", "tier-isolation estate notApplicable", "watched estate notApplicable",
			"within-quotas 123456789012 proved"}},
		{"with an estate", []string{"-f", filepath.Join(dir, "estate.yaml")}, []string{
			"declared-flows prod refuted", "egress-inspected estate refuted", "egress-inspected prod refuted", "encrypted-at-rest estate refuted",
			"encrypted-at-rest prod refuted", "encrypted-in-transit estate proved", "encrypted-in-transit prod proved",
			"environment-isolation prod proved", "events-kept estate notApplicable", "guarded prod refuted",
			"instances-patched estate notApplicable", "least-privilege estate proved", "logged estate refuted",
			"logged prod refuted", "management-empty estate notApplicable", "no-lockout estate notApplicable", "no-overlap estate proved",
			"parity estate notApplicable", "private-access-only estate notApplicable", "public-edge-only hub proved", "public-edge-only prod refuted",
			"recoverable estate refuted", "recoverable prod refuted", "residency prod proved", "survives-region estate notApplicable", "tenant-isolation prod notApplicable", "tier-isolation prod refuted", "watched estate unknown",
			"within-quotas estate proved", "within-quotas prod proved"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			env := cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.Discard, Getenv: func(string) string { return "" },
				Now: time.Now, Program: "surety"}
			args := append([]string{"prove", dir, "--account", "123456789012", "--region", "eu-west-1", "--format", "json"}, c.args...)
			if code := cli.Run(t.Context(), env, args); code != cli.ExitRefuted {
				t.Errorf("exit code %d, want %d", code, cli.ExitRefuted)
			}
			var report struct {
				Claims []struct{ ID, Scope, Verdict string }
			}
			if err := json.Unmarshal(out.Bytes(), &report); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range report.Claims {
				got = append(got, v.ID+" "+v.Scope+" "+v.Verdict)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
