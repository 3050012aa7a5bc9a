package encryptedintransit

import (
	"fmt"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/value"
)

// forwarding judges how questions about others' domains are asked: a target
// without a protocol is asked in the clear. Source: Amazon Route 53 API
// Reference, "TargetAddress" (none is treated as Do53).
func (c *checker) forwarding() {
	for _, r := range c.in.Graph.OfType("AWS::Route53Resolver::ResolverRule") {
		for i, t := range r.Props.Get("TargetIps").Items() {
			c.looked(r)
			protocol, property := t.Get("Protocol"), fmt.Sprintf("TargetIps/%d/Protocol", i)
			const fix = "Set Protocol to DoH, Port to 443 and ServerNameIndication to the server's name."
			switch {
			case protocol.IsUnknown():
				c.doubt(r, CodeSettingHidden, property, fmt.Sprintf("Whether %s asks in the clear is not known: %s.", c.in.Name(r), protocol.Reason().Error()), fix)
			case protocol.Text() != "DoH":
				c.tally.Refute(c.in.ScopeOf(r), proof.Finding{Code: CodePlainForward, At: r.Addr, Property: property, Fix: fix,
					Message: fmt.Sprintf("%s asks %s in the clear about %s and the names below it.", c.in.Name(r), text(t.Get("Ip")), text(r.Props.Get("DomainName")))})
			}
		}
	}
}

func text(v value.Value) string {
	if s := v.Text(); s != "" {
		return s
	}
	return v.String()
}
