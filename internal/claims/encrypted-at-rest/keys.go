package encryptedatrest

import (
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// resolved is what the name of a key leads to: the key, the alias of a key
// that AWS manages, or the reason why it cannot be seen.
type resolved struct {
	key        *resource.Resource
	awsManaged string
	why        string
}

// resolve follows the name of a key: a reference to a key, a replica or an
// alias, or an ARN, id or alias as text. A replica of a multi-Region key
// rotates with its primary, so the primary is returned for it (AWS KMS
// Developer Guide, "Rotating multi-Region keys").
func resolve(g *resource.Graph, at *resource.Resource, v value.Value) resolved {
	if why := v.FirstUnknown(); why != nil {
		return resolved{why: why.Error()}
	}
	if r := target(g, v); r != nil {
		return follow(g, r, 0)
	}
	text := v.Text()
	if v.Kind() == value.Concat {
		text = v.Items()[v.Len()-1].Text()
	}
	if i := strings.Index(text, "alias/"); i >= 0 {
		alias := text[i:]
		if strings.HasPrefix(alias, "alias/aws/") {
			return resolved{awsManaged: alias}
		}
		account, region := at.Addr.Stack.Account, at.Addr.Stack.Region
		if arn := strings.Split(text[:i], ":"); len(arn) == arnBeforeResource && arn[0] == "arn" {
			region, account = arn[3], arn[4]
		}
		var found []*resource.Resource
		for _, a := range g.OfType("AWS::KMS::Alias") {
			if a.Props.Get("AliasName").Text() == alias && same(a.Addr.Stack.Account, account) && same(a.Addr.Stack.Region, region) {
				found = append(found, a)
			}
		}
		switch len(found) {
		case 0:
			return resolved{why: "no template of its account and Region has the alias " + alias}
		case 1:
			return follow(g, found[0], 0)
		}
		return resolved{why: "several templates have the alias " + alias}
	}
	return resolved{why: "the key is in none of the templates"}
}

// arnBeforeResource is how many parts an ARN has, the last of which is the
// resource: arn:partition:service:region:account:resource.
const arnBeforeResource = 6

// same says whether an alias of one account or Region may be meant in another:
// aliases belong to one ("Aliases in AWS KMS").
func same(a, b string) bool { return a == b || a == "" || b == "" }

// target returns the resource that a symbol, or the one symbol in a
// concatenation, stands for.
func target(g *resource.Graph, v value.Value) *resource.Resource {
	parts := []value.Value{v}
	if v.Kind() == value.Concat {
		parts = v.Items()
	}
	for _, p := range parts {
		if ref, ok := p.Ref(); ok {
			if r := g.Get(ref.To); r != nil && strings.HasPrefix(r.Type, "AWS::KMS::") {
				return r
			}
		}
	}
	return nil
}

func follow(g *resource.Graph, r *resource.Resource, depth int) resolved {
	next := ""
	switch r.Type {
	case "AWS::KMS::Key":
		return resolved{key: r}
	case "AWS::KMS::Alias":
		next = "TargetKeyId"
	case "AWS::KMS::ReplicaKey":
		next = "PrimaryKeyArn"
	}
	if next == "" || depth > 3 {
		return resolved{why: r.Addr.String() + " is no key"}
	}
	if to := target(g, r.Props.Get(next)); to != nil {
		return follow(g, to, depth+1)
	}
	return resolved{why: "the " + next + " of " + r.Addr.String() + " is in none of the templates"}
}
