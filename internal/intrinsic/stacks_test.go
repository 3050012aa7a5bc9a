package intrinsic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/suretyhq/surety/diag"
)

func codes(problems diag.List) string {
	all := make([]string, len(problems))
	for i, p := range problems {
		all[i] = p.Code
	}
	return strings.Join(all, " ")
}

func resourceOf(props string) string {
	return "Resources:\n  R:\n    Type: X::Y::Z\n    Properties: " + props + "\n"
}

func TestExportsAndImports(t *testing.T) {
	exporter := "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Value: !GetAtt Q.Arn, Export: {Name: !Sub '${AWS::Region}-queue'}}}\n"
	importer := resourceOf("{V: !ImportValue {'Fn::Sub': '${AWS::Region}-queue'}}")
	for name, test := range map[string]struct {
		files map[string]string
		opts  Options
		want  string
		codes string
	}{
		"one":                  {map[string]string{"a.yaml": exporter, "b.yaml": importer}, Options{Region: "eu-west-1"}, "${-/eu-west-1/a/Q.Arn}", ""},
		"in an unknown Region": {map[string]string{"a.yaml": exporter, "b.yaml": importer}, Options{}, "${-/-/a/Q.Arn}", ""},
		"none":                 {map[string]string{"b.yaml": importer}, Options{}, "?REFERENCE_EXPORT_UNKNOWN", "REFERENCE_EXPORT_UNKNOWN"},
		"two":                  {map[string]string{"a.yaml": exporter, "b.yaml": importer, "c.yaml": exporter}, Options{}, "?REFERENCE_EXPORT_UNKNOWN", "REFERENCE_EXPORT_UNKNOWN"},
		"under a false condition": {map[string]string{"a.yaml": "Conditions: {Never: !Equals [a, b]}\n" + strings.Replace(exporter, "O: {", "O: {Condition: Never, ", 1), "b.yaml": importer},
			Options{}, "?REFERENCE_EXPORT_UNKNOWN", "REFERENCE_EXPORT_UNKNOWN"},
	} {
		t.Run(name, func(t *testing.T) {
			all, problems := resolveFiles(t, test.files, test.opts)
			if got := find(t, all, "R").Props.Get("V").String(); got != test.want || codes(problems) != test.codes {
				t.Errorf("got %s (%v), want %s (%s)", got, problems, test.want, test.codes)
			}
		})
	}
}

func TestStackOutputs(t *testing.T) {
	const producers = `{"version":"54.0.0","artifacts":{
 "A":{"type":"aws:cloudformation:stack","environment":"aws://111111111111/eu-west-1","properties":{"templateFile":"p.yaml","stackName":"net"}},
 "B":{"type":"aws:cloudformation:stack","environment":"aws://222222222222/eu-west-1","properties":{"templateFile":"p.yaml","stackName":"net"}},
 "D":{"type":"aws:cloudformation:stack","environment":"aws://222222222222/us-east-1","properties":{"templateFile":"p.yaml","stackName":"net"}},
 "C":{"type":"aws:cloudformation:stack","environment":"aws://222222222222/eu-west-1","properties":{"templateFile":"c.yaml","stackName":"app"}}}}`
	for _, test := range []struct{ args, want string }{
		{"{StackName: net, OutputName: O}", "${222222222222/eu-west-1/net/Q.Arn}"},
		{"{StackName: net, OutputName: O, Region: us-east-1}", "${222222222222/us-east-1/net/Q.Arn}"},
		{"{StackName: net, OutputName: O, RoleArn: 'arn:aws:iam::111111111111:role/x'}", "${111111111111/eu-west-1/net/Q.Arn}"},
		{"{StackName: net, OutputName: O, RoleArn: !Sub 'arn:${AWS::Partition}:iam::111111111111:role/x'}", "${111111111111/eu-west-1/net/Q.Arn}"},
		{"{StackName: net, OutputName: O, Region: mars-north-1}", "?REFERENCE_OUTPUT_UNKNOWN"},
		{"{StackName: other, OutputName: O}", "?REFERENCE_OUTPUT_UNKNOWN"},
		{"{StackName: net, OutputName: P}", "?REFERENCE_UNKNOWN"},
	} {
		all, problems := resolveFiles(t, map[string]string{"manifest.json": producers,
			"p.yaml": "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Value: !GetAtt Q.Arn}}\n",
			"c.yaml": resourceOf("{V: !GetStackOutput " + test.args + "}")}, Options{})
		got := find(t, all, "R").Props.Get("V").String()
		if got != test.want || (len(problems) > 0) != strings.HasPrefix(got, "?") {
			t.Errorf("%s = %s (%v), want %s", test.args, got, problems, test.want)
		}
	}
}

func TestNestedStacks(t *testing.T) {
	all, problems := resolveFiles(t, map[string]string{
		"parent.yaml": `
Parameters: {Perhaps: {Type: String}}
Conditions: {Never: !Equals [a, b], Maybe: !Equals [!Ref Perhaps, a]}
Resources:
  Vpc: {Type: AWS::EC2::VPC}
  SubnetA: {Type: AWS::EC2::Subnet}
  SubnetB: {Type: AWS::EC2::Subnet}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: child.yaml
      Parameters: {Vpc: !Ref Vpc, Subnets: !Join [",", [!Ref SubnetA, !Ref SubnetB]], More: [!Ref SubnetA, !Ref SubnetB], Unset: !Ref Perhaps}
  Gone: {Type: AWS::CloudFormation::Stack, Condition: Never, Properties: {TemplateURL: child.yaml, Parameters: {Vpc: a, Subnets: b, More: "c,d", Unset: d}}}
  Open: {Type: AWS::CloudFormation::Stack, Condition: Maybe, Properties: {TemplateURL: child.yaml, Parameters: {Vpc: a, Subnets: b, More: "c,d", Unset: d}}}
  Far: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://s3.amazonaws.com/x/y.yaml"}}
  R: {Type: X, Properties: {Group: !GetAtt Child.Outputs.Group, Deep: !GetAtt [Child, Outputs.Deep], Far: !GetAtt Far.Outputs.X}}
`,
		"child.yaml": `
Parameters: {Vpc: {Type: String}, Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}, More: {Type: CommaDelimitedList}, Unset: {Type: String}, Default: {Type: String, Default: d}}
Resources:
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, Subnets: !Ref Subnets, More: !Select [1, !Ref More], Unset: !Ref Unset, Name: !Sub "${AWS::StackName}-${Default}"}}
  Leaf: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./leaf.yaml}}
Outputs: {Group: {Value: !Ref Group}, Deep: {Value: !GetAtt Leaf.Outputs.Arn}}
`,
		"leaf.yaml": "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {Arn: {Value: !GetAtt Q.Arn}}\n",
	}, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, test := range []struct{ logical, path, want string }{
		{"R", "Group", "${-/-/parent/Child/Group.Ref}"},
		{"R", "Deep", "${-/-/parent/Child/Leaf/Q.Arn}"},
		{"R", "Far", "${-/-/parent/Far.Outputs.X}"},
		{"Child/Group", "VpcId", "${-/-/parent/Vpc.Ref}"},
		{"Child/Group", "Subnets", "[${-/-/parent/SubnetA.Ref}, ${-/-/parent/SubnetB.Ref}]"},
		{"Child/Group", "More", "${-/-/parent/SubnetB.Ref}"},
		{"Child/Group", "Unset", "?PARAMETER_UNKNOWN"},
		{"Child/Group", "Name", "${-/-/parent/Child/AWS::StackName.Ref}-d"},
	} {
		if got := find(t, all, test.logical).Props.Path(test.path).String(); got != test.want {
			t.Errorf("%s %s = %s, want %s", test.logical, test.path, got, test.want)
		}
	}
	for name := range logicals(all) {
		if strings.HasPrefix(name, "Gone") {
			t.Errorf("%s is there, and its condition is false", name)
		}
	}
	if why := find(t, all, "Open/Leaf/Q").Conditional; why == nil || why.Code != "CONDITION_UNKNOWN" || !strings.Contains(why.Text, "--param Perhaps") {
		t.Errorf("the reason for Open/Leaf/Q is %v", why)
	}
	if why := find(t, all, "Child/Leaf/Q").Conditional; why != nil {
		t.Errorf("Child/Leaf/Q is conditional: %v", why)
	}
}

func TestCycles(t *testing.T) {
	output := func(name, other string) string {
		return "Resources: {Q: {Type: X}}\nOutputs: {O: {Value: !GetStackOutput {StackName: " + other + ", OutputName: O}, Export: {Name: " + name + "}}}\n"
	}
	for name, test := range map[string]struct {
		files map[string]string
		path  string
	}{
		"two resources": {map[string]string{"a.yaml": "Resources: {A: {Type: X, Properties: {P: !Ref B}}, B: {Type: X, Properties: {P: !Sub 'x${A.Arn}'}}}"}, "A → B → A"},
		"by DependsOn":  {map[string]string{"a.yaml": "Resources: {A: {Type: X, DependsOn: [B]}, B: {Type: X, DependsOn: C}, C: {Type: X, Properties: {P: !Ref A}}}"}, "A → B → C → A"},
		"with itself":   {map[string]string{"a.yaml": "Resources: {A: {Type: X, Properties: {P: !Ref A}}}"}, "A → A"},
		"conditions":    {map[string]string{"a.yaml": "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\nResources: {R: {Type: X, Condition: A}}"}, "a: condition A → a: condition B → a: condition A"},
		"stacks": {map[string]string{"a.yaml": output("a", "b"), "b.yaml": output("b", "a"), "c.yaml": resourceOf("{V: !ImportValue a}")},
			"a: output O → b: output O → a: output O"},
		"properties": {map[string]string{"a.yaml": "Resources: {A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt B.CidrBlock}}, B: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt A.CidrBlock}}}"},
			"A → B → A"},
		"a nested stack in itself": {map[string]string{"a.yaml": "Resources: {Q: {Type: X}, A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yaml}}}",
			"b.yaml": "Resources: {B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yaml}}}"}, "holds itself"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := resolveFiles(t, test.files, Options{})
			if !strings.Contains(problems.Error(), test.path) || !strings.Contains(codes(problems), "REFERENCE_CYCLE") {
				t.Errorf("got %v, want the circle %s", problems, test.path)
			}
			for _, p := range problems {
				if p.Pos.Line == 0 {
					t.Errorf("%v has no place", p)
				}
			}
		})
	}
}

// TestHostileTemplates gives templates that would use up time, memory or stack
// if nothing bounded them.
func TestHostileTemplates(t *testing.T) {
	chain := func(n int) string {
		var b strings.Builder
		b.WriteString("Conditions:\n  C0: !Equals [a, a]\n")
		for i := 1; i <= n; i++ {
			fmt.Fprintf(&b, "  C%d: !Not [!Condition C%d]\n", i, i-1)
		}
		fmt.Fprintf(&b, "Resources: {R: {Type: X, Condition: C%d}}\n", n)
		return b.String()
	}
	all, _ := resolveFiles(t, map[string]string{"a.yaml": chain(20_000)}, Options{})
	if why := find(t, all, "R").Conditional; why == nil || !strings.Contains(why.Text, "lead to one another") {
		t.Errorf("a chain of 20,000 conditions: %v", why)
	}
	doubling := map[string]string{"s0.yaml": "Resources: {R0: {Type: X}}\nOutputs: {O: {Value: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}}\n"}
	for i := 1; i <= 60; i++ {
		doubling[fmt.Sprintf("s%d.yaml", i)] = fmt.Sprintf(
			"Resources: {R%[1]d: {Type: X, Properties: {V: !GetStackOutput {StackName: s%[1]d, OutputName: O}}}}\nOutputs: {O: {Value: !Sub ['${A}${A}', {A: !GetStackOutput {StackName: s%[2]d, OutputName: O}}]}}\n", i, i-1)
	}
	all, _ = resolveFiles(t, doubling, Options{})
	if got := find(t, all, "R60").Props.Get("V"); got.Reason() == nil || got.Reason().Code != "INTRINSIC_TOO_LARGE" {
		t.Errorf("a text doubled 60 times: %.60s", got)
	}
	nested := map[string]string{"t40.yaml": "Resources: {Q: {Type: X}}"}
	for i := range 40 {
		nested[fmt.Sprintf("t%d.yaml", i)] = fmt.Sprintf("Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: t%[1]d.yaml}}, B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: t%[1]d.yaml}}}", i+1)
	}
	if _, problems := resolveFiles(t, nested, Options{}); !problems.HasErrors() {
		t.Error("stacks nested two by two, 40 deep, are no problem")
	}
}

func TestResourceAttributes(t *testing.T) {
	all, problems := resolveFiles(t, map[string]string{"s.yaml": `
Conditions: {Never: !Equals [a, b]}
Resources:
  List: {Type: X, DeletionPolicy: !If [Never, Delete, Snapshot], Properties: {Tags: [{Key: a, Value: !Ref AWS::StackName}, {Key: b, Value: c}, {Value: lost}]}}
  Map: {Type: X, DeletionPolicy: Delete, Properties: {Tags: {a: b}}}
  Zone: {Type: X, Properties: {HostedZoneTags: [{Key: a, Value: b}]}}
  Bare: {Type: X, DeletionPolicy: RetainExceptOnCreate, Metadata: {"aws:cdk:path": App/Bare/Resource}}
  Gone: {Type: X, Condition: Never}
`}, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(all) != 4 {
		t.Errorf("%d resources, want 4", len(all))
	}
	list, bare := find(t, all, "List"), find(t, all, "Bare")
	if got := list.Tags["a"].Text() + list.Tags["b"].Text(); got != "sc" || len(list.Tags) != 2 || !list.Retain {
		t.Errorf("List has %v, Retain %v", list.Tags, list.Retain)
	}
	if find(t, all, "Map").Tags["a"].Text() != "b" || find(t, all, "Map").Retain || find(t, all, "Zone").Tags["a"].Text() != "b" {
		t.Error("tags as a map or of a hosted zone are not read")
	}
	if bare.Construct != "App/Bare" || !bare.Retain || bare.Props.Len() != 0 || bare.Pos.Line != 7 || bare.Pos.Column != 3 {
		t.Errorf("Bare = %+v", bare)
	}
}

func TestGivenParameters(t *testing.T) {
	files := map[string]string{
		"a.yaml": "Parameters: {P: {Type: String, Default: d}}\n" + resourceOf("{V: !Ref P}"),
		"b.yaml": "Parameters: {P: {Type: String}}\nResources: {S: {Type: X, Properties: {V: !Ref P}}}",
	}
	for _, test := range []struct {
		params      map[string]string
		a, b, codes string
	}{
		{nil, `"d"`, "?PARAMETER_UNKNOWN", ""},
		{map[string]string{"P": "x"}, `"x"`, `"x"`, ""},
		{map[string]string{"P": "x", "b/P": "y"}, `"x"`, `"y"`, ""},
		{map[string]string{"Q": "x"}, `"d"`, "?PARAMETER_UNKNOWN", "REFERENCE_PARAMETER"},
	} {
		all, problems := resolveFiles(t, files, Options{Params: test.params})
		a, b := find(t, all, "R").Props.Get("V").String(), find(t, all, "S").Props.Get("V").String()
		if a != test.a || b != test.b || codes(problems) != test.codes {
			t.Errorf("%v: %s, %s, %v", test.params, a, b, problems)
		}
	}
}
