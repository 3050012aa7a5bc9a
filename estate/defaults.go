package estate

import (
	"cmp"
	"net/netip"
)

// Defaults of what the file leaves out.
const (
	defaultZones = 3
	defaultPort  = 8443
)

func defaultSupernet() netip.Prefix { return netip.MustParsePrefix("10.0.0.0/8") }

// fillDefaults sets what the file leaves out.
func (e *Estate) fillDefaults() {
	if c := Country(e.Regions.Home); !e.has("residency") && c != "" {
		e.Residency = []string{c}
	}
	if !e.has("network/supernet") {
		e.Network.Supernet = defaultSupernet()
	}
	if !e.has("network/availability-zones") {
		e.Network.AvailabilityZones = defaultZones
	}
	if !e.has("organisation/control-tower") {
		e.Organisation.ControlTower = e.has("organisation/management")
	}
	e.Keys.Origin = cmp.Or(e.Keys.Origin, OriginKMS)
	if !e.has("logging/lock-days") {
		e.Logging.LockDays = defaultLockDays
	}
	if !e.has("logging/keep-days") {
		e.Logging.KeepDays = max(defaultKeepDays, e.Logging.LockDays)
	}
	for name, env := range e.Environments.All() {
		env.Size = cmp.Or(env.Size, Small)
		e.Environments.Set(name, env)
	}
	for name, s := range e.Workload.Services.All() {
		if !e.has("workload/services/" + name + "/port") {
			s.Port = defaultPort
		}
		s.Kind = cmp.Or(s.Kind, RuntimeContainer)
		if s.Kind == RuntimeEC2 && !e.has("workload/services/"+name+"/artifact") {
			s.Artifact = name + suffixArchive
		}
		e.Workload.Services.Set(name, s)
	}
	e.fillTenants()
}

// has says whether the file holds something at path.
func (e *Estate) has(path string) bool { _, ok := e.positions[path]; return ok }
