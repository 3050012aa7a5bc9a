// Package publicedgeonly proves that from the internet only the declared edges
// can be reached.
//
// Without an estate the listeners of internet-facing load balancers are the
// declared edges; with one, nothing in a VPC is but the server that partners
// exchange files with, for their addresses alone. A function with a public
// address and a bucket that everybody may read are reached from the internet
// without any VPC, so they count too.
package publicedgeonly

import (
	"context"
	"fmt"
	"slices"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeReachable = "INTERNET_REACHABLE"
	CodeMaybe     = "INTERNET_REACHABLE_PERHAPS"
	CodeFunction  = "FUNCTION_URL_PUBLIC"
	CodeBucket    = "BUCKET_PUBLIC"

	CodeBucketPerhaps = "BUCKET_PUBLIC_PERHAPS"
	CodeService       = "SERVICE_PUBLIC_PERHAPS"
	CodeTransfer      = "TRANSFER_SERVER_PUBLIC"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "public-edge-only",
		Walks: true,
		Rows:  []string{"S06", "S07"},
		Says:  "from the internet only the declared edges can be reached",
		Check: check,
	}
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	t := proof.NewTally(in, "interfaces", "Nothing that was loaded has an interface or a public address.")
	ends := in.Ends()
	for _, c := range ends.Net.Classes() {
		for _, m := range c.Members {
			t.Check(in.ScopeOf(m.Owner), 1)
		}
	}
	open, err := ends.Open(ctx)
	if err != nil {
		return nil, err
	}
	done := map[network.ClassID]bool{}
	for _, p := range open {
		if !ends.External(p.From) || ends.External(p.To) || done[p.To] {
			continue
		}
		done[p.To] = reachable(in, t, ends, p)
	}
	partners(in, t, ends)
	functions(in, t)
	buckets(in, t)
	services(in, t)
	servers(in, t)
	return t.Verdicts(), nil
}

// reachable reports a class that the internet reaches beyond a declared edge,
// and says whether it did.
func reachable(in *proof.Input, t *proof.Tally, ends *proof.Ends, p proof.OpenPair) bool {
	edge := declared(in, ends, p.From, p.To)
	may, must := p.Reach.May.Minus(edge), p.Reach.Must.Minus(edge)
	if may.IsEmpty() {
		return false
	}
	if must.IsEmpty() {
		path := ends.Net.Explain(p.From, p.To, may)
		f := proof.Opened(path)
		f.Code = CodeMaybe
		f.Message = fmt.Sprintf("%s may be reachable from the internet by %s: %s.", ends.Name(p.To), ends.Net.Format(may), proof.Why(path))
		f.Fix = "Say by which addresses it may be reached, or close the rule."
		t.Doubt(ends.ScopeOf(p.To), f)
		return true
	}
	f := proof.Opened(ends.Net.Explain(p.From, p.To, must))
	f.Code = CodeReachable
	f.Message = fmt.Sprintf("%s can be reached from the internet by %s, which no declared edge is.", ends.Name(p.To), ends.Net.Format(must))
	f.Fix = "Take the public address, the route to the internet gateway or this rule away; let clients come by a declared edge."
	t.Refute(ends.ScopeOf(p.To), f)
	return true
}

// declared returns the packets by which a class may be reached as an edge from
// a class of the internet.
func declared(in *proof.Input, ends *proof.Ends, from, c network.ClassID) network.PacketSet {
	if in.Estate != nil {
		return partnersEdge(in, ends, from, c)
	}
	var edge network.PacketSet
	for _, m := range ends.Net.Class(c).Members {
		if m.Kind != resource.EndBalancer || m.Public == resource.No {
			return network.PacketSet{}
		}
		if !m.HasGroups || m.Owner.Type == "AWS::ElasticLoadBalancing::LoadBalancer" {
			// No rule says by which ports a network balancer's nodes are reached;
			// they answer on their listeners' alone ("Listeners for your Network
			// Load Balancers"). Classic balancers' listeners are not modelled.
			return ends.Net.AllPackets()
		}
		edge = edge.Or(ends.Listens(m.Owner.Addr))
	}
	return edge
}

// functions reports functions with an address that asks for no credentials.
// Source: AWS Lambda Developer Guide, "Control access to Lambda function URLs".
func functions(in *proof.Input, t *proof.Tally) {
	for _, r := range in.Graph.OfType("AWS::Lambda::Url") {
		t.Check(in.ScopeOf(r), 1)
		if why := r.Props.Get("AuthType").FirstUnknown(); why != nil {
			t.Doubt(in.ScopeOf(r), proof.Finding{Code: CodeFunction, At: r.Addr, Property: "AuthType",
				Message: fmt.Sprintf("Whether anybody on the internet may call %s is not known: %s.", in.Name(r), why.Error()), Fix: "Set AuthType to AWS_IAM."})
		}
		if r.Props.Get("AuthType").Text() == "NONE" {
			t.Refute(in.ScopeOf(r), proof.Finding{Code: CodeFunction, At: r.Addr, Property: "AuthType",
				Message: fmt.Sprintf("%s gives its function an address that anybody on the internet may call.", in.Name(r)),
				Fix:     "Set AuthType to AWS_IAM, or put the function behind a declared edge."})
		}
	}
}

// buckets reports policies that let everybody in and that no public access
// block overrides. Source: Amazon S3 User Guide, "Blocking public access to
// your Amazon S3 storage".
func buckets(in *proof.Input, t *proof.Tally) {
	for _, r := range in.Graph.OfType("AWS::S3::BucketPolicy") {
		b := bucketOf(in.Graph, r)
		if b == nil {
			continue
		}
		t.Check(in.ScopeOf(b), 1)
		block := b.Props.Get("PublicAccessBlockConfiguration")
		restrict := block.Get("RestrictPublicBuckets")
		if on, known := restrict.Bool(); block.IsAbsent() || known && on {
			continue // absent: AWS blocks public access of new buckets
		}
		statements, why := policy.Statements(r.Props.Get("PolicyDocument"))
		if why != nil {
			doubtful(in, t, b, r, "PolicyDocument", why)
		}
		for _, s := range statements {
			if why := block.FirstUnknown(); why != nil && s.Allow && !s.Conditional() {
				doubtful(in, t, b, r, "PolicyDocument", why)
				break
			}
			if s.Allow && !s.Conditional() && (s.NotPrincipal || slices.ContainsFunc(s.Principals, policy.Principal.Any)) {
				t.Refute(in.ScopeOf(b), proof.Finding{Code: CodeBucket, At: r.Addr, Property: "PolicyDocument/" + s.Property,
					Message: fmt.Sprintf("%s lets everybody on the internet into its bucket, and the bucket does not block public access.", in.Name(r)),
					Fix:     "Name the principals, and set RestrictPublicBuckets."})
			}
		}
	}
}

// bucketOf returns the bucket of a policy: the one that it refers to, or the one
// that has the name which it gives.
func bucketOf(g *resource.Graph, r *resource.Resource) *resource.Resource {
	v := r.Props.Get("Bucket")
	if ref, ok := v.Ref(); ok {
		return g.Get(ref.To)
	}
	for _, b := range g.OfType("AWS::S3::Bucket") {
		if name := b.Props.Get("BucketName"); !name.IsAbsent() && value.Equal(name, v) {
			return b
		}
	}
	return nil
}

func doubtful(in *proof.Input, t *proof.Tally, b, r *resource.Resource, property string, why *value.Reason) {
	t.Doubt(in.ScopeOf(b), proof.Finding{Code: CodeBucketPerhaps, At: r.Addr, Property: property,
		Message: fmt.Sprintf("Whether %s lets everybody on the internet into its bucket is not known: %s.", in.Name(r), why.Error()),
		Fix:     "Write the policy in the template, and set RestrictPublicBuckets."})
}

// services reports services whose own address is on the internet beside what
// they have in a VPC. Sources: Amazon EKS User Guide, "Cluster API server
// endpoint" (public by default); Amazon OpenSearch Service Developer Guide,
// "Launching your domains within a VPC" (public without VPCOptions).
func services(in *proof.Input, t *proof.Tally) {
	for _, r := range in.Graph.OfType("AWS::EKS::Cluster") {
		const property = "ResourcesVpcConfig/EndpointPublicAccess"
		on, known := r.Props.Path(property).Bool()
		if known && !on {
			continue
		}
		service(in, t, r, property, "Set EndpointPublicAccess to false and EndpointPrivateAccess to true.")
	}
	for _, typ := range []string{"AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"} {
		for _, r := range in.Graph.OfType(typ) {
			if ids := r.Props.Path("VPCOptions/SubnetIds"); ids.Kind() == value.List && ids.Len() > 0 {
				continue
			}
			service(in, t, r, "VPCOptions", "Give it VPCOptions, so that its address is in subnets.")
		}
	}
}

func service(in *proof.Input, t *proof.Tally, r *resource.Resource, property, fix string) {
	t.Check(in.ScopeOf(r), 1)
	t.Doubt(in.ScopeOf(r), proof.Finding{Code: CodeService, At: r.Addr, Property: property, Fix: fix,
		Message: fmt.Sprintf("%s may have an address of its own on the internet, and only its policies say who may use it.", in.Name(r))})
}
