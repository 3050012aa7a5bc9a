package policy

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Purpose is what a document does where it stands.
type Purpose uint8

// The purposes of documents.
const (
	Grants        Purpose = iota // what a principal may do
	Trusts                       // who may become a role
	Guards                       // who may use a resource
	GuardsKey                    // who may use and administer a KMS key
	PassesThrough                // what may pass through a VPC endpoint
)

// Document is a document of a resource: Property leads to it, and Doc is always
// a document, also where the property is one statement.
type Document struct {
	Purpose  Purpose
	Property string
	Doc      value.Value
}

// place is where a type keeps a document. Of a path with "*" every item of the
// list is one; Statement says that the property is a statement.
type place struct {
	purpose   Purpose
	path      string
	statement bool
}

// places are the types that carry documents. Source: AWS CloudFormation
// Template Reference, the types' pages.
func places() map[string][]place {
	inline := place{purpose: Grants, path: "Policies/*/PolicyDocument"}
	attached := []place{{purpose: Grants, path: "PolicyDocument"}}
	guards := func(path string) []place { return []place{{purpose: Guards, path: path}} }
	key := []place{{purpose: GuardsKey, path: "KeyPolicy"}}
	return map[string][]place{
		"AWS::IAM::Role":                      {{purpose: Trusts, path: "AssumeRolePolicyDocument"}, inline},
		"AWS::IAM::User":                      {inline},
		"AWS::IAM::Group":                     {inline},
		"AWS::IAM::Policy":                    attached,
		"AWS::IAM::ManagedPolicy":             attached,
		"AWS::IAM::RolePolicy":                attached,
		"AWS::IAM::UserPolicy":                attached,
		"AWS::IAM::GroupPolicy":               attached,
		"AWS::SSO::PermissionSet":             {{purpose: Grants, path: "InlinePolicy"}},
		"AWS::Transfer::User":                 {{purpose: Grants, path: "Policy"}},
		"AWS::KMS::Key":                       key,
		"AWS::KMS::ReplicaKey":                key,
		"AWS::S3::BucketPolicy":               guards("PolicyDocument"),
		"AWS::S3::AccessPoint":                guards("Policy"),
		"AWS::SQS::QueuePolicy":               guards("PolicyDocument"),
		"AWS::SQS::QueueInlinePolicy":         guards("PolicyDocument"),
		"AWS::SNS::TopicPolicy":               guards("PolicyDocument"),
		"AWS::SNS::TopicInlinePolicy":         guards("PolicyDocument"),
		"AWS::ECR::RegistryPolicy":            guards("PolicyText"),
		"AWS::ECR::Repository":                guards("RepositoryPolicyText"),
		"AWS::SecretsManager::ResourcePolicy": guards("ResourcePolicy"),
		"AWS::EFS::FileSystem":                guards("FileSystemPolicy"),
		"AWS::Backup::BackupVault":            guards("AccessPolicy"),
		"AWS::Logs::ResourcePolicy":           guards("PolicyDocument"),
		"AWS::OpenSearchService::Domain":      guards("AccessPolicies"),
		"AWS::DynamoDB::Table":                guards("ResourcePolicy/PolicyDocument"),
		"AWS::Kinesis::ResourcePolicy":        guards("ResourcePolicy"),
		"AWS::CodeArtifact::Repository":       guards("PermissionsPolicyDocument"),
		"AWS::ApiGateway::RestApi":            guards("Policy"),
		"AWS::Events::EventBusPolicy":         {{purpose: Guards, path: "Statement", statement: true}},
		"AWS::Events::EventBus":               guards("Policy"),
		"AWS::Glue::ResourcePolicy":           guards("PolicyInJson"),
		"AWS::EC2::VPCEndpoint":               {{purpose: PassesThrough, path: "PolicyDocument"}},
	}
}

// Documents reads which documents resources carry.
type Documents map[string][]place

// NewDocuments returns a reader.
func NewDocuments() Documents { return places() }

// Of yields the documents of a resource; those that it lacks are left out. A
// path whose list is not known yields one document that is not.
func (d Documents) Of(r *resource.Resource) iter.Seq[Document] {
	return func(yield func(Document) bool) {
		for _, p := range d[r.Type] {
			for _, doc := range p.of(r.Props) {
				if !yield(doc) {
					return
				}
			}
		}
	}
}

func (p place) of(props value.Value) []Document {
	list, rest, each := strings.Cut(p.path, "/*/")
	if !each {
		v := props.Path(p.path)
		if v.IsAbsent() || v.Kind() == value.Null {
			return nil
		}
		if p.statement && !v.IsUnknown() {
			v = value.OfMap([]string{"Statement"}, []value.Value{v})
		}
		return []Document{{p.purpose, p.path, v}}
	}
	all := props.Path(list)
	if all.IsUnknown() {
		return []Document{{p.purpose, list, all}}
	}
	var docs []Document
	for i, item := range all.Items() {
		docs = append(docs, Document{p.purpose, list + "/" + strconv.Itoa(i) + "/" + rest, item.Path(rest)})
	}
	return docs
}

// PropertyOf returns the path of a statement of a document within its resource.
func (d Document) PropertyOf(s Statement) string {
	if len(d.Property) > 0 && strings.HasSuffix(d.Property, "Statement") && s.Property == "Statement" {
		return d.Property
	}
	return d.Property + "/" + s.Property
}

// Roles returns the roles of the templates that hold what a resource grants: the
// role itself, or those that the policy is attached to.
func Roles(r *resource.Resource) []addr.Address {
	if r.Type == "AWS::IAM::Role" {
		return []addr.Address{r.Addr}
	}
	var all []addr.Address
	for _, v := range append(slices.Clone(r.Props.Get("Roles").Items()), r.Props.Get("RoleName")) {
		if ref, ok := v.Ref(); ok {
			all = append(all, ref.To)
		}
	}
	return all
}
