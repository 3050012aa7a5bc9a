package recoverable

import (
	"fmt"
	"strconv"

	"github.com/suretyhq/surety/internal/resource"
)

// replication judges whether a bucket is copied to the recovery Region, where
// the estate has one, within a known time ("Meeting compliance requirements with
// S3 Replication Time Control", Amazon S3 User Guide).
func (c *checker) replication(r *resource.Resource) {
	recovery := c.in.Estate.Regions.Recovery
	if recovery == "" {
		return
	}
	const property = "ReplicationConfiguration"
	rules := r.Props.Path(property + "/Rules")
	if why := r.Props.Get(property).FirstUnknown(); why != nil {
		c.doubt(r, property, "may not be copied to "+recovery, why)
		return
	}
	untimed, unknown := "", false
	for i, rule := range rules.Items() {
		if rule.Get("Status").Text() != "Enabled" || rule.Path("Filter/Prefix").Text() != "" || rule.Path("Filter/And").Len() > 0 || rule.Path("Filter/TagFilter").Len() > 0 || rule.Get("Prefix").Text() != "" {
			continue
		}
		to := c.named(rule.Path("Destination/Bucket"), "AWS::S3::Bucket")
		if to == nil {
			unknown = true
			continue
		}
		if to.Addr.Stack.Region != recovery {
			continue
		}
		if rule.Path("Destination/ReplicationTime/Status").Text() == "Enabled" && rule.Path("Destination/Metrics/Status").Text() == "Enabled" {
			return
		}
		untimed = property + "/Rules/" + strconv.Itoa(i) + "/Destination/ReplicationTime"
	}
	switch {
	case untimed != "":
		c.refute(r, CodeUntimed, untimed, "is copied to "+recovery+" whenever Amazon S3 comes to it: how much is lost with the Region is not bounded.", "Enable ReplicationTime and Metrics of the rule.")
	case unknown:
		c.doubt(r, property, "is copied to a bucket that is in none of the templates", nil)
	default:
		c.refute(r, CodeUnreplicated, property, fmt.Sprintf("is not copied to %s, the estate's recovery Region.", recovery), "Copy every object, by an enabled rule without a filter, to a bucket of that Region.")
	}
}
