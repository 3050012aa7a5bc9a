package estate

import (
	"fmt"
	"slices"
	"testing"
)

// atTheEdge is an estate with everything that stands at the edge.
const atTheEdge = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    net:  {id: "100000000001", roles: [network-hub]}
    dev:  {id: "100000000002"}
    prod: {id: "100000000003"}
network: {allow-egress: [acme.okta.com]}
environments: {dev: {account: dev}, prod: {account: prod}}
workload:
  services:
    api:    {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/api:1", expose: gateway}
    portal: {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/portal:1", expose: access}
  website: {path: site, countries: [AU]}
access:
  tunnel: {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/c@sha256:0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345"}
  okta: {org: acme.okta.com, servers: {prod: aus1}}
certificates:
  ev:
    www: {arn: "arn:aws:acm:us-east-1:100000000003:certificate/6f1c-0e", expiry-warning: 30d}
    api: {expiry-warning: 60d}
`

func TestS25_CertificatesAndNamesAtTheEdge(t *testing.T) {
	e := mustParse(t, atTheEdge)
	dev, _ := e.Site("dev")
	prod, _ := e.Site("prod")
	if got := e.ImportedCertificate(prod, NameWebsite); got != "arn:aws:acm:us-east-1:100000000003:certificate/6f1c-0e" {
		t.Errorf("prod's website has the certificate %q", got)
	}
	for name, got := range map[string]string{"dev's website": e.ImportedCertificate(dev, NameWebsite), "prod's API": e.ImportedCertificate(prod, "api")} {
		if got != "" {
			t.Errorf("%s has the certificate %q, which is not its own", name, got)
		}
	}
	www, _ := e.Certificates.EV.Get(NameWebsite)
	if www.WarningDays() != 30 || (Certificate{}).WarningDays() != 45 {
		t.Error(www.WarningDays())
	}
	if got := e.EdgeNames(); !slices.Equal(got, []string{"api", "www"}) {
		t.Error(got)
	}
	if got := e.Origins(prod); !slices.Equal(got, []string{"https://portal.prod.acme.example"}) {
		t.Error(got)
	}
}

// No token of one environment opens another, even where one server issues both.
func TestS13_TokensAreForOneEnvironment(t *testing.T) {
	e := mustParse(t, atTheEdge)
	dev, _ := e.Site("dev")
	prod, _ := e.Site("prod")
	if e.TokenAudience(dev) == e.TokenAudience(prod) {
		t.Error(e.TokenAudience(dev))
	}
	if got := e.TokenIssuer(dev); got != "https://acme.okta.com/oauth2/default" {
		t.Error(got)
	}
	if got := e.TokenIssuer(prod); got != "https://acme.okta.com/oauth2/aus1" {
		t.Error(got)
	}
}

func TestWhatTheEdgeRefuses(t *testing.T) {
	for _, tc := range []struct{ name, from, to, want string }{
		{"nobody issues tokens", "  okta: {org: acme.okta.com, servers: {prod: aus1}}\n", "", "ESTATE_OKTA 13:88"},
		{"a key is out of reach", "[acme.okta.com]", "[other.example]", "ESTATE_OKTA 18:15"},
		{"an address instead of a host", "org: acme.okta.com", "org: https://acme.okta.com", "ESTATE_DOMAIN 18:15"},
		{"a server of no environment", "{prod: aus1}", "{prd: aus1}", "ESTATE_UNKNOWN_NAME 18:45"},
		{"an issuer instead of its id", "{prod: aus1}", "{prod: oauth2/aus1}", "ESTATE_OKTA 18:46"},
		{"an okta without an org", "{org: acme.okta.com, servers", "{servers", "ESTATE_MISSING_KEY 18:3"},
		{"a website above", "path: site", "path: ../site", "ESTATE_WEBSITE 15:19"},
		{"a website anywhere", "path: site", "path: /srv/site", "ESTATE_WEBSITE 15:19"},
		{"a website that is the estate's folder", "path: site", "path: .", "ESTATE_WEBSITE 15:19"},
		{"a country's name", "[AU]", "[Australia]", "ESTATE_WEBSITE 15:37"},
		{"a country twice", "[AU]", "[AU, AU]", "ESTATE_REPEATED 15:41"},
		{"a certificate for no name", "    api: {expiry", "    apo: {expiry", "ESTATE_UNKNOWN_NAME 22:5"},
		{"a certificate for what is not at the edge", "    api: {expiry", "    portal: {expiry", "ESTATE_UNKNOWN_NAME 22:5"},
		{"weeks", "60d", "8w", "ESTATE_CERTIFICATE 22:27"},
		{"no days", "60d", "0d", "ESTATE_CERTIFICATE 22:27"},
		{"no certificate", "certificate/6f1c-0e", "server-certificate/x", "ESTATE_CERTIFICATE 21:16"},
		{"another Region's", "acm:us-east-1", "acm:ap-southeast-2", "ESTATE_CERTIFICATE 21:16"},
		{"nobody's account", "100000000003:certificate", "100000000009:certificate", "ESTATE_CERTIFICATE 21:16"},
		{"a service with the website's name", "    portal: {", "    www: {", "ESTATE_RESERVED_NAME 14:5"},
		{"a service with the authoriser's name", "    portal: {", "    authoriser: {", "ESTATE_RESERVED_NAME 14:5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, list := Parse("estate.yaml", []byte(replaceOnce(t, atTheEdge, tc.from, tc.to)))
			if got := fmt.Sprint(places(list)); got != "["+tc.want+"]" {
				t.Errorf("got %s, want %s\n%v", got, tc.want, list)
			}
		})
	}
}
