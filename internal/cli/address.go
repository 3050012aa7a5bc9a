package cli

import (
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
)

// publicly returns the classes of the interfaces that an internet gateway knows
// by a public address.
func (s *subject) publicly(p netip.Prefix) []network.ClassID {
	if !p.IsSingleIP() {
		return nil
	}
	var out []network.ClassID
	for _, i := range s.graph.Interfaces() {
		if i.PublicAddress != p.Addr() {
			continue
		}
		own := s.net.ClassesOf(i.Self)
		for _, id := range s.net.ClassForPrefix(netip.PrefixFrom(i.Address, i.Address.BitLen())) {
			if slices.Contains(own, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// answerAddress answers for an address of a snapshot. An interface's public
// address is reached by way of the internet, its private one is not; and what
// nobody has is reached from nowhere.
func (s *subject) answerAddress(q question, from []network.ClassID, p netip.Prefix) (*answer, error) {
	outside := !slices.ContainsFunc(from, func(id network.ClassID) bool { return !s.net.Class(id).External })
	owners, holders := s.publicly(p), s.net.ClassForPrefix(p)
	switch {
	case len(owners) > 0 && outside:
		return s.answerClasses(q, s.net, from, owners)
	case len(owners) > 0:
		return s.answerByInternet(q, from, holders, owners)
	case len(holders) > 0 && (!outside || s.net.Class(holders[0]).External || p.Addr().Is6()):
		return s.answerClasses(q, s.net, from, holders)
	}
	n, nobody := s.net.Asking(p)
	a, err := s.answerClasses(q, n, from, []network.ClassID{nobody})
	if err == nil && a.verdict == unreachable && !outside {
		a.doubtHidden(p)
	}
	return a, err
}

// doubtHidden makes the answer unknown if an interface that the snapshot does
// not list may have the address.
func (a *answer) doubtHidden(p netip.Prefix) {
	for r, v := range resource.Views[resource.VPC](a.s.graph) {
		if r.Hides != nil && slices.ContainsFunc(slices.Concat(v.CIDRs, v.IPv6), p.Overlaps) {
			a.verdict = unknown
			a.path.Unknowns = append(a.path.Unknowns, r.Hides)
		}
	}
}

// answerByInternet answers for a public address of an interface, asked from
// inside: the packet leaves to the internet, and comes from there as if from the
// public address that it left with ("Connect to the internet using an internet
// gateway").
func (s *subject) answerByInternet(q question, from, holders, owners []network.ClassID) (*answer, error) {
	var best *answer
	for _, f := range from {
		out, err := s.answerClasses(q, s.net, []network.ClassID{f}, holders)
		if err != nil {
			return nil, err
		}
		if out.verdict != unreachable {
			in, err := s.answerClasses(q, s.net, s.leavesAs(f, out.path), owners)
			if err != nil {
				return nil, err
			}
			out.join(in)
		}
		if best == nil || out.verdict == reachable && best.verdict != reachable || out.verdict == unknown && best.verdict == unreachable {
			best = out
		}
	}
	return best, nil
}

// join makes of the way out and the way back in one way.
func (a *answer) join(in *answer) {
	a.path.Forward = append(slices.Clip(a.path.Forward), in.path.Forward...)
	a.path.Return = append(slices.Clip(in.path.Return), a.path.Return...)
	a.path.Unknowns = append(slices.Clip(a.path.Unknowns), in.path.Unknowns...)
	a.path.StopsAt, a.codes = in.path.StopsAt, pathCodes(a.path)
	a.flows = a.flows.And(in.flows)
	switch {
	case in.verdict == unreachable || a.verdict == reachable && in.verdict == reachable && a.flows.IsEmpty():
		a.verdict = unreachable
	case in.verdict == unknown:
		a.verdict = unknown
	}
}

// leavesAs returns the classes of the public addresses that packets of a class
// leave with on a path: its own, or those of a NAT gateway; all of the internet
// where that is not known.
func (s *subject) leavesAs(f network.ClassID, p network.Path) []network.ClassID {
	var owners []addr.Address
	for _, h := range p.Forward {
		owners = append(owners, h.At)
	}
	var nat, own []network.ClassID
	for _, i := range s.graph.Interfaces() {
		if !i.PublicAddress.IsValid() {
			continue
		}
		ids := s.net.ClassForPrefix(netip.PrefixFrom(i.PublicAddress, i.PublicAddress.BitLen()))
		switch {
		case i.Kind == resource.EndNAT && slices.Contains(owners, i.Owner.Addr):
			nat = append(nat, ids...)
		case slices.Contains(s.net.ClassesOf(i.Self), f):
			own = append(own, ids...)
		}
	}
	switch {
	case len(nat) > 0:
		return nat
	case len(own) > 0:
		return own
	}
	return s.net.External()
}

// endUnheard ends a path at a load balancer that has no listener for the
// packets which get to it.
func (a *answer) endUnheard() {
	if _, ok := a.net.Listens(a.path.To); !ok || a.verdict != unreachable || a.path.StopsAt != nil || len(a.path.Forward) == 0 {
		return
	}
	hop := a.net.Unheard(a.path.To, a.path.Forward[len(a.path.Forward)-1].Out)
	a.path.Forward, a.path.Return, a.path.StopsAt = append(slices.Clip(a.path.Forward), hop), nil, &hop
}
