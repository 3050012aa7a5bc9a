package estate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// text is YAML text with the places of its lines, and the splices that an edit
// makes. It finds where nodes end, which the parser does not tell. Where it
// errs, the result does not read back as what was meant, and the edit is
// refused.
type text struct {
	data    []byte
	lines   []int // where each line starts
	newline string
	splices []splice
}

// splice replaces data[start:end].
type splice struct {
	start, end int
	with       string
}

func newText(data []byte) *text {
	t := &text{data: data, lines: []int{len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))}, newline: "\n"}
	for i := 0; i < len(data); {
		n := lineBreak(data[i:])
		if n == 0 {
			i++
			continue
		}
		if len(t.lines) == 1 && n == 2 && data[i] == '\r' {
			t.newline = "\r\n"
		}
		i += n
		t.lines = append(t.lines, i)
	}
	return t
}

// lineBreak returns the length of the line break that s starts with, as the
// parser counts them, or 0.
func lineBreak(s []byte) int {
	for _, b := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(s, []byte(b)) {
			return len(b)
		}
	}
	return 0
}

func (t *text) splice(start, end int, with string) {
	t.splices = append(t.splices, splice{start, end, with})
}

// result returns the text with all splices made; those that insert come before
// one that takes out what follows.
func (t *text) result() []byte {
	slices.SortStableFunc(t.splices, func(a, b splice) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	var out bytes.Buffer
	from := 0
	for _, s := range t.splices {
		out.Write(t.data[from:s.start])
		out.WriteString(s.with)
		from = s.end
	}
	out.Write(t.data[from:])
	return out.Bytes()
}

var errLost = errors.New("its place in the text was not found")

// start returns where a node starts. Columns count characters.
func (t *text) start(n *yaml.Node) (int, error) {
	if n.Line < 1 || n.Line > len(t.lines) {
		return 0, errLost
	}
	i := t.lines[n.Line-1]
	for range n.Column - 1 {
		if i >= len(t.data) {
			return 0, errLost
		}
		_, size := utf8.DecodeRune(t.data[i:])
		i += size
	}
	return i, nil
}

// span returns where a node starts and ends.
func (t *text) span(n *yaml.Node) (start, end int, err error) {
	start, err = t.start(n)
	if err != nil {
		return 0, 0, err
	}
	end, err = t.end(n, start)
	return start, end, err
}

func (t *text) end(n *yaml.Node, start int) (int, error) {
	switch {
	case n.Kind == yaml.ScalarNode:
		return t.scalarEnd(n, start)
	case n.Style&yaml.FlowStyle != 0:
		return t.flowEnd(n, start)
	case len(n.Content) == 0:
		return 0, errLost
	}
	_, end, err := t.span(n.Content[len(n.Content)-1])
	return end, err
}

func (t *text) scalarEnd(n *yaml.Node, start int) (int, error) {
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return t.quotedEnd(start)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return t.blockScalarEnd(start), nil
	}
	// Plain text may go on over lines, whose breaks are folded.
	for word := range strings.FieldsSeq(n.Value) {
		for start < len(t.data) && strings.IndexByte(" \t\r\n", t.data[start]) >= 0 {
			start++
		}
		if !bytes.HasPrefix(t.data[start:], []byte(word)) {
			return 0, errLost
		}
		start += len(word)
	}
	return start, nil
}

func (t *text) quotedEnd(start int) (int, error) {
	if start >= len(t.data) {
		return 0, errLost
	}
	quote := t.data[start]
	for i := start + 1; i < len(t.data); i++ {
		switch {
		case quote == '"' && t.data[i] == '\\', quote == '\'' && t.data[i] == '\'' && i+1 < len(t.data) && t.data[i+1] == '\'':
			i++
		case t.data[i] == quote:
			return i + 1, nil
		}
	}
	return 0, errLost
}

// blockScalarEnd returns the end of the last line of a block scalar: the lines
// after its header that are blank, or indented more than the line of the
// header.
func (t *text) blockScalarEnd(start int) int {
	line := t.lineOf(start)
	outer := t.indentOf(line)
	end := t.lineEnd(line)
	for line++; line < len(t.lines); line++ {
		if t.blank(line) {
			continue
		}
		if t.indentOf(line) <= outer {
			break
		}
		end = t.lineEnd(line)
	}
	return end
}

// flowEnd returns where the bracket of a flow collection closes.
func (t *text) flowEnd(n *yaml.Node, start int) (int, error) {
	closing := byte('}')
	if n.Kind == yaml.SequenceNode {
		closing = ']'
	}
	i := start + 1
	if len(n.Content) > 0 {
		_, end, err := t.span(n.Content[len(n.Content)-1])
		if err != nil {
			return 0, err
		}
		i = end
	}
	i = t.skip(i, true)
	if i >= len(t.data) || t.data[i] != closing {
		return 0, errLost
	}
	return i + 1, nil
}

// skip returns the first place from i on that is neither white space nor
// comment, nor, if commas is set, a comma.
func (t *text) skip(i int, commas bool) int {
	for ; i < len(t.data); i++ {
		switch c := t.data[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0 || commas && c == ',':
		case c == '#':
			i = t.lineEnd(t.lineOf(i)) - 1
		default:
			return i
		}
	}
	return i
}

// lineOf returns the index of the line that a place is in.
func (t *text) lineOf(i int) int {
	n, found := slices.BinarySearch(t.lines, i)
	if !found {
		n--
	}
	return max(n, 0)
}

// lineEnd returns the end of a line, without its break.
func (t *text) lineEnd(line int) int {
	end := len(t.data)
	if line+1 < len(t.lines) {
		end = t.lines[line+1]
	}
	for i := t.lines[line]; i < end; i++ {
		if lineBreak(t.data[i:end]) > 0 {
			return i
		}
	}
	return end
}

// nextLine returns where the line after a line starts.
func (t *text) nextLine(line int) int {
	if line+1 < len(t.lines) {
		return t.lines[line+1]
	}
	return len(t.data)
}

func (t *text) blank(line int) bool {
	return len(bytes.TrimSpace(t.data[t.lines[line]:t.lineEnd(line)])) == 0
}

// indentOf returns how many spaces a line starts with.
func (t *text) indentOf(line int) int {
	rest := t.data[t.lines[line]:t.lineEnd(line)]
	return len(rest) - len(bytes.TrimLeft(rest, " "))
}

// onlySpaceBefore says whether a place is the first on its line.
func (t *text) onlySpaceBefore(i int) bool {
	return len(bytes.TrimLeft(t.data[t.lines[t.lineOf(i)]:i], " \t")) == 0
}

// restIsSpace says whether nothing but white space, perhaps one comma, and a
// comment follows a place on its line.
func (t *text) restIsSpace(i int) bool {
	rest := bytes.TrimLeft(t.data[i:t.lineEnd(t.lineOf(i))], " \t")
	rest = bytes.TrimLeft(bytes.TrimPrefix(rest, []byte(",")), " \t")
	return len(rest) == 0 || rest[0] == '#'
}

// renderScalar prints a scalar so that it reads back as itself in a flow and
// in a block.
func renderScalar(n *yaml.Node, quoted bool) string {
	if n.ShortTag() != "!!str" {
		return n.Value
	}
	if !quoted && plain(n.Value) {
		return n.Value
	}
	return strconv.Quote(n.Value)
}

// plain says whether text needs no quotation marks: it is letters, digits and
// a few signs that mean nothing to YAML there, and reads as text.
func plain(s string) bool {
	for i, r := range s {
		ok := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || i > 0 && ('0' <= r && r <= '9' || strings.ContainsRune("-_.+@/ ", r))
		if !ok {
			return false
		}
	}
	if s == "" || strings.HasSuffix(s, " ") || strings.Contains(s, "  ") {
		return false
	}
	var n yaml.Node
	return yaml.Unmarshal([]byte(s), &n) == nil && len(n.Content) == 1 && isText(n.Content[0]) && n.Content[0].Value == s
}

// renderFlow prints a node on one line.
func renderFlow(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, renderScalar(n.Content[i], false)+": "+renderFlow(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, c := range n.Content {
			parts = append(parts, renderFlow(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return renderScalar(n, false)
}

// renderEntry prints an entry of a block mapping without its first indent: on
// one line, or, if block is set and the value is a mapping, on a line for each
// of its keys.
func (t *text) renderEntry(key string, value *yaml.Node, indent int, block bool, pad int) string {
	head := renderScalar(scalar("!!str", key), false) + ":"
	if !block || value.Kind != yaml.MappingNode || len(value.Content) == 0 {
		return fmt.Sprintf("%-*s %s", max(pad-1, 0), head, renderFlow(value))
	}
	var b strings.Builder
	b.WriteString(head)
	for i := 0; i+1 < len(value.Content); i += 2 {
		b.WriteString(t.newline + strings.Repeat(" ", indent+2))
		b.WriteString(renderScalar(value.Content[i], false) + ": " + renderFlow(value.Content[i+1]))
	}
	return b.String()
}
