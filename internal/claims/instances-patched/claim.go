// Package instancespatched proves that EC2 instances start from the newest
// image, become no older than a month, and are reached by Session Manager only.
//
// It reads launch templates, scaling groups, single instances and the security
// groups of their interfaces. What an image holds is not seen; that it is the
// newest of a kind is.
package instancespatched

import (
	"context"
	"fmt"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeOldImage   = "INSTANCE_IMAGE_PINNED"
	CodeOld        = "INSTANCE_GROWS_OLD"
	CodeKeyPair    = "INSTANCE_HAS_KEY_PAIR"
	CodeMetadata   = "INSTANCE_METADATA_OPEN"
	CodeSignInPort = "INSTANCE_SIGN_IN_PORT_OPEN"
	CodeUnknown    = "INSTANCE_UNKNOWN"
)

// oldest is how many seconds an instance may live: thirty days, within which
// PCI DSS 4.0 (6.3.3) wants critical patches installed.
const oldest = 30 * 24 * 60 * 60

// signInPorts are those of SSH and of the Remote Desktop Protocol.
var signInPorts = map[uint16]string{22: "SSH", 3389: "RDP"}

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "instances-patched",
		Rows:  []string{"S11"},
		Says:  "instances start from the newest image, are replaced within a month, and are reached by Session Manager only",
		Check: check,
	}
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := checker{in: in, tally: proof.NewTally(in, "properties of instances", "Nothing that was loaded starts an EC2 instance.")}
	for _, r := range in.Graph.OfType("AWS::EC2::LaunchTemplate") {
		c.start(r, "LaunchTemplateData/")
	}
	for _, r := range in.Graph.OfType("AWS::AutoScaling::LaunchConfiguration") {
		c.start(r, "")
	}
	for _, r := range in.Graph.OfType("AWS::EC2::Instance") {
		c.single(r)
	}
	for _, r := range in.Graph.OfType("AWS::AutoScaling::AutoScalingGroup") {
		c.age(r)
	}
	c.ports()
	return c.tally.Verdicts(), nil
}

func (c checker) doubt(r *resource.Resource, property, message string) {
	c.tally.DoubtAt(r, CodeUnknown, property, message, "Write the value in the template, load the template of what it names, or give the parameter with --param.")
}

// start judges what says how instances start; its properties are below a
// prefix.
func (c checker) start(r *resource.Resource, prefix string) {
	c.image(r, prefix+"ImageId")
	c.keyPair(r, prefix+"KeyName")
	c.metadata(r, prefix+"MetadataOptions/HttpTokens")
}

// single judges an instance that no group replaces: who patches it cannot be
// seen. What its launch template says is judged there.
func (c checker) single(r *resource.Resource) {
	c.tally.Look(r)
	c.doubt(r, "", fmt.Sprintf("Who replaces or patches %s is not known: it belongs to no scaling group.", c.in.Name(r)))
	if r.Props.Get("LaunchTemplate").IsAbsent() {
		c.image(r, "ImageId")
		c.metadata(r, "MetadataOptions/HttpTokens")
	}
	c.keyPair(r, "KeyName")
}

// image judges whether the newest image is taken: a parameter of Systems
// Manager names it, which EC2 or CloudFormation resolves ("Use AWS Systems
// Manager parameters instead of AMI IDs in launch templates", Amazon EC2 Auto
// Scaling User Guide).
func (c checker) image(r *resource.Resource, property string) {
	c.tally.Look(r)
	switch v := r.Props.Path(property); {
	case strings.HasPrefix(v.Text(), "resolve:ssm:"):
	case v.IsUnknown() && v.Reason().Code == "PARAMETER_FROM_SSM":
	case v.FirstUnknown() != nil:
		c.doubt(r, property, fmt.Sprintf("From which image instances of %s start is not known: %s.", c.in.Name(r), v.FirstUnknown().Error()))
	case v.IsAbsent():
		c.doubt(r, property, fmt.Sprintf("From which image instances of %s start is not known: %s is absent.", c.in.Name(r), property))
	default:
		c.tally.RefuteAt(r, CodeOldImage, property, fmt.Sprintf("Instances of %s always start from the image %s, which becomes no newer.", c.in.Name(r), v),
			"Name a parameter of Systems Manager that holds the newest image: resolve:ssm:/aws/service/….")
	}
}

// keyPair judges whether whoever holds a key may sign in past Session Manager.
func (c checker) keyPair(r *resource.Resource, property string) {
	c.tally.Look(r)
	if v := r.Props.Path(property); !v.IsAbsent() && v.Kind() != value.Null {
		c.tally.RefuteAt(r, CodeKeyPair, property, fmt.Sprintf("%s gives its instances a key pair: who holds it signs in without IAM, and without a record.", c.in.Name(r)),
			"Take "+property+" out, and use Session Manager.")
	}
}

// metadata judges whether the metadata service answers sessions only. Without
// the property the image and the account's default decide ("Configure the
// Instance Metadata Service options", Amazon EC2 User Guide).
func (c checker) metadata(r *resource.Resource, property string) {
	c.tally.Look(r)
	switch v := r.Props.Path(property); {
	case v.Text() == "required":
	case v.FirstUnknown() != nil:
		c.doubt(r, property, fmt.Sprintf("Whether the metadata service of %s answers sessions only is not known: %s.", c.in.Name(r), v.FirstUnknown().Error()))
	default:
		c.tally.RefuteAt(r, CodeMetadata, property, fmt.Sprintf("The metadata service of %s hands out credentials without a session: a request that a program can be made to send is enough.", c.in.Name(r)),
			"Set "+property+" to required.")
	}
}

// age judges for how long instances of a group live. A group that starts none by
// itself has no old ones ("Replace Auto Scaling instances based on maximum
// instance lifetime", Amazon EC2 Auto Scaling User Guide).
func (c checker) age(r *resource.Resource) {
	c.tally.Look(r)
	least, _ := r.Props.Get("MinSize").Int()
	wanted, asked := r.Props.Get("DesiredCapacity").Int()
	if r.Props.Get("MinSize").Text() == "0" && least == 0 && asked && wanted == 0 {
		return
	}
	v := r.Props.Get("MaxInstanceLifetime")
	n, known := v.Int()
	switch {
	case v.FirstUnknown() != nil:
		c.doubt(r, "MaxInstanceLifetime", fmt.Sprintf("How old instances of %s become is not known: %s.", c.in.Name(r), v.FirstUnknown().Error()))
	case !known || n == 0 || n > oldest:
		c.tally.RefuteAt(r, CodeOld, "MaxInstanceLifetime", fmt.Sprintf("Instances of %s may become older than thirty days, and no patch reaches them until they are replaced.", c.in.Name(r)),
			fmt.Sprintf("Set MaxInstanceLifetime to %d or less.", oldest))
	}
}

// ports judges whether instances can be signed in to over the network.
func (c checker) ports() {
	judged := map[string]bool{}
	for _, i := range c.in.Graph.Interfaces() {
		if i.Kind != resource.EndInstance {
			continue
		}
		for _, l := range i.Groups {
			g := resource.View[resource.SecurityGroup](c.in.Graph, l.To)
			if g == nil || judged[l.To.String()] {
				continue
			}
			judged[l.To.String()] = true
			c.tally.Look(i.Owner)
			for _, rule := range g.Ingress {
				c.port(i.Owner, rule)
			}
		}
	}
}

func (c checker) port(owner *resource.Resource, rule resource.SGRule) {
	if rule.Protocol != resource.TCP && rule.Protocol != resource.AnyProtocol {
		return
	}
	for port, name := range signInPorts {
		if rule.Why == nil && rule.From <= port && port <= rule.To {
			c.tally.Refute(c.in.ScopeOf(owner), proof.Finding{Code: CodeSignInPort, At: rule.Declared.Addr, Property: rule.Property, Part: c.in.PartOf(owner.Addr),
				Message: fmt.Sprintf("A rule lets %s in to instances of %s: who comes that way signs in without IAM, and without a record.", name, c.in.Name(owner)),
				Fix:     "Close the port, and use Session Manager."})
		}
	}
}
