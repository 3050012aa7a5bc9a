package snapshot

import (
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// readReservation reads "DescribeInstances".
func readReservation(l *loader, it item) {
	for _, i := range it.all("Instances") {
		readInstance(l, i)
	}
}

// readInstance reads an instance. A stopped one keeps its interfaces and may be
// started at any time, so it counts; user data is not kept.
func readInstance(l *loader, it item) {
	if it.gone() {
		return
	}
	id := it.text("InstanceId")
	p := it.pick("SubnetId", "ImageId", "InstanceType", "PrivateIpAddress", "SourceDestCheck", "IamInstanceProfile:IamInstanceProfile/Arn",
		"AvailabilityZone:Placement/AvailabilityZone", "MetadataOptions")
	p.strs("SecurityGroupIds", it.texts("SecurityGroups", "GroupId"))
	var own []value.Value
	for i, eni := range it.all("NetworkInterfaces") {
		q := eni.pick("NetworkInterfaceId")
		q.set("DeviceIndex", value.OfInt(i))
		own = append(own, q.value())
		l.facts.embedded = append(l.facts.embedded, embedded{eni, id})
		l.facts.own(it.place, eni.text("NetworkInterfaceId"), id)
	}
	if len(own) > 0 {
		p.set("NetworkInterfaces", value.OfList(own...))
	}
	l.facts.elastic = append(l.facts.elastic, it)
	l.add(it, "AWS::EC2::Instance", id, p)
}

// readNetworkInterface reads "DescribeNetworkInterfaces".
func readNetworkInterface(l *loader, it item) {
	l.networkInterface(it, it.text("Attachment/InstanceId"))
}

// networkInterface adds an interface, which its owner is found for later.
func (l *loader) networkInterface(it item, instance string) {
	p := it.pick("SubnetId", "Description", "InterfaceType", "SourceDestCheck", "PrivateIpAddress", "Ipv6Addresses", "Status")
	if !it.get("Groups").IsAbsent() {
		p.set("GroupSet", texts(it.texts("Groups", "GroupId")))
	}
	var addresses []value.Value
	for _, a := range it.all("PrivateIpAddresses") {
		q := a.pick("PrivateIpAddress", "Primary", "PublicIp:Association/PublicIp")
		if a.text("Primary") == "true" && !a.has("Association/PublicIp") {
			q.set("PublicIp", it.get("Association/PublicIp")) // the interface's is its primary address's
		}
		addresses = append(addresses, q.value())
	}
	if len(addresses) == 0 && it.has("PrivateIpAddress") {
		q := it.pick("PrivateIpAddress", "PublicIp:Association/PublicIp")
		q.set("Primary", value.OfBool(true))
		addresses = append(addresses, q.value())
	}
	if len(addresses) > 0 {
		p.set("PrivateIpAddresses", value.OfList(addresses...))
	}
	p.set("Ipv4Prefixes", it.get("Ipv4Prefixes"))
	p.set("Ipv6Prefixes", it.get("Ipv6Prefixes"))
	id := it.text("NetworkInterfaceId")
	l.facts.own(it.place, id, instance)
	e := l.add(it, interfaceType, id, p)
	l.facts.interfaces = append(l.facts.interfaces, e)
}

const interfaceType = "AWS::EC2::NetworkInterface"

// readAddress reads "DescribeAddresses".
func readAddress(l *loader, it item) {
	id := it.text("AllocationId")
	if id == "" {
		id = it.text("PublicIp")
	}
	l.add(it, "AWS::EC2::EIP", id, it.pick("InstanceId", "NetworkInterfaceId", "PrivateIpAddress", "PublicIp"))
	l.facts.elastic = append(l.facts.elastic, it)
}

// readDatabase reads "DescribeDBInstances".
func readDatabase(l *loader, it item) {
	if it.gone() {
		return
	}
	p := it.pick("DBInstanceIdentifier", "DBInstanceClass", "Engine", "EngineVersion", "DBClusterIdentifier", "MultiAZ", "PubliclyAccessible",
		"StorageEncrypted", "KmsKeyId", "BackupRetentionPeriod", "DeletionProtection", "Port:Endpoint/Port", "AvailabilityZone",
		"CACertificateIdentifier", "DBSubnetGroupName:DBSubnetGroup/DBSubnetGroupName", "DatabaseInsightsMode", "AutoMinorVersionUpgrade")
	p.strs("VPCSecurityGroups", it.texts("VpcSecurityGroups", "VpcSecurityGroupId"))
	l.add(it, "AWS::RDS::DBInstance", it.text("DBInstanceIdentifier"), p)
	for _, g := range (item{it.l, it.file, value.OfMap([]string{"g"}, []value.Value{value.OfList(it.get("DBSubnetGroup"))}), it.place}).all("g") {
		readDatabaseSubnets(l, g)
	}
}

// readDatabaseCluster reads "DescribeDBClusters".
func readDatabaseCluster(l *loader, it item) {
	if it.gone() {
		return
	}
	p := it.pick("DBClusterIdentifier", "Engine", "EngineVersion", "DBSubnetGroupName:DBSubnetGroup", "StorageEncrypted", "KmsKeyId", "Port",
		"DeletionProtection", "BackupRetentionPeriod", "DBClusterInstanceClass", "PubliclyAccessible")
	p.strs("VpcSecurityGroupIds", it.texts("VpcSecurityGroups", "VpcSecurityGroupId"))
	l.add(it, "AWS::RDS::DBCluster", it.text("DBClusterIdentifier"), p)
}

// readDatabaseSubnets reads "DescribeDBSubnetGroups", and the group that an
// instance brings with it.
func readDatabaseSubnets(l *loader, it item) {
	p := it.pick("DBSubnetGroupName")
	p.strs("SubnetIds", it.texts("Subnets", "SubnetIdentifier"))
	l.add(it, "AWS::RDS::DBSubnetGroup", "subnet-group/"+it.text("DBSubnetGroupName"), p)
}

// readDomain reads "DescribeElasticsearchDomains" and "DescribeDomains".
func readDomain(l *loader, it item) {
	if it.text("Deleted") == "true" {
		return
	}
	p := it.pick("DomainName", "EngineVersion", "EncryptionAtRestOptions", "NodeToNodeEncryptionOptions", "DomainEndpointOptions", "AccessPolicies")
	options := it.pick("SubnetIds:VPCOptions/SubnetIds", "SecurityGroupIds:VPCOptions/SecurityGroupIds")
	if len(options.keys) > 0 {
		p.set("VPCOptions", options.value())
	}
	l.add(it, "AWS::OpenSearchService::Domain", "domain/"+it.text("DomainName"), p)
}

// readFunction reads "ListFunctions". The environment of a function is not kept.
func readFunction(l *loader, it item) {
	p := it.pick("FunctionName", "Runtime", "Handler", "Role", "KmsKeyArn:KMSKeyArn", "PackageType")
	if it.has("VpcConfig/SubnetIds") {
		p.set("VpcConfig", it.pick("SubnetIds:VpcConfig/SubnetIds", "SecurityGroupIds:VpcConfig/SecurityGroupIds").value())
	}
	name := it.text("FunctionName")
	e := l.add(it, "AWS::Lambda::Function", "function/"+name, p)
	l.facts.described = append(l.facts.described, described{e, "AWS Lambda VPC ENI-" + name + "-"})
}

// readBalancer reads "DescribeLoadBalancers" of the Elastic Load Balancing of
// today; its interfaces name the end of its ARN.
func readBalancer(l *loader, it item) {
	if it.gone() {
		return
	}
	arn := it.text("LoadBalancerArn")
	p := it.pick("Name:LoadBalancerName", "Type", "Scheme", "IpAddressType", "VpcId")
	p.strs("Subnets", it.texts("AvailabilityZones", "SubnetId"))
	p.set("SecurityGroups", it.get("SecurityGroups"))
	e := l.add(it, "AWS::ElasticLoadBalancingV2::LoadBalancer", arn, p)
	if _, end, ok := strings.Cut(arn, ":loadbalancer/"); ok {
		l.facts.described = append(l.facts.described, described{e, "ELB " + end})
	}
}

// readBalancerAttributes reads "DescribeLoadBalancerAttributes" of several load
// balancers, joined.
func readBalancerAttributes(l *loader, it item) {
	l.facts.more = append(l.facts.more, addition{"AWS::ElasticLoadBalancingV2::LoadBalancer", it.text("LoadBalancerArn"), "LoadBalancerAttributes", it.get("Attributes")})
}

// readListeners reads "DescribeListeners" of several load balancers, joined.
func readListeners(l *loader, it item) {
	for _, one := range it.all("Listeners") {
		readListener(l, one)
	}
}

func readListener(l *loader, it item) {
	l.add(it, "AWS::ElasticLoadBalancingV2::Listener", it.text("ListenerArn"),
		it.pick("LoadBalancerArn", "Port", "Protocol", "SslPolicy", "Certificates", "DefaultActions"))
}

// readListenerRules reads "DescribeRules" of several listeners, joined.
func readListenerRules(l *loader, it item) {
	for i, r := range it.all("Rules") {
		if r.text("IsDefault") == "true" {
			continue
		}
		p := r.pick("Actions", "Conditions")
		p.set("ListenerArn", it.get("ListenerArn"))
		id := r.text("RuleArn")
		if id == "" {
			id = it.text("ListenerArn") + "/rule/" + strconv.Itoa(i)
		}
		l.add(r, "AWS::ElasticLoadBalancingV2::ListenerRule", id, p)
	}
}

// readTargetGroup reads "DescribeTargetGroups".
func readTargetGroup(l *loader, it item) {
	l.add(it, "AWS::ElasticLoadBalancingV2::TargetGroup", it.text("TargetGroupArn"),
		it.pick("Name:TargetGroupName", "VpcId", "TargetType", "Protocol", "Port", "HealthCheckProtocol", "HealthCheckPort"))
}

// readTargetGroupAttributes reads "DescribeTargetGroupAttributes" of several
// groups, joined.
func readTargetGroupAttributes(l *loader, it item) {
	l.facts.more = append(l.facts.more, addition{"AWS::ElasticLoadBalancingV2::TargetGroup", it.text("TargetGroupArn"), "TargetGroupAttributes", it.get("Attributes")})
}

// readTargetHealth reads "DescribeTargetHealth" of several groups, joined. A
// target counts whether or not it is healthy now.
func readTargetHealth(l *loader, it item) {
	var targets []value.Value
	for _, d := range it.all("TargetHealthDescriptions") {
		targets = append(targets, d.pick("Id:Target/Id", "Port:Target/Port", "AvailabilityZone:Target/AvailabilityZone").value())
	}
	if len(targets) > 0 {
		l.facts.more = append(l.facts.more, addition{"AWS::ElasticLoadBalancingV2::TargetGroup", it.text("TargetGroupArn"), "Targets", value.OfList(targets...)})
	}
}

// readClassicBalancer reads "DescribeLoadBalancers" of the Classic Load Balancer.
func readClassicBalancer(l *loader, it item) {
	name := it.text("LoadBalancerName")
	e := l.add(it, "AWS::ElasticLoadBalancing::LoadBalancer", "classic/"+name, it.pick("LoadBalancerName", "Scheme", "Subnets", "SecurityGroups"))
	l.facts.described = append(l.facts.described, described{e, "ELB " + name})
}
