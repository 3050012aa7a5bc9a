package survivesregion

import (
	"strconv"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// independent sees to it that nothing in the recovery Region needs the home
// Region: neither a resource of its stacks, nor a name or ARN in it.
func (c *checker) independent() {
	for r := range c.in.Graph.All() {
		scope := string(c.in.ScopeOf(r))
		if r.Addr.Stack.Region != c.there.Region || scope != c.there.Name && scope != c.there.Hub {
			continue
		}
		if r.Type != "AWS::EC2::SecurityGroupIngress" && r.Type != "AWS::EC2::SecurityGroupEgress" { // they may stand in their group, too
			c.tally.Check(c.scope, 1)
		}
		c.needs(r, r.Props, "")
	}
}

// needs reports the properties of a resource that lead to the home Region.
func (c *checker) needs(r *resource.Resource, v value.Value, path string) {
	switch v.Kind() {
	case value.Symbol:
		if ref, _ := v.Ref(); ref.To.Stack.Region == c.home.Region && c.serves(r, path) {
			c.lost(r, path, ref.To.String())
		}
	case value.String:
		if c.namesHome(v.Text()) && c.serves(r, path) {
			c.lost(r, path, v.Text())
		}
	case value.Concat, value.List:
		for i, item := range v.Items() {
			at := path
			if v.Kind() == value.List {
				at = join(path, strconv.Itoa(i))
			}
			c.needs(r, item, at)
		}
	case value.Map:
		for k, item := range v.Entries() {
			c.needs(r, item, join(path, k))
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}

// namesHome says whether a text names the home Region as an ARN or a host name
// does.
func (c *checker) namesHome(s string) bool {
	return strings.Contains(s, ":"+c.home.Region+":") || strings.Contains(s, "."+c.home.Region+".") || strings.Contains(s, "/"+c.home.Region+"/")
}

func (c *checker) lost(r *resource.Resource, path, what string) {
	c.refute(CodeHome, r.Addr, path, "Let it refer to what is in "+c.there.Region+".", "%s of %s leads to %s, which is lost with %s.", path, c.in.Name(r), what, c.home.Region)
}

// serves says whether a property of a resource counts when the environment
// serves from the recovery Region. The closed list of what does not: the primary
// of a replica key, which is asked for once, when the replica is made; the ways of
// logs and of recorded configurations to the accounts that keep them, which wait
// until the home Region is back and hold nothing up; and the recovery Region's end
// of a peering of Transit Gateways, which carries nothing but what comes from the
// home Region, as long as it is alone in its stack, so that no change of anything
// else waits for that.
func (c *checker) serves(r *resource.Resource, path string) bool {
	switch r.Type {
	case "AWS::KMS::ReplicaKey":
		return path != "PrimaryKeyArn"
	case "AWS::S3::Bucket":
		return !strings.HasPrefix(path, "ReplicationConfiguration/")
	case "AWS::Config::DeliveryChannel", "AWS::Config::AggregationAuthorization":
		return false
	case "AWS::IAM::Role", "AWS::IAM::Policy":
		return !c.copiesLogs(r)
	case typeAssociation, typeRoute:
		return path != "TransitGatewayAttachmentId" || !c.endsPeering(r)
	}
	return true
}

// The types of which the end of a peering is made.
const (
	typeAssociation = "AWS::EC2::TransitGatewayRouteTableAssociation"
	typeRoute       = "AWS::EC2::TransitGatewayRoute"
	typeTable       = "AWS::EC2::TransitGatewayRouteTable"
)

// endsPeering says whether a route or an association is of a peering's, in a stack
// that holds nothing but its end.
func (c *checker) endsPeering(r *resource.Resource) bool {
	ref, _ := r.Props.Get("TransitGatewayAttachmentId").Ref()
	if a := c.in.Graph.Get(ref.To); a == nil || a.Type != "AWS::EC2::TransitGatewayPeeringAttachment" {
		return false
	}
	for other := range c.in.Graph.All() {
		if other.Addr.Stack == r.Addr.Stack && other.Type != typeAssociation && other.Type != typeRoute && other.Type != typeTable {
			return false
		}
	}
	return true
}

// copiesLogs says whether a role, or the role of a policy, is one that S3 assumes
// to copy what was logged, or AWS Config to record.
func (c *checker) copiesLogs(r *resource.Resource) bool {
	if r.Type == "AWS::IAM::Policy" {
		for _, role := range r.Props.Get("Roles").Items() {
			if ref, ok := role.Ref(); ok {
				if of := c.in.Graph.Get(ref.To); of != nil && of.Type == "AWS::IAM::Role" {
					return c.copiesLogs(of)
				}
			}
		}
		return false
	}
	if k := c.in.KindOf(c.in.PartOf(r.Addr)); k != estate.KindLogs && k != "" {
		return false
	}
	for _, s := range r.Props.Path("AssumeRolePolicyDocument/Statement").Items() {
		service := s.Path("Principal/Service")
		for _, p := range append(service.Items(), service) {
			if p.Text() == "s3.amazonaws.com" || p.Text() == "config.amazonaws.com" {
				return true
			}
		}
	}
	return false
}
