package snapshot

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// facts are what one list says and another needs, kept until all are read.
type facts struct {
	attributes []item          // of VPCs
	subnets    []*entry        // all
	transits   []*entry        // Transit Gateways
	tables     []*entry        // their route tables
	vpns       []*entry        // VPN gateways
	direct     map[string]bool // gateways that Direct Connect leads to
	used       []use           // internet gateways that routes lead to
	peerings   []peering
	entries    []listEntries
	attached   []attached
	peered     []attached
	embedded   []embedded
	interfaces []*entry
	elastic    []item
	described  []described
	more       []addition
	owners     map[addr.Address]string // of interfaces, by their id
	associated map[addr.Address]bool   // subnets with a route table, and VPCs with a main one
	guarded    map[addr.Address]bool   // subnets with a network ACL
	listed     map[addr.Address]bool   // Transit Gateways' tables all of whose routes are listed
}

// use is an internet gateway that a route of a VPC leads to.
type use struct {
	item
	gateway, vpc string
}

// peering is a peering connection with what describes it.
type peering struct {
	*entry
	item item
}

// listEntries are the entries of a prefix list.
type listEntries struct {
	item
	id      string
	entries value.Value
}

// attached is an attachment of a Transit Gateway to something.
type attached struct {
	item
	id, gateway, other string
	props              *props
}

// embedded is an interface that the description of an instance holds.
type embedded struct {
	item
	instance string
}

// described is an owner that its interfaces' descriptions name: by the whole
// text, or by its beginning if that ends in a dash.
type described struct {
	*entry
	text string
}

// addition is a property that a list of its own says.
type addition struct {
	typ, id, property string
	v                 value.Value
}

func note[V any](m *map[addr.Address]V, at addr.Stack, id string, v V) {
	if *m == nil {
		*m = map[addr.Address]V{}
	}
	if id != "" {
		(*m)[addr.Address{Stack: at, Logical: id}] = v
	}
}

func (f *facts) tabled(at addr.Stack, id string)   { note(&f.associated, at, id, true) }
func (f *facts) filtered(at addr.Stack, id string) { note(&f.guarded, at, id, true) }

// own notes whose an interface is, unless that is known.
func (f *facts) own(at addr.Stack, eni, owner string) {
	if owner != "" && f.owners[addr.Address{Stack: at, Logical: eni}] == "" {
		note(&f.owners, at, eni, owner)
	}
}

// settle joins what lists say of each other's things, notes what is missing and
// returns the resources.
func (l *loader) settle() []*resource.Resource {
	l.joinAdditions()
	l.joinInterfaces()
	l.joinAttachments()
	l.dropForeign()
	l.joinPeerings()
	l.dropPropagations()
	l.noteMissing()
	var out []*resource.Resource
	for _, e := range l.entries {
		if !e.dead {
			e.Props = e.props.value()
			out = append(out, e.Resource)
		}
	}
	slices.SortStableFunc(out, func(a, b *resource.Resource) int { return a.Addr.Compare(b.Addr) })
	return out
}

// at finds the entry of a type and id in a place, and the only one anywhere if
// there is none.
func (l *loader) at(typ, id string, place addr.Stack) *entry {
	all := l.byKey[typ+" "+id]
	for _, e := range all {
		if e.Addr.Stack == place {
			return e
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return nil
}

// joinAdditions adds the properties that lists of their own say.
func (l *loader) joinAdditions() {
	for _, a := range l.facts.more {
		for _, e := range l.byKey[a.typ+" "+a.id] {
			e.props.set(a.property, a.v)
		}
	}
	for _, a := range l.facts.attributes {
		if e := l.at("AWS::EC2::VPC", a.text("VpcId"), a.place); e != nil {
			e.props.set("EnableDnsSupport", a.get("EnableDnsSupport/Value"))
			e.props.set("EnableDnsHostnames", a.get("EnableDnsHostnames/Value"))
		}
	}
	for _, x := range l.facts.entries {
		if e := l.at("AWS::EC2::PrefixList", x.id, x.place); e != nil {
			e.props.set("Entries", x.entries)
		}
	}
	for _, all := range l.byKey {
		for _, e := range all {
			if e.Type == "AWS::EC2::PrefixList" && !slices.Contains(e.props.keys, "Entries") {
				why := &value.Reason{Code: "SNAPSHOT_MISSING", Text: "the snapshot does not say the entries of the prefix list"}
				e.props.set("Entries", unknown(why, e.Addr, "Entries"))
			}
		}
	}
}

// joinInterfaces adds the interfaces that only their instances describe, and
// finds the owner and the public addresses of each.
func (l *loader) joinInterfaces() {
	for _, x := range l.facts.embedded {
		if l.at(interfaceType, x.text("NetworkInterfaceId"), x.place) == nil {
			l.networkInterface(x.item, x.instance)
		}
	}
	public := map[addr.Address]map[string]value.Value{}
	for _, x := range l.facts.elastic {
		for _, id := range []string{x.text("NetworkInterfaceId"), x.text("InstanceId")} {
			if at := (addr.Address{Stack: x.place, Logical: id}); id != "" && x.has("PublicIp") {
				if public[at] == nil {
					public[at] = map[string]value.Value{}
				}
				public[at][x.text("PrivateIpAddress")] = x.get("PublicIp")
			}
		}
		// An instance's description says the public address of its first interface.
		at := addr.Address{Stack: x.place, Logical: x.text("InstanceId")}
		if v := x.get("PublicIpAddress"); !v.IsAbsent() && public[at] == nil {
			public[at] = map[string]value.Value{x.text("PrivateIpAddress"): v}
		}
	}
	for _, e := range l.facts.interfaces {
		owner := l.ownerOf(e)
		e.props.str("AttachedTo", owner)
		for _, id := range []string{e.Addr.Logical, owner} {
			if known := public[addr.Address{Stack: e.Addr.Stack, Logical: id}]; known != nil {
				e.props.set("PrivateIpAddresses", withPublic(e.props.value().Get("PrivateIpAddresses"), known))
			}
		}
	}
}

// withPublic adds public addresses to the private ones that say none; one of
// which it is not said to which belongs to the first.
func withPublic(addresses value.Value, known map[string]value.Value) value.Value {
	var out []value.Value
	for i, a := range addresses.Items() {
		v := known[a.Get("PrivateIpAddress").Text()]
		if v.IsAbsent() && i == 0 {
			v = known[""]
		}
		if !v.IsAbsent() && a.Get("PublicIp").IsAbsent() {
			p := &props{}
			for k, w := range a.Entries() {
				p.set(k, w)
			}
			p.set("PublicIp", v)
			a = p.value()
		}
		out = append(out, a)
	}
	return value.OfList(out...)
}

// ownerOf says whose an interface is: what was noted, what its description
// names, or "" for its own.
func (l *loader) ownerOf(e *entry) string {
	if id := l.facts.owners[e.Addr]; id != "" {
		return id
	}
	text := e.props.value().Get("Description").Text()
	for _, d := range l.facts.described {
		if d.Addr.Stack == e.Addr.Stack && (d.text == text || strings.HasSuffix(d.text, "-") && strings.HasPrefix(text, d.text)) {
			return d.Addr.Logical
		}
	}
	for word := range strings.FieldsSeq(text) {
		for _, typ := range []string{"AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint", attachmentType} {
			if strings.Contains(word, "-") && l.at(typ, word, e.Addr.Stack) != nil {
				return word
			}
		}
	}
	return ""
}

// joinAttachments adds the attachments that only the general list names.
func (l *loader) joinAttachments() {
	for _, a := range l.facts.attached {
		if len(l.byKey[attachmentType+" "+a.id]) > 0 {
			continue
		}
		if a.text("ResourceType") == "vpc" {
			at := addr.Address{Stack: a.place, Logical: a.id}
			why := &value.Reason{Code: "SNAPSHOT_MISSING", Text: "the snapshot has no TransitGatewayVpcAttachments with the subnets of the attachment"}
			a.props.set("SubnetIds", unknown(why, at, "SubnetIds"))
		}
		l.add(a.item, attachmentType, a.id, a.props)
	}
	for _, a := range l.facts.peered {
		if len(l.byKey[peeringType+" "+a.id]) == 0 {
			l.add(a.item, peeringType, a.id, a.props)
		}
	}
}

// dropForeign drops what an account sees of another one's things where the
// other one's own description is there: shared subnets, Transit Gateways.
func (l *loader) dropForeign() {
	for _, e := range l.entries {
		if e.owner == "" || e.owner == e.Addr.Stack.Account {
			continue
		}
		for _, other := range l.byKey[e.Type+" "+e.Addr.Logical] {
			if other.Addr.Stack.Account == e.owner && other.Addr.Stack.Region == e.Addr.Stack.Region {
				e.dead = true
			}
		}
	}
}

// dropPropagations drops what propagates to tables all of whose routes are
// listed.
func (l *loader) dropPropagations() {
	for _, e := range l.entries {
		if e.Type == "AWS::EC2::TransitGatewayRouteTablePropagation" {
			table := addr.Address{Stack: e.Addr.Stack, Logical: e.props.value().Get("TransitGatewayRouteTableId").Text()}
			e.dead = e.dead || l.facts.listed[table]
		}
	}
}

// joinPeerings names the VPCs of a peering by their accounts and Regions, since
// ids of unlike accounts may be alike in what is made up.
func (l *loader) joinPeerings() {
	for _, p := range l.facts.peerings {
		for _, side := range [][2]string{{"VpcId", "RequesterVpcInfo"}, {"PeerVpcId", "AccepterVpcInfo"}} {
			place := addr.Stack{Account: p.item.text(side[1] + "/OwnerId"), Region: p.item.text(side[1] + "/Region")}
			id := p.item.text(side[1] + "/VpcId")
			for _, e := range l.byKey["AWS::EC2::VPC "+id] {
				if e.Addr.Stack == place {
					p.props.set(side[0], value.OfSymbol(value.Ref{To: e.Addr, Attr: "Ref"}))
				}
			}
		}
	}
}

// noteMissing makes unknown what a list that is missing or cut off would say.
func (l *loader) noteMissing() {
	for _, s := range l.facts.subnets {
		if !s.dead {
			l.noteSubnet(s)
		}
	}
	for _, u := range l.facts.used {
		if l.lacks(u.place, "InternetGateways") != nil && len(l.byKey["AWS::EC2::InternetGateway "+u.gateway]) == 0 {
			// An active route to it says that it is attached.
			l.add(u.item, "AWS::EC2::InternetGateway", u.gateway, &props{})
			l.attachGateway(u.item, u.gateway, "InternetGatewayId", u.vpc)
		}
	}
	for _, e := range l.facts.tables {
		if e.dead {
			continue
		}
		it := item{l: l, file: emptyFile(e), place: e.Addr.Stack}
		for _, key := range []string{"TransitGatewayPropagations", "TransitGatewayStaticRoutes"} {
			if why := l.lacks(it.place, key); why != nil && l.lacks(it.place, "TransitGatewayRoutes") != nil {
				l.incompleteTable(it, e.Addr.Logical, why)
			}
		}
		if why := l.lacks(it.place, "TransitGatewayAttachments"); why != nil {
			p := &props{}
			p.str("TransitGatewayRouteTableId", e.Addr.Logical)
			p.set("TransitGatewayAttachmentId", unknown(why, e.Addr, "TransitGatewayAttachmentId"))
			l.add(it, "AWS::EC2::TransitGatewayRouteTableAssociation", e.Addr.Logical+"/unknown", p)
		}
	}
	for _, e := range l.facts.transits {
		if why := l.lacks(e.Addr.Stack, "TransitGatewayRouteTables"); why != nil {
			e.props.set("DefaultRouteTableAssociation", unknown(why, e.Addr, "DefaultRouteTableAssociation"))
		}
	}
	for _, e := range l.facts.vpns {
		why := l.lacks(e.Addr.Stack, "VpnConnections")
		if why == nil && l.facts.direct[e.Addr.Logical] {
			why = &value.Reason{Code: "ROUTES_PROPAGATED", Text: "Direct Connect brings routes that the snapshot does not say"}
		}
		if why != nil {
			e.props.set("Learned", unknown(why, e.Addr, "Learned"))
		}
	}
	for _, e := range l.entries {
		if e.Type == "AWS::ElasticLoadBalancingV2::LoadBalancer" {
			why := l.lacks(e.Addr.Stack, "LoadBalancerListeners")
			if why != nil && l.lacks(e.Addr.Stack, "Listeners") != nil {
				e.props.set("Listeners", unknown(why, e.Addr, "Listeners"))
			}
		}
	}
	l.noteInterfaces()
}

// noteSubnet makes a subnet's route table and network ACL unknown where no list
// says them: a subnet always has both.
func (l *loader) noteSubnet(s *entry) {
	place, id := s.Addr.Stack, s.Addr.Logical
	it := item{l: l, file: emptyFile(s), place: place}
	vpc := s.props.value().Get("VpcId").Text()
	why := l.lacks(place, "RouteTables")
	if why == nil && !l.facts.associated[addr.Address{Stack: place, Logical: vpc}] {
		why = &value.Reason{Code: "SNAPSHOT_MISSING", Text: "the snapshot has no main route table of " + vpc}
	}
	if why != nil && !l.facts.associated[s.Addr] {
		p := &props{}
		p.str("SubnetId", id)
		p.set("RouteTableId", unknown(why, s.Addr, "RouteTableId"))
		l.add(it, "AWS::EC2::SubnetRouteTableAssociation", id+"/route-table/unknown", p)
	}
	if !l.facts.guarded[s.Addr] {
		if why = l.lacks(place, "NetworkAcls"); why == nil {
			why = &value.Reason{Code: "SNAPSHOT_MISSING", Text: "the snapshot has no network ACL of " + id}
		}
		p := &props{}
		p.str("SubnetId", id)
		p.set("NetworkAclId", unknown(why, s.Addr, "NetworkAclId"))
		l.add(it, "AWS::EC2::SubnetNetworkAclAssociation", id+"/network-acl/unknown", p)
	}
}

// noteInterfaces says of VPCs that they hide interfaces where the list of these
// is not whole.
func (l *loader) noteInterfaces() {
	for _, e := range l.entries {
		if e.Type != "AWS::EC2::VPC" || e.dead {
			continue
		}
		if why := l.lacks(e.Addr.Stack, "NetworkInterfaces"); why != nil {
			r := *why
			r.At, r.Property = e.Addr, "NetworkInterfaces"
			e.Hides = &r
		}
	}
}
