package estate

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/suretyhq/surety/diag"
)

// goodEstates returns estate files that Parse accepts: the starter, the
// examples, and one that uses every key.
func goodEstates(t testing.TB) map[string][]byte {
	t.Helper()
	good := map[string][]byte{"starter": Starter(), "everything": []byte(everything)}
	paths, err := filepath.Glob("../examples/*/estate.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal("no examples found", err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		good[p] = data
	}
	return good
}

// everything is an estate that uses every key.
const everything = `estate: every
domain: every.example
regions: {home: us-west-2}
organisation:
  management: {id: "100000000008", email: aws+management@every.example}
  control-tower: true
  accounts:
    logs: {id: "100000000004", email: aws+logs@every.example, roles: [log-archive]}
    audit: {id: "100000000005", email: aws+audit@every.example, roles: [audit]}
    net: {id: "100000000001", roles: [network-hub]}
    one: {id: "100000000002"}
    two: {id: "100000000003", roles: []}
keys: {administrator: "arn:aws:iam::100000000009:role/security/key-admin", origin: external}
logging: {lock-days: 400, keep-days: 4000}
network: {supernet: 172.16.0.0/12, availability-zones: 4, allow-egress: [.a.example, b.example], dns: {forward: {corp.example: {servers: [203.0.113.53, 198.51.100.53], name: dns.a.example}}}}
environments:
  first: {account: one, size: large, cidr: 172.20.0.0/18}
  second: {account: two}
workload:
  services:
    api: {image: "a/api:1", port: 9443, expose: gateway, needs: [database, cache]}
    portal: {image: "a/portal:1", expose: access, needs: [api]}
    batch: {image: a/batch, needs: [database], called-by: [api, portal]}
    rating: {kind: ec2, artifact: rating/1.0.0/rating.jar, port: 8081, needs: [database], called-by: [api]}
  database: {engine: aurora-postgresql}
  analytics: {from: database, to: lake}
  transfer: {partners: {broker: {allow: [203.0.113.0/24, 198.51.100.0/25], keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoRXDeRenNqnKl07V2m3UiK6J9MgVztw2hEtqcg+e31]}}}
  cache: {engine: redis}
  website: {path: web/site, countries: [AU, NZ]}
  functions: {policy-events: {on: queue, types: [policy.issued, "Policy Cancelled"], needs: [database, api, events]}, audit: {on: queue}}
tenants:
  kiwi: {}
  kiwi-telco: {name: Kiwi Telco, group: kiwi-telco, environments: [first, second], throttle: {rate: 200, burst: 400}, hostname: kt, state: active}
  old: {environments: [first], hostname: cover.old.example, state: retained}
residency: [US, CA]
parity: {except: [{path: "*/AWS::Logs::LogGroup/RetentionInDays", why: cost}, {path: api/AWS::ECS::Service, why: "a: test"}]}
quotas: {one: {elasticloadbalancing/rules-per-alb: 200, vpc/rules-per-security-group: 200}, net: {ec2/elastic-ips: 12}}
access: {okta: {org: every.a.example, servers: {first: aus1}}, break-glass: {users: ["arn:aws:iam::100000000001:user/one", "arn:aws:iam::100000000001:user/a/path/two"], alert: watch@every.example}, tunnel: {image: "cloudflare/cloudflared@sha256:0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345"}}
certificates: {ev: {www: {arn: "arn:aws:acm:us-east-1:100000000003:certificate/6f1c", expiry-warning: 30d}, api: {}}}
monitoring:
  notify: [oncall@every.example]
  collector: {image: "c/collector@sha256:0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345"}
  datadog: {site: us5.datadoghq.com}
bindings:
  - {part: first/database, tags: {team/name: data, stage: "1"}}
  - {part: second/api, resources: [stack/Api, 100000000003/us-west-2/stack/Other]}
waivers:
  - {claim: tier-isolation, at: first/*, why: "because: of # reasons", until: 2027-06-30}
  - claim: no-overlap
    at: "*"
    why: |
      first line
        second line
    until: "2020-01-01"
`

// replaceOnce replaces text that must be there.
func replaceOnce(t testing.TB, s, from, to string) string {
	t.Helper()
	if !strings.Contains(s, from) {
		t.Fatalf("nothing to replace: %q", from)
	}
	return strings.Replace(s, from, to, 1)
}

// mustParse parses an estate that has no errors.
func mustParse(t testing.TB, text string) *Estate {
	t.Helper()
	e, list := Parse("estate.yaml", []byte(text))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// sameEstate says whether two estates are equal but for positions.
func sameEstate(a, b *Estate) bool {
	strip := func(e Estate) Estate {
		e.positions = nil
		e.Waivers = append([]Waiver(nil), e.Waivers...)
		for i := range e.Waivers {
			e.Waivers[i].pos = diag.Position{}
		}
		e.Parity.Except = append([]ParityException(nil), e.Parity.Except...)
		for i := range e.Parity.Except {
			e.Parity.Except[i].pos = diag.Position{}
		}
		return e
	}
	return reflect.DeepEqual(strip(*a), strip(*b))
}
