package egressinspected

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// vpc adds a VPC that holds a function and nothing that leads out.
func vpc(b *build.Builder) {
	b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
	b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.0.0/24", "AvailabilityZoneId": "apse2-az1"})
	b.Add("AWS::EC2::SecurityGroup", "Group", build.Props{"VpcId": b.Ref("Vpc"), "GroupDescription": "g"})
	b.Add("AWS::Lambda::Function", "Function", build.Props{"VpcConfig": build.Props{"SubnetIds": []value.Value{b.Ref("Subnet")}, "SecurityGroupIds": []value.Value{b.Ref("Group")}}})
}

// names guards the VPC by a rule group with an action for every name.
func names(b *build.Builder, action string) {
	b.Add("AWS::Route53Resolver::FirewallDomainList", "All", build.Props{"Domains": []string{"*"}})
	b.Add("AWS::Route53Resolver::FirewallRuleGroup", "Rules", build.Props{"FirewallRules": []build.Props{{"Priority": 200, "Action": action, "FirewallDomainListId": b.Attr("All", "Id")}}})
	b.Add("AWS::Route53Resolver::FirewallRuleGroupAssociation", "Association", build.Props{"VpcId": b.Ref("Vpc"), "FirewallRuleGroupId": b.Attr("Rules", "Id")})
}

// nat leads the function's subnet out by a NAT gateway.
func nat(b *build.Builder) {
	b.Add("AWS::EC2::InternetGateway", "Gateway", nil)
	b.Add("AWS::EC2::VPCGatewayAttachment", "Attachment", build.Props{"VpcId": b.Ref("Vpc"), "InternetGatewayId": b.Ref("Gateway")})
	b.Add("AWS::EC2::Subnet", "Public", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.1.0/24", "AvailabilityZoneId": "apse2-az1"})
	b.Add("AWS::EC2::EIP", "Address", nil)
	b.Add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("Public"), "AllocationId": b.Attr("Address", "AllocationId")})
	for _, r := range []struct{ subnet, target, to string }{{"Subnet", "NatGatewayId", "Nat"}, {"Public", "GatewayId", "Gateway"}} {
		b.Add("AWS::EC2::RouteTable", r.subnet+"Table", build.Props{"VpcId": b.Ref("Vpc")})
		b.Add("AWS::EC2::SubnetRouteTableAssociation", r.subnet+"Association", build.Props{"SubnetId": b.Ref(r.subnet), "RouteTableId": b.Ref(r.subnet + "Table")})
		b.Add("AWS::EC2::Route", r.subnet+"Route", build.Props{"RouteTableId": b.Ref(r.subnet + "Table"), "DestinationCidrBlock": "0.0.0.0/0", r.target: b.Ref(r.to)})
	}
}

// firewall adds a firewall that drops what no rule names.
func firewall(b *build.Builder, more build.Props) {
	forward := []string{"aws:forward_to_sfe"}
	p := build.Props{"StatelessDefaultActions": forward, "StatelessFragmentDefaultActions": forward,
		"StatefulEngineOptions": build.Props{"RuleOrder": "STRICT_ORDER"}, "StatefulDefaultActions": []string{"aws:drop_strict"}}
	for k, v := range more {
		p[k] = v
	}
	b.Add("AWS::NetworkFirewall::FirewallPolicy", "Policy", build.Props{"FirewallPolicy": p})
	b.Add("AWS::NetworkFirewall::Firewall", "Firewall", build.Props{"FirewallPolicyArn": b.Ref("Policy")})
}

func endpoint(policy any) func(*build.Builder) {
	return func(b *build.Builder) {
		props := build.Props{"VpcEndpointType": "Gateway", "ServiceName": "com.amazonaws.ap-southeast-2.s3"}
		if policy != nil {
			props["PolicyDocument"] = policy
		}
		b.Add("AWS::EC2::VPCEndpoint", "Endpoint", props)
	}
}

func TestS05_EgressIsInspected(t *testing.T) {
	open := build.Props{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
	own := build.Props{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": build.Props{"StringEquals": build.Props{"aws:PrincipalAccount": "100000000004"}}}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "nothing", Outcome: proof.NotApplicable, Build: func(*build.Builder) {}},
		{Name: "no way out, names blocked", Outcome: proof.Proved, Build: func(b *build.Builder) { vpc(b); names(b, "BLOCK") }},
		{Name: "names not guarded", Outcome: proof.Refuted, Codes: []string{CodeNoDNSFirewall}, Build: vpc},
		{Name: "names allowed", Outcome: proof.Refuted, Codes: []string{CodeDNSOpen}, Build: func(b *build.Builder) { vpc(b); names(b, "ALLOW") }},
		{Name: "names only noted", Outcome: proof.Refuted, Codes: []string{CodeDNSOpen}, Build: func(b *build.Builder) { vpc(b); names(b, "ALERT") }},
		{Name: "rules from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeDNSUnknown}, Build: func(b *build.Builder) {
			vpc(b)
			b.Add("AWS::Route53Resolver::FirewallRuleGroupAssociation", "Association", build.Props{"VpcId": b.Ref("Vpc"), "FirewallRuleGroupId": "rslvr-frg-1"})
		}},
		{Name: "fails open", Outcome: proof.Refuted, Codes: []string{CodeFailOpen}, Build: func(b *build.Builder) {
			vpc(b)
			names(b, "BLOCK")
			b.Add("AWS::Route53Resolver::FirewallConfig", "Config", build.Props{"FirewallFailOpen": "ENABLED"})
		}},
		{Name: "out by NAT", Outcome: proof.Refuted, Codes: []string{CodeUninspected}, Build: func(b *build.Builder) { vpc(b); names(b, "BLOCK"); nat(b) }},
		{Name: "out by IPv6, if there is an address", Outcome: proof.Unknown, Codes: []string{CodePerhaps}, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
			b.Add("AWS::EC2::VPCCidrBlock", "Six", build.Props{"VpcId": b.Ref("Vpc"), "Ipv6CidrBlock": "2001:db8::/56"})
			b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.0.0/24", "Ipv6CidrBlock": "2001:db8::/64", "AvailabilityZoneId": "apse2-az1"})
			b.Add("AWS::EC2::EgressOnlyInternetGateway", "Out", build.Props{"VpcId": b.Ref("Vpc")})
			b.Add("AWS::EC2::RouteTable", "Table", build.Props{"VpcId": b.Ref("Vpc")})
			b.Add("AWS::EC2::SubnetRouteTableAssociation", "Association6", build.Props{"SubnetId": b.Ref("Subnet"), "RouteTableId": b.Ref("Table")})
			b.Add("AWS::EC2::Route", "Route", build.Props{"RouteTableId": b.Ref("Table"), "DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": b.Ref("Out")})
			b.Add("AWS::EC2::Instance", "Host", build.Props{"SubnetId": b.Ref("Subnet")})
			names(b, "BLOCK")
		}},
		{Name: "a firewall's stateless rule passes everything", Outcome: proof.Refuted, Codes: []string{CodeBypass}, Build: func(b *build.Builder) {
			firewall(b, build.Props{"StatelessRuleGroupReferences": []build.Props{{"ResourceArn": b.Ref("Group"), "Priority": 1}}})
			b.Add("AWS::NetworkFirewall::RuleGroup", "Group", build.Props{"Type": "STATELESS", "RuleGroup": build.Props{"RulesSource": build.Props{"StatelessRulesAndCustomActions": build.Props{
				"StatelessRules": []build.Props{{"Priority": 1, "RuleDefinition": build.Props{"Actions": []string{"aws:pass"}, "MatchAttributes": build.Props{}}}}}}}})
		}},
		{Name: "a firewall's rules in Suricata's language pass something", Outcome: proof.Unknown, Codes: []string{CodeNoPolicy}, Build: func(b *build.Builder) {
			firewall(b, build.Props{"StatefulRuleGroupReferences": []build.Props{{"ResourceArn": b.Ref("Group"), "Priority": 1}}})
			b.Add("AWS::NetworkFirewall::RuleGroup", "Group", build.Props{"Type": "STATEFUL", "RuleGroup": build.Props{"RulesSource": build.Props{"RulesString": "pass ip any any -> any any (sid:1;)"}}})
		}},
		{Name: "a firewall's rules in Suricata's language only drop", Outcome: proof.Proved, Build: func(b *build.Builder) {
			firewall(b, build.Props{"StatefulRuleGroupReferences": []build.Props{{"ResourceArn": b.Ref("Group"), "Priority": 1}}})
			b.Add("AWS::NetworkFirewall::RuleGroup", "Group", build.Props{"Type": "STATEFUL", "RuleGroup": build.Props{"RulesSource": build.Props{"RulesString": "drop tls any any -> any any (sid:1;)"}}})
		}},
		{Name: "a firewall's rules in Suricata's language pass for names only", Outcome: proof.Proved, Build: func(b *build.Builder) {
			firewall(b, build.Props{"StatefulRuleGroupReferences": []build.Props{{"ResourceArn": b.Ref("Group"), "Priority": 1}}})
			b.Add("AWS::NetworkFirewall::RuleGroup", "Group", build.Props{"Type": "STATEFUL", "RuleGroup": build.Props{"RulesSource": build.Props{
				"RulesString": `pass tls $HOME_NET any -> $EXTERNAL_NET 443 (tls.sni; dotprefix; content:".okta.com"; endswith; sid:1;)`}}})
		}},
		{Name: "a firewall's rules from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeNoPolicy}, Build: func(b *build.Builder) {
			firewall(b, build.Props{"StatefulRuleGroupReferences": []build.Props{{"ResourceArn": "arn:aws:network-firewall:ap-southeast-2:100000000009:stateful-rulegroup/ours", "Priority": 1}}})
		}},
		{Name: "endpoint without a policy", Outcome: proof.Refuted, Codes: []string{CodeEndpoint}, Build: endpoint(nil)},
		{Name: "endpoint for everybody", Outcome: proof.Refuted, Codes: []string{CodeEndpoint}, Build: endpoint(build.Props{"Statement": []build.Props{open}})},
		{Name: "endpoint for the account", Outcome: proof.Proved, Build: endpoint(build.Props{"Statement": []build.Props{own}})},
		{Name: "endpoint with a hidden policy", Outcome: proof.Unknown, Codes: []string{CodeEndpointWhy}, Build: endpoint(build.Unknown("a parameter"))},
		{Name: "firewall with a policy from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeNoPolicy}, Build: func(b *build.Builder) {
			b.Add("AWS::NetworkFirewall::Firewall", "Firewall", build.Props{"FirewallPolicyArn": "arn:aws:network-firewall:ap-southeast-2:100000000009:firewall-policy/p"})
		}},
	})
}
