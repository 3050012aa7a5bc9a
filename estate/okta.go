package estate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Okta is the identity provider of people and of the API's clients.
type Okta struct {
	// Org is the host name of the Okta organisation: cover.okta.com.
	Org string `yaml:"org"`
	// Servers are the ids of the authorisation servers that issue the API's
	// tokens, by environment. Each has the audience api://ESTATE-ENVIRONMENT, so
	// that no token opens another environment. Default: default.
	Servers Map[string] `yaml:"servers,omitempty"`
}

// defaultServer is the id of the authorisation server that every organisation
// has ("Authorization servers", Okta Developer).
const defaultServer = "default"

// TokenIssuer returns who issues a site's tokens.
func (e *Estate) TokenIssuer(site Site) string {
	server, _ := e.Access.Okta.Servers.Get(site.Environment)
	return "https://" + e.Access.Okta.Org + "/oauth2/" + cmp.Or(server, defaultServer)
}

// TokenAudience returns for whom a site's tokens are issued.
func (e *Estate) TokenAudience(site Site) string {
	return "api://" + e.Name + "-" + site.Environment
}

// okta checks the identity provider, which the gateway needs to know its
// clients. With bindings the estate describes a platform that stands already.
func (v *validator) okta() {
	const at = "access/okta"
	needed := v.e.exposures().gateway
	ours := needed != "" && len(v.e.Bindings) == 0
	switch org := v.e.Access.Okta.Org; {
	case !v.e.has(at):
		if ours && !v.failed["access"] {
			v.bad(CodeOkta, needed, "a service is exposed by the gateway, but nobody says who its clients are",
				"the gateway lets nobody through without a token of the identity provider", "add access.okta.org, for example cover.okta.com")
		}
		return
	case !isDomain(org):
		v.bad(CodeDomain, at+"/org", fmt.Sprintf("%q is not a host name", short(org)), "tokens are checked with the keys that it publishes", "write the organisation's host name, for example cover.okta.com")
	case ours && !v.e.allowsEgress(org):
		v.bad(CodeOkta, at+"/org", fmt.Sprintf("workloads cannot reach %s", org),
			"the gateway's authoriser fetches the keys there by which it checks tokens; without them it lets nobody through", "add "+org+" to network.allow-egress")
	}
	for name, id := range v.e.Access.Okta.Servers.All() {
		path := at + "/servers/" + name
		if _, ok := v.e.Environments.Get(name); !ok && !v.unread("environments") {
			v.unknown(path, "environment", name, v.e.Environments.Keys())
		}
		if id == "" || !onlyBytes(id, isAlphanumeric) {
			v.bad(CodeOkta, path, fmt.Sprintf("%q is not the id of an authorisation server", short(id)), "", "copy the id from the issuer's address: the part after /oauth2/")
		}
	}
}

// allowsEgress says whether allow-egress admits a host name.
func (e *Estate) allowsEgress(host string) bool {
	return slices.ContainsFunc(e.Network.AllowEgress, func(d string) bool {
		return d == host || strings.HasPrefix(d, ".") && strings.HasSuffix(host, d)
	})
}
