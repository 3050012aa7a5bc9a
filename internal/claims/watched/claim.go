// Package watched proves that every account of an estate is watched: threats
// are looked for, configurations are recorded and held to rules and standards,
// and findings that cannot wait are sent to somebody.
//
// It judges what the templates of the estate say. Where the estate names no
// account that watches, somebody else does, and the verdict is Unknown.
package watched

import (
	"context"
	"fmt"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeDetectorMissing = "DETECTOR_MISSING"
	CodeDetectorOff     = "DETECTOR_OFF"
	CodePlanOff         = "DETECTOR_PLAN_OFF"
	CodeRecorder        = "RECORDER_MISSING"
	CodeRules           = "CONFIG_RULES_MISSING"
	CodeStandards       = "STANDARDS_MISSING"
	CodeUnsent          = "FINDINGS_NOT_SENT"
	CodeElsewhere       = "WATCHED_ELSEWHERE"
	CodeUnknown         = "WATCH_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "watched",
		Rows:  []string{"S02", "S33"},
		Says:  "threats and changes are looked for in every account, and findings that cannot wait are sent",
		Check: check,
	}
}

// place is an account and Region in which something of a scope is.
type place struct {
	scope           proof.Scope
	account, region string
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, tally: proof.NewTally(in, "accounts", "It goes through the accounts of an estate file; give one with -f estate.yaml.")}
	if in.Estate == nil {
		return c.tally.Verdicts(), nil
	}
	if in.Estate.Audit().ID == "" {
		c.tally.Doubt(proof.ScopeEstate, proof.Finding{Code: CodeElsewhere, Message: "Whether the accounts are watched is not known: the estate names no account that watches.",
			Fix: "Give an account the role " + string(estate.RoleAudit) + "."})
		return c.tally.Verdicts(), nil
	}
	for _, p := range places(in.Estate) {
		c.tally.Check(p.scope, 1)
		c.detector(p)
		c.recorder(p)
		if p.region == in.Estate.Regions.Home {
			c.rules(p)
			c.standards(p)
		}
	}
	c.findings()
	return c.tally.Verdicts(), nil
}

// places returns the place of every scope of an estate.
func places(e *estate.Estate) []place {
	var all []place
	for _, s := range e.Scopes() {
		p := place{proof.Scope(s.Name), s.Account, e.RegionOf(s.Name)}
		if s.Name != estate.OrganisationEnvironment { // nothing is in the management account
			all = append(all, p)
		}
	}
	return all
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
}

// of returns the resource of a type in a place, or in any place of the account
// for "".
func (c *checker) of(typ, account, region string) *resource.Resource {
	for _, r := range c.in.Graph.OfType(typ) {
		if s := r.Addr.Stack; s.Account == account && (region == "" || s.Region == region) && r.Conditional == nil {
			return r
		}
	}
	return nil
}

// plans are the protection plans that need no agent ("Features activation",
// Amazon GuardDuty User Guide).
var plans = []string{"EBS_MALWARE_PROTECTION", "EKS_AUDIT_LOGS", "LAMBDA_NETWORK_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS"}

// detector judges the detector of a place, of which GuardDuty allows one.
func (c *checker) detector(p place) {
	d := c.of("AWS::GuardDuty::Detector", p.account, p.region)
	if d == nil {
		c.lacks(p, CodeDetectorMissing, "no detector of GuardDuty looks for threats", "Add AWS::GuardDuty::Detector.")
		return
	}
	if !c.is(p, d, "Enable", d.Props.Get("Enable"), "whether it looks for threats") {
		c.tally.Refute(p.scope, proof.Finding{Code: CodeDetectorOff, At: d.Addr, Property: "Enable", Message: c.in.Name(d) + " is switched off.", Fix: "Set Enable to true."})
	}
	for _, plan := range plans {
		// A plan that is not named is on ("CreateDetector", Amazon GuardDuty API Reference).
		for i, f := range d.Props.Get("Features").Items() {
			if f.Get("Name").Text() == plan && f.Get("Status").Text() == "DISABLED" {
				c.tally.Refute(p.scope, proof.Finding{Code: CodePlanOff, At: d.Addr, Property: fmt.Sprintf("Features/%d/Status", i),
					Message: fmt.Sprintf("%s leaves %s out.", c.in.Name(d), plan), Fix: "Set Status to ENABLED."})
			}
		}
	}
}

// is says whether a value is true; one that is not known is doubted once, and
// counts as true.
func (c *checker) is(p place, r *resource.Resource, property string, v value.Value, what string) bool {
	if why := v.FirstUnknown(); why != nil {
		c.tally.Doubt(p.scope, proof.Finding{Code: CodeUnknown, At: r.Addr, Property: property, Fix: "Write it out.",
			Message: fmt.Sprintf("Of %s it is not known %s: %s.", c.in.Name(r), what, why.Error())})
		return true
	}
	b, _ := v.Bool()
	return b
}

func (c *checker) lacks(p place, code, what, fix string) {
	c.tally.Refute(p.scope, proof.Finding{Code: code, Fix: fix, Message: fmt.Sprintf("In account %s, %s, %s.", p.account, p.region, what)})
}

// recorder judges whether configurations are recorded, where Control Tower does
// not do it.
func (c *checker) recorder(p place) {
	if c.in.Estate.Organisation.ControlTower {
		return
	}
	if c.of("AWS::Config::ConfigurationRecorder", p.account, p.region) == nil || c.of("AWS::Config::DeliveryChannel", p.account, p.region) == nil {
		c.lacks(p, CodeRecorder, "AWS Config records nothing", "Add AWS::Config::ConfigurationRecorder and AWS::Config::DeliveryChannel, or say organisation.control-tower: true if Control Tower records.")
	}
}

// rules judges whether an account is held to rules of AWS Config.
func (c *checker) rules(p place) {
	for _, typ := range []string{"AWS::Config::ConformancePack", "AWS::Config::ConfigRule"} {
		if c.of(typ, p.account, p.region) != nil {
			return
		}
	}
	if c.of("AWS::Config::OrganizationConformancePack", c.in.Estate.Audit().ID, p.region) == nil {
		c.lacks(p, CodeRules, "no rule of AWS Config notices what is changed by hand", "Add AWS::Config::ConformancePack.")
	}
}

// standards judges whether an account has a policy of Security Hub that holds
// it to a standard.
func (c *checker) standards(p place) {
	for _, a := range c.in.Graph.OfType("AWS::SecurityHub::PolicyAssociation") {
		if a.Props.Get("TargetId").Text() != p.account {
			continue
		}
		ref, ok := a.Props.Get("ConfigurationPolicyId").Ref()
		policy := c.in.Graph.Get(ref.To)
		if !ok || policy == nil {
			c.tally.Doubt(p.scope, proof.Finding{Code: CodeUnknown, At: a.Addr, Property: "ConfigurationPolicyId", Fix: "Load the template of the policy too.",
				Message: "The policy of " + c.in.Name(a) + " is in none of the templates."})
			return
		}
		hub := policy.Props.Path("ConfigurationPolicy/SecurityHub")
		on := c.is(p, policy, "ConfigurationPolicy/SecurityHub/ServiceEnabled", hub.Get("ServiceEnabled"), "whether it switches Security Hub on")
		if on && hub.Get("EnabledStandardIdentifiers").Len() > 0 {
			return
		}
		c.tally.Refute(p.scope, proof.Finding{Code: CodeStandards, At: policy.Addr, Property: "ConfigurationPolicy/SecurityHub",
			Message: c.in.Name(policy) + " switches Security Hub off, or names no standard.", Fix: "Set ServiceEnabled to true and name a standard."})
		return
	}
	c.lacks(p, CodeStandards, "no standard of Security Hub is checked", "Add AWS::SecurityHub::PolicyAssociation for the account to the audit account.")
}

// findings judges whether findings of Security Hub, to which GuardDuty's of all
// accounts come, are sent to a topic ("Using EventBridge for automated response
// and remediation", AWS Security Hub User Guide).
func (c *checker) findings() {
	audit := proof.Scope(estate.AuditEnvironment)
	c.tally.Check(audit, 1)
	for _, rule := range c.in.Graph.OfType("AWS::Events::Rule") {
		if rule.Addr.Stack.Account != c.in.Estate.Audit().ID || rule.Props.Get("State").Text() == "DISABLED" {
			continue
		}
		for _, s := range rule.Props.Path("EventPattern/source").Items() {
			if s.Text() == "aws.securityhub" && c.sends(rule) {
				return
			}
		}
	}
	c.tally.Refute(audit, proof.Finding{Code: CodeUnsent, Part: estate.PartID{Environment: estate.AuditEnvironment, Name: estate.PartFindings},
		Message: "No rule of EventBridge in the audit account sends findings of Security Hub to a topic.",
		Fix:     "Add AWS::Events::Rule of the source aws.securityhub whose target is a topic of the audit account."})
}

// sends says whether a rule has a topic among its targets.
func (c *checker) sends(rule *resource.Resource) bool {
	for _, t := range rule.Props.Get("Targets").Items() {
		if ref, ok := t.Get("Arn").Ref(); ok && c.typeOf(ref.To) == "AWS::SNS::Topic" {
			return true
		}
	}
	return false
}

func (c *checker) typeOf(a addr.Address) string {
	if r := c.in.Graph.Get(a); r != nil {
		return r.Type
	}
	return ""
}
