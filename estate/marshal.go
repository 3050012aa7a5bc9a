package estate

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

// Marshal prints an estate file that Parse reads back to an equal Estate
// (positions apart). Defaults are written out; comments are not kept.
func Marshal(e *Estate) ([]byte, error) {
	data, err := yaml.MarshalWithOptions(plain(reflect.ValueOf(*e)), yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("print estate %s: %w", e.Name, err)
	}
	return data, nil
}

// ordered is what *Map[T] offers to Marshal.
type ordered interface {
	plainEntries() yaml.MapSlice
}

func (m *Map[T]) plainEntries() yaml.MapSlice {
	s := yaml.MapSlice{}
	for name, t := range m.All() {
		s = append(s, yaml.MapItem{Key: name, Value: plain(reflect.ValueOf(t))})
	}
	return s
}

// plain turns a typed value into what YAML knows, keys in the order of the
// types' fields and of the file.
func plain(v reflect.Value) any {
	addressable := reflect.New(v.Type())
	addressable.Elem().Set(v)
	switch x := addressable.Interface().(type) {
	case *netip.Prefix:
		return x.String()
	case *time.Time:
		return x.Format(time.DateOnly)
	case ordered:
		return x.plainEntries()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return plain(v.Elem())
	case reflect.Struct:
		s := yaml.MapSlice{}
		for _, f := range fields(v.Type()) {
			if value := v.Field(f.index); f.required || !value.IsZero() {
				s = append(s, yaml.MapItem{Key: f.name, Value: plain(value)})
			}
		}
		return s
	case reflect.Slice:
		items := make([]any, v.Len())
		for i := range items {
			items[i] = plain(v.Index(i))
		}
		return items
	case reflect.Map:
		s := yaml.MapSlice{}
		m, _ := v.Interface().(map[string]string)
		for _, key := range slices.Sorted(maps.Keys(m)) {
			s = append(s, yaml.MapItem{Key: key, Value: m[key]})
		}
		return s
	case reflect.String:
		return v.String()
	}
	return v.Interface()
}
