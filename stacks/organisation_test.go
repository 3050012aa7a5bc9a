package stacks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

// organisationStack is the name of one of the management account's stacks.
func organisationStack(layer string) string { return "cover-" + layer }

func TestS01_UnitsHoldTheAccounts(t *testing.T) {
	a := load(t)
	got := map[string]string{}
	for _, r := range a.of(t, organisationStack(LayerOrganisation), "AWS::Organizations::OrganizationalUnit") {
		got[r.text("Name")] = r.tag(addr.TagAccounts)
	}
	var members int
	for _, u := range a.estate.Units() {
		if want := strings.Join(u.Accounts, " "); got[u.Name] != want {
			t.Errorf("%s holds %q, want %q", u.Name, got[u.Name], want)
		}
		members += len(u.Accounts)
	}
	if all := a.estate.Organisation.Accounts.Len(); members != all || len(got) != len(a.estate.Units()) {
		t.Errorf("%d of %d accounts are in %d units", members, all, len(got))
	}
}

func TestS02_GuardrailsAreOnEveryUnit(t *testing.T) {
	a := load(t)
	units := a.of(t, organisationStack(LayerOrganisation), "AWS::Organizations::OrganizationalUnit")
	policies := a.of(t, organisationStack(LayerOrganisation), "AWS::Organizations::Policy")
	if len(policies) < 7 {
		t.Errorf("%d guardrails", len(policies))
	}
	for _, p := range policies {
		if targets := p.list("TargetIds"); len(targets) != len(units) {
			t.Errorf("%s is attached to %d of %d units", p, len(targets), len(units))
		}
	}
}

func TestS01_TheLandingZoneGoverns(t *testing.T) {
	a := load(t)
	zone := a.of(t, organisationStack(LayerLandingZone), "AWS::ControlTower::LandingZone")
	if len(zone) != 1 {
		t.Fatalf("%d landing zones", len(zone))
	}
	_, audit := a.estate.WithRole(estate.RoleAudit)
	expect(t, zone[0], audit.ID, "Manifest", "config", "accountId")
	expect(t, zone[0], audit.ID, "Manifest", "securityRoles", "accountId")
	expect(t, zone[0], a.estate.Regions.Home, "Manifest", "governedRegions", 0)
	governed := len(a.estate.Units()) - 1 // the first is the landing zone's own
	if got := len(a.of(t, organisationStack(LayerLandingZone), "AWS::ControlTower::EnabledBaseline")); got != governed {
		t.Errorf("%d units are registered, want %d", got, governed)
	}
	if got := len(a.of(t, organisationStack(LayerLandingZone), "AWS::ControlTower::EnabledControl")); got != governed*len(controls()) {
		t.Errorf("%d controls are on", got)
	}
}

// Groups come from the identity provider: who is in one is known nowhere here.
func TestS03_PeopleComeByGroups(t *testing.T) {
	a := load(t)
	stack := organisationStack(LayerIdentity)
	sets := a.of(t, stack, "AWS::SSO::PermissionSet")
	if len(sets) < 3 {
		t.Errorf("%d permission sets", len(sets))
	}
	for _, s := range sets {
		if s.text("SessionDuration") == "" || !strings.Contains(s.text("PermissionsBoundary", "ManagedPolicyArn"), ":iam::aws:policy/") {
			t.Errorf("%s has no bounds", s)
		}
	}
	management := 0
	for _, r := range a.of(t, stack, "AWS::SSO::Assignment") {
		expect(t, r, "GROUP", "PrincipalType")
		if r.text("TargetId") == a.estate.Organisation.Management.ID {
			management++
		}
	}
	if management != 1 {
		t.Errorf("%d sets reach the management account, want the auditor's alone", management)
	}
	for name, tpl := range a.templates {
		for id, r := range tpl.Resources {
			if slices.Contains([]string{"AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::IAM::Group"}, r.Type) {
				t.Errorf("%s/%s is a %s", name, id, r.Type)
			}
		}
	}
}

// An estate without a management account is one whose organisation is managed
// elsewhere.
func TestS01_AnOrganisationManagedElsewhere(t *testing.T) {
	e := load(t).estate
	c := &composer{estate: &estate.Estate{Name: e.Name}}
	if n := c.organisationStacks(); n != 0 || c.addOrganisation() != nil {
		t.Errorf("%d stacks of an organisation that the estate does not have", n)
	}
}

func TestS02_OnlyThirdPartiesAreLetIn(t *testing.T) {
	for administrator, want := range map[string][]string{
		"":                                    nil,
		"arn:aws:iam::200000000001:role/keys": {"200000000001"},
		"arn:aws:iam::100000000003:role/keys": nil,
	} {
		e := *load(t).estate
		e.Keys.Administrator = administrator
		o := &organisation{composer: &composer{estate: &e}}
		if got := o.thirdParties(); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", administrator, got, want)
		}
	}
}

// What exists outside of every stack is read when CloudFormation deploys.
func TestB01_WhatOnlyDeploymentKnowsIsAParameter(t *testing.T) {
	a := load(t)
	for _, layer := range []string{LayerOrganisation, LayerIdentity} {
		text, err := json.Marshal(a.templates[organisationStack(layer)].Parameters)
		if err != nil || !strings.Contains(string(text), `"/cover/`) || !strings.Contains(string(text), "AWS::SSM::Parameter::Value") {
			t.Errorf("%s: %s %v", layer, text, err)
		}
	}
}

// The groups whose ids `surety bootstrap organisation` writes are those that
// the stack reads.
func TestS03_EveryPermissionSetHasItsGroup(t *testing.T) {
	a := load(t)
	var names []string
	for _, r := range a.of(t, organisationStack(LayerIdentity), "AWS::SSO::PermissionSet") {
		names = append(names, r.text("Name"))
	}
	want := estate.PermissionSets()
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("permission sets %v, want %v", names, want)
	}
}
