package estate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/suretyhq/surety/diag"
)

// Document is the text of a good estate file that is being edited. An edit
// changes the bytes of what it is about and no others: comments, layout, order
// and quotation marks stay as people wrote them. An edit whose result would
// not read back as exactly what was meant, or would not be a good estate,
// changes nothing and says why.
type Document struct {
	path   string
	before []byte // what was read
	text   []byte // what there is now
	root   *yaml.Node
	estate *Estate
}

// Open reads an estate file to edit it. The Document is nil if the file has
// errors; warnings are returned beside it.
func Open(path string) (*Document, diag.List) {
	data, err := readBounded(path)
	if err != nil {
		_, list := Load(path) // says why
		return nil, list
	}
	return Edit(path, data)
}

// Edit is Open for text that was read already.
func Edit(path string, data []byte) (*Document, diag.List) {
	d := &Document{path: path, before: bytes.Clone(data)}
	list := d.take(bytes.Clone(data))
	if list.HasErrors() {
		return nil, list
	}
	return d, list
}

// take reads text and, if it is a good estate, makes it the document's.
func (d *Document) take(text []byte) diag.List {
	root, list := parseYAML(d.path, text)
	if list.HasErrors() {
		return list
	}
	e, list := Parse(d.path, text)
	if list.HasErrors() {
		return list
	}
	d.text, d.root, d.estate = text, root, e
	return list
}

// Estate returns what the text says now.
func (d *Document) Estate() *Estate { return d.estate }

// Bytes returns the text as it is now.
func (d *Document) Bytes() []byte { return bytes.Clone(d.text) }

// Changed says whether the text differs from what was read.
func (d *Document) Changed() bool { return !bytes.Equal(d.text, d.before) }

// Set gives the scalar at a path a value: text or a whole number. The mapping
// around it must be there; a key that is not there yet becomes its first.
func (d *Document) Set(path string, value any) error {
	parent, key, err := d.around(path)
	if err != nil {
		return err
	}
	want := node(reflect.ValueOf(value))
	i := find(parent.node, key)
	if i < 0 {
		return d.apply(path, func(root *yaml.Node) { prepend(at(root, parent.path), key, want) }, func(t *text) error {
			return t.insertFirst(parent.node, parent.key, key, want)
		})
	}
	old := parent.node.Content[i+1]
	if old.Kind != yaml.ScalarNode {
		return d.refuse(path, old, fmt.Sprintf("%s is %s and not a scalar", path, found(old)))
	}
	return d.apply(path, func(root *yaml.Node) { *at(root, path) = *want }, func(t *text) error {
		start, end, err := t.span(old)
		if err != nil {
			return err
		}
		quoted := old.Style&yaml.DoubleQuotedStyle != 0
		t.splice(start, end, renderScalar(want, quoted))
		return nil
	})
}

// Add puts an entry at the end of the mapping at path, which is made if it is
// not there; value is a type of this package, of which what is empty is left
// out. It is an error if the mapping has the name already.
func (d *Document) Add(path, name string, value any) error {
	entry := node(reflect.ValueOf(value))
	whole := join(path, name)
	if d.estate.has(whole) {
		return diag.Diagnostic{Code: CodeDuplicateKey, Pos: d.estate.Pos(whole), What: fmt.Sprintf("%s has an entry %s already", path, short(name)),
			Why: "nothing that is there is replaced", Fix: "choose another name, or change the entry"}
	}
	m := at(d.root, path)
	if m == nil {
		parent, key, err := d.around(path)
		if err != nil {
			return err
		}
		section := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("!!str", name), entry}}
		return d.apply(path, func(root *yaml.Node) { appendTo(at(root, parent.path), key, section) }, func(t *text) error {
			return t.insertLast(parent.node, parent.key, key, section, true)
		})
	}
	if m.Kind != yaml.MappingNode {
		return d.refuse(path, m, fmt.Sprintf("%s is %s and not a mapping", path, found(m)))
	}
	_, key := entryOf(d.root, path)
	return d.apply(whole, func(root *yaml.Node) { appendTo(at(root, path), name, entry) }, func(t *text) error {
		return t.insertLast(m, key, name, entry, false)
	})
}

// Remove takes out the entry at a path, with the comments on its own lines.
// Comments on the lines above it stay.
func (d *Document) Remove(path string) error {
	parent, key, err := d.around(path)
	if err != nil {
		return err
	}
	i := find(parent.node, key)
	if i < 0 {
		return diag.Diagnostic{Code: CodeUnknownName, Pos: d.estate.nearestPos(path), What: fmt.Sprintf("there is no %s to remove", path),
			Fix: "name an entry of the file"}
	}
	return d.apply(path, func(root *yaml.Node) { removeFrom(at(root, parent.path), key) }, func(t *text) error {
		return t.removeEntry(parent.node, parent.key, i)
	})
}

// mapping that an edit is about: its path, its node, and its key's node, which
// is nil for the whole file.
type surrounding struct {
	path      string
	node, key *yaml.Node
}

// around returns the mapping that has, or will have, the path's last key.
func (d *Document) around(path string) (surrounding, string, error) {
	cut := strings.LastIndexByte(path, '/')
	s := surrounding{path: path[:max(cut, 0)]}
	s.node, s.key = entryOf(d.root, s.path)
	if s.node == nil || s.node.Kind != yaml.MappingNode {
		return s, "", diag.Diagnostic{Code: CodeUnknownName, Pos: d.estate.nearestPos(path), What: fmt.Sprintf("the file has no mapping %s", s.path),
			Fix: "add it by hand"}
	}
	return s, path[cut+1:], nil
}

// apply makes one edit twice: to the tree of the file, which says what is
// meant, and to its text. The text becomes the document's only if it reads back
// as the tree.
func (d *Document) apply(path string, meant func(root *yaml.Node), edit func(*text) error) error {
	want := clone(d.root)
	meant(want)
	t := newText(d.text)
	if err := edit(t); err != nil {
		return d.refuse(path, d.root, err.Error())
	}
	result := t.result()
	root, list := parseYAML(d.path, result)
	if list.HasErrors() || !same(root, want) {
		return d.refuse(path, d.root, "the text around it is laid out in a way that Surety cannot edit")
	}
	if list := d.take(result); list.HasErrors() {
		return list
	}
	return nil
}

// refuse says that an edit cannot be made, and changes nothing.
func (d *Document) refuse(path string, near *yaml.Node, what string) error {
	pos := d.estate.nearestPos(path)
	if pos.IsZero() {
		pos = position(d.path, near)
	}
	return diag.Diagnostic{Code: CodeEdit, Pos: pos, What: fmt.Sprintf("%s cannot be edited: %s; nothing was changed", path, what),
		Why: "an edit keeps every other byte of the file, or is not made", Fix: "make the change by hand, or write the entry on a line of its own"}
}

// Save writes the text to the file it was read from, as a whole or not at all.
// It refuses if somebody else changed the file in the meantime. A link is
// followed, and the file's permissions are kept.
func (d *Document) Save() error {
	if !d.Changed() {
		return nil
	}
	path, err := filepath.EvalSymlinks(d.path)
	if err != nil {
		return unwritable(d.path, err)
	}
	now, err := readBounded(path)
	if err != nil {
		return unwritable(d.path, err)
	}
	if !bytes.Equal(now, d.before) {
		return diag.Diagnostic{Code: CodeChanged, Pos: diag.Position{File: d.path}, What: "the file was changed by somebody else while it was edited; nothing was written",
			Why: "their change would be lost", Fix: "run the command again"}
	}
	if err := replaceFile(path, d.text); err != nil {
		return unwritable(d.path, err)
	}
	d.before = bytes.Clone(d.text)
	return nil
}

// replaceFile writes a file that exists by way of a temporary one beside it.
func replaceFile(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".surety-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone when all went well
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
