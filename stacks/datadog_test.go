package stacks

import (
	"strings"
	"testing"
)

func TestS31_DatadogReadsWithItsExternalIDAndNothingButReads(t *testing.T) {
	a := load(t)
	site, _ := a.estate.Monitoring.Datadog.Details()
	for stack := range observing(a) {
		place := strings.TrimSuffix(stack, "-"+LayerObserve)
		var role resource
		for _, r := range a.of(t, stack, "AWS::IAM::Role") {
			if r.text("RoleName") == place+"-datadog" {
				role = r
			}
		}
		expect(t, role, "arn:aws:iam::"+site.Account+":root", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "AWS")
		// The id is read at deployment; no template holds it.
		expect(t, role, "{{resolve:ssm:/"+strings.Replace(place, "-", "/", 1)+"/datadog/external-id}}",
			"AssumeRolePolicyDocument", "Statement", 0, "Condition", "StringEquals", "sts:ExternalId")
		for _, p := range a.of(t, stack, "AWS::IAM::Policy") {
			if !strings.Contains(p.text("Roles"), role.id) {
				continue
			}
			for _, s := range p.list("PolicyDocument", "Statement") {
				m, _ := s.(map[string]any)
				for _, action := range strings.Split(strings.Trim(text(m["Action"]), `[]`), ",") {
					_, name, _ := strings.Cut(strings.Trim(action, `"`), ":")
					if strings.Contains(name, "*") || !strings.HasPrefix(name, "Describe") && !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List") ||
						strings.Contains(name, "Object") || strings.Contains(name, "LogEvents") || strings.Contains(name, "Secret") {
						t.Errorf("Datadog may %s in %s", action, place)
					}
				}
			}
		}
	}
}

func TestS31_LogsGoToDatadogsSiteEncryptedAndByNoKeyInATemplate(t *testing.T) {
	a := load(t)
	site, _ := a.estate.Monitoring.Datadog.Details()
	for _, env := range environments(a) {
		stack := "cover-" + env + "-" + LayerObserve
		s := a.of(t, stack, "AWS::KinesisFirehose::DeliveryStream")[0]
		const http = "HttpEndpointDestinationConfiguration"
		expect(t, s, site.LogIntake, http, "EndpointConfiguration", "Url")
		expect(t, s, "null", http, "EndpointConfiguration", "AccessKey")
		expect(t, s, "true", http, "SecretsManagerConfiguration", "Enabled")
		expect(t, s, "CUSTOMER_MANAGED_CMK", "DeliveryStreamEncryptionConfigurationInput", "KeyType")
		expect(t, s, s.text("DeliveryStreamEncryptionConfigurationInput", "KeyARN"), http, "S3Configuration", "EncryptionConfiguration", "KMSEncryptionConfig", "AWSKMSKeyARN")
		secret := a.of(t, stack, "AWS::SecretsManager::Secret")[0]
		if !strings.Contains(s.text(http, "SecretsManagerConfiguration", "SecretARN"), secret.id) || secret.text("GenerateSecretString") == "null" || secret.text("SecretString") != "null" {
			t.Errorf("%s takes its key from %s", s, s.text(http, "SecretsManagerConfiguration"))
		}
		var forwarded []string
		for _, f := range a.of(t, stack, "AWS::Logs::SubscriptionFilter") {
			if !strings.Contains(f.text("DestinationArn"), s.id) || f.text("FilterPattern") != "" {
				t.Errorf("%s sends %s to %s", f, f.text("FilterPattern"), f.text("DestinationArn"))
			}
			forwarded = append(forwarded, f.text("LogGroupName"))
		}
		for name := range a.estate.Workload.Services.All() {
			if !strings.Contains(strings.Join(forwarded, " "), "Ref"+name+"ServiceLogs") {
				t.Errorf("the logs of %s in %s go nowhere: %v", name, env, forwarded)
			}
		}
	}
}

// Without Datadog nothing of it is there.
func TestS31_WithoutDatadogNobodyElseReads(t *testing.T) {
	a := synthesise([]byte(plain))
	if a.err != nil {
		t.Fatal(a.err)
	}
	defer removeAll(t, a.dir)
	for name, tpl := range a.templates {
		for id, r := range tpl.Resources {
			if strings.Contains(strings.ToLower(text(r.Properties)+id), "datadog") {
				t.Errorf("%s/%s is Datadog's", name, id)
			}
		}
	}
}
