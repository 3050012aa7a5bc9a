package estate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/diag"
)

// Limits of AWS that the number of services, flows and environments runs into
// first. Those that a template cannot exceed are errors; those that AWS raises
// on request are warnings.
const (
	// maxResources is how many resources a template may have ("Understand
	// CloudFormation quotas", AWS CloudFormation User Guide).
	maxResources = 500
	// hubTables are the Transit Gateway's tables that are no environment's.
	hubTables = 2
	// egressDomains is the capacity of the firewall's list of domains, which
	// cannot be raised once it is made.
	egressDomains = 1000
)

// StackSizes says how many resources the estate's largest stacks have.
type StackSizes struct {
	// Network and Platform are the stacks of one environment: of the one that
	// has the largest.
	Network, Platform int
	// HubRoutes is the hub's stack of routes.
	HubRoutes int
	// API is one environment's, with a certificate for every name; 0: none.
	API int
}

// StackSizes returns how many resources the estate's largest stacks will have.
// Network is up to 22 too many where there is no tunnel or no database, for
// want of their entries in network ACLs.
func (e *Estate) StackSizes() StackSizes {
	const routes, routesEach = 3, 5
	const network, networkZone, groupRules, storeEntries, instanceEndpoints = 141, 22, 2, 4, 2
	const archived = 2 // a second flow log, and what carries the query logs
	s := StackSizes{HubRoutes: routes + routesEach*e.Environments.Len()}
	for _, site := range e.Sites() {
		groups, between := map[PartID]bool{}, 0
		for _, f := range e.GroupFlows(site) {
			groups[f.From] = true
			if f.To.Environment != site.Hub {
				groups[f.To], between = true, between+1
			}
		}
		s.Network = max(s.Network, network+networkZone*(e.Network.AvailabilityZones-defaultZones)+len(groups)+groupRules*between+e.replicationOf(site))
	}
	if e.Workload.Cache != nil {
		s.Network += storeEntries
	}
	if e.Monitoring.Collector != nil {
		s.Network++ // the endpoint of X-Ray
	}
	if e.exposures().any != "" {
		s.Network++ // the endpoint of CloudWatch, for canaries
	}
	if e.BreaksGlass() || e.RunsInstances() {
		const sessions = 2 // endpoints
		s.Network += sessions
	}
	if e.exposures().access != "" {
		const resolver = 6 // entries of network ACLs, by which the tunnel asks
		s.Network += resolver
	}
	if e.Archive().ID != "" {
		s.Network += archived
	}
	if e.RunsInstances() {
		s.Network += instanceEndpoints
	}
	s.Platform = e.platformAround()
	for name := range e.Workload.Services.All() {
		s.Platform += e.platformOf(name)
	}
	if n := len(e.GatewayServices()); n > 0 {
		s.API = e.apiAround() + n*e.apiEach()
	}
	return s
}

// replicationOf is how many resources the replication tier adds to a site's
// network: its subnets and network ACL, the entries by which it reads the
// database, and for each flow to another Region routes, entries and a rule.
func (e *Estate) replicationOf(site Site) int {
	const acl, subnet, reads, entries, rule = 1, 4, 8, 4, 1
	zones, n := e.Network.AvailabilityZones, 0
	if e.Analyses(site) || e.Reports(site) {
		n = acl + subnet*zones
	}
	if e.Analyses(site) {
		n += reads
	}
	for _, f := range e.PeeredFlows() {
		if f.From.Environment == site.Name || f.To.Environment == site.Name {
			n += zones + entries + rule
		}
	}
	return n
}

// apiAround is how many resources the largest API stack has whatever is
// exposed.
func (e *Estate) apiAround() int {
	const around, archived, recovered = 13, 2, 1
	n := around
	if e.Archive().ID != "" {
		n += archived
	}
	if e.Recovers() {
		n += recovered // the secret of the API key
	}
	return n
}

// apiEach is how many resources an API stack has for each service.
func (e *Estate) apiEach() int {
	const each, preflight = 22, 1
	if e.exposures().access != "" {
		return each + preflight
	}
	return each
}

// platformAround is how many resources a platform stack has beside services:
// the cluster, the balancer, the gateway's link and the tunnel.
func (e *Estate) platformAround() int {
	const cluster, balancer, link, tunnel = 1, 4, 1, 7
	n, x := cluster, e.exposures()
	for _, part := range []struct {
		path string
		size int
	}{{x.any, balancer}, {x.gateway, link}, {x.access, tunnel}} {
		if part.path != "" {
			n += part.size
		}
	}
	return n
}

// platformOf is how many resources a platform stack has for one service.
func (e *Estate) platformOf(name string) int {
	const container, instances, exposed, front, permissions, settings, registry = 9, 7, 3, 6, 1, 1, 1
	s, _ := e.Workload.Services.Get(name)
	stores := slices.Contains(s.Needs, PartDatabase) || slices.Contains(s.Needs, PartCache)
	n := 0
	if s.Expose != ExposeNone {
		n += exposed
	}
	if s.Kind == RuntimeEC2 {
		n += instances
		if e.OwnBalancer(name) {
			n += front
		}
		if stores {
			n += settings
		}
		return n
	}
	n += container
	if stores || e.Publishes(name) || e.Monitoring.Collector != nil {
		n += permissions
	}
	if host, _, _ := strings.Cut(s.Image, "/"); !strings.HasSuffix(host, ".amazonaws.com") && host != "public.ecr.aws" {
		n += registry
	}
	return n
}

// limits checks what AWS would refuse. What bindings describe stands as it is.
func (v *validator) limits() {
	e := v.e
	if len(e.Bindings) > 0 || v.list.HasErrors() {
		return
	}
	const why = "CloudFormation refuses a template with more than 500 resources"
	s := e.StackSizes()
	if s.Platform > maxResources {
		left, fit := maxResources-e.platformAround(), 0
		for name := range e.Workload.Services.All() {
			if left -= e.platformOf(name); left < 0 {
				break
			}
			fit++
		}
		v.bad(CodeStackTooLarge, "workload/services", fmt.Sprintf("%d services are too many for one platform stack: it would have %d resources",
			e.Workload.Services.Len(), s.Platform), why, fmt.Sprintf("keep to the first %d, or split the workload over two estates", fit))
	}
	if s.Network > maxResources {
		v.bad(CodeStackTooLarge, "workload/services", fmt.Sprintf("the services have too many flows for one network stack: it would have about %d resources, two for each flow", s.Network),
			why, fmt.Sprintf("take %d out of needs and called-by, or split the workload over two estates", (s.Network-maxResources+1)/2))
	}
	if s.API > maxResources {
		v.bad(CodeStackTooLarge, "workload/services", fmt.Sprintf("the gateway exposes %d services, too many for one API stack: it would have %d resources", len(e.GatewayServices()), s.API),
			why, fmt.Sprintf("expose at most %d, or split the workload over two estates", (maxResources-e.apiAround())/e.apiEach()))
	}
	if s.HubRoutes > maxResources {
		fit := maxResources * e.Environments.Len() / s.HubRoutes
		v.bad(CodeStackTooLarge, "environments", fmt.Sprintf("%d environments are too many for one stack of routes: it would have %d resources", e.Environments.Len(), s.HubRoutes),
			why, fmt.Sprintf("keep to %d, or split the estate", fit))
	}
	if n := len(e.Network.AllowEgress); n > egressDomains {
		v.bad(CodeTooMany, "network/allow-egress", fmt.Sprintf("allow-egress has %d entries; the firewall's list holds %d", n, egressDomains),
			"a rule group's capacity cannot be raised once it is made", "allow whole domains by a leading dot")
	}
	v.cacheUsers()
	hub, _ := e.Hub()
	granted := e.granted(hub, quotaGatewayTables)
	tables := e.Environments.Len() + hubTables
	if e.Peers() {
		tables++ // that of the peering
	}
	if tables > granted && !v.list.HasErrors() {
		v.list.Add(diag.Diagnostic{Severity: diag.Warning, Code: CodeQuota, Pos: v.e.nearestPos("environments"),
			What: fmt.Sprintf("%d environments need %d route tables of one Transit Gateway; AWS grants %d", e.Environments.Len(), tables, granted),
			Why:  "the deployment of the hub would stop half-way",
			Fix:  "before you deploy, ask AWS (Service Quotas, Amazon VPC, Route tables per transit gateway) for " + fmt.Sprint(tables) + " or more, and say so under quotas: {" + hub + ": {" + quotaGatewayTables + ": …}}"})
	}
}
