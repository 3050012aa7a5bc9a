package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/suretyhq/surety/tools/estates"
)

// large makes templates of more than 5 MB.
func large() estates.Size { return estates.Size{Environments: 3, Services: 10} }

// thousand makes as many tenants, with the example's own.
func thousand() estates.Size { return estates.Size{Tenants: 996} }

// medians runs every command n times, in turns, and returns the median of each.
// A command that refutes or is unsure (exit codes 1 and 3) has done its work.
func (b *bench) medians(n int, commands ...[]string) ([]time.Duration, error) {
	took := make([][]time.Duration, len(commands))
	for range n {
		for i, c := range commands {
			cmd := exec.CommandContext(b.ctx, c[0], c[1:]...)
			begin := time.Now()
			out, err := cmd.CombinedOutput()
			took[i] = append(took[i], time.Since(begin))
			var exit *exec.ExitError
			if err != nil && (!errors.As(err, &exit) || exit.ExitCode() == 2 || exit.ExitCode() < 0) {
				return nil, fmt.Errorf("%s: %w\n%s", strings.Join(c[:min(len(c), 3)], " "), err, out)
			}
		}
	}
	out := make([]time.Duration, len(commands))
	for i, t := range took {
		slices.Sort(t)
		out[i] = t[len(t)/2]
	}
	return out, nil
}

// estate writes the example with more of what it has, synthesises it, and
// returns the estate file and how long that took.
func (b *bench) estate(name string, more estates.Size) (string, time.Duration, error) {
	text, err := os.ReadFile(filepath.Join("examples", "cover", "estate.yaml"))
	if err != nil {
		return "", 0, err
	}
	estate, err := estates.Grow(string(text), more)
	if err != nil {
		return "", 0, err
	}
	file := filepath.Join(".cache", "bench", name, "estate.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", 0, err
	}
	if err := os.WriteFile(file, []byte(estate), 0o644); err != nil {
		return "", 0, err
	}
	fmt.Fprintf(os.Stderr, "synthesising %s\n", file)
	begin := time.Now()
	cmd := exec.CommandContext(b.ctx, b.surety, "synth", "--force", "-f", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", 0, fmt.Errorf("synthesise %s: %w\n%s", file, err, out)
	}
	return file, time.Since(begin), nil
}

// tenants proves the estate of a thousand tenants, several times, and compares
// its synthesis with the example's.
func (b *bench) tenants(estate string, took, example time.Duration) error {
	b.line("(synthesis with 1,000 tenants) / (synthesis of the example)", fmt.Sprintf("%.1f", float64(took)/float64(example)), "2")
	const times = 3
	var all []time.Duration
	var most int64
	var summary struct {
		Summary struct{ Resources, Stacks, Refuted, Unknown int }
	}
	for range times {
		cmd := exec.CommandContext(b.ctx, b.surety, "prove", "-f", estate, "--format", "json")
		begin := time.Now()
		out, err := cmd.Output()
		all = append(all, time.Since(begin))
		if json.Unmarshal(out, &summary) != nil {
			return fmt.Errorf("prove %s: %w", estate, err)
		}
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			most = max(most, usage.Maxrss>>10)
		}
	}
	slices.Sort(all)
	s := summary.Summary
	b.line(fmt.Sprintf("surety prove with 1,000 tenants, %d resources in %d stacks", s.Resources, s.Stacks), ms(all[times/2]), "10000 ms")
	b.line("  memory", fmt.Sprintf("%d MiB", most), "2048 MiB")
	b.line("  verdicts refuted or unknown", fmt.Sprint(s.Refuted+s.Unknown), "0")
	return nil
}
