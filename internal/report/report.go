// Package report prints verdicts: as text for people, as JSON for programs,
// and in the formats that code hosts read.
//
// Every format is a view of one Report and decides nothing: what is counted,
// said or coloured follows from the verdicts alone, in an order that depends
// only on their content, so that two runs over the same templates differ in
// their timing at most.
package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Report is what the formats show. Estate is empty without an estate file.
// Claims are those that ran, in the order in which they are shown; Verdicts
// belong to them. Scopes says in which order scopes are shown; others follow by
// name, and the whole estate is last. Graph gives findings their construct and
// may be nil.
type Report struct {
	Estate      string
	Source      string // what was proved, as the user named it
	Claims      []proof.Claim
	Verdicts    []proof.Verdict
	Scopes      []proof.Scope
	Graph       *resource.Graph
	Stacks      int
	Templates   []resource.Template
	NotModelled map[string]int
	Timing      Timing
}

// Timing says how long each step took.
type Timing struct{ Load, Resolve, Prove time.Duration }

// Format is one of the forms in which a report can be written.
type Format string

// The formats.
const (
	Text        Format = "text"
	JSON        Format = "json"
	SARIF       Format = "sarif"
	JUnit       Format = "junit"
	CodeQuality Format = "codequality"
)

// Formats lists every format.
func Formats() []Format { return []Format{Text, JSON, SARIF, JUnit, CodeQuality} }

// Options say how text is shown: its width in columns (0: 100) and whether in
// colour. The other formats take no notice of them.
type Options struct {
	Width int
	Color bool
}

// Write writes the report in a format.
func (r *Report) Write(w io.Writer, f Format, opts Options) error {
	switch f {
	case Text:
		return writeText(w, r, opts)
	case JSON:
		return writeJSON(w, r)
	case SARIF:
		return writeSARIF(w, r)
	case JUnit:
		return writeJUnit(w, r)
	case CodeQuality:
		return writeCodeQuality(w, r)
	}
	return fmt.Errorf("there is no format %q", f)
}

// Count says how many verdicts have an outcome.
func (r *Report) Count(o proof.Outcome) int {
	n := 0
	for _, v := range r.Verdicts {
		if v.Outcome == o {
			n++
		}
	}
	return n
}

// Resources is how many resources the report is about.
func (r *Report) Resources() int {
	if r.Graph == nil {
		return 0
	}
	return r.Graph.Len()
}

// verdicts returns the verdicts in the order of the claims, then by scope as
// scopes are shown.
func (r *Report) verdicts() []proof.Verdict {
	rank := func(id string) int {
		if i := slices.IndexFunc(r.Claims, func(c proof.Claim) bool { return c.ID == id }); i >= 0 {
			return i
		}
		return len(r.Claims) // what the engine says itself, such as expired waivers
	}
	return slices.SortedStableFunc(slices.Values(r.Verdicts), func(a, b proof.Verdict) int {
		return cmp.Or(cmp.Compare(rank(a.Claim), rank(b.Claim)), cmp.Compare(a.Claim, b.Claim), r.compareScopes(a.Scope, b.Scope))
	})
}

// scopes returns every scope that has a verdict, in the order in which they
// are shown.
func (r *Report) scopes() []proof.Scope {
	seen := map[proof.Scope]bool{}
	for _, v := range r.Verdicts {
		seen[v.Scope] = true
	}
	return slices.SortedFunc(maps.Keys(seen), r.compareScopes)
}

// compareScopes puts the scopes in the order of Scopes, then by name, the
// whole estate last.
func (r *Report) compareScopes(a, b proof.Scope) int {
	rank := func(s proof.Scope) int {
		if i := slices.Index(r.Scopes, s); i >= 0 {
			return i
		}
		if s == proof.ScopeEstate {
			return len(r.Scopes) + 1
		}
		return len(r.Scopes)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

// construct is the CDK's path of the resource at an address, and empty where
// there is none.
func (r *Report) construct(a addr.Address) string {
	if r.Graph == nil {
		return ""
	}
	if res := r.Graph.Get(a); res != nil {
		return res.Construct
	}
	return ""
}

// name is what a person knows a resource by: the construct, or else the stack
// and logical id.
func (r *Report) name(a addr.Address) string {
	switch c := r.construct(a); {
	case a.IsZero():
		return ""
	case c != "":
		return c
	case a.Stack.Name == "":
		return a.Logical
	}
	return a.Stack.Name + "/" + a.Logical
}

// file is the template that declares the resource at an address, and its line.
func (r *Report) file(a addr.Address) (string, int) {
	if r.Graph != nil {
		if res := r.Graph.Get(a); res != nil {
			return res.Pos.File, res.Pos.Line
		}
	}
	return "", 0
}

// claim returns the claim of an id; a claim that did not run has only its id.
func (r *Report) claim(id string) proof.Claim {
	for _, c := range r.Claims {
		if c.ID == id {
			return c
		}
	}
	return proof.Claim{ID: id}
}

// place says where a finding is, in one line: the line of the estate file, or
// the template's, or the resource's address.
func (r *Report) place(f proof.Finding) (file string, line int) {
	if file, line = r.file(f.At); file != "" {
		return file, max(line, 1)
	}
	if !f.Intent.IsZero() {
		return f.Intent.File, max(f.Intent.Line, 1)
	}
	return "", 0
}

// Plural counts things: "1 finding", "2 findings".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", thousands(n), many)
}

// thousands groups digits: 12,345.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
