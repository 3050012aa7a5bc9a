package estate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// PortDNS is the port that a Resolver endpoint answers on, over TCP and UDP.
const PortDNS = 53

// Parts that answer and ask about names.
const (
	PartResolver  = "resolver"
	PartForwarder = "forwarder"
)

// Their kinds.
const (
	KindResolver  Kind = "resolver"  // the inbound Resolver endpoint; endpoint subnets
	KindForwarder Kind = "forwarder" // the outbound Resolver endpoint; DMZ
)

// DNS says which names the estate's networks ask others for.
type DNS struct {
	// Forward maps a domain to the servers that know the names at and below
	// it: those of the company's offices, for example. They are asked over TLS.
	Forward Map[Forward] `yaml:"forward,omitempty"`
}

// Forward is where questions about a domain go.
type Forward struct {
	// Servers are the public IPv4 addresses of at least two servers that
	// answer DNS over HTTPS on port 443.
	Servers []string `yaml:"servers"`
	// Name is the servers' name in their certificates. The firewall lets it
	// out, so allow-egress has to name it.
	Name string `yaml:"name"`
}

// Addresses returns the servers' addresses; those that cannot be read are
// left out, which Load refuses.
func (f Forward) Addresses() []netip.Addr {
	var all []netip.Addr
	for _, s := range f.Servers {
		if a, err := netip.ParseAddr(s); err == nil {
			all = append(all, a)
		}
	}
	return all
}

// forwardRanges are the addresses of all servers that questions go to.
func (e *Estate) forwardRanges() []netip.Prefix {
	var all []netip.Prefix
	for _, f := range e.Network.DNS.Forward.All() {
		for _, a := range f.Addresses() {
			if p := netip.PrefixFrom(a, a.BitLen()); !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// Outside returns the ranges on the internet that a flow to hub/egress leads
// to, and nil if it leads to all of it.
func (e *Estate) Outside(f Flow) []netip.Prefix {
	switch f.Implied {
	case ImpliedTunnelDialOut:
		return TunnelRanges()
	case ImpliedForward:
		return e.forwardRanges()
	}
	return nil
}

// Zone returns the DNS name below which a site's applications are named. A site
// that recovers an environment has the environment's names.
func (e *Estate) Zone(site Site) string { return e.EnvironmentDomain(site.Environment) }

// ServiceZone returns the DNS name below which a site's services find each
// other.
func (e *Estate) ServiceZone(site Site) string { return "internal." + e.Zone(site) }

// resolverParts: where a tunnel leads in, an endpoint answers its questions
// about private names; where domains are forwarded, another asks for them.
func (e *Estate) resolverParts(b *partBuilder) {
	if x := e.exposures(); x.access != "" {
		b.add(PartResolver, KindResolver, x.access)
	}
	if e.Network.DNS.Forward.Len() > 0 {
		b.add(PartForwarder, KindForwarder, "network/dns/forward")
	}
}

func (e *Estate) resolverFlows(b *flowBuilder) {
	if x := e.exposures(); x.access != "" {
		for _, p := range []string{TCP, UDP} {
			b.add(PartTunnel, PartResolver, PortDNS, Flow{Implied: ImpliedResolver, Protocol: p, Pos: e.Pos(x.access)})
		}
	}
	if e.Network.DNS.Forward.Len() > 0 {
		b.add(PartForwarder, PartEgress, PortTLS, Flow{Implied: ImpliedForward, Pos: e.Pos("network/dns/forward")})
	}
}

// dns checks what is forwarded to whom.
func (v *validator) dns() {
	const at, least = "network/dns/forward", 2
	e := v.e
	for domain, f := range e.Network.DNS.Forward.All() {
		path := at + "/" + domain
		switch {
		case !isDomain(domain):
			v.bad(CodeDomain, path, fmt.Sprintf("%q is not a domain name", short(domain)), "questions about names at and below it are forwarded", "write example.com, in lower case")
		case e.ownZone(domain):
			v.bad(CodeForward, path, fmt.Sprintf("%s names an environment's own applications", domain),
				"a rule that forwards counts before a private zone of the same name, so they would be asked of others", "forward another domain")
		}
		if len(f.Servers) < least {
			v.bad(CodeForward, path+"/servers", fmt.Sprintf("%s is forwarded to %d servers", domain, len(f.Servers)), "the loss of one would take the domain's names away", "name at least two")
		}
		for i, s := range f.Servers {
			if a, err := netip.ParseAddr(s); err != nil || !a.Is4() || !public(a) {
				v.bad(CodeForward, index(path+"/servers", i), fmt.Sprintf("%q is not a public IPv4 address", short(s)),
					"questions leave by the firewall and the NAT gateways; no way leads to other private networks", "write the address by which the server is reached on the internet")
			}
		}
		v.repeated(path+"/servers", f.Servers)
		v.forwardName(path+"/name", f.Name)
	}
}

// forwardName checks the name by which forwarding servers are known.
func (v *validator) forwardName(path, name string) {
	switch {
	case !isDomain(name):
		v.bad(CodeDomain, path, fmt.Sprintf("%q is not a domain name", short(name)), "the servers' certificate is compared with it", "write the servers' name, for example dns.example.com")
	case len(v.e.Bindings) == 0 && !v.e.Network.AllowsEgress(name) && !v.unread("network/allow-egress"):
		v.bad(CodeForward, path, fmt.Sprintf("no question reaches %s: allow-egress does not name it", name),
			"the firewall lets nothing to the internet but what allow-egress names", "add "+name+" to network.allow-egress")
	}
}

// ownZone says whether a domain holds names of the estate's own environments.
func (e *Estate) ownZone(domain string) bool {
	return slices.ContainsFunc(e.Sites(), func(s Site) bool {
		return domain == e.Zone(s) || strings.HasSuffix(domain, "."+e.Zone(s))
	})
}

// public says whether an address belongs to somebody on the internet.
func public(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && !a.IsLinkLocalUnicast() &&
		!slices.ContainsFunc(privateRanges(), func(p netip.Prefix) bool { return p.Contains(a) })
}
