package privateaccessonly

import (
	"slices"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const file = `
estate: cover
domain: cover.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    hub:  {id: "100000000003", roles: [network-hub]}
    dev:  {id: "100000000004"}
    prod: {id: "100000000006"}
environments: {dev: {account: dev}, prod: {account: prod}}
workload:
  services:
    portal: {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/portal:1", expose: access}
    api:    {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/api:1", expose: gateway}
network: {allow-egress: [acme.okta.com]}
access:
  okta: {org: acme.okta.com}
  break-glass: {users: ["arn:aws:iam::100000000003:user/one", "arn:aws:iam::100000000003:user/two"], alert: security@cover.example}
  tunnel: {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/t@sha256:0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345"}
`

// platform builds the private half of dev: a balancer, the portal behind it by
// its name, a private zone, and the endpoint that knows it.
func platform() *build.Builder {
	b := build.New("100000000004", "ap-southeast-2", "dev")
	tag := func(name string, r *resource.Resource) {
		r.Tags[addr.TagEnvironment], r.Tags[addr.TagPart] = value.OfString("dev"), value.OfString(name)
	}
	b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.1.0.0/16"})
	for id, zone := range map[string]string{"A": "a", "B": "b"} {
		b.Add("AWS::EC2::Subnet", "Subnet"+id, build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.1." + map[string]string{"A": "1", "B": "2"}[id] + ".0/24", "AvailabilityZoneId": zone})
	}
	subnets := []value.Value{b.Ref("SubnetA"), b.Ref("SubnetB")}
	group := func(id, part string, ingress ...build.Props) {
		tag(part, b.Add("AWS::EC2::SecurityGroup", id, build.Props{"VpcId": b.Ref("Vpc"), "GroupDescription": id, "SecurityGroupIngress": ingress}))
	}
	group("BalancerGroup", "balancer")
	group("PortalGroup", "portal")
	group("TunnelGroup", "tunnel")
	group("ApiGroup", "api")
	group("ResolverGroup", "resolver", build.Props{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "SourceSecurityGroupId": b.Attr("TunnelGroup", "GroupId")})
	tag("balancer", b.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Balancer", build.Props{"Scheme": "internal", "Subnets": subnets, "SecurityGroups": []value.Value{b.Attr("BalancerGroup", "GroupId")}}))
	b.Add("AWS::ElasticLoadBalancingV2::Listener", "Listener", build.Props{"LoadBalancerArn": b.Ref("Balancer"), "Port": 443, "Protocol": "HTTPS", "DefaultActions": []build.Props{{"Type": "fixed-response"}}})
	tag("portal", b.Add("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets", build.Props{"VpcId": b.Ref("Vpc"), "TargetType": "ip", "Port": 8443, "Protocol": "HTTPS"}))
	rule(b, build.Props{"Field": "host-header", "HostHeaderConfig": build.Props{"Values": []string{"portal.dev.cover.example"}}})
	service := func(id, part, group string, props build.Props) {
		props["NetworkConfiguration"] = build.Props{"AwsvpcConfiguration": build.Props{"Subnets": subnets, "SecurityGroups": []value.Value{b.Attr(group, "GroupId")}}}
		tag(part, b.Add("AWS::ECS::Service", id, props))
	}
	service("Portal", "portal", "PortalGroup", build.Props{"LoadBalancers": []build.Props{{"TargetGroupArn": b.Ref("Targets"), "ContainerPort": 8443}}})
	service("Tunnel", "tunnel", "TunnelGroup", build.Props{})
	service("Api", "api", "ApiGroup", build.Props{})
	b.Add("AWS::Route53::HostedZone", "Zone", build.Props{"Name": "dev.cover.example.", "VPCs": []build.Props{{"VPCId": b.Ref("Vpc")}}})
	b.Add("AWS::Route53::RecordSet", "Name", build.Props{"HostedZoneId": b.Ref("Zone"), "Name": "portal.dev.cover.example.", "Type": "A",
		"AliasTarget": build.Props{"DNSName": value.Join(value.OfString("dualstack."), b.Attr("Balancer", "DNSName"))}})
	tag("resolver", b.Add("AWS::Route53Resolver::ResolverEndpoint", "Resolver", build.Props{"Direction": "INBOUND", "SecurityGroupIds": []value.Value{b.Attr("ResolverGroup", "GroupId")},
		"IpAddresses": []build.Props{{"SubnetId": b.Ref("SubnetA")}, {"SubnetId": b.Ref("SubnetB")}}}))
	tag("break-glass", b.Add("AWS::AutoScaling::AutoScalingGroup", "Bastion", build.Props{"AutoScalingGroupName": "glass", "MinSize": "0", "DesiredCapacity": "0", "MaxSize": "1", "VPCZoneIdentifier": subnets}))
	b.Add("AWS::AutoScaling::ScheduledAction", "Close", build.Props{"AutoScalingGroupName": b.Ref("Bastion"), "DesiredCapacity": 0, "Recurrence": "0 */4 * * *"})
	b.Add("AWS::SNS::Subscription", "Told", build.Props{"TopicArn": b.Ref("Topic"), "Protocol": "email", "Endpoint": "security@cover.example"})
	b.Add("AWS::Events::Rule", "Opened", build.Props{"EventPattern": build.Props{"detail-type": []string{"EC2 Instance Launch Successful"}, "detail": build.Props{"AutoScalingGroupName": []string{"glass"}}},
		"Targets": []build.Props{{"Id": "topic", "Arn": b.Ref("Topic")}}})
	return b
}

func rule(b *build.Builder, conditions ...build.Props) {
	b.Add("AWS::ElasticLoadBalancingV2::ListenerRule", "Rule", build.Props{"ListenerArn": b.Ref("Listener"), "Conditions": conditions,
		"Actions": []build.Props{{"Type": "forward", "TargetGroupArn": b.Ref("Targets")}}})
}

// findings runs the claim over dev's resources, whether or not the rest of the
// estate is there, and returns the codes of dev's findings.
func findings(t *testing.T, resources []*resource.Resource) []string {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(file))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	g, problems := resource.New(resources)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	in := &proof.Input{Estate: e, Graph: g, Parts: part.Bind(e, g), Net: network.Build(g)}
	verdicts, err := check(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{}
	for _, v := range verdicts {
		if v.Scope != "dev" {
			continue
		}
		if v.Checked == 0 {
			t.Error("nothing was checked")
		}
		for _, f := range v.Witness {
			if f.Message == "" || f.Fix == "" {
				t.Errorf("a finding says too little: %+v", f)
			}
			codes = append(codes, f.Code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func TestS07_PrivateApplicationsAreReachableThroughTheTunnelOnly(t *testing.T) {
	if codes := findings(t, platform().Resources()); len(codes) > 0 {
		t.Fatalf("the platform as it should be has %v", codes)
	}
	set := func(logical string, property string, v any) func([]*resource.Resource, *build.Builder) {
		return func(all []*resource.Resource, _ *build.Builder) {
			i := slices.IndexFunc(all, func(r *resource.Resource) bool { return r.Addr.Logical == logical })
			props := build.Props{}
			for k, old := range all[i].Props.Entries() {
				props[k] = old
			}
			props[property] = v
			all[i].Props = build.Of(props)
		}
	}
	add := func(typ string, props func(b *build.Builder) build.Props) func([]*resource.Resource, *build.Builder) {
		return func(_ []*resource.Resource, b *build.Builder) { b.Add(typ, "Added", props(b)) }
	}
	record := func(zone any, name, target any) func([]*resource.Resource, *build.Builder) {
		return add("AWS::Route53::RecordSet", func(*build.Builder) build.Props {
			return build.Props{"HostedZoneId": zone, "Name": name, "Type": "A", "ResourceRecords": []any{target}}
		})
	}
	integration := func(props build.Props) func([]*resource.Resource, *build.Builder) {
		return add("AWS::ApiGateway::Method", func(*build.Builder) build.Props {
			props["ConnectionType"] = "VPC_LINK"
			return build.Props{"Integration": props}
		})
	}
	host := func(values any) []build.Props {
		return []build.Props{{"Field": "host-header", "HostHeaderConfig": build.Props{"Values": values}}}
	}
	for _, c := range []struct {
		name   string
		change func([]*resource.Resource, *build.Builder)
		codes  []string
	}{
		{"internet-facing", set("Balancer", "Scheme", "internet-facing"), []string{CodeBalancer}},
		{"a scheme that a parameter gives", set("Balancer", "Scheme", build.Unknown("a parameter")), []string{CodeBalancerHidden}},
		{"another name too", set("Rule", "Conditions", host([]string{"portal.dev.cover.example", "api.dev.cover.example"})), []string{CodeHost}},
		{"any name", set("Rule", "Conditions", host([]string{"*.dev.cover.example"})), []string{CodeHost}},
		{"no name", set("Rule", "Conditions", []build.Props{{"Field": "path-pattern", "Values": []string{"/*"}}}), []string{CodeHost}},
		{"its name, of the older spelling", set("Rule", "Conditions", []build.Props{{"Field": "host-header", "Values": []string{"Portal.dev.cover.example"}}}), nil},
		{"a name that a parameter gives", set("Rule", "Conditions", host(build.Unknown("a parameter"))), []string{CodeHostHidden}},
		{"by default", set("Listener", "DefaultActions", []build.Props{{"Type": "forward", "TargetGroupArn": build.New("100000000004", "ap-southeast-2", "dev").Ref("Targets")}}), []string{CodeHost}},
		{"the gateway, by the portal's name", integration(build.Props{"Uri": "https://portal.dev.cover.example:443/{proxy}"}), []string{CodeIntegration}},
		{"the gateway, by the API's name", integration(build.Props{"Uri": "https://api.dev.cover.example/{proxy}"}), nil},
		{"the gateway, by a name that the caller gives", integration(build.Props{"Uri": "https://{host}.dev.cover.example/"}), []string{CodeIntegrationAny}},
		{"the gateway, by a parameter", integration(build.Props{"Uri": build.Unknown("a parameter")}), []string{CodeIntegrationAny}},
		{"the gateway, by the caller's header", integration(build.Props{"Uri": "https://api.dev.cover.example/", "RequestParameters": build.Props{"integration.request.header.Host": "method.request.header.X-Host"}}), []string{CodeIntegration}},
		{"the gateway, by the portal's header", integration(build.Props{"Uri": "https://api.dev.cover.example/", "RequestParameters": build.Props{"integration.request.header.Host": "'portal.dev.cover.example'"}}), []string{CodeIntegration}},
		{"published by CloudFront", add("AWS::CloudFront::Distribution", func(*build.Builder) build.Props {
			return build.Props{"DistributionConfig": build.Props{"Origins": []build.Props{{"DomainName": "portal.dev.cover.example"}}}}
		}), []string{CodeDoor}},
		{"published by PrivateLink", add("AWS::EC2::VPCEndpointService", func(b *build.Builder) build.Props {
			return build.Props{"NetworkLoadBalancerArns": []value.Value{b.Ref("Balancer")}}
		}), []string{CodeDoor}},
		{"a public record of its name", record("Z0123456789", "portal.dev.cover.example", "198.51.100.7"), []string{CodeRecordHidden}},
		{"a public record of another's address", record("Z0123456789", "www.cover.example", "198.51.100.7"), nil},
		{"a record of a private address, of an unknown zone", record("Z0123456789", "www.cover.example", "10.1.1.9"), []string{CodeRecordHidden}},
		{"services' names in public", add("AWS::Route53::HostedZone", func(*build.Builder) build.Props { return build.Props{"Name": "internal.dev.cover.example"} }), []string{CodeZonePublic}},
		{"the environment's public zone", add("AWS::Route53::HostedZone", func(*build.Builder) build.Props { return build.Props{"Name": "dev.cover.example"} }), nil},
		{"a zone of a VPC from elsewhere", set("Zone", "VPCs", []build.Props{{"VPCId": "vpc-0123456789abcdef0"}}), []string{CodeZoneHidden}},
		{"no private record", set("Name", "Name", "other.dev.cover.example"), []string{CodeNotInside}},
		{"a record that leads elsewhere", set("Name", "AliasTarget", build.Props{"DNSName": "other.example"}), []string{CodeNotInside}},
		{"a rule that asks others", add("AWS::Route53Resolver::ResolverRule", func(*build.Builder) build.Props {
			return build.Props{"RuleType": "FORWARD", "DomainName": "portal.dev.cover.example."}
		}), []string{CodeForwarded}},
		{"a rule about another domain", add("AWS::Route53Resolver::ResolverRule", func(*build.Builder) build.Props {
			return build.Props{"RuleType": "FORWARD", "DomainName": "corp.example"}
		}), nil},
		{"a bastion that runs", set("Bastion", "DesiredCapacity", "1"), []string{CodeGlassOpen}},
		{"a bastion that runs perhaps", set("Bastion", "MinSize", build.Unknown("a parameter")), []string{CodeGlassOpen}},
		{"a bastion that never ends", set("Close", "DesiredCapacity", 1), []string{CodeGlassStays}},
		{"a bastion that ends once", set("Close", "Recurrence", nil), []string{CodeGlassStays}},
		{"a bastion of which nobody is told", set("Opened", "State", "DISABLED"), []string{CodeGlassSilent}},
		{"a bastion of which nobody hears", set("Told", "TopicArn", "arn:aws:sns:ap-southeast-2:100000000004:other"), []string{CodeGlassSilent}},
		{"another group's bastions are told of", set("Opened", "EventPattern", build.Props{"detail-type": []string{"EC2 Instance Launch Successful"}, "detail": build.Props{"AutoScalingGroupName": []string{"other"}}}), []string{CodeGlassSilent}},
		{"an endpoint that asks", set("Resolver", "Direction", "OUTBOUND"), []string{CodeNoResolver}},
		{"an endpoint in one zone", func(all []*resource.Resource, b *build.Builder) {
			set("Resolver", "IpAddresses", []build.Props{{"SubnetId": b.Ref("SubnetA")}, {"SubnetId": b.Ref("SubnetA")}})(all, b)
		}, []string{CodeNoResolver}},
		{"an endpoint open to a service", func(all []*resource.Resource, b *build.Builder) {
			set("ResolverGroup", "SecurityGroupIngress", []build.Props{{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "SourceSecurityGroupId": b.Attr("ApiGroup", "GroupId")}})(all, b)
		}, []string{CodeAsker}},
		{"an endpoint open as a parameter says", func(all []*resource.Resource, b *build.Builder) {
			set("ResolverGroup", "SecurityGroupIngress", []build.Props{{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "CidrIp": build.Unknown("a parameter")}})(all, b)
		}, []string{CodeAskerPerhaps}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := platform()
			all := b.Resources()
			c.change(all, b)
			codes := findings(t, append(all, b.Resources()...))
			if !slices.Equal(codes, append([]string{}, c.codes...)) {
				t.Errorf("%v, want %v", codes, c.codes)
			}
		})
	}
}
