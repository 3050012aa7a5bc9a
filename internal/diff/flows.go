package diff

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/network"
)

// Flow is what packets of a protocol may do between two ends, on one side only.
// Ends are parts of the estate; where there is none, what owns the interfaces.
type Flow struct {
	From, To string
	Protocol string
	// Ports are as people write them: 443,8080-8090; empty where the protocol
	// has none.
	Ports string
	// Gained says that only the new side has it, otherwise only the old one has.
	Gained bool
	// Certain is false for what depends on what only deployment decides.
	Certain bool
}

// internet is the end that is everything outside.
const internet = "internet"

// way is a protocol between two ends.
type way struct{ from, to, protocol string }

// span is a range of ports, inclusive.
type span struct{ from, to int }

// open is what may flow on one side, and what certainly does.
type open struct{ may, must map[way][]span }

// openIn walks all pairs of interfaces of a side, whose classes have names.
func openIn(ctx context.Context, s *Side, names map[network.ClassID][]string) (*open, error) {
	o := &open{map[way][]span{}, map[way][]span{}}
	net := s.Input.Net
	note := func(m map[way][]span, a, b network.ClassID, p network.PacketSet) {
		for _, f := range net.Flows(p) {
			for _, from := range names[a] {
				for _, to := range names[b] {
					w := way{from, to, f.Protocol}
					m[w] = append(m[w], span{int(f.From), int(f.To)})
				}
			}
		}
	}
	var mu sync.Mutex
	err := net.AllPairs(ctx, func(a, b network.ClassID, r network.Reach) {
		if a == b || r.May.IsEmpty() {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		note(o.may, a, b, r.May)
		note(o.must, a, b, r.Must)
	})
	if err != nil {
		return nil, fmt.Errorf("walking all pairs of interfaces of %s: %w", s.Name, err)
	}
	for _, m := range []map[way][]span{o.may, o.must} {
		for w, spans := range m {
			m[w] = merged(spans)
		}
	}
	return o, nil
}

// ends names every class of interfaces.
func (s *Side) ends() map[network.ClassID][]string {
	all := map[network.ClassID][]string{}
	for _, c := range s.Input.Net.Classes() {
		all[c.ID] = s.endsOf(c)
	}
	return all
}

// endsOf names a class of interfaces: by its parts, or else by what owns them.
func (s *Side) endsOf(c network.Class) []string {
	if c.ID == network.Internet {
		return []string{internet}
	}
	var all []string
	for _, m := range c.Members {
		name := addrName(m.Owner.Addr)
		if id := s.Input.PartOf(m.Owner.Addr); id.Name != "" {
			name = id.String()
		}
		all = append(all, name)
	}
	if c.External {
		for _, p := range c.Addrs {
			all = append(all, p.String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// addrName is a resource's name among those of other stacks.
func addrName(a addr.Address) string {
	if a.Stack.Name == "" {
		return a.Logical
	}
	return a.Stack.Name + "/" + a.Logical
}

// merged joins ranges that overlap or touch.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to+1 {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// minus is what is in a and not in b; both are merged.
func minus(a, b []span) []span {
	var out []span
	for _, s := range a {
		for _, t := range b {
			if t.to < s.from || t.from > s.to {
				continue
			}
			if t.from > s.from {
				out = append(out, span{s.from, t.from - 1})
			}
			s.from = t.to + 1
		}
		if s.from <= s.to {
			out = append(out, s)
		}
	}
	return out
}

// flows are gained where they may flow now and could not before, and lost where
// they could and cannot.
func flows(was, is *open) []Flow {
	all := append(only(is, was, true), only(was, is, false)...)
	slices.SortFunc(all, func(a, b Flow) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Ports, b.Ports))
	})
	return all
}

func rank(f Flow) int {
	r := 0
	if f.From != internet {
		r++
	}
	if !f.Gained {
		r += 2
	}
	return r
}

func only(have, lack *open, gained bool) []Flow {
	var all []Flow
	for w, spans := range have.may {
		rest := minus(spans, lack.may[w])
		if len(rest) == 0 {
			continue
		}
		perhaps := minus(rest, have.must[w])
		for _, part := range []struct {
			spans   []span
			certain bool
		}{{minus(rest, perhaps), true}, {perhaps, false}} {
			if len(part.spans) > 0 {
				all = append(all, Flow{From: w.from, To: w.to, Protocol: w.protocol, Ports: ports(w.protocol, part.spans), Gained: gained, Certain: part.certain})
			}
		}
	}
	return all
}

func ports(protocol string, spans []span) string {
	if protocol != "tcp" && protocol != "udp" || len(spans) == 1 && spans[0] == (span{0, 65535}) {
		return ""
	}
	var out []string
	for _, s := range spans {
		out = append(out, network.PortText(uint16(s.from), uint16(s.to)))
	}
	return strings.Join(out, ",")
}

// Zones says in how many Availability Zones an end has interfaces.
type Zones struct {
	End      string
	Was, Are []string
}

// zones returns the ends that both sides have and that stand in fewer zones.
func zones(was, are map[string][]string) []Zones {
	var all []Zones
	for end, old := range was {
		if now, ok := are[end]; ok && len(now) < len(old) && len(now) > 0 {
			all = append(all, Zones{end, old, now})
		}
	}
	slices.SortFunc(all, func(a, b Zones) int { return cmp.Compare(a.End, b.End) })
	return all
}

// zones are the zones of the ends of a side, sorted.
func (s *Side) zones(names map[network.ClassID][]string) map[string][]string {
	in := map[string][]string{}
	for _, c := range s.Input.Net.Classes() {
		if c.Zone == "" {
			continue
		}
		for _, end := range names[c.ID] {
			if !slices.Contains(in[end], c.Zone) {
				in[end] = append(in[end], c.Zone)
			}
		}
	}
	for _, z := range in {
		slices.Sort(z)
	}
	return in
}
