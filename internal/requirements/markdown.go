package requirements

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
)

// notYet stands where a row or control has nothing.
const notYet = "not yet"

// Markdown prints the map of requirements, as docs/requirements.md.
func Markdown(groups []Group) string {
	var b strings.Builder
	rows, proved, shown := 0, 0, 0
	for _, g := range groups {
		for _, r := range g.Rows {
			rows++
			proved += min(1, len(r.Claims))
			shown += min(1, len(r.Tests))
		}
	}
	fmt.Fprintf(&b, `# What Surety does, and what shows it

Written anew from the code by `+"`go test ./internal/requirements -update`"+`; do not edit. A claim names its rows itself, a test carries the
row in its name, and %s says in which stacks and by which
[patterns](../patterns) a row is built. *%s* is what it says.

Of %d rows, %d have a claim that a wrong template refutes, and %d have tests of their own.
`, "[requirements.yaml](../internal/requirements/requirements.yaml)", notYet, rows, proved, shown)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n\n| row | what | stacks | patterns | claims | tests |\n|---|---|---|---|---|---|\n", g.Name)
		for _, r := range g.Rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.ID, r.Text,
				list(r.Layers, func(s string) string { return s }),
				list(r.Patterns, func(s string) string { return "[" + s + "](../patterns/" + s + ")" }),
				list(r.Claims, linkClaim),
				list(r.Tests, func(t Test) string { return "[" + t.Name + "](../" + t.File + ")" }))
		}
	}
	return b.String()
}

// ControlsMarkdown prints the map from claims to controls, as docs/controls.md.
func ControlsMarkdown(c *Controls, claims []proof.Claim) string {
	var b strings.Builder
	b.WriteString(`# Which controls a proved claim is evidence for

Written anew by ` + "`go test ./internal/requirements -update`" + ` from [controls.yaml](../internal/requirements/controls.yaml), which is written by hand; do
not edit. A claim is evidence for a control and never the whole of it: each framework also asks for people, decisions and records
that no template holds. Texts are our own words; read the frameworks themselves before you rely on them.

## By claim

| claim |`)
	for _, f := range c.Frameworks {
		b.WriteString(" " + f.Name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(c.Frameworks)) + "\n")
	for _, claim := range claims {
		fmt.Fprintf(&b, "| %s |", linkClaim(claim.ID))
		for _, f := range c.Frameworks {
			fmt.Fprintf(&b, " %s |", strings.Join(c.Claims[claim.ID][f.ID], ", "))
		}
		b.WriteString("\n")
	}
	for _, f := range c.Frameworks {
		fmt.Fprintf(&b, "\n## %s\n\n| control | what | claims |\n|---|---|---|\n", f.Name)
		for _, id := range f.sortedControls() {
			there, later := c.supports(f.ID, id, claims)
			cells := make([]string, 0, len(there)+len(later))
			for _, claim := range there {
				cells = append(cells, linkClaim(claim))
			}
			for _, claim := range later {
				cells = append(cells, claim+" ("+notYet+")")
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", id, f.Controls[id], strings.Join(cells, ", "))
		}
	}
	return b.String()
}

func linkClaim(id string) string { return "[" + id + "](claims/" + id + ".md)" }

// list prints the items of a cell, or that there are none.
func list[T any](items []T, print func(T) string) string {
	all := make([]string, 0, len(items))
	for _, i := range items {
		all = append(all, print(i))
	}
	return cmp.Or(strings.Join(all, ", "), notYet)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
