package privateaccessonly

import (
	"fmt"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings about break-glass access.
const (
	CodeGlassOpen   = "BREAK_GLASS_OPEN"
	CodeGlassStays  = "BREAK_GLASS_STAYS_OPEN"
	CodeGlassSilent = "BREAK_GLASS_SILENT"
)

const scalingGroup = "AWS::AutoScaling::AutoScalingGroup"

// glass: the way in for when the tunnel is down is closed until somebody opens
// it, closes again by itself, and tells people.
func (c *checker) glass(site estate.Site) {
	id := estate.PartID{Environment: site.Name, Name: estate.PartBreakGlass}
	for _, a := range c.in.Parts.Members[id] {
		if r := c.in.Graph.Get(a); r.Type == scalingGroup {
			c.tally.Check(proof.Scope(site.Name), 3)
			c.closed(r, proof.Scope(site.Name))
			c.closes(r, proof.Scope(site.Name))
			c.told(r, proof.Scope(site.Name))
		}
	}
}

// closed: a group without DesiredCapacity has as many instances as MinSize
// ("AWS::AutoScaling::AutoScalingGroup").
func (c *checker) closed(r *resource.Resource, scope proof.Scope) {
	for _, property := range []string{"MinSize", "DesiredCapacity"} {
		v := r.Props.Get(property)
		n, known := v.Int()
		if v.IsAbsent() && property == "DesiredCapacity" || known && n == 0 {
			continue
		}
		f := proof.Finding{Code: CodeGlassOpen, At: r.Addr, Property: property, Fix: "Set MinSize and DesiredCapacity to 0."}
		if why := v.FirstUnknown(); why != nil {
			f.Message = fmt.Sprintf("Whether a bastion stands open is not known: %s.", why.Error())
			c.tally.Doubt(scope, f)
			continue
		}
		f.Message = fmt.Sprintf("%s keeps a bastion running, so that a way past the tunnel is open all the time.", c.in.Name(r))
		c.tally.Refute(scope, f)
	}
}

// closes: a scheduled action takes what runs away, again and again
// ("AWS::AutoScaling::ScheduledAction").
func (c *checker) closes(r *resource.Resource, scope proof.Scope) {
	for _, s := range c.in.Graph.OfType("AWS::AutoScaling::ScheduledAction") {
		ref, _ := s.Props.Get("AutoScalingGroupName").Ref()
		n, known := s.Props.Get("DesiredCapacity").Int()
		if ref.To == r.Addr && known && n == 0 && s.Props.Get("Recurrence").Text() != "" {
			return
		}
	}
	c.tally.Refute(scope, proof.Finding{Code: CodeGlassStays, At: r.Addr, Property: "DesiredCapacity",
		Message: fmt.Sprintf("Nothing ends a bastion of %s that was forgotten.", c.in.Name(r)),
		Fix:     "Add a scheduled action with a Recurrence and DesiredCapacity 0."})
}

// told: a rule sends the start of an instance of the group to a topic to which
// somebody has subscribed ("Amazon EC2 Auto Scaling event reference").
func (c *checker) told(r *resource.Resource, scope proof.Scope) {
	name := r.Props.Get("AutoScalingGroupName").Text()
	for _, rule := range c.in.Graph.OfType("AWS::Events::Rule") {
		p := rule.Props.Get("EventPattern")
		if rule.Props.Get("State").Text() == "DISABLED" || !holds(p.Get("detail-type"), "EC2 Instance Launch Successful") ||
			!p.Path("detail/AutoScalingGroupName").IsAbsent() && !holds(p.Path("detail/AutoScalingGroupName"), name) {
			continue
		}
		for _, t := range rule.Props.Get("Targets").Items() {
			if ref, _ := t.Get("Arn").Ref(); c.heard(ref) {
				return
			}
		}
	}
	c.tally.Refute(scope, proof.Finding{Code: CodeGlassSilent, At: r.Addr, Property: "AutoScalingGroupName",
		Message: fmt.Sprintf("Nobody is told when a bastion of %s starts.", c.in.Name(r)),
		Fix:     "Send the event EC2 Instance Launch Successful of the group to a topic with a subscription."})
}

// heard says whether somebody has subscribed to a topic.
func (c *checker) heard(topic value.Ref) bool {
	for _, s := range c.in.Graph.OfType("AWS::SNS::Subscription") {
		if ref, ok := s.Props.Get("TopicArn").Ref(); ok && ref.To == topic.To && s.Props.Get("Endpoint").String() != "" {
			return true
		}
	}
	return false
}

// holds says whether a list of a pattern admits a text.
func holds(v value.Value, text string) bool {
	for _, item := range v.Items() {
		if strings.EqualFold(item.Text(), text) {
			return true
		}
	}
	return false
}
