package bootstrap_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/bootstrap"
	"github.com/suretyhq/surety/internal/motest"
	"github.com/suretyhq/surety/internal/work"
)

// planned is an estate of which nothing exists. The Region is one that accounts
// have to enable.
const planned = `estate: cover   # ours
domain: cover.example
regions: {home: ap-southeast-4}
organisation:
  management: {email: master@example.com}  # it pays
  accounts:
    # kept for seven years
    logging: {email: aws+logging@cover.example, roles: [log-archive]}
    security:
      # watches
      email: aws+security@cover.example
      roles: [audit, network-hub]
    dev:  {email: aws+dev@cover.example}   # developers
    prod: {email: aws+prod@cover.example}  # customers
environments:
  dev:  {account: dev}
  prod: {account: prod}
workload:
  services:
    api: {image: "000000000000.dkr.ecr.ap-southeast-4.amazonaws.com/api:1"}
`

// setting is AWS before a run, with an estate file.
type setting struct {
	*motest.Front
	file string
}

// fresh is a setting in which nothing exists.
func fresh(t *testing.T, server *motest.Server, text string) *setting {
	t.Helper()
	server.Reset(t)
	s := &setting{Front: motest.NewFront(t, server), file: filepath.Join(t.TempDir(), "estate.yaml")}
	s.Slow = 2
	s.write(t, text)
	return s
}

func (s *setting) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(s.file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *setting) text(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// run runs once.
func (s *setting) run(ctx context.Context, t *testing.T, apply bool) ([]work.Step, error) {
	t.Helper()
	d, list := estate.Open(s.file)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return bootstrap.Run(ctx, bootstrap.Options{Document: d, Config: motest.Config(s.URL), Apply: apply, Poll: time.Millisecond, Patience: time.Minute})
}

// must runs once and wants it to succeed.
func (s *setting) must(t *testing.T, apply bool) []work.Step {
	t.Helper()
	steps, err := s.run(t.Context(), t, apply)
	if err != nil {
		t.Fatalf("after %d steps: %v", len(steps), err)
	}
	return steps
}

// accounts returns the organisation's accounts: ids by address.
func (s *setting) accounts(t *testing.T) map[string][]string {
	t.Helper()
	out, err := organizations.NewFromConfig(motest.Config(s.URL)).ListAccounts(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string][]string{}
	for _, a := range out.Accounts {
		ids[*a.Email] = append(ids[*a.Email], *a.Id)
	}
	return ids
}

// converged checks that the organisation is whole, and that another run changes
// nothing.
func (s *setting) converged(t *testing.T) {
	t.Helper()
	s.whole(t)
	before := s.Changes()
	if steps := s.must(t, true); work.Count(steps, work.Done)+work.Count(steps, work.Later) != len(steps) {
		t.Errorf("a run with nothing to do did something: %v", steps)
	}
	if s.Changes() != before {
		t.Errorf("a run with nothing to do made %d calls that change something", s.Changes()-before)
	}
}

// whole checks that there is every account once, and that the file says so and
// is otherwise as it was.
func (s *setting) whole(t *testing.T) {
	t.Helper()
	ids := s.accounts(t)
	if len(ids) != 5 {
		t.Errorf("accounts %v", ids)
	}
	for email, of := range ids {
		if len(of) != 1 {
			t.Errorf("%s has the accounts %v", email, of)
		}
	}
	id := func(name string) string { return `"` + ids["aws+"+name+"@cover.example"][0] + `"` }
	want := planned
	for from, to := range map[string]string{
		"management: {": `management: {id: "` + motest.Account + `", `,
		"logging: {":    "logging: {id: " + id("logging") + ", ",
		"dev:  {email":  "dev:  {id: " + id("dev") + ", email",
		"prod: {email":  "prod: {id: " + id("prod") + ", email",
		"security:\n":   "security:\n      id: " + id("security") + "\n",
	} {
		want = strings.Replace(want, from, to, 1)
	}
	if got := s.text(t); got != want {
		t.Errorf("the file is\n%s\nwant\n%s", got, want)
	}
}

func TestS01_FromNothingToAnOrganisation(t *testing.T) {
	s := fresh(t, motest.Start(t), planned)
	plan := s.must(t, false)
	if n, later := work.Count(plan, work.ToDo), work.Count(plan, work.Later); n+later != len(plan) || n < 30 || later != 4 {
		t.Errorf("%d of %d steps are to be done, and %d later", n, len(plan), later)
	}
	if s.Changes() != 0 || s.text(t) != planned {
		t.Error("the plan changed something")
	}
	made := s.must(t, true)
	if n, later := work.Count(made, work.Made), work.Count(made, work.Later); n+later != len(plan) || later != 7 {
		t.Errorf("%d of %d steps were made, and %d wait", n, len(plan), later)
	}
	s.converged(t)
	s.organised(t)
	s.roles(t)
}

// organised asks Organizations what was switched on.
func (s *setting) organised(t *testing.T) {
	t.Helper()
	ctx, org := t.Context(), organizations.NewFromConfig(motest.Config(s.URL))
	if o, err := org.DescribeOrganization(ctx, nil); err != nil || o.Organization.FeatureSet != types.OrganizationFeatureSetAll {
		t.Errorf("%v %v", o, err)
	}
	roots, err := org.ListRoots(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, p := range roots.Roots[0].PolicyTypes {
		kinds = append(kinds, string(p.Type))
	}
	if slices.Sort(kinds); fmt.Sprint(kinds) != "[BACKUP_POLICY RESOURCE_CONTROL_POLICY SERVICE_CONTROL_POLICY]" {
		t.Errorf("policy types %v", kinds)
	}
	services, err := org.ListAWSServiceAccessForOrganization(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var trusted []string
	for _, x := range services.EnabledServicePrincipals {
		trusted = append(trusted, strings.TrimSuffix(*x.ServicePrincipal, ".amazonaws.com"))
	}
	slices.Sort(trusted)
	if got := strings.Join(trusted, " "); got != "account backup cloudtrail config config-multiaccountsetup controltower guardduty ram securityhub sso" {
		t.Errorf("trusted are %s", got)
	}
	audit := s.accounts(t)["aws+security@cover.example"][0]
	for _, service := range []string{"backup.amazonaws.com", "config.amazonaws.com", "config-multiaccountsetup.amazonaws.com", "hub/ap-southeast-4", "duty/ap-southeast-4"} {
		if got := s.Delegated(service); !slices.Equal(got, []string{audit}) {
			t.Errorf("%s is administered by %v", service, got)
		}
	}
}

// roles asks IAM for Control Tower's roles.
func (s *setting) roles(t *testing.T) {
	t.Helper()
	client := iam.NewFromConfig(motest.Config(s.URL))
	for name, managed := range map[string]string{
		"AWSControlTowerAdmin": "AWSControlTowerServiceRolePolicy", "AWSControlTowerStackSetRole": "", "AWSControlTowerCloudTrailRole": "",
		"AWSControlTowerConfigAggregatorRoleForOrganizations": "AWSConfigRoleForOrganizations",
	} {
		r, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(name)})
		if err != nil {
			t.Error(err)
			continue
		}
		if *r.Role.Path != "/service-role/" {
			t.Errorf("%s is at %s", name, *r.Role.Path)
		}
		out, err := client.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range out.AttachedPolicies {
			got += *p.PolicyName
		}
		if got != managed {
			t.Errorf("%s has %q, want %q", name, got, managed)
		}
	}
}

var every = flag.Bool("every", false, "kill a run at every call that changes something, which takes minutes, and not at the first and last of each operation")

// A run that ends anywhere, before a call or after one whose answer is lost, is
// taken up by the next.
func TestS01_ARunThatIsKilledGoesOn(t *testing.T) {
	server := motest.Start(t)
	s := fresh(t, server, planned)
	s.must(t, true)
	calls := slices.DeleteFunc(s.Calls(), func(c motest.Call) bool { return !c.Changes })
	if len(calls) < 30 {
		t.Fatalf("only %d calls change something", len(calls))
	}
	is := func(c motest.Call) func(motest.Call) bool {
		return func(o motest.Call) bool { return o.Operation == c.Operation }
	}
	for i, c := range calls {
		if again := slices.ContainsFunc(calls[:i], is(c)) && slices.ContainsFunc(calls[i+1:], is(c)); again && !*every || testing.Short() && i%7 != 0 {
			continue
		}
		// What makes something new is killed both ways, the rest in turns.
		makes := strings.HasPrefix(c.Operation, "Create")
		for _, lose := range []bool{false, true} {
			if !makes && lose == (i%2 == 0) {
				continue
			}
			t.Run(fmt.Sprintf("call %d, %s, done %v", c.Number, c.Operation, lose), func(t *testing.T) {
				s := fresh(t, server, planned)
				ctx, kill := context.WithCancel(t.Context())
				defer kill()
				s.Fault = func(now motest.Call) motest.Fault {
					if now.Number != c.Number {
						return motest.Fault{}
					}
					kill()
					return motest.Fault{Drop: !lose, Lose: lose}
				}
				if _, err := s.run(ctx, t, true); !errors.Is(err, context.Canceled) {
					t.Fatalf("it was not killed: %v", err)
				}
				s.Fault = nil
				s.must(t, true)
				s.whole(t)
			})
		}
	}
}

func TestBusyAWSIsAskedAgain(t *testing.T) {
	s := fresh(t, motest.Start(t), planned)
	seen := map[string]int{}
	s.Fault = func(c motest.Call) motest.Fault {
		seen[c.Operation]++
		codes := []string{"TooManyRequestsException", "ConcurrentModificationException", "FinalizingOrganizationException"}
		// The other services have no such codes; they throttle by another name.
		if n := seen[c.Operation]; n <= len(codes) {
			if organizational(c.Operation) {
				return motest.Fault{Code: codes[n-1]}
			}
			return motest.Fault{Code: "ThrottlingException"}
		}
		// An answer that is lost is asked for again, too.
		return motest.Fault{Lose: seen[c.Operation] == len(codes)+1}
	}
	s.must(t, true)
	s.Fault = nil
	s.converged(t)
}

func organizational(operation string) bool {
	return slices.Contains([]string{"CreateOrganization", "EnablePolicyType", "EnableAWSServiceAccess", "CreateAccount", "ListAccounts", "RegisterDelegatedAdministrator"}, operation)
}

func TestContradictionsAreSaidAndNothingIsChanged(t *testing.T) {
	server := motest.Start(t)
	for name, c := range map[string]struct {
		from, to string // in the file
		prepare  func(*setting, *testing.T)
		code     string
		says     string
	}{
		"no management account in the estate": {from: "  management: {email: master@example.com}  # it pays\n", code: bootstrap.CodeNoManagement, says: "names no management account"},
		"another account's credentials":       {from: "{email: master", to: `{id: "210987654321", email: master`, code: bootstrap.CodeManagement, says: "sign in to account 210987654321"},
		"another company's organisation": {from: "master@example.com", to: "aws@cover.example", prepare: (*setting).organisation, code: bootstrap.CodeManagement,
			says: "belongs to master@example.com, and not to aws@cover.example"},
		"consolidated billing only": {prepare: func(s *setting, t *testing.T) { s.create(t, types.OrganizationFeatureSetConsolidatedBilling) }, code: bootstrap.CodeFeatures, says: "enable-all-features"},
		"an account of somewhere else": {from: "dev:  {", to: `dev:  {id: "210987654321", `, prepare: (*setting).organisation, code: bootstrap.CodeAccount,
			says: "account dev (210987654321) does not belong to the organisation"},
		"an id that is another account's": {from: "dev:  {", to: `dev:  {id: "210987654321", `, prepare: func(s *setting, t *testing.T) {
			s.organisation(t)
			s.account(t, "aws+dev@cover.example")
		}, code: bootstrap.CodeAccount, says: "and the estate says 210987654321"},
		"a closed account": {prepare: func(s *setting, t *testing.T) {
			s.organisation(t)
			id := s.account(t, "aws+dev@cover.example")
			if _, err := s.org().CloseAccount(t.Context(), &organizations.CloseAccountInput{AccountId: &id}); err != nil {
				t.Fatal(err)
			}
		}, code: bootstrap.CodeAccount, says: "is SUSPENDED"},
		"an address that is taken": {prepare: func(s *setting, _ *testing.T) {
			s.Refused = map[string]string{"aws+dev@cover.example": "EMAIL_ALREADY_EXISTS"}
		},
			code: bootstrap.CodeAccount, says: "an account outside the organisation has this address"},
		"too many accounts": {prepare: func(s *setting, _ *testing.T) {
			s.Refused = map[string]string{"aws+dev@cover.example": "ACCOUNT_LIMIT_EXCEEDED"}
		},
			code: bootstrap.CodeAccount, says: "Service Quotas"},
		"AWS that fails": {prepare: func(s *setting, _ *testing.T) {
			s.Refused = map[string]string{"aws+dev@cover.example": "INTERNAL_FAILURE"}
		},
			code: bootstrap.CodeAccount, says: "INTERNAL_FAILURE"},
		"a role that is somebody else's": {prepare: func(s *setting, t *testing.T) {
			s.role(t, "AWSControlTowerAdmin", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`)
		}, code: bootstrap.CodeRole, says: "controltower.amazonaws.com cannot assume it"},
		"another administrator": {prepare: func(s *setting, _ *testing.T) { s.Delegate("duty/ap-southeast-4", "210987654321") },
			code: bootstrap.CodeDelegated, says: "account 210987654321 administers Amazon GuardDuty in ap-southeast-4"},
		"credentials that are expired": {prepare: func(s *setting, _ *testing.T) { s.refuse("GetCallerIdentity", "ExpiredToken") }, code: bootstrap.CodeCredentials, says: "sign in to the management account again"},
		"credentials that may not":     {prepare: func(s *setting, _ *testing.T) { s.refuse("EnableRegion", "AccessDeniedException") }, code: bootstrap.CodeAWS, says: "allow it Account EnableRegion"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(planned, c.from, c.to, 1)
			s := fresh(t, server, text)
			if c.prepare != nil {
				c.prepare(s, t)
			}
			_, err := s.run(t.Context(), t, true)
			var d diag.Diagnostic
			if !errors.As(err, &d) {
				t.Fatalf("no diagnostic: %v", err)
			}
			if d.Code != c.code || !strings.Contains(d.Error(), c.says) || d.Fix == "" || d.Pos.Line == 0 {
				t.Errorf("want %s that says %q, got\n%v", c.code, c.says, d)
			}
		})
	}
}

func (s *setting) org() *organizations.Client {
	return organizations.NewFromConfig(motest.Config(s.URL))
}

func (s *setting) organisation(t *testing.T) { s.create(t, types.OrganizationFeatureSetAll) }

func (s *setting) create(t *testing.T, features types.OrganizationFeatureSet) {
	t.Helper()
	if _, err := s.org().CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: features}); err != nil {
		t.Fatal(err)
	}
}

// account makes an account and returns its id.
func (s *setting) account(t *testing.T, email string) string {
	t.Helper()
	out, err := s.org().CreateAccount(t.Context(), &organizations.CreateAccountInput{Email: &email, AccountName: aws.String("theirs")})
	if err != nil {
		t.Fatal(err)
	}
	for {
		d, err := s.org().DescribeCreateAccountStatus(t.Context(), &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: out.CreateAccountStatus.Id})
		if err != nil {
			t.Fatal(err)
		}
		if d.CreateAccountStatus.State == types.CreateAccountStateSucceeded {
			return *d.CreateAccountStatus.AccountId
		}
	}
}

func (s *setting) role(t *testing.T, name, trust string) {
	t.Helper()
	in := &iam.CreateRoleInput{RoleName: &name, Path: aws.String("/service-role/"), AssumeRolePolicyDocument: &trust}
	if _, err := iam.NewFromConfig(motest.Config(s.URL)).CreateRole(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// refuse makes AWS answer an operation with a code.
func (s *setting) refuse(operation, code string) {
	s.Fault = func(c motest.Call) motest.Fault {
		if c.Operation != operation {
			return motest.Fault{}
		}
		return motest.Fault{Code: code}
	}
}

// A role that Control Tower's console made, with a condition, is as good.
func TestS01_RolesOfTheConsoleStay(t *testing.T) {
	s := fresh(t, motest.Start(t), planned)
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":["sts:AssumeRole"],"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`
	s.role(t, "AWSControlTowerCloudTrailRole", trust)
	s.must(t, true)
	r, err := iam.NewFromConfig(motest.Config(s.URL)).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("AWSControlTowerCloudTrailRole")})
	if err != nil || !strings.Contains(*r.Role.AssumeRolePolicyDocument, "SourceAccount") {
		t.Errorf("%v %v", r, err)
	}
	s.converged(t)
}

func TestAWSThatTakesTooLongIsSaid(t *testing.T) {
	s := fresh(t, motest.Start(t), planned)
	s.Slow = 1 << 20
	d, list := estate.Open(s.file)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	_, err := bootstrap.Run(ctx, bootstrap.Options{Document: d, Config: motest.Config(s.URL), Apply: true, Poll: time.Millisecond, Patience: 50 * time.Millisecond})
	var late diag.Diagnostic
	if !errors.As(err, &late) || late.Code != bootstrap.CodeNotReady {
		t.Errorf("%v", err)
	}
}
