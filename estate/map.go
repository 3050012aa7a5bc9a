package estate

import (
	"iter"
	"slices"
)

// Map is a mapping of the estate file: names to things, in the order of the
// file. The zero Map is empty and ready to use.
type Map[T any] struct {
	keys []string
	m    map[string]T
}

// Len returns how many entries there are.
func (m Map[T]) Len() int { return len(m.keys) }

// Keys returns the names in the order of the file.
func (m Map[T]) Keys() []string { return slices.Clone(m.keys) }

// Get returns the entry of a name.
func (m Map[T]) Get(name string) (T, bool) { t, ok := m.m[name]; return t, ok }

// All yields the entries in the order of the file.
func (m Map[T]) All() iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, k := range m.keys {
			if !yield(k, m.m[k]) {
				return
			}
		}
	}
}

// JSONSchemaAlias tells the generator of the JSON Schema that a Map is an
// object whose values are all of one type.
func (m Map[T]) JSONSchemaAlias() any { return map[string]T{} }

// Set adds an entry at the end, or replaces the one of that name.
func (m *Map[T]) Set(name string, t T) {
	if m.m == nil {
		m.m = map[string]T{}
	}
	if _, ok := m.m[name]; !ok {
		m.keys = append(m.keys, name)
	}
	m.m[name] = t
}
