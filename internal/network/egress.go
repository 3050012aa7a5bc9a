package network

import (
	"cmp"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Egress returns every way out to the internet that packets of a class have:
// by external class, gateway or NAT gateway, and firewalls passed, in a stable
// order. Ways that nothing can take are left out; a way that leads out and has
// no way back is not: data has left by it. With uninspected, only the ways that
// pass no firewall are returned.
func (n *Network) Egress(a ClassID, uninspected bool) []Exit {
	if !n.has(a) || n.inside[a].sub == nil {
		return nil
	}
	var out []Exit
	src := &n.inside[a]
	for _, to := range n.external {
		dst := &n.inside[to]
		if n.mute(src, dst) {
			continue
		}
		for family := range src.atoms {
			for _, x := range src.atoms[family] {
				for _, y := range dst.atoms[family] {
					out = n.exits(out, a, to, end{src, x}, end{dst, y}, uninspected)
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y Exit) int {
		return cmp.Or(cmp.Compare(x.To, y.To), x.By.Compare(y.By), slices.CompareFunc(x.Firewalls, y.Firewalls, addr.Address.Compare))
	})
	return out
}

func (n *Network) exits(out []Exit, a, to ClassID, src, dst end, uninspected bool) []Exit {
	var j journey
	j.begin(n, src, dst)
	if !slices.ContainsFunc(j.ways, func(l *line) bool { return l.end == leaves && (!uninspected || len(l.fws) == 0) }) {
		return out
	}
	attempts := n.attempts(src, dst, n.ports.all)
	for i := 0; j.next(); i++ {
		t, at := &j.trip, attempts[i]
		if at.sent.may.IsEmpty() || t.there == nil || uninspected && len(t.there.fws) > 0 {
			continue
		}
		e := Exit{To: to, By: t.there.via}
		if t.there.nat != nil {
			e.By = t.there.nat.addr
		}
		for _, p := range t.there.fws {
			if !slices.Contains(e.Firewalls, p.fw.addr) {
				e.Firewalls = append(e.Firewalls, p.fw.addr)
			}
		}
		slices.SortFunc(e.Firewalls, addr.Address.Compare)
		r, sent := Reach{at.must, at.may, at.named}, Reach{at.sent.must, at.sent.may, at.sent.named}
		if src.k.six == resource.Perhaps && n.atoms.isV6(src.x) {
			r.Must, sent.Must = PacketSet{}, PacketSet{} // it may have no IPv6 address
			at.tr.whys = append(at.tr.whys, &value.Reason{Code: "PLACEMENT_UNKNOWN", At: src.k.sub.addr, Text: "whether the interface has an IPv6 address is not known"})
		}
		same := slices.IndexFunc(out, func(o Exit) bool {
			return o.To == to && o.By == e.By && slices.Equal(o.Firewalls, e.Firewalls)
		})
		if same >= 0 {
			out[same].Works, out[same].Sent = out[same].Works.either(r), out[same].Sent.either(sent)
			continue
		}
		e.Works, e.Sent, e.Domains = r, sent, at.tr.domains
		e.Path = Path{From: a, To: to, Forward: at.tr.forward, Return: at.tr.reply, Works: r, Domains: at.tr.domains, Unknowns: at.tr.whys}
		out = append(out, e)
	}
	return out
}

// either returns what flows if it is not known which of two ways is taken.
func (r Reach) either(o Reach) Reach {
	return Reach{Must: r.Must.And(o.Must), May: r.May.Or(o.May), Named: r.Named.Or(o.Named)}
}
