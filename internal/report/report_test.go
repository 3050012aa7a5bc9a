package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a report with every outcome, a path, an unknown, an expired line
// and types without a model.
func sample(t *testing.T) *Report {
	t.Helper()
	data := addr.Stack{Account: "100000000006", Region: "ap-southeast-2", Name: "cover-prod-data"}
	network1 := addr.Stack{Account: "100000000006", Region: "ap-southeast-2", Name: "cover-prod-network"}
	group := addr.Address{Stack: data, Logical: "DatabaseGroup"}
	db := addr.Address{Stack: data, Logical: "Database"}
	subnet := addr.Address{Stack: network1, Logical: "ApplicationSubnet1"}
	g, problems := resource.New([]*resource.Resource{
		{Addr: group, Type: "AWS::EC2::SecurityGroup", Construct: "cover-prod-data/Database/SecurityGroup",
			Pos: diag.Position{File: "cdk.out/cover-prod-data.template.json", Line: 42, Column: 3}},
		{Addr: db, Type: "AWS::RDS::DBCluster", Pos: diag.Position{File: "cdk.out/cover-prod-data.template.json", Line: 7}},
		{Addr: subnet, Type: "AWS::EC2::Subnet"},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	header := network.Header{Source: netip.MustParsePrefix("10.2.16.0/24"), Destination: netip.MustParsePrefix("10.2.32.0/24"),
		Protocol: resource.TCP, Port: resource.PortRange{From: 5432, To: 5432}}
	refuted := proof.Finding{
		Outcome: proof.Refuted, Code: "ENI_SG_RULES_MISMATCH", At: group, Property: "SecurityGroupIngress/0/CidrIp",
		Message: "the declared flow prod/api → prod/database tcp/5432 is stopped: the database's group admits 10.2.99.0/24 only",
		Fix:     "admit the service's security group instead of an address range",
		Part:    estate.PartID{Environment: "prod", Name: "database"},
		Intent:  diag.Position{File: "estate.yaml", Line: 26, Column: 90},
		Path: &network.Path{Forward: []network.Hop{
			{At: subnet, By: subnet, Decision: "routed locally within the VPC", In: header, Out: header},
			{At: db, By: group, Property: "SecurityGroupIngress/0", Code: "ENI_SG_RULES_MISMATCH",
				Decision: "no rule admits tcp/5432 from 10.2.16.0/24", In: header, Out: header},
		}},
	}
	unknown := proof.Finding{Outcome: proof.Unknown, Code: "PARAMETER_WITHOUT_VALUE", At: db, Property: "KmsKeyId",
		Message: "the key is a parameter without a value", Fix: "give it with --param KeyId=…"}
	waived := refuted
	waived.Outcome, waived.Path = proof.Waived, nil
	claims := []proof.Claim{
		{ID: "declared-flows", Says: "Every declared flow works, and every other flow between parts is impossible.", NeedsIntent: true},
		{ID: "encrypted-at-rest", Says: "Every store is encrypted with a customer-managed key that rotates."},
		{ID: "no-overlap", Says: "No two connected networks share addresses."},
		{ID: "within-quotas", Says: "No template or service limit is exceeded."},
	}
	region := addr.Address{Stack: addr.Stack{Account: data.Account, Region: data.Region}}
	return &Report{
		Estate: "cover", Source: "cdk.out", Claims: claims, Graph: g, Stacks: 2,
		Scopes: []proof.Scope{"hub", "dev", "prod"},
		Verdicts: []proof.Verdict{
			{Claim: "no-overlap", Scope: proof.ScopeEstate, Outcome: proof.Proved, Checked: 6, Unit: "pairs of networks"},
			{Claim: "encrypted-at-rest", Scope: "prod", Outcome: proof.Unknown, Checked: 4, Unit: "stores", Witness: []proof.Finding{unknown}},
			{Claim: "encrypted-at-rest", Scope: "dev", Outcome: proof.Proved, Checked: 1200, Unit: "stores"},
			{Claim: "declared-flows", Scope: "prod", Outcome: proof.Refuted, Checked: 118, Unit: "flows", Witness: []proof.Finding{refuted}},
			{Claim: "declared-flows", Scope: "dev", Outcome: proof.Waived, Checked: 118, Unit: "flows", Witness: []proof.Finding{waived},
				Waiver: &estate.Waiver{Claim: "declared-flows", At: "dev", Why: "dev holds no customer data", Until: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)}},
			{Claim: "declared-flows", Scope: "hub", Outcome: proof.NotApplicable, Note: "the hub declares no flows"},
			{Claim: "within-quotas", Scope: "prod", Outcome: proof.Proved, Checked: 9, Unit: "uses of a quota", Usage: []proof.Usage{
				{Quota: "vpc/rules-per-security-group", At: group, Used: 45, Limit: 60},
				{Quota: "cloudformation/resources-per-template", At: addr.Address{Stack: network1}, Used: 168, Limit: 500},
				{Quota: "vpc/vpcs", At: region, Used: 1, Limit: 5}}},
			{Claim: "within-quotas", Scope: "dev", Outcome: proof.Proved, Checked: 9, Unit: "uses of a quota", Usage: []proof.Usage{
				{Quota: "cloudformation/resources-per-template", At: addr.Address{Stack: data}, Used: 12, Limit: 500}}},
		},
		Templates: []resource.Template{
			{File: "cdk.out/cover-prod-data.template.json", Stack: data, Stacks: 1, Bytes: 7501, Resources: 12, Parameters: 1, Outputs: 2},
			{File: "cdk.out/cover-prod-network.template.json", Stack: network1, Stacks: 1, Bytes: 99663, Resources: 168, Parameters: 1, Outputs: 20}},
		NotModelled: map[string]int{"AWS::Foo::Bar": 3, "AWS::CDK::Metadata": 1},
		Timing:      Timing{Load: 12 * time.Millisecond, Resolve: 7 * time.Millisecond, Prove: 31 * time.Millisecond},
	}
}

func TestFormatsAgainstGoldens(t *testing.T) {
	cases := []struct {
		file   string
		format Format
		opts   Options
	}{
		{"report.txt", Text, Options{}},
		{"narrow.txt", Text, Options{Width: 60}},
		{"colour.txt", Text, Options{Color: true}},
		{"report.json", JSON, Options{}},
		{"report.sarif", SARIF, Options{}},
		{"report.junit.xml", JUnit, Options{}},
		{"report.codequality.json", CodeQuality, Options{}},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			var got bytes.Buffer
			if err := sample(t).Write(&got, c.format, c.opts); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", c.file)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("differs from %s (go test -update writes it anew):\n%s", path, got.String())
			}
		})
	}
}

func TestTextKeepsWithinItsWidth(t *testing.T) {
	for _, width := range []int{40, 60, 100, 120} {
		var got bytes.Buffer
		if err := sample(t).Write(&got, Text, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(got.String(), "\n") {
			if n := len([]rune(l)); n > width && width > 40 {
				t.Errorf("width %d: %d columns: %s", width, n, l)
			}
			if strings.Contains(l, "\x1b") {
				t.Errorf("colour without being asked for: %q", l)
			}
		}
	}
}

// What must hold of SARIF 2.1.0 beyond the golden file: sections 3.27.5 (kind
// and level), 3.27.7 (ruleIndex points to the rule) and 3.35 (suppressions).
func TestSARIFIsWhatTheStandardSays(t *testing.T) {
	var got bytes.Buffer
	if err := sample(t).Write(&got, SARIF, Options{}); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(got.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %q, %d runs", log.Version, len(log.Runs))
	}
	run := log.Runs[0]
	if len(run.Results) != 3 {
		t.Fatalf("%d results, want the refuted, the unknown and the waived", len(run.Results))
	}
	for _, res := range run.Results {
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("ruleIndex %d is not %s", res.RuleIndex, res.RuleID)
		}
		if res.Kind != "fail" && res.Level != "none" {
			t.Errorf("kind %s has level %s; only fail may have one", res.Kind, res.Level)
		}
		for _, l := range res.Locations {
			if l.Physical != nil && l.Physical.Region.StartLine < 1 {
				t.Errorf("line %d: lines count from 1", l.Physical.Region.StartLine)
			}
		}
	}
}

func TestJUnitCountsWhatItHolds(t *testing.T) {
	var got bytes.Buffer
	if err := sample(t).Write(&got, JUnit, Options{}); err != nil {
		t.Fatal(err)
	}
	var all junitSuites
	if err := xml.Unmarshal(got.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	if all.Tests != 8 || all.Failures != 1 || all.Errors != 1 || all.Skipped != 2 {
		t.Errorf("tests %d, failures %d, errors %d, skipped %d", all.Tests, all.Failures, all.Errors, all.Skipped)
	}
}

func TestFingerprintsTellFindingsApart(t *testing.T) {
	r := sample(t)
	seen := map[string]string{}
	r.eachFinding(func(v proof.Verdict, f proof.Finding) {
		key := v.Claim + " " + string(v.Scope) + " " + f.Message
		if other, ok := seen[fingerprint(v, f)]; ok {
			t.Errorf("%q and %q have one fingerprint", key, other)
		}
		seen[fingerprint(v, f)] = key
		f.Message, f.Fix = "worded anew", ""
		if _, ok := seen[fingerprint(v, f)]; !ok {
			t.Errorf("%q: the fingerprint depends on the wording", key)
		}
	})
}

func TestOrderDoesNotDependOnTheVerdictsOrder(t *testing.T) {
	a, b := sample(t), sample(t)
	for i, j := 0, len(b.Verdicts)-1; i < j; i, j = i+1, j-1 {
		b.Verdicts[i], b.Verdicts[j] = b.Verdicts[j], b.Verdicts[i]
	}
	for _, f := range Formats() {
		var x, y bytes.Buffer
		if err := a.Write(&x, f, Options{}); err != nil {
			t.Fatal(err)
		}
		if err := b.Write(&y, f, Options{}); err != nil {
			t.Fatal(err)
		}
		if x.String() != y.String() {
			t.Errorf("%s depends on the order of verdicts", f)
		}
	}
}
