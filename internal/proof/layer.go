package proof

import (
	"sync"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
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

type layerEnds struct {
	once sync.Once
	ends *Ends
	err  error
}

// Layer returns the Ends of a layer.
func (in *Input) Layer(l Layer) (*Ends, error) {
	d := &in.derived.layers[l]
	d.once.Do(func() {
		g, err := openLines(in.Graph, l)
		if err != nil {
			d.err = err
			return
		}
		d.ends = newEnds(in, network.Build(g, in.Options))
	})
	return d.ends, d.err
}

// openLines returns the graph with the lines of defence opened that a layer
// leaves out.
func openLines(g *resource.Graph, l Layer) (*resource.Graph, error) {
	var all []*resource.Resource
	for r := range g.All() {
		if c := opened(r, l); c != nil {
			all = append(all, c)
		}
	}
	out, problems := resource.New(all)
	return out, problems.Err()
}

// opened returns a resource as a layer has it: nil if the layer leaves it out.
func opened(r *resource.Resource, l Layer) *resource.Resource {
	props := r.Props
	switch r.Type {
	case "AWS::EC2::SubnetNetworkAclAssociation":
		if l != LayerSubnets {
			return nil // the VPC's default network ACL lets everything through
		}
	case "AWS::EC2::SecurityGroupEgress":
		return nil
	case "AWS::EC2::SecurityGroupIngress":
		if l != LayerGroups {
			return nil
		}
	case "AWS::EC2::SecurityGroup":
		props = without(props, "SecurityGroupEgress")
		if l != LayerGroups {
			props = with(props, "SecurityGroupIngress", value.OfList(anything("CidrIp", "0.0.0.0/0"), anything("CidrIpv6", "::/0")))
		}
	case "AWS::NetworkFirewall::FirewallPolicy":
		if l == LayerRoutes {
			pass := value.OfList(value.OfString("aws:pass"))
			props = with(props, "FirewallPolicy", value.OfMap([]string{"StatelessDefaultActions", "StatelessFragmentDefaultActions"}, []value.Value{pass, pass}))
		}
	}
	if value.Equal(props, r.Props) {
		return r
	}
	c := *r
	c.Props = props
	return &c
}

// anything is a rule that lets everything through from a range.
func anything(key, cidr string) value.Value {
	return value.OfMap([]string{"IpProtocol", key}, []value.Value{value.OfString("-1"), value.OfString(cidr)})
}

func without(m value.Value, key string) value.Value {
	var keys []string
	var items []value.Value
	for k, v := range m.Entries() {
		if k != key {
			keys, items = append(keys, k), append(items, v)
		}
	}
	return value.OfMap(keys, items)
}

func with(m value.Value, key string, v value.Value) value.Value {
	m = without(m, key)
	return value.OfMap(append(m.Keys(), key), append(inOrder(m), v))
}

// inOrder returns the items of a map in the order of its sorted keys.
func inOrder(m value.Value) []value.Value {
	var items []value.Value
	for _, k := range m.Keys() {
		items = append(items, m.Get(k))
	}
	return items
}
