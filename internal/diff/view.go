package diff

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/report"
	"github.com/suretyhq/surety/internal/updates"
)

// most is how many lines of a kind a summary names; --format json has all.
const most = 40

// Formats are the names of the views.
func Formats() []string { return []string{"text", "json", "markdown"} }

// Write writes a view of the change.
func (c *Change) Write(w io.Writer, format string) error {
	switch format {
	case "json":
		return report.EncodeJSON(w, c.json())
	case "markdown":
		_, err := io.WriteString(w, c.markdown())
		return err
	}
	_, err := io.WriteString(w, c.text())
	return err
}

// section is a heading with its lines.
type section struct {
	title string
	lines []string
}

// first are the three things that a reviewer must know first: what is worse by
// proof, whose data is at stake, and what the internet gains.
func (c *Change) first() []string {
	var broken, mended, perhaps int
	for _, x := range c.Claims {
		switch {
		case x.New == proof.Refuted:
			broken++
		case x.New == proof.Unknown:
			perhaps++
		case x.Old == proof.Refuted || x.Old == proof.Unknown:
			mended++
		}
	}
	proved := "every claim comes to what it came to"
	switch {
	case broken+perhaps > 0:
		proved = fmt.Sprintf("**%s** refuted or refuted anew, %d not known, %d mended", report.Plural(broken, "claim is", "claims are"), perhaps, mended)
	case mended > 0:
		proved = fmt.Sprintf("no claim is worse, %d mended", mended)
	case len(c.Claims) > 0:
		proved = fmt.Sprintf("no claim is worse; %s in scopes that are new or gone", report.Plural(len(c.Claims), "verdict", "verdicts"))
	}
	data := "nothing that holds data is replaced or removed"
	switch n := len(c.Data.Witness); {
	case c.Data.Outcome == proof.Waived:
		data = fmt.Sprintf("%s replaced or removed, which a waiver accepts", report.Plural(n, "store is", "stores are"))
	case n > 0:
		data = fmt.Sprintf("**%s** replaced or removed", report.Plural(n, "store is or may be", "stores are or may be"))
	}
	var gained, lost, public int
	for _, f := range c.Flows {
		switch {
		case !f.Gained:
			lost++
		case f.From == internet:
			public++
			gained++
		default:
			gained++
		}
	}
	flows := fmt.Sprintf("%s gained, %d lost", report.Plural(gained, "flow is", "flows are"), lost)
	switch {
	case public > 0:
		flows += fmt.Sprintf("; **%d of them from the internet**", public)
	case gained+lost == 0:
		flows = "who can reach whom stays as it is"
	}
	return []string{proved, data, flows}
}

// sections are the details, those that matter most first.
func (c *Change) sections() []section {
	var all []section
	add := func(title string, lines []string) {
		if n := len(lines) - most; n > 0 {
			lines = append(lines[:most:most], fmt.Sprintf("and %d more (--format json has all)", n))
		}
		if len(lines) > 0 {
			all = append(all, section{title, lines})
		}
	}
	add("Data", findings(c.Data.Witness))
	var lines []string
	for _, x := range c.Claims {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s → %s", report.Mark(x.New), x.ID, x.Scope, came(x.Old), came(x.New)))
		for _, f := range x.Findings {
			lines = append(lines, "  "+f.Message)
		}
	}
	add("Claims", lines)
	add("Flows gained", c.flowLines(true))
	add("Flows lost", c.flowLines(false))
	lines = nil
	for _, z := range c.Zones {
		lines = append(lines, fmt.Sprintf("%s: %s → %s", z.End, strings.Join(z.Was, ", "), strings.Join(z.Are, ", ")))
	}
	add("Fewer Availability Zones", lines)
	for _, what := range []struct {
		title string
		of    func(Resource) bool
	}{
		{"Replaced", func(r Resource) bool { return r.What == Changed && r.Effect == updates.Replaces }},
		{"Perhaps replaced", func(r Resource) bool {
			return r.What == Changed && (r.Effect == updates.Perhaps || r.Effect == updates.Unknown)
		}},
		{"Removed", func(r Resource) bool { return r.What == Removed }},
		{"Added", func(r Resource) bool { return r.What == Added }},
		{"Updated in place", func(r Resource) bool { return r.What == Changed && r.Effect == updates.InPlace }},
	} {
		lines = nil
		for _, r := range c.Resources {
			if what.of(r) {
				lines = append(lines, r.line())
			}
		}
		add(fmt.Sprintf("%s (%d)", what.title, len(lines)), lines)
	}
	lines = nil
	for _, u := range c.Usage {
		was := fmt.Sprint(u.Was)
		if u.Was == 0 {
			was = "less"
		}
		lines = append(lines, fmt.Sprintf("%s at %s: %s → %d of %d", u.Quota, u.At, was, u.Used, u.Limit))
	}
	add("Limits that are nearer", lines)
	return all
}

func (c *Change) flowLines(gained bool) []string {
	var lines []string
	for _, f := range c.Flows {
		if f.Gained == gained {
			lines = append(lines, f.String())
		}
	}
	return lines
}

// String prints the flow as people write it: internet → prod/api tcp/443.
func (f Flow) String() string {
	s := f.From + " → " + f.To + " " + f.Protocol
	if f.Ports != "" {
		s += "/" + f.Ports
	}
	if !f.Certain {
		s += " (depends on what only deployment decides)"
	}
	return s
}

func (r Resource) line() string {
	s := addrName(r.Addr) + " (" + r.Type
	if r.Part.Name != "" {
		s += ", " + r.Part.String()
	}
	s += ")"
	if r.What == Removed && r.Retained {
		s += ": stays in the account"
	}
	var names []string
	for _, p := range r.Properties {
		if p.Effect == r.Effect {
			names = append(names, p.Path)
		}
	}
	const few = 4
	if n := len(names) - few; n > 0 {
		names = append(names[:few:few], fmt.Sprintf("%d more", n))
	}
	if len(names) > 0 {
		s += ": " + strings.Join(names, ", ")
	}
	if !r.Because.IsZero() {
		s += ", because " + addrName(r.Because) + " is replaced"
	}
	return s
}

func findings(all []proof.Finding) []string {
	var lines []string
	for _, f := range all {
		lines = append(lines, report.Mark(f.Outcome)+" "+f.Message)
		if f.Outcome != proof.Waived {
			lines = append(lines, "  "+f.Fix)
		}
	}
	return lines
}

func came(o proof.Outcome) string {
	if o == proof.NotApplicable {
		return "nothing"
	}
	return o.String()
}

func (c *Change) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s → %s\n\n", c.Old, c.New)
	if c.IsEmpty() {
		return b.String() + "nothing that will be deployed is changed\n"
	}
	for i, line := range c.first() {
		fmt.Fprintf(&b, "%d. %s\n", i+1, strings.ReplaceAll(line, "**", ""))
	}
	for _, s := range c.sections() {
		fmt.Fprintf(&b, "\n%s\n", s.title)
		for _, line := range s.lines {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	return b.String()
}

func (c *Change) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### What the change means: %s → %s\n\n", code(c.Old), code(c.New))
	if c.IsEmpty() {
		return b.String() + "Nothing that will be deployed is changed.\n"
	}
	for i, line := range c.first() {
		fmt.Fprintf(&b, "%d. %s\n", i+1, line)
	}
	for _, s := range c.sections() {
		tag := "<details>"
		if slices.Contains([]string{"Data", "Claims", "Flows gained"}, s.title) {
			tag = "<details open>"
		}
		fmt.Fprintf(&b, "\n%s<summary>%s</summary>\n\n```text\n%s\n```\n\n</details>\n", tag, s.title, strings.ReplaceAll(strings.Join(s.lines, "\n"), "```", "'''"))
	}
	return b.String()
}

func code(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }
