package estate

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/suretyhq/surety/diag"
)

// decoder fills the typed estate from a YAML tree, guided by the yaml tags of
// the types: a field without omitempty is required. It goes on after a
// problem, and remembers which paths it could not read, so that nothing is
// said about them twice.
type decoder struct {
	file      string
	list      diag.List
	positions map[string]diag.Position
	failed    map[string]bool
}

// mapping is what *Map[T] offers to the decoder.
type mapping interface {
	newEntry() reflect.Value
	setEntry(name string, v reflect.Value)
}

func (m *Map[T]) newEntry() reflect.Value { return reflect.New(reflect.TypeFor[T]()).Elem() }

func (m *Map[T]) setEntry(name string, v reflect.Value) { m.Set(name, v.Interface().(T)) }

// positioned is what types offer that keep their own position.
type positioned interface{ setPos(diag.Position) }

func (w *Waiver) setPos(p diag.Position) { w.pos = p }

func index(path string, i int) string { return path + "/" + strconv.Itoa(i) }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}

// document decodes the whole file.
func (d *decoder) document(root *yaml.Node, e *Estate) {
	d.positions[""] = position(d.file, root)
	if root.Kind != yaml.MappingNode {
		d.wrongType(root, "", "a mapping that starts with estate:")
		return
	}
	d.positions[""] = diag.Position{File: d.file, Line: 1, Column: 1}
	d.value(root, reflect.ValueOf(e).Elem(), "")
}

// value decodes a node into v and records its position. It returns false if
// it could not.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) bool {
	if _, ok := d.positions[path]; !ok {
		d.positions[path] = position(d.file, n)
	}
	var ok bool
	switch target := v.Addr().Interface().(type) {
	case *netip.Prefix:
		ok = d.prefix(n, target, path)
	case *time.Time:
		ok = d.date(n, target, path)
	case mapping:
		ok = d.entries(n, target, path)
	default:
		ok = d.kind(n, v, path)
	}
	if !ok {
		d.failed[path] = true
	}
	return ok
}

func (d *decoder) kind(n *yaml.Node, v reflect.Value, path string) bool {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(n, v.Elem(), path)
	case reflect.Struct:
		return d.structure(n, v, path)
	case reflect.Slice:
		return d.slice(n, v, path)
	case reflect.Map:
		return d.stringMap(n, v, path)
	case reflect.Int:
		return d.integer(n, v, path)
	case reflect.Bool:
		return d.boolean(n, v, path)
	case reflect.String:
		s, ok := d.text(n, path, "text")
		v.SetString(s)
		return ok
	}
	panic("estate: no decoder for " + v.Type().String()) // a field of a new type; every test reaches this
}

// field is a key that a struct can have.
type field struct {
	name     string
	required bool
	index    int
}

// fields lists the keys of a struct type in the order of its fields.
func fields(t reflect.Type) []field {
	var fs []field
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name != "" {
			fs = append(fs, field{name, options != "omitempty", i})
		}
	}
	return fs
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) bool {
	if p, ok := v.Addr().Interface().(positioned); ok {
		p.setPos(d.positions[path])
	}
	fs := fields(v.Type())
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.name
	}
	seen := map[string]bool{}
	ok := d.pairs(n, path, "a mapping with the keys "+strings.Join(names, ", "), func(key string, kn, vn *yaml.Node) {
		for _, f := range fs {
			if f.name == key {
				seen[key] = true
				d.place(join(path, key), kn, vn)
				d.value(vn, v.Field(f.index), join(path, key))
				return
			}
		}
		d.unknownKey(key, kn, path, names)
	})
	if !ok {
		return false
	}
	for _, f := range fs {
		if f.required && !seen[f.name] {
			d.missing(path, f.name)
		}
	}
	return true
}

// place records where a mapping's entry stands: at its value if that is a
// scalar, else at its key.
func (d *decoder) place(path string, key, value *yaml.Node) {
	n := key
	if value.Kind == yaml.ScalarNode && !isNull(value) {
		n = value
	}
	d.positions[path] = position(d.file, n)
}

// pairs calls f for each key of a mapping, the first time it appears.
func (d *decoder) pairs(n *yaml.Node, path, expected string, f func(key string, kn, vn *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		return d.wrongType(n, path, expected)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		kn, vn := n.Content[i], n.Content[i+1]
		if !isText(kn) {
			d.add(CodeWrongType, kn, fmt.Sprintf("a key is %s", found(kn)), "keys are names", "quote it if it is meant as text")
			continue
		}
		if seen[kn.Value] {
			d.add(CodeDuplicateKey, kn, fmt.Sprintf("key %q is given twice", short(kn.Value)), "only one of them could count", "remove one, or merge them")
			continue
		}
		seen[kn.Value] = true
		if bad := unprintable(kn.Value); bad != "" {
			d.add(CodeName, kn, bad, "names are printed and compared", "remove it")
			continue
		}
		f(kn.Value, kn, vn)
	}
	return true
}

func (d *decoder) entries(n *yaml.Node, m mapping, path string) bool {
	return d.pairs(n, path, "a mapping from names", func(key string, kn, vn *yaml.Node) {
		d.place(join(path, key), kn, vn)
		v := m.newEntry()
		d.value(vn, v, join(path, key))
		m.setEntry(key, v)
	})
}

func (d *decoder) stringMap(n *yaml.Node, v reflect.Value, path string) bool {
	m := map[string]string{}
	ok := d.pairs(n, path, "a mapping from names to text", func(key string, kn, vn *yaml.Node) {
		d.place(join(path, key), kn, vn)
		if s, ok := d.text(vn, join(path, key), "text"); ok {
			m[key] = s
		}
	})
	if len(m) > 0 {
		v.Set(reflect.ValueOf(m))
	}
	return ok
}

func (d *decoder) slice(n *yaml.Node, v reflect.Value, path string) bool {
	if v.Type() == reflect.TypeFor[Targets]() && n.Kind == yaml.ScalarNode {
		s, ok := d.text(n, path, "a word or a list of words")
		v.Set(reflect.Append(v, reflect.ValueOf(s)))
		return ok
	}
	if n.Kind != yaml.SequenceNode {
		return d.wrongType(n, path, "a list")
	}
	for i, item := range n.Content {
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(item, x, index(path, i))
		v.Set(reflect.Append(v, x))
	}
	return true
}

func (d *decoder) integer(n *yaml.Node, v reflect.Value, path string) bool {
	i, err := strconv.Atoi(n.Value)
	if n.ShortTag() != "!!int" || err != nil || strconv.Itoa(i) != n.Value {
		return d.wrongType(n, path, "a whole number in plain digits")
	}
	v.SetInt(int64(i))
	return true
}

func (d *decoder) boolean(n *yaml.Node, v reflect.Value, path string) bool {
	if n.ShortTag() != "!!bool" || n.Value != "true" && n.Value != "false" {
		return d.wrongType(n, path, "true or false")
	}
	v.SetBool(n.Value == "true")
	return true
}

// text decodes a string; expected completes "expected ...".
func (d *decoder) text(n *yaml.Node, path, expected string) (string, bool) {
	if !isText(n) {
		return "", d.wrongType(n, path, expected)
	}
	s := n.Value
	if bad := unprintable(s); bad != "" {
		d.add(CodeWrongType, n, bad, "text is printed in reports and written to templates", "remove it")
		return "", false
	}
	return s, true
}

func (d *decoder) prefix(n *yaml.Node, p *netip.Prefix, path string) bool {
	s, ok := d.text(n, path, "an IPv4 range such as 10.0.0.0/16")
	if !ok {
		return false
	}
	parsed, err := netip.ParsePrefix(s)
	if err != nil {
		d.add(CodeCIDR, n, fmt.Sprintf("%q is not an address range", s), "", "write it as address/length, for example 10.0.0.0/16")
		return false
	}
	*p = parsed
	return true
}

func (d *decoder) date(n *yaml.Node, t *time.Time, path string) bool {
	if !isText(n) && n.ShortTag() != "!!timestamp" {
		return d.wrongType(n, path, "a date such as 2027-06-30")
	}
	parsed, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		d.add(CodeWaiver, n, fmt.Sprintf("%q is not a date", short(n.Value)), "", "write it as year-month-day, for example 2027-06-30")
		return false
	}
	*t = parsed
	return true
}

// report adds a problem, unless there are more than anyone reads.
func (d *decoder) report(p diag.Diagnostic) {
	if len(d.list) <= maxProblems {
		d.list.Add(p)
	}
}

func (d *decoder) add(code string, n *yaml.Node, what, why, fix string) {
	d.report(diag.Diagnostic{Code: code, Pos: position(d.file, n), What: what, Why: why, Fix: fix})
}

// wrongType says what was found and what was expected. It returns false.
func (d *decoder) wrongType(n *yaml.Node, path, expected string) bool {
	d.failed[path] = true
	where := path
	if where == "" {
		where = "the file"
	}
	fix := "write " + expected
	switch {
	case isNull(n):
		fix += ", or remove the key"
	case n.Kind == yaml.ScalarNode && strings.HasPrefix(expected, "text"):
		fix = fmt.Sprintf("quote it: %q", short(n.Value))
	}
	d.report(diag.Diagnostic{Code: CodeWrongType, Pos: position(d.file, n),
		What: fmt.Sprintf("%s is %s; expected %s", where, found(n), expected), Fix: fix})
	return false
}

// found says what a node is, in a reader's words.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!bool":
		return "the truth value " + n.Value
	case "!!int", "!!float":
		return "the number " + short(n.Value)
	case "!!timestamp":
		return "the date " + short(n.Value)
	}
	return "the text " + strconv.Quote(short(n.Value))
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func isText(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" }

// short cuts long text for a message.
func short(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// unprintable says which character of a text cannot be printed, or nothing.
func unprintable(s string) string {
	for _, r := range s {
		if r != '\n' && r != '\t' && !strconv.IsPrint(r) {
			return fmt.Sprintf("the text holds the character %U, which cannot be printed", r)
		}
	}
	return ""
}

func (d *decoder) unknownKey(key string, n *yaml.Node, path string, valid []string) {
	if len(d.list) > maxProblems {
		return
	}
	where := "at the top of the file"
	if path != "" {
		where = "in " + path
	}
	fix := "remove it; the keys here are " + strings.Join(valid, ", ")
	if near := diag.Nearest(key, valid); near != "" {
		fix = fmt.Sprintf("did you mean %s? The keys here are %s", near, strings.Join(valid, ", "))
	}
	d.add(CodeUnknownKey, n, fmt.Sprintf("unknown key %q %s", short(key), where), "a key that nothing reads would be silently ignored", fix)
}

func (d *decoder) missing(path, key string) {
	where := path
	if where == "" {
		where = "the file"
	}
	d.failed[join(path, key)] = true
	d.report(diag.Diagnostic{Code: CodeMissingKey, Pos: d.positions[path],
		What: fmt.Sprintf("%s has no %q", where, key), Why: "it has no default", Fix: "add " + key + ":"})
}
