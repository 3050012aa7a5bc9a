package estate

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// insertFirst puts an entry before the others of a mapping: after the bracket
// of a flow, or on the line after the mapping's own key.
func (t *text) insertFirst(m, mapKey *yaml.Node, key string, value *yaml.Node) error {
	start, err := t.start(m)
	if err != nil {
		return err
	}
	entry := renderScalar(scalar("!!str", key), false) + ": " + renderFlow(value)
	switch {
	case isFlow(m) && len(m.Content) == 0:
		t.splice(start+1, start+1, entry)
	case isFlow(m):
		first, err := t.start(m.Content[0])
		if err != nil {
			return err
		}
		t.splice(first, first, entry+", ")
	case mapKey == nil || m.Line == mapKey.Line:
		return t.insertLast(m, mapKey, key, value, false)
	default:
		line := mapKey.Line - 1
		t.splice(t.lineEnd(line), t.lineEnd(line), t.newline+strings.Repeat(" ", m.Column-1)+entry)
	}
	return nil
}

// insertLast puts an entry after the others of a mapping. A new section of the
// file is set apart by an empty line.
func (t *text) insertLast(m, mapKey *yaml.Node, key string, value *yaml.Node, section bool) error {
	if isFlow(m) {
		return t.insertLastInFlow(m, key, value)
	}
	last := m.Content[len(m.Content)-1]
	_, end, err := t.span(last)
	if err != nil {
		return err
	}
	indent := m.Column - 1
	entry := strings.Repeat(" ", indent) + t.renderEntry(key, value, indent, section || blockEntries(m), t.padding(m))
	line := t.lineOf(end)
	if !t.restIsSpace(end) {
		return errLost
	}
	if section && mapKey == nil { // at the end of the file, after its last comments
		line = len(t.lines) - 1
		entry = t.newline + entry
	}
	switch i := t.lineEnd(line); {
	case t.lines[line] == len(t.data) && line > 0: // the file ends with a line break
		t.splice(i, i, entry+t.newline)
	default:
		t.splice(i, i, t.newline+entry)
	}
	return nil
}

// blockEntries says whether the last of a mapping's entries has lines of its
// own.
func blockEntries(m *yaml.Node) bool {
	last := m.Content[len(m.Content)-1]
	return last.Kind == yaml.MappingNode && !isFlow(last)
}

// padding returns how far after its key a new entry's value stands, so that it
// is under the others: the distance that all of them have, or 0.
func (t *text) padding(m *yaml.Node) int {
	distance := 0
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		d := v.Column - k.Column
		if k.Line != v.Line || distance != 0 && d != distance {
			return 0
		}
		distance = d
	}
	return distance
}

func (t *text) insertLastInFlow(m *yaml.Node, key string, value *yaml.Node) error {
	start, end, err := t.span(m)
	if err != nil {
		return err
	}
	entry := renderScalar(scalar("!!str", key), false) + ": " + renderFlow(value)
	if len(m.Content) == 0 {
		t.splice(start+1, start+1, entry)
		return nil
	}
	lastKey, last := m.Content[len(m.Content)-2], m.Content[len(m.Content)-1]
	keyStart, err := t.start(lastKey)
	if err != nil {
		return err
	}
	_, lastEnd, err := t.span(last)
	if err != nil {
		return err
	}
	if !t.onlySpaceBefore(keyStart) || t.lineOf(lastEnd) == t.lineOf(end-1) {
		t.splice(lastEnd, lastEnd, ", "+entry)
		return nil
	}
	// One entry a line: the new one gets a line after what follows the last.
	if comma := t.skip(lastEnd, false); comma >= len(t.data) || t.data[comma] != ',' {
		t.splice(lastEnd, lastEnd, ",")
	}
	line := t.lineOf(lastEnd)
	i := t.lineEnd(line)
	t.splice(i, i, t.newline+strings.Repeat(" ", lastKey.Column-1)+entry)
	return nil
}

// removeEntry takes out the entry whose key is the i-th node of a mapping.
func (t *text) removeEntry(m, mapKey *yaml.Node, i int) error {
	start, err := t.start(m.Content[i])
	if err != nil {
		return err
	}
	_, end, err := t.span(m.Content[i+1])
	if err != nil {
		return err
	}
	only := len(m.Content) == 2
	alone := t.onlySpaceBefore(start) && t.restIsSpace(end)
	switch {
	case alone && (!isFlow(m) || t.lineOf(start) > m.Line-1):
		t.removeLines(start, end)
	case isFlow(m):
		t.removeFromFlow(start, end)
	default:
		return errLost
	}
	if !only || isFlow(m) {
		return nil
	}
	if mapKey == nil {
		return errLost
	}
	// The last entry of a block: what is left is an empty mapping.
	_, keyEnd, err := t.span(mapKey)
	if err != nil {
		return err
	}
	colon := t.skip(keyEnd, false)
	if colon >= len(t.data) || t.data[colon] != ':' {
		return errLost
	}
	t.splice(colon+1, colon+1, " {}")
	return nil
}

// removeLines takes out whole lines.
func (t *text) removeLines(start, end int) {
	first, last := t.lineOf(start), t.lineOf(end)
	from, to := t.lines[first], t.nextLine(last)
	if to == len(t.data) && t.lineEnd(last) == len(t.data) && first > 0 { // no line break after it: take the one before
		from = t.lineEnd(first - 1)
	}
	t.splice(from, to, "")
}

// removeFromFlow takes out an entry between others on a line, with one comma.
func (t *text) removeFromFlow(start, end int) {
	if comma := t.skip(end, false); comma < len(t.data) && t.data[comma] == ',' && t.lineOf(comma) == t.lineOf(end) {
		end = comma + 1
		for end < len(t.data) && t.data[end] == ' ' {
			end++
		}
		t.splice(start, end, "")
		return
	}
	before := start
	for before > 0 && t.data[before-1] == ' ' {
		before--
	}
	if before > 0 && t.data[before-1] == ',' {
		start = before - 1
	}
	t.splice(start, end, "")
}
