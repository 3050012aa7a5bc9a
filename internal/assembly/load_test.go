package assembly

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
)

const small = `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`

// write puts files (name → text) into a new folder.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(asm *Assembly) []string {
	var all []string
	for _, s := range asm.Stacks {
		all = append(all, s.Addr.String())
	}
	return all
}

// TestBadInput gives what people and generators get wrong: each gets the right
// code and place, and nothing panics.
func TestBadInput(t *testing.T) {
	stack := func(version string) string {
		return `{"version":"` + version + `","artifacts":{"S":{"type":"aws:cloudformation:stack",
 "environment":"aws://unknown-account/unknown-region","properties":{"templateFile":"s.json"}}}}`
	}
	for _, test := range []struct {
		name, file, text, code, at string
	}{
		{"empty", "t.json", " \n", "TEMPLATE_EMPTY", "t.json"},
		{"broken JSON", "t.json", "{\n  \"Resources\": {,}\n}", "TEMPLATE_SYNTAX", "t.json:2:17"},
		{"cut off", "t.json", `{"Resources": {"A": {"Type": "X`, "TEMPLATE_SYNTAX", "t.json:1:30"},
		{"two values", "t.json", small + small, "TEMPLATE_SYNTAX", "t.json:1:47"},
		{"broken YAML", "t.yaml", "Resources:\n  A:\n    Type: [X\n  B: 1\n", "TEMPLATE_SYNTAX", "t.yaml:3:5"},
		{"a wrong indent in YAML", "t.yaml", "Resources:\n  A:\n    Type: X\n   B: 1\n", "TEMPLATE_SYNTAX", "t.yaml:"},
		{"two colons in YAML", "t.yaml", "Resources:\n  A: b: c\n", "TEMPLATE_SYNTAX", "t.yaml:2:3"},
		{"an open quote in YAML", "t.yaml", "Resources:\n  A: 'b\n", "TEMPLATE_SYNTAX", "t.yaml:"},
		{"a tab in YAML", "t.yaml", "Resources:\n\tA: 1\n", "TEMPLATE_SYNTAX", "t.yaml:2"},
		{"not UTF-8", "t.json", "{\n\"a\": \"\xff\"}", "TEMPLATE_ENCODING", "t.json:2:7"},
		{"not UTF-8 after a real U+FFFD", "t.json", "{\"\ufffd\": \"\xff\"}", "TEMPLATE_ENCODING", "t.json:1:8"},
		{"a list", "t.json", `[1]`, "TEMPLATE_NOT_A_MAP", "t.json:1:1"},
		{"a text", "t.yaml", "hello\n", "TEMPLATE_NOT_A_MAP", "t.yaml:1:1"},
		{"no resources", "t.json", `{"Outputs":{}}`, "TEMPLATE_NO_RESOURCES", "t.json"},
		{"resources are a list", "t.json", `{"Resources":[]}`, "TEMPLATE_NO_RESOURCES", "t.json:1:2"},
		{"no type", "t.json", "{\"Resources\":{\n \"A\":{\"Properties\":{}}}}", "TEMPLATE_RESOURCE_TYPE", "t.json:2:2"},
		{"a resource that is a text", "t.yaml", "Resources:\n  A: yes please\n", "TEMPLATE_RESOURCE_TYPE", "t.yaml:2:3"},
		{"a repeated key", "t.json", "{\"Resources\":{\"A\":{\"Type\":\"X\"},\n \"A\":{\"Type\":\"Y\"}}}", "TEMPLATE_DUPLICATE_KEY", "t.json:2:2"},
		{"10,000 deep JSON", "t.json", strings.Repeat(`{"a":`, 10_000), "TEMPLATE_TOO_DEEP", "t.json:1:"},
		{"10,000 deep lists", "t.json", strings.Repeat(`[`, 10_000), "TEMPLATE_TOO_DEEP", "t.json:1:"},
		{"10,000 deep YAML", "t.yaml", "a: " + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), "TEMPLATE_TOO_DEEP", "t.yaml:1:"},
		{"100,000 deep YAML", "t.yaml", "\n\na: " + strings.Repeat("[", 100_000), "TEMPLATE_TOO_DEEP", "t.yaml"},
		{"10,000 deep YAML blocks", "t.yaml", strings.Repeat("- ", 9_000) + "x", "TEMPLATE_TOO_DEEP", "t.yaml:1:"},
		{"50 MB", "t.json", strings.Repeat(" ", 50<<20), "TEMPLATE_TOO_LARGE", "t.json"},
		{"an alias in itself", "t.yaml", "Resources: &r\n  A: *r\n", "TEMPLATE_SYNTAX", "t.yaml:2:6"},
		{"a key that is a list", "t.yaml", "Resources:\n  [a, b]: 1\n", "TEMPLATE_SYNTAX", "t.yaml:2:3"},
		{"newer assembly", "manifest.json", stack("9999.1.0"), "ASSEMBLY_TOO_NEW", "manifest.json:1:2"},
		{"no version", "manifest.json", `{"artifacts":{}}`, "ASSEMBLY_MANIFEST", "manifest.json"},
		{"a template that is not there", "manifest.json", stack("54.0.0"), "TEMPLATE_UNREADABLE", "s.json"},
		{"broken manifest", "manifest.json", `{`, "TEMPLATE_SYNTAX", "manifest.json:1:2"},
		{"an artifact without file", "manifest.json", "{\"version\":\"1.0.0\",\"artifacts\":{\n\"S\":{\"type\":\"aws:cloudformation:stack\"}}}", "ASSEMBLY_MANIFEST", "manifest.json:2:1"},
		{"artifacts are a list", "manifest.json", `{"version":"1.0.0","artifacts":[]}`, "ASSEMBLY_MANIFEST", "manifest.json:1:20"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := write(t, map[string]string{test.file: test.text})
			_, problems := Load(t.Context(), filepath.Join(dir, test.file))
			i := slices.IndexFunc(problems, func(d diag.Diagnostic) bool { return d.Code == test.code })
			if i < 0 {
				t.Fatalf("got %v, want %s", problems, test.code)
			}
			if got := strings.TrimPrefix(problems[i].Where(), dir+"/"); !strings.HasPrefix(got, test.at) {
				t.Errorf("it is at %s, want %s", got, test.at)
			}
			if problems[i].What == "" || problems[i].Fix == "" {
				t.Errorf("%+v does not say what is wrong and how to mend it", problems[i])
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	dir := write(t, map[string]string{"empty/readme.md": "no template", "estate/estate.yaml": "estate: x\n"})
	for path, code := range map[string]string{
		filepath.Join(dir, "absent"):   "TEMPLATE_UNREADABLE",
		filepath.Join(dir, "a.json"):   "TEMPLATE_UNREADABLE",
		filepath.Join(dir, "empty"):    "ASSEMBLY_EMPTY",
		filepath.Join(dir, "estate"):   "ASSEMBLY_EMPTY",
		"/dev/zero":                    "TEMPLATE_UNREADABLE",
		"/proc/self/mem":               "TEMPLATE_UNREADABLE",
		filepath.Join(dir, "bad\x00a"): "TEMPLATE_UNREADABLE",
	} {
		asm, problems := Load(t.Context(), path)
		if len(problems) != 1 || problems[0].Code != code || len(asm.Stacks) != 0 {
			t.Errorf("%s: %v, want %s", path, problems, code)
		}
	}
	if _, problems := Load(t.Context()); len(problems) != 1 {
		t.Errorf("no path at all: %v", problems)
	}
}

func TestCancelled(t *testing.T) {
	dir := write(t, map[string]string{"a.json": small})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, problems := Load(ctx, dir+"/a.json"); !problems.HasErrors() {
		t.Error("a cancelled Load reports nothing")
	}
}

func TestFolderOfTemplates(t *testing.T) {
	dir := write(t, map[string]string{
		"network.template.json": small, "data.yaml": "Resources:\n  Q: {Type: AWS::SQS::Queue}\n", "old.template": small, "app.yml": "Resources: {Q: {Type: X}}",
		"estate.yaml": "estate: shop\n", "package.json": `{"name":"x"}`, "notes.md": "#", "ci.yml": "a: [", ".hidden.json": "{",
		"parent.yaml": "Resources:\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./child.yaml}}\n", "child.yaml": "Resources: {Q: {Type: X}}",
	})
	asm, problems := Load(t.Context(), dir)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []string{"-/-/app", "-/-/data", "-/-/network", "-/-/old", "-/-/parent"}
	if got := names(asm); !slices.Equal(got, want) {
		t.Errorf("stacks %v, want %v", got, want)
	}
	if child := asm.Stacks[4].Template.Nested("Child"); child == nil || filepath.Base(child.File) != "child.yaml" {
		t.Errorf("the nested stack has the template %v", child)
	}
}

// TestMissingNestedTemplate says which stack misses its template, and once.
func TestMissingNestedTemplate(t *testing.T) {
	dir := write(t, map[string]string{"parent.yaml": `Resources:
  Vpc:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./modules/vpc.yaml
  Other: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./modules/vpc.yaml}}
`})
	_, problems := Load(t.Context(), filepath.Join(dir, "parent.yaml"))
	if len(problems) != 1 || problems[0].Code != "TEMPLATE_UNREADABLE" || !strings.HasSuffix(problems[0].Where(), "parent.yaml:5:7") ||
		!strings.Contains(problems[0].What, "nested stack Vpc is not at "+filepath.Join(dir, "modules/vpc.yaml")) {
		t.Errorf("got %v", problems)
	}
}

// TestStackWithoutResources loads an assembly as the CDK's integration tests
// synthesise: a stack of theirs has no resources, and is never deployed.
func TestStackWithoutResources(t *testing.T) {
	artifact := func(id string) string {
		return `"` + id + `":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/unknown-region","properties":{"templateFile":"` + id + `.json"}}`
	}
	for empty, code := range map[string]string{`{"Parameters":{"P":{"Type":"String"}}}`: "", `{"Resources":{}}`: "", `{"Resources":[]}`: "TEMPLATE_NO_RESOURCES"} {
		dir := write(t, map[string]string{"manifest.json": `{"version":"54.0.0","artifacts":{` + artifact("a") + "," + artifact("b") + "}}", "a.json": small, "b.json": empty})
		asm, problems := Load(t.Context(), dir)
		if problems.HasErrors() != (code != "") || code != "" && problems[0].Code != code || len(asm.Stacks) != 2 {
			t.Errorf("%s: %v, %v", empty, names(asm), problems)
		}
	}
}

// TestTenantsShareATemplate loads two stacks of one file, which is parsed once.
func TestTenantsShareATemplate(t *testing.T) {
	dir := write(t, map[string]string{"tenant.json": small, "manifest.json": `{"version":"54.1.0","artifacts":{
 "b":{"type":"aws:cloudformation:stack","environment":"aws://111111111111/eu-west-1","properties":{"templateFile":"tenant.json","stackName":"b","parameters":{"Name":"beta"}},"dependencies":["a","x.assets"]},
 "a":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/eu-west-1","properties":{"templateFile":"tenant.json","parameters":{"Name":"alpha"}}},
 "Tree":{"type":"cdk:tree","properties":{"file":"tree.json"}}}}`, "tree.json": "not read"})
	asm, problems := Load(t.Context(), dir)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := names(asm); !slices.Equal(got, []string{"-/eu-west-1/a", "111111111111/eu-west-1/b"}) {
		t.Fatalf("stacks %v", got)
	}
	a, b := asm.Stacks[0], asm.Stacks[1]
	if a.Template != b.Template {
		t.Error("the template was parsed twice")
	}
	if a.Parameters["Name"] != "alpha" || b.Parameters["Name"] != "beta" {
		t.Errorf("parameters %v, %v", a.Parameters, b.Parameters)
	}
	if !slices.Equal(b.DependsOn, []addr.Stack{a.Addr}) {
		t.Errorf("b depends on %v", b.DependsOn)
	}
}
