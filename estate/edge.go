package estate

import (
	"slices"
	"strconv"
	"strings"
)

// Website is static content on S3 behind CloudFront, one in each environment.
type Website struct {
	// Path is the folder of the content, beside the estate file. Delivery puts it
	// into the bucket; synthesis does not read it.
	Path string `yaml:"path"`
	// Countries are the ISO 3166-1 codes (AU) of the countries that are served.
	// Default: all.
	Countries []string `yaml:"countries,omitempty"`
}

// Certificates says which certificates come from elsewhere.
type Certificates struct {
	// EV are certificates that people buy and import, by the name at the edge
	// that they are for: www, or a service that the gateway exposes.
	EV Map[Certificate] `yaml:"ev,omitempty"`
}

// Certificate is an imported certificate.
type Certificate struct {
	// ARN is where the certificate was imported in AWS Certificate Manager: in
	// us-east-1 for www, in the home Region for a service. It counts in the
	// environments of its account; elsewhere, and until there is one, a
	// certificate that AWS issues is used.
	ARN string `yaml:"arn,omitempty"`
	// ExpiryWarning is how long before its end somebody is told: days, such as
	// 45d. Default 45d.
	ExpiryWarning string `yaml:"expiry-warning,omitempty"`
}

// NameWebsite is the website's name below the environment's domain.
const NameWebsite = "www"

// EdgeRegion is the Region of what CloudFront needs from AWS Certificate
// Manager and AWS WAF ("Requirements for using SSL/TLS certificates with
// CloudFront", Amazon CloudFront Developer Guide).
const EdgeRegion = "us-east-1"

// Parts of the edge.
const (
	// PartAuthoriser is the function by which the gateway knows its clients.
	PartAuthoriser = "authoriser"
	// PartEdge is the website with its distribution.
	PartEdge = "edge"
)

// KindEdge is a CloudFront distribution with its bucket; it is in no VPC.
const KindEdge Kind = "edge"

// ImpliedAuthoriser is the rule by which the gateway's authoriser fetches the identity provider's
// keys.
const ImpliedAuthoriser = "authoriser"

// DomainOf returns the DNS name below which a site's services are named.
func (e *Estate) DomainOf(site Site) string { return e.Zone(site) }

// EdgeNames returns the names at a site's edge, below its domain: the services
// that the gateway exposes, and the website. Everything else that the internet
// could reach is no edge.
func (e *Estate) EdgeNames() []string {
	names := e.exposedBy(ExposeGateway)
	if e.Workload.Website != nil {
		names = append(names, NameWebsite)
	}
	return names
}

// exposedBy returns the services that are exposed in one way, in the order of
// the file.
func (e *Estate) exposedBy(way Expose) []string {
	var names []string
	for name, s := range e.Workload.Services.All() {
		if s.Expose == way {
			names = append(names, name)
		}
	}
	return names
}

// GatewayServices returns the services that the gateway exposes, in the order
// of the file.
func (e *Estate) GatewayServices() []string { return e.exposedBy(ExposeGateway) }

// Origins returns the origins from which browsers may call a site's API: its
// own portals, which people reach by access.
func (e *Estate) Origins(site Site) []string {
	var all []string
	for _, name := range e.exposedBy(ExposeAccess) {
		all = append(all, "https://"+name+"."+e.DomainOf(site))
	}
	return all
}

// ImportedCertificate returns the ARN of the imported certificate for a name at
// a site's edge, and "" where AWS issues it.
func (e *Estate) ImportedCertificate(site Site, name string) string {
	c, _ := e.Certificates.EV.Get(name)
	if region, account, ok := splitCertificate(c.ARN); ok && account == site.Account && (region == site.Region || name == NameWebsite) {
		return c.ARN
	}
	return ""
}

// WarningDays returns how many days before its end somebody is told of a
// certificate.
func (c Certificate) WarningDays() int {
	n, ok := days(c.ExpiryWarning)
	if !ok {
		return defaultExpiryWarning
	}
	return n
}

const (
	defaultExpiryWarning = 45
	maxExpiryWarning     = 365
)

// days reads a number of days: 45d.
func days(s string) (int, bool) {
	number, ok := strings.CutSuffix(s, "d")
	n, err := strconv.Atoi(number)
	return n, ok && err == nil && 1 <= n && n <= maxExpiryWarning
}

// splitCertificate returns the Region and account of a certificate's ARN.
func splitCertificate(arn string) (region, account string, ok bool) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "acm" || !isAccountID(parts[4]) {
		return "", "", false
	}
	id, ok := strings.CutPrefix(parts[5], "certificate/")
	return parts[3], parts[4], ok && id != "" && onlyBytes(id, func(c byte) bool { return isAlphanumeric(c) || c == '-' })
}

// ServesWebsite says whether a site has the website: the home one. CloudFront is
// in no Region.
func (e *Estate) ServesWebsite(site Site) bool { return e.Workload.Website != nil && !site.Recovery() }

// edgeParts: the website's, and the gateway's authoriser.
func (e *Estate) edgeParts(b *partBuilder) {
	if x := e.exposures(); x.gateway != "" {
		b.add(PartAuthoriser, KindFunction, x.gateway)
	}
	if e.ServesWebsite(b.site) {
		b.add(PartEdge, KindEdge, "workload/website")
	}
}

// edgeFlows: the authoriser reaches the identity provider, by the way that all
// others take.
func (e *Estate) edgeFlows(b *flowBuilder) {
	if x := e.exposures(); x.gateway != "" && e.allowsEgress(e.Access.Okta.Org) {
		b.add(PartAuthoriser, PartEgress, PortTLS, Flow{Implied: ImpliedAuthoriser, Pos: e.Pos("access/okta/org")})
	}
}

// atEdge says whether a name is one at the edge.
func (e *Estate) atEdge(name string) bool { return slices.Contains(e.EdgeNames(), name) }
