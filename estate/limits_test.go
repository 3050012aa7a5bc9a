package estate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/suretyhq/surety/diag"
)

// many is an estate with a number of environments and services, all exposed;
// each service needs the database and the services before it up to a number.
func many(environments, services, callees int) string {
	var b strings.Builder
	b.WriteString("estate: acme\ndomain: acme.example\nregions: {home: ap-southeast-2}\norganisation:\n  accounts:\n    net: {id: \"100000000001\", roles: [network-hub]}\n")
	for i := range environments {
		fmt.Fprintf(&b, "    e%d: {id: \"%d\"}\n", i, 200000000000+i)
	}
	b.WriteString("network: {supernet: 10.0.0.0/8, allow-egress: [registry.example]}\naccess: {tunnel: {image: \"registry.example/t@sha256:" + strings.Repeat("0", 64) + "\"}}\nenvironments:\n")
	for i := range environments {
		fmt.Fprintf(&b, "  e%d: {account: e%d}\n", i, i)
	}
	b.WriteString("workload:\n  database: {engine: aurora-postgresql}\n  services:\n")
	for i := range services {
		needs := "database"
		for j := range min(i, callees) {
			needs += fmt.Sprintf(", s%d", j)
		}
		fmt.Fprintf(&b, "    s%d: {image: \"registry.example/a:1\", port: 8443, expose: access, needs: [%s]}\n", i, needs)
	}
	return b.String()
}

func TestWhatAWSRefusesIsSaidBeforeSynthesis(t *testing.T) {
	for _, c := range []struct {
		name                            string
		environments, services, callees int
		want                            string
	}{
		{"all fits", 18, 34, 0, "[]"},
		{"a service too many", 1, 35, 0, "[ESTATE_STACK_TOO_LARGE 14:3]"},
		{"flows too many", 1, 20, 20, "[ESTATE_STACK_TOO_LARGE 14:3]"},
		{"more tables than granted", 19, 1, 0, "[ESTATE_QUOTA 28:1]"},
		{"as many as fit", 99, 1, 0, "[ESTATE_QUOTA 108:1]"},
		{"an environment too many", 100, 1, 0, "[ESTATE_STACK_TOO_LARGE 109:1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, list := Parse("estate.yaml", []byte(many(c.environments, c.services, c.callees)))
			if got := fmt.Sprint(places(list)); got != c.want {
				t.Errorf("got %s, want %s\n%v", got, c.want, list)
			}
			if (e == nil) != list.HasErrors() {
				t.Errorf("an estate: %v, with\n%v", e != nil, list)
			}
		})
	}
}

func TestTheMendSaysHowManyFit(t *testing.T) {
	_, list := Parse("estate.yaml", []byte(many(1, 48, 0)))
	if s := list.Error(); !strings.Contains(s, "it would have 684 resources") || !strings.Contains(s, "keep to the first 34,") {
		t.Error(s)
	}
	_, list = Parse("estate.yaml", []byte(many(35, 1, 0)))
	if len(list) != 1 || list[0].Severity != diag.Warning || !strings.Contains(list[0].Fix, "for 37 or more") {
		t.Error(list)
	}
}

func TestTheGatewayExposesAsManyServicesAsFitOneStack(t *testing.T) {
	text := func(services int) string {
		b := strings.Builder{}
		for i := range services {
			fmt.Fprintf(&b, "    s%d: {image: \"100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/s:1\", expose: gateway}\n", i)
		}
		return replaceOnce(t, small, "  services:\n", "  services:\n"+b.String())
	}
	mustParse(t, text(20)) // and the one that it has
	_, list := Parse("estate.yaml", []byte(text(21)))
	if s := list.Error(); len(list) != 1 || !strings.Contains(s, "exposes 22 services") || !strings.Contains(s, "would have 519 resources") || !strings.Contains(s, "at most 21") {
		t.Error(list)
	}
}
