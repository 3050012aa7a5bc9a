package estate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/suretyhq/surety/diag"
)

// Bounds of an estate file. A thousand environments fit into a tenth of them.
const (
	maxBytes = 1 << 20
	maxDepth = 100

	maxEnvironments = 500
	maxServices     = 500
	maxTenants      = 5000
	maxProblems     = 500 // that are listed
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
	// Opening a pipe would wait for its writer.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, errors.New("it is not a regular file")
	}
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
	list = append(list, d.list...)
	list = append(list, v.list...)
	list.Sort()
	if list.HasErrors() {
		return nil, atMost(list)
	}
	return &e, list
}

// atMost cuts a list that is too long to be read, and says so at its end.
func atMost(list diag.List) diag.List {
	if len(list) <= maxProblems {
		return list
	}
	return append(list[:maxProblems:maxProblems], diag.Diagnostic{Code: CodeTooMany, Pos: list[maxProblems].Pos,
		What: fmt.Sprintf("more than %d problems; the others are not listed", maxProblems), Fix: "mend those above, then look again"})
}

// parseYAML turns text into the tree of its only document, or says why not.
func parseYAML(file string, data []byte) (*yaml.Node, diag.List) {
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
	docs, err := parseDocuments(data)
	if err != nil {
		return nil, diag.List{syntax(file, data, err)}
	}
	switch len(docs) {
	case 0:
		return nil, diag.List{{Code: CodeEmpty, Pos: whole, What: "the file says nothing",
			Fix: "write an estate to start from with `surety init`"}}
	case 1:
		return docs[0], atMost(refuse(file, docs[0], 0))
	}
	return nil, diag.List{{Code: CodeManyDocuments, Pos: position(file, docs[1]),
		What: "a second YAML document starts here", Why: "an estate is one document",
		Fix: "remove the line with --- or keep one estate a file"}}
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

// parseDocuments reads every document; a panic of the parser is an error like
// any other.
func parseDocuments(data []byte) (docs []*yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // the parser is not ours; bad input never panics
			docs, err = nil, fmt.Errorf("%v", r)
		}
	}()
	for dec := yaml.NewDecoder(bytes.NewReader(data)); len(docs) < 2; {
		var n yaml.Node
		switch err := dec.Decode(&n); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return nil, err
		}
		if len(n.Content) == 1 && !isNull(n.Content[0]) {
			docs = append(docs, n.Content[0])
		}
	}
	return docs, nil
}

// refuse lists what a tree holds that the estate file does not use: anchors,
// aliases, merge keys, tags, and nesting deeper than maxDepth.
func refuse(file string, n *yaml.Node, depth int) diag.List {
	if depth > maxDepth {
		return diag.List{{Code: CodeTooDeep, Pos: position(file, n),
			What: fmt.Sprintf("nested deeper than %d levels", maxDepth), Why: "no estate needs it", Fix: "name the estate file"}}
	}
	var list diag.List
	if what, fix := unsupported(n); what != "" {
		list.Add(diag.Diagnostic{Code: CodeUnsupportedYAML, Pos: position(file, n), What: what,
			Why: "an estate file says everything in its place, so that a reader and a diff see it", Fix: fix})
	}
	for _, c := range n.Content {
		if len(list) <= maxProblems {
			list = append(list, refuse(file, c, depth+1)...)
		}
	}
	return list
}

// unsupported says what is wrong with a node that an estate file cannot have.
func unsupported(n *yaml.Node) (what, fix string) {
	const quote = "; if it is text, quote it"
	switch {
	case n.Anchor != "":
		return "a YAML anchor (&) is not supported", "write the value where it is used" + quote
	case n.Kind == yaml.AliasNode:
		return "a YAML alias (*) is not supported", "repeat the value" + quote
	case n.ShortTag() == "!!merge":
		return "a YAML merge key (<<) is not supported", "repeat the keys"
	case n.Style&yaml.TaggedStyle != 0:
		return "a YAML tag (!) is not supported", "remove the tag" + quote
	}
	return "", ""
}

// syntax turns the parser's error into a diagnostic. The parser names the
// line; the column is that of the line's first character.
func syntax(file string, data []byte, err error) diag.Diagnostic {
	message := strings.TrimPrefix(firstLine(err.Error()), "yaml: ")
	at := diag.Position{File: file, Line: 1, Column: 1}
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			at.Line, message = n, what
		}
		if countsFromZero(message) {
			at.Line++
		}
	}
	d := diag.Diagnostic{Code: CodeSyntax, Pos: at, What: "not valid YAML: " + message,
		Fix: "mend the line; indent with spaces, and quote text that holds \": \" or \" #\" or starts with one of *&!%@{["}
	if strings.Contains(message, "exceeded max depth") {
		d.Code, d.What, d.Fix = CodeTooDeep, fmt.Sprintf("nested deeper than %d levels", maxDepth), "name the estate file"
	}
	lines := bytes.SplitN(data, []byte("\n"), d.Pos.Line+1)
	if len(lines) >= d.Pos.Line {
		line := lines[d.Pos.Line-1]
		d.Pos.Column = 1 + len(line) - len(bytes.TrimLeft(line, " \t"))
	}
	return d
}

// countsFromZero says whether the parser's message comes with a line that is
// counted from zero: those of its grammar do, those of its scanner do not.
func countsFromZero(message string) bool {
	switch message {
	case "did not find expected key", "did not find expected node content", "did not find expected '-' indicator",
		"did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected <document start>",
		"found undefined tag handle":
		return true
	}
	return false
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// position is where a node stands.
func position(file string, n *yaml.Node) diag.Position {
	return diag.Position{File: file, Line: n.Line, Column: n.Column}
}
