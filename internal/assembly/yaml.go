package assembly

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/suretyhq/surety/internal/value"
)

// maxExpanded is how many values a YAML file may have once its aliases are
// followed.
const maxExpanded = 2_000_000

// yamlDecoder turns YAML's nodes into values. It reads scalars as
// CloudFormation does (YAML 1.1): yes, no, on and off are booleans; a number
// that JSON would not write so, such as 0123 or 1_000, stays a text. Short
// forms of intrinsic functions become the long form.
type yamlDecoder struct {
	src     string
	lines   []int
	marks   map[int][]int // by line, see marksOf
	arena   value.Arena
	anchors map[*yaml.Node]*anchored
	size    int
	twice   []repeated
	err     *fault
}

// anchored is what an anchor stands for: nil while it is being read.
type anchored struct {
	v            value.Value
	size, height int
}

// decodeYAML reads the first document of src.
func decodeYAML(src string) (v value.Value, twice []repeated, err *fault) {
	d := &yamlDecoder{src: src, lines: lineStarts(src), anchors: map[*yaml.Node]*anchored{}}
	root, err := d.parse()
	if err != nil {
		return value.Value{}, nil, err
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		return value.OfNull().At(0), nil, nil
	}
	v, _ = d.value(root.Content[0], 0)
	return v, d.twice, d.err
}

// parse runs the YAML parser, which is not ours: should it panic on a hostile
// file, that is a problem of the file.
func (d *yamlDecoder) parse() (root *yaml.Node, err *fault) {
	root = &yaml.Node{}
	defer func() {
		if p := recover(); p != nil {
			err = &fault{code: "TEMPLATE_SYNTAX", what: fmt.Sprint("the parser gave up: ", p)}
		}
	}()
	if e := yaml.Unmarshal([]byte(d.src), root); e != nil {
		return nil, d.syntax(e)
	}
	return root, nil
}

// syntax turns the parser's error into a fault with its place, which is the
// line on which the broken list or map begins, or the broken text stands.
func (d *yamlDecoder) syntax(e error) *fault {
	f := &fault{code: "TEMPLATE_SYNTAX", what: strings.TrimPrefix(e.Error(), "yaml: ")}
	line := 1
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(f.what); m != nil {
		f.what = f.what[len(m[0]):]
		line, _ = strconv.Atoi(m[1]) // digits only
	}
	if strings.Contains(f.what, "exceeded max depth") {
		f.code, f.what = codeTooDeep, tooDeep
	}
	if fromParser.MatchString(f.what) {
		line++ // the parser counts its own errors' lines from 0, its scanner's from 1
	}
	f.offset = max(0, d.offset(min(line, len(d.lines)), 1))
	for f.offset < len(d.src) && d.src[f.offset] == ' ' {
		f.offset++
	}
	return f
}

// fromParser matches the errors of the parser proper.
var fromParser = regexp.MustCompile(`^did not find expected (<|node content|key|'-'|',')`)

// stride is how many runes lie between two places of a long line whose bytes
// are noted.
const stride = 256

// offset turns a line and column, which count runes from 1, into bytes. Long
// lines are measured once: JSON without line breaks is YAML, too.
func (d *yamlDecoder) offset(line, column int) int {
	if line < 1 || line > len(d.lines) {
		return -1
	}
	i := d.lines[line-1]
	if column > stride {
		marks := d.marksOf(line)
		mark := min((column-1)/stride, len(marks)-1)
		i, column = marks[mark], column-mark*stride
	}
	return d.skip(i, column-1)
}

// skip returns where the text goes on after so many runes.
func (d *yamlDecoder) skip(i, runes int) int {
	for ; runes > 0 && i < len(d.src); runes-- {
		_, n := utf8.DecodeRuneInString(d.src[i:])
		i += n
	}
	return i
}

// marksOf returns the offsets at which each stride of a line begins.
func (d *yamlDecoder) marksOf(line int) []int {
	if known := d.marks[line]; known != nil {
		return known
	}
	end := len(d.src)
	if line < len(d.lines) {
		end = d.lines[line]
	}
	marks := []int{d.lines[line-1]}
	for i := d.skip(marks[0], stride); i < end; i = d.skip(i, stride) {
		marks = append(marks, i)
	}
	if d.marks == nil {
		d.marks = map[int][]int{}
	}
	d.marks[line] = marks
	return marks
}

func (d *yamlDecoder) fail(code, what string, at *yaml.Node) (value.Value, int) {
	if d.err == nil {
		d.err = &fault{code: code, what: what, offset: max(0, d.offset(at.Line, at.Column))}
	}
	return value.Value{}, 0
}

// value converts a node that lies depth deep, and says how high it is.
func (d *yamlDecoder) value(n *yaml.Node, depth int) (value.Value, int) {
	if d.err != nil {
		return value.Value{}, 0
	}
	if depth >= maxDepth {
		return d.fail(codeTooDeep, tooDeep, n)
	}
	if d.size++; d.size > maxExpanded {
		return d.tooMany(n)
	}
	if n.Kind == yaml.AliasNode {
		return d.alias(n, depth)
	}
	before := d.size
	if n.Anchor != "" {
		d.anchors[n] = nil
	}
	v, height := d.content(n, depth)
	if name, ok := longForm(n.Tag); ok {
		v = d.arena.Map([]string{name}, []value.Value{v})
		height++
	}
	v = v.At(d.offset(n.Line, n.Column))
	if n.Anchor != "" {
		d.anchors[n] = &anchored{v, d.size - before, height}
	}
	return v, height
}

func (d *yamlDecoder) tooMany(n *yaml.Node) (value.Value, int) {
	return d.fail(codeTooLarge, fmt.Sprintf("with its aliases followed, the file holds more than %d values", maxExpanded), n)
}

func (d *yamlDecoder) alias(n *yaml.Node, depth int) (value.Value, int) {
	a, ok := d.anchors[n.Alias]
	switch {
	case !ok:
		return d.fail("TEMPLATE_SYNTAX", "the alias *"+n.Value+" stands before its anchor", n)
	case a == nil:
		return d.fail("TEMPLATE_SYNTAX", "the alias *"+n.Value+" stands in what it names", n)
	case depth+a.height > maxDepth:
		return d.fail(codeTooDeep, tooDeep, n)
	}
	if d.size += a.size; d.size > maxExpanded {
		return d.tooMany(n)
	}
	return a.v, a.height
}

func (d *yamlDecoder) content(n *yaml.Node, depth int) (value.Value, int) {
	switch n.Kind {
	case yaml.ScalarNode:
		return d.scalar(n), 0
	case yaml.SequenceNode:
		items, height := make([]value.Value, len(n.Content)), 0
		for i, c := range n.Content {
			v, h := d.value(c, depth+1)
			items[i], height = v, max(height, h)
		}
		return d.arena.List(items), height + 1
	case yaml.MappingNode:
		return d.mapping(n, depth)
	}
	return d.fail("TEMPLATE_SYNTAX", "this is no value", n)
}

func (d *yamlDecoder) mapping(n *yaml.Node, depth int) (value.Value, int) {
	var keys []string
	var items, merged []value.Value
	height := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind == yaml.AliasNode && k.Alias != nil {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			return d.fail("TEMPLATE_SYNTAX", "a key must be a text", n.Content[i])
		}
		v, h := d.value(n.Content[i+1], depth+1)
		height = max(height, h)
		if k.Tag == "!!merge" {
			merged = append(merged, v)
			continue
		}
		keys, items = append(keys, k.Value), append(items, v.At(d.offset(k.Line, k.Column)))
	}
	d.twice = findRepeated(d.twice, keys, items)
	keys, items = merge(keys, items, merged)
	if d.size += len(keys); d.size > maxExpanded {
		return d.tooMany(n)
	}
	return d.arena.Map(keys, items), height + 1
}

// merge adds the entries of merge keys (<<) that a map does not have itself.
func merge(keys []string, items, merged []value.Value) ([]string, []value.Value) {
	if len(merged) == 0 {
		return keys, items
	}
	have := make(map[string]bool, len(keys))
	for _, k := range keys {
		have[k] = true
	}
	add := func(from value.Value) {
		for k, v := range from.Entries() {
			if !have[k] {
				have[k] = true
				keys, items = append(keys, k), append(items, v)
			}
		}
	}
	for _, m := range merged {
		add(m)
		for _, item := range m.Items() {
			add(item)
		}
	}
	return keys, items
}

// longForm gives the key that a short form such as !Sub stands for.
func longForm(tag string) (string, bool) {
	name, ok := strings.CutPrefix(tag, "!")
	if !ok || name == "" || name[0] == '!' {
		return "", false
	}
	if name == "Ref" || name == "Condition" {
		return name, true
	}
	return "Fn::" + name, true
}

func (d *yamlDecoder) scalar(n *yaml.Node) value.Value {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if _, short := longForm(n.Tag); short || n.Style&quoted != 0 || n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str" {
		return d.arena.Text(n.Value)
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return value.OfNull()
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
		return value.OfBool(true)
	case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		return value.OfBool(false)
	}
	if numberLength(n.Value) == len(n.Value) {
		return value.OfNumber(n.Value)
	}
	return d.arena.Text(n.Value)
}
