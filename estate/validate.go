package estate

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/diag"
)

// validator checks what types cannot say. It says nothing about what the
// decoder already refused.
type validator struct {
	e      *Estate
	failed map[string]bool
	list   diag.List
}

func (v *validator) estate() {
	e := v.e
	v.name("estate", "the estate", e.Name)
	if !isDomain(e.Domain) {
		v.bad(CodeDomain, "domain", fmt.Sprintf("%q is not a domain name", short(e.Domain)),
			"every name of the estate is below it", "write a domain in lower case, for example cover.example")
	}
	v.organisation()
	v.keys()
	v.logging()
	v.backup()
	tooMany := v.atMost("environments", e.Environments.Len(), maxEnvironments)
	tooMany = v.atMost("workload/services", e.Workload.Services.Len(), maxServices) || tooMany
	tooMany = v.atMost("workload/functions", e.Workload.Functions.Len(), maxServices) || tooMany
	tooMany = v.atMost("tenants", e.Tenants.Len(), maxTenants) || tooMany
	if tooMany {
		return
	}
	v.network()
	v.environments()
	v.workload()
	v.tenants()
	v.tunnel()
	v.recoveryRegion()
	v.recovery()
	v.residency()
	v.breakGlass()
	v.transfer()
	v.analytics()
	v.quotas()
	v.parity()
	v.okta()
	v.edge()
	v.gateway()
	v.monitoring()
	v.bindings()
	v.waivers()
	v.limits()
	v.unborn()
}

// atMost refuses more entries than an estate can have, and says whether it did.
func (v *validator) atMost(path string, n, most int) bool {
	if n > most {
		v.bad(CodeTooMany, path, fmt.Sprintf("%s has %d entries; an estate has at most %d", path, n, most),
			"everything that is proved grows with the number of services in every environment", "split the estate")
	}
	return n > most
}

// bad adds an error at a path, unless the decoder refused the path or
// something around it.
func (v *validator) bad(code, path, what, why, fix string) {
	for at := path; ; at = at[:max(strings.LastIndexByte(at, '/'), 0)] {
		if v.failed[at] {
			return
		}
		if at == "" {
			break
		}
	}
	if len(v.list) > maxProblems {
		return
	}
	v.list.Add(diag.Diagnostic{Code: code, Pos: v.e.nearestPos(path), What: what, Why: why, Fix: fix})
}

// nearestPos returns the position of a path, or of what surrounds it.
func (e *Estate) nearestPos(path string) diag.Position {
	for path != "" && !e.has(path) {
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
	}
	return e.Pos(path)
}

// name checks a name that people choose; what says whose name it is.
func (v *validator) name(path, what, name string) {
	if isLabel(name) {
		return
	}
	v.bad(CodeName, path, fmt.Sprintf("%q cannot be the name of %s", short(name), what),
		"names become parts of stack names, DNS names and tags",
		fmt.Sprintf("use 1 to %d lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen", maxName))
}

// choice checks that a value is one of a list.
func (v *validator) choice(path, value string, choices ...string) {
	if slices.Contains(choices, value) {
		return
	}
	fix := "write " + strings.Join(choices, " or ")
	if near := diag.Nearest(value, choices); near != "" && len(choices) > 1 {
		fix = "did you mean " + near + "? The choices are " + strings.Join(choices, ", ")
	}
	v.bad(CodeChoice, path, fmt.Sprintf("%s cannot be %q", path[strings.LastIndexByte(path, '/')+1:], short(value)), "", fix)
}

// unknown says that a name names nothing, and what may have been meant.
func (v *validator) unknown(path, kind, name string, known []string) {
	fix := fmt.Sprintf("add %s %s, or remove it here", kind, short(name))
	if near := diag.Nearest(name, known); near != "" {
		fix = "did you mean " + near + "?"
	}
	if len(known) > 0 {
		fix += " Known: " + listed(slices.Sorted(slices.Values(known)))
	}
	v.bad(CodeUnknownName, path, fmt.Sprintf("there is no %s %q", kind, short(name)), "", fix)
}

// listed prints the first names of a list and how many more there are.
func listed(names []string) string {
	const most = 20
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// unread says whether the decoder could not read something whose names others
// refer to, so that a missing name means nothing.
func (v *validator) unread(paths ...string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return v.failed[p] })
}

// repeated refuses values that a list holds twice.
func (v *validator) repeated(path string, items []string) {
	first := map[string]int{}
	for i, item := range items {
		if _, ok := first[item]; ok {
			v.bad(CodeRepeated, index(path, i), fmt.Sprintf("%q is listed twice", short(item)), "", "remove one")
			continue
		}
		first[item] = i
	}
}

func (v *validator) network() {
	e := v.e
	zones := zoneCount(e.Regions.Home)
	switch n := e.Network.AvailabilityZones; {
	case zones == 0:
		v.unknownRegion("regions/home", e.Regions.Home)
	case n < defaultZones || n > maxZones:
		v.bad(CodeZones, "network/availability-zones", fmt.Sprintf("an estate cannot span %d Availability Zones", n),
			"with fewer than three the loss of one leaves no redundancy; addresses are kept for four", "write 3 or 4")
	case n > zones:
		v.bad(CodeZones, "network/availability-zones", fmt.Sprintf("%s has %d Availability Zones for every account, not %d", e.Regions.Home, zones, n),
			"", fewerZones(zones))
	}
	for i, d := range e.Network.AllowEgress {
		if !isDomain(strings.TrimPrefix(d, ".")) {
			v.bad(CodeDomain, index("network/allow-egress", i), fmt.Sprintf("%q is not a domain name", short(d)),
				"the firewall compares it with the name that a TLS client asks for",
				"write example.com for one name, .example.com for the names below it; no star, no URL, lower case")
		}
	}
	v.repeated("network/allow-egress", e.Network.AllowEgress)
	v.dns()
	v.addresses()
}

// unknownRegion says that there is no Region of a name.
func (v *validator) unknownRegion(path, name string) {
	fix := "name an AWS Region, for example ap-southeast-2"
	if near := diag.Nearest(name, KnownRegions()); near != "" {
		fix = "did you mean " + near + "?"
	}
	v.bad(CodeRegion, path, fmt.Sprintf("%q is not an AWS Region that Surety knows", short(name)), "", fix)
}

func fewerZones(zones int) string {
	if zones >= defaultZones {
		return "write " + strconv.Itoa(zones)
	}
	return "choose a Region with at least three"
}

// addresses checks the supernet and the environments' ranges, and that there
// is a plan for them. A range that is refused counts as left out after that.
func (v *validator) addresses() {
	e := v.e
	if !v.privateRange(CodeSupernet, "network/supernet", e.Network.Supernet) {
		return
	}
	for name, env := range e.Environments.All() {
		path := "environments/" + name + "/cidr"
		if !e.has(path) {
			continue
		}
		ok := v.privateRange(CodeCIDR, path, env.CIDR)
		if ok && (env.CIDR.Bits() < vpcLargest || env.CIDR.Bits() > vpcSmallest) {
			v.bad(CodeCIDR, path, fmt.Sprintf("a VPC cannot have the range %s", env.CIDR),
				fmt.Sprintf("AWS allows at most a /%d, and five tiers in four zones need at least a /%d", vpcLargest, vpcSmallest),
				fmt.Sprintf("write a range from /%d to /%d", vpcLargest, vpcSmallest))
			ok = false
		}
		if ok && !contains(e.Network.Supernet, env.CIDR) {
			v.bad(CodeCIDR, path, fmt.Sprintf("%s lies outside the supernet %s", env.CIDR, e.Network.Supernet),
				"routes and the firewall know the estate's addresses by the supernet", "choose a range inside it, or leave cidr out")
			ok = false
		}
		if !ok {
			env.CIDR = netip.Prefix{}
			e.Environments.Set(name, env)
		}
	}
	for _, p := range e.Plan().Problems {
		v.list.Add(p)
	}
}

// privateRange checks that a range is one of private IPv4 addresses (RFC 1918,
// RFC 6598) and starts where it should.
func (v *validator) privateRange(code, path string, p netip.Prefix) bool {
	if v.failed[path] {
		return false
	}
	private := slices.ContainsFunc(privateRanges(), func(r netip.Prefix) bool { return contains(r, p) })
	if !private {
		v.bad(code, path, fmt.Sprintf("%s is not a private IPv4 range", p), "other addresses belong to someone on the internet",
			"choose a range inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
		return false
	}
	if p != p.Masked() {
		v.bad(code, path, fmt.Sprintf("%s does not start at the range's first address", p), "AWS would change it silently", "write "+p.Masked().String())
		return false
	}
	return true
}

func privateRanges() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
	}
}

// contains says whether all of inner lies in outer.
func contains(outer, inner netip.Prefix) bool {
	return inner.IsValid() && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

func (v *validator) environments() {
	e := v.e
	if e.Environments.Len() == 0 {
		v.bad(CodeNoEnvironment, "environments", "the estate has no environment", "nothing would run anywhere", "add one, for example dev: {account: dev}")
	}
	for name, env := range e.Environments.All() {
		path := "environments/" + name
		v.name(path, "an environment", name)
		if slices.Contains(reservedEnvironments(), name) {
			v.bad(CodeReservedName, path, fmt.Sprintf("an environment cannot be named %q", name), "Surety uses the name itself", "choose another name")
		}
		v.choice(path+"/size", string(env.Size), string(Small), string(Large))
		v.environmentsAccount(path+"/account", name, env.Account)
	}
}

// environmentsAccount checks in whose account an environment lives. What
// bindings describe stands as it is.
func (v *validator) environmentsAccount(path, name, account string) {
	e := v.e
	hub, _ := e.Hub()
	archive, _ := e.WithRole(RoleLogArchive)
	_, known := e.Organisation.Accounts.Get(account)
	switch {
	case !known && !v.unread("organisation", "organisation/accounts"):
		v.unknown(path, "account", account, e.Organisation.Accounts.Keys())
	case !known, len(e.Bindings) > 0:
	case account == hub:
		v.bad(CodeHub, path, fmt.Sprintf("environment %s lives in the network hub's account %s", name, hub),
			"whoever administers an environment could change what separates all of them", "give the environment an account of its own")
	case account == archive:
		v.bad(CodeOrganisation, path, fmt.Sprintf("environment %s lives in the log archive's account %s", name, archive),
			"whoever administers an environment could reach the logs of all of them", "give the environment an account of its own")
	}
}
