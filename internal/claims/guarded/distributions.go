package guarded

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// distributions judges CloudFront.
func (c *checker) distributions() {
	for _, d := range c.in.Graph.OfType("AWS::CloudFront::Distribution") {
		c.protected(d, "DistributionConfig/WebACLId", d.Props.Path("DistributionConfig/WebACLId"))
		c.viewers(d)
		for i, o := range d.Props.Path("DistributionConfig/Origins").Items() {
			c.bucketOrigin(d, "DistributionConfig/Origins/"+strconv.Itoa(i), o)
		}
	}
}

// viewers judges what TLS viewers may speak. With CloudFront's own certificate
// they may speak TLS 1.0 ("Supported protocols and ciphers between viewers and
// CloudFront").
func (c *checker) viewers(d *resource.Resource) {
	const at = "DistributionConfig/ViewerCertificate/MinimumProtocolVersion"
	c.wants(d, CodeWeakTLS, at, func(v value.Value) bool {
		return strings.HasPrefix(v.Text(), "TLSv1.2_") || strings.HasPrefix(v.Text(), "TLSv1.3_")
	},
		fmt.Sprintf("%s accepts TLS below 1.2", c.in.Name(d)), "Give it a certificate of its own, and set MinimumProtocolVersion to TLSv1.2_2021.")
}

// bucketOrigin judges an origin that is a bucket: the distribution signs what it
// asks for, and the bucket admits no other ("Restrict access to an Amazon S3
// origin", Amazon CloudFront Developer Guide).
func (c *checker) bucketOrigin(d *resource.Resource, at string, o value.Value) {
	bucket := c.bucketOf(o.Get("DomainName"))
	if bucket == nil && o.Get("S3OriginConfig").IsAbsent() {
		return
	}
	c.tally.Look(d)
	control := o.Get("OriginAccessControlId")
	const fix = "Set OriginAccessControlId to an origin access control that always signs."
	switch r := c.target(control); {
	case control.IsAbsent() || control.Text() == "" && control.Kind() == value.String:
		c.tally.RefuteAt(d, CodeOpenOrigin, at+"/OriginAccessControlId", fmt.Sprintf("%s asks its bucket for objects without signing, so that the bucket has to let others in too.", c.in.Name(d)), fix)
	case control.IsUnknown():
		c.tally.DoubtAt(d, CodeOpenOrigin, at+"/OriginAccessControlId", fmt.Sprintf("Whether %s signs what it asks its bucket for is not known: %s.", c.in.Name(d), control.Reason().Error()), fix)
	case r != nil && r.Props.Path("OriginAccessControlConfig/SigningBehavior").Text() != "always":
		c.tally.RefuteAt(r, CodeOpenOrigin, "OriginAccessControlConfig/SigningBehavior", fmt.Sprintf("%s does not always sign.", c.in.Name(r)), "Set SigningBehavior to always.")
	}
	if bucket != nil {
		c.admits(d, bucket)
	}
}

// bucketOf returns the bucket that an origin's domain name is an attribute of.
func (c *checker) bucketOf(v value.Value) *resource.Resource {
	parts := []value.Value{v}
	if v.Kind() == value.Concat {
		parts = v.Items()
	}
	for _, p := range parts {
		if r := c.target(p); r != nil && r.Type == "AWS::S3::Bucket" {
			return r
		}
	}
	return nil
}

// admits judges whom a bucket's policy lets in by CloudFront: the distribution
// alone.
func (c *checker) admits(d, bucket *resource.Resource) {
	for _, p := range c.in.Graph.OfType("AWS::S3::BucketPolicy") {
		if c.target(p.Props.Get("Bucket")) != bucket {
			continue
		}
		statements, why := policy.Statements(p.Props.Get("PolicyDocument"))
		if why != nil {
			c.tally.DoubtAt(p, CodeOthersRead, "PolicyDocument", fmt.Sprintf("Whom %s lets in is not known: %s.", c.in.Name(p), why.Error()), "Write the policy in the template.")
		}
		for _, s := range statements {
			if !s.Allow || !slices.ContainsFunc(s.Principals, isCloudFront) {
				continue
			}
			c.tally.Look(p)
			if !c.only(d, s.Condition) {
				c.tally.RefuteAt(p, CodeOthersRead, "PolicyDocument/"+s.Property, fmt.Sprintf("%s lets in other distributions than the one that serves its bucket, also those of other accounts.", c.in.Name(p)),
					"Add a condition that AWS:SourceArn equals the distribution's ARN.")
			}
		}
	}
}

func isCloudFront(p policy.Principal) bool {
	return p.Type == "Service" && p.Value.Text() == "cloudfront.amazonaws.com"
}

// only says whether a condition asks for the distribution's own ARN.
func (c *checker) only(d *resource.Resource, condition value.Value) bool {
	for op, entries := range condition.Entries() {
		if !slices.Contains([]string{"StringEquals", "ArnEquals", "ArnLike", "StringLike"}, op) {
			continue
		}
		for key, v := range entries.Entries() {
			if strings.EqualFold(key, "aws:SourceArn") && c.itsARN(d, v) {
				return true
			}
		}
	}
	return false
}

// itsARN says whether a value is the ARN of one distribution, the one given.
func (c *checker) itsARN(d *resource.Resource, v value.Value) bool {
	if v.Kind() == value.List {
		return v.Len() == 1 && c.itsARN(d, v.Index(0))
	}
	if v.Kind() != value.Concat || strings.ContainsAny(v.String(), "*?") {
		return false
	}
	return c.target(v.Items()[v.Len()-1]) == d
}

// balancers judges load balancers that are open to the internet.
func (c *checker) balancers() {
	const fix = "Use an Application Load Balancer with a web ACL, or make it internal."
	for r, b := range resource.Views[resource.LoadBalancer](c.in.Graph) {
		switch {
		case !c.facing(r):
		case b.Type == "application":
			c.protected(r, "", c.acls.of[r.Addr])
		default:
			c.tally.Look(r)
			c.tally.DoubtAt(r, CodeWebACLHidden, "Type", fmt.Sprintf("%s is open to the internet and passes on what no web ACL can look into.", c.in.Name(r)), fix)
		}
	}
	for _, r := range c.in.Graph.OfType("AWS::ElasticLoadBalancing::LoadBalancer") {
		if c.facing(r) {
			c.tally.Look(r)
			c.tally.RefuteAt(r, CodeNoWebACL, "Scheme", fmt.Sprintf("%s is open to the internet, and no web ACL can stand before it.", c.in.Name(r)), fix)
		}
	}
}

// facing says whether a balancer is open to the internet: unless its Scheme is
// internal. Where that is not known nothing else about it is judged.
func (c *checker) facing(r *resource.Resource) bool {
	v := r.Props.Get("Scheme")
	if why := v.FirstUnknown(); why != nil {
		c.tally.DoubtAt(r, CodeNoWebACL, "Scheme", fmt.Sprintf("Whether %s is open to the internet is not known: %s.", c.in.Name(r), why.Error()), "Give the parameter, or write the Scheme.")
		return false
	}
	return v.Text() != "internal"
}
