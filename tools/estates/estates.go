// Package estates writes large estates: the text of the example's file with
// more environments, services and tenants. What it writes is a good estate; the
// limits that it passes are declared as granted under quotas.
package estates

import (
	"fmt"
	"regexp"
	"strings"
)

// Size says by how much an estate is larger than the example.
type Size struct{ Environments, Services, Tenants int }

// cacheTenants is up to how many more tenants the estate keeps its cache: each
// has a user of it, and AWS takes a hundred in a group (docs/adr/0009-a-thousand-tenants.md).
const cacheTenants = 80

// Grow adds to the text of the example's file: environments, each in an account
// of its own, services, and tenants, in prod alone.
func Grow(example string, more Size) (string, error) {
	text := example
	var err error
	add := func(under, lines string) {
		before, after, ok := strings.Cut(text, under)
		rest, below, cut := strings.Cut(after, "\n")
		if !ok || !cut {
			err = fmt.Errorf("the example has no %q", strings.TrimSpace(under))
			return
		}
		text = before + under + rest + "\n" + lines + below
	}
	add("  accounts:", lines(more.Environments, func(i int) string { return fmt.Sprintf("    copy%d: {id: \"2%011d\"}\n", i, i) }))
	add("\nenvironments:", lines(more.Environments, func(i int) string { return fmt.Sprintf("  copy%d: {account: copy%d, size: small}\n", i, i) }))
	add("\n  services:", lines(more.Services, func(i int) string {
		return fmt.Sprintf("    service%d: {image: \"registry.gitlab.com/cover/platform/service%d:1.0.0\", expose: access, needs: [database]}\n", i, i)
	}))
	add("\ntenants:", lines(more.Tenants, tenant))
	if err == nil && more.Tenants > cacheTenants {
		if text, err = withoutCache(text); err == nil {
			text += quotas(more.Tenants)
		}
	}
	return text, err
}

func lines(n int, line func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i))
	}
	return b.String()
}

// tenant is an entry of the file. There are five classes of throttles.
func tenant(i int) string {
	const classes, rate = 5, 50
	class := 1 + i%classes
	return fmt.Sprintf("  tenant-%04d: {name: Tenant %04d, environments: [prod], hostname: customer-%04d, throttle: {rate: %d, burst: %d}}\n",
		i, i, i, rate*class, 2*rate*class)
}

// withoutCache takes the cache, and what needs it, out of the workload.
func withoutCache(text string) (string, error) {
	entry := regexp.MustCompile(`(?m)^  cache:.*\n`)
	if !entry.MatchString(text) {
		return "", fmt.Errorf("the example has no cache")
	}
	text = entry.ReplaceAllString(text, "")
	return regexp.MustCompile(`(needs: \[[^\]\n]*), cache\b`).ReplaceAllString(text, "$1"), nil
}

// quotas declares what AWS has to grant prod for so many tenants: of each, two
// services with three tasks, a name at the gateway, and where prod recovers two
// stacks and as many roles again.
func quotas(tenants int) string {
	const around = 1000 // what else is in the account
	return fmt.Sprintf("\nquotas:\n  prod:\n    apigateway/custom-domain-names: %d\n    cloudformation/stacks: %d\n    ec2/network-interfaces: %d\n    iam/roles: %d\n    servicediscovery/instances-per-namespace: %d\n",
		tenants+around, 2*tenants+around, 6*tenants+around, min(8*tenants+around, 10_000), 6*tenants+around)
}
