package logged

import (
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// ways are the steps by which logs go from one place to the next.
type ways struct {
	g       *resource.Graph
	named   map[string][]*resource.Resource // buckets, log groups and streams by their names
	filters map[addr.Address][]*resource.Resource
	passed  map[addr.Address]bool // the buckets that logs pass or end in
}

// end is where a log ends: a bucket, or a place that is none, or it is not
// known where.
type end struct {
	bucket  *resource.Resource
	stays   string
	unknown string
}

// maxSteps bounds a way, so that one that goes in a circle ends.
const maxSteps = 8

// names are the properties by which others name a thing, by its type.
var names = map[string]string{
	"AWS::S3::Bucket": "BucketName", "AWS::Logs::LogGroup": "LogGroupName", "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
}

func newWays(g *resource.Graph) *ways {
	w := &ways{g: g, named: map[string][]*resource.Resource{}, filters: map[addr.Address][]*resource.Resource{}, passed: map[addr.Address]bool{}}
	for typ, property := range names {
		for _, r := range g.OfType(typ) {
			if name := r.Props.Get(property).Text(); name != "" {
				w.named[name] = append(w.named[name], r)
			}
		}
	}
	for _, f := range g.OfType("AWS::Logs::SubscriptionFilter") {
		if group := w.target(f, f.Props.Get("LogGroupName")); group != nil {
			w.filters[group.Addr] = append(w.filters[group.Addr], f)
		}
	}
	return w
}

// target returns the bucket, log group or stream that a value names: by a
// reference anywhere in it, by an ARN or by a name. A name alone is one of the
// same account, but for buckets, whose names are the world's.
func (w *ways) target(at *resource.Resource, v value.Value) *resource.Resource {
	parts := []value.Value{v}
	if v.Kind() == value.Concat {
		parts = v.Items()
	}
	for _, p := range parts {
		if ref, ok := p.Ref(); ok {
			if r := w.g.Get(ref.To); r != nil {
				return r
			}
		}
	}
	for _, r := range w.named[nameIn(v.Text())] {
		if r.Type == "AWS::S3::Bucket" || r.Addr.Stack.Account == at.Addr.Stack.Account && r.Addr.Stack.Region == at.Addr.Stack.Region {
			return r
		}
	}
	return nil
}

// nameIn returns the name in an ARN of a bucket (arn:aws:s3:::name/prefix), a
// log group (…:log-group:name:*) or a stream (…:deliverystream/name), in the
// domain name of a bucket, or the text itself.
func nameIn(text string) string {
	fields := strings.SplitN(text, ":", 7)
	switch {
	case strings.HasPrefix(text, "arn:") && len(fields) >= 6 && fields[2] == "s3":
		name, _, _ := strings.Cut(fields[5], "/")
		return name
	case strings.HasPrefix(text, "arn:") && len(fields) == 7 && fields[5] == "log-group":
		return strings.TrimSuffix(fields[6], ":*")
	case strings.HasPrefix(text, "arn:") && len(fields) >= 6:
		return strings.TrimPrefix(fields[5], "deliverystream/")
	}
	name, _, _ := strings.Cut(text, ".s3.")
	return name
}

// end follows a log from the value that says where it is sent.
func (w *ways) end(from *resource.Resource, v value.Value) end { return w.step(from, v, 0) }

func (w *ways) step(from *resource.Resource, v value.Value, steps int) end {
	if why := v.FirstUnknown(); why != nil {
		return end{unknown: why.Error()}
	}
	to := w.target(from, v)
	switch {
	case to == nil:
		return end{unknown: v.String() + " is in none of the templates"}
	case steps > maxSteps:
		return end{unknown: "the way goes in a circle by " + to.Addr.String()}
	}
	switch to.Type {
	case "AWS::S3::Bucket":
		return w.fromBucket(to, steps)
	case "AWS::Logs::LogGroup":
		return w.fromGroup(to, steps)
	case "AWS::KinesisFirehose::DeliveryStream":
		for _, p := range []string{"ExtendedS3DestinationConfiguration/BucketARN", "S3DestinationConfiguration/BucketARN"} {
			if next := to.Props.Path(p); !next.IsAbsent() {
				return w.step(to, next, steps+1)
			}
		}
		return end{stays: "what the stream " + to.Addr.Logical + " writes to"}
	case "AWS::Logs::DeliveryDestination":
		return w.step(to, to.Props.Get("DestinationResourceArn"), steps+1)
	}
	return end{unknown: "it is sent to " + to.Type + " " + to.Addr.Logical}
}

// fromGroup follows the subscriptions of a log group that take every event.
func (w *ways) fromGroup(group *resource.Resource, steps int) end {
	e := end{stays: "the log group " + group.Addr.Logical}
	for _, f := range w.filters[group.Addr] {
		pattern := f.Props.Get("FilterPattern")
		if s, ok := pattern.Str(); !ok || strings.TrimSpace(s) != "" {
			continue
		}
		if next := w.step(f, f.Props.Get("DestinationArn"), steps+1); next.bucket != nil || next.unknown != "" {
			e = next
		}
		if e.bucket != nil {
			return e
		}
	}
	return e
}

// fromBucket follows replication; a bucket that copies nothing is an end.
func (w *ways) fromBucket(bucket *resource.Resource, steps int) end {
	w.passed[bucket.Addr] = true
	e := end{bucket: bucket}
	for _, rule := range copies(bucket) {
		if e = w.step(bucket, rule.Path("Destination/Bucket"), steps+1); e.bucket != nil {
			return e
		}
	}
	return e
}

// copies returns the enabled rules of a bucket that copy every new object.
func copies(bucket *resource.Resource) []value.Value {
	var all []value.Value
	for _, rule := range bucket.Props.Path("ReplicationConfiguration/Rules").Items() {
		whole := true
		for _, p := range []string{"Prefix", "Filter/Prefix"} {
			if v := rule.Path(p); !v.IsAbsent() && (v.Kind() != value.String || v.Text() != "") {
				whole = false
			}
		}
		for _, p := range []string{"Filter/TagFilter", "Filter/And"} {
			whole = whole && rule.Path(p).IsAbsent()
		}
		if whole && rule.Get("Status").Text() == "Enabled" {
			all = append(all, rule)
		}
	}
	return all
}
