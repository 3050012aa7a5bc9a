package network_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource/build"
)

// toS3 gives a VPC a gateway endpoint E for S3 in a subnet's table.
func (l *lab) toS3(vpc, subnet string) {
	l.Add("AWS::EC2::VPCEndpoint", "E", build.Props{"VpcId": l.Ref(vpc), "ServiceName": "com.amazonaws.ap-southeast-2.s3", "RouteTableIds": []any{l.Ref(subnet + "Rt")}})
}

func endpointFacts() []semantic {
	const page = "Gateway endpoints"
	return []semantic{
		{"gateway endpoint", page, func(l *lab) { pair(l); l.toS3("V", "A") },
			[]probe{{"a", "s3", "tcp 443", "must"}, {"a", "s3", "udp 53", "VPCE_GATEWAY_PROTOCOL_RESTRICTION"}, {"a", "s3", "icmp", "may"}, {"b", "s3", "tcp 443", "NO_ROUTE_TO_DESTINATION"},
				{"a", "internet", "tcp 443", "NO_ROUTE_TO_DESTINATION"}, {"s3", "a", "tcp 443", "VPCE_INTRA_VPC_TRAFFIC"}}},
		{"gateway endpoint beside a NAT gateway", page, func(l *lab) { edge(l); l.toS3("V", "A"); l.acl("V", "P", "out 1 deny all 0.0.0.0/0") },
			[]probe{{"a", "s3", "tcp 443", "must"}, {"a", "internet", "tcp 443", "SUBNET_ACL_RESTRICTION"}}},
		{"service by the internet gateway where no endpoint leads to it", page, func(l *lab) { edge(l); l.toS3("V", "A") },
			[]probe{{"w", "s3", "tcp 443", "must"}, {"p", "s3", "tcp 443", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}}},
		{"gateway endpoint and network ACLs", page, func(l *lab) {
			pair(l)
			l.toS3("V", "A")
			l.acl("V", "A", "in 100 allow tcp 1024-65535 0.0.0.0/0", "out 100 allow tcp 443 0.0.0.0/0")
			l.subnet("V", "C", "10.0.3.0/24", "az1")
			l.eni("c", "C", "Open", "")
			l.amend("E", build.Props{"RouteTableIds": []any{l.Ref("ARt"), l.Ref("CRt")}})
			l.acl("V", "C", "in 100 allow all 10.0.0.0/8", "out 100 allow all 10.0.0.0/8")
		}, []probe{{"a", "s3", "tcp 443", "must"}, {"a", "s3", "tcp 80", "SUBNET_ACL_RESTRICTION"}, {"c", "s3", "tcp 443", "SUBNET_ACL_RESTRICTION"}}},
		{"gateway endpoint and security groups", "Gateway endpoints: security", func(l *lab) {
			pair(l)
			l.toS3("V", "A")
			l.group("V", "Inside", ">tcp 443 10.0.0.0/8")
			l.group("V", "Listed", ">tcp 443 10.0.0.0/8")
			l.amend("Listed", build.Props{"SecurityGroupEgress": []build.Props{{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-6ca54005"}}})
			l.eni("i", "A", "Inside", "")
			l.eni("j", "A", "Listed", "")
		}, []probe{{"i", "s3", "tcp 443", "ENI_SG_RULES_MISMATCH"}, {"j", "s3", "tcp 443", "may"}, {"j", "s3", "tcp 80", "ENI_SG_RULES_MISMATCH"}}},
		{"gateway endpoint for another network", "Gateway endpoints: considerations", func(l *lab) {
			hub(l)
			full(l)
			l.tgwRoute("All", "0.0.0.0/0", "Zattach", "Id")
			l.toS3("Z", "Zatt")
		}, []probe{{"x", "s3", "tcp 443", "NO_POSSIBLE_DESTINATION"}}},
		{"gateway endpoint by a route of its own", page, func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::VPCEndpoint", "E", build.Props{"VpcId": l.Ref("V"), "ServiceName": "com.amazonaws.ap-southeast-2.s3"})
			l.Add("AWS::EC2::Route", "ByList", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationPrefixListId": "pl-6ca54005", "GatewayId": l.Ref("E")})
		}, []probe{{"a", "s3", "tcp 443", "must"}, {"b", "s3", "tcp 443", "NO_ROUTE_TO_DESTINATION"}, {"a", "b", "tcp 443", "must"}}},
		{"gateway endpoint of unknown tables", page, func(l *lab) {
			pair(l)
			l.toS3("V", "A")
			l.amend("E", build.Props{"RouteTableIds": []any{build.Unknown("a test")}})
		}, []probe{{"a", "s3", "tcp 443", "may"}}},
	}
}

// Claims ask about what the templates and the internet reach: services are
// found by name only.
func TestServicesAreApartFromTheInternet(t *testing.T) {
	l := newLab()
	edge(l)
	l.toS3("V", "A")
	n := l.network(t)
	id, ok := n.Service("com.amazonaws.ap-southeast-2.s3")
	if !ok || n.Class(id).Service != "com.amazonaws.ap-southeast-2.s3" || !n.Class(id).External {
		t.Fatalf("the service's class is %+v", n.Class(id))
	}
	if _, ok := n.Service("dynamodb"); ok {
		t.Error("there is no such service here")
	}
	for _, x := range n.External() {
		if x == id {
			t.Error("the service is among the internet's classes")
		}
	}
	if err := n.OpenPairs(t.Context(), func(a, b network.ClassID, _ network.Reach) {
		if a == id || b == id {
			t.Error("the service is among the open pairs")
		}
	}); err != nil {
		t.Fatal(err)
	}
}
