package guarded

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
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
		c.tally.Look(m)
		c.origins(m, at+"/ResponseParameters", r.Get("ResponseParameters"))
		c.template(m, at+"/ResponseTemplates", r.Get("ResponseTemplates"))
	}
}

// origins judges the mapped headers of an answer.
func (c *checker) origins(r *resource.Resource, at string, parameters value.Value) {
	if why := parameters.Reason(); why != nil {
		c.tally.DoubtAt(r, CodeCORSHidden, at, fmt.Sprintf("Which origins %s names is not known: %s.", c.in.Name(r), why.Error()), "Write the headers in the template.")
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
		case text == "context.authorizer.origin" && strings.HasPrefix(name, "gatewayresponse."):
			// The authoriser is believed: that it names the portal of whose name was
			// called is tested with its code.
		case strings.EqualFold(text, "method.request.header.origin"):
			c.tally.RefuteAt(r, CodeOpenCORS, at+"/"+name, fmt.Sprintf("%s names every origin that asks, so that any website may call.", c.in.Name(r)), "Name the origins that may.")
		default:
			c.tally.DoubtAt(r, CodeCORSHidden, at+"/"+name, fmt.Sprintf("Which origin %s names is known when it is called only.", c.in.Name(r)), "Name the origins in the template.")
		}
	}
}

// assigned finds what a mapping template sets the header to.
var assigned = regexp.MustCompile(`(?i)access-control-allow-origin["'\]]*\s*=\s*("[^"]*"|'[^']*'|[^)\s]+)`)

// Lines of a template that say whose portal is meant: the label of the name that
// was called; and the origin that asks, as it comes.
var (
	labelled = regexp.MustCompile(`#set\(\$label = \$context\.domainName\.toLowerCase\(\)\.replace\("([^"$]+)", ""\)\)`)
	asking   = regexp.MustCompile(`(?i)#set\(\s*\$(\w+)\s*=\s*\$input\.params\([^=]*origin`)
)

// template judges the templates of an answer.
func (c *checker) template(r *resource.Resource, at string, templates value.Value) {
	if why := templates.FirstUnknown(); why != nil {
		c.tally.DoubtAt(r, CodeCORSHidden, at, fmt.Sprintf("Which origins %s names is not known: %s.", c.in.Name(r), why.Error()), "Write the templates in the template.")
	}
	for name, v := range templates.Entries() {
		text := v.Text()
		for _, m := range assigned.FindAllStringSubmatch(text, -1) {
			literal := strings.Trim(m[1], `"'`)
			switch quoted := literal != m[1]; {
			case quoted && !strings.Contains(literal, "$"):
				c.origin(r, at+"/"+name, literal, value.OfString(literal))
			case quoted && c.computed(r, at+"/"+name, text, literal):
			case reflects(text, literal):
				c.tally.RefuteAt(r, CodeOpenCORS, at+"/"+name, fmt.Sprintf("%s names every origin that asks, so that any website may call.", c.in.Name(r)), "Name the origins that may.")
			default:
				c.tally.DoubtAt(r, CodeCORSHidden, at+"/"+name, fmt.Sprintf("Which origin %s names is not known: its template says %s.", c.in.Name(r), m[1]), "Let the template name each origin that may, as text.")
			}
		}
	}
}

// reflects says whether a template names whoever asks, without any condition.
func reflects(text, variable string) bool {
	if strings.Contains(text, "#if") {
		return false // it may ask before; what, is not judged
	}
	if strings.HasPrefix(variable, "$input.params(") {
		return true
	}
	for _, m := range asking.FindAllStringSubmatch(text, -1) {
		if strings.Trim(variable, "${}") == m[1] {
			return true
		}
	}
	return false
}

// computed judges an origin that a template makes of the name that was called,
// and says whether it is one: for each name that leads to the API the origin has
// to be one of the portals of whose name it is.
func (c *checker) computed(r *resource.Resource, at, text, literal string) bool {
	suffix := labelled.FindStringSubmatch(text)
	if suffix == nil || strings.Count(text, "$label ") != 1 || strings.Count(literal, "$") != 1 || !strings.Contains(literal, "${label}") {
		return false
	}
	api, ok := r.Props.Get("RestApiId").Ref()
	if !ok {
		return false
	}
	for _, by := range c.callers[api.To] {
		c.tally.Look(r)
		origin := strings.Replace(literal, "${label}", strings.ReplaceAll(by.name, suffix[1], ""), 1)
		if !slices.Contains(by.origins, origin) {
			c.tally.RefuteAt(r, CodeOtherOrigin, at, fmt.Sprintf("%s lets the website %s call %s, of which it is no portal.", c.in.Name(r), origin, by.name),
				"Name the origins of the portals of whose name it is: "+english(by.origins)+".")
			return true // one tenant says it for all
		}
	}
	return true
}

// origin judges an origin that an answer names.
func (c *checker) origin(r *resource.Resource, at, origin string, v value.Value) {
	if why := v.FirstUnknown(); why != nil {
		c.tally.DoubtAt(r, CodeCORSHidden, at, fmt.Sprintf("Which origin %s names is not known: %s.", c.in.Name(r), why.Error()), "Name the origin in the template.")
		return
	}
	if strings.Contains(origin, "*") || origin == "null" {
		c.tally.RefuteAt(r, CodeOpenCORS, at, fmt.Sprintf("%s lets any website call: it names the origin %s.", c.in.Name(r), origin), "Name the origins that may.")
		return
	}
	if declared, ok := c.declaredOrigins(r); ok && !slices.Contains(declared, origin) {
		c.tally.RefuteAt(r, CodeOtherOrigin, at, fmt.Sprintf("%s lets the website %s call, which is no portal of the environment.", c.in.Name(r), origin),
			"Name the origins of the environment's own portals: "+english(declared)+".")
	}
}

// caller is a name by which an API is called, and the origins that the estate
// declares for it.
type caller struct {
	name    string
	origins []string
}

// readCallers returns the names that lead to each API, and whose portals may
// call by them: a tenant's own, or the environment's.
func (c *checker) readCallers() map[addr.Address][]caller {
	if c.in.Estate == nil || !c.in.Parts.Believed() {
		return nil
	}
	declared := map[string][]string{}
	for _, site := range c.in.Estate.Sites() {
		for _, service := range c.in.Estate.GatewayServices() {
			declared[c.in.Estate.GatewayHost(site, service)] = c.in.Estate.Origins(site)
		}
		for _, t := range c.in.Estate.Tenancies(site) {
			for _, s := range t.Services {
				declared[s.Host] = c.in.Estate.TenantOrigins(site, t)
			}
		}
	}
	all := map[addr.Address][]caller{}
	for _, m := range c.in.Graph.OfType("AWS::ApiGateway::BasePathMapping") {
		api, ok := m.Props.Get("RestApiId").Ref()
		if d := c.target(m.Props.Get("DomainName")); ok && d != nil {
			name := strings.ToLower(d.Props.Get("DomainName").Text())
			all[api.To] = append(all[api.To], caller{name, declared[name]})
		}
	}
	return all
}

// declaredOrigins returns the origins that the estate declares for an API of
// its gateway: of an API that is called by several names, those of all of them.
func (c *checker) declaredOrigins(r *resource.Resource) ([]string, bool) {
	if c.in.Estate == nil || !c.in.Parts.Believed() {
		return nil, false
	}
	api := c.target(r.Props.Get("RestApiId"))
	if api == nil {
		return nil, false
	}
	part := c.in.PartOf(api.Addr)
	if c.in.KindOf(part) != estate.KindGateway {
		return nil, false
	}
	if callers := c.callers[api.Addr]; len(callers) > 0 {
		common := slices.Clone(callers[0].origins)
		for _, by := range callers[1:] {
			common = slices.DeleteFunc(common, func(o string) bool { return !slices.Contains(by.origins, o) })
		}
		return common, true
	}
	site, ok := c.in.Estate.Site(part.Environment)
	return c.in.Estate.Origins(site), ok
}

func english(all []string) string {
	if len(all) == 0 {
		return "there are none"
	}
	return strings.Join(all, ", ")
}
