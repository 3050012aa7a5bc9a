package layers_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/suretyhq/surety"

// pkg is what these tests need of `go list -json`.
type pkg struct {
	ImportPath string
	Dir        string
	Name       string
	Doc        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// name is the path below the module: "internal/network".
func (p pkg) name() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// packages returns every package of the module.
func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports,Deps", module+"/...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages only", len(all))
	}
	return all
}

// forbidden says that no package at or below from (but those of except) may
// depend on a package at or below to (but those of allowed), directly or by
// way of another.
type forbidden struct {
	from, except []string
	to, allowed  []string
	why          string
}

func rules() []forbidden {
	const cdk, constructs, jsii = "github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go"
	m := func(names ...string) []string {
		for i, n := range names {
			names[i] = module + "/" + n
		}
		return names
	}
	synthesis := m("cmd/surety-synth", "stacks", "patterns")
	return []forbidden{
		{from: []string{module}, except: synthesis, to: []string{cdk, constructs, jsii},
			why: "only surety-synth links the CDK: it is 100 MB and needs Node, and everything else starts in milliseconds without"},
		{from: m("cmd/surety"), to: synthesis,
			why: "surety runs surety-synth as a process of its own, never in its own"},
		{from: m("addr", "diag"), to: []string{module}, allowed: m("addr", "diag"),
			why: "addresses and diagnostics are the leaves that all others stand on"},
		{from: m("addr"), to: m("diag"),
			why: "an address knows nothing of problems"},
		{from: m("estate"), to: m("internal", "stacks", "patterns", "cmd"),
			why: "an estate is intent: it must not know what is made of it, or what is proved about it"},
		{from: m("patterns"), to: append(m("estate", "stacks"), m("internal")...),
			why: "a pattern has Props of its own, so that a team can use it without an estate"},
		{from: m("stacks"), to: m("internal"),
			why: "what is built must not lean on what judges it; a team composes stacks from public packages alone"},
		{from: m("internal/value"), to: m("estate", "internal/assembly", "internal/intrinsic", "internal/resource", "internal/network", "internal/part", "internal/proof"),
			why: "values are below everything that has them"},
		{from: m("internal/assembly"), to: m("estate", "internal/intrinsic", "internal/resource", "internal/network", "internal/part", "internal/proof"),
			why: "loading reads what will be deployed; intent has no say in it"},
		{from: m("internal/intrinsic"), to: m("estate", "internal/network", "internal/part", "internal/proof"),
			why: "resolving reads what will be deployed; intent has no say in it"},
		{from: m("internal/resource"), to: m("estate", "internal/assembly", "internal/network", "internal/part", "internal/proof", "internal/kernel"),
			why: "the graph is fact: intent has no say in it"},
		{from: m("internal/snapshot"), to: m("estate", "internal/intrinsic", "internal/network", "internal/part", "internal/proof"),
			why: "a snapshot is fact, read offline: intent has no say in it, and no proof is made while it is read"},
		{from: m("internal/network"), to: m("estate", "internal/part", "internal/proof", "internal/kernel", "internal/assembly", "internal/intrinsic"),
			why: "the network that a proof walks is built from fact alone; intent meets it in a proof"},
		{from: m("internal/kernel"), to: m("internal/network", "internal/proof", "internal/part", "estate"),
			why: "the judge must not share a line with what it judges"},
		{from: m("internal/policy"), to: m("estate", "internal/part", "internal/proof"),
			why: "policies are fact: intent has no say in what they allow"},
		{from: m("internal/proof", "internal/claims", "internal/part"), to: append(m("internal/deploy", "internal/synth", "internal/cli", "internal/report", "internal/kernel"), "github.com/aws/aws-sdk-go-v2", "os/exec"),
			why: "proofs work offline and end in verdicts; they run, print and deploy nothing"},
		{from: m("cmd/surety", "internal/cli"), except: m("cmd/surety-synth", "cmd/surety-aws"), to: []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"},
			why: "AWS's SDK takes longer to start than most commands take; surety-aws alone links it"},
		{from: m("internal/collect"), to: m("estate", "internal/network", "internal/proof", "internal/claims", "stacks", "patterns"),
			why: "collecting writes what AWS says; what it means is for whoever reads it"},
		{from: m("internal/bootstrap"), to: m("internal/assembly", "internal/resource", "internal/network", "internal/proof", "internal/claims", "stacks", "patterns"),
			why: "an organisation is made from intent and what AWS says, before there is anything to prove"},
		{from: m("internal/proof"), to: m("internal/claims"),
			why: "the engine runs whatever claims it is given"},
		{from: m("internal/report"), to: m("internal/cli", "internal/claims", "internal/assembly", "internal/synth"),
			why: "a report shows verdicts and decides nothing"},
		{from: m("addr", "diag", "estate", "stacks", "patterns", "internal"), except: m("internal/cli"), to: m("internal/cli"),
			why: "commands are the outermost layer: nothing is built on them"},
	}
}

func TestArrowsGoOneWay(t *testing.T) {
	all := packages(t)
	for _, rule := range rules() {
		for _, p := range all {
			if !within(p.ImportPath, rule.from) || within(p.ImportPath, rule.except) {
				continue
			}
			for _, dep := range p.Deps {
				if within(dep, rule.to) && !within(dep, rule.allowed) && dep != p.ImportPath {
					t.Errorf("%s depends on %s: %s", p.name(), dep, rule.why)
					break
				}
			}
		}
	}
}

// A rule about packages that no longer exist would never fail.
func TestRulesNamePackagesThatExist(t *testing.T) {
	// Folders of the layout that appear when their first code does.
	later := []string{module + "/internal/deploy", module + "/internal/synth", module + "/internal/policy"}
	known := map[string]bool{}
	for _, p := range packages(t) {
		known[p.ImportPath] = true
		for _, d := range p.Deps {
			known[d] = true
		}
	}
	for _, rule := range rules() {
		for _, prefix := range slices.Concat(rule.from, rule.except, rule.to, rule.allowed) {
			found := slices.Contains(later, prefix)
			for path := range known {
				found = found || within(path, []string{prefix})
			}
			if !found {
				t.Errorf("no package is at or below %s", prefix)
			}
		}
	}
}

// within says whether a package is one of the prefixes or below one.
func within(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

func TestEveryPackagePromisesSomething(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		// go list gives the synopsis only; the whole comment says the promise.
		if n := sentences(comment(t, p)); n < 2 {
			t.Errorf("%s: its comment has %d sentences; say what the package is, and what it promises", p.name(), n)
		}
	}
}

// comment returns a package's comment.
func comment(t *testing.T, p pkg) string {
	t.Helper()
	for _, f := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if file.Doc != nil {
			return file.Doc.Text()
		}
	}
	return ""
}

// sentences counts sentences roughly: full stops that end a word.
func sentences(s string) int {
	return len(regexp.MustCompile(`[.;:](\s|$)`).FindAllString(s, -1))
}
