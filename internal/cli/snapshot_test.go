package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/cli"
	"github.com/suretyhq/surety/internal/motest"
	"github.com/suretyhq/surety/internal/snapshot"
)

// A snapshot that AWS does not answer as a whole is written as far as it goes,
// and says what is missing.
func TestSnapshotSaysWhatIsRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		errs map[string]error
		err  error
		code int
		says []string
	}{
		{"all", nil, nil, cli.ExitGood, []string{"out: 1 file written, 1 kept\n"}},
		{"one refused", map[string]error{"NatGateways.json": errors.New("UnauthorizedOperation")}, nil, cli.ExitUnknown,
			[]string{"out: 1 file written, 1 kept, 1 refused\n", "NatGateways.json is not there: UnauthorizedOperation\n"}},
		{"nothing at all", nil, errors.New("ask AWS whose credentials these are: expired"), cli.ExitUsage, []string{"expired"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs strings.Builder
			env := cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now, Program: "surety"}
			env.AWS.Snapshot = func(_ context.Context, r snapshot.Request, onFile func(snapshot.Collected)) error {
				if r.Out != "out" || r.Profile != "prod" || strings.Join(r.Regions, " ") != "ap-southeast-2 ap-southeast-4" {
					t.Errorf("asked for %+v", r)
				}
				if c.err != nil {
					return c.err
				}
				onFile(snapshot.Collected{File: "Vpcs.json", State: snapshot.Written})
				onFile(snapshot.Collected{File: "Subnets.json"})
				for file, err := range c.errs {
					onFile(snapshot.Collected{File: file, State: snapshot.Failed, Err: err})
				}
				return nil
			}
			code := cli.Run(t.Context(), env, []string{"snapshot", "-o", "out", "--profile", "prod", "--region", "ap-southeast-2,ap-southeast-4"})
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, s := range c.says {
				if !strings.Contains(out.String()+errs.String(), s) {
					t.Errorf("%q is not in %q, %q", s, out.String(), errs.String())
				}
			}
		})
	}
	out, talk := runOnly(t, "snapshot", "--region", "ap-southeast")
	if out != "" || !strings.Contains(talk, "knows no AWS Region") {
		t.Errorf("a Region that is none: %q %q", out, talk)
	}
}

// What the command collects is what the others read.
func TestB09_SnapshotThenProve(t *testing.T) {
	server := motest.Start(t)
	for name, v := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "ap-southeast-2", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "moto", "AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none")} {
		t.Setenv(name, v)
	}
	dir := filepath.Join(t.TempDir(), "snap")
	out, talk := runAWS(t, "snapshot", "-o", dir)
	if !strings.Contains(out, "files written") {
		t.Fatalf("%s%s", out, talk)
	}
	if _, err := os.Stat(filepath.Join(dir, "aws_configs", "accounts", motest.Account, "ap-southeast-2", "Vpcs.json")); err != nil {
		t.Fatal(err)
	}
	// A default VPC without anything in it: no interface is reached.
	out, talk = runOnly(t, "reach", "--all", dir)
	if !strings.Contains(out, "0 pairs between which something flows") {
		t.Errorf("%s%s", out, talk)
	}
}
