package resource

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/value"
)

// Secrets are the secrets of Secrets Manager of a graph, by account and name. A
// name is unique in an account and Region, and a replica has its primary's
// ("Replicate AWS Secrets Manager secrets across Regions", AWS Secrets Manager
// User Guide), so that both are found by it.
type Secrets struct {
	graph *Graph
	named map[[2]string][]*Resource
}

// SecretsOf reads the secrets of a graph.
func SecretsOf(g *Graph) Secrets {
	s := Secrets{g, map[[2]string][]*Resource{}}
	for _, r := range g.OfType("AWS::SecretsManager::Secret") {
		if name := r.Props.Get("Name").Text(); name != "" {
			key := [2]string{r.Addr.Stack.Account, name}
			s.named[key] = append(s.named[key], r)
		}
	}
	return s
}

// Of returns the secret that a value of a stack refers to, or names by its ARN,
// also as a policy does that does not know the six characters at the end, or a
// container that is given one field of it; nil: it is none of the graph.
func (s Secrets) Of(v value.Value, at addr.Stack) *Resource {
	if items := v.Items(); v.Kind() == value.Concat && len(items) > 0 {
		v = items[0]
	}
	if ref, ok := v.Ref(); ok {
		if r := s.graph.Get(ref.To); r != nil && r.Type == "AWS::SecretsManager::Secret" {
			return r
		}
		return nil
	}
	const unknown = "-??????"
	arn, ok := strings.CutPrefix(v.Text(), "arn:aws:secretsmanager:")
	fields := strings.SplitN(arn, ":", 4) // Region, account, "secret", name
	if !ok || len(fields) != 4 || fields[2] != "secret" {
		return nil
	}
	name, _, _ := strings.Cut(fields[3], ":")
	return s.inRegion(strings.TrimSuffix(name, unknown), addr.Stack{Account: fields[1], Region: fields[0], Name: at.Name})
}

// inRegion returns the secret that has a name in an account and Region: itself, or
// the one of another Region that is meant by it. Whether that one is replicated to
// the Region is not asked here.
func (s Secrets) inRegion(name string, at addr.Stack) *Resource {
	all := s.named[[2]string{at.Account, name}]
	if i := slices.IndexFunc(all, func(r *Resource) bool { return r.Addr.Stack.Region == at.Region }); i >= 0 {
		return all[i]
	}
	if len(all) != 1 {
		return nil
	}
	return all[0]
}

// dynamicReference is how a template takes a value from Secrets Manager when it
// is deployed ("Get a secret or secret value from Secrets Manager", AWS
// CloudFormation User Guide).
const dynamicReference = "{{resolve:secretsmanager:"

// Read returns the secret that a dynamic reference in a value of a stack reads,
// and what the value has before it; nil: it reads none of the graph.
func (s Secrets) Read(v value.Value, at addr.Stack) (before string, secret *Resource) {
	items := v.Items()
	if v.Kind() != value.Concat || len(items) == 0 {
		items = []value.Value{v}
	}
	first, rest, ok := strings.Cut(items[0].Text(), dynamicReference)
	switch {
	case !ok:
		return "", nil
	case rest == "" && len(items) > 1:
		return first, s.Of(items[1], at)
	}
	id, _, _ := strings.Cut(rest, ":SecretString")
	id = strings.TrimSuffix(id, "}}")
	if strings.HasPrefix(id, "arn:") {
		return first, s.Of(value.OfString(id), at)
	}
	return first, s.inRegion(id, at)
}
