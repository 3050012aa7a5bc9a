package resource_test

import (
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// TestS21_SecretsAreFoundByWhatReadsThem: by reference, by ARN and by name, and
// where two Regions have the same name, that of the Region.
func TestS21_SecretsAreFoundByWhatReadsThem(t *testing.T) {
	b := build.New("100000000006", "ap-southeast-2", "home")
	b.Add("AWS::SecretsManager::Secret", "Key", build.Props{"Name": "acme/api-key", "ReplicaRegions": []build.Props{{"Region": "ap-southeast-4"}}})
	b.Add("AWS::SecretsManager::Secret", "First", build.Props{"Name": "acme/two"})
	b.Add("AWS::KMS::Key", "NoSecret", nil)
	second := build.New("100000000006", "ap-southeast-4", "there")
	second.Add("AWS::SecretsManager::Secret", "Second", build.Props{"Name": "acme/two"})
	g, problems := resource.New(append(b.Resources(), second.Resources()...))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	secrets := resource.SecretsOf(g)
	home, there := addr.Stack{Account: "100000000006", Region: "ap-southeast-2", Name: "x"}, addr.Stack{Account: "100000000006", Region: "ap-southeast-4", Name: "y"}
	arn := func(region, name string) value.Value {
		return value.OfString("arn:aws:secretsmanager:" + region + ":100000000006:secret:" + name)
	}
	for _, row := range []struct {
		name string
		v    value.Value
		want string
	}{
		{"a reference", b.Ref("Key"), "Key"},
		{"a reference to no secret", b.Ref("NoSecret"), ""},
		{"an ARN", arn("ap-southeast-2", "acme/api-key"), "Key"},
		{"an ARN of a policy", arn("ap-southeast-4", "acme/api-key-??????"), "Key"},
		{"a field of it", arn("ap-southeast-4", "acme/api-key:password::"), "Key"},
		{"a field of what is referred to", value.Join(b.Ref("Key"), value.OfString(":password::")), "Key"},
		{"an ARN of one of two Regions", arn("ap-southeast-4", "acme/two"), "Second"},
		{"an ARN of neither of two Regions", arn("eu-west-1", "acme/two"), ""},
		{"an ARN of another account", value.OfString("arn:aws:secretsmanager:ap-southeast-2:100000000009:secret:acme/api-key"), ""},
		{"an ARN of a longer name", arn("ap-southeast-2", "acme/api-key-2"), ""},
		{"an ARN of many", arn("ap-southeast-2", "acme/*"), ""},
		{"another service's", value.OfString("arn:aws:kms:ap-southeast-2:100000000006:key/1"), ""},
		{"nothing", value.Value{}, ""},
	} {
		got := ""
		if r := secrets.Of(row.v, home); r != nil {
			got = r.Addr.Logical
		}
		if got != row.want {
			t.Errorf("%s leads to %q, want %q", row.name, got, row.want)
		}
	}
	for _, row := range []struct {
		name         string
		v            value.Value
		at           addr.Stack
		before, want string
	}{
		{"by a reference", value.Join(value.OfString("Z{{resolve:secretsmanager:"), b.Ref("Key"), value.OfString(":SecretString:::}}")), home, "Z", "Key"},
		{"by an ARN", value.OfString("Z{{resolve:secretsmanager:arn:aws:secretsmanager:ap-southeast-4:100000000006:secret:acme/api-key:SecretString:::}}"), there, "Z", "Key"},
		{"by a name", value.OfString("{{resolve:secretsmanager:acme/api-key:SecretString}}"), there, "", "Key"},
		{"by a name alone", value.OfString("{{resolve:secretsmanager:acme/api-key}}"), home, "", "Key"},
		{"by a name that nothing has", value.OfString("{{resolve:secretsmanager:acme/none:SecretString}}"), there, "", ""},
		{"a text", value.OfString("plain"), home, "", ""},
		{"nothing", value.Value{}, home, "", ""},
	} {
		before, r := secrets.Read(row.v, row.at)
		got := ""
		if r != nil {
			got = r.Addr.Logical
		}
		if got != row.want || before != row.before {
			t.Errorf("%s: %q and %q, want %q and %q", row.name, before, got, row.before, row.want)
		}
	}
}
