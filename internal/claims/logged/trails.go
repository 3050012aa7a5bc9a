package logged

import (
	"fmt"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// trails judges trails ("Creating a trail for an organization", AWS CloudTrail
// User Guide), and with an estate that there is one of the organisation.
func (c *checker) trails() {
	organisation := false
	for _, t := range c.in.Graph.OfType("AWS::CloudTrail::Trail") {
		c.follow(source{of: t, what: "log", property: "S3BucketName", missing: CodeTrailPartial, to: []value.Value{t.Props.Get("S3BucketName")},
			fix: "Write the trail to the archive."})
		for _, need := range []struct{ property, lacks string }{
			{"IsLogging", "is stopped"}, {"IsMultiRegionTrail", "records one Region only"}, {"IncludeGlobalServiceEvents", "leaves global services out"},
			{"EnableLogFileValidation", "has no digests by which a changed log would be noticed"},
		} {
			c.trail(t, need.property, need.lacks)
		}
		c.management(t)
		b, _ := t.Props.Get("IsOrganizationTrail").Bool()
		organisation = organisation || b
	}
	c.organisationTrail(organisation)
}

// trail judges a property of a trail that has to be true.
func (c *checker) trail(t *resource.Resource, property, lacks string) {
	v := t.Props.Get(property)
	if b, ok := v.Bool(); ok && b {
		return
	}
	f := proof.Finding{Code: CodeTrailPartial, At: t.Addr, Property: property, Fix: "Set " + property + " to true.",
		Message: fmt.Sprintf("%s %s.", c.in.Name(t), lacks)}
	if why := v.FirstUnknown(); why != nil {
		f.Message = fmt.Sprintf("Whether %s %s is not known: %s.", c.in.Name(t), lacks, why.Error())
		c.tally.Doubt(c.in.ScopeOf(t), f)
		return
	}
	c.tally.Refute(c.in.ScopeOf(t), f)
}

// management judges whether the selectors of a trail leave management events
// out; without selectors it records them ("Logging management events", AWS
// CloudTrail User Guide).
func (c *checker) management(t *resource.Resource) {
	const advanced, basic = "AdvancedEventSelectors", "EventSelectors"
	property, records := advanced, false
	for _, s := range t.Props.Get(advanced).Items() {
		records = records || everyManagementEvent(s.Get("FieldSelectors").Items())
	}
	if t.Props.Get(advanced).Len() == 0 {
		property, records = basic, t.Props.Get(basic).Len() == 0
		for _, s := range t.Props.Get(basic).Items() {
			on, ok := s.Get("IncludeManagementEvents").Bool()
			records = records || (!ok || on) && (s.Get("ReadWriteType").IsAbsent() || s.Get("ReadWriteType").Text() == "All")
		}
	}
	if !records {
		c.tally.Refute(c.in.ScopeOf(t), proof.Finding{Code: CodeTrailPartial, At: t.Addr, Property: property,
			Message: fmt.Sprintf("The selectors of %s leave management events out.", c.in.Name(t)), Fix: "Add a selector of all management events."})
	}
}

// everyManagementEvent says whether fields select management events and nothing
// narrows them.
func everyManagementEvent(fields []value.Value) bool {
	if len(fields) != 1 || fields[0].Get("Field").Text() != "eventCategory" {
		return false
	}
	for _, v := range fields[0].Get("Equals").Items() {
		if v.Text() == "Management" {
			return true
		}
	}
	return false
}

// organisationTrail wants a trail of the organisation where there is an estate.
func (c *checker) organisationTrail(have bool) {
	e := c.in.Estate
	switch {
	case e == nil || have:
	case e.HasTrail():
		c.tally.Refute(estate.AuditEnvironment, proof.Finding{Code: CodeTrailMissing, Part: estate.PartID{Environment: estate.AuditEnvironment, Name: estate.PartTrail},
			Message: "No trail records what is done in all accounts of the organisation.",
			Fix:     "Add AWS::CloudTrail::Trail with IsOrganizationTrail, IsMultiRegionTrail and EnableLogFileValidation to the audit account."})
	default:
		c.tally.Doubt(proof.ScopeEstate, proof.Finding{Code: CodeTrailElsewhere,
			Message: "Whether a trail records what is done in all accounts is not known: the estate does not name the organisation's management account, a log archive and an audit account.",
			Fix:     "Name organisation.management, and give two accounts the roles log-archive and audit."})
	}
}
