package nolockout

import (
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// organisation stands for the id of the organisation, which every account of it
// shares and no template knows.
func organisation() value.Value {
	return value.OfSymbol(value.Ref{To: addr.Address{Logical: "AWS::Organizations::Organization"}, Attr: "Id"})
}

// isGlobal says whether a service is one that AWS serves from us-east-1
// for every Region.
// Source: AWS General Reference, "AWS service endpoints: global services".
func isGlobal(service string) bool {
	switch service {
	case "iam", "route53", "cloudfront", "organizations", "account", "budgets", "shield", "route53-recovery-control-config", "sso":
		return true
	}
	return false
}

// keyOf is how the value of a condition's key follows from a resource: from the
// property of a type, or from what AWS takes if the property is absent.
type keyOf struct{ typ, property, otherwise string }

// keysOf are the services' own keys whose values follow from properties. Source:
// Service Authorization Reference, "Condition keys for" the service; AWS
// CloudFormation Template Reference for what absent properties mean.
func keysOf() map[string]keyOf {
	return map[string]keyOf{
		"rds:storageencrypted":                  {"AWS::RDS::DBCluster", "StorageEncrypted", "false"},
		"rds:databaseengine":                    {"AWS::RDS::DBInstance", "Engine", ""},
		"ec2:encrypted":                         {"AWS::EC2::Volume", "Encrypted", "false"},
		"elasticfilesystem:encrypted":           {"AWS::EFS::FileSystem", "Encrypted", "false"},
		"ram:requestedallowsexternalprincipals": {"AWS::RAM::ResourceShare", "AllowExternalPrincipals", "true"},
		"lambda:functionurlauthtype":            {"AWS::Lambda::Url", "AuthType", ""},
		"s3:x-amz-acl":                          {"AWS::S3::Bucket", "AccessControl", "none"},
		"sqs:managedsseenabled":                 {"AWS::SQS::Queue", "SqsManagedSseEnabled", ""},
	}
}

// call is one action of a role in a Region. For is the resource that it is
// called for; nil for what is called for none of the templates'.
type call struct {
	caller         policy.Caller
	region, action string
	about          *resource.Resource
}

// keys is the context of a call: what is known of it whatever happens. Services'
// own keys are in the requests of that service only ("Actions, resources, and
// condition keys for AWS services").
func (c *checker) keys(x call) policy.Keys {
	service, _, _ := strings.Cut(x.action, ":")
	return func(key string) ([]value.Value, bool) {
		one := func(s string) ([]value.Value, bool) { return []value.Value{value.OfString(s)}, true }
		switch key {
		case "aws:requestedregion":
			if isGlobal(service) {
				return one("us-east-1")
			}
			return one(x.region)
		case "aws:principalorgid", "aws:resourceorgid":
			return []value.Value{organisation()}, true
		case "aws:securetransport":
			return one("true")
		case "s3:tlsversion":
			return one("1.2")
		case "aws:principaltype":
			return one("AssumedRole")
		case "aws:assumedroot", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
			"aws:username", "aws:principalservicename":
			return nil, true // in no request of a role that acts for itself
		}
		prefix, _, _ := strings.Cut(key, ":")
		if prefix != "aws" && prefix != service {
			return nil, true
		}
		return c.property(key, x)
	}
}

// property is the value of a service's key as a resource's property has it.
func (c *checker) property(key string, x call) ([]value.Value, bool) {
	of, ok := c.keyOf[key]
	switch {
	case !ok:
		return nil, false
	case x.about == nil:
		return nil, true // the roles' own calls ask for nothing of the kind
	}
	if x.about.Type != of.typ {
		// RDS names the engine and the encryption of both clusters and
		// instances; an instance of a cluster has the cluster's.
		if key != "rds:storageencrypted" && key != "rds:databaseengine" || !strings.HasPrefix(x.about.Type, "AWS::RDS::DB") {
			return nil, true
		}
	}
	v := x.about.Props.Get(of.property)
	switch {
	case v.IsUnknown():
		return nil, false
	case !v.IsAbsent():
		return []value.Value{acl(key, v)}, true
	case of.otherwise == "none" || of.otherwise == "":
		return nil, true
	}
	return []value.Value{value.OfString(of.otherwise)}, true
}

// acl spells a bucket's canned ACL as requests do: PublicRead is public-read.
func acl(key string, v value.Value) value.Value {
	if key != "s3:x-amz-acl" {
		return v
	}
	var b strings.Builder
	for i, r := range v.Text() {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return value.OfString(b.String())
}

// variant tells apart resources of one type whose calls differ: by the
// properties that conditions ask for, and roles and policies by their names.
func (c *checker) variant(r *resource.Resource) string {
	var b strings.Builder
	if strings.HasPrefix(r.Type, "AWS::IAM::") {
		b.WriteString(r.Addr.Stack.Name + "/" + r.Addr.Logical)
	}
	for _, of := range c.variants[r.Type] {
		b.WriteString(r.Props.Get(of).String() + ";")
	}
	return b.String()
}

// suffix is how CloudFormation ends the names that it makes: by twelve
// characters that nobody knows before.
const suffix = "-ABCDEFGHIJKL"

// namesRole says whether an action is called on a role or a policy that is
// known.
func namesRole(action string) bool {
	return strings.HasPrefix(action, "iam:") && action != "iam:PassRole" && action != "iam:CreateServiceLinkedRole"
}

// target tells apart what one action after the other is called on, as arn does,
// and costs less.
func target(x call, makes string) string {
	switch {
	case !namesRole(x.action) || x.about == nil && makes == "":
		return x.action
	case x.about == nil:
		return makes
	}
	name := x.about.Props.Get("RoleName")
	if text, ok := name.Str(); ok {
		return text
	}
	return x.about.Addr.Stack.Name + "/" + x.about.Addr.Logical
}

// arn is the resource that an action is called on, as far as it is known: of
// roles the name, which CloudFormation makes of the stack's and the resource's
// where the template has none; of others the service and the account. Makes is
// the name of the role that a call without a resource makes.
func arn(x call, makes string) value.Value {
	service, _, _ := strings.Cut(x.action, ":")
	account := x.caller.Account
	hole := value.OfSymbol(value.Ref{To: addr.Address{Logical: "AWS::Deployment"}, Attr: x.action})
	switch {
	case service == "s3":
		return value.Join(value.OfString("arn:aws:s3:::"), hole)
	case service != "iam":
		return value.Join(value.OfString("arn:aws:"+service+":"+x.region+":"+account+":"), hole)
	case !namesRole(x.action) || x.about == nil && makes == "":
		return value.Join(value.OfString("arn:aws:iam::"+account+":"), hole)
	case x.about == nil:
		return value.OfString("arn:aws:iam::" + account + ":role/" + makes)
	}
	name := x.about.Props.Get("RoleName")
	if name.IsAbsent() {
		name = value.OfString(x.about.Addr.Stack.Name + "-" + x.about.Addr.Logical + suffix)
	}
	return value.Join(value.OfString("arn:aws:iam::"+account+":role/"), name)
}
