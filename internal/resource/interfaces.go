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
	public                       Tri    // where PubliclyAccessible is absent
	made                         string // a security group that the service makes and no template can see
	inDefault                    bool   // without subnets it is in the default VPC, and not outside of all VPCs
}

// plainOwners are the types whose interfaces need no more than a table.
var plainOwners = []plainOwner{
	{typ: "AWS::Lambda::Function", subnets: "VpcConfig/SubnetIds", groups: "VpcConfig/SecurityGroupIds", kind: EndFunction},
	// A canary is a function that CloudWatch Synthetics makes.
	{typ: "AWS::Synthetics::Canary", subnets: "VPCConfig/SubnetIds", groups: "VPCConfig/SecurityGroupIds", kind: EndFunction},
	{typ: "AWS::ElastiCache::ReplicationGroup", subnetGroup: "CacheSubnetGroupName", subnetGroupList: "SubnetIds", groups: "SecurityGroupIds", kind: EndCache},
	{typ: "AWS::ElastiCache::CacheCluster", subnetGroup: "CacheSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndCache},
	{typ: "AWS::ElastiCache::ServerlessCache", subnets: "SubnetIds", groups: "SecurityGroupIds", kind: EndCache, inDefault: true},
	{typ: "AWS::ApiGatewayV2::VpcLink", subnets: "SubnetIds", groups: "SecurityGroupIds", kind: EndVPCLink},
	{typ: "AWS::DocDB::DBCluster", subnetGroup: "DBSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::Neptune::DBCluster", subnetGroup: "DBSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::Redshift::Cluster", subnetGroup: "ClusterSubnetGroupName", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::RedshiftServerless::Workgroup", subnets: "SubnetIds", groups: "SecurityGroupIds", kind: EndDatabase, inDefault: true},
	{typ: "AWS::RDS::DBProxy", subnets: "VpcSubnetIds", groups: "VpcSecurityGroupIds", kind: EndDatabase},
	{typ: "AWS::OpenSearchService::Domain", subnets: "VPCOptions/SubnetIds", groups: "VPCOptions/SecurityGroupIds", kind: EndOther},
	{typ: "AWS::MSK::Cluster", subnets: "BrokerNodeGroupInfo/ClientSubnets", groups: "BrokerNodeGroupInfo/SecurityGroups", kind: EndOther},
	{typ: "AWS::AmazonMQ::Broker", subnets: "SubnetIds", groups: "SecurityGroups", kind: EndOther, inDefault: true},
	{typ: "AWS::EKS::Cluster", subnets: "ResourcesVpcConfig/SubnetIds", groups: "ResourcesVpcConfig/SecurityGroupIds", kind: EndOther, made: clusterGroup},
	{typ: "AWS::CodeBuild::Project", subnets: "VpcConfig/Subnets", groups: "VpcConfig/SecurityGroupIds", kind: EndOther},
	{typ: "AWS::Transfer::Server", subnets: "EndpointDetails/SubnetIds", groups: "EndpointDetails/SecurityGroupIds", kind: EndOther},
	{typ: "AWS::DMS::ReplicationInstance", subnetGroup: "ReplicationSubnetGroupIdentifier", subnetGroupList: "SubnetIds", groups: "VpcSecurityGroupIds", kind: EndOther, public: Yes},
}

// clusterGroup is in force beside the groups that a cluster names ("View Amazon
// EKS security group requirements for clusters").
const clusterGroup = "EKS gives it a cluster security group of its own, whose rules are in no template"

// otherOwners are types that are not modelled but have interfaces: they are
// there, so that nothing is proved as if they were not.
var otherOwners = []plainOwner{
	{typ: "AWS::AppRunner::VpcConnector", subnets: "Subnets", groups: "SecurityGroups"},
	{typ: "AWS::Batch::ComputeEnvironment", subnets: "ComputeResources/Subnets", groups: "ComputeResources/SecurityGroupIds"},
	{typ: "AWS::DAX::Cluster", subnetGroup: "SubnetGroupName", subnetGroupList: "SubnetIds", groups: "SecurityGroupIds"},
	{typ: "AWS::DirectoryService::MicrosoftAD", subnets: "VpcSettings/SubnetIds", made: "the directory makes its own security group"},
	{typ: "AWS::DirectoryService::SimpleAD", subnets: "VpcSettings/SubnetIds", made: "the directory makes its own security group"},
	{typ: "AWS::EC2::ClientVpnTargetNetworkAssociation", subnets: "SubnetId", made: "what clients of the VPN send is not modelled"},
	{typ: "AWS::EC2::InstanceConnectEndpoint", subnets: "SubnetId", groups: "SecurityGroupIds"},
	{typ: "AWS::EKS::Nodegroup", subnets: "Subnets", made: clusterGroup},
	{typ: "AWS::EMR::Cluster", subnets: "Instances/Ec2SubnetId", made: "EMR makes security groups of its own", inDefault: true},
	{typ: "AWS::ElasticLoadBalancing::LoadBalancer", subnets: "Subnets", groups: "SecurityGroups", kind: EndBalancer, inDefault: true},
	{typ: "AWS::Elasticsearch::Domain", subnets: "VPCOptions/SubnetIds", groups: "VPCOptions/SecurityGroupIds"},
	{typ: "AWS::FSx::FileSystem", subnets: "SubnetIds", groups: "SecurityGroupIds"},
	{typ: "AWS::MemoryDB::Cluster", subnetGroup: "SubnetGroupName", subnetGroupList: "SubnetIds", groups: "SecurityGroupIds"},
	{typ: "AWS::MWAA::Environment", subnets: "NetworkConfiguration/SubnetIds", groups: "NetworkConfiguration/SecurityGroupIds"},
	{typ: "AWS::SageMaker::NotebookInstance", subnets: "SubnetId", groups: "SecurityGroupIds"},
}

// findInterfaces makes the interfaces of the graph.
func (g *Graph) findInterfaces() {
	g.noteAddresses()
	g.noteAttached()
	for _, p := range plainOwners {
		g.each(p.typ, func(d *reader) { g.addPlain(d, p) })
	}
	for _, p := range otherOwners {
		if p.kind == EndInstance {
			p.kind = EndOther
		}
		g.each(p.typ, func(d *reader) { g.addPlain(d, p) })
	}
	g.each("AWS::EC2::Instance", instanceInterfaces)
	g.each("AWS::EC2::NetworkInterface", func(d *reader) {
		if d.r.Observed() {
			observedInterface(d)
			return
		}
		g.add(d.networkInterface("", d.link("SubnetId"), launch{}))
	})
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
		d.addEach(b.Subnets, Interface{Kind: EndBalancer, Groups: b.Groups, HasGroups: b.HasGroups, Public: d.facing()})
	}
	for r, e := range Views[VPCEndpoint](g) {
		endpointInterfaces(&reader{g: g, r: r}, e)
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
	if g.views.attached[i.Owner.Addr] && i.Self.IsZero() {
		return // its interfaces are resources of their own
	}
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
	if p.inDefault && len(subnets) == 0 && len(d.unknown) == 0 {
		subnets = []Link{d.nowhere(p.subnets, "no subnets are named, so the default VPC's count, which are not in the graph")}
	}
	like := Interface{Kind: p.kind, HasGroups: true, Public: either(d.tri("PubliclyAccessible", p.public), d.exposed())}
	if p.groups != "" {
		like.Groups = d.links(p.groups)
	}
	if p.made != "" {
		like.Why = &value.Reason{Code: "GROUP_MADE_BY_SERVICE", At: d.r.Addr, Text: p.made}
	}
	d.addEach(subnets, like)
}

// exposed reads what gives the interfaces of single services public addresses:
// "AWS::MSK::Cluster PublicAccess", "AWS::Transfer::Server EndpointDetails"
// (AddressAllocationIds), "AWS::ElasticLoadBalancing::LoadBalancer" (Scheme).
func (d *reader) exposed() Tri {
	switch d.r.Type {
	case "AWS::MSK::Cluster":
		switch v := d.get("BrokerNodeGroupInfo/ConnectivityInfo/PublicAccess/Type"); {
		case v.IsAbsent() || v.Text() == "DISABLED":
			return No
		case v.Text() == "SERVICE_PROVIDED_EIPS":
			return Yes
		}
		return Perhaps
	case "AWS::Transfer::Server":
		if v := d.get("EndpointDetails/AddressAllocationIds"); v.IsUnknown() {
			return Perhaps
		} else if !v.IsAbsent() && v.Len() > 0 {
			return Yes
		}
	case "AWS::ElasticLoadBalancing::LoadBalancer":
		return d.facing()
	}
	return No
}

// facing says whether a load balancer's nodes have public addresses: unless
// its Scheme is internal ("AWS::ElasticLoadBalancingV2::LoadBalancer").
func (d *reader) facing() Tri {
	v := d.get("Scheme")
	switch s, ok := v.Str(); {
	case ok:
		return triOf(s == "internet-facing")
	case v.IsAbsent() || v.Kind() == value.Null:
		return Yes
	}
	return Perhaps
}

// endpointInterfaces reads an endpoint that has interfaces, or may have. One
// that names no subnets has them where only deployment says.
func endpointInterfaces(d *reader, e *VPCEndpoint) {
	like := Interface{Kind: EndEndpoint, Groups: e.Groups, HasGroups: true}
	switch e.Type {
	case "Gateway", "GatewayLoadBalancer":
		return
	case "Interface", "Resource", "ServiceNetwork":
	default:
		like.Why = d.why(d.get("VpcEndpointType"), "VpcEndpointType", "the type of the endpoint")
	}
	subnets := e.Subnets
	if len(subnets) == 0 {
		subnets = []Link{d.nowhere("SubnetIds", "no subnets are named, so it is not known where its interfaces are")}
	}
	d.addEach(subnets, like)
}

// nowhere is a subnet that is not known, for an interface that is there.
func (d *reader) nowhere(property, text string) Link {
	return Link{Property: property, Why: &value.Reason{Code: "SUBNETS_UNKNOWN", At: d.r.Addr, Property: property, Text: text}}
}

// subnetsOf returns the subnets of a subnet group. A group outside the graph,
// or an absent one, is one link that names no subnet of the graph.
func (d *reader) subnetsOf(group Link, list string) []Link {
	switch r := d.g.byAddr[group.To]; {
	case r != nil:
		return (&reader{g: d.g, r: r}).links(list)
	case group.IsZero():
		return []Link{d.nowhere(group.Property, "no subnet group is named, so the default VPC's subnets count, which are not in the graph")}
	case group.Why != nil:
		return []Link{group}
	}
	return []Link{{ID: group.ID, To: group.To, Property: group.Property, Why: &value.Reason{Code: "SUBNETS_UNKNOWN", At: d.r.Addr,
		Property: group.Property, Text: "the subnet group is not in the graph"}}}
}

// networkInterface reads the properties that AWS::EC2::NetworkInterface and
// the NetworkInterfaces of an instance share. Prefix ends in a slash or is
// empty; what it does not say is as in the given launch.
func (d *reader) networkInterface(prefix string, subnet Link, like launch) Interface {
	i := Interface{Kind: EndInstance, Owner: d.r, Subnet: subnet, HasGroups: true}
	i.Groups = d.links(prefix + "GroupSet")
	if len(i.Groups) == 0 {
		i.Groups = d.links(prefix + "Groups")
	}
	public := d.subnetPublic(subnet)
	if like.said {
		public = like.public
	}
	if like.why != nil {
		public = either(public, Perhaps)
	}
	if len(i.Groups) == 0 {
		i.Groups, i.Why = like.groups, like.why
	}
	i.Address = d.address(prefix + "PrivateIpAddress")
	if v6 := d.get(prefix + "Ipv6Addresses/0/Ipv6Address"); !v6.IsAbsent() {
		i.IPv6 = d.address(prefix + "Ipv6Addresses/0/Ipv6Address")
	}
	i.Public = d.tri(prefix+"AssociatePublicIpAddress", public)
	i.Public = either(either(i.Public, d.g.views.public[d.r.Addr]), d.g.views.publicAny)
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
				v := d.get(prop)
				if ref, ok := v.Ref(); ok && !ref.To.IsZero() {
					g.views.public[ref.To] = Yes // also where an attribute names the interface
				} else if l := d.link(prop); !l.To.IsZero() {
					g.views.public[l.To] = Yes
				} else if l.Why != nil {
					g.views.publicAny = Perhaps // any instance may have it
				}
			}
		})
	}
	g.each("AWS::RDS::DBInstance", func(d *reader) {
		l := d.link("DBClusterIdentifier")
		if l.To.IsZero() {
			return
		}
		subnets := d.subnetsOf(d.link("DBSubnetGroupName"), "SubnetIds")
		if c := g.byAddr[l.To]; c != nil {
			of := &reader{g: g, r: c}
			subnets = of.subnetsOf(of.link("DBSubnetGroupName"), "SubnetIds")
		}
		g.views.public[l.To] = either(g.views.public[l.To], d.accessible(subnets))
	})
}

// accessible says whether a database instance has a public address. Where
// PubliclyAccessible is absent it has one if the VPC of its subnets has an
// internet gateway ("CreateDBInstance": PubliclyAccessible).
func (d *reader) accessible(subnets []Link) Tri {
	deflt := No
	for _, l := range subnets {
		if s := View[Subnet](d.g, l.To); s != nil {
			if v := View[VPC](d.g, s.VPC.To); v != nil && !v.InternetGateway.IsZero() {
				deflt = Perhaps
			}
		}
	}
	return d.tri("PubliclyAccessible", deflt)
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
	subnets := d.subnetsOf(d.link("DBSubnetGroupName"), "SubnetIds")
	like.Public = either(d.tri("PubliclyAccessible", No), d.g.views.public[d.r.Addr])
	if !d.get("DBClusterInstanceClass").IsAbsent() { // a Multi-AZ cluster, which has no resources for its members
		like.Public = d.accessible(subnets)
	}
	d.addEach(subnets, like)
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
	subnets := d.subnetsOf(d.link("DBSubnetGroupName"), "SubnetIds")
	d.addEach(subnets, Interface{Kind: EndDatabase, Groups: groups, HasGroups: true, Public: d.accessible(subnets)})
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
