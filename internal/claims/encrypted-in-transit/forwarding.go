package encryptedintransit

import (
	"fmt"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/value"
)

// forwarding judges how questions about others' domains are asked: a target
// without a protocol is asked in the clear. Source: Amazon Route 53 API
// Reference, "TargetAddress" (none is treated as Do53).
func (c *checker) forwarding() {
	for _, r := range c.in.Graph.OfType("AWS::Route53Resolver::ResolverRule") {
		for i, t := range r.Props.Get("TargetIps").Items() {
			c.tally.Look(r)
			protocol, property := t.Get("Protocol"), fmt.Sprintf("TargetIps/%d/Protocol", i)
			const fix = "Set Protocol to DoH, Port to 443 and ServerNameIndication to the server's name."
			switch {
			case protocol.IsUnknown():
				c.tally.DoubtAt(r, CodeSettingHidden, property, fmt.Sprintf("Whether %s asks in the clear is not known: %s.", c.in.Name(r), protocol.Reason().Error()), fix)
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

// transferPolicy is the oldest policy of Transfer Family's that has no weak
// algorithm ("Security policies for AWS Transfer Family servers").
const transferPolicy = "2024-01"

// transfers judges SFTP servers: one that also speaks FTP takes passwords in
// the clear, and an old policy allows weak algorithms. Without a policy a server
// has that of 2018 ("AWS::Transfer::Server").
func (c *checker) transfers() {
	for _, r := range c.in.Graph.OfType("AWS::Transfer::Server") {
		c.tally.Look(r)
		for i, p := range r.Props.Get("Protocols").Items() {
			if at := fmt.Sprintf("Protocols/%d", i); p.FirstUnknown() != nil {
				c.tally.DoubtAt(r, CodeSettingHidden, at, fmt.Sprintf("Which protocol %s speaks is not known: %s.", c.in.Name(r), p.FirstUnknown().Error()), "Write SFTP.")
			} else if p.Text() == "FTP" {
				c.tally.RefuteAt(r, CodePlainSetting, at, fmt.Sprintf("%s speaks FTP, by which passwords and files are sent in the clear.", c.in.Name(r)), "Speak SFTP alone.")
			}
		}
		policy := r.Props.Get("SecurityPolicyName")
		name := policy.Text()
		date := name[max(0, len(name)-len(transferPolicy)):]
		const fix = "Set SecurityPolicyName to TransferSecurityPolicy-2025-03."
		switch {
		case policy.FirstUnknown() != nil:
			c.tally.DoubtAt(r, CodeSettingHidden, "SecurityPolicyName", fmt.Sprintf("Which algorithms %s takes is not known: %s.", c.in.Name(r), policy.FirstUnknown().Error()), fix)
		case !strings.HasPrefix(name, "TransferSecurityPolicy-") || date < transferPolicy:
			c.tally.RefuteAt(r, CodeWeakPolicy, "SecurityPolicyName", fmt.Sprintf("%s takes weak algorithms: its policy is %s.", c.in.Name(r), orOldest(name)), fix)
		}
	}
}

func orOldest(name string) string {
	if name == "" {
		return "the default, TransferSecurityPolicy-2018-11"
	}
	return name
}
