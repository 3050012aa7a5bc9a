package resource

import (
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/value"
)

// noteAttached notes the owners whose interfaces a snapshot has as resources of
// their own, so that they are not made a second time from what the owner says.
func (g *Graph) noteAttached() {
	g.views.attached = map[addr.Address]bool{}
	g.each("AWS::EC2::NetworkInterface", func(d *reader) {
		if l := d.link("AttachedTo"); d.r.Observed() && !l.To.IsZero() {
			g.views.attached[l.To] = true
		}
	})
}

// observedInterface reads an interface of a snapshot: one Interface for each of
// its addresses, with the public address that belongs to it
// ("NetworkInterface", "NetworkInterfacePrivateIpAddress").
func observedInterface(d *reader) {
	like := Interface{Owner: d.r, Self: d.r.Addr, Subnet: d.link("SubnetId"), Groups: d.links("GroupSet"), Exact: true,
		Forwards: d.tri("SourceDestCheck", Yes) == No}
	owner := d.g.byAddr[d.link("AttachedTo").To]
	if owner != nil {
		like.Owner = owner
	}
	like.Kind = observedKind(owner, d.text("InterfaceType", "interface"), d.text("Description", ""))
	like.HasGroups = len(like.Groups) > 0
	if d.get("GroupSet").IsAbsent() && like.Kind != EndNAT && like.Kind != EndAttachment {
		like.HasGroups, like.Why = true, d.why(value.Value{}, "GroupSet", "the interface's security groups")
	}
	if b := balancerOf(d.g, owner); b != nil && b.HasGroups && !like.HasGroups && like.Why == nil {
		like.Groups, like.HasGroups = b.Groups, true
	}
	if !d.get("Ipv4Prefixes/0").IsAbsent() || !d.get("Ipv6Prefixes/0").IsAbsent() {
		more := like // what is behind a prefix has any address of it
		more.Exact = false
		d.g.add(more)
	}
	six := d.items("Ipv6Addresses")
	addresses := d.items("PrivateIpAddresses")
	for n := range max(len(addresses), len(six), 1) {
		i := like
		if n < len(addresses) {
			i.Address, i.PublicAddress = d.address(addresses[n]+"PrivateIpAddress"), d.address(addresses[n]+"PublicIp")
			i.Public = triOf(i.PublicAddress.IsValid())
		}
		if n < len(six) {
			i.IPv6 = d.address(six[n] + "Ipv6Address")
		}
		if len(d.unknown) > 0 && i.Why == nil {
			i.Why = d.unknown[0]
		}
		d.g.add(i)
	}
}

func balancerOf(g *Graph, owner *Resource) *LoadBalancer {
	if owner == nil {
		return nil
	}
	return View[LoadBalancer](g, owner.Addr)
}

// kindOfOwner is the kind of the interfaces of the types that a snapshot reads.
var kindOfOwner = map[string]InterfaceKind{
	"AWS::EC2::Instance": EndInstance, "AWS::EC2::NatGateway": EndNAT, "AWS::EC2::VPCEndpoint": EndEndpoint,
	"AWS::EC2::TransitGatewayAttachment": EndAttachment, "AWS::Lambda::Function": EndFunction, "AWS::RDS::DBInstance": EndDatabase,
	"AWS::ElasticLoadBalancingV2::LoadBalancer": EndBalancer, "AWS::ElasticLoadBalancing::LoadBalancer": EndBalancer,
}

// observedKind says what an interface is: by its owner, else by its type
// ("NetworkInterface": interfaceType) or by what the service that made it wrote
// into its description.
func observedKind(owner *Resource, typ, description string) InterfaceKind {
	if owner != nil {
		if kind, ok := kindOfOwner[owner.Type]; ok {
			return kind
		}
	}
	switch typ {
	case "nat_gateway", "natGateway":
		return EndNAT
	case "transit_gateway":
		return EndAttachment
	case "network_load_balancer", "gateway_load_balancer", "load_balancer":
		return EndBalancer
	case "vpc_endpoint", "gateway_load_balancer_endpoint":
		return EndEndpoint
	case "lambda":
		return EndFunction
	case "api_gateway_managed":
		return EndVPCLink
	}
	for _, by := range []struct {
		begins string
		kind   InterfaceKind
	}{
		{"ELB ", EndBalancer}, {"RDSNetworkInterface", EndDatabase}, {"ElastiCache ", EndCache}, {"AWS Lambda VPC ENI", EndFunction},
		{"Route 53 Resolver", EndResolver}, {"Interface for NAT Gateway", EndNAT}, {"VPC Endpoint Interface", EndEndpoint},
		{"Network Interface for Transit Gateway Attachment", EndAttachment},
	} {
		if strings.HasPrefix(description, by.begins) {
			return by.kind
		}
	}
	return EndInstance
}
