package failover

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

// TestS35_TheSwitchIsInOneRegion: the health check follows the alarm of its own
// stack's Region, and keeps what was said last.
func TestS35_TheSwitchIsInOneRegion(t *testing.T) {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("test"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("100000000001"), Region: jsii.String("ap-southeast-4")}})
	New(stack, "Switch", &Props{Name: "moved", Description: "d"})
	data, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				AlarmName, Namespace, MetricName, TreatMissingData string
				Period                                             int
				HealthCheckConfig                                  struct {
					Type, InsufficientDataHealthStatus string
					AlarmIdentifier                    struct{ Name, Region string }
				}
			}
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	types := map[string]int{}
	for _, r := range template.Resources {
		types[r.Type]++
		p := r.Properties
		switch r.Type {
		case "AWS::CloudWatch::Alarm":
			if p.AlarmName != "moved" || p.Namespace != Namespace || p.MetricName != Metric || p.TreatMissingData != "ignore" || p.Period != Period {
				t.Errorf("the alarm is %+v", p)
			}
		case "AWS::Route53::HealthCheck":
			c := p.HealthCheckConfig
			if c.Type != "CLOUDWATCH_METRIC" || c.InsufficientDataHealthStatus != "LastKnownStatus" || c.AlarmIdentifier.Name != "moved" || c.AlarmIdentifier.Region != "ap-southeast-4" {
				t.Errorf("the health check is %+v", c)
			}
		}
	}
	if types["AWS::CloudWatch::Alarm"] != 1 || types["AWS::Route53::HealthCheck"] != 1 {
		t.Error(types)
	}
}
