package watched

import (
	"fmt"
	"slices"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource/build"
)

// watching is an estate of one account, with room for a role and a line about
// Control Tower.
const watching = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation:
%s
  accounts:
    both: {id: "100000000001", roles: [%snetwork-hub]}
    dev:  {id: "100000000004"}
environments: {dev: {account: dev}}
workload: {services: {api: {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/api:1"}}}
`

// run runs the claim over an account in which all is as it should be, but for
// changes, and returns the findings of the scope audit as "outcome code".
func run(t *testing.T, tower, role string, change func(*build.Builder)) []string {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(fmt.Sprintf(watching, tower, role)))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	b := build.New("100000000001", "ap-southeast-2", "s")
	change(b)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := proof.Run(t.Context(), &proof.Input{Estate: e, Graph: g}, []proof.Claim{Claim()})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, v := range verdicts {
		if v.Scope == estate.AuditEnvironment || v.Scope == proof.ScopeEstate {
			for _, f := range v.Witness {
				all = append(all, f.Outcome.String()+" "+f.Code)
			}
		}
	}
	slices.Sort(all)
	return all
}

const tower = "  control-tower: true"

// watched adds what watches the account, but for the types that are left out.
func watched(b *build.Builder, without ...string) {
	add := func(typ, logical string, props build.Props) {
		if !slices.Contains(without, typ) {
			b.Add(typ, logical, props)
		}
	}
	add("AWS::GuardDuty::Detector", "Detector", build.Props{"Enable": true, "Features": []build.Props{{"Name": "RDS_LOGIN_EVENTS", "Status": "ENABLED"}}})
	add("AWS::Config::ConfigurationRecorder", "Recorder", nil)
	add("AWS::Config::DeliveryChannel", "Channel", nil)
	add("AWS::Config::ConformancePack", "Rules", nil)
	add("AWS::SecurityHub::ConfigurationPolicy", "Policy", build.Props{"ConfigurationPolicy": build.Props{"SecurityHub": build.Props{
		"ServiceEnabled": true, "EnabledStandardIdentifiers": []string{"arn:aws:securityhub:ap-southeast-2::standards/cis-aws-foundations-benchmark/v/3.0.0"}}}})
	add("AWS::SecurityHub::PolicyAssociation", "Association", build.Props{"TargetId": "100000000001", "ConfigurationPolicyId": b.Attr("Policy", "Id")})
	add("AWS::SNS::Topic", "Topic", nil)
	add("AWS::Events::Rule", "Rule", build.Props{"EventPattern": build.Props{"source": []string{"aws.securityhub"}}, "Targets": []build.Props{{"Arn": b.Ref("Topic")}}})
}

func TestS33_AnAccountIsWatched(t *testing.T) {
	for _, row := range []struct {
		name, tower string
		change      func(*build.Builder)
		want        []string
	}{
		{"all of it", "", func(b *build.Builder) { watched(b) }, nil},
		{"Control Tower records", tower, func(b *build.Builder) {
			watched(b, "AWS::Config::ConfigurationRecorder", "AWS::Config::DeliveryChannel")
		}, nil},
		{"nobody records", "", func(b *build.Builder) { watched(b, "AWS::Config::DeliveryChannel") }, []string{"refuted RECORDER_MISSING"}},
		{"no detector", tower, func(b *build.Builder) { watched(b, "AWS::GuardDuty::Detector") }, []string{"refuted DETECTOR_MISSING"}},
		{"a plan less", tower, func(b *build.Builder) {
			watched(b, "AWS::GuardDuty::Detector")
			b.Add("AWS::GuardDuty::Detector", "Detector", build.Props{"Enable": true, "Features": []build.Props{{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}}})
		}, []string{"refuted DETECTOR_PLAN_OFF"}},
		{"a detector that may be off", tower, func(b *build.Builder) {
			watched(b, "AWS::GuardDuty::Detector")
			b.Add("AWS::GuardDuty::Detector", "Detector", build.Props{"Enable": build.Unknown("a parameter")})
		}, []string{"unknown WATCH_UNKNOWN"}},
		{"no rules", tower, func(b *build.Builder) { watched(b, "AWS::Config::ConformancePack") }, []string{"refuted CONFIG_RULES_MISSING"}},
		{"rules of the organisation", tower, func(b *build.Builder) {
			watched(b, "AWS::Config::ConformancePack")
			b.Add("AWS::Config::OrganizationConformancePack", "Rules", nil)
		}, nil},
		{"a policy without standards", tower, func(b *build.Builder) {
			watched(b, "AWS::SecurityHub::ConfigurationPolicy")
			b.Add("AWS::SecurityHub::ConfigurationPolicy", "Policy", build.Props{"ConfigurationPolicy": build.Props{"SecurityHub": build.Props{"ServiceEnabled": true}}})
		}, []string{"refuted STANDARDS_MISSING"}},
		{"a policy from elsewhere", tower, func(b *build.Builder) { watched(b, "AWS::SecurityHub::ConfigurationPolicy") }, []string{"unknown WATCH_UNKNOWN"}},
		{"another's standards", tower, func(b *build.Builder) {
			watched(b, "AWS::SecurityHub::PolicyAssociation")
			b.Add("AWS::SecurityHub::PolicyAssociation", "Association", build.Props{"TargetId": "100000000004", "ConfigurationPolicyId": b.Attr("Policy", "Id")})
		}, []string{"refuted STANDARDS_MISSING"}},
		{"findings to a topic that is not there", tower, func(b *build.Builder) { watched(b, "AWS::SNS::Topic") }, []string{"refuted FINDINGS_NOT_SENT"}},
	} {
		if got := run(t, row.tower, "audit, ", row.change); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestS33_WithoutAnAuditAccountSomebodyElseWatches(t *testing.T) {
	if got := run(t, "", "", func(b *build.Builder) { watched(b) }); !slices.Equal(got, []string{"unknown " + CodeElsewhere}) {
		t.Error(got)
	}
}
