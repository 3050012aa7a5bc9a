package proof

import (
	"sync"

	"github.com/suretyhq/surety/internal/network"
)

// Layer is one line of defence, looked at without the others: a claim that
// holds in a layer does not rest on a second one. A layer is what will be
// deployed with the other lines opened, walked by the same network.
type Layer uint8

// The layers.
const (
	// LayerGroups keeps routes, firewalls and what security groups let in;
	// network ACLs and what groups let out are open.
	LayerGroups Layer = iota
	// LayerSubnets keeps routes, firewalls and network ACLs; security groups
	// are open.
	LayerSubnets
	// LayerRoutes keeps routes alone; security groups, network ACLs and
	// firewalls are open.
	LayerRoutes
	layers
)

// open says which lines of defence a layer leaves out.
func (l Layer) open() network.Lines {
	switch l {
	case LayerGroups:
		return network.Lines{ACLs: true, Egress: true}
	case LayerSubnets:
		return network.Lines{Ingress: true, Egress: true}
	}
	return network.Lines{Ingress: true, Egress: true, ACLs: true, Firewalls: true}
}

type layerEnds struct {
	once sync.Once
	ends *Ends
}

// Layer returns the Ends of a layer.
func (in *Input) Layer(l Layer) *Ends {
	d := &in.derived.layers[l]
	d.once.Do(func() {
		d.ends = newEnds(in, in.Net.Opened(l.open(), in.listened()...))
	})
	return d.ends
}
