package intrinsic

import "testing"

// TestWhatMacrosMayMake refers to what only a macro, a loop or a module makes:
// it is unknown, and no mistake of the template.
func TestWhatMacrosMayMake(t *testing.T) {
	const sam = "Transform: AWS::Serverless-2016-10-31\n"
	for name, test := range map[string]struct{ yaml, want, codes string }{
		"a role that AWS::Serverless makes": {sam + resourceOf("{V: !GetAtt FnRole.Arn}"), "?RESOURCES_HIDDEN", "TEMPLATE_TRANSFORM"},
		"an API that it makes":              {sam + resourceOf("{V: !Sub 'https://${ServerlessRestApi}.example.com'}"), "?RESOURCES_HIDDEN", "TEMPLATE_TRANSFORM"},
		"a function's event and its API": {sam + `Resources:
  R: {Type: AWS::Serverless::Function, Properties: {V: x, Events: {Get: {Type: Api, Properties: {RestApiId: !Ref Api}}}}}
  Api: {Type: AWS::Serverless::Api, Properties: {DefinitionBody: {x: !GetAtt R.Arn}}}
`, `"x"`, "TEMPLATE_TRANSFORM"},
		"DependsOn": {sam + "Resources: {R: {Type: X, DependsOn: FnRole, Properties: {V: x}}}", `"x"`, "TEMPLATE_TRANSFORM"},
		"a loop over a parameter": {"Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList, Default: A}}\n" + resourceOf("{V: !Ref TopicA}") +
			"  'Fn::ForEach::Topics': [N, !Ref Names, {'Topic${N}': {Type: X}}]\n", "?RESOURCES_HIDDEN", "TEMPLATE_TRANSFORM"},
		"an included mapping": {"Mappings: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://a/b'}}}\n" + resourceOf("{V: !FindInMap [M, a, b]}"),
			"?RESOURCES_HIDDEN", ""},
		"an include for the template": {"Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://a/b'}}\n" + resourceOf("{V: !Ref Elsewhere}"), "?RESOURCES_HIDDEN", "TEMPLATE_TRANSFORM"},
		"a module's resource":         {resourceOf("{V: !GetAtt Mod.Bucket.Arn}") + "  Mod: {Type: 'My::S3::Bucket::MODULE'}\n", "${-/-/s/Mod.Bucket.Arn}", ""},
		"a module's resource, in one": {resourceOf("{V: !GetAtt ModBucket.Arn}") + "  Mod: {Type: 'My::S3::Bucket::MODULE'}\n", "?RESOURCES_HIDDEN", ""},
		"by a name of no module":      {resourceOf("{V: !Ref Other}") + "  Mod: {Type: 'My::S3::Bucket::MODULE'}\n", "?REFERENCE_UNKNOWN", "REFERENCE_UNKNOWN"},
		"language extensions alone":   {"Transform: AWS::LanguageExtensions\n" + resourceOf("{V: !Ref TopicA}"), "?REFERENCE_UNKNOWN", "REFERENCE_UNKNOWN"},
		"no pseudo parameter":         {sam + resourceOf("{V: !Ref AWS::Acount}"), "?REFERENCE_UNKNOWN", "TEMPLATE_TRANSFORM REFERENCE_UNKNOWN"},
	} {
		t.Run(name, func(t *testing.T) {
			all, problems := resolveFiles(t, map[string]string{"s.yaml": test.yaml}, Options{})
			if got := find(t, all, "R").Props.Get("V").String(); got != test.want || codes(problems) != test.codes {
				t.Errorf("got %s (%v), want %s (%s)", got, problems, test.want, test.codes)
			}
		})
	}
}
