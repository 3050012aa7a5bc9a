package stacks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

func TestS10_ServicesRunInEveryZone(t *testing.T) {
	a := load(t)
	for _, r := range a.every(t, "AWS::ECS::Service") {
		zones := r.list("NetworkConfiguration", "AwsvpcConfiguration", "Subnets")
		if n, ok := r.get("DesiredCount").(float64); !strings.HasSuffix(ownerOf(a, r.stack), "-recovery") && (!ok || int(n) < len(zones)) || len(zones) < 3 {
			t.Errorf("%s runs %v copies in %d zones", r, r.get("DesiredCount"), len(zones))
		}
		expect(t, r, "DISABLED", "NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp")
		expect(t, r, "100", "DeploymentConfiguration", "MinimumHealthyPercent")
		expect(t, r, "true", "DeploymentConfiguration", "DeploymentCircuitBreaker", "Rollback")
		expect(t, r, "ENABLED", "AvailabilityZoneRebalancing")
	}
	for _, r := range a.every(t, "AWS::ECS::TaskDefinition") {
		expect(t, r, "true", "ContainerDefinitions", 0, "ReadonlyRootFilesystem")
		expect(t, r, "65532:65532", "ContainerDefinitions", 0, "User")
	}
}

func TestS11_InstancesArePatchedAndReachedBySessionManagerOnly(t *testing.T) {
	a := load(t)
	var templates, groups []resource
	for _, env := range environments(a) {
		templates = append(templates, a.of(t, "cover-"+env+"-platform", "AWS::EC2::LaunchTemplate")...)
		groups = append(groups, a.of(t, "cover-"+env+"-platform", "AWS::AutoScaling::AutoScalingGroup")...)
	}
	if want := len(environments(a)); len(templates) != want || len(groups) != want {
		t.Fatalf("%d templates and %d groups, want %d of each", len(templates), len(groups), want)
	}
	for _, r := range templates {
		data := func(path ...any) []any { return append([]any{"LaunchTemplateData"}, path...) }
		expect(t, r, "required", data("MetadataOptions", "HttpTokens")...)
		expect(t, r, "1", data("MetadataOptions", "HttpPutResponseHopLimit")...)
		expect(t, r, "false", data("NetworkInterfaces", 0, "AssociatePublicIpAddress")...)
		expect(t, r, "true", data("BlockDeviceMappings", 0, "Ebs", "Encrypted")...)
		expect(t, r, "null", data("KeyName")...)
		if image := r.text(data("ImageId")...); !strings.HasPrefix(image, "resolve:ssm:/aws/service/ami-amazon-linux-latest/") {
			t.Errorf("%s starts %s, which is not the newest image", r, image)
		}
		script := r.text(data("UserData", "Fn::Base64")...)
		for _, line := range []string{"PORT=8443", "ARTIFACT=rating.jar", "PGSSLMODE=verify-full", "PGUSER=rating"} {
			if !strings.Contains(script, "\n"+line+"\n") {
				t.Errorf("%s is not told %s", r, line)
			}
		}
		if len(script) > 16<<10 {
			t.Errorf("%s: %d bytes of user data", r, len(script))
		}
	}
	for _, r := range groups {
		if n := len(r.list("VPCZoneIdentifier")); n != a.estate.Network.AvailabilityZones {
			t.Errorf("%s is in %d zones", r, n)
		}
		expect(t, r, "1209600", "MaxInstanceLifetime")
		expect(t, r, "ELB", "HealthCheckType")
		expect(t, r, "100", "InstanceMaintenancePolicy", "MinHealthyPercentage")
		if minimum, ok := r.get("MinSize").(string); !ok || minimum < "3" {
			t.Errorf("%s has at least %s instances", r, minimum)
		}
	}
}

// TestS28_AnInstanceFetchesItsOwnArchiveOnly reads the roles of services on EC2.
func TestS28_AnInstanceFetchesItsOwnArchiveOnly(t *testing.T) {
	a, seen := load(t), 0
	for _, r := range a.every(t, "AWS::IAM::Policy") {
		if !strings.HasSuffix(r.stack, "-platform") {
			continue
		}
		for _, s := range r.list("PolicyDocument", "Statement") {
			m, _ := s.(map[string]any)
			if text(m["Action"]) != "s3:GetObject" {
				continue
			}
			seen++
			if got := text(m["Resource"]); !strings.HasSuffix(got, "/rating.jar") || !strings.Contains(got, "-code-") {
				t.Errorf("%s reads %s", r, got)
			}
		}
	}
	if seen != len(a.estate.Sites()) {
		t.Errorf("%d policies read objects, want one a site", seen)
	}
	for _, r := range a.every(t, "AWS::S3::Bucket") {
		if !strings.HasSuffix(r.stack, "-artifacts") {
			continue
		}
		expect(t, r, "Enabled", "VersioningConfiguration", "Status")
		expect(t, r, "aws:kms", "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm")
		for _, property := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			expect(t, r, "true", "PublicAccessBlockConfiguration", property)
		}
	}
}

func TestS12_EventsReachTheFunctionAndNothingIsLost(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-events"
		f := a.of(t, stack, "AWS::Lambda::Function")[0]
		expect(t, f, "arm64", "Architectures", 0)
		expect(t, f, "Active", "TracingConfig", "Mode")
		expect(t, f, "verify-full", "Environment", "Variables", "PGSSLMODE")
		if n := len(f.list("VpcConfig", "SubnetIds")); n != a.estate.Network.AvailabilityZones {
			t.Errorf("%s is in %d zones", f, n)
		}
		mapping := a.of(t, stack, "AWS::Lambda::EventSourceMapping")[0]
		expect(t, mapping, "ReportBatchItemFailures", "FunctionResponseTypes", 0)
		for _, r := range a.of(t, stack, "AWS::SQS::Queue") {
			if r.text("RedrivePolicy") == "null" {
				expect(t, r, "1209600", "MessageRetentionPeriod")
			}
		}
		table := a.of(t, stack, "AWS::DynamoDB::Table")[0]
		expect(t, table, "expires", "TimeToLiveSpecification", "AttributeName")
		expect(t, table, "true", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
		rule := a.of(t, stack, "AWS::Events::Rule")[0]
		for _, path := range [][]any{{"Targets", 0, "Arn"}, {"Targets", 0, "DeadLetterConfig", "Arn"}, {"EventBusName"}} {
			if rule.text(path...) == "null" {
				t.Errorf("%s has no %v", rule, path)
			}
		}
	}
}

// TestS28_OnlyWhoPublishesMaySendEvents reads who may send to the bus.
func TestS28_OnlyWhoPublishesMaySendEvents(t *testing.T) {
	a, who := load(t), []string{}
	for _, r := range a.every(t, "AWS::IAM::Policy") {
		if strings.HasSuffix(r.stack, "-edge-global") {
			continue // alarms come home by the default bus
		}
		for _, s := range r.list("PolicyDocument", "Statement") {
			m, _ := s.(map[string]any)
			if text(m["Action"]) != "events:PutEvents" {
				continue
			}
			env := ownerOf(a, r.stack)
			id, _, _ := strings.Cut(r.id, "Service")
			id, _, _ = strings.Cut(id, "Role")
			who = append(who, env+" "+id)
			own := strings.HasSuffix(r.stack, "-events") && strings.HasPrefix(text(m["Resource"]), `{"Fn::GetAtt":["EventsBus`)
			if got := text(m["Resource"]); !own && !strings.HasSuffix(got, ":event-bus/cover-"+env) {
				t.Errorf("%s sends to %s", r, got)
			}
		}
	}
	slices.Sort(who) // the second api of an environment is a tenant's own
	files := "EventsPartnersFiles"
	if !slices.Equal(who, []string{"dev " + files, "dev api", "prod " + files, "prod api", "prod api", "prod-recovery api", "prod-recovery api", "staging " + files, "staging api", "staging api"}) {
		t.Errorf("%v may send events", who)
	}
}

func TestS16_AuroraIsMultiAZ(t *testing.T) {
	a := load(t)
	for name, env := range a.estate.Environments.All() {
		stack := "cover-" + name + "-data"
		cluster := a.of(t, stack, "AWS::RDS::DBCluster")[0]
		expect(t, cluster, "true", "DeletionProtection")
		expect(t, cluster, "35", "BackupRetentionPeriod")
		if _, recovers := a.estate.RecoverySite(name); recovers { // RDS manages no password of a global database
			expect(t, cluster, "null", "ManageMasterUserPassword")
		} else {
			expect(t, cluster, "true", "ManageMasterUserPassword")
		}
		want, _ := databaseSize(env.Size, a.estate.Network.AvailabilityZones, false)
		zones := map[string]bool{}
		for _, r := range a.of(t, stack, "AWS::RDS::DBInstance") {
			zones[r.text("AvailabilityZone")] = true
			expect(t, r, "false", "PubliclyAccessible")
		}
		if len(zones) != want || want < 2 {
			t.Errorf("%s: instances in %d zones, want %d", name, len(zones), want)
		}
	}
}

func TestS17_RedisIsMultiAZWithTLSAndAUserForEachService(t *testing.T) {
	a := load(t)
	for name, env := range a.estate.Environments.All() {
		stack := "cover-" + name + "-cache"
		group := a.of(t, stack, "AWS::ElastiCache::ReplicationGroup")[0]
		for _, property := range []string{"MultiAZEnabled", "AutomaticFailoverEnabled", "AtRestEncryptionEnabled", "TransitEncryptionEnabled"} {
			expect(t, group, "true", property)
		}
		expect(t, group, "required", "TransitEncryptionMode")
		expect(t, group, "35", "SnapshotRetentionLimit")
		want, _ := cacheSize(env.Size, a.estate.Network.AvailabilityZones)
		zones := map[string]bool{}
		for _, z := range group.list("PreferredCacheClusterAZs") {
			zones[text(z)] = true
		}
		if len(zones) != want || want < 2 || group.text("NumCacheClusters") != fmt.Sprint(want) {
			t.Errorf("%s: %s nodes in %d zones, want %d", name, group.text("NumCacheClusters"), len(zones), want)
		}
		modes := map[string]string{}
		for _, u := range a.of(t, stack, "AWS::ElastiCache::User") {
			modes[u.text("UserName")] = u.text("AuthenticationMode", "Type") + " " + strings.Fields(u.text("AccessString"))[0]
			if u.text("Passwords") != "null" {
				t.Errorf("%s has passwords", u)
			}
		}
		users := map[string]string{"default": "no-password-required off", "cover-" + name + "-api": "iam on", "cover-" + name + "-portal": "iam on"}
		site, _ := a.estate.Site(name)
		for _, tenant := range a.estate.TenantsOf(site) {
			users["cover-"+name+"-"+tenant] = "iam on"
		}
		if want := fmt.Sprint(users); fmt.Sprint(modes) != want {
			t.Errorf("%s: users %v, want %s", name, modes, want)
		}
	}
}

// TestS28_AServiceSignsInAsItselfOnly reads who may connect to the cache.
func TestS28_AServiceSignsInAsItselfOnly(t *testing.T) {
	a, seen := load(t), 0
	for _, r := range a.every(t, "AWS::IAM::Policy") {
		for _, s := range r.list("PolicyDocument", "Statement") {
			m, _ := s.(map[string]any)
			if text(m["Action"]) != "elasticache:Connect" || strings.HasSuffix(r.stack, "-"+LayerTenant) {
				continue // tenant-isolation proves who a tenant's services are
			}
			seen++
			env, service := ownerOf(a, r.stack), strings.Split(r.id, "Service")[0]
			for _, want := range []string{":replicationgroup:cover-" + env, ":user:cover-" + env + "-" + service} {
				if !strings.Contains(text(m["Resource"]), want) {
					t.Errorf("%s may connect to %s, not to %s", r, text(m["Resource"]), want)
				}
			}
		}
	}
	if want := 2 * len(a.estate.Sites()); seen != want {
		t.Errorf("%d policies let connect, want %d", seen, want)
	}
}

func TestS23_EveryStoreHasARotatingKey(t *testing.T) {
	a := load(t)
	for _, r := range a.every(t, "AWS::KMS::Key") {
		expect(t, r, "true", "EnableKeyRotation")
	}
	for typ, path := range map[string][]any{
		"AWS::Logs::LogGroup":         {"KmsKeyId"},
		"AWS::SNS::Topic":             {"KmsMasterKeyId"},
		"AWS::SecretsManager::Secret": {"KmsKeyId"},
		"AWS::RDS::DBCluster":         {"KmsKeyId"},
		"AWS::ECS::Cluster":           {"Configuration", "ManagedStorageConfiguration", "FargateEphemeralStorageKmsKeyId"},
	} {
		for _, r := range a.every(t, typ) {
			key := r.text(path...)
			hubs := strings.Contains(key, `"cover-hub-core"`) && strings.Contains(key, "FnGetAttKey") // one key, in the stack that it is for
			footholds := strings.Contains(key, `["cover-prod-recovery-foothold-",{"Ref":"Tenant"}]`) && strings.Contains(key, `"OutputName":"Key"`)
			if !strings.Contains(key, "-keys") && !strings.Contains(key, "Fn::GetAtt") && !hubs && !footholds {
				t.Errorf("%s %v is %s, not a key of the estate", r, path, key)
			}
		}
	}
	for _, r := range a.every(t, "AWS::RDS::DBCluster") {
		if r.text("ManageMasterUserPassword") == "true" { // RDS keeps no secret of a global database, whose own is among those above
			expect(t, r, r.text("KmsKeyId"), "MasterUserSecret", "KmsKeyId")
		}
	}
}

func TestS24_TLSToTheContainer(t *testing.T) {
	a := load(t)
	for _, r := range a.every(t, "AWS::ElasticLoadBalancingV2::Listener") {
		expect(t, r, "HTTPS", "Protocol")
		if !strings.Contains(r.text("SslPolicy"), "TLS13") {
			t.Errorf("%s has the policy %s", r, r.text("SslPolicy"))
		}
	}
	for _, r := range a.every(t, "AWS::ElasticLoadBalancingV2::TargetGroup") {
		expect(t, r, "HTTPS", "Protocol")
		expect(t, r, "HTTPS", "HealthCheckProtocol")
	}
	for _, r := range a.every(t, "AWS::ElasticLoadBalancingV2::LoadBalancer") {
		expect(t, r, "internal", "Scheme")
	}
	for _, r := range a.every(t, "AWS::RDS::DBClusterParameterGroup") {
		expect(t, r, "1", "Parameters", "rds.force_ssl")
	}
}

func TestS34_NothingStandsInOneZoneOnly(t *testing.T) {
	a := load(t)
	zones := a.estate.Network.AvailabilityZones
	if n := len(a.of(t, "cover-hub-core", "AWS::EC2::NatGateway")); n != zones {
		t.Errorf("%d NAT gateways for %d zones", n, zones)
	}
	for typ, path := range map[string][]any{
		"AWS::EC2::VPCEndpoint":                     {"SubnetIds"},
		"AWS::EC2::TransitGatewayAttachment":        {"SubnetIds"},
		"AWS::NetworkFirewall::Firewall":            {"AvailabilityZoneMappings"},
		"AWS::ElasticLoadBalancingV2::LoadBalancer": {"Subnets"},
		"AWS::ApiGatewayV2::VpcLink":                {"SubnetIds"},
	} {
		for _, r := range a.every(t, typ) {
			if n := len(r.list(path...)); n != zones {
				t.Errorf("%s (%s) is in %d zones of %d", r, typ, n, zones)
			}
		}
	}
}

// TestS06_ResolverEndpointsAreInEveryZone: and what goes out is asked by DNS
// over HTTPS.
func TestS06_ResolverEndpointsAreInEveryZone(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack, directions := "cover-"+env+"-access", map[string]int{}
		for _, r := range a.of(t, stack, "AWS::Route53Resolver::ResolverEndpoint") {
			directions[r.text("Direction")]++
			if n := len(r.list("IpAddresses")); n != a.estate.Network.AvailabilityZones {
				t.Errorf("%s has %d addresses", r, n)
			}
		}
		if directions["INBOUND"] != 1 || directions["OUTBOUND"] != 1 {
			t.Errorf("%s has %v", stack, directions)
		}
		rules := a.of(t, stack, "AWS::Route53Resolver::ResolverRule")
		if n := a.estate.Network.DNS.Forward.Len(); len(rules) != n || len(a.of(t, stack, "AWS::Route53Resolver::ResolverRuleAssociation")) != n {
			t.Errorf("%s has %d rules for %d domains", stack, len(rules), n)
		}
		for _, r := range rules {
			for i := range r.list("TargetIps") {
				expect(t, r, "DoH", "TargetIps", i, "Protocol")
				expect(t, r, "443", "TargetIps", i, "Port")
			}
		}
	}
}

func TestS07_TheTunnelIsNeverScaled(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-platform"
		var tunnel resource
		for _, r := range a.of(t, stack, "AWS::ECS::Service") {
			if r.tag(addr.TagPart) == estate.PartTunnel {
				tunnel = r
			}
		}
		if tunnel.id == "" {
			t.Fatalf("%s has no tunnel", env)
		}
		for _, r := range a.of(t, stack, "AWS::ApplicationAutoScaling::ScalableTarget") {
			if strings.Contains(r.text("ResourceId"), tunnel.id) {
				t.Errorf("%s scales the tunnel", r)
			}
		}
	}
}

// rule is one rule of a security group, between parts.
type rule struct {
	from, to, protocol, ports string
}

// TestS28_SecurityGroupsOpenExactlyTheFlows compares both directions of every
// group with the estate's flows.
func TestS28_SecurityGroupsOpenExactlyTheFlows(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		var wantOut, wantIn []rule
		site, _ := a.estate.Site(env)
		for _, f := range a.estate.GroupFlows(site) {
			r := rule{from: f.From.Name, to: f.To.Name, protocol: f.Protocol, ports: fmt.Sprint(f.Port, "-", f.Port)}
			if f.To.Environment != estate.HubEnvironment {
				wantOut, wantIn = append(wantOut, r), append(wantIn, r)
				continue
			}
			ranges := []string{"0.0.0.0/0"}
			if outside := a.estate.Outside(f); len(outside) > 0 {
				ranges = nil
				for _, p := range outside {
					ranges = append(ranges, p.String())
				}
			}
			for _, to := range ranges {
				r.to = to
				wantOut = append(wantOut, r)
			}
		}
		for _, f := range a.estate.PeeredFlows() {
			there, _ := a.estate.Plan().Sites.Get(f.To.Environment)
			if f.From.Environment == env {
				wantOut = append(wantOut, rule{from: f.From.Name, to: there.Range(estate.TierReplication).String(), protocol: f.Protocol, ports: fmt.Sprint(f.Port, "-", f.Port)})
			}
		}
		out, in := groupRules(t, a, "cover-"+env+"-network")
		same(t, env+": outgoing", out, wantOut)
		same(t, env+": incoming", in, wantIn)
	}
}

func same(t *testing.T, what string, got, want []rule) {
	t.Helper()
	for _, r := range got {
		if !slices.Contains(want, r) {
			t.Errorf("%s: %v is open and no flow of the estate", what, r)
		}
	}
	for _, r := range want {
		if !slices.Contains(got, r) {
			t.Errorf("%s: %v is a flow of the estate and not open", what, r)
		}
	}
}

// nothing is the rule by which a group without flows lets nothing out.
const nothing = "255.255.255.255/32"

func groupRules(t *testing.T, a assembly, stack string) (out, in []rule) {
	t.Helper()
	parts := map[string]string{}
	ports := func(m map[string]any) string { return text(m["FromPort"]) + "-" + text(m["ToPort"]) }
	for _, g := range a.of(t, stack, "AWS::EC2::SecurityGroup") {
		part := g.tag(addr.TagPart)
		if part == "" { // a group that tenants share says so
			words := strings.Fields(g.text("GroupDescription"))
			part = words[len(words)-1]
		}
		parts[g.id] = part
		if len(g.list("SecurityGroupEgress")) == 0 {
			t.Errorf("%s declares no egress, so CloudFormation opens all", g)
		}
		for _, e := range g.list("SecurityGroupEgress") {
			if m, ok := e.(map[string]any); ok && m["CidrIp"] != nothing {
				out = append(out, rule{part, text(m["CidrIp"]), text(m["IpProtocol"]), ports(m)})
			}
		}
		if n := len(g.list("SecurityGroupIngress")); n > 0 {
			t.Errorf("%s has %d inline ingress rules", g, n)
		}
	}
	of := func(v any) string {
		m, _ := v.(map[string]any)
		att, _ := m["Fn::GetAtt"].([]any)
		if len(att) == 0 {
			return text(v)
		}
		return parts[text(att[0])]
	}
	for _, r := range a.of(t, stack, "AWS::EC2::SecurityGroupEgress") {
		to := r.text("CidrIp")
		if to == "null" {
			to = of(r.get("DestinationSecurityGroupId"))
		}
		out = append(out, rule{of(r.get("GroupId")), to, r.text("IpProtocol"), ports(r.props)})
	}
	for _, r := range a.of(t, stack, "AWS::EC2::SecurityGroupIngress") {
		in = append(in, rule{of(r.get("SourceSecurityGroupId")), of(r.get("GroupId")), r.text("IpProtocol"), ports(r.props)})
	}
	return out, in
}
