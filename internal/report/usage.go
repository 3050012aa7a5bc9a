package report

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
)

// nearest is how many limits text shows; JSON has as many of each verdict.
const nearest = 10

// usage shows the limits that are nearest to being reached, and the largest
// template.
func (t *text) usage() {
	all := t.r.nearestLimits()
	if len(all) == 0 {
		return
	}
	t.line("")
	t.line("Nearest to their limits:")
	rows := make([][3]string, len(all))
	var widths [2]int
	for i, u := range all {
		rows[i] = [3]string{fmt.Sprintf("%s of %s", thousands(u.Used), thousands(u.Limit)), u.Quota, t.r.where(u.At)}
		for c := range widths {
			widths[c] = max(widths[c], lipgloss.Width(rows[i][c]))
		}
	}
	for i, u := range all {
		line := fmt.Sprintf("  %3d %%  %s  %s", percent(u), pad(rows[i][0], widths[0]), pad(rows[i][1], widths[1]))
		if lipgloss.Width(line)+2+lipgloss.Width(rows[i][2]) <= t.width {
			t.line("%s  %s", line, rows[i][2])
			continue
		}
		t.line("%s", strings.TrimRight(line, " "))
		t.wrapped("         ", rows[i][2])
	}
	t.templates()
}

// templates says which template is the largest.
func (t *text) templates() {
	if len(t.r.Templates) == 0 {
		return
	}
	largest := t.r.Templates[0]
	for _, x := range t.r.Templates {
		if x.Resources > largest.Resources {
			largest = x
		}
	}
	t.wrapped("  ", fmt.Sprintf("The largest of %s is that of %s, with %s in %s kB.", Plural(len(t.r.Templates), "template", "templates"),
		largest.Stack.Name, Plural(largest.Resources, "resource", "resources"), thousands((largest.Bytes+999)/1000)))
}

// nearestLimits are the nearest of all verdicts, of each limit the place that is
// nearest to it.
func (r *Report) nearestLimits() []proof.Usage {
	var all []proof.Usage
	for _, v := range r.Verdicts {
		all = append(all, v.Usage...)
	}
	slices.SortFunc(all, proof.Usage.Compare)
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(u proof.Usage) bool {
		again := seen[u.Quota]
		seen[u.Quota] = true
		return again
	})
	return all[:min(len(all), nearest)]
}

// percent rounds up, so that 100 is what is used up.
func percent(u proof.Usage) int { return (100*u.Used + u.Limit - 1) / max(u.Limit, 1) }

// where names a place: a resource, or the stack, Region or account whose
// address lacks what lies below.
func (r *Report) where(a addr.Address) string {
	if a.Stack.Name == "" && (a.Logical == "" || r.construct(a) == "") {
		parts := slices.DeleteFunc([]string{a.Stack.Account, a.Stack.Region, a.Logical}, func(s string) bool { return s == "" })
		return strings.Join(parts, " ")
	}
	if a.Logical == "" {
		return a.Stack.Name
	}
	return r.name(a)
}
