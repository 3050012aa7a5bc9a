package residency

// global lists what may stand in a Region outside of the stated countries, by
// type, with the reason for which it holds no data. Global services are
// declared in one Region and work in all: CloudFront takes its certificates and
// web ACLs from us-east-1 alone, and its metrics are there ("Requirements for
// using SSL/TLS certificates with CloudFront", "Viewing CloudFront and edge
// function metrics"). The list is closed (docs/claims/residency.md).
func global() map[string]string {
	const (
		rules       = "it holds rules, not requests, and CloudFront takes it from us-east-1 only"
		alarm       = "it holds thresholds and names, and the metrics of CloudFront and its web ACLs are in us-east-1 only"
		permissions = "it holds permissions, which are global"
		way         = "it holds nothing, the ways of CloudFront's logs are made in us-east-1 only, and where they lead is judged"
	)
	return map[string]string{
		"AWS::CertificateManager::Certificate": "it holds a public certificate, and CloudFront takes it from us-east-1 only",
		"AWS::WAFv2::WebACL":                   rules,
		"AWS::WAFv2::WebACLAssociation":        rules,
		"AWS::WAFv2::IPSet":                    rules,
		"AWS::WAFv2::RegexPatternSet":          rules,
		"AWS::WAFv2::RuleGroup":                rules,
		"AWS::WAFv2::LoggingConfiguration":     "it holds nothing, and where it sends the logs is judged",
		"AWS::Logs::DeliverySource":            way,
		"AWS::Logs::DeliveryDestination":       way,
		"AWS::Logs::Delivery":                  way,
		"AWS::CloudWatch::Alarm":               alarm,
		"AWS::CloudWatch::CompositeAlarm":      alarm,
		"AWS::Events::Rule":                    "it carries the state of alarms away, and where it leads is judged",
		"AWS::IAM::Role":                       permissions,
		"AWS::IAM::Policy":                     permissions,
		"AWS::IAM::ManagedPolicy":              permissions,
		"AWS::IAM::RolePolicy":                 permissions,
		"AWS::CloudFormation::Stack":           "it holds nothing, and what it makes is judged",
		"AWS::CDK::Metadata":                   "it holds nothing",
	}
}
