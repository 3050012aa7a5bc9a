package estate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// find returns the index of a key in a mapping's content, or -1.
func find(m *yaml.Node, key string) int {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// entryOf returns the node at a path below root, and the node of its key; nil
// where there is none.
func entryOf(root *yaml.Node, path string) (value, key *yaml.Node) {
	value = root
	if path == "" {
		return value, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		if value.Kind != yaml.MappingNode {
			return nil, nil
		}
		i := find(value, name)
		if i < 0 {
			return nil, nil
		}
		key, value = value.Content[i], value.Content[i+1]
	}
	return value, key
}

func at(root *yaml.Node, path string) *yaml.Node {
	n, _ := entryOf(root, path)
	return n
}

func prepend(m *yaml.Node, key string, value *yaml.Node) {
	m.Content = append([]*yaml.Node{scalar("!!str", key), value}, m.Content...)
}

func appendTo(m *yaml.Node, key string, value *yaml.Node) {
	m.Content = append(m.Content, scalar("!!str", key), value)
}

func removeFrom(m *yaml.Node, key string) {
	i := find(m, key)
	m.Content = slices.Delete(m.Content, i, i+2)
}

// clone copies a tree.
func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = clone(child)
	}
	return &c
}

// same says whether two trees say the same, in the same order.
func same(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind == yaml.ScalarNode && (a.ShortTag() != b.ShortTag() || a.Value != b.Value) {
		return false
	}
	return slices.EqualFunc(a.Content, b.Content, same)
}
