// Package motest gives tests a moto server: AWS's service APIs with their
// state, on this machine, for as long as a test runs.
//
// moto is installed once, at the version that is pinned here, into an
// environment of its own in the repository's .cache folder. A server listens on
// the loopback address alone and ends with its test, also when the test program
// is killed. Where there is no Python a test is skipped, except in CI, where
// that is a failure. It is for tests only.
//
// moto is not AWS: it does not know every service, and believes what it is
// told. Assert through a service's own API what a call has changed.
package motest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/suretyhq/surety/internal/exampletest"
	"github.com/suretyhq/surety/internal/tooltest"
)

// requirement is the version of moto that tests run against.
const requirement = "moto[server]==5.2.1"

// Account is the account that requests come from if their credentials are not
// those of a role.
const Account = "123456789012"

// started is how long a server may take until it answers.
const started = 2 * time.Minute

// Server is a running moto server.
type Server struct {
	// URL is the endpoint of every service.
	URL string
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	python, err := environment(t.Context())
	if err != nil {
		tooltest.Lacking(t, err)
	}
	s := &Server{}
	if s.URL, err = serve(t, python); err != nil {
		t.Fatal(err)
	}
	return s
}

// environment returns the Python of the environment that has moto, which is
// made where it is missing or has another version.
func environment(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("python3"); err != nil {
		return "", fmt.Errorf("there is no python3, which moto needs: %w", err)
	}
	dir, unlock, err := exampletest.Cache("moto")
	if err != nil {
		return "", err
	}
	defer unlock()
	python, mark := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "installed")
	if have, err := os.ReadFile(mark); err == nil && string(have) == requirement {
		return python, nil
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", "--clear", dir},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement},
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("install %s: %w\n%s", requirement, err, out)
		}
	}
	return python, os.WriteFile(mark, []byte(requirement), 0o644)
}

// serve starts moto on a free port and returns its URL. The shell between ends
// moto when its standard input ends, which it does with this process.
func serve(t testing.TB, python string) (string, error) {
	cmd := exec.Command("sh", "-c", `"$0" -m moto.server -H 127.0.0.1 -p 0 </dev/null & pid=$!; read -r _; kill "$pid"; wait "$pid"`, python)
	cmd.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "MOTO_ACCOUNT_ID="+Account)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return "", err
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait() // it was told to end; how it did is no matter
		_ = in.Close()
	})
	url := make(chan string, 1)
	go readURL(out, url)
	select {
	case u := <-url:
		if u != "" {
			return u, nil
		}
		return "", fmt.Errorf("moto ended before it listened")
	case <-time.After(started):
		return "", fmt.Errorf("moto did not listen within %s", started)
	}
}

// readURL reads what moto says, and passes on where it listens.
func readURL(out io.Reader, url chan<- string) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, u, ok := strings.Cut(lines.Text(), "Running on "); ok {
			url <- strings.TrimSpace(u)
			break
		}
	}
	_, _ = io.Copy(io.Discard, out) // so that moto never waits for a reader
	close(url)
}

// Reset forgets everything that the server holds.
func (s *Server) Reset(t testing.TB) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/moto-api/reset", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // nothing is read from it
	if res.StatusCode != http.StatusOK {
		t.Fatalf("reset moto: %s", res.Status)
	}
}

// Config returns a configuration for AWS's SDK that sends every request to an
// endpoint: the server's URL, or that of something in front of it.
func Config(endpoint string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "moto", "")}
}
