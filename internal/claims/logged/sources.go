package logged

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// networks judges the flow logs and the DNS query logs of every VPC ("VPC Flow
// Logs", Amazon VPC User Guide; "Resolver query logging", Amazon Route 53
// Developer Guide).
func (c *checker) networks() {
	flows := c.about("AWS::EC2::FlowLog", "ResourceId")
	queries := c.about("AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation", "ResourceId")
	for _, vpc := range c.in.Graph.OfType("AWS::EC2::VPC") {
		c.flowLog(vpc, flows)
		s := source{of: vpc, what: "DNS query log", missing: CodeQueryMissing, unsure: queries.unsure,
			fix: "Associate the VPC with a query logging configuration whose log group or bucket is carried to the archive."}
		for _, a := range queries.of[vpc.Addr] {
			s.to = append(s.to, c.queryDestination(a.Props.Get("ResolverQueryLogConfigId")))
		}
		c.follow(s)
	}
}

func (c *checker) flowLog(vpc *resource.Resource, flows described) {
	s := source{of: vpc, what: "flow log", missing: CodeFlowMissing, unsure: flows.unsure,
		fix: "Add AWS::EC2::FlowLog of the VPC with TrafficType ALL whose LogDestination is a bucket that copies to the archive."}
	var partial *resource.Resource
	for _, log := range flows.of[vpc.Addr] {
		switch t := log.Props.Get("TrafficType"); {
		case t.IsUnknown():
			s.unsure = t.Reason()
		case t.Text() != "ALL":
			partial = log
		default:
			s.to = append(s.to, flowDestination(log))
		}
	}
	if len(s.to) > 0 || partial == nil {
		c.follow(s)
		return
	}
	c.tally.Check(c.in.ScopeOf(vpc), 1)
	c.tally.Refute(c.in.ScopeOf(vpc), proof.Finding{Code: CodeFlowPartial, At: partial.Addr, Property: "TrafficType",
		Message: fmt.Sprintf("The flow log of %s records a part of its traffic only.", c.in.Name(vpc)), Fix: "Set TrafficType to ALL."})
}

func flowDestination(log *resource.Resource) value.Value {
	if v := log.Props.Get("LogDestination"); !v.IsAbsent() {
		return v
	}
	return log.Props.Get("LogGroupName")
}

// queryDestination returns where a query logging configuration logs to.
func (c *checker) queryDestination(config value.Value) value.Value {
	if ref, ok := config.Ref(); ok {
		if r := c.in.Graph.Get(ref.To); r != nil {
			return r.Props.Get("DestinationArn")
		}
	}
	return config
}

// firewalls judges the alerts and flows of network firewalls ("Logging network
// traffic from AWS Network Firewall", AWS Network Firewall Developer Guide).
func (c *checker) firewalls() {
	logging := c.about("AWS::NetworkFirewall::LoggingConfiguration", "FirewallArn")
	for _, fw := range c.in.Graph.OfType("AWS::NetworkFirewall::Firewall") {
		for _, kind := range []string{"ALERT", "FLOW"} {
			s := source{of: fw, what: kind + " log", missing: CodeFirewallMissing, unsure: logging.unsure,
				fix: "Log " + kind + " to a log group or bucket that is carried to the archive."}
			for _, l := range logging.of[fw.Addr] {
				for _, d := range l.Props.Path("LoggingConfiguration/LogDestinationConfigs").Items() {
					if d.Get("LogType").Text() == kind {
						s.to = append(s.to, firewallDestination(d.Get("LogDestination")))
					}
				}
			}
			c.follow(s)
		}
	}
}

func firewallDestination(d value.Value) value.Value {
	for _, key := range []string{"logGroup", "bucketName", "deliveryStream"} {
		if v := d.Get(key); !v.IsAbsent() {
			return v
		}
	}
	return d
}

// described are resources by what they are about, and why some may be about
// anything.
type described struct {
	of     map[addr.Address][]*resource.Resource
	unsure *value.Reason
}

// about returns the resources of a type by the resource that a property of
// theirs names. One that may not exist counts for nothing that is sure.
func (c *checker) about(typ, property string) described {
	d := described{of: map[addr.Address][]*resource.Resource{}}
	for _, r := range c.in.Graph.OfType(typ) {
		v := r.Props.Get(property)
		if why := v.FirstUnknown(); why != nil {
			d.unsure = why
		}
		if r.Conditional != nil {
			d.unsure = r.Conditional
			continue
		}
		parts := []value.Value{v}
		if v.Kind() == value.Concat {
			parts = v.Items()
		}
		for _, p := range parts {
			if ref, ok := p.Ref(); ok {
				d.of[ref.To] = append(d.of[ref.To], r)
			}
		}
	}
	return d
}

// balancers judges Application Load Balancers.
func (c *checker) balancers() {
	for _, lb := range c.in.Graph.OfType("AWS::ElasticLoadBalancingV2::LoadBalancer") {
		if t := lb.Props.Get("Type").Text(); t != "" && t != "application" {
			continue
		}
		attributes := map[string]value.Value{}
		for _, a := range lb.Props.Get("LoadBalancerAttributes").Items() {
			attributes[a.Get("Key").Text()] = a.Get("Value")
		}
		s := source{of: lb, what: "access log", property: "LoadBalancerAttributes", missing: CodeAccessMissing,
			fix: "Set access_logs.s3.enabled to true and access_logs.s3.bucket to a bucket that copies to the archive."}
		if on := attributes["access_logs.s3.enabled"]; on.Text() == "true" || on.IsUnknown() {
			s.to = append(s.to, attributes["access_logs.s3.bucket"])
		}
		c.follow(s)
	}
}

// stages judges the stages of APIs.
func (c *checker) stages() {
	for _, kind := range [][2]string{{"AWS::ApiGateway::Stage", "AccessLogSetting"}, {"AWS::ApiGatewayV2::Stage", "AccessLogSettings"}} {
		for _, stage := range c.in.Graph.OfType(kind[0]) {
			property := kind[1]
			s := source{of: stage, what: "access log", property: property + "/DestinationArn", missing: CodeAccessMissing,
				fix: "Set " + property + " to a log group that is carried to the archive."}
			if v := stage.Props.Path(s.property); !v.IsAbsent() {
				s.to = append(s.to, v)
			}
			c.follow(s)
		}
	}
}

// distributions judges CloudFront, by either way of its standard logging
// ("Standard logging", Amazon CloudFront Developer Guide).
func (c *checker) distributions() {
	sources := c.about("AWS::Logs::DeliverySource", "ResourceArn")
	for _, d := range c.in.Graph.OfType("AWS::CloudFront::Distribution") {
		s := source{of: d, what: "access log", property: "DistributionConfig/Logging", missing: CodeAccessMissing, unsure: sources.unsure,
			fix: "Deliver the distribution's access logs to a bucket that copies to the archive."}
		if v := d.Props.Path("DistributionConfig/Logging/Bucket"); !v.IsAbsent() {
			s.to = append(s.to, v)
		}
		for _, from := range sources.of[d.Addr] {
			s.to = append(s.to, c.deliveries(from)...)
		}
		c.follow(s)
	}
}

// deliveries returns where a delivery source is delivered.
func (c *checker) deliveries(from *resource.Resource) []value.Value {
	var to []value.Value
	for _, d := range c.in.Graph.OfType("AWS::Logs::Delivery") {
		name := d.Props.Get("DeliverySourceName")
		ref, ok := name.Ref()
		if ok && ref.To == from.Addr || !ok && name.Text() != "" && name.Text() == from.Props.Get("Name").Text() {
			to = append(to, d.Props.Get("DeliveryDestinationArn"))
		}
	}
	return to
}

// webACLs judges AWS WAF.
func (c *checker) webACLs() {
	logging := c.about("AWS::WAFv2::LoggingConfiguration", "ResourceArn")
	for _, acl := range c.in.Graph.OfType("AWS::WAFv2::WebACL") {
		s := source{of: acl, what: "log", missing: CodeAccessMissing, unsure: logging.unsure,
			fix: "Add AWS::WAFv2::LoggingConfiguration with a bucket that copies to the archive."}
		for _, l := range logging.of[acl.Addr] {
			s.to = append(s.to, l.Props.Get("LogDestinationConfigs").Items()...)
		}
		c.follow(s)
	}
}

// configurations judges where AWS Config delivers what it records.
func (c *checker) configurations() {
	for _, channel := range c.in.Graph.OfType("AWS::Config::DeliveryChannel") {
		c.follow(source{of: channel, what: "configuration history", property: "S3BucketName", missing: CodeNotArchived,
			to: []value.Value{channel.Props.Get("S3BucketName")}, fix: "Deliver to a bucket that copies to the archive."})
	}
}

// buckets judges the server access logs of buckets. Those that logs pass or end
// in have none: each record would make another, and what is done in the
// archive the trail records.
func (c *checker) buckets() {
	all := c.in.Graph.OfType("AWS::S3::Bucket")
	for _, b := range all { // so that every bucket of logs is known
		if v := b.Props.Path("LoggingConfiguration/DestinationBucketName"); !v.IsAbsent() {
			c.ways.end(b, v)
		}
	}
	for _, t := range c.in.Graph.OfType("AWS::CloudTrail::Trail") {
		c.ways.end(t, t.Props.Get("S3BucketName"))
	}
	for _, b := range all {
		if c.ways.passed[b.Addr] {
			continue
		}
		s := source{of: b, what: "access log", property: "LoggingConfiguration/DestinationBucketName", missing: CodeAccessMissing,
			fix: "Set LoggingConfiguration to a bucket of the same account and Region that copies to the archive."}
		if v := b.Props.Path(s.property); !v.IsAbsent() {
			s.to = append(s.to, v)
		}
		c.follow(s)
	}
}

// minRetention is for how many days a log group keeps its events at least: PCI
// DSS 4.0, requirement 10.5.1, wants three months of them at hand.
const minRetention = 90

// groups judges for how long log groups keep their events.
func (c *checker) groups() {
	for _, g := range c.in.Graph.OfType("AWS::Logs::LogGroup") {
		scope := c.in.ScopeOf(g)
		c.tally.Check(scope, 1)
		v := g.Props.Get("RetentionInDays")
		f := proof.Finding{Code: CodeRetention, At: g.Addr, Property: "RetentionInDays", Fix: "Set RetentionInDays to " + strconv.Itoa(minRetention) + " or more."}
		days, known := v.Int()
		switch {
		case v.IsAbsent() || v.Kind() == value.Null:
			f.Message = c.in.Name(g) + " says nothing of how long it keeps its events: they are kept, and paid for, for ever."
		case !known:
			f.Message = fmt.Sprintf("For how long %s keeps its events is not known: %s.", c.in.Name(g), v)
			c.tally.Doubt(scope, f)
			continue
		case days >= minRetention:
			continue
		default:
			f.Message = fmt.Sprintf("%s keeps its events for %d days.", c.in.Name(g), days)
		}
		c.tally.Refute(scope, f)
	}
}

// isText says whether a value is one of some texts.
func isText(v value.Value, texts ...string) bool { return slices.Contains(texts, v.Text()) }
