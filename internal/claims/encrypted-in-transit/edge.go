package encryptedintransit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// edge judges what stands at the edge: CloudFront's other behaviours and its
// origins, and where APIs lead to. (TLS to an API's clients is never off; its
// version is the claim guarded's to judge.)
func (c *checker) edge() {
	for _, d := range c.in.Graph.OfType("AWS::CloudFront::Distribution") {
		for i := range d.Props.Path("DistributionConfig/CacheBehaviors").Items() {
			c.tally.Look(d)
			c.setting(d, setting{property: "DistributionConfig/CacheBehaviors/" + strconv.Itoa(i) + "/ViewerProtocolPolicy", want: []string{"https-only", "redirect-to-https"}})
		}
		for i, o := range d.Props.Path("DistributionConfig/Origins").Items() {
			c.origin(d, "DistributionConfig/Origins/"+strconv.Itoa(i)+"/CustomOriginConfig/", o.Get("CustomOriginConfig"))
		}
	}
	for _, m := range c.in.Graph.OfType("AWS::ApiGateway::Method") {
		if i := m.Props.Get("Integration"); strings.HasPrefix(i.Get("Type").Text(), "HTTP") {
			c.integration(m, "Integration/Uri", i.Get("Uri"))
			c.verified(m, "Integration/TlsConfig/InsecureSkipVerification", i.Path("TlsConfig/InsecureSkipVerification"))
		}
	}
	for _, r := range c.in.Graph.OfType("AWS::ApiGatewayV2::Integration") {
		c.httpIntegration(r)
	}
}

// origin judges an origin that is no bucket. With match-viewer CloudFront would
// speak to it as viewers do ("OriginProtocolPolicy", AWS::CloudFront::Distribution
// CustomOriginConfig).
func (c *checker) origin(d *resource.Resource, at string, o value.Value) {
	if o.IsAbsent() {
		return
	}
	c.tally.Look(d)
	c.setting(d, setting{property: at + "OriginProtocolPolicy", want: []string{"https-only"}})
	if o.Get("OriginProtocolPolicy").Text() == "http-only" {
		return
	}
	c.tally.Look(d)
	versions := o.Get("OriginSSLProtocols")
	if why := versions.FirstUnknown(); why != nil {
		c.tally.DoubtAt(d, CodeSettingHidden, at+"OriginSSLProtocols", fmt.Sprintf("Which TLS %s speaks to its origin is not known: %s.", c.in.Name(d), why.Error()), "Set OriginSSLProtocols to TLSv1.2 alone.")
		return
	}
	if versions.Len() == 0 || slices.ContainsFunc(versions.Items(), func(v value.Value) bool { return v.Text() != "TLSv1.2" }) {
		c.tally.RefuteAt(d, CodeWeakPolicy, at+"OriginSSLProtocols", fmt.Sprintf("%s speaks TLS below 1.2 to its origin.", c.in.Name(d)), "Set OriginSSLProtocols to TLSv1.2 alone.")
	}
}

// integration judges the address to which an API leads ("Private integrations
// for REST APIs": HTTP unless the address says https).
func (c *checker) integration(r *resource.Resource, at string, uri value.Value) {
	c.tally.Look(r)
	const fix = "Let the address begin with https://."
	first := uri
	if uri.Kind() == value.Concat {
		first = uri.Items()[0]
	}
	switch why := uri.FirstUnknown(); {
	case strings.HasPrefix(strings.ToLower(first.Text()), "https://"):
	case why != nil:
		c.tally.DoubtAt(r, CodeSettingHidden, at, fmt.Sprintf("Whether %s leads to its service by TLS is not known: %s.", c.in.Name(r), why.Error()), fix)
	case first.Text() == "" && !uri.IsAbsent():
		c.tally.DoubtAt(r, CodeSettingHidden, at, fmt.Sprintf("Whether %s leads to its service by TLS is known at deployment only.", c.in.Name(r)), fix)
	default:
		c.tally.RefuteAt(r, CodePlainTarget, at, fmt.Sprintf("%s leads to its service by plain HTTP.", c.in.Name(r)), fix)
	}
}

// verified judges whether the certificate at the end is looked at.
func (c *checker) verified(r *resource.Resource, at string, skips value.Value) {
	if on, _ := skips.Bool(); on {
		c.tally.RefuteAt(r, CodePlainTarget, at, fmt.Sprintf("%s takes any certificate for its service's.", c.in.Name(r)), "Take InsecureSkipVerification away.")
	}
}

// httpIntegration judges an integration of an HTTP API. By a VPC link it is plain
// HTTP unless the name to verify is given ("AWS::ApiGatewayV2::Integration
// TlsConfig").
func (c *checker) httpIntegration(r *resource.Resource) {
	p := r.Props
	switch {
	case !strings.HasPrefix(p.Get("IntegrationType").Text(), "HTTP"):
	case p.Get("ConnectionType").Text() != "VPC_LINK":
		c.integration(r, "IntegrationUri", p.Get("IntegrationUri"))
	default:
		c.tally.Look(r)
		if p.Path("TlsConfig/ServerNameToVerify").IsAbsent() {
			c.tally.RefuteAt(r, CodePlainTarget, "TlsConfig", fmt.Sprintf("%s leads to its service by plain HTTP.", c.in.Name(r)), "Set TlsConfig.ServerNameToVerify.")
		}
	}
}
