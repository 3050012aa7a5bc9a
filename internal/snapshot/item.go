package snapshot

import (
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// item is a map of a describe call's output.
type item struct {
	l     *loader
	file  *assembly.Template
	v     value.Value
	place addr.Stack
}

// get follows a path of keys; their case does not count, since writers of such
// files do not agree on it (Ipv6CidrBlock, IPv6CidrBlock).
func (it item) get(path string) value.Value {
	v := it.v
	for key := range strings.SplitSeq(path, "/") {
		v = fold(v, key)
	}
	if v.Kind() == value.Null {
		return value.Value{}
	}
	return v
}

func fold(v value.Value, key string) value.Value {
	if w := v.Get(key); !w.IsAbsent() {
		return w
	}
	for k, w := range v.Entries() {
		if len(k) == len(key) && strings.EqualFold(k, key) {
			return w
		}
	}
	return value.Value{}
}

func (it item) text(path string) string { return it.get(path).Text() }

// has says whether there is something that is not empty.
func (it item) has(path string) bool {
	v := it.get(path)
	return !v.IsAbsent() && v.Text() != "" || v.Len() > 0
}

// all returns the maps of a list.
func (it item) all(path string) []item {
	v := it.get(path)
	var out []item
	for _, m := range v.Items() {
		if m.Kind() == value.Map {
			out = append(out, item{it.l, it.file, m, it.place})
		}
	}
	return out
}

// texts returns one text of each map of a list: texts("Groups", "GroupId").
func (it item) texts(path, key string) []string {
	var out []string
	for _, m := range it.all(path) {
		if s := m.text(key); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// state is the state of what an item describes, in lower case, wherever the
// service puts it.
func (it item) state() string {
	for _, path := range []string{"State/Name", "State/Code", "Status/Code", "State", "Status", "DBInstanceStatus"} {
		if s := it.text(path); s != "" {
			return strings.ToLower(s)
		}
	}
	return ""
}

// gone says whether what an item describes is no longer there.
func (it item) gone() bool {
	switch it.state() {
	case "deleted", "deleting", "terminated", "shutting-down", "failed", "rejected", "expired", "detached", "disassociated", "disabled":
		return true
	}
	return false
}

// props are the properties of a resource in the making.
type props struct {
	keys []string
	vals []value.Value
}

// set adds a property, unless it is absent.
func (p *props) set(key string, v value.Value) {
	if v.Kind() != value.Absent && v.Kind() != value.Null {
		p.keys, p.vals = append(p.keys, key), append(p.vals, v)
	}
}

// str adds a text, unless it is empty.
func (p *props) str(key, s string) {
	if s != "" {
		p.set(key, value.OfString(s))
	}
}

// strs adds a list of texts, unless it is empty.
func (p *props) strs(key string, all []string) {
	if len(all) > 0 {
		p.set(key, texts(all))
	}
}

func (p *props) value() value.Value { return value.OfMap(p.keys, p.vals) }

func texts(all []string) value.Value {
	items := make([]value.Value, len(all))
	for i, s := range all {
		items[i] = value.OfString(s)
	}
	return value.OfList(items...)
}

// pick makes properties of what an item says under the given keys. A key
// "A:B/C" puts what is at B/C under A.
func (it item) pick(keys ...string) *props {
	p := &props{}
	for _, k := range keys {
		name, path, ok := strings.Cut(k, ":")
		if !ok {
			path = name
		}
		p.set(name, it.get(path))
	}
	return p
}

// entry is a resource in the making, before what several places say of one
// thing is merged.
type entry struct {
	*resource.Resource
	props *props
	owner string // the account that owns it, where that is said
	dead  bool   // another entry says the same
}

// add makes a resource. One without an id is reported and dropped.
func (l *loader) add(it item, typ, id string, p *props) *entry {
	if id == "" {
		l.wrong(it.file, it.v, typ, "an id")
		return &entry{Resource: &resource.Resource{}, props: p, dead: true}
	}
	e := &entry{props: p, owner: it.owner(), Resource: &resource.Resource{
		Addr: addr.Address{Stack: it.place, Logical: id}, Type: typ, Pos: it.file.Of(it.v), Tags: it.tags()}}
	key := typ + " " + id
	for _, other := range l.byKey[key] {
		if other.Addr == e.Addr { // the same thing twice: the first counts
			e.dead = true
			return e
		}
	}
	l.byKey[key] = append(l.byKey[key], e)
	l.entries = append(l.entries, e)
	return e
}

// owner is the account that an item says owns it.
func (it item) owner() string {
	for _, key := range []string{"OwnerId", "VpcOwnerId", "ResourceOwnerId", "TransitGatewayOwnerId"} {
		if s := it.text(key); isAccount(s) {
			return s
		}
	}
	return ""
}

// tags reads tags in any of the spellings of describe calls.
func (it item) tags() map[string]value.Value {
	out := map[string]value.Value{}
	for _, path := range []string{"Tags", "TagSet", "TagList"} {
		for _, t := range it.all(path) {
			if k := t.text("Key"); k != "" {
				out[k] = t.get("Value")
			}
		}
	}
	return out
}

// unknown is a property whose value the snapshot does not say.
func unknown(why *value.Reason, at addr.Address, property string) value.Value {
	r := *why
	r.At, r.Property = at, property
	return value.OfUnknown(r)
}

// emptyFile stands for the file of what no file says: its place is that of the
// resource that lacks it.
func emptyFile(e *entry) *assembly.Template { return &assembly.Template{File: e.Pos.File} }
