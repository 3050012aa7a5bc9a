package estate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/suretyhq/surety/diag"
)

// unborn is an organisation of which only the management account exists.
const unborn = `organisation:
  management: {email: aws+management@acme.example}
  accounts:
    logs:  {email: aws+logs@acme.example, roles: [log-archive]}
    audit: {email: aws+audit@acme.example, roles: [audit]}
    net:  {id: "100000000001", roles: [network-hub]}
`

func TestS01_AnEstateCanBeCheckedBeforeItsAccountsExist(t *testing.T) {
	text := replaceOnce(t, base, `organisation:
  accounts:
    net:  {id: "100000000001", roles: [network-hub]}
`, unborn)
	e, list := Parse("estate.yaml", []byte(text))
	if e == nil {
		t.Fatal(list)
	}
	want := "[ESTATE_ACCOUNT_MISSING 5:3 ESTATE_ACCOUNT_MISSING 7:5 ESTATE_ACCOUNT_MISSING 8:5]"
	if got := fmt.Sprint(places(list)); got != want || list.HasErrors() {
		t.Errorf("got %s, want hints %s", got, want)
	}
	missing := e.WithoutID()
	if got := fmt.Sprint(places(missing)); got != want || !missing.HasErrors() {
		t.Errorf("WithoutID gives %s, want errors %s", got, want)
	}
	for _, d := range missing {
		if !strings.Contains(d.Fix, "surety bootstrap organisation") {
			t.Errorf("the fix does not name the command: %s", d.Fix)
		}
	}
	if name, a := e.WithRole(RoleLogArchive); name != "logs" || a.Email != "aws+logs@acme.example" {
		t.Errorf("the log archive is %q %v", name, a)
	}
}

func TestS01_AWholeOrganisationHasNoHints(t *testing.T) {
	e := mustParse(t, everything)
	if list := e.WithoutID(); len(list) > 0 {
		t.Error(list)
	}
	if m := e.Organisation.Management; m.ID != "100000000008" || m.IsZero() {
		t.Error(m)
	}
	if m := mustParse(t, base).Organisation.Management; !m.IsZero() {
		t.Error(m)
	}
}

func TestS01_NoEnvironmentLivesInTheLogArchive(t *testing.T) {
	text := replaceOnce(t, everything, "first: {account: one,", "first: {account: logs,")
	mustParse(t, text) // its bindings describe what stands already
	bindings := text[strings.Index(text, "bindings:"):strings.Index(text, "waivers:")]
	text = replaceOnce(t, text, bindings, "")
	_, list := Parse("estate.yaml", []byte(text))
	var found []diag.Diagnostic
	for _, d := range list {
		if d.Code == CodeOrganisation {
			found = append(found, d)
		}
	}
	if len(found) != 1 || !strings.Contains(found[0].What, "log archive's account logs") {
		t.Error(list)
	}
}

func TestOwnersAddresses(t *testing.T) {
	for s, want := range map[string]bool{
		"a@b.co": true, "aws+prod@cover.example": true, "A.b-c_d/e@Cover.Example": true,
		"": false, "a@b.c": false, ".a@cover.example": false, "a@cover": false, "a@-cover.example": false, "a@cover.example.": false,
		"a b@cover.example": false, "a@b@cover.example": false, "a@": false, "@cover.example": false, "a;b@cover.example": false, "ä@cover.example": false,
		strings.Repeat("a", 51) + "@cover.example": false,
	} {
		if got := isEmail(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
