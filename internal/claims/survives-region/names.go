package survivesregion

import (
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
)

// names sees to it that each name of the gateway can be moved to the gateway of
// the recovery Region, by people and without the home Region.
func (c *checker) names() {
	records := c.records()
	for _, d := range c.of(c.home, "AWS::ApiGateway::DomainName") {
		c.tally.Check(c.scope, 1)
		name := d.Props.Get("DomainName").Text()
		primary, secondary := records[[2]string{name, "PRIMARY"}], records[[2]string{name, "SECONDARY"}]
		switch {
		case primary == nil || secondary == nil:
			c.refute(CodeNameStays, d.Addr, "DomainName", "Add records of the failover policy: a primary one with a health check that leads here, and a secondary one that leads to "+c.there.Region+".",
				"The name %s leads to %s whatever happens there.", name, c.home.Region)
			continue
		case c.leads(secondary) != c.there.Region:
			c.refute(CodeNameNowhere, secondary.Addr, "AliasTarget/DNSName", "Let it lead to the name's counterpart in "+c.there.Region+".", "The secondary record of %s does not lead to the gateway of %s.", name, c.there.Name)
		}
		c.moves(primary)
	}
}

// records returns the records that have a place in failover, by their names and
// the place.
func (c *checker) records() map[[2]string]*resource.Resource {
	all := map[[2]string]*resource.Resource{}
	for _, r := range c.in.Graph.OfType("AWS::Route53::RecordSet") {
		key := [2]string{strings.TrimSuffix(r.Props.Get("Name").Text(), "."), r.Props.Get("Failover").Text()}
		if key[1] != "" && r.Conditional == nil && all[key] == nil {
			all[key] = r
		}
	}
	return all
}

// leads returns the Region of the API Gateway name that a record leads to: one
// that is served there under the record's own name.
func (c *checker) leads(record *resource.Resource) string {
	ref, ok := record.Props.Path("AliasTarget/DNSName").Ref()
	d := c.in.Graph.Get(ref.To)
	if !ok || d == nil || d.Type != "AWS::ApiGateway::DomainName" || d.Props.Get("DomainName").Text() != strings.TrimSuffix(record.Props.Get("Name").Text(), ".") {
		return ""
	}
	return d.Addr.Stack.Region
}

// moves judges what moves a name: a health check that follows an alarm of the
// recovery Region, which people set. One that looks at the home Region itself
// would move traffic before the database has been taken over, to where nothing
// can be written ("Creating Disaster Recovery Mechanisms Using Amazon Route 53",
// AWS Networking & Content Delivery Blog).
func (c *checker) moves(primary *resource.Resource) {
	ref, ok := primary.Props.Get("HealthCheckId").Ref()
	check := c.in.Graph.Get(ref.To)
	if !ok || check == nil {
		c.refute(CodeNameStays, primary.Addr, "HealthCheckId", "Give it a health check that follows an alarm of "+c.there.Region+".", "The primary record of %s has no health check of the templates, so that nothing moves it.", primary.Props.Get("Name").Text())
		return
	}
	if c.judged[check.Addr] {
		return
	}
	c.judged[check.Addr] = true
	config := check.Props.Get("HealthCheckConfig")
	alarm := config.Get("AlarmIdentifier")
	switch region := alarm.Get("Region").Text(); {
	case config.Get("Type").Text() != "CLOUDWATCH_METRIC" || region != c.there.Region:
		c.refute(CodeSwitch, check.Addr, "HealthCheckConfig/AlarmIdentifier/Region", "Let it follow an alarm of "+c.there.Region+".", "%s does not follow an alarm of %s, where people move traffic from.", c.in.Name(check), c.there.Region)
	case c.alarm(alarm.Get("Name").Text(), check) == nil:
		c.refute(CodeSwitch, check.Addr, "HealthCheckConfig/AlarmIdentifier/Name", "Name an alarm of the templates.", "%s follows an alarm that is in none of the templates of %s.", c.in.Name(check), region)
	}
	if a := c.alarm(alarm.Get("Name").Text(), check); a != nil {
		period, known := a.Props.Get("Period").Int()
		times, counted := a.Props.Get("EvaluationPeriods").Int()
		if !known || !counted || period*times > statedSwitch {
			c.refute(CodeSlow, a.Addr, "Period", "Let it look at one period of "+strconv.Itoa(statedSwitch)+" seconds.", "%s needs longer than the %d seconds that are stated to see that traffic is to move.", c.in.Name(a), statedSwitch)
		}
	}
	// What was said last has to count until something else is said: the number is
	// put once ("Monitoring a CloudWatch alarm", Amazon Route 53 Developer Guide).
	if config.Get("InsufficientDataHealthStatus").Text() != "LastKnownStatus" {
		c.refute(CodeForgets, check.Addr, "HealthCheckConfig/InsufficientDataHealthStatus", "Set it to LastKnownStatus.", "%s forgets what people said a minute ago: traffic would move back by itself.", c.in.Name(check))
	}
}

// alarm returns an alarm of the recovery Region that no service's own metric
// raises, or nil.
func (c *checker) alarm(name string, check *resource.Resource) *resource.Resource {
	for _, a := range c.in.Graph.OfType("AWS::CloudWatch::Alarm") {
		s := a.Addr.Stack
		if s.Region == c.there.Region && s.Account == check.Addr.Stack.Account && a.Props.Get("AlarmName").Text() == name && !strings.HasPrefix(a.Props.Get("Namespace").Text(), "AWS/") {
			return a
		}
	}
	return nil
}
