package network

import (
	"sync"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// verdict is what a firewall lets by between two atoms, there and back. Named
// is what it lets by for names only.
type verdict struct {
	must, may, named PacketSet
	there            lot    // what gets past it, whatever becomes of the replies
	alone            [2]lot // what its stateless rules pass by themselves, there and back
	names            []string
	by               *fwRule // the first rule that decides about want
	want             PacketSet
	why              *value.Reason
}

// decides notes a rule that decides about some packets.
func (v *verdict) decides(r *fwRule, set PacketSet) {
	if v.by == nil && set.Overlaps(v.want) {
		v.by = r
	}
}

// verdicts caches a firewall's verdicts by the parts that its rules tell apart.
type verdicts struct {
	mu sync.RWMutex
	of map[[3]int32]*verdict
}

// inspect returns a firewall's verdict about packets from one atom to another.
func (n *Network) inspect(f *firewall, from, to atom) *verdict {
	key := [3]int32{int32(f.id), f.parts.part[from], f.parts.part[to]}
	n.verdicts.mu.RLock()
	v := n.verdicts.of[key]
	n.verdicts.mu.RUnlock()
	if v != nil {
		return v
	}
	v = n.decide(f, from, to, PacketSet{})
	n.verdicts.mu.Lock()
	n.verdicts.of[key] = v
	n.verdicts.mu.Unlock()
	return v
}

// lot is packets that surely, and packets that perhaps, went one way.
type lot struct{ must, may PacketSet }

// decide runs both engines. A flow is inspected by the stateful engine if both
// its packets and its replies are forwarded to it; the stateless engine sees
// each packet by itself. The verdict names the rule that decides about want.
func (n *Network) decide(f *firewall, from, to atom, want PacketSet) *verdict {
	v := &verdict{want: want}
	all := n.ports.all
	if n.blind() {
		v.must, v.may = all, all
		v.there = lot{all, all}
		v.alone = [2]lot{v.there, v.there}
		return v
	}
	if f.why != nil {
		v.may, v.why = all, f.why
		v.there = lot{may: all}
		v.alone = [2]lot{v.there, v.there}
		return v
	}
	pass, forward := n.stateless(f, v, from, to, false)
	passBack, forwardBack := n.stateless(f, v, to, from, true)
	kept, named := n.stateful(f, v, forward, from, to)
	sure := kept.must.Or(named.must)
	v.there, v.alone = lot{sure.Or(pass.must), kept.may.Or(named.may).Or(pass.may)}, [2]lot{pass, passBack}
	v.must = sure.And(forwardBack.must).Or(pass.must.And(passBack.must))
	v.may = kept.may.Or(named.may).Or(pass.may).And(forwardBack.may.Or(passBack.may))
	v.named = named.may.Minus(kept.must).Minus(pass.must).And(v.may)
	return v
}

// blind says whether firewalls let everything by.
func (n *Network) blind() bool {
	return n.options.Open.Firewalls || n.options.Mutant == FirewallIgnored
}

// ephemeral says whether ranges hold all, some or none of a client's ports.
func ephemeral(ranges []resource.PortRange) resource.Tri {
	if len(ranges) == 0 {
		return resource.Yes
	}
	out := resource.No
	for _, r := range ranges {
		switch {
		case r.From <= firstEphemeral && r.To >= lastEphemeral:
			return resource.Yes
		case r.To >= firstEphemeral:
			out = resource.Perhaps
		}
	}
	return out
}

// least is Yes if all are, No if one is, and Perhaps otherwise.
func least(all ...resource.Tri) resource.Tri {
	out := resource.Yes
	for _, t := range all {
		switch t {
		case resource.No:
			return resource.No
		case resource.Perhaps:
			out = resource.Perhaps
		}
	}
	return out
}

// stateless runs the stateless engine: what it passes by itself and what it
// forwards. Sets are by the service's port, which for replies is the source's.
func (n *Network) stateless(f *firewall, v *verdict, from, to atom, reply bool) (pass, forward lot) {
	rest := lot{n.ports.all, n.ports.all}
	take := func(a fwAction, set PacketSet, sure bool) {
		into := &forward
		switch a {
		case fwPass:
			into = &pass
		case fwDrop:
			into = &lot{}
		}
		into.may = into.may.Or(set.And(rest.may))
		if sure {
			into.must = into.must.Or(set.And(rest.must))
			rest.may = rest.may.Minus(set)
		}
		rest.must = rest.must.Minus(set)
	}
	for i := 0; i < len(f.stateless) && n.options.Mutant != StatelessIgnored; i++ {
		r := &f.stateless[i]
		set, client := r.set, ephemeral(r.sourcePorts)
		if reply {
			set, client = r.reverse, ephemeral(r.destPorts)
		}
		hit := least(r.source.match(n.atoms, from), r.dest.match(n.atoms, to), client)
		if hit == resource.No {
			continue
		}
		if r.maybe != nil {
			hit, v.why = resource.Perhaps, r.maybe
		}
		if !reply && r.action != fwForward {
			v.decides(r, set.And(rest.may))
		}
		take(r.action, set, hit == resource.Yes)
	}
	take(f.fallback, n.ports.all, true)
	return pass, forward
}

// stateful runs the stateful engine over what was forwarded to it.
func (n *Network) stateful(f *firewall, v *verdict, rest lot, from, to atom) (pass, named lot) {
	for i := range f.stateful {
		r := &f.stateful[i]
		set, hit := r.set, least(r.source.match(n.atoms, from), r.dest.match(n.atoms, to), ephemeral(r.sourcePorts))
		if r.both && hit != resource.Yes {
			if back := least(r.source.match(n.atoms, to), r.dest.match(n.atoms, from), ephemeral(r.destPorts)); back != resource.No && (hit == resource.No || back == resource.Yes) {
				set, hit = r.reverse, back
			}
		}
		if hit == resource.No || !set.Overlaps(rest.may) {
			continue
		}
		if r.maybe != nil {
			hit, v.why = resource.Perhaps, r.maybe
		}
		if r.action == fwNames && f.deflt == fwDrop && f.strict {
			continue // the handshake is dropped before a name is seen
		}
		v.decides(r, set.And(rest.may))
		switch {
		case r.action == fwNames:
			v.names = append(v.names, r.names...)
			named.may = named.may.Or(set.And(rest.may))
			if hit == resource.Yes {
				named.must = named.must.Or(set.And(rest.must))
			}
		case r.action == fwPass:
			pass.may = pass.may.Or(set.And(rest.may))
			if hit == resource.Yes {
				pass.must = pass.must.Or(set.And(rest.must))
				rest = lot{rest.must.Minus(set), rest.may.Minus(set)}
			}
		case hit == resource.Yes:
			rest = lot{rest.must.Minus(set), rest.may.Minus(set)}
		default: // may be dropped, may be let by
			pass.may = pass.may.Or(set.And(rest.may))
			rest.must = rest.must.Minus(set)
		}
	}
	if f.deflt != fwDrop {
		pass = lot{pass.must.Or(rest.must.Minus(n.dropsReplies(f, from, to))), pass.may.Or(rest.may)}
	}
	return pass, named
}

// dropsReplies is the flows whose replies a rule matches that drops them. What no
// rule passes is no flow that the engine lets by as a whole: the rules' headers are
// held against each of its packets, replies too ("Stateful rule groups in AWS
// Network Firewall"; Suricata's "Rules Format: Direction").
func (n *Network) dropsReplies(f *firewall, from, to atom) PacketSet {
	var dropped PacketSet
	left := n.ports.all
	for i := range f.stateful {
		r := &f.stateful[i]
		hit := least(r.source.match(n.atoms, to), r.dest.match(n.atoms, from), ephemeral(r.destPorts))
		switch {
		case hit == resource.No || r.action == fwNames:
		case r.action != fwPass:
			dropped = dropped.Or(r.reverse.And(left))
		case hit == resource.Yes && r.maybe == nil:
			left = left.Minus(r.reverse)
		}
	}
	return dropped
}

// partitions divides the atoms as each firewall's rules see them.
func (c *compiler) partitions() {
	for _, f := range c.n.firewalls {
		cut := make([]bool, c.n.atoms.len()+1)
		for _, rules := range [][]fwRule{f.stateless, f.stateful} {
			for _, r := range rules {
				for _, s := range append(append([]span32(nil), r.source.spans...), r.dest.spans...) {
					cut[s.lo], cut[s.hi] = true, true
				}
			}
		}
		f.parts = c.n.atoms.cutAt(cut)
	}
}
