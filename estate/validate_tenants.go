package estate

import (
	"fmt"
	"slices"
	"strings"
)

// maxText is how long what people write about a tenant may be: it becomes the
// value of a tag and the name of a group.
const maxText = 128

// tenants checks the tenants, and that no two of them share a name in DNS.
func (v *validator) tenants() {
	hosts := map[string]string{}
	for name, t := range v.e.Tenants.All() {
		at := "tenants/" + name
		v.tenant(at, name, t)
		for _, env := range t.Environments {
			host := v.e.TenantHostname(name, env)
			other, taken := hosts[host]
			switch {
			case !taken:
				hosts[host] = name
			case other == name:
				v.bad(CodeHostname, at+"/hostname", fmt.Sprintf("tenant %s has the name %s in more than one environment", name, host),
					"a name leads to one place", "write a label, which gets each environment's domain, or keep the tenant to one environment")
			default:
				v.bad(CodeHostname, at+"/hostname", fmt.Sprintf("tenants %s and %s have the same name %s", other, name, host),
					"whoever asks for it must reach one tenant and never another", "give each tenant a hostname of its own")
			}
			if taken {
				break // said once
			}
		}
	}
}

func (v *validator) tenant(at, name string, t Tenant) {
	v.name(at, "a tenant", name)
	if why := v.reservedForTenants(name); why != "" {
		v.bad(CodeReservedName, at, fmt.Sprintf("a tenant cannot be named %q", name), why, "choose another name")
	}
	v.text(at+"/name", "the tenant's name", t.Name)
	v.text(at+"/group", "the tenant's group", t.Group)
	v.hostname(at, t.Hostname)
	if len(t.Environments) == 0 && v.e.Environments.Len() > 0 {
		v.bad(CodeTenant, at+"/environments", fmt.Sprintf("tenant %s is in no environment", name), "nothing would run for it anywhere",
			"name one at least, or leave environments out to mean all")
	}
	for i, env := range t.Environments {
		if _, ok := v.e.Environments.Get(env); !ok && !v.unread("environments") {
			v.unknown(index(at+"/environments", i), "environment", env, v.e.Environments.Keys())
		}
	}
	v.repeated(at+"/environments", t.Environments)
	v.within(at+"/throttle/rate", "requests a second", t.Throttle.Rate, maxRate)
	v.within(at+"/throttle/burst", "requests at once", t.Throttle.Burst, maxBurst)
	v.choice(at+"/state", string(t.State), string(TenantActive), string(TenantRetained))
}

// reservedForTenants says why a name cannot be a tenant's, if it cannot.
func (v *validator) reservedForTenants(name string) string {
	_, fixed := fixedParts()[name]
	_, service := v.e.Workload.Services.Get(name)
	switch {
	case fixed:
		return "Surety has a part of that name in every environment"
	case service:
		return "there is a service of that name, and both are named below the environment's domain"
	case slices.Contains([]string{HubEnvironment, "estate", "tenant", "www"}, name):
		return "Surety uses the name itself"
	}
	return ""
}

// text checks what people write about a tenant.
func (v *validator) text(path, what, s string) {
	if strings.TrimSpace(s) == "" || len(s) > maxText || strings.ContainsAny(s, "\n\t") {
		v.bad(CodeTenant, path, fmt.Sprintf("%q cannot be %s", short(s), what), "it is shown on one line, and becomes the value of a tag",
			fmt.Sprintf("write 1 to %d characters on one line, or leave it out", maxText))
	}
}

// hostname checks the name that an entry gives a tenant in DNS. Without one it
// is the entry's own name, which is checked as such.
func (v *validator) hostname(at, host string) {
	at += "/hostname"
	label, below, whole := strings.Cut(host, ".")
	switch {
	case !v.e.has(at):
	case whole && !isDomain(host):
		v.bad(CodeDomain, at, fmt.Sprintf("%q is not a domain name", short(host)), "", "write a domain in lower case, or one label")
	case !isDNSLabel(label):
		v.bad(CodeHostname, at, fmt.Sprintf("%q cannot be part of a domain name", short(host)), "",
			"use lower-case letters, digits and hyphens, not at the ends, or write a whole domain name")
	case whole && !v.ours(below):
		if host == v.e.Domain || v.ours(host) {
			v.bad(CodeHostname, at, fmt.Sprintf("a tenant cannot have the name %s", host), "the estate itself is named below it", "choose a name below it, or of the tenant's own")
		}
	default:
		if why := v.reservedForTenants(label); why != "" {
			v.bad(CodeHostname, at, fmt.Sprintf("a tenant cannot have the name %q", short(host)), why, "choose another")
		}
	}
}

// ours says whether a domain is an environment's.
func (v *validator) ours(domain string) bool {
	env, ok := strings.CutSuffix(domain, "."+v.e.Domain)
	_, known := v.e.Environments.Get(env)
	return ok && known
}

// within checks a number that counts from 1.
func (v *validator) within(path, what string, n, most int) {
	if n < 1 || n > most {
		v.bad(CodeTenant, path, fmt.Sprintf("a tenant cannot have %d %s", n, what), "API Gateway grants an account no more in a Region at first",
			fmt.Sprintf("write a number from 1 to %d", most))
	}
}
