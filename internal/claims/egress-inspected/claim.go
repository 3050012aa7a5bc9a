// Package egressinspected proves that everything that leaves passes what
// inspects it: routes lead through a Network Firewall that drops what no rule
// lets through, each VPC's names are asked of a DNS Firewall that blocks what
// is not listed, and no endpoint's policy lets everything through.
//
// With an estate the domains that the firewalls let through have to be those
// of allow-egress, beside the closed list of docs/claims/egress-inspected.md.
package egressinspected

import (
	"context"
	"fmt"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings.
const (
	CodeUninspected = "EGRESS_NOT_INSPECTED"
	CodePerhaps     = "EGRESS_NOT_INSPECTED_PERHAPS"
	CodeEndpoint    = "ENDPOINT_POLICY_OPEN"
	CodeEndpointWhy = "ENDPOINT_POLICY_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "egress-inspected",
		Walks: true,
		Rows:  []string{"S05", "S06", "S07"},
		Says:  "all egress, by route, by DNS and by endpoint policy, passes what inspects it",
		Check: check,
	}
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, tally: proof.NewTally(in, "ways out", "Nothing that was loaded can send anything out.")}
	if err := c.routes(ctx); err != nil {
		return nil, err
	}
	c.firewalls()
	c.names()
	c.endpoints()
	return c.tally.Verdicts(), nil
}

// forwards says whether interfaces carry others' packets only: those of NAT
// gateways and attachments begin nothing.
func forwards(k resource.InterfaceKind) bool {
	return k == resource.EndNAT || k == resource.EndAttachment
}

// routes walks every way to the internet of every interface.
func (c *checker) routes(ctx context.Context) error {
	ends := c.in.Ends()
	done := map[addr.Address]bool{}
	for _, k := range c.byPart(ends.Net.Classes()) {
		if k.External || len(k.Members) == 0 || forwards(k.Members[0].Kind) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("walking the ways out: %w", err)
		}
		scope := ends.ScopeOf(k.ID)
		c.tally.Check(scope, 1)
		for _, exit := range ends.Net.Egress(k.ID, true) {
			f := c.exit(exit)
			if done[f.At] {
				continue
			}
			done[f.At] = true
			f.Part = c.in.PartOf(k.Members[0].Owner.Addr)
			f.Code, f.Fix = CodeUninspected, "Lead the route to the Transit Gateway, so that the firewall sees it, or take the way out away."
			what := exit.Sent.Must
			if what.IsEmpty() {
				f.Code = CodePerhaps
				f.Message = fmt.Sprintf("%s may send %s to %s past every firewall: %s.", ends.Name(k.ID), ends.Net.Format(exit.Sent.May), ends.Name(exit.To), proof.Why(exit.Path))
				c.tally.Doubt(scope, f)
				continue
			}
			f.Message = fmt.Sprintf("%s sends %s to %s by %s, and no firewall sees it.", ends.Name(k.ID), ends.Net.Format(what), ends.Name(exit.To), exit.By.Logical)
			c.tally.Refute(scope, f)
		}
	}
	return nil
}

// byPart orders classes by the part of their first member, so that of several
// parts that leave by one route always the same is named, however stacks are
// named and cut.
func (c *checker) byPart(classes []network.Class) []network.Class {
	part := func(k network.Class) (id estate.PartID) {
		if len(k.Members) > 0 {
			id = c.in.PartOf(k.Members[0].Owner.Addr)
		}
		return id
	}
	all := slices.Clone(classes)
	slices.SortStableFunc(all, func(a, b network.Class) int { return part(a).Compare(part(b)) })
	return all
}

// exit returns the place of a finding about a way out: the Transit Gateway's
// route that leads past the firewall, or else the first route of a VPC.
func (c *checker) exit(x network.Exit) proof.Finding {
	f := proof.Finding{At: x.By, Path: &x.Path}
	for _, typ := range []string{"AWS::EC2::TransitGatewayRoute", "AWS::EC2::Route"} {
		for _, h := range x.Path.Forward {
			if r := c.in.Graph.Get(h.By); r != nil && r.Type == typ {
				f.At, f.Property = h.By, h.Property
				return f
			}
		}
	}
	return f
}

// withoutPolicies are the services whose endpoints have no policies, so that
// the default lets everything through and nothing can be set. Source: AWS
// PrivateLink Guide, "AWS services that integrate with AWS PrivateLink".
func withoutPolicies() map[string]bool {
	return map[string]bool{"ecs-agent": true, "ecs-telemetry": true, "ec2messages": true, "ssmmessages": true}
}

// endpoints judges the policy of each endpoint: without one everybody may do
// everything through it.
func (c *checker) endpoints() {
	exempt := withoutPolicies()
	for r, e := range resource.Views[resource.VPCEndpoint](c.in.Graph) {
		if e.Type != "Interface" && e.Type != "Gateway" {
			continue
		}
		scope := c.in.ScopeOf(r)
		c.tally.Check(scope, 1)
		f := proof.Finding{Code: CodeEndpoint, At: r.Addr, Property: "PolicyDocument",
			Fix: "Give it a policy that admits the account's own principals only."}
		if e.Policy.IsAbsent() {
			if !exempt[serviceName(e.Service)] {
				f.Message = fmt.Sprintf("%s has no policy, so that everybody may do everything through it.", c.in.Name(r))
				c.tally.Refute(scope, f)
			}
			continue
		}
		statements, why := policy.Statements(e.Policy)
		if why != nil {
			f.Code, f.Message = CodeEndpointWhy, fmt.Sprintf("The policy of %s is not known: %s.", c.in.Name(r), why.Error())
			c.tally.Doubt(scope, f)
		}
		for _, s := range statements {
			if s.Open() {
				f.Property = "PolicyDocument/" + s.Property
				f.Message = fmt.Sprintf("The policy of %s lets everybody do everything through it.", c.in.Name(r))
				c.tally.Refute(scope, f)
			}
		}
	}
}
