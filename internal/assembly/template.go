package assembly

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

// maxBytes is the largest template that is read. CloudFormation itself takes
// templates of up to 1 MB (AWS CloudFormation User Guide, "CloudFormation
// quotas").
const maxBytes = 16 << 20

const (
	codeTooDeep  = "TEMPLATE_TOO_DEEP"
	codeTooLarge = "TEMPLATE_TOO_LARGE"
	codeEncoding = "TEMPLATE_ENCODING"
)

var tooDeep = fmt.Sprintf("lists and maps lie more than %d deep in one another", maxDepth)

// Template is one template file. It is immutable; several stacks may share it.
// Root is a map, as far as it could be read: YAML's short forms stand in their
// long form. The offset of a map's entry is that of its key.
type Template struct {
	File string
	Root value.Value

	src    string
	lines  func() []int         // offsets at which lines begin
	nested map[string]*Template // by the logical id of the nested stack
}

func newTemplate(file, src string) *Template {
	return &Template{File: file, src: src, nested: map[string]*Template{}, lines: sync.OnceValue(func() []int { return lineStarts(src) })}
}

// Position says which line and column of the file an offset is at. A negative
// offset gives the file alone.
func (t *Template) Position(offset int) diag.Position {
	if offset < 0 || offset > len(t.src) {
		return diag.Position{File: t.File}
	}
	lines := t.lines()
	line, exact := slices.BinarySearch(lines, offset)
	if !exact {
		line--
	}
	return diag.Position{File: t.File, Line: line + 1, Column: utf8.RuneCountInString(t.src[lines[line]:offset]) + 1}
}

// Size is how many bytes the file has.
func (t *Template) Size() int { return len(t.src) }

// Of says where in the file a value of the template stands.
func (t *Template) Of(v value.Value) diag.Position { return t.Position(v.Offset()) }

func lineStarts(src string) []int {
	starts := make([]int, 1, 1+strings.Count(src, "\n"))
	for i := 0; ; {
		n := strings.IndexByte(src[i:], '\n')
		if n < 0 {
			return starts
		}
		i += n + 1
		starts = append(starts, i)
	}
}

// isYAML says whether a file is read as YAML by its name. What is named
// .template may be either.
func isYAML(file, src string) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		return true
	case ".json":
		return false
	}
	return !strings.HasPrefix(strings.TrimLeft(src, " \t\r\n"), "{")
}

// readSource reads a file as text, within the limits.
func readSource(file string) (string, *diag.Diagnostic) {
	at := diag.Position{File: file}
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return "", unreadable(at, err)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", unreadable(at, err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	if info.Size() > maxBytes {
		return "", &diag.Diagnostic{Code: codeTooLarge, Pos: at,
			What: fmt.Sprintf("the file has %.1f MB", float64(info.Size())/(1<<20)),
			Why:  "CloudFormation takes templates of up to 1 MB, and Surety reads up to 16 MB",
			Fix:  "split the template into several stacks, or pass the folder that holds the templates themselves"}
	}
	src, problem := readText(f, at, info.Size())
	if problem != nil {
		return "", problem
	}
	if strings.TrimSpace(src) == "" {
		return "", &diag.Diagnostic{Code: "TEMPLATE_EMPTY", Pos: at, What: "the file is empty",
			Fix: "write a template into it, or leave it out"}
	}
	return src, nil
}

// readText reads a file of about size bytes into a string without copying it.
func readText(f *os.File, at diag.Position, size int64) (string, *diag.Diagnostic) {
	var b strings.Builder
	b.Grow(int(size) + 1)
	n, err := readAll(&b, f, size)
	if err != nil {
		return "", unreadable(at, err)
	}
	if n > maxBytes {
		return "", &diag.Diagnostic{Code: codeTooLarge, Pos: at, What: "the file has more than 16 MB",
			Why: "CloudFormation takes templates of up to 1 MB, and Surety reads up to 16 MB",
			Fix: "pass the template itself"}
	}
	src := strings.TrimPrefix(b.String(), "\ufeff")
	if !utf8.ValidString(src) {
		i := strings.IndexFunc(src, func(r rune) bool { return r == utf8.RuneError })
		for i >= 0 && strings.HasPrefix(src[i:], "\ufffd") { // a real U+FFFD
			next := strings.IndexFunc(src[i+3:], func(r rune) bool { return r == utf8.RuneError })
			if next < 0 {
				break
			}
			i += 3 + next
		}
		return "", &diag.Diagnostic{Code: codeEncoding, Pos: newTemplate(at.File, src).Position(i),
			What: "the file is not valid UTF-8 here",
			Why:  "CloudFormation reads templates as UTF-8",
			Fix:  "save the file as UTF-8"}
	}
	return src, nil
}

func unreadable(at diag.Position, err error) *diag.Diagnostic {
	return &diag.Diagnostic{Code: "TEMPLATE_UNREADABLE", Pos: at, What: "the file cannot be read: " + plain(err),
		Fix: "check that the path is right and that you may read it"}
}

// plain is an operating system's error without the path, which is said already.
func plain(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}

// parse reads a file into a Template whose Root is a map.
func parse(ctx context.Context, file string) (*Template, diag.List) {
	if err := ctx.Err(); err != nil {
		return nil, diag.List{*unreadable(diag.Position{File: file}, err)}
	}
	src, problem := readSource(file)
	if problem != nil {
		return nil, diag.List{*problem}
	}
	return parseSource(file, src)
}

// parseSource reads the text of a file into a Template whose Root is a map.
func parseSource(file, src string) (*Template, diag.List) {
	if isYAML(file, src) {
		return decodeSource(file, src, "YAML", decodeYAML)
	}
	return DecodeJSON(file, src)
}

// DecodeJSON reads a text as JSON, whatever it describes, into a Template whose
// Root is a map and whose values know their place in the file. The text must be
// valid UTF-8.
func DecodeJSON(file, src string) (*Template, diag.List) {
	return decodeSource(file, src, "JSON", decodeJSON)
}

func decodeSource(file, src, language string, decode func(string) (value.Value, []repeated, *fault)) (*Template, diag.List) {
	var problems diag.List
	t := newTemplate(file, src)
	root, twice, err := decode(src)
	for _, k := range twice {
		problems.Add(diag.Diagnostic{Code: "TEMPLATE_DUPLICATE_KEY", Severity: diag.Warning, Pos: t.Position(k.offset),
			What: fmt.Sprintf("the key %q stands more than once in this map", k.key),
			Why:  "only the last one counts, so what the others say is lost",
			Fix:  "rename one of them or take it out"})
	}
	if err != nil {
		problems.Add(err.diagnostic(t, language))
		return nil, problems
	}
	if root.Kind() != value.Map {
		problems.Add(diag.Diagnostic{Code: "TEMPLATE_NOT_A_MAP", Pos: t.Of(root),
			What: "the file holds " + root.Kind().String() + ", and a template is a map",
			Fix:  "a template begins with keys such as Parameters and Resources"})
		return nil, problems
	}
	t.Root = root
	return t, problems
}

func (f *fault) diagnostic(t *Template, language string) diag.Diagnostic {
	d := diag.Diagnostic{Code: f.code, Pos: t.Position(f.offset), What: f.what}
	switch f.code {
	case codeTooDeep:
		d.Why = "nothing that CloudFormation takes lies so deep, and a reader must not run out of memory on it"
		d.Fix = "look for a generator that went astray"
	default:
		d.What = "this is not valid " + language + ": " + f.what
		d.Fix = "mend the file at this place; an editor that knows " + language + " shows it"
	}
	return d
}

// readAll copies at most a little more than maxBytes of what has about size.
func readAll(to *strings.Builder, from io.Reader, size int64) (int64, error) {
	const most = 32 << 10
	return io.CopyBuffer(to, io.LimitReader(from, maxBytes+1), make([]byte, min(size+1, most)))
}
