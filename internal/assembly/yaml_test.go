package assembly

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/suretyhq/surety/internal/value"
)

func TestYAMLShortForms(t *testing.T) {
	for short, long := range map[string]string{
		"!Ref Vpc":                             `{"Ref": "Vpc"}`,
		"!Condition Production":                `{"Condition": "Production"}`,
		"!GetAtt Vpc.CidrBlock":                `{"Fn::GetAtt": "Vpc.CidrBlock"}`,
		"!GetAtt [Vpc, CidrBlock]":             `{"Fn::GetAtt": ["Vpc", "CidrBlock"]}`,
		`!Sub "${A}-${!B}"`:                    `{"Fn::Sub": "${A}-${!B}"}`,
		"!Sub\n    - ${A}\n    - {A: !Ref B}":  `{"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}`,
		"!Sub |\n    one\n    two":             `{"Fn::Sub": "one\ntwo\n"}`,
		"!Join ['', [a, !Ref B]]":              `{"Fn::Join": ["", ["a", {"Ref": "B"}]]}`,
		"!If [C, !Ref A, !Ref 'AWS::NoValue']": `{"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}`,
		"!Equals [!Ref A, b]":                  `{"Fn::Equals": [{"Ref": "A"}, "b"]}`,
		"!Not [!Condition A]":                  `{"Fn::Not": [{"Condition": "A"}]}`,
		"!And [!Condition A, !Condition B]":    `{"Fn::And": [{"Condition": "A"}, {"Condition": "B"}]}`,
		"!Or [!Condition A]":                   `{"Fn::Or": [{"Condition": "A"}]}`,
		"!FindInMap [M, a, b]":                 `{"Fn::FindInMap": ["M", "a", "b"]}`,
		"!Select [0, !GetAZs '']":              `{"Fn::Select": [0, {"Fn::GetAZs": ""}]}`,
		"!Split [',', a]":                      `{"Fn::Split": [",", "a"]}`,
		"!Cidr [10.0.0.0/16, 2, 8]":            `{"Fn::Cidr": ["10.0.0.0/16", 2, 8]}`,
		"!ImportValue net-Vpc":                 `{"Fn::ImportValue": "net-Vpc"}`,
		"!ImportValue\n    Fn::Sub: ${N}-Vpc":  `{"Fn::ImportValue": {"Fn::Sub": "${N}-Vpc"}}`,
		"!Base64 text":                         `{"Fn::Base64": "text"}`,
		"!Transform {Name: M}":                 `{"Fn::Transform": {"Name": "M"}}`,
		"!GetAZs":                              `{"Fn::GetAZs": ""}`,
		// Scalars, as CloudFormation's YAML 1.1 reads them.
		"012": `"012"`, "12": `12`, "1_000": `"1_000"`, "0x1f": `"0x1f"`, "1.50": `1.50`, "2012-10-17": `"2012-10-17"`, "123456789012": `123456789012`,
		"yes": `true`, "No": `false`, "on": `true`, "'yes'": `"yes"`, "y": `"y"`, "~": `null`, "": `null`, "null": `null`, "'12'": `"12"`, "!!str 12": `"12"`,
		"TRUE": `true`, "True": `true`, ">-\n    a\n    b": `"a b"`, ".5": `".5"`, "::/0": `"::/0"`, "10.0.0.0/8": `"10.0.0.0/8"`, "-1": `-1`, "80-90": `"80-90"`,
	} {
		tmpl, problems := parseSource("t.yaml", "V: "+short+"\n")
		if tmpl == nil {
			t.Errorf("%q: %v", short, problems)
			continue
		}
		if got := tmpl.Root.Get("V").String(); got != long {
			t.Errorf("%q = %s, want %s", short, got, long)
		}
		if holds := strings.HasPrefix(short, "!") && short[1] != '!' && !strings.HasPrefix(short, "!Condition"); holds != tmpl.Root.HoldsIntrinsics() {
			t.Errorf("%q: HoldsIntrinsics = %v", short, !holds)
		}
	}
}

func TestYAMLAnchorsAndMergeKeys(t *testing.T) {
	tmpl, problems := parseSource("t.yaml", "Base: &base {A: 1, B: &b [x]}\nOther:\n  <<: *base\n  A: 2\n  C: *b\nTwo: {<<: [{Z: 1}, *base]}\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got, want := tmpl.Root.Get("Other").String(), `{"A": 2, "C": ["x"], "B": ["x"]}`; got != want {
		t.Errorf("Other = %s, want %s", got, want)
	}
	if got, want := tmpl.Root.Get("Two").String(), `{"Z": 1, "A": 1, "B": ["x"]}`; got != want {
		t.Errorf("Two = %s, want %s", got, want)
	}
}

// laughs is the billion laughs: each line has the line before it ten times.
func laughs(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x]\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

func TestYAMLAliasesAreBounded(t *testing.T) {
	for _, test := range []struct{ src, code string }{
		{laughs(12), codeTooLarge},
		{laughs(3), ""},
		{strings.ReplaceAll(laughs(5), "[*a", "[{<<: {k: *a0}}, *a"), ""},
		{deepAliases(400), codeTooDeep},
	} {
		_, problems := parseSource("t.yaml", test.src)
		code := ""
		if len(problems) > 0 {
			code = problems[0].Code
		}
		if code != test.code {
			t.Errorf("%.40q: %v, want %q", test.src, problems, test.code)
		}
	}
}

// deepAliases nests by aliases what does not look nested.
func deepAliases(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x]\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	return b.String()
}

func TestYAMLOffsets(t *testing.T) {
	tmpl, problems := parseSource("t.yaml", "# é\nResources:\n  Vpc:\n    é: !Ref X\n    L:\n      - a\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for path, want := range map[string]string{"Resources": "t.yaml:2:1", "Resources/Vpc": "t.yaml:3:3", "Resources/Vpc/é": "t.yaml:4:5", "Resources/Vpc/L/0": "t.yaml:6:9"} {
		if got := tmpl.Of(tmpl.Root.Path(path)).String(); got != want {
			t.Errorf("%s is at %s, want %s", path, got, want)
		}
	}
}

// TestYAMLReadsJSON reads a JSON template as YAML, which it is.
func TestYAMLReadsJSON(t *testing.T) {
	src := generated(5000)
	a, _, e1 := decodeJSON(src)
	b, _, e2 := decodeYAML(src)
	if e1 != nil || e2 != nil || !value.Equal(a, b) || a.IsAbsent() {
		t.Errorf("YAML and JSON differ: %v, %v", e1, e2)
	}
}

var yamlSeeds = []string{
	"Resources:\n  A:\n    Type: X\n", "a: !Sub |\n  x\n", "a: &a [*a]\n", "<<: *x", "? [a]\n: b\n", "a: !If [x, !Ref y, z]", "--- a\n--- b\n", "%YAML 1.1\n---\na: b",
	"a: 'b", "a: \"\\x\"", "- - - -", "{a: [b, {c: d}]}", "a:\n\tb", "!Foo", "!", "!! x", "&a", "*a", "a: !!binary aGk=", "a: |2-\n   x", "", "\ufeffa: b", "a: {<<: [1, {b: c}]}", "1: 2\n1: 3",
}

func FuzzLoadYAML(f *testing.F) {
	if len(yamlSeeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range yamlSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<14 || !utf8.ValidString(src) {
			t.Skip()
		}
		tmpl, problems := parseSource("f.yaml", src)
		if tmpl == nil && !problems.HasErrors() {
			t.Fatalf("%q: neither a template nor an error", src)
		}
		if tmpl != nil {
			_ = tmpl.check()
			_ = tmpl.children()
			_ = tmpl.Root.String()
		}
	})
}

// TestYAMLOnOneLine reads JSON without line breaks as YAML in time that grows
// with it, and knows where its values stand, whatever the runes before them.
func TestYAMLOnOneLine(t *testing.T) {
	const n = 40_000
	var b strings.Builder
	b.WriteString(`{"Resources": {"R": {"Type": "X", "Properties": {"é": "ü"`)
	for i := range n {
		fmt.Fprintf(&b, `, "ключ%d": {"a": [%d]}`, i, i)
	}
	src := b.String() + "}}}}"
	dir := write(t, map[string]string{"a.yaml": src})
	start := time.Now()
	asm, problems := Load(t.Context(), filepath.Join(dir, "a.yaml"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	tmpl := asm.Stacks[0].Template
	for _, i := range []int{0, 7, n / 2, n - 1} {
		v := tmpl.Root.Path("Resources/R/Properties").Get(fmt.Sprintf("ключ%d", i))
		if want := strings.Index(src, fmt.Sprintf(`"ключ%d"`, i)); v.Offset() != want {
			t.Errorf("the entry %d is at %d, want %d", i, v.Offset(), want)
		}
	}
}
