package encryption

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

const administrator = "arn:aws:iam::200000000001:role/keys"

// statement is a statement of a key's policy.
type statement struct {
	Sid, Effect string
	Principal   map[string]any
	Action      any
	Condition   map[string]map[string]any
}

func keyPolicies(t *testing.T, props *KeyProps) []statement {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true}})
	stack := awscdk.NewStack(app, jsii.String("test"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("100000000001"), Region: jsii.String("ap-southeast-2")}})
	NewKey(stack, "Key", props)
	data, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				EnableKeyRotation, MultiRegion bool
				Origin                         string
				KeyPolicy                      struct{ Statement []statement }
			}
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	for _, r := range template.Resources {
		if r.Type == "AWS::KMS::Key" {
			if p := r.Properties; p.EnableKeyRotation == props.External || (p.Origin == "EXTERNAL") != props.External || p.MultiRegion != (len(props.ReplicaRegions) > 0) {
				t.Errorf("the key rotates %t, its origin is %q, of several Regions %t", p.EnableKeyRotation, p.Origin, p.MultiRegion)
			}
			return r.Properties.KeyPolicy.Statement
		}
	}
	t.Fatal("there is no key")
	return nil
}

func actions(s statement) []string {
	if one, ok := s.Action.(string); ok {
		return []string{one}
	}
	var all []string
	list, _ := s.Action.([]any)
	for _, a := range list {
		name, _ := a.(string)
		all = append(all, name)
	}
	return all
}

func TestS23_WhoAdministersAKeyCannotUseItAndTheReverse(t *testing.T) {
	seen := false
	for _, s := range keyPolicies(t, &KeyProps{Alias: "a", Administrator: administrator}) {
		own := s.Principal["AWS"] == administrator
		seen = seen || own
		for _, a := range actions(s) {
			if own && slices.Contains(use(), a) && a != "kms:DescribeKey" {
				t.Errorf("%s lets the administrator %s", s.Sid, a)
			}
			if !own && slices.Contains([]string{"kms:*", "kms:PutKeyPolicy", "kms:Put*", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:Disable*"}, a) {
				t.Errorf("%s lets the account %s", s.Sid, a)
			}
		}
	}
	if !seen {
		t.Error("the administrator is not in the policy")
	}
}

func TestS23_WithoutAnAdministratorTheAccountAdministers(t *testing.T) {
	all := keyPolicies(t, &KeyProps{Alias: "a", Logs: true})
	if !slices.Contains(actions(all[0]), "kms:*") {
		t.Errorf("the first statement allows %v", actions(all[0]))
	}
	if all[1].Principal["Service"] != "logs.ap-southeast-2.amazonaws.com" {
		t.Errorf("the second statement is for %v", all[1].Principal)
	}
}

func TestS23_OnlyTheAdministratorImportsMaterial(t *testing.T) {
	may := map[bool]int{}
	for _, s := range keyPolicies(t, &KeyProps{Alias: "a", Administrator: administrator, External: true}) {
		if slices.Contains(actions(s), "kms:ImportKeyMaterial") {
			may[s.Principal["AWS"] == administrator]++
		}
	}
	if may[true] != 1 || may[false] != 0 {
		t.Errorf("the administrator may import by %d statements, others by %d", may[true], may[false])
	}
}

func TestS23_AKeyIsReplicatedToItsRegionsOnly(t *testing.T) {
	want := map[string]struct{ effect, operator, key string }{
		"AccountReplicates":     {"Allow", "StringEquals", "kms:ReplicaRegion"},
		"ReplicatedNowhereElse": {"Deny", "StringNotEquals", "kms:ReplicaRegion"},
		"PrimaryNowhereElse":    {"Deny", "StringNotEquals", "kms:PrimaryRegion"},
	}
	for _, s := range keyPolicies(t, &KeyProps{Alias: "a", Administrator: administrator, ReplicaRegions: []string{"ap-southeast-4"}}) {
		w, ok := want[s.Sid]
		if !ok {
			if slices.Contains(actions(s), "kms:ReplicateKey") {
				t.Errorf("%s lets replicate", s.Sid)
			}
			continue
		}
		delete(want, s.Sid)
		if _, ok := s.Condition[w.operator][w.key]; s.Effect != w.effect || !ok {
			t.Errorf("%s is %s where %v", s.Sid, s.Effect, s.Condition)
		}
	}
	if len(want) > 0 {
		t.Errorf("the policy lacks %v", want)
	}
}

// TestS23_AReplicaHasAPolicyOfItsOwn: the replica of a key that spans Regions is
// used and administered as its primary is.
func TestS23_AReplicaHasAPolicyOfItsOwn(t *testing.T) {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("test"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("100000000001"), Region: jsii.String("ap-southeast-4")}})
	NewReplica(stack, "Key", jsii.String("arn:aws:kms:ap-southeast-2:100000000001:key/mrk-1"), &KeyProps{Alias: "a", Administrator: administrator, FargateCluster: "c", ReplicaRegions: []string{"ap-southeast-2"}})
	data, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type, DeletionPolicy string
			Properties           struct {
				PrimaryKeyArn string
				AliasName     string
				KeyPolicy     struct{ Statement []statement }
			}
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	sids, alias := map[string]bool{}, ""
	for _, r := range template.Resources {
		if r.Type == "AWS::KMS::ReplicaKey" && (r.DeletionPolicy != "Retain" || r.Properties.PrimaryKeyArn == "") {
			t.Errorf("the replica is %+v", r)
		}
		alias += r.Properties.AliasName
		for _, s := range r.Properties.KeyPolicy.Statement {
			sids[s.Sid] = true
		}
	}
	if alias != "alias/a" || !sids["AdministratorAdministers"] || !sids["FargateUses"] || sids["AccountAdministersAndUses"] || sids["AccountReplicates"] {
		t.Errorf("alias %s, statements %v", alias, sids)
	}
}
