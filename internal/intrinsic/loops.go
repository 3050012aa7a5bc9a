package intrinsic

import (
	"strings"
	"unicode"

	"github.com/suretyhq/surety/internal/value"
)

// This file expands Fn::ForEach (AWS CloudFormation Template Reference,
// "Fn::ForEach"): each item of a list makes entries of a map, with the item in
// place of the loop's identifier. A loop over what the template alone does not
// say, as a parameter, stays as it is, and what it makes is not seen.

const loopPrefix = "Fn::ForEach::"

// maxLoopEntries bounds what the loops of a template make together, and
// maxLoopDepth how deep they are nested: AWS allows five levels.
const (
	maxLoopEntries = 20000
	maxLoopDepth   = 5
)

// loops expands the loops of one template.
type loops struct{ made int }

// expanded returns a template with its loops expanded, if it has the transform
// that they need.
func expanded(root value.Value) value.Value {
	if t := root.Get("Transform"); t.IsAbsent() || !plain(t) {
		return root
	}
	return (&loops{}).expand(root, 0)
}

func (l *loops) expand(v value.Value, depth int) value.Value {
	switch v.Kind() {
	case value.List:
		items := make([]value.Value, 0, v.Len())
		for _, i := range v.Items() {
			items = append(items, l.expand(i, depth))
		}
		return value.OfList(items...).At(v.Offset())
	case value.Map:
		var keys []string
		var items []value.Value
		for k, i := range v.Entries() {
			if strings.HasPrefix(k, loopPrefix) {
				if more, moreItems, ok := l.loop(i, depth); ok {
					keys, items = append(keys, more...), append(items, moreItems...)
					continue
				}
			}
			keys, items = append(keys, k), append(items, l.expand(i, depth))
		}
		return value.OfMap(keys, items).At(v.Offset())
	}
	return v
}

// loop returns the entries that a loop makes; false if it is none that can be
// expanded.
func (l *loops) loop(v value.Value, depth int) (keys []string, items []value.Value, ok bool) {
	name, isName := v.Index(0).Str()
	over, body := v.Index(1), v.Index(2)
	if v.Kind() != value.List || v.Len() != 3 || !isName || name == "" || over.Kind() != value.List || body.Kind() != value.Map || depth >= maxLoopDepth {
		return nil, nil, false
	}
	for _, i := range over.Items() {
		item, isText := i.Str()
		if !isText {
			return nil, nil, false
		}
		for k, e := range body.Entries() {
			if l.made++; l.made > maxLoopEntries {
				return nil, nil, false
			}
			key, entry := substitute(k, name, item), put(e, name, item)
			if strings.HasPrefix(k, loopPrefix) {
				more, moreItems, inner := l.loop(entry, depth+1)
				if !inner {
					return nil, nil, false
				}
				keys, items = append(keys, more...), append(items, moreItems...)
				continue
			}
			keys, items = append(keys, key), append(items, l.expand(entry, depth+1))
		}
	}
	return keys, items, true
}

// put puts an item in place of an identifier everywhere in a value: ${Name},
// &{Name} for letters and digits only, and a Ref to the name.
func put(v value.Value, name, item string) value.Value {
	switch v.Kind() {
	case value.String:
		return value.OfString(substitute(v.Text(), name, item)).At(v.Offset())
	case value.List:
		items := make([]value.Value, 0, v.Len())
		for _, i := range v.Items() {
			items = append(items, put(i, name, item))
		}
		return value.OfList(items...).At(v.Offset())
	case value.Map:
		if key, of, single := v.Single(); single && key == "Ref" && of.Text() == name {
			return value.OfString(item).At(v.Offset())
		}
		var keys []string
		var items []value.Value
		for k, i := range v.Entries() {
			keys, items = append(keys, substitute(k, name, item)), append(items, put(i, name, item))
		}
		return value.OfMap(keys, items).At(v.Offset())
	}
	return v
}

func substitute(s, name, item string) string {
	if !strings.Contains(s, "{"+name+"}") {
		return s
	}
	plainItem := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, item)
	return strings.NewReplacer("${"+name+"}", item, "&{"+name+"}", plainItem).Replace(s)
}
