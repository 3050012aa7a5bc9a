package estate

import (
	"cmp"
	"slices"
	"strings"
)

// Tenant is a customer who has a private instance of the workload.
type Tenant struct {
	// Name is the customer's name as people write it. Default: the entry's name.
	Name string `yaml:"name,omitempty"`
	// Group is the identity provider's group whose members use the tenant's
	// applications. Default: the entry's name.
	Group string `yaml:"group,omitempty"`
	// Environments are those that the tenant has an instance in. Default: all.
	Environments []string `yaml:"environments,omitempty"`
	// Throttle bounds the tenant's use of the API.
	Throttle Throttle `yaml:"throttle,omitempty"`
	// Hostname is the tenant's name in DNS: a label below each environment's
	// domain, or a whole domain name for a tenant of one environment. Default:
	// the entry's name, as a label.
	Hostname string `yaml:"hostname,omitempty"`
	// State is active, or retained: nothing of the tenant runs any more, but
	// its data, their keys and their backups are kept. Default active.
	State TenantState `yaml:"state,omitempty"`
}

// Throttle bounds how many requests API Gateway lets through.
type Throttle struct {
	// Rate is how many requests a second. Default 100.
	Rate int `yaml:"rate,omitempty" jsonschema:"minimum=1,maximum=10000"`
	// Burst is how many requests at once. Default twice the rate, at most 5000.
	Burst int `yaml:"burst,omitempty" jsonschema:"minimum=1,maximum=5000"`
}

// TenantState says what there is of a tenant.
type TenantState string

// The states.
const (
	TenantActive   TenantState = "active"
	TenantRetained TenantState = "retained"
)

// Retained says whether only the tenant's data are left.
func (t Tenant) Retained() bool { return t.State == TenantRetained }

// In says whether the tenant has an instance, or data, in an environment.
func (t Tenant) In(environment string) bool { return slices.Contains(t.Environments, environment) }

// EnvironmentDomain returns the domain below which everything of an
// environment is named.
func (e *Estate) EnvironmentDomain(environment string) string { return environment + "." + e.Domain }

// TenantHostname returns a tenant's whole domain name in an environment.
func (e *Estate) TenantHostname(tenant, environment string) string {
	t, _ := e.Tenants.Get(tenant)
	host := cmp.Or(t.Hostname, tenant)
	if strings.Contains(host, ".") {
		return host
	}
	return host + "." + e.EnvironmentDomain(environment)
}

// Defaults and bounds of a throttle: what API Gateway grants an account in a
// Region at first ("Amazon API Gateway quotas", API Gateway Developer Guide).
const (
	defaultRate = 100
	maxRate     = 10_000
	maxBurst    = 5_000
)

func (e *Estate) fillTenants() {
	for name, t := range e.Tenants.All() {
		path := "tenants/" + name
		t.Name = cmp.Or(t.Name, name)
		t.Group = cmp.Or(t.Group, name)
		t.Hostname = cmp.Or(t.Hostname, name)
		t.State = cmp.Or(t.State, TenantActive)
		if !e.has(path + "/environments") {
			t.Environments = e.Environments.Keys()
		}
		if !e.has(path + "/throttle/rate") {
			t.Throttle.Rate = defaultRate
		}
		if !e.has(path + "/throttle/burst") {
			t.Throttle.Burst = min(2*t.Throttle.Rate, maxBurst)
		}
		e.Tenants.Set(name, t)
	}
}
