package privateaccessonly

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings about doors.
const (
	CodeBalancer       = "PRIVATE_BALANCER_PUBLIC"
	CodeBalancerHidden = "PRIVATE_BALANCER_UNKNOWN"
	CodeDoor           = "PRIVATE_APPLICATION_PUBLISHED"
	CodeHost           = "PRIVATE_APPLICATION_WITHOUT_NAME"
	CodeHostHidden     = "PRIVATE_APPLICATION_NAME_UNKNOWN"
	CodeIntegration    = "PRIVATE_APPLICATION_BY_GATEWAY"
	CodeIntegrationAny = "PRIVATE_APPLICATION_BY_GATEWAY_PERHAPS"
)

// doors looks at what leads to private applications without a way that the
// network walks.
func (c *checker) doors() {
	c.balancers()
	c.rules()
	c.published()
	c.integrations()
}

// balancers: those that private applications stand behind are internal.
func (c *checker) balancers() {
	for r := range resource.Views[resource.LoadBalancer](c.in.Graph) {
		site, ok := c.siteOf(r)
		if !ok || !c.inside(r.Addr) {
			continue
		}
		scope, scheme := proof.Scope(site.Name), r.Props.Get("Scheme")
		c.tally.Check(scope, 1)
		f := proof.Finding{Code: CodeBalancer, At: r.Addr, Property: "Scheme", Fix: "Set Scheme to internal."}
		switch {
		case scheme.FirstUnknown() != nil:
			f.Code = CodeBalancerHidden
			f.Message = fmt.Sprintf("Whether %s has public addresses is not known: %s.", c.in.Name(r), scheme.FirstUnknown().Error())
			c.tally.Doubt(scope, f)
		case scheme.Text() != "internal":
			f.Message = fmt.Sprintf("%s, behind which private applications stand, is open to the internet by its scheme.", c.in.Name(r))
			c.tally.Refute(scope, f)
		}
	}
}

// rules: a listener leads to a private application only if it is asked for by
// its own name. The gateway speaks to the same balancer, and gives the names of
// what is exposed by it.
func (c *checker) rules() {
	for l := range resource.Views[resource.Listener](c.in.Graph) {
		for _, to := range c.targets(l.Props.Get("DefaultActions")) {
			c.tally.Check(proof.Scope(to.site.Name), 1)
			c.tally.Refute(proof.Scope(to.site.Name), proof.Finding{Code: CodeHost, At: l.Addr, Property: "DefaultActions", Part: to.id,
				Message: fmt.Sprintf("%s leads to %s whatever name is asked for, so that the gateway's callers come there too.", c.in.Name(l), to.id),
				Fix:     "Answer 404 by default, and lead to it by a rule for the name " + to.host + "."})
		}
	}
	for _, r := range c.in.Graph.OfType("AWS::ElasticLoadBalancingV2::ListenerRule") {
		for _, to := range c.targets(r.Props.Get("Actions")) {
			c.tally.Check(proof.Scope(to.site.Name), 1)
			c.rule(r, to)
		}
	}
}

// rule judges the condition of a rule that leads to a private application.
// Source: Elastic Load Balancing, "Condition types for listener rules" (all
// conditions have to hold; a host header may have wildcards).
func (c *checker) rule(r *resource.Resource, to app) {
	f := proof.Finding{Code: CodeHost, At: r.Addr, Property: "Conditions", Part: to.id, Fix: "Give it one host-header condition, for " + to.host + " alone."}
	for i, cond := range r.Props.Get("Conditions").Items() {
		if cond.Get("Field").Text() != "host-header" {
			continue
		}
		values, at := cond.Path("HostHeaderConfig/Values"), "/HostHeaderConfig/Values"
		if values.IsAbsent() {
			values, at = cond.Get("Values"), "/Values"
		}
		f.Property = "Conditions/" + strconv.Itoa(i) + at
		if why := values.FirstUnknown(); why != nil {
			f.Code, f.Message = CodeHostHidden, fmt.Sprintf("For which names %s leads to %s is not known: %s.", c.in.Name(r), to.id, why.Error())
			c.tally.Doubt(proof.Scope(to.site.Name), f)
			return
		}
		other := func(v value.Value) bool { return strings.ToLower(v.Text()) != to.host }
		if values.Len() > 0 && !slices.ContainsFunc(values.Items(), other) {
			return
		}
	}
	f.Message = fmt.Sprintf("%s leads to %s by other names than %s, so that others than the tunnel's clients may be led there.", c.in.Name(r), to.id, to.host)
	c.tally.Refute(proof.Scope(to.site.Name), f)
}

// targets returns the private applications that actions forward to.
func (c *checker) targets(actions value.Value) []app {
	var all []app
	for _, a := range actions.Items() {
		groups := append([]value.Value{a.Get("TargetGroupArn")}, a.Path("ForwardConfig/TargetGroups").Items()...)
		for _, v := range groups {
			if v.Kind() == value.Map {
				v = v.Get("TargetGroupArn")
			}
			ref, ok := v.Ref()
			g := resource.View[resource.TargetGroup](c.in.Graph, ref.To)
			if !ok || g == nil {
				continue
			}
			for _, t := range g.Targets {
				if x, private := c.byID[c.in.PartOf(t.To.To)]; private && !slices.Contains(all, x) {
					all = append(all, x)
				}
			}
		}
	}
	return all
}

// publishers are the types that make what they refer to reachable past the
// network's routes: from the internet, or from networks of others. Sources:
// "Restrict access with VPC origins" (CloudFront), "What is AWS Global
// Accelerator?", "Share your services through AWS PrivateLink", "What is Amazon
// VPC Lattice?", "What is AWS Verified Access?".
func publishers() []string {
	return []string{"AWS::CloudFront::Distribution", "AWS::CloudFront::VpcOrigin", "AWS::EC2::VPCEndpointService", "AWS::EC2::VerifiedAccessEndpoint",
		"AWS::GlobalAccelerator::EndpointGroup", "AWS::VpcLattice::ResourceConfiguration", "AWS::VpcLattice::TargetGroup"}
}

// published reports what publishes a private application.
func (c *checker) published() {
	for _, typ := range publishers() {
		for _, r := range c.in.Graph.OfType(typ) {
			if site, ok := c.siteOf(r); ok {
				c.tally.Check(proof.Scope(site.Name), 1)
			}
			done := map[addr.Address]bool{}
			for e := range c.in.Graph.Edges(r.Addr) {
				if done[e.To] || !c.inside(e.To) {
					continue
				}
				done[e.To] = true
				c.publishes(r, c.in.PartOf(c.front(e.To)).Environment, e.Property, c.in.Name(c.in.Graph.Get(e.To)))
			}
			walk(r.Props, "", func(path, text string) {
				if a, ok := c.appNamed(strings.ToLower(text)); ok {
					c.publishes(r, a.site.Name, path, a.host)
				}
			})
		}
	}
}

// front returns the balancer of a listener, and anything else as it is.
func (c *checker) front(a addr.Address) addr.Address {
	if l := resource.View[resource.Listener](c.in.Graph, a); l != nil {
		return l.Balancer.To
	}
	return a
}

func (c *checker) publishes(r *resource.Resource, env, property, what string) {
	c.tally.Refute(proof.Scope(env), proof.Finding{Code: CodeDoor, At: r.Addr, Property: property,
		Message: fmt.Sprintf("%s publishes %s, past the tunnel.", c.in.Name(r), what),
		Fix:     "Take it away, or expose the service by the gateway if it is meant to be public."})
}

// walk calls f with each literal text of a value.
func walk(v value.Value, path string, f func(path, text string)) {
	switch v.Kind() {
	case value.String:
		f(path, v.Text())
	case value.List, value.Concat:
		for i, item := range v.Items() {
			walk(item, path+"/"+strconv.Itoa(i), f)
		}
	case value.Map:
		for k, item := range v.Entries() {
			walk(item, strings.TrimPrefix(path+"/"+k, "/"), f)
		}
	}
}

// integrations: API Gateway reaches the balancer by its VPC link, and says by
// the host of an integration's address which application it wants. Sources:
// Amazon API Gateway Developer Guide, "Private integrations for REST APIs",
// "Transform API requests and responses for HTTP APIs" (overwrite:header).
func (c *checker) integrations() {
	for _, r := range c.in.Graph.OfType("AWS::ApiGateway::Method") {
		i := r.Props.Get("Integration")
		c.integration(r, i.Get("ConnectionType"), i.Get("Uri"), "Integration/Uri")
		c.hostHeader(r, i.Get("ConnectionType"), i.Path("RequestParameters").Get("integration.request.header.Host"), "Integration/RequestParameters/integration.request.header.Host")
	}
	for _, r := range c.in.Graph.OfType("AWS::ApiGatewayV2::Integration") {
		c.integration(r, r.Props.Get("ConnectionType"), r.Props.Get("IntegrationUri"), "IntegrationUri")
		for _, key := range []string{"overwrite:header.host", "append:header.host", "overwrite:header.Host"} {
			c.hostHeader(r, r.Props.Get("ConnectionType"), r.Props.Get("RequestParameters").Get(key), "RequestParameters/"+key)
		}
	}
}

// integration judges the address of an integration by a VPC link. A listener's
// ARN says nothing about the name; the caller's own host counts then, which is
// the API's.
func (c *checker) integration(r *resource.Resource, by, uri value.Value, property string) {
	site, ok := c.siteOf(r)
	if !ok || by.Text() != "VPC_LINK" && by.FirstUnknown() == nil {
		return
	}
	scope := proof.Scope(site.Name)
	c.tally.Check(scope, 1)
	f := proof.Finding{Code: CodeIntegration, At: r.Addr, Property: property, Fix: "Name a service that is exposed by the gateway."}
	host, known := hostOf(uri)
	if a, private := c.appNamed(host); known && private {
		f.Message = fmt.Sprintf("%s leads from the public gateway to %s, a private application.", c.in.Name(r), a.id)
		c.tally.Refute(scope, f)
	} else if !known {
		f.Code, f.Message = CodeIntegrationAny, fmt.Sprintf("To which name of the balancer %s leads is not known: its address is %s.", c.in.Name(r), uri)
		c.tally.Doubt(scope, f)
	}
}

// hostOf returns the host of an integration's address, and whether it is known.
// An ARN has none.
func hostOf(uri value.Value) (string, bool) {
	parts := []value.Value{uri}
	if uri.Kind() == value.Concat {
		parts = uri.Items()
	}
	first := parts[0].Text()
	_, rest, ok := strings.Cut(first, "://")
	if !ok {
		ref, isRef := uri.Ref()
		return "", strings.HasPrefix(first, "arn:") || isRef && !ref.To.IsZero() && ref.Attr != "DNSName"
	}
	host, _, slash := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(host), (slash || len(parts) == 1) && !strings.ContainsAny(host, "{}$")
}

// hostHeader judges a mapping that gives the balancer another name than the
// integration's address does.
func (c *checker) hostHeader(r *resource.Resource, by, v value.Value, property string) {
	site, ok := c.siteOf(r)
	if !ok || v.IsAbsent() || by.Text() != "VPC_LINK" && by.FirstUnknown() == nil {
		return
	}
	scope := proof.Scope(site.Name)
	c.tally.Check(scope, 1)
	f := proof.Finding{Code: CodeIntegration, At: r.Addr, Property: property, Fix: "Take the mapping away: the integration's address says the name."}
	text, known := v.Str()
	text = strings.ToLower(strings.Trim(text, "'"))
	_, private := c.appNamed(text)
	switch {
	case !known:
		f.Code, f.Message = CodeIntegrationAny, fmt.Sprintf("By which name %s asks the balancer is not known.", c.in.Name(r))
		c.tally.Doubt(scope, f)
	case private || strings.Contains(text, "request."):
		f.Message = fmt.Sprintf("%s lets a public caller ask the balancer for a private application's name: the host is %s.", c.in.Name(r), text)
		c.tally.Refute(scope, f)
	}
}
