package estate

import (
	"fmt"
	"slices"
	"strings"
)

// Recovery says what of an environment stands ready in the recovery Region.
type Recovery string

// The ways to be ready ("Disaster recovery options in the cloud", AWS
// whitepaper Disaster Recovery of Workloads on AWS).
const (
	RecoveryNone        Recovery = ""
	RecoveryPilotLight  Recovery = "pilot-light"
	RecoveryWarmStandby Recovery = "warm-standby"
)

// recoverySuffix makes the name of an environment's site in the recovery
// Region from the environment's.
const recoverySuffix = "-recovery"

// Recovery says whether the site recovers an environment whose home is
// elsewhere.
func (s Site) Recovery() bool { return s.Name != s.Environment }

// Home returns the site of an environment in the home Region.
func (e *Estate) Home(s Site) Site {
	home, _ := e.Site(s.Environment)
	return home
}

// RecoverySite returns the site that recovers an environment, if there is one.
func (e *Estate) RecoverySite(environment string) (Site, bool) {
	return e.Site(environment + recoverySuffix)
}

// Standby returns what a site holds ready: nothing at home, where everything
// runs.
func (e *Estate) Standby(s Site) Recovery {
	if !s.Recovery() {
		return RecoveryNone
	}
	env, _ := e.Environments.Get(s.Environment)
	return env.Recovery
}

// ImageAt is where a site takes an image from. What home takes from Amazon ECR of
// its Region, a site that recovers it takes from the same repository in its own,
// to which the registry has to replicate it ("Private image replication in
// Amazon ECR", Amazon ECR User Guide).
func (e *Estate) ImageAt(s Site, image string) string {
	const registry = ".dkr.ecr."
	return strings.Replace(image, registry+e.Regions.Home+".", registry+s.Region+".", 1)
}

// recovers says whether an environment has a site in the recovery Region.
func (e *Estate) recovers(env Environment) bool {
	return e.Regions.Recovery != "" && (env.Recovery == RecoveryPilotLight || env.Recovery == RecoveryWarmStandby)
}

// Recovers says whether any environment has a site in the recovery Region, so
// that there is a hub in it.
func (e *Estate) Recovers() bool {
	for _, env := range e.Environments.All() {
		if e.recovers(env) {
			return true
		}
	}
	return false
}

// HubSite is a hub: its environment component, and the Region that it is in.
type HubSite struct{ Name, Region string }

// Hubs returns the hubs, the home Region's first.
func (e *Estate) Hubs() []HubSite {
	all := []HubSite{{HubEnvironment, e.Regions.Home}}
	if e.Recovers() {
		all = append(all, HubSite{HubRecoveryEnvironment, e.Regions.Recovery})
	}
	return all
}

// IsHub says whether an environment component is a hub's.
func IsHub(environment string) bool {
	return environment == HubEnvironment || environment == HubRecoveryEnvironment
}

// RegionOf returns the Region that the parts of an environment component are
// in: the home Region but for what is in the recovery Region.
func (e *Estate) RegionOf(environment string) string {
	if s, ok := e.Site(environment); ok {
		return s.Region
	}
	if environment == HubRecoveryEnvironment {
		return e.Regions.Recovery
	}
	return e.Regions.Home
}

// recovery checks how environments recover. What bindings describe stands as it
// is.
func (v *validator) recovery() {
	e := v.e
	for name, env := range e.Environments.All() {
		path := "environments/" + name + "/recovery"
		if !e.has(path) {
			continue
		}
		v.choice(path, string(env.Recovery), string(RecoveryPilotLight), string(RecoveryWarmStandby))
		if e.Regions.Recovery == "" && !v.unread("regions", "regions/recovery") {
			v.bad(CodeRecovery, path, fmt.Sprintf("environment %s is to recover, but the estate has no Region for it", name), "",
				"name one, for example regions: {home: ap-southeast-2, recovery: ap-southeast-4}; or leave recovery out here")
		}
		if site := name + recoverySuffix; len(site) > maxName {
			v.bad(CodeName, path, fmt.Sprintf("the name of environment %s is too long for one that recovers", name),
				"its place in the recovery Region is named "+site+", and names become parts of stack names and role names",
				fmt.Sprintf("choose a name of at most %d characters", maxName-len(recoverySuffix)))
		} else if _, taken := e.Environments.Get(site); taken {
			v.bad(CodeReservedName, "environments/"+site, fmt.Sprintf("an environment cannot be named %q", site),
				"it is the name of the place where environment "+name+" recovers", "choose another name")
		}
	}
	v.recoveryServices()
}

// recoveryServices checks that the recovery Region has what the estate needs
// there.
func (v *validator) recoveryServices() {
	e := v.e
	if !e.Recovers() || zoneCount(e.Regions.Recovery) == 0 {
		return
	}
	for _, s := range standbyServices() {
		if s.needed(e) && slices.Contains(s.lacking, e.Regions.Recovery) {
			v.bad(CodeRecovery, "regions/recovery", fmt.Sprintf("%s has no %s", e.Regions.Recovery, s.name), s.why, "choose another Region in a country of residency, or take recovery off the environments")
		}
	}
}

// standbyService is a service of AWS that a recovery Region has to have.
type standbyService struct {
	name, why string
	needed    func(*Estate) bool
	lacking   []string // Regions
}

// standbyServices are those that not every Region has. Sources: "Supported
// Regions and DB engines for Aurora global databases", Amazon Aurora User Guide;
// the resource types of each Region's CloudFormation registry for API Gateway's
// VPC links.
func standbyServices() []standbyService {
	return []standbyService{
		{"Aurora global databases", "the database's copy there would have nothing to follow",
			func(e *Estate) bool { return e.Workload.Database != nil }, []string{"ap-east-2", "ap-southeast-6", "ap-southeast-7"}},
		{"VPC links of API Gateway", "the gateway there could not reach the services",
			func(e *Estate) bool { return e.exposures().gateway != "" }, []string{"ap-east-2", "ap-southeast-6"}},
	}
}
