package estate

import "slices"

// KindCanary is canaries that ask exposed services by the balancer; DMZ.
const KindCanary Kind = "canary"

// PartCanary is the part of that kind in each site.
const PartCanary = "canary"

// ImpliedCanary says that canaries ask exposed services by way of the balancer.
const ImpliedCanary = "canary"

// Monitoring says who is told of alarms, and what sees the estate beside
// Amazon CloudWatch. Alarms, dashboards and canaries are there without it.
type Monitoring struct {
	// Notify are e-mail addresses that are told when an alarm is raised and when
	// it is over. Each has to confirm once in each environment.
	Notify []string `yaml:"notify,omitempty"`
	// Collector is the container beside each service that sends its traces to
	// AWS X-Ray. Absent: services are not traced.
	Collector *Collector `yaml:"collector,omitempty"`
	// Datadog sees metrics and logs too; absent: it sees nothing.
	Datadog *Datadog `yaml:"datadog,omitempty"`
}

// Collector is the AWS Distro for OpenTelemetry's collector.
type Collector struct {
	// Image is the collector's image, pinned by digest.
	Image string `yaml:"image"`
}

// Datadog is an organisation at Datadog.
type Datadog struct {
	// Site is Datadog's site that the organisation is on, for example
	// ap2.datadoghq.com, which is in Australia.
	Site string `yaml:"site"`
}

// DatadogSite is a site of Datadog's.
type DatadogSite struct {
	// Name is the site parameter.
	Name string
	// Country is where its data lies, by its ISO 3166 code.
	Country string
	// Account is the AWS account from which it reads.
	Account string
	// LogIntake is where Amazon Data Firehose delivers logs.
	LogIntake string
}

// DatadogSites returns the sites that an estate can name, sorted. Sources:
// Datadog's pages "Getting Started with Datadog Sites", "AWS Manual Setup" and
// "Send AWS Services Logs with the Datadog Amazon Data Firehose Destination".
func DatadogSites() []DatadogSite {
	const commercial, firehose = "464622532012", "/api/v2/logs?dd-protocol=aws-kinesis-firehose"
	return []DatadogSite{
		{"ap1.datadoghq.com", "JP", "417141415827", "https://aws-kinesis-http-intake.logs.ap1.datadoghq.com" + firehose},
		{"ap2.datadoghq.com", "AU", "412381753143", "https://aws-kinesis-http-intake.logs.ap2.datadoghq.com" + firehose},
		{"datadoghq.com", "US", commercial, "https://aws-kinesis-http-intake.logs.datadoghq.com/v1/input"},
		{"datadoghq.eu", "DE", commercial, "https://aws-kinesis-http-intake.logs.datadoghq.eu/v1/input"},
		{"us3.datadoghq.com", "US", commercial, "https://aws-kinesis-http-intake.logs.us3.datadoghq.com" + firehose},
		{"us5.datadoghq.com", "US", commercial, "https://aws-kinesis-http-intake.logs.us5.datadoghq.com" + firehose},
	}
}

// Details returns what is known of the site.
func (d Datadog) Details() (DatadogSite, bool) {
	all := DatadogSites()
	i := slices.IndexFunc(all, func(s DatadogSite) bool { return s.Name == d.Site })
	if i < 0 {
		return DatadogSite{}, false
	}
	return all[i], true
}

// HasCanaries says whether a site has an entry that canaries can ask: something
// is exposed there, and runs.
func (e *Estate) HasCanaries(site Site) bool {
	return e.exposures().any != "" && e.Standby(site) != RecoveryPilotLight
}

// canaryParts: canaries, if any service is exposed.
func (e *Estate) canaryParts(b *partBuilder) {
	if x := e.exposures(); e.HasCanaries(b.site) {
		b.add(PartCanary, KindCanary, x.any)
	}
}

// canaryFlows: canaries ask by the balancer, as clients do, and leave what they
// saw with AWS.
func (e *Estate) canaryFlows(b *flowBuilder) {
	site, _ := e.Site(b.env)
	if x := e.exposures(); e.HasCanaries(site) {
		b.add(PartCanary, PartBalancer, PortTLS, Flow{Implied: ImpliedCanary, Pos: e.Pos(x.any)})
		b.add(PartCanary, PartEndpoints, PortTLS, Flow{Implied: ImpliedEndpoints, Pos: e.Pos(x.any)})
	}
}
