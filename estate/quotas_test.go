package estate

import (
	"slices"
	"strings"
	"testing"
)

func TestB05_QuotasAreToldApart(t *testing.T) {
	all := Quotas()
	if len(all) < 100 {
		t.Fatalf("%d quotas", len(all))
	}
	for i, q := range all {
		service, what, ok := strings.Cut(q.ID, "/")
		if !ok || !isLower(service) || !isLower(what) {
			t.Errorf("%q is no id", q.ID)
		}
		if i > 0 && all[i-1].ID >= q.ID {
			t.Errorf("%s stands after %s", q.ID, all[i-1].ID)
		}
		if q.Name == "" || q.Per == "" || !strings.Contains(q.Page, ", ") || q.Default < 1 || q.Max != 0 && q.Max <= q.Default && q.Max != maxRulesByGroups {
			t.Errorf("%s says too little: %+v", q.ID, q)
		}
	}
	for _, id := range []string{quotaGatewayTables, quotaGroupRules, quotaGroups} {
		if _, ok := quotaOf(id); !ok {
			t.Errorf("there is no %s", id)
		}
	}
}

func TestB05_WhatAWSGrantedIsKnownByAccount(t *testing.T) {
	e := mustParse(t, everything)
	at := slices.IndexFunc(Quotas(), func(q Quota) bool { return q.ID == "elasticloadbalancing/rules-per-alb" })
	for account, want := range map[string]int{"100000000002": 200, "100000000003": 100, "900000000000": 100} {
		limits, said := e.Granted(account)
		if limits[at] != want || said[at].IsZero() != (want == 100) {
			t.Errorf("account %s: %d %v, want %d", account, limits[at], said[at], want)
		}
	}
}

// A granted quota takes the warning away that the default leads to.
func TestB05_GrantedRouteTablesAreEnough(t *testing.T) {
	text := many(35, 1, 0)
	_, list := Parse("estate.yaml", []byte(text))
	if len(list) != 1 || list[0].Code != CodeQuota {
		t.Fatal(list)
	}
	account, _ := mustParse(t, text).Hub()
	if _, list := Parse("estate.yaml", []byte(text+"quotas: {"+account+": {ec2/route-tables-per-transit-gateway: 37}}\n")); len(list) != 0 {
		t.Error(list)
	}
	if _, list := Parse("estate.yaml", []byte(text+"quotas: {"+account+": {ec2/route-tables-per-transit-gateway: 36}}\n")); len(list) != 1 {
		t.Error(list)
	}
}
