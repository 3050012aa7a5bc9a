package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
)

// shown is how many findings of one verdict text prints; JSON has them all.
const shown = 8

// Mark is how an outcome looks in a table.
func Mark(o proof.Outcome) string {
	switch o {
	case proof.Proved:
		return "✓"
	case proof.Refuted:
		return "✗"
	case proof.Unknown:
		return "?"
	case proof.Waived:
		return "~"
	}
	return "·"
}

// word is how an outcome is called in text.
func word(o proof.Outcome) string {
	if o == proof.NotApplicable {
		return "not applicable"
	}
	return o.String()
}

// text prints one report; it keeps what every part of it needs.
type text struct {
	*bufio.Writer
	r     *Report
	width int
	color bool
}

func writeText(w io.Writer, r *Report, opts Options) error {
	t := &text{Writer: bufio.NewWriter(w), r: r, width: opts.Width, color: opts.Color}
	if t.width == 0 {
		t.width = 100
	}
	t.width = min(max(t.width, 40), 120)
	t.heading()
	t.table()
	t.notes()
	t.findings()
	t.usage()
	t.notModelled()
	t.closing()
	return t.Flush()
}

func (t *text) line(format string, args ...any) {
	fmt.Fprintln(t, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// paint colours s as an outcome is coloured.
func (t *text) paint(o proof.Outcome, s string) string {
	if !t.color {
		return s
	}
	style := lipgloss.NewStyle()
	switch o {
	case proof.Proved:
		style = style.Foreground(lipgloss.Color("2"))
	case proof.Refuted:
		style = style.Foreground(lipgloss.Color("1")).Bold(true)
	case proof.Unknown, proof.Waived:
		style = style.Foreground(lipgloss.Color("3"))
	case proof.NotApplicable:
		style = style.Foreground(lipgloss.Color("8"))
	}
	return style.Render(s)
}

func (t *text) bold(s string) string {
	if !t.color {
		return s
	}
	return lipgloss.NewStyle().Bold(true).Render(s)
}

func (t *text) heading() {
	what := t.r.Source
	if t.r.Estate != "" {
		what = "estate " + t.r.Estate
	}
	t.line("%s  %s, %s", t.bold(what), Plural(t.r.Stacks, "stack", "stacks"), Plural(t.r.Resources(), "resource", "resources"))
	t.line("")
}

// table shows every claim by scope, and how much was checked.
func (t *text) table() {
	rows, scopes := t.rows(), t.r.scopes()
	first := 0
	for _, row := range rows {
		first = max(first, len(row.id))
	}
	columns := make([]int, len(scopes))
	total := first + 4
	for i, s := range scopes {
		columns[i] = max(len(s), 1)
		total += columns[i] + 2
	}
	if checked := t.widestChecked(rows); total+checked <= t.width {
		t.matrix(rows, scopes, columns, first)
	} else {
		t.list(rows, first)
	}
	t.line("")
	t.legend()
}

// row is a claim's line of the table.
type row struct {
	id      string
	of      map[proof.Scope]proof.Outcome
	counts  map[proof.Outcome]int
	checked int
	unit    string
}

func (t *text) rows() []row {
	var rows []row
	for _, v := range t.r.verdicts() {
		if n := len(rows); n == 0 || rows[n-1].id != v.Claim {
			rows = append(rows, row{id: v.Claim, of: map[proof.Scope]proof.Outcome{}, counts: map[proof.Outcome]int{}})
		}
		row := &rows[len(rows)-1]
		row.of[v.Scope] = v.Outcome
		row.counts[v.Outcome]++
		row.checked += v.Checked
		if v.Unit != "" {
			row.unit = v.Unit
		}
	}
	return rows
}

func (r row) amount() string {
	if r.checked == 0 {
		return ""
	}
	return strings.TrimSpace(thousands(r.checked) + " " + r.unit)
}

func (t *text) widestChecked(rows []row) int {
	w := len("checked")
	for _, r := range rows {
		w = max(w, lipgloss.Width(r.amount()))
	}
	return w
}

func (t *text) matrix(rows []row, scopes []proof.Scope, columns []int, first int) {
	head := "  " + strings.Repeat(" ", first)
	for i, s := range scopes {
		head += "  " + centre(string(s), columns[i])
	}
	t.line("%s", head+"  checked")
	for _, row := range rows {
		line := "  " + pad(row.id, first)
		for i, s := range scopes {
			cell := strings.Repeat(" ", columns[i])
			if o, ok := row.of[s]; ok {
				cell = strings.Replace(centre("x", columns[i]), "x", t.paint(o, Mark(o)), 1)
			}
			line += "  " + cell
		}
		t.line("%s", line+"  "+row.amount())
	}
}

// list is the table of an estate with more scopes than a line has room for.
func (t *text) list(rows []row, first int) {
	for _, row := range rows {
		var counts []string
		for _, o := range shownOutcomes() {
			if n := row.counts[o]; n > 0 {
				counts = append(counts, t.paint(o, fmt.Sprintf("%s %d", Mark(o), n)))
			}
		}
		t.line("  %s  %s  %s", pad(row.id, first), strings.Join(counts, "  "), row.amount())
	}
}

func shownOutcomes() []proof.Outcome {
	return []proof.Outcome{proof.Proved, proof.Refuted, proof.Unknown, proof.Waived, proof.NotApplicable}
}

// legend explains the marks that the table uses.
func (t *text) legend() {
	var used []string
	for _, o := range shownOutcomes() {
		if n := t.r.Count(o); n > 0 {
			used = append(used, t.paint(o, fmt.Sprintf("%s %d %s", Mark(o), n, word(o))))
		}
	}
	t.wrapped("  ", strings.Join(used, "   "))
}

// findings lists what is refuted, what is unknown and what is waived, each
// with its reason.
func (t *text) findings() {
	for _, o := range []proof.Outcome{proof.Refuted, proof.Unknown, proof.Waived} {
		for _, v := range t.r.verdicts() {
			if v.Outcome == o {
				t.verdict(v)
			}
		}
	}
}

// notes says why claims do not apply: each reason once, with its claims.
func (t *text) notes() {
	var order []string
	claims := map[string][]string{}
	for _, v := range t.r.verdicts() {
		if v.Outcome != proof.NotApplicable || v.Note == "" {
			continue
		}
		if claims[v.Note] == nil {
			order = append(order, v.Note)
		}
		if !slices.Contains(claims[v.Note], v.Claim) {
			claims[v.Note] = append(claims[v.Note], v.Claim)
		}
	}
	for _, note := range order {
		t.line("")
		t.wrapped("  ", t.paint(proof.NotApplicable, Mark(proof.NotApplicable))+" "+strings.Join(claims[note], ", ")+": "+note)
	}
}

func (t *text) verdict(v proof.Verdict) {
	t.line("")
	t.line("%s %s", t.paint(v.Outcome, Mark(v.Outcome)+" "+v.Claim), t.bold("in "+string(v.Scope)+": "+word(v.Outcome)))
	if says := t.r.claim(v.Claim).Says; says != "" {
		t.wrapped("  ", says)
	}
	if v.Waiver != nil {
		said := fmt.Sprintf("waived until %s: %s", v.Waiver.Until.Format("2006-01-02"), v.Waiver.Why)
		if pos := v.Waiver.Pos(); !pos.IsZero() {
			said += " (" + pos.String() + ")"
		}
		t.wrapped("  ", said)
	}
	for i, f := range v.Witness {
		if i == shown {
			t.line("")
			t.line("  … and %s; --format json lists them all", Plural(len(v.Witness)-shown, "finding more", "findings more"))
			break
		}
		t.finding(f)
	}
}

func (t *text) finding(f proof.Finding) {
	t.line("")
	t.wrapped("  ", t.bold(f.Code)+" "+f.Message)
	if !f.At.IsZero() {
		at := t.r.name(f.At)
		if f.Property != "" {
			at += " " + f.Property
		}
		t.field("at", at)
		if file, line := t.r.file(f.At); file != "" {
			t.field("in", fmt.Sprintf("%s:%d", file, max(line, 1)))
		}
	}
	if !f.Intent.IsZero() {
		t.field("against", f.Intent.String())
	}
	t.path(f.Path)
	if f.Fix != "" {
		t.field("fix", f.Fix)
	}
}

// path prints the way there, and the way back only if that is what stops.
func (t *text) path(p *network.Path) {
	if p == nil {
		return
	}
	label := "path"
	for _, h := range p.Forward {
		t.field(label, "→ "+t.hop(h))
		label = ""
	}
	if !slices.ContainsFunc(p.Return, func(h network.Hop) bool { return h.Code != "" }) {
		return
	}
	label = "return"
	for _, h := range p.Return {
		t.field(label, "← "+t.hop(h))
		label = ""
	}
}

// hop is one step of a path: where the packet is, what decided, and how.
func (t *text) hop(s network.Hop) string {
	line := t.r.name(s.At)
	if by := t.r.name(s.By); by != "" && by != line {
		line += " by " + by
	}
	line += ": " + s.Decision
	if s.Code != "" {
		line += " [" + s.Code + "]"
	}
	return line
}

func (t *text) notModelled() {
	types := slices.Sorted(maps.Keys(t.r.NotModelled))
	if len(types) == 0 {
		return
	}
	for i, typ := range types {
		types[i] = fmt.Sprintf("%d × %s", t.r.NotModelled[typ], typ)
	}
	t.line("")
	t.wrapped("", "Not modelled (kept, but no claim looks into them): "+strings.Join(types, ", "))
}

func (t *text) closing() {
	took := t.r.Timing.Load + t.r.Timing.Resolve + t.r.Timing.Prove
	t.line("")
	t.wrapped("", fmt.Sprintf("%s It took %s: load %s, resolve %s, prove %s.", t.sentence(),
		round(took), round(t.r.Timing.Load), round(t.r.Timing.Resolve), round(t.r.Timing.Prove)))
}

// Summary says in one sentence what the report comes to.
func (r *Report) Summary() string { return (&text{r: r}).sentence() }

func (t *text) sentence() string {
	refuted, unknown, proved := t.r.Count(proof.Refuted), t.r.Count(proof.Unknown), t.r.Count(proof.Proved)
	waived := ""
	if n := t.r.Count(proof.Waived); n > 0 {
		waived = fmt.Sprintf(", %d waived", n)
	}
	switch {
	case refuted > 0:
		return t.paint(proof.Refuted, fmt.Sprintf("Refuted: %d of %s%s.", refuted, Plural(len(t.r.Verdicts), "verdict", "verdicts"), waived))
	case unknown > 0:
		return t.paint(proof.Unknown, fmt.Sprintf("Nothing is refuted, but %s unknown%s.", Plural(unknown, "verdict is", "verdicts are"), waived))
	case proved == 0:
		return "Nothing was proved: no claim applies to what was loaded."
	}
	na := ""
	if n := t.r.Count(proof.NotApplicable); n > 0 {
		na = fmt.Sprintf(", %d not applicable", n)
	}
	return t.paint(proof.Proved, fmt.Sprintf("Proved: every claim, %s%s%s.", Plural(proved, "verdict", "verdicts"), waived, na))
}

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}

// field prints a labelled line of a finding, wrapped below itself.
func (t *text) field(label, s string) {
	const indent = "             "
	lines := wrap(s, t.width-len(indent)-2)
	t.line("    %s %s", pad(label, 8), lines[0])
	for _, l := range lines[1:] {
		t.line("%s%s", indent, "  "+l)
	}
}

func (t *text) wrapped(indent, s string) {
	for _, l := range wrap(s, t.width-len(indent)) {
		t.line("%s%s", indent, l)
	}
}

// wrap breaks s into lines at its spaces only: what stands between them is
// often a name that someone will copy.
func wrap(s string, width int) []string {
	var lines []string
	for _, word := range strings.Split(s, " ") {
		if n := len(lines); n > 0 && lipgloss.Width(lines[n-1])+1+lipgloss.Width(word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
}

func centre(s string, width int) string {
	left := (width - lipgloss.Width(s)) / 2
	return pad(strings.Repeat(" ", max(left, 0))+s, width)
}
