package estate

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

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
func (d *decoder) document(root ast.Node, e *Estate) {
	d.positions[""] = position(d.file, root.GetToken())
	if _, ok := root.(ast.MapNode); !ok {
		d.wrongType(root, "", "a mapping that starts with estate:")
		return
	}
	d.positions[""] = diag.Position{File: d.file, Line: 1, Column: 1}
	d.value(root, reflect.ValueOf(e).Elem(), "")
}

// value decodes a node into v and records its position. It returns false if
// it could not.
func (d *decoder) value(n ast.Node, v reflect.Value, path string) bool {
	if _, ok := d.positions[path]; !ok {
		d.positions[path] = position(d.file, n.GetToken())
	}
	ok := true
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

func (d *decoder) kind(n ast.Node, v reflect.Value, path string) bool {
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

func (d *decoder) structure(n ast.Node, v reflect.Value, path string) bool {
	if p, ok := v.Addr().Interface().(positioned); ok {
		p.setPos(d.positions[path])
	}
	fs := fields(v.Type())
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.name
	}
	seen := map[string]bool{}
	ok := d.pairs(n, path, "a mapping with the keys "+strings.Join(names, ", "), func(key string, kn, vn ast.Node) {
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
func (d *decoder) place(path string, key, value ast.Node) {
	n := key
	if _, ok := value.(ast.ScalarNode); ok && value.Type() != ast.NullType {
		n = value
	}
	d.positions[path] = position(d.file, n.GetToken())
}

// pairs calls f for each key of a mapping, the first time it appears.
func (d *decoder) pairs(n ast.Node, path, expected string, f func(key string, kn, vn ast.Node)) bool {
	m, ok := n.(ast.MapNode)
	if !ok {
		return d.wrongType(n, path, expected)
	}
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		kn, vn := ast.Node(it.Key()), it.Value()
		if q, ok := kn.(*ast.MappingKeyNode); ok {
			kn = q.Value
		}
		s, ok := kn.(*ast.StringNode)
		if !ok {
			d.add(CodeWrongType, kn, fmt.Sprintf("%s is not a name", found(kn)), "keys are text", "quote it if it is meant as text")
			continue
		}
		if seen[s.Value] {
			d.add(CodeDuplicateKey, kn, fmt.Sprintf("key %q is given twice", s.Value), "only one of them could count", "remove one, or merge them")
			continue
		}
		seen[s.Value] = true
		if bad := unprintable(s.Value); bad != "" {
			d.add(CodeName, kn, bad, "names are printed and compared", "remove it")
			continue
		}
		f(s.Value, kn, vn)
	}
	return true
}

func (d *decoder) entries(n ast.Node, m mapping, path string) bool {
	return d.pairs(n, path, "a mapping from names", func(key string, kn, vn ast.Node) {
		d.place(join(path, key), kn, vn)
		v := m.newEntry()
		d.value(vn, v, join(path, key))
		m.setEntry(key, v)
	})
}

func (d *decoder) stringMap(n ast.Node, v reflect.Value, path string) bool {
	m := map[string]string{}
	ok := d.pairs(n, path, "a mapping from names to text", func(key string, kn, vn ast.Node) {
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

func (d *decoder) slice(n ast.Node, v reflect.Value, path string) bool {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return d.wrongType(n, path, "a list")
	}
	for i, item := range seq.Values {
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(item, x, index(path, i))
		v.Set(reflect.Append(v, x))
	}
	return true
}

func (d *decoder) integer(n ast.Node, v reflect.Value, path string) bool {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		return d.wrongType(n, path, "a whole number")
	}
	switch x := i.Value.(type) {
	case int64:
		v.SetInt(x)
	case uint64:
		v.SetInt(int64(min(x, 1<<62)))
	}
	return true
}

// text decodes a string; expected completes "expected ...".
func (d *decoder) text(n ast.Node, path, expected string) (string, bool) {
	var s string
	switch x := n.(type) {
	case *ast.StringNode:
		s = x.Value
	case *ast.LiteralNode:
		s = x.Value.Value
	default:
		return "", d.wrongType(n, path, expected)
	}
	if bad := unprintable(s); bad != "" {
		d.add(CodeWrongType, n, bad, "text is printed in reports and written to templates", "remove it")
		return "", false
	}
	return s, true
}

func (d *decoder) prefix(n ast.Node, p *netip.Prefix, path string) bool {
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

func (d *decoder) date(n ast.Node, t *time.Time, path string) bool {
	s, ok := d.text(n, path, "a date such as 2027-06-30")
	if !ok {
		return false
	}
	parsed, err := time.Parse(time.DateOnly, s)
	if err != nil {
		d.add(CodeWaiver, n, fmt.Sprintf("%q is not a date", s), "", "write it as year-month-day, for example 2027-06-30")
		return false
	}
	*t = parsed
	return true
}

func (d *decoder) add(code string, n ast.Node, what, why, fix string) {
	d.list.Add(diag.Diagnostic{Code: code, Pos: position(d.file, n.GetToken()), What: what, Why: why, Fix: fix})
}

// wrongType says what was found and what was expected. It returns false.
func (d *decoder) wrongType(n ast.Node, path, expected string) bool {
	d.failed[path] = true
	where := path
	if where == "" {
		where = "the file"
	}
	fix := "write " + expected
	switch n.Type() {
	case ast.IntegerType, ast.FloatType, ast.BoolType, ast.InfinityType, ast.NanType:
		if strings.HasPrefix(expected, "text") {
			fix = fmt.Sprintf("quote it: %q", n.GetToken().Value)
		}
	case ast.NullType:
		fix += ", or remove the key"
	}
	d.list.Add(diag.Diagnostic{Code: CodeWrongType, Pos: position(d.file, n.GetToken()),
		What: fmt.Sprintf("%s is %s; expected %s", where, found(n), expected), Fix: fix})
	return false
}

// found says what a node is, in a reader's words.
func found(n ast.Node) string {
	switch x := n.(type) {
	case *ast.NullNode:
		return "empty"
	case *ast.BoolNode:
		return "the truth value " + x.GetToken().Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + short(n.GetToken().Value)
	case *ast.StringNode:
		return "the text " + strconv.Quote(short(x.Value))
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a mapping"
	}
	return "something else"
}

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

func (d *decoder) unknownKey(key string, n ast.Node, path string, valid []string) {
	where := "at the top of the file"
	if path != "" {
		where = "in " + path
	}
	fix := "remove it; the keys here are " + strings.Join(valid, ", ")
	if near := nearest(key, valid); near != "" {
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
	d.list.Add(diag.Diagnostic{Code: CodeMissingKey, Pos: d.positions[path],
		What: fmt.Sprintf("%s has no %q", where, key), Why: "it has no default", Fix: "add " + key + ":"})
}
