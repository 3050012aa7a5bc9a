package estate

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/invopop/jsonschema"
	validate "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write estate.schema.json anew from the types")

// generateSchema makes the JSON Schema from the types and their comments.
func generateSchema(t *testing.T) []byte {
	t.Helper()
	r := &jsonschema.Reflector{FieldNameTag: "yaml", ExpandedStruct: true, Mapper: mapType}
	if err := r.AddGoComments("github.com/suretyhq/surety/estate", "./", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	for k, v := range r.CommentMap {
		r.CommentMap[k] = strings.Join(strings.Fields(v), " ")
	}
	s := r.Reflect(&Estate{})
	s.ID = "https://github.com/suretyhq/surety/estate/estate.schema.json"
	s.Title = "Surety estate"
	home, ok := s.Definitions["Regions"].Properties.Get("home")
	if !ok {
		t.Fatal("the schema has no regions/home")
	}
	for _, name := range KnownRegions() {
		home.Enum = append(home.Enum, name)
	}
	quotas, ok := s.Properties.Get("quotas")
	if !ok || quotas.AdditionalProperties == nil {
		t.Fatal("the schema has no quotas")
	}
	ids := &jsonschema.Schema{}
	for _, q := range Quotas() {
		if q.Adjustable {
			ids.Enum = append(ids.Enum, q.ID)
		}
	}
	quotas.AdditionalProperties.PropertyNames = ids
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mapType says how the types look that are not plain structs.
func mapType(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[netip.Prefix]():
		return &jsonschema.Schema{Type: "string", Pattern: `^[0-9.]+/[0-9]+$`}
	case reflect.TypeFor[time.Time]():
		return &jsonschema.Schema{Type: "string", Format: "date", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
	case reflect.TypeFor[Size]():
		return &jsonschema.Schema{Type: "string", Enum: []any{Small, Large}}
	case reflect.TypeFor[Trigger]():
		return &jsonschema.Schema{Type: "string", Enum: []any{TriggerQueue}}
	case reflect.TypeFor[Runtime]():
		return &jsonschema.Schema{Type: "string", Enum: []any{RuntimeContainer, RuntimeEC2}}
	case reflect.TypeFor[Expose]():
		return &jsonschema.Schema{Type: "string", Enum: []any{ExposeGateway, ExposeAccess}}
	case reflect.TypeFor[TenantState]():
		return &jsonschema.Schema{Type: "string", Enum: []any{TenantActive, TenantRetained}}
	case reflect.TypeFor[KeyOrigin]():
		return &jsonschema.Schema{Type: "string", Enum: []any{OriginKMS, OriginExternal}}
	case reflect.TypeFor[Targets]():
		one := &jsonschema.Schema{Type: "string", Enum: []any{ToLake, ToDatabase}}
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{one, {Type: "array", Items: one}}}
	case reflect.TypeFor[Role]():
		return &jsonschema.Schema{Type: "string", Enum: []any{RoleNetworkHub, RoleLogArchive, RoleAudit}}
	}
	return nil
}

func TestSchemaIsGeneratedFromTheTypes(t *testing.T) {
	want := generateSchema(t)
	if *update {
		if err := os.WriteFile(SchemaName, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(SchemaName)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("estate.schema.json is not what the types say; run: go test ./estate -run Schema -update")
	}
	if s := string(want); !strings.Contains(s, "Append") && !strings.Contains(s, "append new environments") {
		t.Error("the schema has no descriptions")
	}
}

func compileSchema(t *testing.T) *validate.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validate.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := validate.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(SchemaName, doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile(SchemaName)
}

// checkSchema validates an estate file's text against the schema.
func checkSchema(t *testing.T, s *validate.Schema, text []byte) error {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	return s.Validate(asJSON(t, n.Content[0]))
}

// asJSON turns a tree into what a JSON file of the same content would hold:
// dates are text.
func asJSON(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = asJSON(t, n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = asJSON(t, c)
		}
		return list
	}
	if n.ShortTag() == "!!timestamp" {
		return n.Value
	}
	var v any
	if err := n.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	s := compileSchema(t)
	for name, text := range goodEstates(t) {
		if err := checkSchema(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesMisspeltKeysAndWrongTypes(t *testing.T) {
	s := compileSchema(t)
	for _, change := range [][2]string{
		{"estate: acme", "estat: acme"},
		{"workload:", "workloads:"},
		{"image: registry.example/acme/api", "imgae: registry.example/acme/api"},
		{"{account: dev}", "{acount: dev}"},
		{"engine: aurora-postgresql", "engin: aurora-postgresql"},
		{"engine: aurora-postgresql", "engine: mysql"},
		{`"100000000001"`, "100000000001"},
		{"size: large", "size: huge"},
		{"home: ap-southeast-2", "home: ap-southeast-22"},
		{"needs: [database]", "needs: database"},
		{"workload:", "quotas: {dev: {vpc/vpc: 6}}\nworkload:"},
		{"workload:", "quotas: {dev: {vpc/vpcs: many}}\nworkload:"},
	} {
		text := replaceOnce(t, string(Starter()), change[0], change[1])
		if checkSchema(t, s, []byte(text)) == nil {
			t.Errorf("the schema accepts %q", change[1])
		}
	}
}
