package diff_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/diff"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// before is a service and its database in two zones, behind no balancer.
const before = `Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Igw: {Type: AWS::EC2::InternetGateway}
  Attach: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Igw}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Default: {Type: AWS::EC2::Route, DependsOn: Attach, Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Igw}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1a}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: eu-west-1b}}
  ToA: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref A, RouteTableId: !Ref Table}}
  Web: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: web, VpcId: !Ref Vpc, SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]}}
  Data: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: data, VpcId: !Ref Vpc, SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !Ref Web}]}}
  Server:
    Type: AWS::EC2::Instance
    Properties: {ImageId: ami-1, InstanceType: m7g.large, NetworkInterfaces: [{DeviceIndex: "0", SubnetId: !Ref A, GroupSet: [!Ref Web], AssociatePublicIpAddress: true}]}
  Subnets: {Type: AWS::RDS::DBSubnetGroup, Properties: {DBSubnetGroupDescription: data, SubnetIds: [!Ref A, !Ref B]}}
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Retain
    Properties: {Engine: postgres, DBInstanceClass: db.m7g.large, AllocatedStorage: "20", DBSubnetGroupName: !Ref Subnets, VPCSecurityGroups: [!Ref Data], StorageEncrypted: true, MultiAZ: true, PubliclyAccessible: false}
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files-of-cover}}
`

func side(t *testing.T, name, template, estateFile string) *diff.Side {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.yaml")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	asm, problems := assembly.Load(t.Context(), file)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all, problems := intrinsic.Resolve(asm, intrinsic.Options{Account: "111111111111", Region: "eu-west-1"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	graph, problems := resource.New(all)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	in := &proof.Input{Graph: graph, Net: network.Build(graph, network.Options{Ports: proof.Ports(nil, graph)}), Now: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)}
	verdicts, err := proof.Run(t.Context(), in, claims.All())
	if err != nil {
		t.Fatal(err)
	}
	if estateFile != "" {
		in.Estate = &estate.Estate{Name: "app", Waivers: []estate.Waiver{{Claim: proof.ClaimDataKept, At: estateFile, Why: "moved", Until: in.Now.AddDate(0, 1, 0)}}}
	}
	return &diff.Side{Name: name, Input: in, Verdicts: verdicts}
}

func compare(t *testing.T, old, new string) *diff.Change { return compareWaived(t, old, new, "") }

func compareWaived(t *testing.T, old, new, waiver string) *diff.Change {
	t.Helper()
	c, err := diff.Compare(t.Context(), side(t, "old", old, ""), side(t, "new", new, waiver))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func edit(t *testing.T, pairs ...string) string {
	t.Helper()
	s := before
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s, pairs[i]) {
			t.Fatalf("the template does not hold %q", pairs[i])
		}
		s = strings.Replace(s, pairs[i], pairs[i+1], 1)
	}
	return s
}

// TestB03_AChangeIsShownByWhatItMeans: what CloudFormation does is that of
// "Update requires" on each type's page of its Template Reference.
func TestB03_AChangeIsShownByWhatItMeans(t *testing.T) {
	for name, test := range map[string]struct {
		edits     []string
		flows     []string
		resources []string // address, what, effect
		data      []string
		outcome   proof.Outcome
	}{
		"nothing": {outcome: proof.Proved},
		"a port opened to the internet": {
			edits: []string{"SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]",
				"SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}, {IpProtocol: tcp, FromPort: 22, ToPort: 23, CidrIp: 0.0.0.0/0}]"},
			flows:     []string{"+internet → app/Server tcp/22-23", "+app/Database → app/Server tcp/22-23"},
			resources: []string{"Web changed updated"},
			outcome:   proof.Proved,
		},
		"a port closed": {
			edits:     []string{"FromPort: 5432, ToPort: 5432", "FromPort: 5433, ToPort: 5433"},
			flows:     []string{"+app/Server → app/Database tcp/5433", "-app/Server → app/Database tcp/5432"},
			resources: []string{"Data changed updated"},
			outcome:   proof.Proved,
		},
		"a group replaced, and what refers to it": {
			edits:     []string{"GroupDescription: data", "GroupDescription: the database"},
			resources: []string{"Data changed replaced", "Database changed updated because Data"},
			outcome:   proof.Proved,
		},
		"encryption taken from the database": {
			edits:     []string{"StorageEncrypted: true", "StorageEncrypted: false"},
			resources: []string{"Database changed replaced"},
			data:      []string{"DATA_REPLACED StorageEncrypted"},
			outcome:   proof.Refuted,
		},
		"another engine": {
			edits:     []string{"Engine: postgres", "Engine: mysql"},
			resources: []string{"Database changed perhaps replaced"},
			data:      []string{"DATA_REPLACED_PERHAPS Engine"},
			outcome:   proof.Unknown,
		},
		"the database removed, and kept": {
			edits:     []string{before[strings.Index(before, "  Database:"):strings.Index(before, "  Files:")], ""},
			flows:     []string{"-app/Server → app/Database tcp/5432", "-app/Database → app/Server tcp/443"},
			resources: []string{"Database removed"},
			outcome:   proof.Proved,
		},
		"a bucket removed": {
			edits:     []string{"  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files-of-cover}}\n", ""},
			resources: []string{"Files removed"},
			data:      []string{"DATA_REMOVED "},
			outcome:   proof.Refuted,
		},
		"a bucket renamed": {
			edits:     []string{"files-of-cover", "files-of-surety"},
			resources: []string{"Files changed replaced"},
			data:      []string{"DATA_REPLACED BucketName"},
			outcome:   proof.Refuted,
		},
		"a server added": {
			edits:     []string{"  Subnets:", "  Queue: {Type: AWS::SQS::Queue}\n  Subnets:"},
			resources: []string{"Queue added"},
			outcome:   proof.Proved,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := compare(t, before, edit(t, test.edits...))
			var flows, resources, data []string
			for _, f := range c.Flows {
				s := "-"
				if f.Gained {
					s = "+"
				}
				s += strings.TrimSuffix(f.String(), " (depends on what only deployment decides)")
				if !f.Certain {
					s += " ?"
				}
				flows = append(flows, s)
			}
			for _, r := range c.Resources {
				s := r.Addr.Logical + " " + r.What
				if r.What == diff.Changed {
					s += " " + r.Effect.String()
				}
				if !r.Because.IsZero() {
					s += " because " + r.Because.Logical
				}
				resources = append(resources, s)
			}
			for _, f := range c.Data.Witness {
				data = append(data, f.Code+" "+f.Property)
			}
			slices.Sort(flows)
			slices.Sort(test.flows)
			if !slices.Equal(flows, test.flows) {
				t.Errorf("flows:\n%q\nwant\n%q", flows, test.flows)
			}
			if !slices.Equal(resources, test.resources) {
				t.Errorf("resources:\n%q\nwant\n%q", resources, test.resources)
			}
			if !slices.Equal(data, test.data) || c.Data.Outcome != test.outcome {
				t.Errorf("data: %q %s, want %q %s", data, c.Data.Outcome, test.data, test.outcome)
			}
			if c.IsEmpty() != (len(test.edits) == 0) {
				t.Errorf("empty: %v", c.IsEmpty())
			}
		})
	}
}

func TestB03_AClaimThatIsWorseIsShown(t *testing.T) {
	worse := edit(t, "StorageEncrypted: true", "StorageEncrypted: false")
	c := compare(t, before, worse)
	i := slices.IndexFunc(c.Claims, func(x diff.Claim) bool { return x.ID == "encrypted-at-rest" })
	if i < 0 || len(c.Claims[i].Findings) == 0 {
		t.Fatalf("encrypted-at-rest is not among %+v", c.Claims)
	}
	if c.Outcome() != proof.Refuted {
		t.Errorf("the change comes to %s", c.Outcome())
	}
	lost := c.Claims[i].Findings[0].Code
	for _, x := range compare(t, worse, before).Claims {
		if slices.ContainsFunc(x.Findings, func(f proof.Finding) bool { return f.Code == lost }) {
			t.Errorf("the way back finds %s", lost)
		}
	}
}

func TestB03_FewerZonesAreShown(t *testing.T) {
	c := compare(t, before, edit(t, "SubnetIds: [!Ref A, !Ref B]", "SubnetIds: [!Ref A]"))
	if len(c.Zones) != 1 || c.Zones[0].End != "app/Database" || len(c.Zones[0].Was) != 2 || len(c.Zones[0].Are) != 1 {
		t.Errorf("got %+v", c.Zones)
	}
}

func TestB03_AWaiverAcceptsWhatHappensToData(t *testing.T) {
	renamed := edit(t, "files-of-cover", "files-of-surety")
	for at, want := range map[string]proof.Outcome{"111111111111/Files": proof.Waived, "*": proof.Waived, "111111111111/Database": proof.Refuted} {
		if c := compareWaived(t, before, renamed, at); c.Data.Outcome != want {
			t.Errorf("a waiver at %s: %s, want %s", at, c.Data.Outcome, want)
		}
	}
}

// Views of one change say the same.
func TestB03_ViewsOfAChange(t *testing.T) {
	c := compare(t, before, edit(t, "StorageEncrypted: true", "StorageEncrypted: false", "FromPort: 443, ToPort: 443", "FromPort: 80, ToPort: 443"))
	for format, wants := range map[string][]string{
		"text":     {"1. ", "2. 1 store is or may be replaced or removed", "of them from the internet", "✗ AWS::RDS::DBInstance Database", "internet → app/Server tcp/80-442", "Replaced (1)\n  app/Database (AWS::RDS::DBInstance): StorageEncrypted"},
		"markdown": {"### What the change means: `old` → `new`", "**1 of them from the internet**", "<details open><summary>Data</summary>", "internet → app/Server tcp/80-442"},
	} {
		var b bytes.Buffer
		if err := c.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q:\n%s", format, want, b.String())
			}
		}
	}
	var b bytes.Buffer
	if err := c.Write(&b, "json"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int
		Outcome string
		Data    []struct{ Code, Property string }
		Flows   []struct {
			From, To, Ports string
			Gained, Certain bool
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got.Version != 1 || got.Outcome != "refuted" || len(got.Data) != 1 || got.Data[0].Code != "DATA_REPLACED" ||
		len(got.Flows) == 0 || got.Flows[0].From != "internet" || got.Flows[0].Ports != "80-442" || !got.Flows[0].Gained || !got.Flows[0].Certain {
		t.Errorf("%v %s", err, b.String())
	}
}
