package snapshot

import (
	"slices"
	"strconv"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/value"
)

// readVPC reads "DescribeVpcs".
func readVPC(l *loader, it item) {
	id := it.text("VpcId")
	l.add(it, "AWS::EC2::VPC", id, it.pick("CidrBlock", "InstanceTenancy"))
	primary := it.text("CidrBlock")
	for i, b := range it.all("CidrBlockAssociationSet") {
		if b.text("CidrBlock") != primary && associated(b, "CidrBlockState/State") {
			l.block(b, id, "cidr", i, "CidrBlock")
		}
	}
	for i, b := range it.all("Ipv6CidrBlockAssociationSet") {
		if associated(b, "Ipv6CidrBlockState/State") {
			l.block(b, id, "ipv6", i, "Ipv6CidrBlock")
		}
	}
}

// block adds a further range of a VPC.
func (l *loader) block(b item, vpc, kind string, i int, property string) {
	p := b.pick(property)
	p.str("VpcId", vpc)
	id := b.text("AssociationId")
	if id == "" {
		id = vpc + "/" + kind + "/" + strconv.Itoa(i)
	}
	l.add(b, "AWS::EC2::VPCCidrBlock", id, p)
}

// associated says whether an association holds: its state is not said, or it
// says so.
func associated(it item, path string) bool {
	switch it.text(path) {
	case "", "associated", "associating", "attached", "available":
		return true
	}
	return false
}

// readVPCAttributes reads "DescribeVpcAttribute" of several VPCs, joined.
func readVPCAttributes(l *loader, it item) {
	l.facts.attributes = append(l.facts.attributes, it)
}

// readSubnet reads "DescribeSubnets".
func readSubnet(l *loader, it item) {
	p := it.pick("VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "MapPublicIpOnLaunch", "Ipv6Native")
	for _, b := range it.all("Ipv6CidrBlockAssociationSet") {
		if associated(b, "Ipv6CidrBlockState/State") {
			p.set("Ipv6CidrBlock", b.get("Ipv6CidrBlock"))
			break
		}
	}
	l.facts.subnets = append(l.facts.subnets, l.add(it, "AWS::EC2::Subnet", it.text("SubnetId"), p))
}

// routeProperties are the properties of a route that describe calls spell as
// CloudFormation does.
var routeProperties = []string{"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "GatewayId", "NatGatewayId", "InstanceId",
	"NetworkInterfaceId", "TransitGatewayId", "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "CarrierGatewayId", "LocalGatewayId",
	"CoreNetworkArn", "State", "Origin"}

// readRouteTable reads "DescribeRouteTables": the routes in effect, propagated
// ones included. The local routes are the VPC's own.
func readRouteTable(l *loader, it item) {
	id, vpc := it.text("RouteTableId"), it.text("VpcId")
	main := false
	for i, a := range it.all("Associations") {
		if !associated(a, "AssociationState/State") {
			continue
		}
		p := &props{}
		p.str("RouteTableId", id)
		logical := a.text("RouteTableAssociationId")
		if logical == "" {
			logical = id + "/association/" + strconv.Itoa(i)
		}
		switch subnet, gateway := a.text("SubnetId"), a.text("GatewayId"); {
		case subnet != "":
			p.str("SubnetId", subnet)
			l.facts.tabled(it.place, subnet)
			l.add(a, "AWS::EC2::SubnetRouteTableAssociation", logical, p)
		case gateway != "":
			p.str("GatewayId", gateway)
			l.add(a, "AWS::EC2::GatewayRouteTableAssociation", logical, p)
		case a.text("Main") == "true":
			main = true
			l.facts.tabled(it.place, vpc)
		}
	}
	p := it.pick("VpcId")
	p.set("Main", value.OfBool(main))
	l.add(it, "AWS::EC2::RouteTable", id, p)
	for i, r := range it.all("Routes") {
		if r.text("GatewayId") == "local" {
			continue
		}
		p := r.pick(routeProperties...)
		p.str("RouteTableId", id)
		if igw := r.text("GatewayId"); len(igw) > 4 && igw[:4] == "igw-" && r.text("State") != "blackhole" {
			l.facts.used = append(l.facts.used, use{it, igw, vpc})
		}
		l.add(r, "AWS::EC2::Route", id+"/route/"+strconv.Itoa(i), p)
	}
}

// readNetworkACL reads "DescribeNetworkAcls". The last rule, which denies, is
// implied.
func readNetworkACL(l *loader, it item) {
	id := it.text("NetworkAclId")
	l.add(it, "AWS::EC2::NetworkAcl", id, it.pick("VpcId"))
	for i, e := range it.all("Entries") {
		if n := e.text("RuleNumber"); n == "32767" || n == "32768" {
			continue
		}
		p := e.pick("RuleNumber", "Egress", "RuleAction", "Protocol", "CidrBlock", "Ipv6CidrBlock", "PortRange", "Icmp:IcmpTypeCode")
		p.str("NetworkAclId", id)
		l.add(e, "AWS::EC2::NetworkAclEntry", id+"/entry/"+strconv.Itoa(i), p)
	}
	for i, a := range it.all("Associations") {
		logical := a.text("NetworkAclAssociationId")
		if logical == "" {
			logical = id + "/association/" + strconv.Itoa(i)
		}
		p := a.pick("SubnetId")
		p.str("NetworkAclId", id)
		l.facts.filtered(it.place, a.text("SubnetId"))
		l.add(a, "AWS::EC2::SubnetNetworkAclAssociation", logical, p)
	}
}

// readSecurityGroup reads "DescribeSecurityGroups". In a snapshot a group
// without rules has none.
func readSecurityGroup(l *loader, it item) {
	p := it.pick("GroupName", "GroupDescription:Description", "VpcId")
	p.set("SecurityGroupIngress", it.rules("IpPermissions", "Source"))
	p.set("SecurityGroupEgress", it.rules("IpPermissionsEgress", "Destination"))
	l.add(it, "AWS::EC2::SecurityGroup", it.text("GroupId"), p)
}

// rules makes one rule of every peer of every permission.
func (it item) rules(path, side string) value.Value {
	if it.get(path).IsAbsent() {
		return unknown(&value.Reason{Code: "SNAPSHOT_MISSING", Text: "the group has no " + path}, addr.Address{Stack: it.place, Logical: it.text("GroupId")}, path)
	}
	var out []value.Value
	for _, perm := range it.all(path) {
		rule := func(of item, keys ...string) {
			p := perm.pick("IpProtocol", "FromPort", "ToPort")
			q := of.pick(append(keys, "Description")...)
			p.keys, p.vals = append(p.keys, q.keys...), append(p.vals, q.vals...)
			out = append(out, p.value())
		}
		for _, r := range perm.all("IpRanges") {
			rule(r, "CidrIp")
		}
		for _, r := range perm.all("Ipv6Ranges") {
			rule(r, "CidrIpv6")
		}
		for _, r := range perm.all("PrefixListIds") {
			rule(r, side+"PrefixListId:PrefixListId")
		}
		for _, r := range perm.all("UserIdGroupPairs") {
			rule(r, side+"SecurityGroupId:GroupId", "SourceSecurityGroupOwnerId:UserId")
		}
	}
	return value.OfList(out...)
}

// readInternetGateway reads "DescribeInternetGateways".
func readInternetGateway(l *loader, it item) {
	id := it.text("InternetGatewayId")
	l.add(it, "AWS::EC2::InternetGateway", id, &props{})
	for _, a := range it.all("Attachments") {
		if associated(a, "State") {
			l.attachGateway(a, id, "InternetGatewayId", a.text("VpcId"))
		}
	}
}

func (l *loader) attachGateway(it item, gateway, property, vpc string) {
	p := &props{}
	p.str("VpcId", vpc)
	p.str(property, gateway)
	l.add(it, "AWS::EC2::VPCGatewayAttachment", gateway+"/"+vpc, p)
}

// readEgressOnlyGateway reads "DescribeEgressOnlyInternetGateways".
func readEgressOnlyGateway(l *loader, it item) {
	p := &props{}
	for _, a := range it.all("Attachments") {
		if associated(a, "State") {
			p.set("VpcId", a.get("VpcId"))
		}
	}
	l.add(it, "AWS::EC2::EgressOnlyInternetGateway", it.text("EgressOnlyInternetGatewayId"), p)
}

// readNATGateway reads "DescribeNatGateways". One with several addresses uses
// any of them, so none is noted.
func readNATGateway(l *loader, it item) {
	if it.gone() {
		return
	}
	p := it.pick("SubnetId", "VpcId", "ConnectivityType", "AvailabilityMode")
	addresses := it.all("NatGatewayAddresses")
	if len(addresses) == 1 {
		p.set("PrivateIpAddress", addresses[0].get("PrivateIp"))
	}
	e := l.add(it, "AWS::EC2::NatGateway", it.text("NatGatewayId"), p)
	for _, a := range addresses {
		l.facts.own(it.place, a.text("NetworkInterfaceId"), e.Addr.Logical)
	}
}

// readPeering reads "DescribeVpcPeeringConnections". Both sides describe one
// connection; it is noted at the requester's.
func readPeering(l *loader, it item) {
	switch it.state() {
	case "deleted", "rejected", "failed", "expired", "deleting":
		return
	}
	p := it.pick("VpcId:RequesterVpcInfo/VpcId", "PeerVpcId:AccepterVpcInfo/VpcId", "PeerOwnerId:AccepterVpcInfo/OwnerId",
		"PeerRegion:AccepterVpcInfo/Region", "Status")
	if s := it.text("RequesterVpcInfo/OwnerId"); s != "" {
		it.place.Account = s
	}
	if s := it.text("RequesterVpcInfo/Region"); s != "" {
		it.place.Region = s
	}
	e := l.add(it, "AWS::EC2::VPCPeeringConnection", it.text("VpcPeeringConnectionId"), p)
	l.facts.peerings = append(l.facts.peerings, peering{e, it})
}

// readEndpoint reads "DescribeVpcEndpoints".
func readEndpoint(l *loader, it item) {
	if it.gone() {
		return
	}
	p := it.pick("VpcEndpointType", "VpcId", "ServiceName", "SubnetIds", "RouteTableIds", "PrivateDnsEnabled")
	p.strs("SecurityGroupIds", it.texts("Groups", "GroupId"))
	p.set("PolicyDocument", it.document("PolicyDocument"))
	e := l.add(it, "AWS::EC2::VPCEndpoint", it.text("VpcEndpointId"), p)
	for _, eni := range it.get("NetworkInterfaceIds").Items() {
		l.facts.own(it.place, eni.Text(), e.Addr.Logical)
	}
}

// document reads a policy that stands as a text in the JSON.
func (it item) document(path string) value.Value {
	v := it.get(path)
	if v.Kind() != value.String {
		return v
	}
	if t, _ := decodeText(it.file.File, v.Text()); t != nil {
		return t.Root
	}
	return v
}

// readPrefixList reads "DescribePrefixLists", which says the ranges of AWS's own
// lists, and "DescribeManagedPrefixLists", which does not.
func readPrefixList(l *loader, it item) {
	p := it.pick("PrefixListName", "MaxEntries", "AddressFamily")
	if ranges := it.get("Cidrs"); ranges.Kind() == value.List {
		var entries []value.Value
		for _, r := range ranges.Items() {
			entries = append(entries, value.OfMap([]string{"Cidr"}, []value.Value{r}))
		}
		p.set("Entries", value.OfList(entries...))
	}
	e := l.add(it, "AWS::EC2::PrefixList", it.text("PrefixListId"), p)
	if e.dead && slices.Contains(p.keys, "Entries") {
		l.facts.entries = append(l.facts.entries, listEntries{it, it.text("PrefixListId"), p.value().Get("Entries")})
	}
}

// readPrefixListEntries reads "GetManagedPrefixListEntries" of several lists,
// joined.
func readPrefixListEntries(l *loader, it item) {
	l.facts.entries = append(l.facts.entries, listEntries{it, it.text("PrefixListId"), it.get("Entries")})
}

// readBlockPublicAccess reads "DescribeVpcBlockPublicAccessOptions".
func readBlockPublicAccess(l *loader, it item) {
	l.add(it, "AWS::EC2::VPCBlockPublicAccessOptions", "block-public-access", it.pick("InternetGatewayBlockMode"))
}

// readExclusion reads "DescribeVpcBlockPublicAccessExclusions".
func readExclusion(l *loader, it item) {
	if it.state() == "delete-complete" {
		return
	}
	p := it.pick("InternetGatewayExclusionMode")
	arn := it.text("ResourceArn")
	switch id := last(arn); {
	case len(id) > 4 && id[:4] == "vpc-":
		p.str("VpcId", id)
	default:
		p.str("SubnetId", id)
	}
	l.add(it, "AWS::EC2::VPCBlockPublicAccessExclusion", it.text("ExclusionId"), p)
}
