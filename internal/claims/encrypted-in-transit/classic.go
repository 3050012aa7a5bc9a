package encryptedintransit

import (
	"fmt"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// classic judges the two ends of a Classic Load Balancer's listeners. Its
// protocols may be in any case; what its instances hear where InstanceProtocol
// is absent is not documented. Source: AWS CloudFormation Template Reference,
// "AWS::ElasticLoadBalancing::LoadBalancer Listeners".
func (c *checker) classic(r *resource.Resource) {
	c.tally.Look(r)
	listeners := r.Props.Get("Listeners")
	if why := listeners.Reason(); why != nil || listeners.Kind() != value.List {
		c.classicUnknown(r, "Listeners", why)
		return
	}
	for i, l := range listeners.Items() {
		at := fmt.Sprintf("Listeners/%d", i)
		front := l.Get("Protocol")
		if why := l.FirstUnknown(); why != nil {
			c.classicUnknown(r, at, why)
			continue
		}
		c.classicFront(r, at+"/Protocol", front.Text())
		c.classicBack(r, at+"/InstanceProtocol", l.Get("InstanceProtocol").Text())
	}
}

func (c *checker) classicUnknown(r *resource.Resource, at string, why *value.Reason) {
	text := at + " is no list that can be read"
	if why != nil {
		text = why.Error()
	}
	c.tally.DoubtAt(r, CodeSettingHidden, at, fmt.Sprintf("Whether %s refuses plaintext is not known: %s.", c.in.Name(r), text), "Write the listeners' protocols, or give the parameters with --param.")
}

func (c *checker) classicFront(r *resource.Resource, at, protocol string) {
	switch strings.ToUpper(protocol) {
	case "HTTPS", "SSL":
		c.tally.DoubtAt(r, CodeSettingHidden, "Policies", fmt.Sprintf("Which TLS %s accepts is not known: the policies of a Classic Load Balancer are not read.", c.in.Name(r)),
			"Use an Application or Network Load Balancer.")
	case "HTTP":
		c.tally.RefuteAt(r, CodePlainListener, at, fmt.Sprintf("%s accepts plain HTTP, which a Classic Load Balancer cannot redirect.", c.in.Name(r)), "Make it an HTTPS listener.")
	default:
		c.tally.DoubtAt(r, CodePassThrough, at, fmt.Sprintf("%s passes %s through, and nothing says whether its ends speak TLS.", c.in.Name(r), protocol), "Let the listener end TLS.")
	}
}

func (c *checker) classicBack(r *resource.Resource, at, protocol string) {
	switch strings.ToUpper(protocol) {
	case "":
		c.tally.DoubtAt(r, CodeSettingHidden, at, fmt.Sprintf("Whether %s sends plaintext to its instances is not known: InstanceProtocol is absent.", c.in.Name(r)), "Set InstanceProtocol to HTTPS or SSL.")
	case "HTTP":
		c.tally.RefuteAt(r, CodePlainTarget, at, fmt.Sprintf("%s sends plain HTTP to its instances.", c.in.Name(r)), "Set InstanceProtocol to HTTPS and let the instances serve TLS.")
	case "TCP":
		c.tally.DoubtAt(r, CodePassThrough, at, fmt.Sprintf("%s passes TCP on, and nothing says whether its ends speak TLS.", c.in.Name(r)), "Set InstanceProtocol to HTTPS or SSL.")
	}
}
