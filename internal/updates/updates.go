// Package updates knows what CloudFormation does to a resource when one of its
// properties changes: updates it in place, or replaces it.
//
// It is read from the resource schemas of AWS CloudFormation, in which
// createOnlyProperties are those whose change replaces a resource, and
// conditionalCreateOnlyProperties those whose change does under conditions that
// no schema says ("Resource type schema", AWS CloudFormation CLI User Guide). A
// type that has no schema is one of which nothing is known.
package updates

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed replaced.txt
var table string

// Effect is what the change of a property does to a resource.
type Effect uint8

// The effects, from the least to the greatest.
const (
	InPlace Effect = iota
	Perhaps        // replaces it under conditions
	Unknown        // nobody said: a custom resource, a type without a schema
	Replaces
)

// String prints the effect as JSON and people read it.
func (e Effect) String() string {
	return [...]string{"updated", "perhaps replaced", "updated in a way that is not known", "replaced"}[e]
}

// kind is what a schema says of a type: property paths, with slashes.
type kind struct{ always, perhaps []string }

var kinds = sync.OnceValue(func() map[string]kind {
	all := map[string]kind{}
	for line := range strings.Lines(table) {
		typ, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		always, perhaps, _ := strings.Cut(rest, ";")
		all[typ] = kind{split(always), split(perhaps)}
	}
	return all
})

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// Of returns what the change of a property does to a resource of a type. The
// property is a path with slashes and indexes: Listeners/0/Port.
func Of(typ, property string) Effect {
	k, ok := kinds()[typ]
	switch {
	case !ok:
		return Unknown
	case within(property, k.always):
		return Replaces
	case within(property, k.perhaps):
		return Perhaps
	}
	return InPlace
}

// within says whether a property is one of those, part of one, or holds one. In
// schemas "*" stands for the items of a list.
func within(property string, of []string) bool {
	have := strings.Split(property, "/")
	for _, o := range of {
		want := strings.Split(o, "/")
		same := true
		for i := 0; i < min(len(have), len(want)) && same; i++ {
			same = have[i] == want[i] || want[i] == "*"
		}
		if same {
			return true
		}
	}
	return false
}
