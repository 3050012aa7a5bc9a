package intrinsic

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/suretyhq/surety/internal/assembly"
)

func TestB05_TemplatesAreMeasured(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"outer.json": `{"Description": "äb", "Parameters": {"A": {"Type": "String"}}, "Mappings": {"M": {}, "N": {}},
			"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "No"}, "In": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "inner.json"}},
			"Again": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "inner.json"}}},
			"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Outputs": {"O": {"Value": "x"}}}`,
		"inner.json": `{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asm, problems := assembly.Load(t.Context(), filepath.Join(dir, "outer.json"))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	all := Templates(asm, Options{Account: "100000000004", Region: "ap-southeast-2"})
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	outer, inner := all[0], all[1]
	if outer.Bytes != len(files["outer.json"]) || outer.Description != 3 || outer.Resources != 3 || outer.Parameters != 1 || outer.Mappings != 2 || outer.Outputs != 1 {
		t.Errorf("%+v", outer)
	}
	if outer.Stack.Account != "100000000004" || outer.Stack.Region != "ap-southeast-2" || outer.Stack.Name != "outer" || outer.Stacks != 1 {
		t.Errorf("%+v", outer)
	}
	if inner.Nested != "In/" || inner.Stacks != 2 || inner.Resources != 1 || inner.Stack != outer.Stack {
		t.Errorf("%+v", inner)
	}
	if Templates(nil, Options{}) != nil {
		t.Error("nothing has templates")
	}
}
