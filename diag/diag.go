// Package diag holds diagnostics: problems as data.
//
// A diagnostic has a stable code with a page under docs/diagnostics, a place
// (a position in a file, or a resource's address and property), what is wrong,
// why it matters, and how to mend it. Whoever checks something collects every
// diagnostic into a List instead of stopping at the first; a List is sorted
// before anyone reads it.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
)

// Severity says whether a diagnostic stops the work.
type Severity uint8

// The severities: an Error stops the work, a Warning does not.
const (
	Error Severity = iota
	Warning
)

// String prints the severity as people read it.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Position is a place in a file. Line and Column count from 1; 0 means unknown.
type Position struct {
	File   string
	Line   int
	Column int
}

// IsZero says whether the position names nothing.
func (p Position) IsZero() bool { return p == Position{} }

// String prints file:line:column, leaving out what is unknown.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Compare orders positions by file, line and column.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(p.File, o.File), cmp.Compare(p.Line, o.Line), cmp.Compare(p.Column, o.Column))
}

// Diagnostic is one problem. Code is stable (for example ESTATE_UNKNOWN_KEY)
// and has a page under docs/diagnostics. Pos or At says where; What, Why and
// Fix are sentences without a trailing newline. What is never empty.
type Diagnostic struct {
	Code     string
	Severity Severity
	Pos      Position
	At       addr.Address
	Property string
	What     string
	Why      string
	Fix      string
}

// Where prints the place: the position where there is one, else the address
// and property.
func (d Diagnostic) Where() string {
	if !d.Pos.IsZero() {
		return d.Pos.String()
	}
	if d.At.IsZero() {
		return ""
	}
	if d.Property == "" {
		return d.At.String()
	}
	return d.At.String() + " " + d.Property
}

// Error prints the diagnostic on one line, followed by indented lines for why
// it matters and how to mend it.
func (d Diagnostic) Error() string {
	var b strings.Builder
	if w := d.Where(); w != "" {
		b.WriteString(w + ": ")
	}
	fmt.Fprintf(&b, "%s: %s [%s]", d.Severity, d.What, d.Code)
	if d.Why != "" {
		b.WriteString("\n  why: " + d.Why)
	}
	if d.Fix != "" {
		b.WriteString("\n  fix: " + d.Fix)
	}
	return b.String()
}

// List is diagnostics collected by one piece of work. A List that has errors
// is returned as an error by Err.
type List []Diagnostic

// Add appends a diagnostic.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Sort orders the list by place, then code, then text, so that it reads the
// same whatever order the checks ran in.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(a.Pos.Compare(b.Pos), a.At.Compare(b.At), cmp.Compare(a.Property, b.Property),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.What, b.What))
	})
}

// HasErrors says whether any diagnostic is an Error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Err returns the list as an error if it has errors, and nil otherwise.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return l
}

// Error prints every diagnostic, one after the other.
func (l List) Error() string {
	s := make([]string, len(l))
	for i, d := range l {
		s[i] = d.Error()
	}
	return strings.Join(s, "\n")
}
