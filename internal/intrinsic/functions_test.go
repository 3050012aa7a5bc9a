package intrinsic

import (
	"strings"
	"testing"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

// surroundings is the template in which the table's values stand.
const surroundings = `
Parameters:
  Given: {Type: String}
  Default: {Type: String, Default: dflt}
  List: {Type: CommaDelimitedList, Default: "a, b,c"}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>", Default: "subnet-1,subnet-2"}
  Nothing: {Type: String}
  Secret: {Type: String, NoEcho: true, Default: hush}
  Ami: {Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /ami}
  Number: {Type: Number, Default: 7}
  BadDefault: {Type: String, Default: {Ref: Given}}
Mappings:
  M: {eu-west-1: {Size: big, Zones: [x, y]}, us-east-1: {Size: small}}
  Loop: {a: {b: {Fn::FindInMap: [Loop, a, b]}}}
Conditions:
  Always: !Equals [a, a]
  Never: !Equals [a, b]
  Perhaps: !Equals [!Ref Nothing, a]
  ByRegion: !Equals [!Ref AWS::Region, eu-west-1]
  HasSecret: !Not [!Equals [!Ref Secret, ""]]
  Both: !And [!Condition Always, !Condition Perhaps]
  NotBoth: !And [!Condition Perhaps, !Condition Never]
  Either: !Or [!Condition Perhaps, !Condition Always]
  MaybeEither: !Or [!Condition Perhaps, !Condition Never]
  Circle: !Not [!Condition Circle]
  Wrong: !Foo [a]
  Bare: "true"
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Ipam: {Type: AWS::EC2::VPC, Properties: {Ipv4IpamPoolId: pool}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc}}
  Gone: {Type: AWS::SQS::Queue, Condition: Never}
  Maybe: {Type: AWS::SQS::Queue, Condition: Perhaps}
  R:
    Type: X::Y::Z
    Properties:
      V: `

// evaluate resolves one YAML value in the surroundings.
func evaluate(t testing.TB, yaml string) (value.Value, diag.List) {
	t.Helper()
	all, problems := resolveFiles(t, map[string]string{"s.yaml": surroundings + yaml + "\n"},
		Options{Params: map[string]string{"Given": "here"}, Account: "111111111111", Region: "eu-west-1"})
	return find(t, all, "R").Props.Get("V"), problems
}

const inStack = "${111111111111/eu-west-1/s/"

func TestIntrinsics(t *testing.T) {
	for _, test := range []struct{ yaml, want string }{
		{"!Ref Given", `"here"`},
		{"!Ref Default", `"dflt"`},
		{"!Ref Number", `"7"`},
		{"!Ref List", `["a", "b", "c"]`},
		{"!Ref Subnets", `["subnet-1", "subnet-2"]`},
		{"!Ref Vpc", inStack + `Vpc.Ref}`},
		{"!Ref Maybe", inStack + `Maybe.Ref}`},
		{"!Ref AWS::AccountId", `"111111111111"`},
		{"!Ref AWS::Region", `"eu-west-1"`},
		{"!Ref AWS::StackName", `"s"`},
		{"!Ref AWS::StackId", inStack + `AWS::StackId.Ref}`},
		{"!Ref AWS::Partition", `"aws"`},
		{"!Ref AWS::URLSuffix", `"amazonaws.com"`},
		{"!Ref AWS::NoValue", ``},
		{"[a, !Ref AWS::NoValue, b]", `["a", "b"]`},
		{"{A: !Ref AWS::NoValue, B: c}", `{"B": "c"}`},
		{"!GetAtt Vpc.CidrBlock", `"10.0.0.0/16"`},
		{"!GetAtt [Vpc, CidrBlock]", `"10.0.0.0/16"`},
		{"!GetAtt Ipam.CidrBlock", inStack + `Ipam.CidrBlock}`},
		{"!GetAtt Vpc.DefaultSecurityGroup", inStack + `Vpc.DefaultSecurityGroup}`},
		{"!GetAtt Group.GroupId", inStack + `Group.Ref}`},
		{"!GetAtt Group.VpcId", inStack + `Vpc.Ref}`},
		{"!GetAtt Group.Some.Dotted", inStack + `Group.Some.Dotted}`},
		{"!Sub 'a-${Given}-${AWS::Region}-${!Not}'", `"a-here-eu-west-1-${Not}"`},
		{"!Sub ['${A}${B}', {A: !Ref Default, B: 1}]", `"dflt1"`},
		{"!Sub 'arn:${Vpc}:${Group.Arn}'", `arn:` + inStack + `Vpc.Ref}:` + inStack + `Group.Arn}`},
		{"!Sub plain $ {text}", `"plain $ {text}"`},
		{"!Join ['-', [a, !Ref Given, 3]]", `"a-here-3"`},
		{"!Join [',', !Ref List]", `"a,b,c"`},
		{"!Join ['', [a, !Ref Vpc]]", `a` + inStack + `Vpc.Ref}`},
		{"!Join [',', [a, !Ref AWS::NoValue]]", `"a"`},
		{"!Join [',', !GetAtt Vpc.CidrBlockAssociations]", inStack + `Vpc.CidrBlockAssociations|join(",")}`},
		{"!Select [1, [a, b]]", `"b"`},
		{"!Select ['2', !Ref List]", `"c"`},
		{"!Select [0, !GetAtt Vpc.CidrBlockAssociations]", inStack + `Vpc.CidrBlockAssociations|0}`},
		{"!Select [1, !GetAZs '']", `${111111111111/eu-west-1/-/AWS::AvailabilityZones.1}`},
		{"!Select [0, !GetAZs us-east-1]", `${111111111111/us-east-1/-/AWS::AvailabilityZones.0}`},
		{"!Split ['/', a/b]", `["a", "b"]`},
		{"!Split [',', !Join [',', [!Ref Vpc, !Ref Group]]]", `[` + inStack + `Vpc.Ref}, ` + inStack + `Group.Ref}]`},
		{"!Split [',', !Ref Vpc]", `[` + inStack + `Vpc.Ref}]`},
		{"!Select [1, !Split ['/', !GetAtt Group.Arn]]", inStack + `Group.Arn|split("/")|1}`},
		{"!FindInMap [M, !Ref AWS::Region, Size]", `"big"`},
		{"!FindInMap [M, eu-west-1, Zones]", `["x", "y"]`},
		{"!FindInMap [M, nowhere, Size, {DefaultValue: !Ref Given}]", `"here"`},
		{"!If [Always, !Ref Given, b]", `"here"`},
		{"!If [Never, a, !Ref AWS::NoValue]", ``},
		{"!If [ByRegion, a, b]", `"a"`},
		{"!If [Perhaps, same, same]", `"same"`},
		{"!If [HasSecret, a, b]", `"a"`},
		{"!If [Either, a, b]", `"a"`},
		{"!If [NotBoth, a, b]", `"b"`},
		{"!If [Never, !Ref Gone, b]", `"b"`},
		{"!Base64 text", `"dGV4dA=="`},
		{"!Cidr [!GetAtt Vpc.CidrBlock, 3, 8]", `["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]`},
		{"!Cidr ['2001:db8::/56', 2, 64]", `["2001:db8::/64", "2001:db8:0:1::/64"]`},
		{"!Cidr [10.0.0.0/24, '2', '4']", `["10.0.0.0/28", "10.0.0.16/28"]`},
		{"!Select [1, !Cidr [!GetAtt Ipam.CidrBlock, 2, 8]]", inStack + `Ipam.CidrBlock|cidr(8)|1}`},
		{"!Length [a, b]", `2`},
		{"!Length [!Ref AWS::NoValue, b]", `1`},
		{"!ToJsonString {b: [1, true, null, !Ref Given], a: 'x\"y'}", `"{\"a\":\"x\\\"y\",\"b\":[1,true,null,\"here\"]}"`},
		{"!ToJsonString [!Ref Vpc]", `["` + inStack + `Vpc.Ref}"]`},
		{"'{{resolve:secretsmanager:x:SecretString:password}}'", `"{{resolve:secretsmanager:x:SecretString:password}}"`},
		{"{Condition: Always}", `{"Condition": "Always"}`}, // data, not a function, outside of conditions
		{"{Ref: Given, Other: 1}", `{"Ref": "Given", "Other": 1}`},
	} {
		got, problems := evaluate(t, test.yaml)
		if got.String() != test.want || len(problems) > 0 {
			t.Errorf("%s = %s, want %s (%v)", test.yaml, got, test.want, problems)
		}
	}
}

// TestUnknownIntrinsics lists what cannot be known, and what is wrong: the code
// of the reason, and whether it is a problem of the template as well.
func TestUnknownIntrinsics(t *testing.T) {
	for _, test := range []struct {
		yaml, code string
		problem    bool
	}{
		{"!Ref Nothing", "PARAMETER_UNKNOWN", false},
		{"!Ref Secret", "PARAMETER_SECRET", false},
		{"!Sub 'x${Secret}'", "PARAMETER_SECRET", false},
		{"!Ref Ami", "PARAMETER_FROM_SSM", false},
		{"!Ref BadDefault", "TEMPLATE_INTRINSIC", true},
		{"!Ref Nowhere", "REFERENCE_UNKNOWN", true},
		{"!Ref AWS::Nothing", "REFERENCE_UNKNOWN", true},
		{"!Ref [a]", "TEMPLATE_INTRINSIC", true},
		{"!Ref Gone", "REFERENCE_UNKNOWN", true},
		{"!Ref AWS::NotificationARNs", "INTRINSIC_NOT_KNOWN", false},
		{"!GetAtt Nowhere.Arn", "REFERENCE_UNKNOWN", true},
		{"!GetAtt Vpc", "TEMPLATE_INTRINSIC", true},
		{"!GetAtt [Vpc]", "TEMPLATE_INTRINSIC", true},
		{"!GetAtt [Vpc, !Ref Group]", "TEMPLATE_INTRINSIC", true},
		{"!Sub [a]", "TEMPLATE_INTRINSIC", true},
		{"!Sub {a: b}", "TEMPLATE_INTRINSIC", true},
		{"!Sub '${open'", "TEMPLATE_INTRINSIC", true},
		{"!Sub '${Nowhere}'", "REFERENCE_UNKNOWN", true},
		{"!Sub '${Nowhere.Arn}'", "REFERENCE_UNKNOWN", true},
		{"!Sub '${List}'", "VALUE_NOT_TEXT", false},
		{"!Join [a]", "TEMPLATE_INTRINSIC", true},
		{"!Join text", "TEMPLATE_INTRINSIC", true},
		{"!Join [!Ref Vpc, []]", "TEMPLATE_INTRINSIC", true},
		{"!Join [',', text]", "TEMPLATE_INTRINSIC", true},
		{"!Join [',', [a, !Ref Nothing]]", "PARAMETER_UNKNOWN", false},
		{"!Select [0]", "TEMPLATE_INTRINSIC", true},
		{"!Select [-1, [a]]", "TEMPLATE_INTRINSIC", true},
		{"!Select [1, [a]]", "TEMPLATE_INTRINSIC", true},
		{"!Select [x, [a]]", "TEMPLATE_INTRINSIC", true},
		{"!Select [0, text]", "TEMPLATE_INTRINSIC", true},
		{"!Select [0, !Ref Nothing]", "PARAMETER_UNKNOWN", false},
		{"!Split ['', a]", "TEMPLATE_INTRINSIC", true},
		{"!Split [',', [a]]", "TEMPLATE_INTRINSIC", true},
		{"!Split ['/', !Sub 'a/${Group.Arn}']", "INTRINSIC_NOT_KNOWN", false},
		{"!FindInMap [M, eu-west-1]", "TEMPLATE_INTRINSIC", true},
		{"!FindInMap [N, eu-west-1, Size]", "REFERENCE_UNKNOWN", true},
		{"!FindInMap [M, nowhere, Size]", "REFERENCE_UNKNOWN", true},
		{"!FindInMap [M, eu-west-1, Nothing]", "REFERENCE_UNKNOWN", true},
		{"!FindInMap [M, !Ref Vpc, Size]", "INTRINSIC_NOT_KNOWN", false},
		{"!FindInMap [Loop, a, b]", "TEMPLATE_INTRINSIC", true},
		{"!If [Always, a]", "TEMPLATE_INTRINSIC", true},
		{"!If [Nowhere, a, b]", "REFERENCE_UNKNOWN", true},
		{"!If [[a], a, b]", "TEMPLATE_INTRINSIC", true},
		{"!If [Perhaps, a, b]", "CONDITION_UNKNOWN", false},
		{"!If [Perhaps, !Ref Gone, b]", "CONDITION_UNKNOWN", false},
		{"!If [Both, a, b]", "CONDITION_UNKNOWN", false},
		{"!If [MaybeEither, a, b]", "CONDITION_UNKNOWN", false},
		{"!If [Circle, a, b]", "CONDITION_UNKNOWN", true},
		{"!If [Wrong, a, b]", "CONDITION_UNKNOWN", true},
		{"!If [Bare, a, b]", "CONDITION_UNKNOWN", true},
		{"!Base64 [a]", "TEMPLATE_INTRINSIC", true},
		{"!Base64 {Ref: Nothing}", "PARAMETER_UNKNOWN", false},
		{"!Cidr [10.0.0.0/16]", "TEMPLATE_INTRINSIC", true},
		{"!Cidr [10.0.0.0/16, 0, 8]", "TEMPLATE_INTRINSIC", true},
		{"!Cidr [10.0.0.0/16, 257, 8]", "TEMPLATE_INTRINSIC", true},
		{"!Cidr [10.0.0.0/16, 2, 99]", "TEMPLATE_INTRINSIC", true},
		{"!Cidr [10.0.0.0/16, 2, -1]", "TEMPLATE_INTRINSIC", true},
		{"!Cidr [10.0.0.0/24, 3, 7]", "TEMPLATE_INTRINSIC", true},
		{"!Cidr [here, 2, 8]", "TEMPLATE_INTRINSIC", true},
		{"!Cidr [[a], 2, 8]", "TEMPLATE_INTRINSIC", true},
		{"!GetAZs [a]", "TEMPLATE_INTRINSIC", true},
		{"!ImportValue nowhere", "REFERENCE_EXPORT_UNKNOWN", true},
		{"!ImportValue [a]", "TEMPLATE_INTRINSIC", true},
		{"!ImportValue {Ref: Nothing}", "PARAMETER_UNKNOWN", false},
		{"!GetStackOutput {StackName: nowhere, OutputName: a}", "REFERENCE_OUTPUT_UNKNOWN", true},
		{"!GetStackOutput {StackName: s, OutputName: a}", "REFERENCE_UNKNOWN", true},
		{"!GetStackOutput text", "TEMPLATE_INTRINSIC", true},
		{"!GetStackOutput {OutputName: a}", "TEMPLATE_INTRINSIC", true},
		{"!Length text", "TEMPLATE_INTRINSIC", true},
		{"!Length {Ref: Vpc}", "INTRINSIC_NOT_KNOWN", false},
		{"!ToJsonString text", "TEMPLATE_INTRINSIC", true},
		{"!ToJsonString [!Ref Nothing]", "PARAMETER_UNKNOWN", false},
		{"!Transform {Name: M}", "INTRINSIC_NOT_EXPANDED", false},
		{"{'Fn::ForEach::X': [a, b, c]}", "INTRINSIC_NOT_EXPANDED", false},
		{"{'Fn::ForEach::X': [a, b, c], Y: 1}", "INTRINSIC_NOT_EXPANDED", false},
		{"'{{resolve:ssm:/net/cidr}}'", "PARAMETER_FROM_SSM", false},
		{"!Sub 'a{{resolve:ssm-secure:/${Given}:1}}'", "PARAMETER_FROM_SSM", false},
		{"{Fn::Transform: {Name: M}, Other: 1}", "INTRINSIC_NOT_EXPANDED", false},
		{"!Jion [',', [a]]", "TEMPLATE_INTRINSIC", true},
	} {
		got, problems := evaluate(t, test.yaml)
		why := got.Reason()
		if why == nil || why.Code != test.code || why.Text == "" || strings.Contains(why.Text, "hush") {
			t.Errorf("%s = %s (%v), want %s", test.yaml, got, why, test.code)
		}
		if (len(problems) > 0) != test.problem {
			t.Errorf("%s: problems %v", test.yaml, problems)
		}
		for _, p := range problems {
			if p.Pos.Line == 0 || p.Fix == "" || strings.Contains(p.Error(), "hush") {
				t.Errorf("%s: %+v has no place or no mend, or tells a secret", test.yaml, p)
			}
		}
	}
}

func TestSuggestions(t *testing.T) {
	for yaml, want := range map[string]string{"!Ref Vcp": "did you mean Vpc?", "!If [Alwys, a, b]": "did you mean Always?", "!Jion [',', [a]]": "did you mean Fn::Join?",
		"!GetAtt Grup.Arn": "did you mean Group?", "!Ref AWS::Acount": "did you mean AWS::AccountId?"} {
		_, problems := evaluate(t, yaml)
		if len(problems) != 1 || !strings.Contains(problems[0].Fix, want) {
			t.Errorf("%s: %v, want %s", yaml, problems, want)
		}
	}
}
