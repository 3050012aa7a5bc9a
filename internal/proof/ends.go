package proof

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
)

// Ends says which classes of interfaces the parts of an estate have, and which
// pairs of classes can exchange anything. It is made once for an Input and
// shared by the claims. Net tells the ports of all declared flows apart; its
// packet sets must be used with it, not with Input.Net.
type Ends struct {
	Net   *network.Network
	Parts map[network.ClassID][]estate.PartID // of each class, sorted; a class may hold interfaces of several
	Of    map[estate.PartID][]network.ClassID // of each part, ascending

	in    *Input
	pairs sync.Once
	open  []OpenPair
	err   error
}

// OpenPair is an ordered pair of classes between which something may flow.
type OpenPair struct {
	From, To network.ClassID
	Reach    network.Reach
}

// Ends returns the Ends of the network as it will be deployed.
func (in *Input) Ends() *Ends {
	in.derived.ends.Do(func() { in.derived.all = newEnds(in, in.Net) })
	return in.derived.all
}

func newEnds(in *Input, net *network.Network) *Ends {
	e := &Ends{Net: net, in: in, Parts: map[network.ClassID][]estate.PartID{}, Of: map[estate.PartID][]network.ClassID{}}
	e.Net = net.Distinguish(in.listened()...)
	for _, c := range e.Net.Classes() {
		for _, m := range c.Members {
			id := in.PartOf(m.Owner.Addr)
			if id.Name == "" || slices.Contains(e.Parts[c.ID], id) {
				continue
			}
			e.Parts[c.ID] = append(e.Parts[c.ID], id)
			e.Of[id] = append(e.Of[id], c.ID)
		}
		slices.SortFunc(e.Parts[c.ID], estate.PartID.Compare)
	}
	return e
}

// Ports are the ports that claims ask about: those of declared flows and of
// listeners, each once. The estate may be nil.
func Ports(e *estate.Estate, g *resource.Graph) []network.Flow {
	if e == nil {
		return portsOf(nil, nil, g)
	}
	return portsOf(e, e.Flows(), g)
}

func portsOf(e *estate.Estate, flows []estate.Flow, g *resource.Graph) []network.Flow {
	var all []network.Flow
	known := map[network.Flow]bool{}
	add := func(protocol string, port int) {
		if port <= 0 || port > math.MaxUint16 {
			return
		}
		if f := (network.Flow{Protocol: protocol, From: uint16(port), To: uint16(port)}); !known[f] {
			known[f] = true
			all = append(all, f)
		}
	}
	for _, f := range flows {
		add(f.Protocol, f.Port)
	}
	if e != nil && e.Workload.Transfer != nil {
		add(estate.TCP, estate.PortSFTP)
	}
	for _, l := range resource.Views[resource.Listener](g) {
		add(listenerProtocol(l), l.Port)
	}
	return all
}

func listenerProtocol(l *resource.Listener) string {
	if l.Protocol == "UDP" {
		return estate.UDP
	}
	return estate.TCP
}

// Listens returns the packets that the listeners of a load balancer accept.
func (e *Ends) Listens(balancer addr.Address) network.PacketSet {
	var all network.PacketSet
	for _, l := range resource.Views[resource.Listener](e.in.Graph) {
		if l.Balancer.To == balancer && l.Port > 0 && l.Port <= math.MaxUint16 {
			all = all.Or(e.packets(listenerProtocol(l), l.Port))
		}
	}
	return all
}

// Open returns every pair of classes between which something may flow, in
// order of the classes.
func (e *Ends) Open(ctx context.Context) ([]OpenPair, error) {
	e.pairs.Do(func() {
		var mu sync.Mutex
		e.err = e.Net.OpenPairs(ctx, func(a, b network.ClassID, r network.Reach) {
			mu.Lock()
			defer mu.Unlock()
			e.open = append(e.open, OpenPair{From: a, To: b, Reach: r})
		})
		slices.SortFunc(e.open, func(x, y OpenPair) int {
			if x.From != y.From {
				return int(x.From - y.From)
			}
			return int(x.To - y.To)
		})
	})
	if e.err != nil {
		return nil, fmt.Errorf("walking all pairs of interfaces: %w", e.err)
	}
	return e.open, nil
}

// External says whether a class is addresses outside the graph.
func (e *Ends) External(c network.ClassID) bool { return e.Net.Class(c).External }

// ScopeOf returns the scope of a class's first interface; of a class outside
// the graph, the whole estate.
func (e *Ends) ScopeOf(c network.ClassID) Scope {
	for _, m := range e.Net.Class(c).Members {
		return e.in.ScopeOf(m.Owner)
	}
	return ScopeEstate
}

// Name names a class as a sentence does: by its parts, or else by the
// resources that own its interfaces.
func (e *Ends) Name(c network.ClassID) string {
	class := e.Net.Class(c)
	if class.External {
		if class.Service != "" {
			return class.Service
		}
		if c == network.Internet || len(class.Addrs) == 0 {
			return "the internet"
		}
		return "the internet (" + class.Addrs[0].String() + ")"
	}
	if ids := e.Parts[c]; len(ids) == 1 {
		return ids[0].String()
	}
	if len(class.Members) == 0 {
		return "an interface"
	}
	return e.in.Name(class.Members[0].Owner)
}

// Packets returns the packets of a declared flow.
func (e *Ends) Packets(f estate.Flow) network.PacketSet { return e.packets(f.Protocol, f.Port) }

func (e *Ends) packets(protocol string, port int) network.PacketSet {
	proto := resource.TCP
	if protocol == estate.UDP {
		proto = resource.UDP
	}
	return e.Net.Packets(proto, uint16(port), uint16(port))
}

// Stopped turns a walk that does not work into the code, place and words of a
// finding. The place is the rule or route that decides, or else the resource
// at which the packet is.
func Stopped(p network.Path) Finding {
	f := Finding{Code: "NO_PATH", Path: &p, Message: "there is no path"}
	if h := p.StopsAt; h != nil {
		f.Code, f.At, f.Property, f.Message = h.Code, h.At, h.Property, h.Decision
		if !h.By.IsZero() {
			f.At = h.By
		}
	}
	return f
}

// Opened turns a walk that works, and should not, into the place of a finding:
// the last rule on the way that lets the packet through.
func Opened(p network.Path) Finding {
	f := Finding{Path: &p}
	for _, h := range p.Forward {
		if !h.By.IsZero() {
			f.At, f.Property = h.By, h.Property
		} else if f.At.IsZero() {
			f.At = h.At
		}
	}
	return f
}

// Why prints the reasons for which a walk is not known.
func Why(p network.Path) string {
	if len(p.Unknowns) == 0 {
		return "it depends on which addresses and ports deployment gives"
	}
	return p.Unknowns[0].Error()
}
