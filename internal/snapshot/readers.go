package snapshot

import (
	"strings"
	"sync"

	"github.com/suretyhq/surety/internal/value"
)

// listReader reads one item of the list that stands under a key.
type listReader struct {
	key  string
	read func(*loader, item)
}

// readers are the lists that are read, by the key at the top of their file: as
// the AWS CLI prints them, and as Batfish's collector joins what is asked of
// one thing at a time.
func readers() []listReader {
	return []listReader{
		{"Vpcs", readVPC},
		{"VpcAttributes", readVPCAttributes},
		{"Subnets", readSubnet},
		{"RouteTables", readRouteTable},
		{"NetworkAcls", readNetworkACL},
		{"SecurityGroups", readSecurityGroup},
		{"InternetGateways", readInternetGateway},
		{"EgressOnlyInternetGateways", readEgressOnlyGateway},
		{"NatGateways", readNATGateway},
		{"VpcPeeringConnections", readPeering},
		{"VpcEndpoints", readEndpoint},
		{"PrefixLists", readPrefixList},
		{"ManagedPrefixLists", readPrefixList},
		{"ManagedPrefixListEntries", readPrefixListEntries},
		{"VpcBlockPublicAccessOptions", readBlockPublicAccess},
		{"VpcBlockPublicAccessExclusions", readExclusion},

		{"NetworkInterfaces", readNetworkInterface},
		{"Addresses", readAddress},
		{"Reservations", readReservation},
		{"Instances", readInstance},
		{"DBInstances", readDatabase},
		{"DBClusters", readDatabaseCluster},
		{"DBSubnetGroups", readDatabaseSubnets},
		{"DomainStatusList", readDomain},
		{"Functions", readFunction},

		{"TransitGateways", readTransitGateway},
		{"TransitGatewayAttachments", readAttachment},
		{"TransitGatewayVpcAttachments", readVPCAttachment},
		{"TransitGatewayPeeringAttachments", readPeeringAttachment},
		{"TransitGatewayRouteTables", readTransitTable},
		{"TransitGatewayPropagations", readPropagations},
		{"TransitGatewayStaticRoutes", readTransitRoutes},
		{"TransitGatewayRoutes", readAllTransitRoutes},
		{"VpnGateways", readVPNGateway},
		{"VpnConnections", readVPNConnection},
		{"CustomerGateways", readCustomerGateway},
		{"VirtualInterfaces", readVirtualInterface},
		{"DirectConnectGatewayAssociations", readDirectConnect},

		{"LoadBalancers", readBalancer},
		{"LoadBalancerAttributes", readBalancerAttributes},
		{"LoadBalancerListeners", readListeners},
		{"Listeners", readListener},
		{"ListenerRules", readListenerRules},
		{"TargetGroups", readTargetGroup},
		{"TargetGroupAttributes", readTargetGroupAttributes},
		{"LoadBalancerTargetHealth", readTargetHealth},
		{"LoadBalancerDescriptions", readClassicBalancer},
	}
}

// byKey are the readers by their keys, in lower case.
var byKey = sync.OnceValue(func() map[string]listReader {
	all := map[string]listReader{}
	for _, r := range readers() {
		all[strings.ToLower(r.key)] = r
	}
	return all
})

// readerOf finds the reader of a key, whose case does not count.
func readerOf(key string) (listReader, bool) {
	r, ok := byKey()[strings.ToLower(key)]
	return r, ok
}

// ignored says whether it is no loss that a list is not read: it is empty, no
// list, or of a kind that decides nothing.
func ignored(key string, list value.Value) bool {
	switch key {
	case "AvailabilityZones", "ServiceDetails", "ServiceNames", "Tags", "VpcEndpointServices", "ResponseMetadata":
		return true
	}
	return list.Kind() != value.List || list.Len() == 0
}

// names are the names of files, without what only spells them, that hold a list
// that is read. Functions are what many a file is called that is none of these.
var names = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{"rdsinstances": true, "elasticsearchdomains": true, "loadbalancertargethealth": true}
	for key := range byKey() {
		out[key] = key != "functions"
	}
	return out
})
