package resource

import (
	"iter"
	"strconv"
)

// views holds the typed views of a graph, made once.
type views struct{}

func newViews(*Graph) *views { return &views{} }

// Views yields the views of type T with their resources, by address. A T that
// is not a view type yields nothing.
func Views[T any](g *Graph) iter.Seq2[*Resource, *T] {
	return func(func(*Resource, *T) bool) {}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}

func itoa(i int) string { return strconv.Itoa(i) }
