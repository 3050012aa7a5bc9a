package value

import "strings"

// Arena makes the lists and maps of a template. It allocates them in blocks,
// which the values share, and notes which of them hold intrinsic functions, so
// that a subtree without any is shared instead of resolved. The zero Arena is
// ready for use; it is not safe for use by several goroutines at once.
type Arena struct {
	nodes []node
	keys  []string
	items []Value
}

// blocks are how many of each an Arena allocates at once, at first and at most.
const (
	smallBlock = 64
	largeBlock = 4096
)

// List returns a list of a copy of items.
func (a *Arena) List(items []Value) Value {
	v := Value{kind: List, node: a.node()}
	for i := range items {
		v.fns = v.fns || items[i].fns
	}
	v.node.items = copyInto(&a.items, items)
	return v
}

// Map returns a map of a copy of keys and items, which are parallel.
func (a *Arena) Map(keys []string, items []Value) Value {
	n := min(len(keys), len(items))
	v := Value{kind: Map, node: a.node()}
	for i := range n {
		v.fns = v.fns || items[i].fns || IsIntrinsic(keys[i])
	}
	v.node.keys = copyInto(&a.keys, keys[:n])
	v.node.items = copyInto(&a.items, items[:n])
	return v
}

// Rewrite returns a list or map with f applied to every item; items for which
// f gives absent are dropped. Other values are returned as they are.
func (a *Arena) Rewrite(v Value, f func(Value) Value) Value {
	if v.kind != List && v.kind != Map {
		return v
	}
	out := Value{kind: v.kind, off: v.off, node: a.node()}
	items := make([]Value, 0, 16)
	dropped := false
	for _, item := range v.node.items {
		w := f(item)
		dropped = dropped || w.kind == Absent
		items = append(items, w)
	}
	keys := v.node.keys
	if dropped {
		keys, items = withoutAbsent(keys, items)
	}
	out.node.keys, out.node.items = keys, copyInto(&a.items, items)
	return out
}

// withoutAbsent drops the absent items, and their keys if there are any.
func withoutAbsent(keys []string, items []Value) ([]string, []Value) {
	var kept []string
	n := 0
	for i, item := range items {
		if item.kind == Absent {
			continue
		}
		if i < len(keys) {
			kept = append(kept, keys[i])
		}
		items[n] = item
		n++
	}
	return kept, items[:n]
}

// Text returns a string literal. One that holds a dynamic reference to
// Systems Manager ({{resolve:ssm:…}}) counts as holding an intrinsic function,
// because CloudFormation replaces it too.
func (a *Arena) Text(s string) Value {
	return Value{kind: String, text: s, fns: IsDynamic(s)}
}

// IsDynamic says whether a text holds a dynamic reference to Systems Manager.
func IsDynamic(s string) bool { return strings.Contains(s, "{{resolve:ssm") }

// IsIntrinsic says whether a map's key is the name of an intrinsic function.
func IsIntrinsic(key string) bool {
	return key == "Ref" || strings.HasPrefix(key, "Fn::")
}

// HoldsIntrinsics says whether the value, as an Arena made it, holds an
// intrinsic function somewhere. Without one it is what it says, at any depth.
func (v Value) HoldsIntrinsics() bool { return v.fns }

func (a *Arena) node() *node {
	return &copyInto(&a.nodes, []node{{}})[0]
}

// copyInto copies from into the free part of block, with a new block where it
// does not fit, and returns the copy.
func copyInto[T any](block *[]T, from []T) []T {
	if len(from) == 0 {
		return nil
	}
	if cap(*block)-len(*block) < len(from) {
		*block = make([]T, 0, blockSize(cap(*block), len(from)))
	}
	start := len(*block)
	*block = append(*block, from...)
	return (*block)[start:len(*block):len(*block)]
}

func blockSize(last, need int) int {
	return max(need, min(largeBlock, max(smallBlock, 2*last)))
}
