package network

import "github.com/suretyhq/surety/internal/resource"

// Listens returns what the listeners of a load balancer take, for a class of its
// nodes in an account as it stands: a packet for which there is no listener is
// dropped, whatever security groups let in ("Listeners for your Network Load
// Balancers"). It is false for other classes, and where not all listeners are
// known, as in templates, which may have them elsewhere.
func (n *Network) Listens(id ClassID) (packets PacketSet, ok bool) {
	if !n.has(id) || len(n.classes[id].Members) == 0 {
		return PacketSet{}, false
	}
	members := n.classes[id].Members
	b := resource.View[resource.LoadBalancer](n.graph, members[0].Owner.Addr)
	if b == nil || !b.Observed() || b.Type == "gateway" || b.Props.Get("Listeners").IsUnknown() {
		return PacketSet{}, false
	}
	for _, m := range members {
		if m.Owner.Addr != b.Addr {
			return PacketSet{}, false
		}
	}
	for _, l := range resource.Views[resource.Listener](n.graph) {
		if l.Balancer.To == b.Addr {
			packets = packets.Or(n.transports(l.Protocol, l.Port))
		}
	}
	return packets, true
}

// Unheard is the hop at which packets end for which a load balancer has no
// listener.
func (n *Network) Unheard(id ClassID, h Header) Hop {
	at := n.resourceOf(id)
	return Hop{At: at, By: at, Code: "ELBV2_LISTENERS_MISMATCH", Decision: "the load balancer has no listener for these packets", In: h, Out: h}
}
