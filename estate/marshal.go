package estate

import (
	"bytes"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// Marshal prints an estate file that Parse reads back to an equal Estate
// (positions apart). Defaults are written out; comments are not kept.
func Marshal(e *Estate) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(node(reflect.ValueOf(*e))); err != nil {
		return nil, fmt.Errorf("print estate %s: %w", e.Name, err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("print estate %s: %w", e.Name, err)
	}
	return b.Bytes(), nil
}

// ordered is what *Map[T] offers to Marshal.
type ordered interface{ node() *yaml.Node }

func (m *Map[T]) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for name, t := range m.All() {
		n.Content = append(n.Content, scalar("!!str", name), node(reflect.ValueOf(t)))
	}
	return n
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

// node turns a typed value into YAML, keys in the order of the types' fields
// and of the file.
func node(v reflect.Value) *yaml.Node {
	addressable := reflect.New(v.Type())
	addressable.Elem().Set(v)
	switch x := addressable.Interface().(type) {
	case *netip.Prefix:
		return scalar("!!str", x.String())
	case *time.Time:
		return scalar("!!timestamp", x.Format(time.DateOnly))
	case ordered:
		return x.node()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return node(v.Elem())
	case reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, f := range fields(v.Type()) {
			if value := v.Field(f.index); f.required || !value.IsZero() {
				n.Content = append(n.Content, scalar("!!str", f.name), node(value))
			}
		}
		return n
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			n.Content = append(n.Content, node(v.Index(i)))
		}
		return n
	case reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		m, _ := v.Interface().(map[string]string)
		for _, key := range slices.Sorted(maps.Keys(m)) {
			n.Content = append(n.Content, scalar("!!str", key), scalar("!!str", m[key]))
		}
		return n
	case reflect.Int:
		return scalar("!!int", strconv.FormatInt(v.Int(), 10))
	case reflect.Bool:
		return scalar("!!bool", strconv.FormatBool(v.Bool()))
	}
	return scalar("!!str", v.String())
}
