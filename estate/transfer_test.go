package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	partnerKey   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoRXDeRenNqnKl07V2m3UiK6J9MgVztw2hEtqcg+e31"
	partnerLines = `  transfer:
    partners:
      broker: {allow: [203.0.113.0/24], keys: ["` + partnerKey + ` broker"]}
`
)

// exchanging is an estate that exchanges files with a partner.
func exchanging(t testing.TB) string {
	t.Helper()
	const database = "  database: {engine: aurora-postgresql}\n"
	return replaceOnce(t, small, database, database+partnerLines)
}

func TestS20_APartnerIsLetInByAddressAndKey(t *testing.T) {
	mustParse(t, exchanging(t))
	for _, c := range []badInput{
		{"nobody", "      broker: {allow: [203.0.113.0/24], keys: [\"" + partnerKey + " broker\"]}\n", "      {}\n", []string{"ESTATE_PARTNER 18:5"}},
		{"no addresses", "allow: [203.0.113.0/24]", "allow: []", []string{"ESTATE_PARTNER 19:16"}},
		{"no list of addresses", "allow: [203.0.113.0/24], ", "", []string{"ESTATE_MISSING_KEY 19:7"}},
		{"a private range", "203.0.113.0/24", "10.1.0.0/24", []string{"ESTATE_PARTNER 19:24"}},
		{"everybody", "203.0.113.0/24", "0.0.0.0/0", []string{"ESTATE_PARTNER 19:24"}},
		{"a whole provider", "203.0.113.0/24", "203.0.0.0/12", []string{"ESTATE_PARTNER 19:24"}},
		{"not at its start", "203.0.113.0/24", "203.0.113.7/24", []string{"ESTATE_PARTNER 19:24"}},
		{"no range", "203.0.113.0/24", "203.0.113.7", []string{"ESTATE_CIDR 19:24"}},
		{"IPv6", "203.0.113.0/24", `"2001:db8::/32"`, []string{"ESTATE_PARTNER 19:24"}},
		{"a range twice", "[203.0.113.0/24]", "[203.0.113.0/24, 203.0.113.0/24]", []string{"ESTATE_REPEATED 19:40"}},
		{"no keys", "keys: [\"" + partnerKey + " broker\"]", "keys: []", []string{"ESTATE_PARTNER 19:41"}},
		{"a private key", partnerKey, "-----BEGIN OPENSSH PRIVATE KEY-----", []string{"ESTATE_PARTNER 19:48"}},
		{"a password", partnerKey, "secret", []string{"ESTATE_PARTNER 19:48"}},
		{"a key of another kind", "ssh-ed25519 AAAA", "ssh-dss AAAA", []string{"ESTATE_PARTNER 19:48"}},
		{"a key whose data say otherwise", "ssh-ed25519 AAAA", "ssh-rsa AAAA", []string{"ESTATE_PARTNER 19:48"}},
		{"a short RSA key", partnerKey, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7", []string{"ESTATE_PARTNER 19:48"}},
		{"a name too short", "broker: {", "nz: {", []string{"ESTATE_NAME 19:7"}},
		{"a name with a dot", "broker: {", "broker.nz: {", []string{"ESTATE_NAME 19:7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, list := Parse("estate.yaml", []byte(replaceOnce(t, exchanging(t), c.from, c.to)))
			if got := places(list); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v\n%v", got, c.want, list)
			}
			if s := list.Error(); strings.Contains(s, "BEGIN OPENSSH") {
				t.Errorf("a private key is printed: %s", s)
			}
		})
	}
}

func TestS20_ThePartnersVPCHasARangeOfItsOwn(t *testing.T) {
	for supernet, want := range map[string]string{"10.0.0.0/8": "100.64.0.0/24", "100.64.0.0/16": "192.168.0.0/24"} {
		e := mustParse(t, replaceOnce(t, exchanging(t), "network: {", "network: {supernet: "+supernet+", "))
		plan := e.TransferPlan(e.Sites()[0])
		if plan.CIDR.String() != want || plan.CIDR.Overlaps(e.Network.Supernet) {
			t.Errorf("%s: %s", supernet, plan.CIDR)
		}
		if s := plan.Subnets[TierPublic]; len(s) != 3 || len(plan.Zones) != 3 || s[0].Bits() != 26 {
			t.Errorf("subnets: %v", s)
		}
	}
	parts := fmt.Sprint(mustParse(t, exchanging(t)).Parts())
	if !strings.Contains(parts, "dev/transfer") && !strings.Contains(parts, "{dev  transfer}") {
		t.Error(parts)
	}
}
