package intrinsic

import (
	"strings"
	"testing"
)

const serverlessApp = `
Transform: AWS::Serverless-2016-10-31
Parameters: {Stage: {Type: String, Default: test}}
Conditions: {Never: !Equals [!Ref Stage, prod]}
Globals:
  Function: {Runtime: python3.12, VpcConfig: {SubnetIds: [subnet-1], SecurityGroupIds: [sg-1]}, Environment: {Variables: {A: a, B: b}}}
  Api: {EndpointConfiguration: REGIONAL}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      VpcConfig: {SubnetIds: [subnet-2]}
      Environment: {Variables: {B: !Ref Stage}}
      FunctionUrlConfig: {AuthType: NONE}
      Events: {Get: {Type: Api, Properties: {Path: /}}, Named: {Type: Api, Properties: {RestApiId: !Ref Api}}, Web: {Type: HttpApi}}
  Gone: {Type: AWS::Serverless::Function, Condition: Never, Properties: {Handler: x}}
  Roled: {Type: AWS::Serverless::Function, Properties: {Role: 'arn:aws:iam::111122223333:role/x', VpcConfig: !Ref 'AWS::NoValue'}}
  Queued: {Type: AWS::Serverless::Function, Properties: {Events: {On: {Type: SNS, Properties: {Topic: t, SqsSubscription: true}}}}}
  Failing: {Type: AWS::Serverless::Function, Properties: {EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}}}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: p, Auth: {ResourcePolicy: {}}, DefinitionBody: {uri: !GetAtt Fn.Arn}}}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {SSESpecification: {SSEEnabled: true}}}
  App: {Type: AWS::Serverless::Application, Properties: {Location: ./child.yaml}}
  Uses: {Type: X, Properties: {Role: !GetAtt FnRole.Arn, Stage: !Ref Api.Stage, Version: !Ref FnVersion, Api: !Ref ServerlessRestApi, Typo: !If [Never, !Ref Typo, a]}}
`

// TestServerless expands what AWS::Serverless stands for.
func TestServerless(t *testing.T) {
	all, problems := resolveFiles(t, map[string]string{"s.yaml": serverlessApp}, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for logical, want := range map[string]string{
		"Fn": "AWS::Lambda::Function", "FnUrl": "AWS::Lambda::Url", "FnRole": "AWS::IAM::Role", "Table": "AWS::DynamoDB::Table", "Api": "AWS::ApiGateway::RestApi",
		"ServerlessRestApi": "AWS::ApiGateway::RestApi", "ServerlessHttpApi": "AWS::ApiGatewayV2::Api", "Roled": "AWS::Lambda::Function",
		"Queued": "AWS::Serverless::Function", "Failing": "AWS::Serverless::Function", "App": "AWS::Serverless::Application", "Uses": "X",
	} {
		if r := find(t, all, logical); r.Type != want || (r.Hides != nil) != strings.HasPrefix(want, "AWS::Serverless") || r.Pos.Line == 0 {
			t.Errorf("%s is %s at %s, hides %v; want %s", logical, r.Type, r.Pos, r.Hides, want)
		}
	}
	for path, want := range map[string]string{
		"Fn VpcConfig/SubnetIds":                  `["subnet-1", "subnet-2"]`,
		"Fn VpcConfig/SecurityGroupIds":           `["sg-1"]`,
		"Fn Environment/Variables/A":              `"a"`,
		"Fn Environment/Variables/B":              `"test"`,
		"Fn Runtime":                              `"python3.12"`,
		"Fn Events":                               "-",
		"FnUrl TargetFunctionArn":                 "${-/-/s/Fn.Ref}",
		"FnUrl AuthType":                          `"NONE"`,
		"FnRole AssumeRolePolicyDocument":         `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`,
		"Roled VpcConfig":                         "-",
		"Table SSESpecification/SSEEnabled":       "true",
		"Api Policy":                              "?INTRINSIC_NOT_EXPANDED",
		"ServerlessRestApi EndpointConfiguration": `"REGIONAL"`,
		"Uses Role":                               "${-/-/s/FnRole.Arn}",
		"Uses Stage":                              "?RESOURCES_HIDDEN",
		"Uses Version":                            "?RESOURCES_HIDDEN",
		"Uses Api":                                "${-/-/s/ServerlessRestApi.Ref}",
	} {
		logical, property, _ := strings.Cut(path, " ")
		if got := find(t, all, logical).Props.Path(property); got.String() != want && (want != "-" || !got.IsAbsent()) {
			t.Errorf("%s = %s, want %s", path, got, want)
		}
	}
	for _, r := range all {
		if r.Addr.Logical == "Gone" || r.Addr.Logical == "GoneRole" || r.Addr.Logical == "RoledRole" {
			t.Errorf("%s is there", r.Addr.Logical)
		}
	}
}

// TestServerlessTypo finds misspelt names in templates of AWS::Serverless.
func TestServerlessTypo(t *testing.T) {
	_, problems := resolveFiles(t, map[string]string{"s.yaml": strings.Replace(serverlessApp, "!GetAtt FnRole.Arn", "!GetAtt Tabel.Arn", 1)}, Options{})
	if codes(problems) != "REFERENCE_UNKNOWN" || !strings.Contains(problems.Error(), "did you mean Table?") {
		t.Errorf("got %v", problems)
	}
}
