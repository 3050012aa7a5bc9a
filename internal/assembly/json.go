package assembly

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/suretyhq/surety/internal/value"
)

// maxDepth is how deep lists and maps may lie in one another. The deepest
// templates that people write have some thirty levels.
const maxDepth = 250

// fault is what makes a file unreadable, and where.
type fault struct {
	code   string
	what   string
	offset int
}

// repeated is a key that a map has more than once.
type repeated struct {
	key    string
	offset int
}

// jsonDecoder reads JSON (RFC 8259) straight into values. Texts are parts of
// src wherever they hold no escape, so that decoding copies next to nothing.
// An entry of a map is marked with the offset of its key, any other value with
// its own.
type jsonDecoder struct {
	src   string
	pos   int
	arena value.Arena
	keys  []string
	vals  []value.Value
	twice []repeated
	err   *fault
}

// decodeJSON reads one JSON value that fills src.
func decodeJSON(src string) (value.Value, []repeated, *fault) {
	d := jsonDecoder{src: src}
	v, ok := d.value(0)
	if !ok {
		return value.Value{}, d.twice, d.err
	}
	d.space()
	if d.pos < len(src) {
		d.fail("something follows the end of the JSON value: " + d.here())
		return value.Value{}, d.twice, d.err
	}
	return v, d.twice, nil
}

func (d *jsonDecoder) fail(what string) bool {
	if d.err == nil {
		d.err = &fault{code: "TEMPLATE_SYNTAX", what: what, offset: d.pos}
	}
	return false
}

// here names what stands at the current position.
func (d *jsonDecoder) here() string {
	if d.pos >= len(d.src) {
		return "the end of the file"
	}
	r, _ := utf8.DecodeRuneInString(d.src[d.pos:])
	return fmt.Sprintf("%q", r)
}

func (d *jsonDecoder) space() {
	for d.pos < len(d.src) {
		switch d.src[d.pos] {
		case ' ', '\n', '\r', '\t':
			d.pos++
		default:
			return
		}
	}
}

func (d *jsonDecoder) value(depth int) (value.Value, bool) {
	d.space()
	if d.pos >= len(d.src) {
		return value.Value{}, d.fail("the file ends where a value should stand")
	}
	start := d.pos
	var v value.Value
	ok := true
	switch d.src[d.pos] {
	case '{', '[':
		if depth >= maxDepth {
			d.err = &fault{code: codeTooDeep, what: tooDeep, offset: start}
			return v, false
		}
		if d.src[d.pos] == '{' {
			v, ok = d.object(depth)
		} else {
			v, ok = d.array(depth)
		}
	case '"':
		var s string
		s, ok = d.text()
		v = d.arena.Text(s)
	case 't':
		v, ok = value.OfBool(true), d.word("true")
	case 'f':
		v, ok = value.OfBool(false), d.word("false")
	case 'n':
		v, ok = value.OfNull(), d.word("null")
	default:
		n := numberLength(d.src[d.pos:])
		if n == 0 {
			return v, d.fail("a value cannot begin with " + d.here())
		}
		v = value.OfNumber(d.src[start : start+n])
		d.pos += n
	}
	return v.At(start), ok
}

func (d *jsonDecoder) word(w string) bool {
	if !strings.HasPrefix(d.src[d.pos:], w) {
		return d.fail("a value cannot begin with " + d.here())
	}
	d.pos += len(w)
	return true
}

func (d *jsonDecoder) object(depth int) (value.Value, bool) {
	d.pos++ // {
	first, firstVal := len(d.keys), len(d.vals)
	d.space()
	if d.skip('}') {
		return d.arena.Map(nil, nil), true
	}
	for {
		d.space()
		at := d.pos
		if d.pos >= len(d.src) || d.src[d.pos] != '"' {
			return value.Value{}, d.fail("a key in double quotes should stand here, not " + d.here())
		}
		key, ok := d.text()
		if !ok {
			return value.Value{}, false
		}
		d.space()
		if !d.skip(':') {
			return value.Value{}, d.fail(fmt.Sprintf("a colon should follow the key %q, not %s", key, d.here()))
		}
		v, ok := d.value(depth + 1)
		if !ok {
			return value.Value{}, false
		}
		d.keys = append(d.keys, key)
		d.vals = append(d.vals, v.At(at))
		d.space()
		if d.skip(',') {
			continue
		}
		if d.skip('}') {
			break
		}
		return value.Value{}, d.fail("a comma or a closing brace should stand here, not " + d.here())
	}
	keys, vals := d.keys[first:], d.vals[firstVal:]
	d.twice = findRepeated(d.twice, keys, vals)
	v := d.arena.Map(keys, vals)
	d.keys, d.vals = d.keys[:first], d.vals[:firstVal]
	return v, true
}

func (d *jsonDecoder) array(depth int) (value.Value, bool) {
	d.pos++ // [
	first := len(d.vals)
	d.space()
	if d.skip(']') {
		return d.arena.List(nil), true
	}
	for {
		v, ok := d.value(depth + 1)
		if !ok {
			return value.Value{}, false
		}
		d.vals = append(d.vals, v)
		d.space()
		if d.skip(',') {
			continue
		}
		if d.skip(']') {
			break
		}
		return value.Value{}, d.fail("a comma or a closing bracket should stand here, not " + d.here())
	}
	v := d.arena.List(d.vals[first:])
	d.vals = d.vals[:first]
	return v, true
}

func (d *jsonDecoder) skip(c byte) bool {
	if d.pos < len(d.src) && d.src[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

// text reads a string from its opening quote on.
func (d *jsonDecoder) text() (string, bool) {
	start := d.pos + 1
	for i := start; i < len(d.src); i++ {
		switch c := d.src[i]; {
		case c == '"':
			d.pos = i + 1
			return d.src[start:i], true
		case c == '\\':
			return d.escaped(start, i)
		case c < ' ':
			d.pos = i
			return "", d.fail("a control character in a text must be escaped")
		}
	}
	return "", d.fail("the text that begins here has no closing quote")
}

// escaped reads a string from start on whose first escape is at i.
func (d *jsonDecoder) escaped(start, i int) (string, bool) {
	out := []byte(d.src[start:i])
	for i < len(d.src) {
		c := d.src[i]
		switch {
		case c == '"':
			d.pos = i + 1
			return string(out), true
		case c < ' ':
			d.pos = i
			return "", d.fail("a control character in a text must be escaped")
		case c != '\\':
			out = append(out, c)
			i++
		default:
			r, n := unescape(d.src[i:])
			if n == 0 {
				d.pos = i
				return "", d.fail("a text cannot hold this escape")
			}
			out = utf8.AppendRune(out, r)
			i += n
		}
	}
	return "", d.fail("the text that begins here has no closing quote")
}

var simpleEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape reads the escape that s begins with and says how long it is; 0 means
// that it is none. A lone surrogate becomes U+FFFD.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	if c := simpleEscapes[s[1]]; c != 0 {
		return rune(c), 2
	}
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if low, ok := hex4(s[6:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

// hex4 reads \uXXXX.
func hex4(s string) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// numberLength says how long the JSON number is that s begins with; 0 means
// that it begins with none.
func numberLength(s string) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return 0
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// findRepeated appends the keys that stand more than once.
func findRepeated(to []repeated, keys []string, vals []value.Value) []repeated {
	if len(keys) <= 12 {
		for i := 1; i < len(keys); i++ {
			for _, k := range keys[:i] {
				if k == keys[i] {
					to = append(to, repeated{k, vals[i].Offset()})
					break
				}
			}
		}
		return to
	}
	seen := make(map[string]struct{}, len(keys))
	for i, k := range keys {
		if _, ok := seen[k]; ok {
			to = append(to, repeated{k, vals[i].Offset()})
		}
		seen[k] = struct{}{}
	}
	return to
}
