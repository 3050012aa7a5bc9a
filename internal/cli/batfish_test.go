package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/awsapi"
	"github.com/suretyhq/surety/internal/cli"
	"github.com/suretyhq/surety/internal/exampletest"
)

// batfishRow is one packet of Batfish's own tests of AWS networks, and what
// becomes of it.
type batfishRow struct {
	Snapshot string
	Name     string
	From     string
	To       string `json:"to_ip"`
	Protocol int    `json:"ip_protocol_number"`
	Port     *int   `json:"dst_port"`
	Expect   string
	StopsAt  string `json:"stops_at"`
}

// batfish is the folder of Batfish's networks: SURETY_BATFISH, or
// shared/data/batfish in a folder above the repository.
func batfish(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SURETY_BATFISH"); dir != "" {
		return dir
	}
	dir, unlock, err := exampletest.Cache("batfish")
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	for dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		if data := filepath.Join(dir, "shared", "data", "batfish"); exists(filepath.Join(data, "expected.json")) {
			return data
		}
	}
	t.Skip("Batfish's networks, which are not ours to keep, are not at hand: SURETY_BATFISH names the folder with expected.json")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Every verdict of Batfish's own tests is ours too (B09).
func TestB09_VerdictsAgreeWithBatfish(t *testing.T) {
	dir := batfish(t)
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected struct{ Rows []batfishRow }
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected.Rows) < 20 {
		t.Fatalf("only %d rows", len(expected.Rows))
	}
	for _, row := range expected.Rows {
		t.Run(row.Snapshot+"/"+row.Name+"/"+row.From+"-"+row.To, func(t *testing.T) {
			args := []string{"reach", row.From, row.To, filepath.Join(dir, row.Snapshot), "--format", "json", "--protocol", strconv.Itoa(row.Protocol)}
			if row.Port != nil {
				args = append(args[:len(args)-1], "tcp", "--port", strconv.Itoa(*row.Port))
			}
			out, talk := runOnly(t, args...)
			var got struct {
				Verdict string
				Codes   []string
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatalf("%s\n%s%s", strings.Join(args, " "), out, talk)
			}
			if got.Verdict != row.Expect {
				t.Errorf("%s\ngot %s %v, want %s (at %s)\n%s", strings.Join(args, " "), got.Verdict, got.Codes, row.Expect, row.StopsAt, out)
			}
		})
	}
}

// runOnly runs a command and returns its output.
func runOnly(t *testing.T, args ...string) (out, talk string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cli.Run(t.Context(), cli.Env{Stdin: io.LimitReader(nil, 0), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: time.Now, Program: "surety"}, args)
	return stdout.String(), stderr.String()
}

// runAWS is runOnly for the program that calls AWS.
func runAWS(t *testing.T, args ...string) (out, talk string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cli.Run(t.Context(), cli.Env{Stdin: io.LimitReader(nil, 0), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
		Program: "surety", AWS: cli.AWS{Snapshot: awsapi.Snapshot}}, args)
	return stdout.String(), stderr.String()
}
