package stacks

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/estate"
)

// tunnelDomains are the names that cloudflared asks for before it dials out.
// Source: Cloudflare's page "Tunnel with firewall".
func tunnelDomains() []string {
	return []string{"argotunnel.com", "*.argotunnel.com", "cftunnel.com", "*.cftunnel.com"}
}

// resolvedDomains are the names that the VPCs around a hub may resolve: what they
// may reach on the internet, the estate's own, and those of AWS's endpoints,
// databases, caches and balancers in their Region, and of databases that they reach
// in another.
func (c *composer) resolvedDomains(hub estate.HubSite) []string {
	region := hub.Region
	all := []string{c.estate.Domain, "*." + c.estate.Domain}
	for _, service := range []string{"", "elb.", "rds.", "vpce."} {
		all = append(all, "*."+region+"."+service+"amazonaws.com")
	}
	// The databases of other Regions that what is around the hub writes to.
	for _, f := range c.estate.PeeredFlows() {
		if site, _ := c.estate.Site(f.From.Environment); site.Hub == hub.Name {
			all = append(all, "*."+c.estate.RegionOf(f.To.Environment)+".rds.amazonaws.com")
		}
	}
	if c.estate.Workload.Cache != nil {
		all = append(all, "*."+estate.CacheDomain(region))
	}
	for _, d := range c.estate.Network.DNS.Forward.Keys() {
		all = append(all, d, "*."+d)
	}
	for _, d := range c.estate.Network.AllowEgress {
		if below, ok := strings.CutPrefix(d, "."); ok {
			all = append(all, below, "*."+below)
		} else {
			all = append(all, d)
		}
	}
	if ports, _ := c.outside(""); slices.ContainsFunc(ports, func(p outsidePort) bool { return p.port == estate.PortTunnel }) {
		all = append(all, tunnelDomains()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
