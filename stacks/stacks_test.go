package stacks

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

func environments(a assembly) []string { return a.estate.Environments.Keys() }

func TestS04_ThreeTiersInThreeZones(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		plan, _ := a.estate.Plan().Sites.Get(env)
		zones := map[string][]string{}
		for _, s := range a.of(t, "cover-"+env+"-network", "AWS::EC2::Subnet") {
			for tier, cidrs := range plan.Subnets {
				for i, c := range cidrs {
					if c.String() == s.text("CidrBlock") {
						zones[string(tier)] = append(zones[string(tier)], s.text("AvailabilityZoneId"))
						expect(t, s, plan.Zones[i], "AvailabilityZoneId")
					}
				}
			}
			expect(t, s, "false", "MapPublicIpOnLaunch")
		}
		for _, tier := range estate.EnvironmentTiers() {
			slices.Sort(zones[string(tier)])
			if got := zones[string(tier)]; !slices.Equal(got, plan.Zones) || len(got) < 3 {
				t.Errorf("%s: tier %s is in the zones %v, want %v", env, tier, got, plan.Zones)
			}
		}
	}
}

func TestS05_OnlyTheHubReachesTheInternet(t *testing.T) {
	a := load(t)
	for _, typ := range []string{"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway"} {
		for _, r := range a.every(t, typ) {
			// What partners reach is a VPC of its own that no route joins to another.
			apart := strings.HasSuffix(r.stack, "-"+LayerFiles) && len(a.of(t, r.stack, "AWS::EC2::TransitGatewayAttachment")) == 0
			if r.stack != "cover-hub-core" && r.stack != "cover-hub-recovery-core" && !apart {
				t.Errorf("%s is a %s", r, typ)
			}
		}
	}
	for _, env := range environments(a) {
		for _, r := range a.of(t, "cover-"+env+"-network", "AWS::EC2::Route") {
			if !strings.Contains(r.id, "ToPeer") { // TestS05_TheHubsArePeeredForOneFlow
				expect(t, r, "0.0.0.0/0", "DestinationCidrBlock")
			}
			if !strings.Contains(r.text("TransitGatewayId"), "cover-hub-core") {
				t.Errorf("%s leads to %s, not to the hub's gateway", r, r.text("TransitGatewayId"))
			}
		}
	}
}

func TestS05_EveryEnvironmentHasATransitTableOfItsOwn(t *testing.T) {
	a := load(t)
	gateway := a.of(t, "cover-hub-core", "AWS::EC2::TransitGateway")[0]
	expect(t, gateway, "disable", "DefaultRouteTableAssociation")
	expect(t, gateway, "disable", "DefaultRouteTablePropagation")
	tables := map[string]string{}
	for _, r := range a.of(t, "cover-hub-routes", "AWS::EC2::TransitGatewayRouteTableAssociation") {
		attachment := r.text("TransitGatewayAttachmentId")
		if other, ok := tables[r.text("TransitGatewayRouteTableId")]; ok {
			t.Errorf("%s and %s share a table", attachment, other)
		}
		tables[r.text("TransitGatewayRouteTableId")] = attachment
	}
	if want := len(environments(a)) + 2; len(tables) != want {
		t.Errorf("%d attachments have tables, want %d", len(tables), want)
	}
	dropped := 0
	for _, r := range a.of(t, "cover-hub-routes", "AWS::EC2::TransitGatewayRoute") {
		if r.text("Blackhole") == "true" && r.text("DestinationCidrBlock") == a.estate.Network.Supernet.String() {
			dropped++
		}
	}
	if dropped != len(environments(a)) {
		t.Errorf("%d tables drop the private range, want %d", dropped, len(environments(a)))
	}
}

func TestS08_NewEnvironmentIsOneEntry(t *testing.T) {
	before := load(t)
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	entry := regexp.MustCompile(`(?m)^  prod:\s+\{account: prod,\s+size: large, recovery: warm-standby\}$`)
	if !entry.Match(data) {
		t.Fatal("the example has no entry for prod as this test knows it")
	}
	after := synthesise(entry.ReplaceAll(data, []byte("$0\n  replica: {account: dev, size: small}")))
	if after.err != nil {
		t.Fatal(after.err)
	}
	defer removeAll(t, after.dir)
	for _, layer := range []string{LayerKeys, LayerNetwork, LayerData, LayerPlatform} {
		if _, ok := after.templates["cover-replica-"+layer]; !ok {
			t.Errorf("the new environment has no stack %s", layer)
		}
		for _, env := range environments(before) {
			name := "cover-" + env + "-" + layer + ".template.json"
			if !bytes.Equal(read(t, before.dir, name), read(t, after.dir, name)) {
				t.Errorf("the new environment changes %s", name)
			}
		}
	}
}

func TestTwoSynthesesAreIdentical(t *testing.T) {
	first := load(t)
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	second := synthesise(data)
	if second.err != nil {
		t.Fatal(second.err)
	}
	defer removeAll(t, second.dir)
	files, err := os.ReadDir(first.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !bytes.Equal(read(t, first.dir, f.Name()), read(t, second.dir, f.Name())) {
			t.Errorf("%s differs", f.Name())
		}
	}
	again, err := os.ReadDir(second.dir)
	if err != nil || len(again) != len(files) {
		t.Errorf("%d files, then %d: %v", len(files), len(again), err)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func removeAll(t *testing.T, dir string) {
	if err := os.RemoveAll(dir); err != nil {
		t.Log(err)
	}
}

// resourcePeering is what accepts the peering of the hubs.
const resourcePeering = "Custom::TransitGatewayPeeringAcceptance"

func TestB01_NoCredentialsNoLookups(t *testing.T) {
	a := load(t)
	if len(a.manifest.Missing) > 0 {
		t.Errorf("look-ups are missing: %v", a.manifest.Missing)
	}
	for name, tpl := range a.templates {
		for id, r := range tpl.Resources {
			// The estate's own functions make them.
			own := r.Type == "Custom::TenantDatabase" || r.Type == resourcePeering
			if strings.HasPrefix(r.Type, "Custom::") && !own || slices.Contains([]string{"AWS::CloudFormation::CustomResource", "AWS::CDK::Metadata"}, r.Type) {
				t.Errorf("%s/%s is a %s", name, id, r.Type)
			}
		}
	}
	assets, err := filepath.Glob(filepath.Join(a.dir, "asset.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range assets {
		if filepath.Ext(file) != ".zip" {
			t.Errorf("%s is an asset other than a template or a function's zip", file)
		}
	}
}

func TestB05_TemplatesAreFarFromTheirLimits(t *testing.T) {
	for name, tpl := range load(t).templates {
		// AWS CloudFormation quotas: 500 resources, 200 outputs, 1 MB.
		if len(tpl.Resources) > 400 || len(tpl.Outputs) > 160 || tpl.size > 800_000 {
			t.Errorf("%s has %d resources, %d outputs, %d bytes", name, len(tpl.Resources), len(tpl.Outputs), tpl.size)
		}
	}
}

// stackOutput matches what reads an output of a stack: of one that the template
// names, or of the tenant's own of a layer.
var stackOutput = regexp.MustCompile(`"Fn::GetStackOutput":\s*\{\s*"StackName":\s*(?:"([^"]+)"|\{\s*"Fn::Join":\s*\[\s*"",\s*\[\s*"([^"]+)",\s*\{\s*"Ref":\s*"Tenant"\s*\}\s*\]\s*\]\s*\})`)

func TestEveryReferenceIsADependencyAndNoneGoesInACircle(t *testing.T) {
	a := load(t)
	after, tenants := map[string][]string{}, 0
	for name, artifact := range a.manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		for _, d := range artifact.Dependencies {
			if a.manifest.Artifacts[d].Type == "aws:cloudformation:stack" {
				after[name] = append(after[name], d)
			}
		}
		for _, m := range stackOutput.FindAllStringSubmatch(string(read(t, a.dir, artifact.Properties.TemplateFile)), -1) {
			from := m[1]
			if from == "" {
				from = m[2] + artifact.Properties.Parameters["Tenant"]
				tenants++
			}
			if !slices.Contains(artifact.Dependencies, from) {
				t.Errorf("%s reads an output of %s but does not depend on it", name, from)
			}
		}
	}
	if len(after) == 0 || tenants == 0 {
		t.Fatalf("%d stacks depend on others, %d references lead to a tenant's own", len(after), tenants)
	}
	state := map[string]int{}
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		switch path = append(path, name); state[name] {
		case 1:
			t.Fatalf("stacks depend on each other in a circle: %v", path)
		case 2:
			return
		}
		state[name] = 1
		for _, d := range after[name] {
			visit(d, path)
		}
		state[name] = 2
	}
	for _, name := range sortedKeys(after) {
		visit(name, nil)
	}
}

func TestPartsCarryTheirTags(t *testing.T) {
	a := load(t)
	parts := map[estate.PartID]bool{}
	for _, p := range a.estate.Parts() {
		parts[p.ID] = false
	}
	for _, typ := range []string{"AWS::EC2::NatGateway", "AWS::EC2::SecurityGroup", "AWS::EC2::TransitGatewayAttachment", "AWS::EC2::VPCEndpoint",
		"AWS::ECS::Service", "AWS::ECS::TaskDefinition", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup",
		"AWS::Logs::LogGroup", "AWS::NetworkFirewall::Firewall", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::SecretsManager::Secret",
		"AWS::S3::Bucket", "AWS::ElastiCache::ReplicationGroup", "AWS::AutoScaling::AutoScalingGroup", "AWS::SNS::Topic", "AWS::CloudTrail::Trail",
		"AWS::Events::EventBus", "AWS::Lambda::Function", "AWS::ApiGatewayV2::VpcLink", "AWS::Route53Resolver::ResolverEndpoint",
		"AWS::KinesisFirehose::DeliveryStream", "AWS::Backup::BackupVault"} {
		for _, r := range a.every(t, typ) {
			if strings.Contains(r.text("GroupDescription"), estate.TenantsGroup("")) {
				continue // all tenants have it, so that it is no part of its own
			}
			if typ == "AWS::Lambda::Function" && r.stack == "cover-hub-peering" {
				continue // it accepts the peering while stacks are deployed, in no network and with no data
			}
			for _, id := range a.partsOf(r) {
				if _, ok := parts[id]; !ok {
					t.Errorf("%s (%s) is tagged %q, which is no part of the estate", r, typ, id)
				}
				parts[id] = true
			}
		}
	}
	for _, r := range a.every(t, "AWS::KMS::Key") {
		if r.tag(addr.TagPart) == estate.PartTenant { // all that a tenant has of its own where it recovers
			for _, id := range a.partsOf(r) {
				parts[id] = true
			}
		}
	}
	for id, seen := range parts {
		if !seen {
			t.Errorf("no resource is tagged as part %s", id)
		}
	}
}
