package estate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/suretyhq/surety/diag"
)

// Bounds of an estate file. A thousand environments fit into a tenth of them.
const (
	maxBytes = 1 << 20
	maxDepth = 100
)

// Load reads and checks the estate file at path. The Estate is nil if there is
// any error; every problem of the file is in the list, sorted by place.
func Load(path string) (*Estate, diag.List) {
	data, err := readBounded(path)
	if err != nil {
		return nil, diag.List{{Code: CodeUnreadable, Pos: diag.Position{File: path},
			What: "the estate file cannot be read: " + reason(err),
			Fix:  "name an existing file with -f, or write one to start from with `surety init`"}}
	}
	return Parse(path, data)
}

// readBounded reads at most one byte more than Parse accepts.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

// reason prints why a file operation failed without the operation and the
// path, which the diagnostic's place already says.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// Parse checks the text of an estate file; file is the name that positions
// carry. The Estate is nil if there is any error. Parse never panics; it
// refuses text over 1 MiB or nested deeper than 100.
func Parse(file string, data []byte) (*Estate, diag.List) {
	root, list := parseYAML(file, data)
	if list.HasErrors() {
		return nil, list
	}
	d := decoder{file: file, positions: map[string]diag.Position{}, failed: map[string]bool{}}
	var e Estate
	d.document(root, &e)
	e.positions = d.positions
	e.fillDefaults()
	v := validator{e: &e, failed: d.failed}
	v.estate()
	list = append(d.list, v.list...)
	list.Sort()
	if list.HasErrors() {
		return nil, list
	}
	return &e, list
}

// parseYAML turns text into the tree of its only document, or says why not.
func parseYAML(file string, data []byte) (ast.Node, diag.List) {
	whole := diag.Position{File: file}
	if len(data) > maxBytes {
		return nil, diag.List{{Code: CodeTooLarge, Pos: whole,
			What: fmt.Sprintf("the file is larger than %d bytes", maxBytes),
			Why:  "an estate file is written by people; this is probably another file",
			Fix:  "name the estate file"}}
	}
	if at, ok := notText(data); ok {
		return nil, diag.List{{Code: CodeNotUTF8, Pos: at.in(file),
			What: "the file is not UTF-8 text", Why: "YAML is text in UTF-8", Fix: "save the file as UTF-8, without control characters"}}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	tokens, list := tokenize(file, data)
	if list.HasErrors() {
		return nil, list
	}
	tree, err := parseTokens(tokens)
	if err != nil {
		return nil, diag.List{syntax(file, err)}
	}
	var bodies []ast.Node
	for _, doc := range tree.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		return nil, diag.List{{Code: CodeEmpty, Pos: whole, What: "the file says nothing",
			Fix: "write an estate to start from with `surety init`"}}
	case len(bodies) > 1:
		return nil, diag.List{{Code: CodeManyDocuments, Pos: position(file, bodies[1].GetToken()),
			What: "a second YAML document starts here", Why: "an estate is one document",
			Fix: "remove the line with --- or keep one estate a file"}}
	}
	return bodies[0], nil
}

// lineColumn is a place in text, counted from 1.
type lineColumn struct{ line, column int }

func (p lineColumn) in(file string) diag.Position {
	return diag.Position{File: file, Line: p.line, Column: p.column}
}

// notText finds the first byte that is not UTF-8 or is a control character
// that YAML does not allow.
func notText(data []byte) (lineColumn, bool) {
	at := lineColumn{1, 1}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		control := r < ' ' && r != '\n' && r != '\r' && r != '\t' || r >= 0x7f && r < 0xa0 && r != 0x85
		if r == utf8.RuneError && n == 1 || control {
			return at, true
		}
		if r == '\n' {
			at = lineColumn{at.line + 1, 1}
		} else {
			at.column++
		}
		i += n
	}
	return at, false
}

// tokenize splits text into tokens and refuses what the estate file does not
// use (anchors, aliases, merge keys, tags, directives) and what is nested too
// deep, before anything recursive sees it.
func tokenize(file string, data []byte) (tokens token.Tokens, list diag.List) {
	defer func() {
		if r := recover(); r != nil { // the lexer is not ours; bad input never panics
			tokens, list = nil, diag.List{syntax(file, fmt.Errorf("%v", r))}
		}
	}()
	tokens = lexer.Tokenize(string(data))
	var depth nesting
	for _, t := range tokens {
		if what, fix := unsupported(t); what != "" {
			list.Add(diag.Diagnostic{Code: CodeUnsupportedYAML, Pos: position(file, t), What: what,
				Why: "an estate file says everything in its place, so that a reader and a diff see it", Fix: fix})
		}
		if depth.enter(t) > maxDepth {
			list.Add(diag.Diagnostic{Code: CodeTooDeep, Pos: position(file, t),
				What: fmt.Sprintf("nested deeper than %d levels", maxDepth), Why: "no estate needs it", Fix: "name the estate file"})
			break
		}
	}
	return tokens, list
}

// unsupported says what is wrong with a token that an estate file cannot have.
func unsupported(t *token.Token) (what, fix string) {
	const quote = "; if it is text, quote it"
	switch t.Type {
	case token.AnchorType:
		return "a YAML anchor (&) is not supported", "write the value where it is used" + quote
	case token.AliasType:
		return "a YAML alias (*) is not supported", "repeat the value" + quote
	case token.MergeKeyType:
		return "a YAML merge key (<<) is not supported", "repeat the keys"
	case token.TagType:
		return "a YAML tag (!) is not supported", "remove the tag" + quote
	case token.DirectiveType:
		return "a YAML directive (%) is not supported", "remove the line" + quote
	}
	return "", ""
}

// nesting follows how deep tokens are nested: brackets, and columns of
// entries in block style.
type nesting struct {
	flow    int
	columns []int
	line    int
	opens   bool // the next token of this line opens a level of its own
}

// enter takes the next token and returns how deep it is at most.
func (n *nesting) enter(t *token.Token) int {
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		n.flow++
	case token.MappingEndType, token.SequenceEndType:
		n.flow = max(n.flow-1, 0)
	}
	if n.flow == 0 && (t.Position.Line != n.line || n.opens) {
		for len(n.columns) > 0 && n.columns[len(n.columns)-1] >= t.Position.Column {
			n.columns = n.columns[:len(n.columns)-1]
		}
		n.columns = append(n.columns, t.Position.Column)
	}
	n.line = t.Position.Line
	n.opens = t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType || t.Type == token.MappingValueType
	return n.flow + len(n.columns)
}

// parseTokens parses; a panic of the parser is an error like any other.
func parseTokens(tokens token.Tokens) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil { // the parser is not ours; bad input never panics
			f, err = nil, fmt.Errorf("%v", r)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// syntax turns the parser's error into a diagnostic.
func syntax(file string, err error) diag.Diagnostic {
	d := diag.Diagnostic{Code: CodeSyntax, Pos: diag.Position{File: file}, What: "not valid YAML: " + firstLine(err.Error()),
		Fix: "mend the line; indent with spaces, and quote text that holds \": \" or \" #\""}
	var s *yaml.SyntaxError
	if errors.As(err, &s) {
		d.What, d.Pos = "not valid YAML: "+firstLine(s.Message), position(file, s.Token)
	}
	return d
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// position is where a token stands.
func position(file string, t *token.Token) diag.Position {
	if t == nil || t.Position == nil {
		return diag.Position{File: file}
	}
	return diag.Position{File: file, Line: t.Position.Line, Column: t.Position.Column}
}
