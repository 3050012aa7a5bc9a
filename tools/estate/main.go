// Command estate writes a large estate: the example with more environments,
// services and tenants, to measure with, and to see what so many come to.
//
//	go run ./tools/estate -tenants 1000 -o /tmp/thousand/estate.yaml
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/suretyhq/surety/tools/estates"
)

func main() {
	var more estates.Size
	example := flag.String("example", filepath.Join("examples", "cover", "estate.yaml"), "the estate `file` to begin with")
	out := flag.String("o", "", "the `file` to write; empty: standard output")
	flag.IntVar(&more.Environments, "environments", 0, "how many `more` environments")
	flag.IntVar(&more.Services, "services", 0, "how many `more` services")
	flag.IntVar(&more.Tenants, "tenants", 0, "how many `more` tenants, in prod")
	flag.Parse()
	if err := write(*example, *out, more); err != nil {
		fmt.Fprintf(os.Stderr, "estate: %v\n", err)
		os.Exit(2)
	}
}

func write(example, out string, more estates.Size) error {
	text, err := os.ReadFile(example)
	if err != nil {
		return err
	}
	grown, err := estates.Grow(string(text), more)
	if err != nil {
		return err
	}
	if out == "" {
		_, err = os.Stdout.WriteString(grown)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, []byte(grown), 0o644)
}
