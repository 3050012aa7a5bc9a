package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// size says by how much an estate is larger than the example.
type size struct{ environments, services int }

// large makes templates of more than 5 MB.
func large() size { return size{environments: 7, services: 30} }

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

// estate writes the example with more environments, synthesises it where that
// has not been done, and returns the estate file.
func (b *bench) estate(name string, more size) (string, error) {
	text, err := os.ReadFile(filepath.Join("examples", "cover", "estate.yaml"))
	if err != nil {
		return "", err
	}
	estate, err := multiply(string(text), more)
	if err != nil {
		return "", err
	}
	file := filepath.Join(".cache", "bench", name, "estate.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(file, []byte(estate), 0o644); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "synthesising %s\n", file)
	cmd := exec.CommandContext(b.ctx, b.surety, "synth", "--force", "-f", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("synthesise %s: %w\n%s", file, err, out)
	}
	return file, nil
}

// multiply adds environments, each in an account of its own, and services to
// the text of an estate file.
func multiply(estate string, more size) (string, error) {
	var accounts, envs, services strings.Builder
	for i := range more.environments {
		fmt.Fprintf(&accounts, "    copy%d: {id: \"2%011d\"}\n", i, i)
		fmt.Fprintf(&envs, "  copy%d: {account: copy%d, size: small}\n", i, i)
	}
	for i := range more.services {
		fmt.Fprintf(&services, "    service%d: {image: \"registry.gitlab.com/cover/platform/service%d:1.0.0\", expose: access, needs: [database]}\n", i, i)
	}
	for _, add := range []struct{ under, text string }{{"  accounts:", accounts.String()}, {"\nenvironments:", envs.String()}, {"\n  services:", services.String()}} {
		before, after, ok := strings.Cut(estate, add.under)
		rest, lines, cut := strings.Cut(after, "\n")
		if !ok || !cut {
			return "", fmt.Errorf("the example has no %q", strings.TrimSpace(add.under))
		}
		estate = before + add.under + rest + "\n" + add.text + lines
	}
	return estate, nil
}
