package guarded

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// allowOrigin is the header by which browsers learn who may read an answer.
const allowOrigin = "access-control-allow-origin"

// preflight judges which origins a method names.
func (c *checker) preflight(m *resource.Resource) {
	for i, r := range m.Props.Path("Integration/IntegrationResponses").Items() {
		at := "Integration/IntegrationResponses/" + strconv.Itoa(i)
		c.looked(m)
		c.origins(m, at+"/ResponseParameters", r.Get("ResponseParameters"))
		c.template(m, at+"/ResponseTemplates", r.Get("ResponseTemplates"))
	}
}

// origins judges the mapped headers of an answer.
func (c *checker) origins(r *resource.Resource, at string, parameters value.Value) {
	if why := parameters.Reason(); why != nil {
		c.doubt(r, CodeCORSHidden, at, fmt.Sprintf("Which origins %s names is not known: %s.", c.in.Name(r), why.Error()), "Write the headers in the template.")
	}
	for name, v := range parameters.Entries() {
		if !strings.HasSuffix(strings.ToLower(name), "."+allowOrigin) {
			continue
		}
		text := v.Text()
		if literal, ok := strings.CutPrefix(text, "'"); ok {
			c.origin(r, at+"/"+name, strings.TrimSuffix(literal, "'"), v)
			continue
		}
		switch {
		case strings.EqualFold(text, "method.request.header.origin"):
			c.refute(r, CodeOpenCORS, at+"/"+name, fmt.Sprintf("%s names every origin that asks, so that any website may call.", c.in.Name(r)), "Name the origins that may.")
		default:
			c.doubt(r, CodeCORSHidden, at+"/"+name, fmt.Sprintf("Which origin %s names is known when it is called only.", c.in.Name(r)), "Name the origins in the template.")
		}
	}
}

// assigned finds what a mapping template sets the header to.
var assigned = regexp.MustCompile(`(?i)access-control-allow-origin["'\]]*\s*=\s*("[^"]*"|'[^']*'|[^)\s]+)`)

// template judges the templates of an answer.
func (c *checker) template(r *resource.Resource, at string, templates value.Value) {
	for name, v := range templates.Entries() {
		for _, m := range assigned.FindAllStringSubmatch(v.Text(), -1) {
			if literal := strings.Trim(m[1], `"'`); literal != m[1] && !strings.Contains(literal, "$") {
				c.origin(r, at+"/"+name, literal, value.OfString(literal))
				continue
			}
			c.doubt(r, CodeCORSHidden, at+"/"+name, fmt.Sprintf("Which origin %s names is not known: its template says %s.", c.in.Name(r), m[1]), "Let the template name each origin that may, as text.")
		}
	}
}

// origin judges an origin that an answer names.
func (c *checker) origin(r *resource.Resource, at, origin string, v value.Value) {
	if why := v.FirstUnknown(); why != nil {
		c.doubt(r, CodeCORSHidden, at, fmt.Sprintf("Which origin %s names is not known: %s.", c.in.Name(r), why.Error()), "Name the origin in the template.")
		return
	}
	if strings.Contains(origin, "*") || origin == "null" {
		c.refute(r, CodeOpenCORS, at, fmt.Sprintf("%s lets any website call: it names the origin %s.", c.in.Name(r), origin), "Name the origins that may.")
		return
	}
	if declared, ok := c.declaredOrigins(r); ok && !slices.Contains(declared, origin) {
		c.refute(r, CodeOtherOrigin, at, fmt.Sprintf("%s lets the website %s call, which is no portal of the environment.", c.in.Name(r), origin),
			"Name the origins of the environment's own portals: "+english(declared)+".")
	}
}

// declaredOrigins returns the origins that the estate declares for an API of
// its gateway.
func (c *checker) declaredOrigins(r *resource.Resource) ([]string, bool) {
	if c.in.Estate == nil || !c.in.Parts.Believed() {
		return nil, false
	}
	api := c.target(r.Props.Get("RestApiId"))
	if api == nil {
		return nil, false
	}
	part := c.in.PartOf(api.Addr)
	site, ok := c.in.Estate.Site(part.Environment)
	return c.in.Estate.Origins(site), ok && c.in.KindOf(part) == estate.KindGateway
}

func english(all []string) string {
	if len(all) == 0 {
		return "there are none"
	}
	return strings.Join(all, ", ")
}
