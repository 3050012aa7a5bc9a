package network_test

import (
	"strconv"
	"testing"

	"github.com/suretyhq/surety/internal/resource/build"
)

// beyondSemantics are of what lies beyond the graph: it may lead back into it,
// so that nothing is unreachable for certain that a route leads out to.
func beyondSemantics() []semantic {
	apart := func(l *lab) {
		l.vpc("V", "10.0.0.0/16")
		l.subnet("V", "A", "10.0.1.0/24", "az1")
		l.open("V", "Open")
		l.eni("a", "A", "Open", "")
		l.vpc("W", "10.1.0.0/16")
		l.subnet("W", "B", "10.1.1.0/24", "az1")
		l.open("W", "OpenW")
		l.eni("b", "B", "OpenW", "")
	}
	both := func(l *lab, property, target string) {
		l.route("A", "10.1.0.0/16", property, target)
		l.route("B", "10.0.0.0/16", property, target)
	}
	return []semantic{
		{"a virtual private gateway", "AWS Site-to-Site VPN: VPN CloudHub", func(l *lab) {
			apart(l)
			l.Add("AWS::EC2::VPNGateway", "Vgw", build.Props{"Type": "ipsec.1"})
			both(l, "GatewayId", "Vgw")
		}, []probe{{"a", "b", "tcp 443", "may"}}},
		{"a core network", "AWS Cloud WAN: VPC attachments", func(l *lab) {
			apart(l)
			l.Add("AWS::NetworkManager::CoreNetwork", "Core", nil)
			both(l, "CoreNetworkArn", "Core")
		}, []probe{{"a", "b", "tcp 443", "may"}}},
		{"a peer that only deployment names", "AWS::EC2::VPCPeeringConnection", func(l *lab) {
			apart(l)
			l.Add("AWS::EC2::VPCPeeringConnection", "Peer", build.Props{"VpcId": l.Ref("V"), "PeerVpcId": build.Unknown("a parameter without a value")})
			both(l, "VpcPeeringConnectionId", "Peer")
		}, []probe{{"a", "b", "tcp 443", "may"}}},
		{"an attachment of a VPC that only deployment names", "AWS::EC2::TransitGatewayAttachment", func(l *lab) {
			apart(l)
			l.tgw("T")
			l.Add("AWS::EC2::TransitGatewayAttachment", "Some", build.Props{"TransitGatewayId": l.Ref("T"), "VpcId": build.Unknown("a parameter without a value"), "SubnetIds": []any{"subnet-1"}})
			both(l, "TransitGatewayId", "T")
		}, []probe{{"a", "b", "tcp 443", "may"}}},
		{"no attachment at all", "Amazon VPC attachments in Transit Gateway", func(l *lab) {
			apart(l)
			l.tgw("T")
			both(l, "TransitGatewayId", "T")
		}, []probe{{"a", "b", "tcp 443", "BAD_STATE_ROUTE"}}},
		{"appliances behind a Gateway Load Balancer", "Access an inspection system using a Gateway Load Balancer endpoint", func(l *lab) {
			pair(l)
			l.subnet("V", "G", "10.0.9.0/24", "az1")
			l.Add("AWS::EC2::VPCEndpoint", "Gwlb", build.Props{"VpcEndpointType": "GatewayLoadBalancer", "VpcId": l.Ref("V"), "SubnetIds": []any{l.Ref("G")}})
			l.route("A", "10.0.2.0/24", "VpcEndpointId", "Gwlb")
			l.route("B", "10.0.1.0/24", "VpcEndpointId", "Gwlb")
		}, []probe{{"a", "b", "tcp 443", "may"}}},
		{"an endpoint whose subnets are not known", "AWS::EC2::VPCEndpoint (Gateway Load Balancer)", func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::VPCEndpoint", "Gwlb", build.Props{"VpcEndpointType": "GatewayLoadBalancer", "VpcId": l.Ref("V")})
			l.route("A", "10.0.2.0/24", "VpcEndpointId", "Gwlb")
		}, []probe{{"a", "b", "tcp 443", "may"}}},
	}
}

// More alternatives than a walk follows leave open what the others do.
func TestTooManyWaysStayOpen(t *testing.T) {
	l := newLab()
	l.tgw("T")
	l.vpc("X", "10.1.0.0/16")
	l.subnet("X", "Xs", "10.1.1.0/24", "az1")
	l.route("Xs", "0.0.0.0/0", "TransitGatewayId", "T")
	l.open("X", "XOpen")
	l.eni("x", "Xs", "XOpen", "")
	l.attach("Xattach", "X", nil, "Xs")
	l.vpc("Y", "10.2.0.0/16")
	l.subnet("Y", "Ys", "10.2.1.0/24", "az79")
	l.route("Ys", "0.0.0.0/0", "TransitGatewayId", "T")
	l.open("Y", "YOpen")
	l.eni("y", "Ys", "YOpen", "")
	var entries []string
	for i := range 70 {
		name := "Entry" + strconv.Itoa(i)
		l.subnet("Y", name, "10.2."+strconv.Itoa(100+i)+".0/24", "az"+strconv.Itoa(10+i))
		l.route(name, "10.1.0.0/16", "TransitGatewayId", "T")
		if i < 66 {
			l.acl("Y", name, "out 100 deny tcp "+strconv.Itoa(1+i)+" 0.0.0.0/0", "out 200 deny all 0.0.0.0/0")
		}
		entries = append(entries, name)
	}
	l.attach("Yattach", "Y", build.Props{"ApplianceModeSupport": "enable"}, entries...)
	l.table("All")
	for _, a := range []string{"Xattach", "Yattach"} {
		l.associate("All", a, "Id")
		l.propagate("All", a)
	}
	if got, path := l.outcome(t, l.network(t), "x", "y", "udp 5000"); got != "may" {
		t.Errorf("got %s, want may\n%s", got, print(path))
	}
}

// What may not exist decides nothing: neither that something flows nor that it
// does not ("Conditions section").
func TestWhatMayNotExistDecidesNothing(t *testing.T) {
	for _, s := range []struct {
		name, typ string
		lab       func(*lab)
	}{
		{"a rule of a group", "AWS::EC2::SecurityGroupIngress", func(l *lab) {
			pair(l)
			l.group("V", "Shut")
			l.eni("c", "B", "Shut", "")
			l.Add("AWS::EC2::SecurityGroupIngress", "Rule", build.Props{"GroupId": l.Ref("Shut"), "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"})
		}},
		{"an outbound rule, which takes the default away", "AWS::EC2::SecurityGroupEgress", func(l *lab) {
			pair(l)
			l.eni("c", "B", "Open", "")
			l.Add("AWS::EC2::SecurityGroupEgress", "Rule", build.Props{"GroupId": l.Ref("Open"), "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "0.0.0.0/0"})
		}},
		{"an entry that denies", "AWS::EC2::NetworkAclEntry", func(l *lab) {
			pair(l)
			l.eni("c", "B", "Open", "")
			l.acl("V", "B", "in 10 deny all 0.0.0.0/0", "in 20 allow all 0.0.0.0/0", "out 10 allow all 0.0.0.0/0")
		}},
		{"a network ACL's association", "AWS::EC2::SubnetNetworkAclAssociation", func(l *lab) {
			pair(l)
			l.eni("c", "B", "Open", "")
			l.acl("V", "B")
		}},
		{"a route of the VPC's own range", "AWS::EC2::Route", func(l *lab) {
			pair(l)
			l.eni("c", "B", "Open", "")
			l.route("A", "10.0.2.0/24", "", "")
			l.made[len(l.made)-1].Props = build.Of(build.Props{"RouteTableId": l.Ref("ARt"), "DestinationCidrBlock": "10.0.2.0/24", "State": "blackhole"})
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			l := newLab()
			s.lab(l)
			for _, r := range l.all() {
				if r.Type == s.typ {
					r.Conditional = build.Unknown("a condition").Reason()
				}
			}
			if got, path := l.outcome(t, l.network(t), "a", "c", "tcp 443"); got != "may" {
				t.Errorf("got %s, want may\n%s", got, print(path))
			}
		})
	}
}
