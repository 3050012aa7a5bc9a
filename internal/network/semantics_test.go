package network_test

import (
	"slices"
	"testing"

	"github.com/suretyhq/surety/internal/resource/build"
)

// probe is a question about a small network. Want is "must", "may" or the code
// that stops the packets.
type probe struct{ from, to, what, want string }

// semantic is one rule of AWS's network with the page that says it.
type semantic struct {
	name   string
	page   string
	lab    func(*lab)
	probes []probe
}

// pair makes a VPC with two subnets, A and B, and an interface in each, a and b.
func pair(l *lab) {
	l.vpc("V", "10.0.0.0/16")
	l.subnet("V", "A", "10.0.1.0/24", "az1")
	l.subnet("V", "B", "10.0.2.0/24", "az2")
	l.open("V", "Open")
	l.eni("a", "A", "Open", "")
	l.eni("b", "B", "Open", "")
}

// hub makes three VPCs, X, Y and Z, each with a subnet, an attachment subnet
// in zone az1, an interface (x, y, z), on one Transit Gateway without tables.
func hub(l *lab) {
	l.tgw("T")
	for i, v := range []string{"X", "Y", "Z"} {
		net := "10." + string(rune('1'+i)) + "."
		l.vpc(v, net+"0.0/16")
		l.subnet(v, v+"app", net+"1.0/24", "az1")
		l.subnet(v, v+"att", net+"255.0/28", "az1")
		l.route(v+"app", "0.0.0.0/0", "TransitGatewayId", "T")
		l.open(v, v+"Open")
		l.eni(string(rune('x'+i)), v+"app", v+"Open", "")
		l.attach(v+"attach", v, nil, v+"att")
	}
}

// full makes one table that every attachment of hub uses and fills.
func full(l *lab) {
	l.table("All")
	for _, v := range []string{"X", "Y", "Z"} {
		l.associate("All", v+"attach", "Id")
		l.propagate("All", v+"attach")
	}
}

var semantics = []semantic{
	{"open VPC", "Local routes", pair, []probe{{"a", "b", "tcp 443", "must"}, {"b", "a", "udp 53", "must"}, {"a", "b", "icmp", "must"}}},
	{"group without ingress rules", "Security group rules", func(l *lab) {
		pair(l)
		l.group("V", "Shut")
		l.eni("c", "B", "Shut", "")
	}, []probe{{"a", "c", "tcp 443", "SG_HAS_NO_RULES"}, {"c", "a", "tcp 443", "must"}}},
	{"declared egress rule suppresses the default", "AWS::EC2::SecurityGroup", func(l *lab) {
		pair(l)
		l.group("V", "Out", "all 0.0.0.0/0", ">tcp 443 10.0.2.0/24")
		l.eni("c", "A", "Out", "")
	}, []probe{{"c", "b", "tcp 443", "must"}, {"c", "b", "tcp 80", "ENI_SG_RULES_MISMATCH"}}},
	{"group reference in one VPC", "Security group rules", func(l *lab) {
		pair(l)
		l.group("V", "Client", "all 0.0.0.0/0")
		l.group("V", "Server", "tcp 5432 @Client")
		l.eni("c", "A", "Client", "")
		l.eni("d", "B", "Server", "")
	}, []probe{{"c", "d", "tcp 5432", "must"}, {"a", "d", "tcp 5432", "ENI_SG_RULES_MISMATCH"}, {"c", "d", "tcp 22", "ENI_SG_RULES_MISMATCH"}}},
	{"unknown peer widens May only", "", func(l *lab) {
		pair(l)
		l.group("V", "Vague", "tcp 443 ?")
		l.eni("c", "B", "Vague", "")
	}, []probe{{"a", "c", "tcp 443", "may"}, {"a", "c", "tcp 80", "ENI_SG_RULES_MISMATCH"}}},
	{"prefix list in a rule", "Prefix lists", func(l *lab) {
		pair(l)
		l.Add("AWS::EC2::PrefixList", "Pl", build.Props{"MaxEntries": 5, "Entries": []build.Props{{"Cidr": "10.0.1.0/24"}}})
		l.group("V", "Listed", "tcp 443 pl:Pl")
		l.eni("c", "B", "Listed", "")
		l.subnet("V", "C", "10.0.3.0/24", "az1")
		l.eni("d", "C", "Open", "")
	}, []probe{{"a", "c", "tcp 443", "must"}, {"d", "c", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
	{"NACL order", "Network ACL rules", func(l *lab) {
		pair(l)
		l.acl("V", "B", "in 100 deny tcp 443 10.0.1.0/24", "in 200 allow all 0.0.0.0/0", "out 100 allow all 0.0.0.0/0")
	}, []probe{{"a", "b", "tcp 443", "SUBNET_ACL_RESTRICTION"}, {"a", "b", "tcp 80", "must"}}},
	{"NACLs are stateless", "Network ACL basics", func(l *lab) {
		pair(l)
		l.acl("V", "B", "in 100 allow tcp 443 10.0.1.0/24", "out 100 allow tcp 1024-65535 10.0.1.0/24")
		l.subnet("V", "C", "10.0.3.0/24", "az1")
		l.eni("c", "C", "Open", "")
		l.acl("V", "C", "in 100 allow tcp 443 0.0.0.0/0", "out 100 allow tcp 443 0.0.0.0/0")
		l.subnet("V", "D", "10.0.4.0/24", "az1")
		l.eni("d", "D", "Open", "")
		l.acl("V", "D", "in 100 allow tcp 443 0.0.0.0/0", "out 100 allow tcp 32768-60999 0.0.0.0/0")
	}, []probe{{"a", "b", "tcp 443", "must"}, {"a", "b", "tcp 80", "SUBNET_ACL_RESTRICTION"}, {"b", "a", "tcp 443", "SUBNET_ACL_RESTRICTION"},
		{"a", "c", "tcp 443", "SUBNET_ACL_RESTRICTION"}, {"a", "d", "tcp 443", "may"}}},
	{"NACLs do not count inside a subnet", "Network ACL basics", func(l *lab) {
		pair(l)
		l.eni("c", "B", "Open", "10.0.2.9")
		l.acl("V", "B", "in 100 deny all 0.0.0.0/0", "out 100 deny all 0.0.0.0/0")
	}, []probe{{"b", "c", "tcp 443", "must"}, {"a", "b", "tcp 443", "SUBNET_ACL_RESTRICTION"}}},
	{"NACL that splits a subnet", "", func(l *lab) {
		pair(l)
		l.acl("V", "B", "in 100 allow all 10.0.1.0/25", "out 100 allow all 0.0.0.0/0")
		l.eni("c", "A", "Open", "10.0.1.5")
		l.eni("d", "A", "Open", "10.0.1.200")
	}, []probe{{"a", "b", "tcp 443", "may"}, {"c", "b", "tcp 443", "must"}, {"d", "b", "tcp 443", "SUBNET_ACL_RESTRICTION"}}},
	{"Transit Gateway", "How transit gateways work", func(l *lab) { hub(l); full(l) },
		[]probe{{"x", "y", "tcp 443", "must"}, {"z", "x", "udp 53", "must"}}},
	{"blackhole", "Transit gateway route tables", func(l *lab) { hub(l); full(l); l.tgwRoute("All", "10.2.1.0/24", "", "") },
		[]probe{{"x", "y", "tcp 443", "TGW_RTB_BAD_STATE_ROUTE"}, {"x", "z", "tcp 443", "must"}}},
	{"static beats propagated", "Transit gateway route tables", func(l *lab) { hub(l); full(l); l.tgwRoute("All", "10.2.0.0/16", "", "") },
		[]probe{{"x", "y", "tcp 443", "TGW_RTB_BAD_STATE_ROUTE"}}},
	{"longest prefix", "Transit gateway route tables", func(l *lab) { hub(l); full(l); l.tgwRoute("All", "10.0.0.0/8", "", "") },
		[]probe{{"x", "y", "tcp 443", "must"}}},
	{"no association", "Transit gateway route tables", func(l *lab) {
		hub(l)
		l.table("All")
		for _, v := range []string{"Y", "Z"} {
			l.associate("All", v+"attach", "Id")
		}
		for _, v := range []string{"X", "Y", "Z"} {
			l.propagate("All", v+"attach")
		}
	}, []probe{{"x", "y", "tcp 443", "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"}, {"y", "z", "tcp 443", "must"}}},
	{"no route in the gateway's table", "Transit gateway route tables", func(l *lab) {
		hub(l)
		l.table("All")
		for _, v := range []string{"X", "Y", "Z"} {
			l.associate("All", v+"attach", "Id")
		}
		l.propagate("All", "Xattach")
	}, []probe{{"x", "y", "tcp 443", "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}, {"y", "x", "tcp 443", "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}}},
	{"zone without attachment", "Amazon VPC attachments in Transit Gateway", func(l *lab) {
		hub(l)
		full(l)
		l.subnet("X", "Xapp2", "10.1.2.0/24", "az2")
		l.route("Xapp2", "0.0.0.0/0", "TransitGatewayId", "T")
		l.eni("x2", "Xapp2", "XOpen", "")
	}, []probe{{"x2", "y", "tcp 443", "TGW_ROUTE_AZ_RESTRICTION"}, {"y", "x2", "tcp 443", "TGW_ROUTE_AZ_RESTRICTION"}, {"x", "y", "tcp 443", "must"}}},
	{"attachment subnet's ACL", "How network ACLs work with transit gateways", func(l *lab) {
		hub(l)
		full(l)
		l.acl("Y", "Yatt", "in 100 deny all 10.1.0.0/16", "in 200 allow all 0.0.0.0/0", "out 100 deny tcp 22 0.0.0.0/0", "out 200 allow all 0.0.0.0/0")
	}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 22", "SUBNET_ACL_RESTRICTION"}, {"y", "x", "tcp 22", "must"}}},
	{"group reference over Transit Gateway, off by default", "Introducing security group referencing for AWS Transit Gateway", func(l *lab) {
		hub(l)
		full(l)
		l.group("Y", "Ref", "tcp 443 @XOpen")
		l.eni("r", "Yapp", "Ref", "")
	}, []probe{{"x", "r", "tcp 443", "SG_REFERENCING_SUPPORT"}}},
	{"group reference over Transit Gateway, on", "Introducing security group referencing for AWS Transit Gateway", func(l *lab) {
		hub(l)
		full(l)
		l.group("Y", "Ref", "tcp 443 @XOpen")
		l.eni("r", "Yapp", "Ref", "")
		for _, r := range l.all() {
			if r.Type == "AWS::EC2::TransitGateway" {
				r.Props = build.Of(build.Props{"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable", "SecurityGroupReferencingSupport": "enable"})
			}
		}
		l.group("X", "OutRef", ">tcp 443 @YOpen")
		l.eni("o", "Xapp", "OutRef", "")
	}, []probe{{"x", "r", "tcp 443", "must"}, {"o", "y", "tcp 443", "SG_REFERENCING_SUPPORT"}}},
	{"peering", "How VPC peering connections work", func(l *lab) {
		peers(l)
		l.group("Q", "Ref", "tcp 443 @POpen")
		l.eni("r", "Qs", "Ref", "")
	}, []probe{{"p", "q", "tcp 443", "must"}, {"q", "p", "tcp 443", "must"}, {"p", "r", "tcp 443", "must"}}},
	{"peering is not transitive", "VPC peering limitations", func(l *lab) {
		peers(l)
		l.route("Ps", "10.3.0.0/16", "VpcPeeringConnectionId", "PQ")
		l.route("Rs", "10.1.0.0/16", "VpcPeeringConnectionId", "QR")
	}, []probe{{"p", "r0", "tcp 443", "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"}}},
	{"no route", "Route tables", func(l *lab) {
		l.vpc("P", "10.1.0.0/16")
		l.vpc("Q", "10.2.0.0/16")
		for _, v := range []string{"P", "Q"} {
			l.subnet(v, v+"s", map[string]string{"P": "10.1.1.0/24", "Q": "10.2.1.0/24"}[v], "az1")
			l.open(v, v+"Open")
		}
		l.eni("p", "Ps", "POpen", "")
		l.eni("q", "Qs", "QOpen", "")
	}, []probe{{"p", "q", "tcp 443", "NO_ROUTE_TO_DESTINATION"}}},
}

// peers makes three VPCs in a chain of peerings: P–Q–R.
func peers(l *lab) {
	for i, v := range []string{"P", "Q", "R"} {
		net := "10." + string(rune('1'+i)) + "."
		l.vpc(v, net+"0.0/16")
		l.subnet(v, v+"s", net+"1.0/24", "az1")
		l.open(v, v+"Open")
	}
	l.eni("p", "Ps", "POpen", "")
	l.eni("q", "Qs", "QOpen", "")
	l.eni("r0", "Rs", "ROpen", "")
	l.Add("AWS::EC2::VPCPeeringConnection", "PQ", build.Props{"VpcId": l.Ref("P"), "PeerVpcId": l.Ref("Q")})
	l.Add("AWS::EC2::VPCPeeringConnection", "QR", build.Props{"VpcId": l.Ref("Q"), "PeerVpcId": l.Ref("R")})
	l.route("Ps", "10.2.0.0/16", "VpcPeeringConnectionId", "PQ")
	l.route("Qs", "10.1.0.0/16", "VpcPeeringConnectionId", "PQ")
	l.route("Qs", "10.3.0.0/16", "VpcPeeringConnectionId", "QR")
	l.route("Rs", "10.2.0.0/16", "VpcPeeringConnectionId", "QR")
}

func TestSemantics(t *testing.T) {
	for _, s := range allSemantics() {
		t.Run(s.name, func(t *testing.T) {
			l := newLab()
			s.lab(l)
			n := l.network(t)
			for _, p := range s.probes {
				got, path := l.outcome(t, n, p.from, p.to, p.what)
				if got != p.want {
					t.Errorf("%s to %s, %s: %s, want %s (%s)\n%s", p.from, p.to, p.what, got, p.want, s.page, print(path))
				}
			}
		})
	}
}

func allSemantics() []semantic {
	return slices.Concat(semantics, internetSemantics(), inspectionSemantics(), beyondSemantics(), peeringSemantics(), factSemantics())
}
