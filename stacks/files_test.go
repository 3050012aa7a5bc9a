package stacks

import (
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

// TestS20_EachPartnerHasAPrefixOfHisOwn reads each user's home, and what his
// role may do: nothing that does not begin with his name.
func TestS20_EachPartnerHasAPrefixOfHisOwn(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-files"
		users := a.of(t, stack, "AWS::Transfer::User")
		if len(users) != a.estate.Workload.Transfer.Partners.Len() {
			t.Errorf("%s has %d users", stack, len(users))
		}
		for _, u := range users {
			name := u.text("UserName")
			partner, ok := a.estate.Workload.Transfer.Partners.Get(name)
			if !ok || text(u.list("SshPublicKeys")[0]) != partner.Keys[0] {
				t.Errorf("%s is no partner, or has another's key", u)
			}
			expect(t, u, "LOGICAL", "HomeDirectoryType")
			if home := u.text("HomeDirectoryMappings", 0, "Target"); !strings.HasSuffix(home, `"/`+name+`"]]}`) || !strings.Contains(home, `"/",{"Ref"`) {
				t.Errorf("%s lives in %s", u, home)
			}
			policy := policyOf(t, a, stack, u.text("Role", "Fn::GetAtt", 0))
			for _, s := range policy {
				m, _ := s.(map[string]any)
				what := text(m)
				if strings.Contains(text(m["Action"]), "Object") && !strings.Contains(what, `"/`+name+`/*"`) {
					t.Errorf("the role of %s reaches beyond its prefix: %s", u, what)
				}
				if strings.Contains(what, "s3:ListBucket") && !strings.Contains(what, `"s3:prefix":["`+name+`","`+name+`/*"]`) {
					t.Errorf("the role of %s lists more than its prefix: %s", u, what)
				}
			}
		}
	}
}

// policyOf returns the statements of the policy that a role has.
func policyOf(t *testing.T, a assembly, stack, role string) []any {
	t.Helper()
	for _, p := range a.of(t, stack, "AWS::IAM::Policy") {
		if p.text("Roles", 0, "Ref") == role {
			return p.list("PolicyDocument", "Statement")
		}
	}
	t.Fatalf("the role %s of %s has no policy", role, stack)
	return nil
}

func TestS20_PartnersComeToAVPCThatLeadsNowhere(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-files"
		server := a.of(t, stack, "AWS::Transfer::Server")[0]
		expect(t, server, `["SFTP"]`, "Protocols")
		expect(t, server, "VPC", "EndpointType")
		zones := a.estate.Network.AvailabilityZones
		if n, m := len(server.list("EndpointDetails", "SubnetIds")), len(server.list("EndpointDetails", "AddressAllocationIds")); n != zones || m != zones {
			t.Errorf("%s has %d subnets and %d addresses", server, n, m)
		}
		if server.tag(addr.TagPart) != estate.PartTransfer {
			t.Errorf("%s is part %q", server, server.tag(addr.TagPart))
		}
		for typ, r := range a.templates[stack].Resources {
			if strings.Contains(r.Type, "TransitGateway") || strings.Contains(r.Type, "Peering") || strings.Contains(r.Type, "VPCEndpoint") {
				t.Errorf("%s of %s leads somewhere: %s", typ, stack, r.Type)
			}
		}
		for _, g := range a.of(t, stack, "AWS::EC2::SecurityGroup") {
			expect(t, g, nothing, "SecurityGroupEgress", 0, "CidrIp")
		}
		for _, r := range a.of(t, stack, "AWS::EC2::SecurityGroupIngress") {
			if r.get("SourcePrefixListId") == nil || r.get("CidrIp") != nil {
				t.Errorf("%s lets in others than a partner's list", r)
			}
		}
	}
}

// TestS12_FilesOfPartnersComeToTheBus: the bucket tells EventBridge of each
// file, and a rule brings that to the environment's bus.
func TestS12_FilesOfPartnersComeToTheBus(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		for _, b := range a.of(t, "cover-"+env+"-files", "AWS::S3::Bucket") {
			expect(t, b, "true", "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled")
		}
		n := 0
		for _, r := range a.of(t, "cover-"+env+"-events", "AWS::Events::Rule") {
			if r.text("EventPattern", "source", 0) != "aws.s3" {
				continue
			}
			n++
			expect(t, r, "Object Created", "EventPattern", "detail-type", 0)
			if to := r.text("Targets", 0, "Arn"); !strings.Contains(to, "Bus") || r.get("Targets", 0, "RoleArn") == nil || r.text("EventBusName") != "default" {
				t.Errorf("%s sends to %s", r, to)
			}
			if name := r.text("EventPattern", "detail", "bucket", "name", 0); !strings.Contains(name, "cover-"+env+"-files") {
				t.Errorf("%s watches %s", r, name)
			}
		}
		if n != 1 {
			t.Errorf("%s has %d rules for files", env, n)
		}
	}
}
