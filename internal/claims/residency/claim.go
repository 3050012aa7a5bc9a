// Package residency proves that everything that holds data, its copies and its
// backups are in the countries that the estate states.
//
// A store is where its stack's Region is; where a copy goes is what a property
// names: a Region, or a resource in one. What stands in a Region of another
// country is refuted unless it is on the closed list of what global services
// need there, which holds no data (global.go). A Region that is not known leaves
// the verdict Unknown.
package residency

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeStore   = "STORE_OUTSIDE_RESIDENCY"
	CodeCopy    = "COPY_OUTSIDE_RESIDENCY"
	CodeOther   = "RESOURCE_OUTSIDE_RESIDENCY"
	CodeUnknown = "RESIDENCY_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "residency",
		Rows:  []string{"S21"},
		Says:  "everything that holds data, its copies and backups are in the stated countries",
		Check: check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	if in.Estate == nil {
		return []proof.Verdict{{Scope: proof.ScopeEstate, Outcome: proof.NotApplicable,
			Note: "No estate file says in which countries data may be; give one with -f estate.yaml."}}, nil
	}
	c := &checker{in: in, tally: proof.NewTally(in, "stores and copies", "Nothing that was loaded holds data.")}
	c.stores()
	c.others()
	c.copies()
	c.parties()
	return c.tally.Verdicts(), nil
}

type checker struct {
	in      *proof.Input
	tally   *proof.Tally
	buckets map[string][]*resource.Resource // by literal name, when first asked for
}

// stores judges everything that holds data by the Region of its stack.
func (c *checker) stores() {
	for _, typ := range part.Stores() {
		for _, r := range c.in.Graph.OfType(typ) {
			c.tally.Check(c.in.ScopeOf(r), 1)
			c.judge(r, "", place{region: r.Addr.Stack.Region}, CodeStore, "%s is in %s")
		}
	}
}

// others judges what else stands in a stack outside of the countries.
func (c *checker) others() {
	var at addr.Stack
	outside, may := false, global()
	for r := range c.in.Graph.All() {
		if r.Addr.Stack != at {
			at = r.Addr.Stack
			country := estate.Country(at.Region)
			outside = at.Region != "" && country != "" && !c.allowed(country)
		}
		if !outside || part.HoldsData(r.Type) {
			continue
		}
		c.tally.Check(c.in.ScopeOf(r), 1)
		if may[r.Type] != "" {
			continue
		}
		c.tally.Refute(c.in.ScopeOf(r), proof.Finding{Code: CodeOther, At: r.Addr, Intent: c.intent(),
			Message: fmt.Sprintf("%s is in %s, outside of %s, and is not among what global services need there.", c.in.Name(r), where(at.Region), c.stated()),
			Fix:     "Move it into a stack of a Region in a stated country."})
	}
}

// copies judges where properties lead data to.
func (c *checker) copies() {
	for _, d := range destinations() {
		for _, r := range c.in.Graph.OfType(d.typ) {
			for path, v := range d.each(r) {
				c.tally.Check(c.in.ScopeOf(r), 1)
				c.judge(r, path, c.locate(r, v, d.named), CodeCopy, d.what)
			}
		}
	}
}

// place is where data is or goes: a Region, or the reason why it is not known.
type place struct {
	region string
	why    *value.Reason
}

// judge compares a place with the stated countries. What is a sentence about
// the resource and the place.
func (c *checker) judge(r *resource.Resource, property string, p place, code, what string) {
	scope := c.in.ScopeOf(r)
	f := proof.Finding{At: r.Addr, Property: property, Intent: c.intent()}
	country := estate.Country(p.region)
	if country == "" {
		if p.why == nil {
			p.why = &value.Reason{Code: CodeUnknown, Text: "no Region is named"}
			if p.region != "" {
				p.why.Text = "the country of the Region " + p.region + " is not known"
			}
		}
		f.Code = CodeUnknown
		f.Message = sentence(what, c.in.Name(r), "a place that is not known") + ": " + p.why.Error() + "."
		f.Fix = "Name the Region of the stack (--region), or pass the template of what is named here."
		c.tally.Doubt(scope, f)
		return
	}
	if c.allowed(country) {
		return
	}
	f.Code = code
	f.Message = sentence(what, c.in.Name(r), where(p.region)) + ", outside of " + c.stated() + "."
	f.Fix = "Choose a Region in a stated country; or, if the data may be there, add " + country + " to residency in the estate file."
	c.tally.Refute(scope, f)
}

func sentence(what, name, place string) string { return fmt.Sprintf(what, name, place) }

// where names a Region with its country.
func where(region string) string { return region + " (" + estate.Country(region) + ")" }

func (c *checker) allowed(country string) bool {
	return slices.Contains(c.in.Estate.Residency, country)
}

// stated names the countries, as a sentence does.
func (c *checker) stated() string {
	return "the stated countries (" + strings.Join(c.in.Estate.Residency, ", ") + ")"
}

// intent is the line that states the countries, or the home Region where the
// default counts.
func (c *checker) intent() diag.Position {
	if at := c.in.Estate.Pos("residency"); !at.IsZero() {
		return at
	}
	return c.in.Estate.Pos("regions/home")
}

// locate says where a value leads: to a Region that it names, or to that of the
// resource that it names.
func (c *checker) locate(r *resource.Resource, v value.Value, n naming) place {
	if why := v.Reason(); why != nil {
		return place{why: why}
	}
	text := v.Text()
	if v.Kind() == value.Concat {
		text = v.Items()[0].Text()
	}
	switch {
	case n == byRegion:
		if text == "" {
			return place{why: &value.Reason{Code: CodeUnknown, At: r.Addr, Text: "the Region is known at deployment only"}}
		}
		return place{region: text}
	case n == byBucket && v.Kind() == value.String && !strings.HasPrefix(text, "arn:"):
		name, _, _ := strings.Cut(strings.TrimPrefix(text, "s3://"), "/")
		return c.bucket(name)
	}
	if p := strings.SplitN(text, ":", 6); len(p) >= 4 && p[0] == "arn" && p[3] != "" {
		return place{region: p[3]}
	}
	if to, ok := symbol(v); ok {
		if t := c.in.Graph.Get(to); t != nil || to.Stack.Region != "" {
			return place{region: to.Stack.Region}
		}
	}
	if name, ok := strings.CutPrefix(text, "arn:aws:s3:::"); ok && name != "" {
		name, _, _ = strings.Cut(name, "/")
		return c.bucket(name)
	}
	return place{why: &value.Reason{Code: CodeUnknown, At: r.Addr, Text: v.String() + " names no Region and no resource of these templates"}}
}

// symbol is the first resource that a value, or a part of it, stands for.
func symbol(v value.Value) (addr.Address, bool) {
	if ref, ok := v.Ref(); ok {
		return ref.To, true
	}
	for _, p := range v.Items() {
		if ref, ok := p.Ref(); ok {
			return ref.To, true
		}
	}
	return addr.Address{}, false
}

// bucket finds where the bucket of a name is: names of buckets are unique in
// all accounts ("General purpose bucket naming rules").
func (c *checker) bucket(name string) place {
	if c.buckets == nil {
		c.buckets = map[string][]*resource.Resource{}
		for _, b := range c.in.Graph.OfType("AWS::S3::Bucket") {
			if n := b.Props.Get("BucketName").Text(); n != "" {
				c.buckets[n] = append(c.buckets[n], b)
			}
		}
	}
	name, _, _ = strings.Cut(name, ".s3.") // the domain of a bucket
	if found := c.buckets[name]; len(found) == 1 {
		return place{region: found[0].Addr.Stack.Region}
	}
	return place{why: &value.Reason{Code: CodeUnknown, Text: "the bucket " + name + " is in none of the templates, or in several"}}
}
