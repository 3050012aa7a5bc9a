package requirements

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/proof"
)

var update = flag.Bool("update", false, "write docs/requirements.md and docs/controls.md anew")

const root = "../.."

// golden compares a document with what the code says.
func golden(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join(root, "docs", name)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("docs/%s is not what the code says; run go test ./internal/requirements -update and read the difference", name)
	}
}

func readTree(t *testing.T) *Tree {
	t.Helper()
	tree, err := ReadTree(root)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestTheMapOfRequirementsIsWhatTheCodeSays(t *testing.T) {
	groups, err := Map(readTree(t), claims.All())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "requirements.md", Markdown(groups))
}

func TestTheMapOfControlsIsWhatTheCodeSays(t *testing.T) {
	c, err := ReadControls(claims.All())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "controls.md", ControlsMarkdown(c, claims.All()))
}

// Every row is there, once: S01 to S43 and B01 to B10.
func TestEveryRowIsThere(t *testing.T) {
	groups, err := Map(readTree(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, g := range groups {
		for _, r := range g.Rows {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	if n := len(ids); n != 53 || ids[0] != "B01" || ids[9] != "B10" || ids[10] != "S01" || ids[52] != "S43" {
		t.Errorf("%d rows: %v", n, ids)
	}
}

func TestEveryLayerAndPatternServesARow(t *testing.T) {
	tree := readTree(t)
	groups, err := Map(tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	const fix = "name it in internal/requirements/requirements.yaml at each row that it helps to build"
	layers, patterns := Idle(tree, groups)
	for _, l := range layers {
		t.Errorf("the layer %s serves no row: %s", l, fix)
	}
	for _, p := range patterns {
		t.Errorf("the pattern %s serves no row: %s", p, fix)
	}
	tree.Layers, tree.Patterns = append(tree.Layers, "new"), append(tree.Patterns, "new")
	if l, p := Idle(tree, groups); len(l) != len(layers)+1 || len(p) != len(patterns)+1 {
		t.Errorf("a new layer and a new pattern: %v %v", l, p)
	}
}

func TestTheTreeIsReadAsItIs(t *testing.T) {
	dir := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("stacks/stacks.go", "package stacks\nconst (\n\tLayerB = \"b\"\n\tLayerA = \"a\"\n\tOther = \"c\"\n)\n")
	write("stacks/x_test.go", "package stacks\nconst LayerTest = \"t\"\nfunc TestS10_S34_Both(*T) {}\nfunc TestOther(*T) {}\nfunc (x T) TestS11_Method() {}\n")
	write("patterns/vpc/vpc.go", "package vpc\n")
	write(".cache/y_test.go", "package y\nfunc TestS12_Hidden(*T) {}\n")
	tree, err := ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tree.Layers, []string{"a", "b"}) || !slices.Equal(tree.Patterns, []string{"vpc"}) {
		t.Errorf("layers %v, patterns %v", tree.Layers, tree.Patterns)
	}
	if len(tree.Tests) != 1 || tree.Tests[0].Name != "Both" || !slices.Equal(tree.Tests[0].Rows, []string{"S10", "S34"}) || tree.Tests[0].File != "stacks/x_test.go" {
		t.Errorf("tests %+v", tree.Tests)
	}
}

// What the map and the tree disagree on is an error that names it.
func TestDriftIsAnError(t *testing.T) {
	whole := readTree(t)
	without := func(s []string) []string { return s[1:] } // the first is named by a row
	for name, c := range map[string]struct {
		tree   Tree
		claims []proof.Claim
		want   string
	}{
		"a layer that is gone":         {Tree{Layers: without(whole.Layers), Patterns: whole.Patterns}, nil, "which is not there"},
		"a pattern that is gone":       {Tree{Layers: whole.Layers, Patterns: without(whole.Patterns)}, nil, "which is not there"},
		"a claim with a foreign row":   {*whole, []proof.Claim{{ID: "x", Rows: []string{"S99"}}}, "S99, which is none"},
		"a test after a row not known": {Tree{Layers: whole.Layers, Patterns: whole.Patterns, Tests: []Test{{Name: "X", Rows: []string{"B77"}}}}, nil, "B77, which is none"},
	} {
		if _, err := Map(&c.tree, c.claims); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestControlsAreHeldToTheirForm(t *testing.T) {
	whole := func() *Controls {
		return &Controls{Frameworks: []Framework{{ID: "iso", Name: "ISO", Controls: map[string]string{"A.8.24": "cryptography"}}},
			Claims: map[string]map[string][]string{"x": {"iso": {"A.8.24"}}}}
	}
	claim := []proof.Claim{{ID: "x"}}
	if err := whole().check(claim); err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(*Controls){
		"a control that Annex A does not have": func(c *Controls) {
			c.Frameworks[0].Controls = map[string]string{"A.8.35": "?"}
			c.Claims["x"]["iso"] = []string{"A.8.35"}
		},
		"a control that is not listed": func(c *Controls) { c.Claims["x"]["iso"] = []string{"A.8.25"} },
		"a control without a claim":    func(c *Controls) { c.Frameworks[0].Controls["A.8.1"] = "?" },
		"an unknown framework":         func(c *Controls) { c.Claims["x"]["soc"] = []string{"1"} },
		"a claim without an entry":     func(c *Controls) { c.Claims = map[string]map[string][]string{"y": c.Claims["x"]} },
	} {
		c := whole()
		breakIt(c)
		if err := c.check(claim); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}
