package bootstrap_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/bootstrap"
	"github.com/suretyhq/surety/internal/motest"
)

// parameter reads what CloudFormation would; "" if there is none.
func (s *setting) parameter(t *testing.T, name string) string {
	t.Helper()
	client := ssm.NewFromConfig(motest.Config(s.URL), func(o *ssm.Options) { o.Region = "ap-southeast-4" })
	out, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(name)})
	if err != nil {
		return ""
	}
	return *out.Parameter.Value
}

// units makes units under the organisation's root, as the stack does, and
// returns the root's id and theirs by name.
func (s *setting) units(t *testing.T, names ...string) (string, map[string]string) {
	t.Helper()
	client := organizations.NewFromConfig(motest.Config(s.URL))
	roots, err := client.ListRoots(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	root, ids := *roots.Roots[0].Id, map[string]string{}
	for _, name := range names {
		out, err := client.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{ParentId: aws.String(root), Name: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = *out.OrganizationalUnit.Id
	}
	return root, ids
}

// parent returns where an account is.
func (s *setting) parent(t *testing.T, account string) string {
	t.Helper()
	id := s.accounts(t)["aws+"+account+"@cover.example"][0]
	out, err := organizations.NewFromConfig(motest.Config(s.URL)).ListParents(t.Context(), &organizations.ListParentsInput{ChildId: aws.String(id)})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Parents[0].Id
}

func TestS01_AccountsComeIntoTheirUnitsWhenThereAreAny(t *testing.T) {
	s := fresh(t, motest.Start(t), planned)
	s.must(t, true)
	root, units := s.units(t, "Security", "Workloads")
	if got := s.parameter(t, "/cover/organisation/root"); got != root {
		t.Errorf("the root's parameter is %q, want %s", got, root)
	}
	s.must(t, true)
	for account, unit := range map[string]string{"logging": "Security", "security": "Security", "dev": "Workloads", "prod": "Workloads"} {
		if got := s.parent(t, account); got != units[unit] {
			t.Errorf("%s is in %s, want %s", account, got, units[unit])
		}
	}
	s.converged(t)
}

func TestS01_AnAccountOfAnotherUnitStays(t *testing.T) {
	s := fresh(t, motest.Start(t), planned)
	s.must(t, true)
	root, units := s.units(t, "Security", "Workloads", "Sandbox")
	prod := s.accounts(t)["aws+prod@cover.example"][0]
	_, err := organizations.NewFromConfig(motest.Config(s.URL)).MoveAccount(t.Context(), &organizations.MoveAccountInput{
		AccountId: aws.String(prod), SourceParentId: aws.String(root), DestinationParentId: aws.String(units["Sandbox"])})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.run(t.Context(), t, true)
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != bootstrap.CodeUnit {
		t.Errorf("got %v", err)
	}
	if got := s.parent(t, "prod"); got != units["Sandbox"] {
		t.Errorf("the account was moved to %s", got)
	}
}

func TestS03_GroupsOfTheIdentityProviderAreFound(t *testing.T) {
	s := fresh(t, motest.Start(t), planned)
	s.must(t, true)
	home := func(o *ssoadmin.Options) { o.Region = "ap-southeast-4" }
	out, err := ssoadmin.NewFromConfig(motest.Config(s.URL), home).ListInstances(t.Context(), nil)
	if err != nil || len(out.Instances) != 1 {
		t.Fatal(out, err)
	}
	instance := out.Instances[0]
	if got := s.parameter(t, "/cover/identity/instance"); got != *instance.InstanceArn {
		t.Errorf("the instance's parameter is %q, want %s", got, *instance.InstanceArn)
	}
	if got := s.parameter(t, "/cover/identity/group/engineer"); got != "" {
		t.Errorf("there is a group %s before the identity provider sent one", got)
	}
	client := identitystore.NewFromConfig(motest.Config(s.URL), func(o *identitystore.Options) { o.Region = "ap-southeast-4" })
	for _, name := range []string{"cover-engineer", "engineer"} {
		group, err := client.CreateGroup(t.Context(), &identitystore.CreateGroupInput{IdentityStoreId: instance.IdentityStoreId, DisplayName: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		if name != "cover-engineer" {
			continue
		}
		s.must(t, true)
		if got := s.parameter(t, "/cover/identity/group/engineer"); got != *group.GroupId {
			t.Errorf("the group's parameter is %q, want %s", got, *group.GroupId)
		}
	}
	s.converged(t)
}
