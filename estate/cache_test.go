package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestS17_WhatNeedsTheCacheReachesIt(t *testing.T) {
	text := replaceOnce(t, small, "needs: [database], ", "needs: [database, cache], ")
	e := mustParse(t, replaceOnce(t, text, "  database: {engine: aurora-postgresql}\n", "  database: {engine: aurora-postgresql}\n  cache: {engine: redis}\n"))
	if flows := printFlows(e); !slices.Contains(flows, "dev/api > dev/cache tcp/6379") || slices.Contains(flows, "dev/portal > dev/cache tcp/6379") {
		t.Error(flows)
	}
	want := Part{ID: PartID{Environment: "dev", Name: "cache"}, Kind: KindCache, Pos: e.Pos("workload/cache")}
	if !slices.Contains(e.Parts(), want) {
		t.Errorf("no part %v in %v", want, e.Parts())
	}
}

func TestS17_CachesAreNamedAsElastiCacheNamesThem(t *testing.T) {
	for region, want := range map[string]string{"ap-southeast-2": "apse2.cache.amazonaws.com", "us-east-1": "use1.cache.amazonaws.com", "eu-west-1": "euw1.cache.amazonaws.com"} {
		if got := CacheDomain(region); got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}

func TestS17_CachesThatCannotBe(t *testing.T) {
	const database = "  database: {engine: aurora-postgresql}\n"
	for _, c := range []struct{ name, from, to, want string }{
		{"none", "needs: [database], ", "needs: [cache], ", "[ESTATE_NEEDS 13:119]"},
		{"another engine", database, database + "  cache: {engine: memcached}\n", "[ESTATE_CHOICE 17:19]"},
		{"no engine", database, database + "  cache: {}\n", "[ESTATE_MISSING_KEY 17:3]"},
		{"more than an engine", database, database + "  cache: {engine: redis, tls: false}\n", "[ESTATE_UNKNOWN_KEY 17:26]"},
		{"no mapping", database, database + "  cache: redis\n", "[ESTATE_WRONG_TYPE 17:10]"},
		{"a service of its name", "    batch:", "    cache:", "[ESTATE_RESERVED_NAME 15:5]"},
	} {
		_, list := Parse("estate.yaml", []byte(replaceOnce(t, small, c.from, c.to)))
		if got := fmt.Sprint(places(list)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// A cache takes as many users as a stack and a group of users do.
func TestS17_ACacheHasRoomForItsTenants(t *testing.T) {
	text := replaceOnce(t, small, "needs: [database], ", "needs: [database, cache], ")
	text = replaceOnce(t, text, "  database: {engine: aurora-postgresql}\n", "  database: {engine: aurora-postgresql}\n  cache: {engine: redis}\n")
	for _, c := range []struct {
		name    string
		tenants int
		more    string
		want    string
	}{
		{"room", 90, "", "[]"},
		{"more than a group takes", 120, "", "[ESTATE_QUOTA]"},
		{"as many as AWS granted", 120, "quotas: {dev: {elasticache/users-per-group: 130}}\n", "[]"},
		{"more than a stack takes", 600, "", "[ESTATE_STACK_TOO_LARGE]"},
	} {
		_, problems := Parse("estate.yaml", []byte("tenants:\n"+numbered("  t%d: {}\n", c.tenants)+c.more+text))
		var got []string
		for _, p := range problems {
			if strings.Contains(p.What, "cache") {
				got = append(got, p.Code)
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s: %v", c.name, got, c.want, problems)
		}
	}
}
