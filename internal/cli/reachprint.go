package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/report"
)

// jsonAnswer is the JSON of reach FROM TO.
type jsonAnswer struct {
	Version  int              `json:"version"`
	From     string           `json:"from"`
	To       string           `json:"to"`
	Protocol string           `json:"protocol,omitempty"`
	Port     int              `json:"port,omitempty"`
	Verdict  string           `json:"verdict"`
	Flows    string           `json:"flows,omitempty"`
	Pairs    int              `json:"pairs"`
	Works    int              `json:"works"`
	Codes    []string         `json:"codes"`
	Forward  []report.JSONHop `json:"forward"`
	Return   []report.JSONHop `json:"return"`
	StopsAt  *report.JSONHop  `json:"stopsAt,omitempty"`
	Domains  []string         `json:"domains,omitempty"`
	Unknowns []string         `json:"unknowns,omitempty"`
	Relays   []jsonRelay      `json:"relays,omitempty"`
	Names    []jsonName       `json:"names,omitempty"`
}

// jsonRelay is a way by a load balancer, which ends FROM's connection and
// begins its own.
type jsonRelay struct {
	Balancer string    `json:"balancer"`
	Sure     bool      `json:"sure"`
	Legs     []jsonLeg `json:"legs"`
}

// jsonLeg is one connection of such a way.
type jsonLeg struct {
	From    string           `json:"from"`
	To      string           `json:"to"`
	Forward []report.JSONHop `json:"forward"`
	Return  []report.JSONHop `json:"return"`
}

func (a *answer) write(w io.Writer, format string) error {
	if format == "json" {
		return report.EncodeJSON(w, a.json())
	}
	var b strings.Builder
	a.text(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *answer) json() jsonAnswer {
	out := jsonAnswer{
		Version: report.Version, From: a.q.from, To: a.q.to, Protocol: a.q.protocol, Port: a.q.port,
		Verdict: a.verdict, Pairs: a.pairs, Works: a.works, Codes: a.codes,
		Forward: report.JSONHops(a.path.Forward, false), Return: report.JSONHops(a.path.Return, true),
		Domains: a.path.Domains, Unknowns: a.unknowns(), Relays: a.jsonRelays(), Names: a.jsonNames(),
	}
	if a.verdict == reachable {
		out.Flows = a.net.Format(a.flows)
	}
	if a.path.StopsAt != nil {
		out.StopsAt = &report.JSONHops([]network.Hop{*a.path.StopsAt}, false)[0]
	}
	return out
}

func (a *answer) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s → %s%s: %s\n", a.q.from, a.q.to, a.asked(), a.headline())
	a.namesText(b)
	a.hops(b, "forward", a.path.Forward)
	a.hops(b, "return", a.path.Return)
	if len(a.path.Domains) > 0 {
		fmt.Fprintf(b, "\nonly for these names: %s\n", strings.Join(a.path.Domains, ", "))
	}
	for _, u := range a.unknowns() {
		fmt.Fprintf(b, "\nnot known before deployment: %s\n", u)
	}
	for _, r := range a.relays {
		perhaps := ""
		if !r.sure {
			perhaps = "perhaps "
		}
		fmt.Fprintf(b, "\nNot directly, but %sby way of the load balancer %s.\n", perhaps, r.balancer)
		ends := a.ends(r)
		for i, leg := range r.legs {
			a.hops(b, ends[i]+" → "+ends[i+1], leg.Forward)
			a.hops(b, "return", leg.Return)
		}
	}
}

func (a *answer) asked() string {
	switch {
	case a.q.port > 0:
		return fmt.Sprintf(" %s/%d", a.q.protocol, a.q.port)
	case a.q.protocol != "":
		return " " + a.q.protocol
	}
	return ""
}

func (a *answer) headline() string {
	switch a.verdict {
	case reachable:
		s := "reachable by " + a.net.Format(a.flows)
		if a.works < a.pairs {
			s += fmt.Sprintf(", from %d of %d pairs of places", a.works, a.pairs)
		}
		return s
	case unknown:
		return "unknown: it depends on what only deployment decides"
	}
	if len(a.relays) > 0 {
		if !a.relays[0].sure {
			return "unreachable directly, perhaps reachable by way of the load balancer " + a.relays[0].balancer
		}
		return "unreachable directly, reachable by way of the load balancer " + a.relays[0].balancer
	}
	if a.pairs == 0 {
		return "unreachable: the name leads nowhere"
	}
	if h := a.path.StopsAt; h != nil {
		return fmt.Sprintf("unreachable, stopped at %s [%s]", a.s.name(h.At), h.Code)
	}
	return "unreachable"
}

func (a *answer) hops(b *strings.Builder, label string, hops []network.Hop) {
	if len(hops) == 0 {
		return
	}
	fmt.Fprintf(b, "\n  %s\n", label)
	for i, h := range hops {
		fmt.Fprintf(b, "  %2d  %s", i+1, a.s.name(h.At))
		if !h.By.IsZero() && h.By != h.At {
			fmt.Fprintf(b, " (by %s)", strings.TrimSpace(a.s.name(h.By)+" "+h.Property))
		}
		fmt.Fprintf(b, "\n      %s", h.Decision)
		if h.Code != "" {
			fmt.Fprintf(b, " [%s]", h.Code)
		}
		if head := report.Header(h.In); head != "" && (i == 0 || hops[i-1].In != h.In) {
			fmt.Fprintf(b, "\n      %s", head)
		}
		b.WriteString("\n")
	}
}

func (a *answer) unknowns() []string {
	if a.verdict == unreachable {
		return nil
	}
	var out []string
	for _, u := range a.path.Unknowns {
		if s := u.Error(); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// ends are the three ends of a way by a load balancer.
func (a *answer) ends(r relay) [3]string { return [3]string{a.q.from, r.balancer, a.q.to} }

func (a *answer) jsonRelays() []jsonRelay {
	var out []jsonRelay
	for _, r := range a.relays {
		ends, j := a.ends(r), jsonRelay{Balancer: r.balancer, Sure: r.sure}
		for i, leg := range r.legs {
			j.Legs = append(j.Legs, jsonLeg{From: ends[i], To: ends[i+1],
				Forward: report.JSONHops(leg.Forward, false), Return: report.JSONHops(leg.Return, true)})
		}
		out = append(out, j)
	}
	return out
}
