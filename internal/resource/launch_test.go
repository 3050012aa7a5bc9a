package resource_test

import (
	"fmt"
	"testing"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// Pages: "AWS::EC2::Instance" (SubnetId), "AWS::AutoScaling::AutoScalingGroup"
// (VPCZoneIdentifier), "AWS::EC2::LaunchTemplate NetworkInterface",
// "CreateDBInstance" (PubliclyAccessible), "AWS::DMS::ReplicationInstance"
// (PubliclyAccessible), "AWS::MSK::Cluster PublicAccess", "AWS::EC2::EIPAssociation".
func TestInterfacesThatAreEasilyMissed(t *testing.T) {
	dark := build.Unknown("a parameter without a value")
	type props = build.Props
	for _, c := range []struct {
		name, typ string
		props     func(b *build.Builder) props
		want      string
	}{
		{"an instance in the default VPC", "AWS::EC2::Instance", func(*build.Builder) props { return props{"ImageId": "ami-1"} }, "[ no SUBNETS_UNKNOWN]"},
		{"an instance with an interface from elsewhere", "AWS::EC2::Instance", func(*build.Builder) props {
			return props{"NetworkInterfaces": []props{{"NetworkInterfaceId": "eni-1"}}}
		}, "[ no SUBNETS_UNKNOWN]"},
		{"a template's public address", "AWS::EC2::Instance", func(b *build.Builder) props {
			return props{"SubnetId": b.Ref("A"), "LaunchTemplate": props{"LaunchTemplateId": b.Ref("Lt")}}
		}, "[A Sg yes][A Other no]"},
		{"a template's subnet", "AWS::EC2::Instance", func(b *build.Builder) props {
			return props{"LaunchTemplate": props{"LaunchTemplateId": b.Ref("Placed")}}
		}, "[B Sg no]"},
		{"a scaling group in the default VPC", "AWS::AutoScaling::AutoScalingGroup", func(b *build.Builder) props {
			return props{"AvailabilityZones": []any{"x"}, "LaunchTemplate": props{"LaunchTemplateId": b.Ref("Lt")}}
		}, "[ Sg yes SUBNETS_UNKNOWN][ Other no SUBNETS_UNKNOWN]"},
		{"a scaling group's second interface", "AWS::AutoScaling::AutoScalingGroup", func(b *build.Builder) props {
			return props{"VPCZoneIdentifier": []any{b.Ref("B")}, "LaunchTemplate": props{"LaunchTemplateId": b.Ref("Lt")}}
		}, "[B Sg yes][B Other no]"},
		{"a scaling group like an instance", "AWS::AutoScaling::AutoScalingGroup", func(b *build.Builder) props {
			return props{"VPCZoneIdentifier": []any{b.Ref("B")}, "InstanceId": "i-1"}
		}, "[B no LAUNCH_TEMPLATE_UNKNOWN]"},
		{"a database that says nothing, beside an internet gateway", "AWS::RDS::DBInstance", func(b *build.Builder) props {
			return props{"DBSubnetGroupName": b.Ref("Dbs"), "VPCSecurityGroups": []any{b.Ref("Sg")}}
		}, "[A Sg perhaps]"},
		{"a database that is private", "AWS::RDS::DBInstance", func(b *build.Builder) props {
			return props{"DBSubnetGroupName": b.Ref("Dbs"), "VPCSecurityGroups": []any{b.Ref("Sg")}, "PubliclyAccessible": false}
		}, "[A Sg no]"},
		{"a replication instance that says nothing", "AWS::DMS::ReplicationInstance", func(b *build.Builder) props {
			return props{"ReplicationSubnetGroupIdentifier": b.Ref("Rep"), "VpcSecurityGroupIds": []any{b.Ref("Sg")}}
		}, "[A Sg yes]"},
		{"brokers with public addresses", "AWS::MSK::Cluster", func(b *build.Builder) props {
			return props{"BrokerNodeGroupInfo": props{"ClientSubnets": []any{b.Ref("A")}, "SecurityGroups": []any{b.Ref("Sg")},
				"ConnectivityInfo": props{"PublicAccess": props{"Type": "SERVICE_PROVIDED_EIPS"}}}}
		}, "[A Sg yes]"},
		{"a balancer of which it is not known whom it faces", "AWS::ElasticLoadBalancingV2::LoadBalancer", func(b *build.Builder) props {
			return props{"Subnets": []any{b.Ref("A")}, "SecurityGroups": []any{b.Ref("Sg")}, "Scheme": dark}
		}, "[A Sg perhaps]"},
		{"a classic balancer", "AWS::ElasticLoadBalancing::LoadBalancer", func(b *build.Builder) props {
			return props{"Subnets": []any{b.Ref("A")}, "SecurityGroups": []any{b.Ref("Sg")}}
		}, "[A Sg yes]"},
		{"an endpoint that names no subnets", "AWS::EC2::VPCEndpoint", func(b *build.Builder) props {
			return props{"VpcEndpointType": "Interface", "VpcId": b.Ref("Vpc"), "SecurityGroupIds": []any{b.Ref("Sg")}}
		}, "[ Sg no SUBNETS_UNKNOWN]"},
		{"a cluster of EKS", "AWS::EKS::Cluster", func(b *build.Builder) props {
			return props{"ResourcesVpcConfig": props{"SubnetIds": []any{b.Ref("A")}}}
		}, "[A no GROUP_MADE_BY_SERVICE]"},
		{"its nodes", "AWS::EKS::Nodegroup", func(b *build.Builder) props { return props{"Subnets": []any{b.Ref("A")}} }, "[A no GROUP_MADE_BY_SERVICE]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBuilder()
			addVPC(b)
			b.Add("AWS::EC2::InternetGateway", "Igw", nil)
			b.Add("AWS::EC2::VPCGatewayAttachment", "Attach", props{"VpcId": b.Ref("Vpc"), "InternetGatewayId": b.Ref("Igw")})
			b.Add("AWS::EC2::SecurityGroup", "Sg", props{"VpcId": b.Ref("Vpc")})
			b.Add("AWS::EC2::SecurityGroup", "Other", props{"VpcId": b.Ref("Vpc")})
			b.Add("AWS::RDS::DBSubnetGroup", "Dbs", props{"SubnetIds": []any{b.Ref("A")}})
			b.Add("AWS::DMS::ReplicationSubnetGroup", "Rep", props{"SubnetIds": []any{b.Ref("A")}})
			b.Add("AWS::EC2::LaunchTemplate", "Lt", props{"LaunchTemplateData": props{"NetworkInterfaces": []props{
				{"DeviceIndex": 0, "Groups": []any{b.Ref("Sg")}, "AssociatePublicIpAddress": true}, {"DeviceIndex": 1, "Groups": []any{b.Ref("Other")}}}}})
			b.Add("AWS::EC2::LaunchTemplate", "Placed", props{"LaunchTemplateData": props{"NetworkInterfaces": []props{
				{"DeviceIndex": 0, "Groups": []any{b.Ref("Sg")}, "SubnetId": b.Ref("B")}}}})
			r := b.Add(c.typ, "X", c.props(b))
			got := ""
			for _, i := range graph(t, b).Interfaces() {
				if i.Owner.Addr != r.Addr {
					continue
				}
				s := i.Subnet.To.Logical
				for _, l := range i.Groups {
					s += " " + l.To.Logical
				}
				s += map[resource.Tri]string{resource.Yes: " yes", resource.No: " no", resource.Perhaps: " perhaps"}[i.Public]
				if i.Why != nil {
					s += " " + i.Why.Code
				}
				got += fmt.Sprintf("[%s]", s)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnAddressOfUnknownUseMayBeAnyInstances(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::EC2::Instance", "X", build.Props{"SubnetId": b.Ref("A")})
	b.Add("AWS::EC2::EIPAssociation", "Eip", build.Props{"InstanceId": build.Unknown("a parameter without a value")})
	if all := graph(t, b).Interfaces(); len(all) != 1 || all[0].Public != resource.Perhaps {
		t.Errorf("want an instance that may have a public address, got %+v", all)
	}
}

// Page: "Block public access to VPCs and subnets" (exclusions).
func TestExclusionsFromBlockPublicAccess(t *testing.T) {
	for name, c := range map[string]struct {
		exclusion   build.Props
		vpc, subnet resource.Exemption
	}{
		"a subnet":            {build.Props{"SubnetId": newBuilder().Ref("A"), "InternetGatewayExclusionMode": "allow-bidirectional"}, resource.Exemption{}, resource.Exemption{In: resource.Yes, Out: resource.Yes}},
		"a VPC":               {build.Props{"VpcId": newBuilder().Ref("Vpc"), "InternetGatewayExclusionMode": "allow-egress"}, resource.Exemption{Out: resource.Yes}, resource.Exemption{}},
		"one of unknown mode": {build.Props{"VpcId": newBuilder().Ref("Vpc"), "InternetGatewayExclusionMode": build.Unknown("a test")}, resource.Exemption{In: resource.Perhaps, Out: resource.Perhaps}, resource.Exemption{}},
		"one of unknown VPC":  {build.Props{"VpcId": build.Unknown("a test"), "InternetGatewayExclusionMode": "allow-egress"}, resource.Exemption{Out: resource.Perhaps}, resource.Exemption{}},
		"another VPC":         {build.Props{"VpcId": "vpc-1", "InternetGatewayExclusionMode": "allow-egress"}, resource.Exemption{}, resource.Exemption{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder()
			addVPC(b)
			b.Add("AWS::EC2::VPCBlockPublicAccessOptions", "Block", build.Props{"InternetGatewayBlockMode": "block-ingress"})
			b.Add("AWS::EC2::VPCBlockPublicAccessExclusion", "Except", c.exclusion)
			g := graph(t, b)
			v, s := resource.View[resource.VPC](g, b.Addr("Vpc")), resource.View[resource.Subnet](g, b.Addr("A"))
			if v.Block != resource.BlockIngress || v.Exempt != c.vpc || s.Exempt != c.subnet {
				t.Errorf("mode %v, the VPC %v, the subnet %v", v.Block, v.Exempt, s.Exempt)
			}
		})
	}
}

// Page: "AWS::EC2::SubnetCidrBlock".
func TestSubnetsGetIPv6RangesByResourcesOfTheirOwn(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::EC2::SubnetCidrBlock", "Six", build.Props{"SubnetId": b.Ref("A"), "Ipv6CidrBlock": "2001:db8:1::/64"})
	for r, s := range resource.Views[resource.Subnet](graph(t, b)) {
		if want := r.Addr.Logical == "A"; s.HasIPv6 != want || s.IPv6.IsValid() != want {
			t.Errorf("%s: HasIPv6 %v, IPv6 %v", r.Addr.Logical, s.HasIPv6, s.IPv6)
		}
	}
}
