package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/diag"
)

// base is the estate that bad inputs are made from by one replacement. Its
// line numbers are those of the expectations.
const base = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    net:  {id: "100000000001", roles: [network-hub]}
    dev:  {id: "100000000002", email: aws+dev@acme.example}
    prod: {id: "100000000003"}
keys: {administrator: "arn:aws:iam::100000000009:role/keys"}
network: {supernet: 10.0.0.0/8, availability-zones: 3, allow-egress: [.okta.com], dns: {forward: {corp.example: {servers: [203.0.113.53, 198.51.100.53], name: a.okta.com}}}}
environments:
  dev:  {account: dev, cidr: 10.9.0.0/16}
  prod: {account: prod, size: large}
workload:
  services:
    api:    {image: "a/api:1", port: 8443, expose: gateway, needs: [database]}
    portal: {image: "a/portal:1", expose: access, needs: [api], called-by: [api]}
  database: {engine: aurora-postgresql}
access: {tunnel: {image: "c/cloudflared@sha256:0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345"}, okta: {org: acme.okta.com}}
bindings: [{part: dev/api, tags: {app: api}}]
waivers: [{claim: no-overlap, at: dev, why: "because", until: 2027-06-30}]
monitoring: {notify: [oncall@acme.example], collector: {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/collector@sha256:a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"}, datadog: {site: ap2.datadoghq.com}}
`

// forwarded is what base says of DNS.
const forwarded = ", dns: {forward: {corp.example: {servers: [203.0.113.53, 198.51.100.53], name: a.okta.com}}}"

// A name that the firewall does not let out is refused, unless others made the
// firewall.
func TestS06_ForwardingServersAreLetOut(t *testing.T) {
	text := replaceOnce(t, base, "name: a.okta.com", "name: dns.other.example")
	mustParse(t, text)
	text = replaceOnce(t, text, "bindings: [{part: dev/api, tags: {app: api}}]\n", "")
	_, list := Parse("estate.yaml", []byte(text))
	if s := list.Error(); !strings.Contains(s, "add dns.other.example to network.allow-egress") {
		t.Error(s)
	}
}

// badInput is one replacement in base and every problem that it must give, as
// "CODE line:column".
type badInput struct {
	name     string
	from, to string
	want     []string
}

func badInputs() []badInput {
	digits := "0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345"
	return []badInput{
		{"keys of an unknown origin", "role/keys\"}", "role/keys\", origin: hsm}", []string{"ESTATE_CHOICE 9:70"}},
		{"external keys that nobody imports", "keys: {administrator: \"arn:aws:iam::100000000009:role/keys\"}", "keys: {origin: external}", []string{"ESTATE_KEY_ADMINISTRATOR 9:16"}},
		{"logs that are deleted while they are locked", "keys: {", "logging: {lock-days: 500, keep-days: 400}\nkeys: {", []string{"ESTATE_LOG_DAYS 9:38"}},
		{"no Control Tower in its own landing zone", "organisation:\n", "organisation:\n  management: {id: \"100000000008\", email: a@b.example}\n  control-tower: false\n",
			[]string{"ESTATE_ORGANISATION 6:18", "ESTATE_ORGANISATION 7:3", "ESTATE_ORGANISATION 7:3"}},
		{"Control Tower by a number", "organisation:\n", "organisation:\n  control-tower: 1\n", []string{"ESTATE_WRONG_TYPE 5:18"}},
		{"Control Tower by another word", "organisation:\n", "organisation:\n  control-tower: \"yes\"\n", []string{"ESTATE_WRONG_TYPE 5:18"}},
		{"logs for a week", "keys: {", "logging: {lock-days: 7}\nkeys: {", []string{"ESTATE_LOG_DAYS 9:22"}},
		{"anchor", "{account: dev,", "&d {account: dev,", []string{"ESTATE_UNSUPPORTED_YAML 12:9"}},
		{"alias", "  dev:  {account: dev, cidr: 10.9.0.0/16}", "  dev: &d {account: dev}\n  tst: *d", []string{"ESTATE_UNSUPPORTED_YAML 12:8", "ESTATE_UNSUPPORTED_YAML 13:8"}},
		{"merge key", "prod: {account: prod, size: large}", "prod: {account: prod, <<: {size: large}}", []string{"ESTATE_UNSUPPORTED_YAML 13:25"}},
		{"tag", "estate: acme", "estate: !!str acme", []string{"ESTATE_UNSUPPORTED_YAML 1:9"}},
		{"star unquoted", "[.okta.com]", "[*.okta.com]", []string{"ESTATE_SYNTAX 10:1"}},
		{"second document", "workload:\n", "---\nworkload:\n", []string{"ESTATE_MANY_DOCUMENTS 15:1"}},
		{"tab", "  dev:  {acc", "\tdev:  {acc", []string{"ESTATE_SYNTAX 12:2"}},
		{"broken flow", "[.okta.com],", "[.okta.com,", []string{"ESTATE_SYNTAX 10:1"}},
		{"broken mapping", "{account: prod,", "{account: prod", []string{"ESTATE_SYNTAX 13:3"}},
		{"line that is no key", "workload:\n", "workload\n", []string{"ESTATE_SYNTAX 14:1"}},
		{"wrong indentation", "  dev:  {account", " dev:  {account", []string{"ESTATE_SYNTAX 12:2"}},
		{"control character", "domain: acme", "domain: \x01acme", []string{"ESTATE_NOT_UTF8 2:9"}},
		{"not UTF-8", "domain: acme", "domain: \xffacme", []string{"ESTATE_NOT_UTF8 2:9"}},
		{"unprintable escape", `"because"`, `"\u200b"`, []string{"ESTATE_WRONG_TYPE 21:45"}},

		{"unknown key at the top", "environments:", "environment:", []string{"ESTATE_MISSING_KEY 1:1", "ESTATE_UNKNOWN_KEY 11:1"}},
		{"unknown key below", "needs: [database]", "need: [database]", []string{"ESTATE_UNKNOWN_KEY 16:61"}},
		{"duplicate key", "domain: acme.example", "domain: acme.example\ndomain: other.example", []string{"ESTATE_DUPLICATE_KEY 3:1"}},
		{"duplicate environment", "  prod: {account: prod,", "  dev: {account: prod,", []string{"ESTATE_DUPLICATE_KEY 13:3"}},
		{"missing key", `image: "a/api:1", `, "", []string{"ESTATE_MISSING_KEY 16:5"}},
		{"missing top key", "regions: {home: ap-southeast-2}\n", "", []string{"ESTATE_MISSING_KEY 1:1"}},
		{"number for text", `"100000000002"`, "100000000002", []string{"ESTATE_WRONG_TYPE 7:16"}},
		{"text for number", "port: 8443", `port: "8443"`, []string{"ESTATE_WRONG_TYPE 16:38"}},
		{"fraction for number", "port: 8443", "port: 84.43", []string{"ESTATE_WRONG_TYPE 16:38"}},
		{"octal for number", "port: 8443", "port: 0o17", []string{"ESTATE_WRONG_TYPE 16:38"}},
		{"text for list", "needs: [database]", "needs: database", []string{"ESTATE_WRONG_TYPE 16:68"}},
		{"list for mapping", "regions: {home: ap-southeast-2}", "regions: [ap-southeast-2]", []string{"ESTATE_WRONG_TYPE 3:10"}},
		{"empty value", "database: {engine: aurora-postgresql}", "database:", []string{"ESTATE_WRONG_TYPE 18:12"}},
		{"truth value for text", "estate: acme", "estate: true", []string{"ESTATE_WRONG_TYPE 1:9"}},
		{"number as a key", "  dev:  {account", "  1:  {account", []string{"ESTATE_UNKNOWN_NAME 20:19", "ESTATE_WRONG_TYPE 12:3"}},

		{"estate name", "estate: acme", "estate: Acme", []string{"ESTATE_NAME 1:9"}},
		{"estate name too long", "estate: acme", "estate: " + strings.Repeat("a", maxName+1), []string{"ESTATE_NAME 1:9"}},
		{"domain", "domain: acme.example", "domain: acme", []string{"ESTATE_DOMAIN 2:9"}},
		{"region", "ap-southeast-2", "ap-southeast2", []string{"ESTATE_REGION 3:17"}},
		{"account id", `"100000000002"`, `"10000000000"`, []string{"ESTATE_ACCOUNT_ID 7:16"}},
		{"account id twice", `"100000000003"`, `"100000000002"`, []string{"ESTATE_ACCOUNT_ID 8:16"}},
		{"no hub", ", roles: [network-hub]", "", []string{"ESTATE_HUB 5:3"}},
		{"two hubs", `"100000000003"}`, `"100000000003", roles: [network-hub]}`, []string{"ESTATE_HUB 8:32"}},
		{"unknown role", "[network-hub]", "[network-hub, network-hbu]", []string{"ESTATE_CHOICE 6:53"}},
		{"neither id nor email", `prod: {id: "100000000003"}`, "prod: {}", []string{"ESTATE_ACCOUNT_MISSING 8:5"}},
		{"empty id", `"100000000003"`, `""`, []string{"ESTATE_ACCOUNT_ID 8:16"}},
		{"email", "aws+dev@acme.example", "dev", []string{"ESTATE_EMAIL 7:39"}},
		{"email with a forbidden character", "aws+dev@acme.example", `"a(b)@acme.example"`, []string{"ESTATE_EMAIL 7:39"}},
		{"email too long", "aws+dev@acme.example", strings.Repeat("a", 60) + "@acme.example", []string{"ESTATE_EMAIL 7:39"}},
		{"email twice", `prod: {id: "100000000003"}`, `prod: {email: AWS+dev@acme.example}`, []string{"ESTATE_EMAIL 8:19"}},
		{"management without email", "  accounts:", "  management: {}\n  accounts:", []string{"ESTATE_MISSING_KEY 5:3", "ESTATE_ORGANISATION 6:3", "ESTATE_ORGANISATION 6:3"}},
		{"management is an account of the estate", "  accounts:", "  management: {id: \"100000000003\", email: aws@acme.example}\n  accounts:", []string{"ESTATE_ACCOUNT_ID 9:16", "ESTATE_ORGANISATION 6:3", "ESTATE_ORGANISATION 6:3"}},
		{"two audit accounts", "net:  {id: \"100000000001\", roles: [network-hub]}\n    dev:  {", "net:  {id: \"100000000001\", roles: [network-hub, audit]}\n    dev:  {roles: [audit], ", []string{"ESTATE_ORGANISATION 7:12"}},
		{"log archive and audit in one", "[network-hub]", "[network-hub, log-archive, audit]", []string{"ESTATE_ORGANISATION 6:32"}},
		{"key administrator", "role/keys", "user/keys", []string{"ESTATE_KEY_ADMINISTRATOR 9:23"}},

		{"two zones", "zones: 3", "zones: 2", []string{"ESTATE_ZONES 10:53"}},
		{"more zones than the Region has", "zones: 3", "zones: 4", []string{"ESTATE_ZONES 10:53"}},
		{"public supernet", "10.0.0.0/8", "9.0.0.0/8", []string{"ESTATE_SUPERNET 10:21"}},
		{"supernet larger than private", "10.0.0.0/8", "10.0.0.0/7", []string{"ESTATE_SUPERNET 10:21"}},
		{"IPv6 supernet", "10.0.0.0/8", `"fd00::/8"`, []string{"ESTATE_SUPERNET 10:21"}},
		{"supernet not aligned", "10.0.0.0/8", "10.1.0.0/8", []string{"ESTATE_SUPERNET 10:21"}},
		{"supernet not a range", "10.0.0.0/8", "10.0.0.0", []string{"ESTATE_CIDR 10:21"}},
		{"range outside the supernet", "10.9.0.0/16", "172.16.0.0/16", []string{"ESTATE_CIDR 12:30"}},
		{"range too large", "10.9.0.0/16", "10.8.0.0/15", []string{"ESTATE_CIDR 12:30"}},
		{"range too small", "10.9.0.0/16", "10.9.0.0/22", []string{"ESTATE_CIDR 12:30"}},
		{"range of the hub", "10.9.0.0/16", "10.0.0.0/18", []string{"ESTATE_OVERLAP 12:30"}},
		{"egress with a star", "[.okta.com]", `["*.okta.com"]`, []string{"ESTATE_DOMAIN 10:71"}},
		{"egress as a URL", "[.okta.com]", `["https://okta.com"]`, []string{"ESTATE_DOMAIN 10:71"}},
		{"egress as an address", "[.okta.com]", `[10.1.2.3]`, []string{"ESTATE_DOMAIN 10:71"}},
		{"forwarded domain", "corp.example:", "corp:", []string{"ESTATE_DOMAIN 10:99"}},
		{"forwarded own names", "corp.example:", "api.dev.acme.example:", []string{"ESTATE_FORWARD 10:99"}},
		{"forwarded to one server", "[203.0.113.53, 198.51.100.53]", "[203.0.113.53]", []string{"ESTATE_FORWARD 10:114"}},
		{"forwarded twice to one server", "198.51.100.53]", "203.0.113.53]", []string{"ESTATE_REPEATED 10:138"}},
		{"forwarded to a private address", "198.51.100.53]", "10.1.2.3]", []string{"ESTATE_FORWARD 10:138"}},
		{"forwarded to an IPv6 address", "198.51.100.53]", `"2001:db8::53"]`, []string{"ESTATE_FORWARD 10:138"}},
		{"forwarded to a name", "198.51.100.53]", "dns.okta.com]", []string{"ESTATE_FORWARD 10:138"}},
		{"forwarded to a server without a name", ", name: a.okta.com", ", name: a", []string{"ESTATE_DOMAIN 10:160"}},
		{"egress twice", "[.okta.com]", "[.okta.com, .okta.com]", []string{"ESTATE_REPEATED 10:82"}},

		{"accounts of a wrong type", "organisation:\n  accounts:\n    net:  {id: \"100000000001\", roles: [network-hub]}\n    dev:  {id: \"100000000002\", email: aws+dev@acme.example}\n    prod: {id: \"100000000003\"}\n", "organisation: 7\n", []string{"ESTATE_WRONG_TYPE 4:15"}},
		{"no environment", "  dev:  {account: dev, cidr: 10.9.0.0/16}\n  prod: {account: prod, size: large}\n", "  {}\n", []string{"ESTATE_NO_ENVIRONMENT 11:1", "ESTATE_UNKNOWN_NAME 19:19"}},
		{"environment named hub", "  prod: {account", "  hub: {account", []string{"ESTATE_RESERVED_NAME 13:3"}},
		{"environment name", "  prod: {account", "  -prod: {account", []string{"ESTATE_NAME 13:3"}},
		{"unknown account", "{account: prod,", "{account: prdo,", []string{"ESTATE_UNKNOWN_NAME 13:19"}},
		{"size", "size: large", "size: huge", []string{"ESTATE_CHOICE 13:31"}},

		{"country without a Region", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nresidency: [AU, AQ]", []string{"ESTATE_RESIDENCY 4:17"}},
		{"country in words", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nresidency: [Australia]", []string{"ESTATE_RESIDENCY 3:17", "ESTATE_RESIDENCY 4:13"}},
		{"country twice", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nresidency: [AU, AU]", []string{"ESTATE_REPEATED 4:17"}},
		{"no country", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nresidency: []", []string{"ESTATE_RESIDENCY 4:1"}},
		{"a Region outside the countries", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nresidency: [NZ]", []string{"ESTATE_RESIDENCY 3:17"}},
		{"recovery at home", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2, recovery: ap-southeast-2}", []string{"ESTATE_REGION 3:43"}},
		{"recovery in no Region", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2, recovery: ap-southeast-44}", []string{"ESTATE_REGION 3:43"}},
		{"recovery outside the countries", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2, recovery: ap-southeast-1}", []string{"ESTATE_RESIDENCY 3:43"}},
		{"recovery with fewer zones", "regions: {home: ap-southeast-2}", "regions: {home: us-west-2, recovery: us-west-1}\nresidency: [US, AU]", []string{"ESTATE_ZONES 3:38"}},
		{"countries as text", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nresidency: AU", []string{"ESTATE_WRONG_TYPE 4:12"}},
		{"exception of no property", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{path: size, why: cost}]}", []string{"ESTATE_PARITY 4:26"}},
		{"exception of everything", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{path: '*/*/*', why: cost}]}", []string{"ESTATE_PARITY 4:26"}},
		{"exception of an unknown part", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{path: apo/AWS::ECS::Service, why: cost}]}", []string{"ESTATE_UNKNOWN_NAME 4:26"}},
		{"exception without a reason", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{path: api/AWS::ECS::Service/DesiredCount, why: ' '}]}", []string{"ESTATE_PARITY 4:67"}},
		{"exception with a stray slash", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{path: api/AWS::ECS::Service/, why: cost}]}", []string{"ESTATE_PARITY 4:26"}},
		{"exception of a service", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{path: api/ECS, why: cost}]}", []string{"ESTATE_PARITY 4:26"}},
		{"exception twice", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{path: api/AWS::ECS::Service, why: a}, {path: api/AWS::ECS::Service, why: b}]}", []string{"ESTATE_REPEATED 4:65"}},
		{"exception as text", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [size]}", []string{"ESTATE_WRONG_TYPE 4:19"}},
		{"exception without a path", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nparity: {except: [{why: cost}]}", []string{"ESTATE_MISSING_KEY 4:19"}},
		{"quota of no account", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dve: {elasticloadbalancing/rules-per-alb: 200}}", []string{"ESTATE_UNKNOWN_NAME 4:10"}},
		{"unknown quota", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: {elasticloadbalancing/rules-per-lab: 200}}", []string{"ESTATE_UNKNOWN_NAME 4:52"}},
		{"quota that cannot be raised", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: {elasticloadbalancing/target-groups-per-alb: 200}}", []string{"ESTATE_QUOTA_GRANT 4:60"}},
		{"quota of nothing", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: {elasticloadbalancing/rules-per-alb: 0}}", []string{"ESTATE_QUOTA_GRANT 4:52"}},
		{"quota as text", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: {elasticloadbalancing/rules-per-alb: \"200\"}}", []string{"ESTATE_WRONG_TYPE 4:52"}},
		{"quotas as a list", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: [200]}", []string{"ESTATE_WRONG_TYPE 4:15"}},
		{"quota of an absent management account", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {management: {iam/roles: 2000}}", []string{"ESTATE_UNKNOWN_NAME 4:10"}},
		{"quota beyond what AWS grants", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: {vpc/rules-per-network-acl: 41}}", []string{"ESTATE_QUOTA_GRANT 4:43"}},
		{"rules by groups", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: {vpc/rules-per-security-group: 200, vpc/security-groups-per-interface: 6}}", []string{"ESTATE_QUOTA_GRANT 4:46"}},
		{"groups by rules", "regions: {home: ap-southeast-2}", "regions: {home: ap-southeast-2}\nquotas: {dev: {vpc/security-groups-per-interface: 16, vpc/rules-per-security-group: 63}}", []string{"ESTATE_QUOTA_GRANT 4:85"}},

		{"service name", "    api:    {", "    api_1:    {", []string{"ESTATE_NAME 16:5", "ESTATE_UNKNOWN_NAME 17:59", "ESTATE_UNKNOWN_NAME 17:77", "ESTATE_UNKNOWN_NAME 20:19"}},
		{"service named as a part", "    portal: {", "    tunnel: {", []string{"ESTATE_RESERVED_NAME 17:5"}},
		{"image", `"a/api:1"`, `"a/api: 1"`, []string{"ESTATE_IMAGE 16:21"}},
		{"empty image", `"a/api:1"`, `""`, []string{"ESTATE_IMAGE 16:21"}},
		{"port", "port: 8443", "port: 65536", []string{"ESTATE_PORT 16:38"}},
		{"port zero", "port: 8443", "port: 0", []string{"ESTATE_PORT 16:38"}},
		{"expose", "expose: gateway", "expose: gatway", []string{"ESTATE_CHOICE 16:52"}},
		{"needs what is not there", "needs: [database]", "needs: [databse]", []string{"ESTATE_UNKNOWN_NAME 16:69"}},
		{"needs itself", "needs: [database]", "needs: [api]", []string{"ESTATE_NEEDS 16:69"}},
		{"needs a fixed part", "needs: [database]", "needs: [egress]", []string{"ESTATE_NEEDS 16:69"}},
		{"needs twice", "needs: [database]", "needs: [database, database]", []string{"ESTATE_REPEATED 16:79"}},
		{"needs a database that is not there", "  database: {engine: aurora-postgresql}\n", "", []string{"ESTATE_NEEDS 16:69"}},
		{"called by what is not there", "called-by: [api]", "called-by: [apii]", []string{"ESTATE_UNKNOWN_NAME 17:77"}},
		{"called by the gateway", "called-by: [api]", "called-by: [gateway]", []string{"ESTATE_NEEDS 17:77"}},
		{"called by itself", "called-by: [api]", "called-by: [portal]", []string{"ESTATE_NEEDS 17:77"}},
		{"engine", "aurora-postgresql", "aurora-mysql", []string{"ESTATE_CHOICE 18:22"}},

		{"no tunnel", `access: {tunnel: {image: "c/cloudflared@sha256:` + digits + "\"}, okta: {org: acme.okta.com}}\n", "", []string{"ESTATE_TUNNEL 17:43"}},
		{"tunnel by tag", "@sha256:" + digits, ":2026.1.0", []string{"ESTATE_TUNNEL 19:26"}},
		{"tunnel by a short digest", digits, digits[1:], []string{"ESTATE_TUNNEL 19:26"}},
		{"binding of an unknown part", "dev/api,", "dev/apu,", []string{"ESTATE_UNKNOWN_NAME 20:19"}},
		{"binding that selects nothing", ", tags: {app: api}", "", []string{"ESTATE_BINDING 20:12"}},
		{"binding's address", "tags: {app: api}", "resources: [Api]", []string{"ESTATE_BINDING 20:40"}},
		{"waiver's claim", "claim: no-overlap", "claim: No Overlap", []string{"ESTATE_WAIVER 21:19"}},
		{"waiver's pattern", "at: dev,", `at: "[",`, []string{"ESTATE_WAIVER 21:35"}},
		{"waiver without a reason", `"because"`, `" "`, []string{"ESTATE_WAIVER 21:45"}},
		{"waiver's date", "2027-06-30", "2027-06-31", []string{"ESTATE_WAIVER 21:63"}},
		{"waiver's date not a date", "2027-06-30", "7", []string{"ESTATE_WRONG_TYPE 21:63"}},
		{"waiver without a date", ", until: 2027-06-30", "", []string{"ESTATE_MISSING_KEY 21:11"}},
	}
}

func TestBadInputsAreRefusedWithTheirPlace(t *testing.T) {
	mustParse(t, base)
	refuses(t, base, badInputs())
}

// refuses checks that each bad input gives its problems and no others.
func refuses(t *testing.T, base string, inputs []badInput) {
	t.Helper()
	for _, b := range inputs {
		t.Run(b.name, func(t *testing.T) {
			e, list := Parse("estate.yaml", []byte(replaceOnce(t, base, b.from, b.to)))
			if e != nil {
				t.Error("an estate was returned")
			}
			if got, want := fmt.Sprint(places(list)), fmt.Sprint(b.want); got != want {
				t.Errorf("got %s, want %s\n%v", got, want, list)
			}
			for _, d := range list {
				if d.Pos.File != "estate.yaml" || d.What == "" || d.Fix == "" {
					t.Errorf("incomplete: %#v", d)
				}
			}
		})
	}
}

// places prints a list's codes and places, sorted.
func places(list diag.List) []string {
	var s []string
	for _, d := range list {
		s = append(s, fmt.Sprintf("%s %d:%d", d.Code, d.Pos.Line, d.Pos.Column))
	}
	slices.Sort(s)
	return s
}

func TestEveryProblemAtOnce(t *testing.T) {
	text := base
	for _, change := range [][2]string{
		{"estate: acme", "estate: Acme"}, {`"100000000002"`, `"1"`}, {"size: large", "size: tiny"},
		{"needs: [database]", "neds: [database]"}, {"until: 2027-06-30", "until: soon"},
	} {
		text = replaceOnce(t, text, change[0], change[1])
	}
	_, list := Parse("estate.yaml", []byte(text))
	want := "[ESTATE_ACCOUNT_ID 7:16 ESTATE_CHOICE 13:31 ESTATE_NAME 1:9 ESTATE_UNKNOWN_KEY 16:61 ESTATE_WAIVER 21:63]"
	if got := fmt.Sprint(places(list)); got != want {
		t.Errorf("got %s\nwant %s\n%v", got, want, list)
	}
	for i := 1; i < len(list); i++ {
		if list[i-1].Pos.Compare(list[i].Pos) > 0 {
			t.Errorf("%v comes before %v", list[i-1].Pos, list[i].Pos)
		}
	}
}

func TestMendsNameWhatWasMeant(t *testing.T) {
	for _, c := range []struct{ from, to, fix string }{
		{"needs: [database]", "need: [database]", "did you mean needs? The keys here are kind, image, artifact, port, expose, needs, called-by"},
		{"needs: [database]", "needs: [databse]", "did you mean database? Known: api, cache, database, portal"},
		{"environments:", "environment:", "did you mean environments?"},
		{"home: ap-southeast-2", "home: ap-southest-2", "did you mean ap-southeast-2?"},
		{"expose: gateway", "expose: gatway", "did you mean gateway?"},
		{"domain:", "colour:", "remove it; the keys here are estate, domain"},
		{`"100000000002"`, "100000000002", `quote it: "100000000002"`},
		{"10.0.0.0/8", "10.1.0.0/8", "write 10.0.0.0/8"},
	} {
		_, list := Parse("estate.yaml", []byte(replaceOnce(t, base, c.from, c.to)))
		if !strings.Contains(list.Error(), "fix: "+c.fix) {
			t.Errorf("%s: want the mend %q, got\n%v", c.to, c.fix, list)
		}
	}
}

func TestWholeFilesThatAreRefused(t *testing.T) {
	big := func(s string) string { return strings.Repeat(s, maxBytes/len(s)) }
	for name, c := range map[string]struct{ text, code string }{
		"nothing":             {"", CodeEmpty},
		"a comment":           {"# nothing\n", CodeEmpty},
		"an empty document":   {"---\n...\n", CodeEmpty},
		"text":                {"hello", CodeWrongType},
		"a list":              {"- a\n", CodeWrongType},
		"one byte too many":   {base + big(" ") + " ", CodeTooLarge},
		"10,000 lists deep":   {"a: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), CodeTooDeep},
		"10,000 dashes deep":  {strings.Repeat("- ", 10_000) + "a", CodeTooDeep},
		"101 deep":            {"a: " + strings.Repeat("[", 101) + strings.Repeat("]", 101), CodeTooDeep},
		"brackets":            {big("["), CodeTooDeep},
		"closing brackets":    {big("]"), CodeSyntax},
		"open mappings":       {big("{a: "), CodeTooDeep},
		"question marks":      {big("? "), CodeTooDeep},
		"text blocks":         {"a: |\n" + big("\n")[8:], CodeMissingKey},
		"an open quotation":   {"a: \"" + big("x")[8:], CodeSyntax},
		"percent signs":       {big("%"), CodeSyntax},
		"documents":           {big("---\n"), CodeEmpty},
		"aliases of aliases":  {"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", CodeUnsupportedYAML},
		"100,000 keys":        {numbered("k%d: v\n", 100_000), CodeTooMany},
		"60,000 problems":     {replaceOnce(t, base, "[.okta.com]", "["+strings.Repeat("A,", 60_000)+"]"), CodeTooMany},
		"20,000 tags":         {strings.Repeat("!a a: \n", 1) + numbered("b%d: !a x\n", 20_000), CodeTooMany},
		"30,000 services":     {replaceOnce(t, base, "    api: ", numbered("    s%d: {image: i}\n", 30_000)+"    api: "), CodeTooMany},
		"30,000 environments": {replaceOnce(t, base, "  dev:  {account", numbered("  e%d: {account: dev}\n", 30_000)+"  dev:  {account"), CodeTooMany},
		"UTF-16":              {"\xff\xfee\x00s\x00", CodeNotUTF8},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			e, list := Parse("estate.yaml", []byte(c.text))
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if e != nil || len(list) == 0 {
				t.Fatal("accepted")
			}
			for _, d := range list {
				if d.Code == c.code {
					return
				}
			}
			t.Errorf("want %s, got %v", c.code, list[0])
		})
	}
}

// numbered repeats a line with a number in it.
func numbered(line string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

func TestUnreadableFile(t *testing.T) {
	for _, path := range []string{t.TempDir(), "does/not/exist.yaml"} {
		e, list := Load(path)
		if e != nil || len(list) != 1 || list[0].Code != CodeUnreadable || list[0].Pos.File != path {
			t.Errorf("%s: %v", path, list)
		}
	}
}

func TestSupernetTooSmallSaysHowManyAreNeeded(t *testing.T) {
	text := replaceOnce(t, base, "10.0.0.0/8", "10.9.0.0/20")
	text = replaceOnce(t, text, ", cidr: 10.9.0.0/16", "")
	_, list := Parse("estate.yaml", []byte(text))
	if got := fmt.Sprint(places(list)); got != "[ESTATE_SUPERNET_TOO_SMALL 10:21]" {
		t.Fatal(got)
	}
	if s := list.Error(); !strings.Contains(s, "holds 2 VPCs of /21, and this estate needs 3") || !strings.Contains(s, "/19 or larger") {
		t.Error(s)
	}
}

func TestS05_ImagesAreReachableThroughTheFirewall(t *testing.T) {
	own := replaceOnce(t, replaceOnce(t, base, "bindings: [{part: dev/api, tags: {app: api}}]\n", ""), forwarded, "")
	pulls := func(image, allow string) string {
		text := replaceOnce(t, replaceOnce(t, own, "a/api:1", image), "[.okta.com]", "[acme.okta.com, "+allow+"]")
		text = replaceOnce(t, text, "a/portal:1", "0.dkr.ecr.us-east-1.amazonaws.com/p")
		text = replaceOnce(t, text, "c/cloudflared", "0.dkr.ecr.us-east-1.amazonaws.com/c")
		_, list := Parse("estate.yaml", []byte(text))
		return fmt.Sprint(places(list))
	}
	const refused = "[ESTATE_REGISTRY 16:21]"
	for _, tc := range []struct{ image, allow, want string }{
		{"a/api:1", "b.example", refused},
		{"docker.io/a/api:1", "registry-1.docker.io, auth.docker.io", refused},
		{"a/api:1", ".docker.io, production.cloudflare.docker.com", "[]"},
		{"registry.gitlab.com/a/api:1", "registry.gitlab.com, gitlab.com", refused},
		{"registry.gitlab.com/a/api:1", ".gitlab.com, .gitlab-static.net", "[]"},
		{"registry.example:5000/api:1", "b.example", refused},
		{"registry.example:5000/api:1", "registry.example", "[]"},
		{"notregistry.example/api:1", ".registry.example", refused},
	} {
		if got := pulls(tc.image, tc.allow); got != tc.want {
			t.Errorf("%s with %s: %s, want %s", tc.image, tc.allow, got, tc.want)
		}
	}
}

func TestS01_TheHubsAccountHostsNoEnvironment(t *testing.T) {
	shared := replaceOnce(t, base, "{account: prod,", "{account: net,")
	mustParse(t, shared) // its bindings describe what stands already
	own := replaceOnce(t, replaceOnce(t, shared, "bindings: [{part: dev/api, tags: {app: api}}]\n", ""), forwarded, "")
	own = replaceOnce(t, own, "[.okta.com]", "[acme.okta.com, auth.docker.io, .docker.com, registry-1.docker.io]")
	if _, list := Parse("estate.yaml", []byte(own)); fmt.Sprint(places(list)) != "[ESTATE_HUB 13:19]" {
		t.Error(list)
	}
}
