package stacks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/exampletest"
)

// TestMain gives the tests a folder for what they write, and ends the Node
// process that they share.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "surety-stacks-test-*")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	jsii.Close()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

const exampleFile = "../examples/cover/estate.yaml"

// example is the example estate and its assembly, synthesised once.
var example = sync.OnceValue(func() assembly {
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		return assembly{err: err}
	}
	return synthesise(data)
})

// assembly is a synthesised estate.
type assembly struct {
	estate    *estate.Estate
	dir       string
	templates map[string]template
	manifest  manifest
	err       error
}

type template struct {
	Resources  map[string]properties
	Outputs    map[string]any
	Parameters map[string]any
	Mappings   map[string]any
	size       int
}

type properties struct {
	Type       string
	Properties map[string]any
}

type manifest struct {
	Artifacts map[string]struct {
		Type         string
		Dependencies []string
		Environment  string
		Properties   struct {
			StackName, TemplateFile string
			Parameters              map[string]string
		}
	}
	Missing []any
}

func synthesise(data []byte) assembly {
	e, problems := estate.Parse("estate.yaml", data)
	if err := problems.Err(); err != nil {
		return assembly{err: err}
	}
	dir, err := os.MkdirTemp("", "surety-stacks-*")
	if err != nil {
		return assembly{err: err}
	}
	a := assembly{estate: e, dir: dir, templates: map[string]template{}}
	zips, err := exampletest.Functions()
	if err != nil {
		return assembly{err: err}
	}
	if a.err = Synthesise(e, Options{Out: dir, Functions: zips}); a.err != nil {
		return a
	}
	return readAssembly(a)
}

// readAssembly reads what was written to the folder of an assembly.
func readAssembly(a assembly) assembly {
	files, err := filepath.Glob(filepath.Join(a.dir, "*.template.json"))
	if err != nil {
		return assembly{err: err}
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return assembly{err: err}
		}
		t := template{size: len(data)}
		if err := json.Unmarshal(data, &t); err != nil {
			return assembly{err: err}
		}
		a.templates[strings.TrimSuffix(filepath.Base(f), ".template.json")] = t
	}
	data, err := os.ReadFile(filepath.Join(a.dir, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(data, &a.manifest)
	}
	a.err = err
	return a
}

func load(t *testing.T) assembly {
	t.Helper()
	a := example()
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a
}

// of returns the resources of a type of a stack, sorted by logical id.
func (a assembly) of(t *testing.T, stack, typ string) []resource {
	t.Helper()
	tpl, ok := a.templates[stack]
	if !ok {
		t.Fatalf("there is no stack %s", stack)
	}
	var all []resource
	for id, r := range tpl.Resources {
		if r.Type == typ {
			all = append(all, resource{id: id, stack: stack, typ: typ, props: r.Properties})
		}
	}
	slices.SortFunc(all, func(x, y resource) int { return strings.Compare(x.id, y.id) })
	return all
}

// every returns the resources of a type of all stacks.
func (a assembly) every(t *testing.T, typ string) []resource {
	t.Helper()
	var all []resource
	for _, stack := range sortedKeys(a.templates) {
		all = append(all, a.of(t, stack, typ)...)
	}
	if len(all) == 0 {
		t.Fatalf("there is no %s", typ)
	}
	return all
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

type resource struct {
	id, stack, typ string
	props          map[string]any
}

func (r resource) String() string { return r.stack + "/" + r.id }

// get returns what stands at a path of keys and indexes, or nil.
func (r resource) get(path ...any) any {
	var v any = r.props
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (r resource) list(path ...any) []any {
	l, _ := r.get(path...).([]any)
	return l
}

func (r resource) text(path ...any) string { return text(r.get(path...)) }

// text prints a value, intrinsic functions included.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

func (r resource) tag(key string) string {
	for _, field := range []string{"Tags", "BackupVaultTags"} {
		if m, ok := r.get(field).(map[string]any); ok {
			return text(m[key])
		}
	}
	for _, field := range []string{"Tags", "HostedZoneTags"} {
		for _, tag := range r.list(field) {
			if m, ok := tag.(map[string]any); ok && m["Key"] == key {
				return text(m["Value"])
			}
		}
	}
	return ""
}

// expect fails unless the value at a path prints as want.
func expect(t *testing.T, r resource, want string, path ...any) {
	t.Helper()
	if got := r.text(path...); got != want {
		t.Errorf("%s %v is %s, want %s", r, path, got, want)
	}
}
