package intrinsic

import (
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// seeds are templates for the fuzzer: the surroundings of the tables with
// values that reach every function.
func seeds() []string {
	values := []string{"!Ref Vpc", "!GetAtt Vpc.CidrBlock", "!Sub 'a${Given}'", "!Join [',', !Ref List]", "!Select [0, !GetAZs '']", "!Split [',', a]",
		"!FindInMap [M, a, b]", "!If [Perhaps, a, b]", "!Cidr [10.0.0.0/16, 2, 8]", "!ImportValue x", "!GetStackOutput {StackName: f, OutputName: O}",
		"!Length [a]", "!ToJsonString {a: b}", "!Base64 a", "!Transform {Name: a}", "{'Fn::ForEach::X': []}"}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = surroundings + v + "\nOutputs: {O: {Value: !Ref R, Export: {Name: x}}}\n"
	}
	return all
}

func FuzzResolve(f *testing.F) {
	if len(seeds()) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds() {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<13 || strings.Contains(src, "TemplateURL") || strings.Contains(src, "aws:asset") {
			t.Skip() // no other files
		}
		file := filepath.Join(dir, "f.yaml")
		if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		asm, _ := assembly.Load(t.Context(), file)
		all, _ := Resolve(asm, Options{Params: map[string]string{"Given": "x"}})
		for _, r := range all {
			_, _ = r.Props.FirstUnknown(), r.Props.String()
			if r.Props.Kind() != value.Map && !r.Props.IsUnknown() && !strings.Contains(src, "Properties") {
				t.Fatalf("%s has the properties %s", r.Addr, r.Props)
			}
		}
	})
}

// shuffled prints a value as JSON with its keys in another order.
func shuffled(v value.Value, r *rand.Rand) string {
	switch v.Kind() {
	case value.Map:
		keys := v.Keys()
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = quoted(k) + ":" + shuffled(v.Get(k), r)
		}
		return "{" + strings.Join(parts, ",") + "}"
	case value.List:
		parts := make([]string, v.Len())
		for i, item := range v.Items() {
			parts[i] = shuffled(item, r)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case value.String:
		return quoted(v.Text())
	case value.Null:
		return "null"
	}
	return v.Text()
}

// TestOrderDoesNotCount shuffles resources and the keys of all maps: nothing
// changes but the places.
func TestOrderDoesNotCount(t *testing.T) {
	asm, problems := assembly.Load(t.Context(), examplePlain)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	opts := Options{Region: "eu-west-1"}
	want, _ := Resolve(asm, opts)
	if len(want) < 40 {
		t.Fatalf("only %d resources", len(want))
	}
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		dir, err := os.MkdirTemp("", "surety")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		for _, s := range asm.Stacks {
			text := shuffled(s.Template.Root, r)
			if !json.Valid([]byte(text)) {
				t.Fatalf("not JSON: %s", text)
			}
			if err := os.WriteFile(filepath.Join(dir, s.Addr.Name+".json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again, problems := assembly.Load(t.Context(), dir)
		got, more := Resolve(again, opts)
		if len(problems)+len(more) > 0 || len(got) != len(want) {
			t.Fatalf("%d resources, want %d: %v %v", len(got), len(want), problems, more)
		}
		for i := range want {
			if !same(want[i], got[i]) {
				t.Fatalf("%s became %s with %s, was %s", want[i].Addr, got[i].Addr, got[i].Props, want[i].Props)
			}
		}
	})
}

func same(a, b *resource.Resource) bool {
	return a.Addr == b.Addr && a.Type == b.Type && a.Retain == b.Retain && value.Equal(a.Props, b.Props)
}
