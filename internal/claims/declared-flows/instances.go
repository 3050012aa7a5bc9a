package declaredflows

import (
	"fmt"
	"strconv"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings about services on EC2.
const (
	CodeArtifact   = "SERVICE_ARTIFACT_MISMATCH"
	CodePortHidden = "SERVICE_PORT_UNKNOWN"
)

// instances compares a service on EC2 with the estate: what its instances are
// told when they start, and that its own balancer leads to them.
func (c *checker) instances(id estate.PartID) {
	want, ok := c.in.Estate.Workload.Services.Get(id.Name)
	if !ok || want.Kind != estate.RuntimeEC2 {
		return
	}
	for _, a := range c.in.Parts.Members[id] {
		if r := c.in.Graph.Get(a); r.Type == "AWS::AutoScaling::AutoScalingGroup" || r.Type == "AWS::EC2::Instance" {
			c.started(id, r, want)
		}
	}
	flows := c.flows[pair{id, id}]
	if len(flows) == 0 {
		return
	}
	listeners, forwards := c.fronts(id)
	for _, f := range flows {
		c.tally.Check(scopeOf(id), 1)
		if len(listeners) == 0 {
			c.listener(f, addr.Address{}, nil)
		}
		for balancer, all := range listeners {
			c.listener(f, balancer, all)
		}
		c.targets(f, forwards)
	}
}

// started compares the port and the archive of the script by which instances
// start.
func (c *checker) started(id estate.PartID, r *resource.Resource, want estate.Service) {
	c.tally.Check(scopeOf(id), 1)
	script, at, property, why := c.in.Graph.UserData(r)
	told := map[string]string{}
	for _, a := range resource.Assignments(script) {
		told[a.Name] = a.Value
	}
	f := proof.Finding{At: r.Addr, Property: property, Part: id, Intent: c.in.Estate.Pos("workload/services/" + id.Name)}
	if at != nil {
		f.At = at.Addr
	}
	if told["PORT"] == "" {
		reason := "no line of their user data gives PORT a value"
		if why != nil {
			reason = why.Error()
		}
		f.Code, f.Fix = CodePortHidden, "Give PORT its value in the user data."
		f.Message = fmt.Sprintf("On which port the instances of %s serve is not known: %s.", id, reason)
		c.tally.Doubt(scopeOf(id), f)
		return
	}
	if told["PORT"] != strconv.Itoa(want.Port) {
		f.Code, f.Fix = CodeContainerPort, fmt.Sprintf("Set PORT to %d, or correct the port in the estate file.", want.Port)
		f.Message = fmt.Sprintf("The estate says that %s serves port %d, but its instances are told to serve %s.", id, want.Port, told["PORT"])
		c.tally.Refute(scopeOf(id), f)
	}
	if told["ARTIFACT"] != "" && told["ARTIFACT"] != want.Artifact {
		f.Code, f.Fix = CodeArtifact, "Correct the archive, or the tag "+addr.TagPart+" if this is another part."
		f.Message = fmt.Sprintf("The estate says that %s runs %s, but its instances fetch %s.", id, want.Artifact, told["ARTIFACT"])
		c.tally.Refute(scopeOf(id), f)
	}
}
