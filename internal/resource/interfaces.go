package resource

import (
	"cmp"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// plainOwner says where a type that has one interface in each subnet names its
// subnets and groups. SubnetGroup is the property that names a group of
// subnets instead, of the type SubnetGroupType with a list SubnetIds.
type plainOwner struct {
	typ, subnets, groups         string
	subnetGroup, subnetGroupList string
	kind                         InterfaceKind
}

// plainOwners are the types whose interfaces need no more than a table.
var plainOwners = []plainOwner{
	{typ: "AWS::Lambda::Function", subnets: "VpcConfig/SubnetIds", groups: "VpcConfig/SecurityGroupIds", kind: EndFunction},
	{typ: "AWS::ElastiCache::ReplicationGroup", subnetGroup: "CacheSubnetGroupName", subnetGroupList: "SubnetIds", groups: "SecurityGroupIds", kind: EndCache},
	{typ: "AWS::ElastiCache::CacheCluster", subnetGroup: "CacheSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndCache},
	{typ: "AWS::ElastiCache::ServerlessCache", subnets: "SubnetIds", groups: "SecurityGroupIds", kind: EndCache},
	{typ: "AWS::ApiGatewayV2::VpcLink", subnets: "SubnetIds", groups: "SecurityGroupIds", kind: EndVPCLink},
	{typ: "AWS::DocDB::DBCluster", subnetGroup: "DBSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::Neptune::DBCluster", subnetGroup: "DBSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::Redshift::Cluster", subnetGroup: "ClusterSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::RedshiftServerless::Workgroup", subnets: "SubnetIds", groups: "SecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::RDS::DBProxy", subnets: "VpcSubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::OpenSearchService::Domain", subnets: "VPCOptions/SubnetIds", groups: "VPCOptions/SecurityGroupIds", kind: EndOther},
	{typ: "AWS::MSK::Cluster", subnets: "BrokerNodeGroupInfo/ClientSubnets", groups: "BrokerNodeGroupInfo/SecurityGroups", kind: EndOther},
	{typ: "AWS::AmazonMQ::Broker", subnets: "SubnetIds", groups: "SecurityGroups", kind: EndOther},
	{typ: "AWS::EKS::Cluster", subnets: "ResourcesVpcConfig/SubnetIds", groups: "ResourcesVpcConfig/SecurityGroupIds", kind: EndOther},
	{typ: "AWS::CodeBuild::Project", subnets: "VpcConfig/Subnets", groups: "VpcConfig/SecurityGroupIds", kind: EndOther},
	{typ: "AWS::Transfer::Server", subnets: "EndpointDetails/SubnetIds", groups: "EndpointDetails/SecurityGroupIds", kind: EndOther},
	{typ: "AWS::DMS::ReplicationInstance", subnetGroup: "ReplicationSubnetGroupIdentifier", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndOther},
}

// findInterfaces makes the interfaces of the graph.
func (g *Graph) findInterfaces() {
	g.noteAddresses()
	for _, p := range plainOwners {
		g.each(p.typ, func(d *reader) { g.addPlain(d, p) })
	}
	g.each("AWS::EC2::Instance", instanceInterfaces)
	g.each("AWS::EC2::NetworkInterface", func(d *reader) { g.add(d.networkInterface("", d.link("SubnetId"), nil, nil)) })
	g.each("AWS::AutoScaling::AutoScalingGroup", scalingInterfaces)
	g.each("AWS::ECS::Service", serviceInterfaces)
	g.each("AWS::RDS::DBCluster", databaseCluster)
	g.each("AWS::RDS::DBInstance", databaseInstance)
	g.each("AWS::Route53Resolver::ResolverEndpoint", resolverInterfaces)
	g.each("AWS::EFS::MountTarget", func(d *reader) {
		d.addEach([]Link{d.link("SubnetId")}, Interface{Kind: EndOther, Groups: d.links("SecurityGroups"), HasGroups: true, Address: d.address("IpAddress")})
	})
	for r, b := range Views[LoadBalancer](g) {
		d := &reader{g: g, r: r}
		if len(b.Subnets) == 0 {
			d.unknown = b.Unknown
			d.addUnknown(Interface{Kind: EndBalancer, Groups: b.Groups, HasGroups: b.HasGroups})
		}
		d.addEach(b.Subnets, Interface{Kind: EndBalancer, Groups: b.Groups, HasGroups: b.HasGroups, Public: triOf(b.Scheme == "internet-facing")})
	}
	for r, e := range Views[VPCEndpoint](g) {
		if e.Type == "Interface" || e.Type == "Resource" || e.Type == "ServiceNetwork" {
			d := &reader{g: g, r: r}
			d.addEach(e.Subnets, Interface{Kind: EndEndpoint, Groups: e.Groups, HasGroups: true})
		}
	}
	for r, n := range Views[NATGateway](g) {
		if !n.Regional {
			d := &reader{g: g, r: r}
			d.addEach([]Link{n.Subnet}, Interface{Kind: EndNAT, Address: n.Address, Public: triOf(!n.Private), Forwards: true})
		}
	}
	for r, a := range Views[Attachment](g) {
		d := &reader{g: g, r: r}
		d.addEach(a.Subnets, Interface{Kind: EndAttachment, Forwards: true})
	}
	slices.SortStableFunc(g.views.interfaces, func(a, b Interface) int {
		return cmp.Or(a.Owner.Addr.Compare(b.Owner.Addr), a.Subnet.To.Compare(b.Subnet.To),
			cmp.Compare(a.Subnet.ID, b.Subnet.ID), a.Address.Compare(b.Address))
	})
}

// add adds an interface. One whose kind has groups but that declares none has
// the default group of its VPC ("Default security groups for your VPCs").
func (g *Graph) add(i Interface) {
	if i.HasGroups && len(i.Groups) == 0 && i.Why == nil {
		if s := View[Subnet](g, i.Subnet.To); s != nil && !s.VPC.To.IsZero() {
			i.Groups = []Link{DefaultGroup(s.VPC.To)}
		}
	}
	if i.Why == nil {
		i.Why = i.Subnet.Why
	}
	for _, l := range i.Groups {
		if i.Why == nil {
			i.Why = l.Why
		}
	}
	g.views.interfaces = append(g.views.interfaces, i)
}

// addEach adds one interface in each subnet, like the one given.
func (d *reader) addEach(subnets []Link, like Interface) {
	like.Owner = d.r
	if len(d.unknown) > 0 && like.Why == nil {
		like.Why = d.unknown[0]
	}
	for _, s := range subnets {
		i := like
		i.Subnet = s
		d.g.add(i)
	}
}

// addUnknown adds one interface of unknown subnet if something could not be
// read, so that an owner whose subnets are unknown does not vanish.
func (d *reader) addUnknown(like Interface) {
	if len(d.unknown) > 0 {
		like.Owner, like.Why = d.r, d.unknown[0]
		d.g.add(like)
	}
}

func (g *Graph) addPlain(d *reader, p plainOwner) {
	subnets := d.links(p.subnets)
	if p.subnetGroup != "" {
		subnets = d.subnetsOf(d.link(p.subnetGroup), p.subnetGroupList)
	}
	like := Interface{Kind: p.kind, Groups: d.links(p.groups), HasGroups: true}
	if v := d.get("PubliclyAccessible"); !v.IsAbsent() {
		like.Public = d.tri("PubliclyAccessible", No)
	}
	d.addEach(subnets, like)
}

// subnetsOf returns the subnets of a subnet group. A group outside the graph,
// or an absent one, is one link that names no subnet of the graph.
func (d *reader) subnetsOf(group Link, list string) []Link {
	switch r := d.g.byAddr[group.To]; {
	case r != nil:
		return (&reader{g: d.g, r: r}).links(list)
	case group.IsZero():
		return []Link{{Property: group.Property, Why: &value.Reason{Code: "SUBNETS_UNKNOWN", At: d.r.Addr,
			Text: "no subnet group is named, so the default VPC's subnets count, which are not in the graph"}}}
	case group.Why != nil:
		return []Link{group}
	}
	return []Link{{ID: group.ID, To: group.To, Property: group.Property, Why: &value.Reason{Code: "SUBNETS_UNKNOWN", At: d.r.Addr,
		Property: group.Property, Text: "the subnet group is not in the graph"}}}
}

// networkInterface reads the properties that AWS::EC2::NetworkInterface and
// the NetworkInterfaces of an instance share. Prefix ends in a slash or is
// empty; groups, or why they are unknown, count where it names none itself.
func (d *reader) networkInterface(prefix string, subnet Link, groups []Link, why *value.Reason) Interface {
	i := Interface{Kind: EndInstance, Owner: d.r, Subnet: subnet, HasGroups: true}
	i.Groups = d.links(prefix + "GroupSet")
	if len(i.Groups) == 0 {
		i.Groups = d.links(prefix + "Groups")
	}
	if len(i.Groups) == 0 {
		i.Groups = groups
	}
	i.Address = d.address(prefix + "PrivateIpAddress")
	if v6 := d.get(prefix + "Ipv6Addresses/0/Ipv6Address"); !v6.IsAbsent() {
		i.IPv6 = d.address(prefix + "Ipv6Addresses/0/Ipv6Address")
	}
	i.Public = d.tri(prefix+"AssociatePublicIpAddress", d.subnetPublic(subnet))
	i.Public = either(i.Public, d.g.views.public[d.r.Addr])
	if len(i.Groups) == 0 {
		i.Why = why
	}
	i.Forwards = d.tri("SourceDestCheck", Yes) == No
	if len(d.unknown) > 0 && i.Why == nil {
		i.Why = d.unknown[0]
	}
	return i
}

// subnetPublic says whether what starts in a subnet gets a public address.
func (d *reader) subnetPublic(subnet Link) Tri {
	if d.r.Type == "AWS::EC2::NetworkInterface" {
		return No // only what EC2 itself starts does
	}
	if s := View[Subnet](d.g, subnet.To); s != nil {
		return s.MapPublic
	}
	return No
}

// noteAddresses notes with what an Elastic IP address is associated
// ("AWS::EC2::EIP", "AWS::EC2::EIPAssociation"), and which members of database
// clusters are publicly accessible.
func (g *Graph) noteAddresses() {
	for _, typ := range []string{"AWS::EC2::EIP", "AWS::EC2::EIPAssociation"} {
		g.each(typ, func(d *reader) {
			for _, prop := range []string{"InstanceId", "NetworkInterfaceId"} {
				if l := d.link(prop); !l.To.IsZero() {
					g.views.public[l.To] = Yes
				}
			}
		})
	}
	g.each("AWS::RDS::DBInstance", func(d *reader) {
		if l := d.link("DBClusterIdentifier"); !l.To.IsZero() {
			g.views.public[l.To] = either(g.views.public[l.To], d.tri("PubliclyAccessible", No))
		}
	})
}

func instanceInterfaces(d *reader) {
	template := d.launchTemplate()
	groups := d.links("SecurityGroupIds")
	if len(groups) == 0 {
		groups = template.groups
	}
	list := d.items("NetworkInterfaces")
	if len(d.unknown) > 0 {
		d.addUnknown(Interface{Kind: EndInstance, Groups: groups, HasGroups: true})
		return
	}
	if len(list) == 0 {
		if subnet := d.link("SubnetId"); !subnet.IsZero() {
			d.g.add(d.networkInterface("", subnet, groups, template.why))
		}
		return
	}
	for _, p := range list {
		if l := d.link(p + "NetworkInterfaceId"); !l.IsZero() && l.Why == nil {
			continue // an AWS::EC2::NetworkInterface, which has its own
		}
		subnet := d.link(p + "SubnetId")
		if subnet.IsZero() {
			subnet = d.link("SubnetId")
		}
		d.g.add(d.networkInterface(p, subnet, groups, template.why))
	}
}

// launch is what a launch template or configuration says of interfaces.
type launch struct {
	groups []Link
	public Tri
	said   bool // public is said
	why    *value.Reason
}

// launchTemplate reads the launch template or configuration that an instance
// or a scaling group names.
func (d *reader) launchTemplate() launch {
	if l := d.link("LaunchConfigurationName"); !l.IsZero() {
		if r := d.g.byAddr[l.To]; r != nil {
			c := &reader{g: d.g, r: r}
			v := c.get("AssociatePublicIpAddress")
			return launch{groups: c.links("SecurityGroups"), public: c.tri("AssociatePublicIpAddress", No), said: !v.IsAbsent()}
		}
	}
	var l Link
	for _, p := range []string{"LaunchTemplate/", "MixedInstancesPolicy/LaunchTemplate/LaunchTemplateSpecification/"} {
		for _, prop := range []string{"LaunchTemplateId", "LaunchTemplateName"} {
			if l.IsZero() {
				l = d.link(p + prop)
			}
		}
	}
	r := d.g.byAddr[l.To]
	if r == nil {
		if l.IsZero() {
			return launch{}
		}
		return launch{why: &value.Reason{Code: "LAUNCH_TEMPLATE_UNKNOWN", At: d.r.Addr, Property: l.Property, Text: "the launch template is not in the graph"}}
	}
	t := &reader{g: d.g, r: r}
	const data = "LaunchTemplateData/"
	out := launch{groups: t.links(data + "SecurityGroupIds")}
	if len(out.groups) == 0 {
		out.groups = t.links(data + "NetworkInterfaces/0/Groups")
	}
	if v := t.get(data + "NetworkInterfaces/0/AssociatePublicIpAddress"); !v.IsAbsent() {
		out.public, out.said = t.tri(data+"NetworkInterfaces/0/AssociatePublicIpAddress", No), true
	}
	if len(t.unknown) > 0 {
		out.why = t.unknown[0]
	}
	return out
}

func scalingInterfaces(d *reader) {
	t := d.launchTemplate()
	for _, s := range d.links("VPCZoneIdentifier") {
		i := Interface{Kind: EndInstance, Owner: d.r, Subnet: s, Groups: t.groups, HasGroups: true, Why: t.why, Public: t.public}
		if !t.said {
			i.Public = d.subnetPublic(s)
		}
		d.g.add(i)
	}
}

// serviceInterfaces reads a service whose tasks have interfaces of their own
// (network mode awsvpc); others share their host's.
func serviceInterfaces(d *reader) {
	const p = "NetworkConfiguration/AwsvpcConfiguration/"
	d.addEach(d.links(p+"Subnets"), Interface{Kind: EndService, Groups: d.links(p + "SecurityGroups"), HasGroups: true, Public: d.tri(p+"AssignPublicIp", No)})
}

// databaseCluster reads a cluster; its instances have no interfaces of their
// own, but one that is publicly accessible makes the cluster so.
func databaseCluster(d *reader) {
	like := Interface{Kind: EndDatabase, Groups: d.links("VpcSecurityGroupIds"), HasGroups: true}
	like.Public = either(d.tri("PubliclyAccessible", No), d.g.views.public[d.r.Addr])
	d.addEach(d.subnetsOf(d.link("DBSubnetGroupName"), "SubnetIds"), like)
}

// either returns Yes if one is Yes, else Perhaps if one is.
func either(a, b Tri) Tri {
	if a == Yes || b == Yes {
		return Yes
	}
	return max(a, b)
}

func databaseInstance(d *reader) {
	if l := d.link("DBClusterIdentifier"); !l.To.IsZero() && d.g.typeOf(l) == "AWS::RDS::DBCluster" {
		return
	}
	groups := d.links("VPCSecurityGroups")
	d.addEach(d.subnetsOf(d.link("DBSubnetGroupName"), "SubnetIds"),
		Interface{Kind: EndDatabase, Groups: groups, HasGroups: true, Public: d.tri("PubliclyAccessible", No)})
}

func resolverInterfaces(d *reader) {
	groups := d.links("SecurityGroupIds")
	addresses := d.items("IpAddresses")
	if len(addresses) == 0 {
		d.addUnknown(Interface{Kind: EndResolver, Groups: groups, HasGroups: true})
	}
	for _, p := range addresses {
		d.addEach([]Link{d.link(p + "SubnetId")}, Interface{Kind: EndResolver, Groups: groups, HasGroups: true, Address: d.address(p + "Ip")})
	}
}

// countNotModelled counts the resources of types that Modelled does not know.
func (g *Graph) countNotModelled() {
	g.views.notModelled = map[string]int{}
	for typ, all := range g.byType {
		if !Modelled(typ) {
			g.views.notModelled[typ] = len(all)
		}
	}
}

// NotModelled counts the resources of types that Surety does not model, by
// type. It must not be changed.
func (g *Graph) NotModelled() map[string]int { return g.views.notModelled }

// MovesPackets says whether resources of a type decide where packets flow, or
// begin or end flows.
func MovesPackets(typ string) bool {
	switch typ {
	case "AWS::EC2::FlowLog", "AWS::EC2::KeyPair", "AWS::EC2::Volume", "AWS::EC2::VolumeAttachment", "AWS::EC2::PlacementGroup":
		return false
	case "AWS::EC2::Instance", "AWS::ECS::Service", "AWS::AutoScaling::AutoScalingGroup", "AWS::Route53Resolver::ResolverEndpoint", "AWS::EFS::MountTarget":
		return true
	}
	return slices.ContainsFunc(plainOwners, func(p plainOwner) bool { return p.typ == typ }) ||
		slices.ContainsFunc([]string{"AWS::EC2::", "AWS::NetworkFirewall::", "AWS::ElasticLoadBalancing", "AWS::RDS::DB"},
			func(p string) bool { return strings.HasPrefix(typ, p) })
}

// Modelled says whether a type has a view, is folded into one, has interfaces,
// is a store whose encryption is proved, or is known to neither move packets
// nor hold a customer's data.
func Modelled(typ string) bool {
	if modelledTypes[typ] {
		return true
	}
	for _, prefix := range modelledServices {
		if strings.HasPrefix(typ, prefix) {
			return true
		}
	}
	for _, p := range plainOwners {
		if p.typ == typ {
			return true
		}
	}
	return false
}
