// Command bench measures the budgets and prints each beside its limit.
//
// Everything is measured on this machine in one run, and what is compared is
// run in turns, so that a slow machine slows both sides. It asserts nothing and
// exits with 0 whatever it finds: a number is for a person to read, tests are
// elsewhere.
//
// It expects surety and surety-synth in bin/ (make bench builds them) and keeps
// what it synthesises in .cache/bench.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/suretyhq/surety/tools/estates"
)

func main() {
	mode := flag.String("mode", "", "empty or decode: be the process that another is compared with")
	flag.Parse()
	var err error
	switch *mode {
	case "empty":
	case "decode":
		err = decode(flag.Args())
	default:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err = run(ctx, os.Stdout)
		stop()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(2)
	}
}

// decode reads files as JSON into any: the least that any tool does with them.
func decode(files []string) error {
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// bench is one run of everything.
type bench struct {
	ctx    context.Context
	out    io.Writer
	self   string
	surety string
}

func run(ctx context.Context, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	surety, err := filepath.Abs(filepath.Join("bin", "surety"))
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, out: out, self: self, surety: surety}
	small, tookSmall, err := b.estate("example", estates.Size{})
	if err != nil {
		return err
	}
	many, _, err := b.estate("large", large())
	if err != nil {
		return err
	}
	tenants, tookTenants, err := b.estate("tenants", thousand())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-64s %12s %12s\n", "what", "measured", "limit")
	for _, measure := range []func() error{
		func() error { return b.start() },
		func() error { return b.prove(small) },
		func() error { return b.decodeRatio(many) },
		func() error { return b.again(small) },
		func() error { return b.tenants(tenants, tookTenants, tookSmall) },
		b.allPairs,
		func() error { return b.lint(small) },
	} {
		if err := measure(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) line(what, measured, limit string) {
	fmt.Fprintf(b.out, "%-64s %12s %12s\n", what, measured, limit)
}

func (b *bench) start() error {
	took, err := b.medians(30, []string{b.surety, "--help"})
	if err != nil {
		return err
	}
	b.line("surety --help", ms(took[0]), "50 ms")
	return nil
}

func (b *bench) prove(estate string) error {
	took, err := b.medians(15, []string{b.surety, "prove", "-f", estate})
	if err != nil {
		return err
	}
	b.line("surety prove on the example's assembly, whole process", ms(took[0]), "150 ms")
	return nil
}

// decodeRatio compares proving with the least that any tool does: decoding the
// same templates. What both processes need to start is taken off.
func (b *bench) decodeRatio(estate string) error {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(estate), "cdk.out", "*.template.json"))
	if err != nil {
		return err
	}
	var bytes int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		bytes += info.Size()
	}
	took, err := b.medians(9,
		[]string{b.surety, "prove", "-f", estate},
		[]string{b.surety, "version"},
		append([]string{b.self, "-mode=decode"}, files...),
		[]string{b.self, "-mode=empty"})
	if err != nil {
		return err
	}
	proved, decoded := took[0]-took[1], took[2]-took[3]
	b.line(fmt.Sprintf("(prove - version) / (decode - empty), %.1f MB in %d templates", float64(bytes)/1e6, len(files)),
		fmt.Sprintf("%.1f", float64(proved)/float64(decoded)), "4")
	b.line("  prove - version", ms(proved), "")
	b.line("  decode - empty", ms(decoded), "")
	return nil
}

func (b *bench) again(estate string) error {
	took, err := b.medians(9, []string{b.surety, "synth", "-f", estate})
	if err != nil {
		return err
	}
	b.line("surety synth again, nothing changed", ms(took[0]), "500 ms")
	return nil
}

// allPairs runs the benchmark of package network and passes on its numbers.
func (b *bench) allPairs() error {
	cmd := exec.CommandContext(b.ctx, "go", "test", "./internal/network", "-run", "^$", "-bench", "AllPairs", "-benchtime", "1x")
	text, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("benchmark of all pairs: %w\n%s", err, text)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "BenchmarkAllPairs/") {
			b.pairsLine(strings.Fields(line))
		}
		if _, power, ok := strings.Cut(line, "time grows by "); ok {
			b.line("  time grows by "+power, "", "")
		}
	}
	return nil
}

// pairsLine reads a line of go test -bench: the name, then the count, then
// values each with its unit.
func (b *bench) pairsLine(f []string) {
	of := map[string]string{}
	for i := 2; i+1 < len(f); i += 2 {
		of[f[i+1]] = f[i]
	}
	took, err := time.ParseDuration(of["ns/op"] + "ns")
	if err != nil {
		return
	}
	limit, memory := "", ""
	if of["classes"] != "" && strings.Contains(f[0], "/3000") {
		limit, memory = "2000 ms", "1024 MiB"
	}
	b.line("all pairs of "+of["classes"]+" classes", ms(took), limit)
	if of["MiB"] != "" {
		b.line("  memory", of["MiB"]+" MiB", memory)
	}
}

// lint times cfn-lint on the same templates, where somebody installed it.
func (b *bench) lint(estate string) error {
	program, err := exec.LookPath(filepath.Join(".cache", "cfn-lint", "bin", "cfn-lint"))
	if err != nil {
		if program, err = exec.LookPath("cfn-lint"); err != nil {
			b.line("cfn-lint on the example's templates", "not there", "")
			return nil
		}
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(estate), "cdk.out", "*.template.json"))
	if err != nil {
		return err
	}
	took, err := b.medians(1, append([]string{program}, files...))
	if err != nil {
		return err
	}
	b.line("cfn-lint on the example's templates", ms(took[0]), "")
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }
