// Package estate holds what a company says about its platform: the estate
// file, typed, with the position of everything in it.
//
// Load returns a complete Estate (every default filled in) or every problem of
// the file at once; it never panics and never returns a half-read estate. An
// Estate is intent: nothing in it is read from templates or from AWS, and
// nothing that is proved about templates is taken from it.
package estate

import (
	"net/netip"
	"time"

	"github.com/suretyhq/surety/diag"
)

// Estate is the whole file.
type Estate struct {
	// Name is the estate's name: a DNS label of at most 20 characters; every
	// stack's name starts with it.
	Name string `yaml:"estate"`
	// Domain is the public DNS domain under which everything is named.
	Domain string `yaml:"domain"`
	// Regions says where the estate runs.
	Regions Regions `yaml:"regions"`
	// Residency lists the countries, by two letters (ISO 3166-1), in which
	// everything that holds data has to be. Default: the country of the home
	// Region.
	Residency []string `yaml:"residency,omitempty"`
	// Organisation lists the AWS accounts.
	Organisation Organisation `yaml:"organisation"`
	// Keys says who administers the KMS keys.
	Keys Keys `yaml:"keys,omitempty"`
	// Logging says how long the archive keeps logs.
	Logging Logging `yaml:"logging,omitempty"`
	// Backup says how long backups are kept.
	Backup Backup `yaml:"backup,omitempty"`
	// Network says how addresses, Availability Zones and egress are laid out.
	Network Network `yaml:"network,omitempty"`
	// Environments are copies of the platform, each in its own VPC.
	Environments Map[Environment] `yaml:"environments"`
	// Workload is what runs in every environment.
	Workload Workload `yaml:"workload"`
	// Tenants are customers who each have a private instance of the workload.
	Tenants Map[Tenant] `yaml:"tenants,omitempty"`
	// Access says how people reach private applications.
	Access Access `yaml:"access,omitempty"`
	// Quotas says what AWS granted an account, by its short name, beyond the
	// defaults: a quota's id and its number.
	Quotas Map[Map[int]] `yaml:"quotas,omitempty"`
	// Parity says in what environments may differ.
	Parity Parity `yaml:"parity,omitempty"`
	// Certificates says which certificates come from elsewhere.
	Certificates Certificates `yaml:"certificates,omitempty"`
	// Monitoring says who is told of alarms, and what sees the estate beside
	// CloudWatch.
	Monitoring Monitoring `yaml:"monitoring,omitempty"`
	// Bindings map resources that Surety did not write to parts of the estate.
	Bindings []Binding `yaml:"bindings,omitempty"`
	// Waivers accept refuted claims for a reason and until a date.
	Waivers []Waiver `yaml:"waivers,omitempty"`

	positions map[string]diag.Position
}

// Regions says where the estate runs.
type Regions struct {
	// Home is the AWS Region of every environment.
	Home string `yaml:"home"`
	// Recovery is the AWS Region that takes over when the home Region is lost,
	// and that copies of data go to. Empty: there is none.
	Recovery string `yaml:"recovery,omitempty"`
}

// Network says how addresses, Availability Zones and egress are laid out.
type Network struct {
	// Supernet is the IPv4 range that every VPC of the estate is cut from.
	// Default 10.0.0.0/8.
	Supernet netip.Prefix `yaml:"supernet,omitempty"`
	// AvailabilityZones is how many zones every tier spans, 3 to 4. Default 3.
	AvailabilityZones int `yaml:"availability-zones,omitempty" jsonschema:"minimum=3,maximum=4"`
	// AllowEgress lists the domains that workloads may reach on the internet
	// over TLS. A leading dot allows every name below the domain.
	AllowEgress []string `yaml:"allow-egress,omitempty"`
	// DNS says which names are asked of others.
	DNS DNS `yaml:"dns,omitempty"`
}

// Environment is one copy of the platform.
type Environment struct {
	// Account is the short name of the account it lives in.
	Account string `yaml:"account"`
	// Size scales capacity: small or large. Never security. Default small.
	Size Size `yaml:"size,omitempty"`
	// CIDR is the environment's VPC range. Default: the next free range of the
	// supernet in the order of the file, so append new environments at the end.
	CIDR netip.Prefix `yaml:"cidr,omitempty"`
	// Recovery says what stands ready in the recovery Region: pilot-light (the
	// data; services are started when the home Region is lost) or warm-standby
	// (services run, at least one copy in each of two Availability Zones).
	// Absent: nothing does.
	Recovery Recovery `yaml:"recovery,omitempty"`
}

// Size scales an environment's capacity.
type Size string

// The sizes.
const (
	Small Size = "small"
	Large Size = "large"
)

// Workload is what runs in every environment.
type Workload struct {
	// Services are the containers and the archives on EC2, by name.
	Services Map[Service] `yaml:"services"`
	// Database is the relational database; absent: none.
	Database *Database `yaml:"database,omitempty"`
	// Cache is the Redis cache; absent: none.
	Cache *Cache `yaml:"cache,omitempty"`
	// Transfer is the exchange of files with partners; absent: none.
	Transfer *Transfer `yaml:"transfer,omitempty"`
	// Analytics copies the database to a lake; absent: nothing is copied.
	Analytics *Analytics `yaml:"analytics,omitempty"`
	// Website is static content on S3 behind CloudFront; absent: none.
	Website *Website `yaml:"website,omitempty"`
	// Functions are what events start, by name.
	Functions Map[Function] `yaml:"functions,omitempty"`
}

// Service is one container on ECS Fargate, or one Java archive on EC2.
type Service struct {
	// Kind says what runs it: "container" (ECS Fargate) or "ec2" (a group of
	// EC2 instances). Default container.
	Kind Runtime `yaml:"kind,omitempty"`
	// Image is the container image: a repository with a tag or digest. A
	// container needs one.
	Image string `yaml:"image,omitempty"`
	// Artifact is the key of the Java archive in the environment's bucket of
	// artefacts, for kind ec2. Default: the service's name and .jar.
	Artifact string `yaml:"artifact,omitempty"`
	// Port is the TCP port on which the service serves TLS. Default 8443.
	Port int `yaml:"port,omitempty" jsonschema:"minimum=1,maximum=65535"`
	// Expose says by which way clients outside the environment come:
	// "gateway" (API Gateway's VPC link), "access" (the Zero Trust tunnel), or
	// none. Both lead through the internal balancer.
	Expose Expose `yaml:"expose,omitempty"`
	// Needs lists the parts that the service opens connections to: "database",
	// "cache" or other services; and "events" if it publishes some.
	Needs []string `yaml:"needs,omitempty"`
	// CalledBy lists the services that open connections to this one; it is
	// Needs said from the other end.
	CalledBy []string `yaml:"called-by,omitempty"`
}

// Expose says by which way clients outside an environment reach a service.
type Expose string

// The ways.
const (
	ExposeNone    Expose = ""
	ExposeGateway Expose = "gateway"
	ExposeAccess  Expose = "access"
)

// EngineAuroraPostgreSQL is the engine that a database can have.
const EngineAuroraPostgreSQL = "aurora-postgresql"

// Database is an Aurora cluster.
type Database struct {
	// Engine is aurora-postgresql.
	Engine string `yaml:"engine" jsonschema:"enum=aurora-postgresql"`
}

// Access says how people reach private applications.
type Access struct {
	// Tunnel is the container that keeps the Zero Trust tunnel open. Needed
	// when a service is exposed by access.
	Tunnel Tunnel `yaml:"tunnel,omitempty"`
	// Okta is the identity provider. Needed when a service is exposed by the
	// gateway.
	Okta Okta `yaml:"okta,omitempty"`
	// BreakGlass is how they do so when the tunnel or the identity provider is
	// down; absent: they cannot.
	BreakGlass *BreakGlass `yaml:"break-glass,omitempty"`
}

// Tunnel is the cloudflared service of every environment.
type Tunnel struct {
	// Image is cloudflared's image, pinned by digest.
	Image string `yaml:"image"`
}

// Binding maps resources to a part of the estate: those that carry every tag
// of Tags, or that have one of the addresses.
type Binding struct {
	// Part is environment/part, for example prod/database.
	Part string `yaml:"part"`
	// Tags must all be on the resource.
	Tags map[string]string `yaml:"tags,omitempty"`
	// Resources are addresses (account/region/stack/logical-id), or
	// stack/logical-id.
	Resources []string `yaml:"resources,omitempty"`
}

// Waiver accepts a refuted claim.
type Waiver struct {
	// Claim is the claim's id.
	Claim string `yaml:"claim"`
	// At is a glob over scopes and, after a slash, parts or resources: "dev",
	// "dev/*", "*".
	At string `yaml:"at"`
	// Why is the reason; it is printed wherever the waiver applies.
	Why string `yaml:"why"`
	// Until is the last day on which the waiver holds, in UTC. An expired
	// waiver is a finding.
	Until time.Time `yaml:"until"`

	pos diag.Position
}

// Pos returns where in the file the waiver stands.
func (w Waiver) Pos() diag.Position { return w.pos }

// PartID names a part of the estate: prod/api, prod/database, hub/egress.
// Tenant is empty for what an environment's tenants share.
type PartID struct{ Environment, Tenant, Name string }

// String prints environment/name or environment/tenant/name.
func (p PartID) String() string {
	if p.Tenant == "" {
		return p.Environment + "/" + p.Name
	}
	return p.Environment + "/" + p.Tenant + "/" + p.Name
}

// Kind is what a part is; it decides which resources may implement it and in
// which tier its interfaces belong.
type Kind string

// The kinds of parts.
const (
	KindService    Kind = "service"    // an ECS service, or EC2 instances with their balancer; Application
	KindDatabase   Kind = "database"   // a DB cluster and its instances, secret and key; Data
	KindBalancer   Kind = "balancer"   // the internal load balancer; DMZ
	KindGateway    Kind = "gateway"    // API Gateway's VPC link; DMZ
	KindTunnel     Kind = "tunnel"     // the Zero Trust tunnel's service; DMZ
	KindEndpoints  Kind = "endpoints"  // interface endpoints; endpoint subnets
	KindAttachment Kind = "attachment" // Transit Gateway attachment; attachment subnets
	KindFirewall   Kind = "firewall"   // the Network Firewall; hub
	KindEgress     Kind = "egress"     // NAT gateways of the egress VPC; hub
	KindLogs       Kind = "logs"       // log groups and buckets
)

// Names of the parts that are not services. A service cannot have one of them.
const (
	PartDatabase   = "database"
	PartBalancer   = "balancer"
	PartGateway    = "gateway"
	PartTunnel     = "tunnel"
	PartEndpoints  = "endpoints"
	PartAttachment = "attachment"
	PartFirewall   = "firewall"
	PartEgress     = "egress"
	PartLogs       = "logs"
)

// Part is a part that the estate asks for.
type Part struct {
	ID   PartID
	Kind Kind
	// Pos is the line of the estate file that asks for it.
	Pos diag.Position
}

// Flow is one declared flow: whoever is From opens connections to To.
type Flow struct {
	From, To PartID
	Protocol string // "tcp" or "udp"
	Port     int
	// Implied is the rule of the closed list (docs/claims/declared-flows.md)
	// that declares the flow, and empty for a flow that the file itself names.
	Implied string
	Pos     diag.Position
}

// Pos returns where in the file the thing at path stands: keys and indexes
// joined by slashes, for example workload/services/api/needs/0. The zero
// position is returned for what the file does not hold.
func (e *Estate) Pos(path string) diag.Position { return e.positions[path] }
