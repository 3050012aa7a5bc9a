package stacks

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/alarms"
	"github.com/suretyhq/surety/patterns/tracing"
)

// observing returns the stacks that watch, and what each of them watches.
func observing(a assembly) map[string][]string {
	watching := map[string][]string{"cover-hub-observe": {"cover-hub-core"}}
	for _, env := range environments(a) {
		watched := []string{}
		for _, name := range sortedKeys(a.templates) {
			if strings.HasPrefix(name, "cover-"+env+"-") && name != "cover-"+env+"-"+LayerObserve {
				watched = append(watched, name)
			}
		}
		watching["cover-"+env+"-"+LayerObserve] = watched
	}
	return watching
}

func TestS30_AlarmsReachPeopleAndNobodyElseSpeaks(t *testing.T) {
	a := load(t)
	for stack := range observing(a) {
		topic := a.of(t, stack, "AWS::SNS::Topic")[0]
		if !strings.Contains(topic.text("KmsMasterKeyId"), "Fn::GetStackOutput") {
			t.Errorf("%s is encrypted by %s, not by the place's key", topic, topic.text("KmsMasterKeyId"))
		}
		told := a.of(t, stack, "AWS::SNS::Subscription")
		if len(told) != 1 || told[0].text("Endpoint") != a.estate.Monitoring.Notify[0] {
			t.Errorf("%s tells %v", topic, told)
		}
		account := accountOf(a, stack)
		for _, s := range a.of(t, stack, "AWS::SNS::TopicPolicy")[0].list("PolicyDocument", "Statement") {
			m, _ := s.(map[string]any)
			if m["Effect"] == "Deny" {
				continue
			}
			if m["Action"] != "sns:Publish" || text(m["Principal"]) != `{"Service":"cloudwatch.amazonaws.com"}` || !strings.Contains(text(m["Condition"]), `"aws:SourceAccount":"`+account+`"`) {
				t.Errorf("%s lets others speak: %s", topic, text(s))
			}
		}
	}
}

// accountOf returns the id of a stack's account.
func accountOf(a assembly, stack string) string {
	return strings.Split(strings.TrimPrefix(a.manifest.Artifacts[stack].Environment, "aws://"), "/")[0]
}

// The keys that encrypt what alarms say let CloudWatch use them; otherwise no
// message would arrive.
func TestS30_KeysLetAlarmsThrough(t *testing.T) {
	a := load(t)
	stacks := []string{"cover-" + LayerHubKeys}
	for _, env := range environments(a) {
		stacks = append(stacks, "cover-"+env+"-"+LayerKeys)
	}
	for _, stack := range stacks {
		found := 0
		for _, key := range a.of(t, stack, "AWS::KMS::Key") {
			if strings.Contains(key.text("KeyPolicy"), "cloudwatch.amazonaws.com") {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d keys of %s let alarms through", found, stack)
		}
	}
}

// single are the types whose every resource has its alarms; the others of the
// catalogue have some only, by what they are.
func single() []string {
	return []string{"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::CertificateManager::Certificate",
		"AWS::ECS::Service", "AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::RDS::DBCluster", "AWS::EC2::NatGateway", "AWS::EC2::TransitGateway",
		"AWS::Synthetics::Canary"}
}

func TestS30_WhateverRunsIsWatched(t *testing.T) {
	a := load(t)
	known := map[string]bool{}
	for _, k := range alarms.Catalogue() {
		known[k.Type] = true
	}
	seen := map[string]int{}
	for stack, watched := range observing(a) {
		all := ""
		for _, alarm := range a.of(t, stack, "AWS::CloudWatch::Alarm") {
			all += text(alarm.props)
		}
		for _, typ := range single() {
			if !known[typ] {
				t.Errorf("%s is not in the catalogue", typ)
			}
			for _, w := range watched {
				if strings.HasSuffix(w, "-"+LayerTenant) || !strings.HasSuffix(a.manifest.Artifacts[w].Environment, "/"+a.estate.Regions.Home) {
					continue // a template of many stacks; and CloudWatch sees its own Region only
				}
				for _, r := range a.of(t, w, typ) {
					seen[typ]++
					if !strings.Contains(all, r.id) {
						t.Errorf("no alarm of %s watches %s (%s)", stack, r, typ)
					}
				}
			}
		}
	}
	for _, typ := range []string{"AWS::ECS::Service", "AWS::RDS::DBCluster", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::EC2::NatGateway"} {
		if seen[typ] == 0 {
			t.Errorf("the example has no %s", typ)
		}
	}
}

func TestS30_EveryAlarmIsToldAndSaysWhatIsWrong(t *testing.T) {
	a := load(t)
	names := map[string]bool{}
	for stack := range observing(a) {
		topic := a.of(t, stack, "AWS::SNS::Topic")[0].id
		for _, typ := range []string{"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"} {
			for _, r := range a.of(t, stack, typ) {
				name := r.text("AlarmName")
				if names[name] {
					t.Errorf("two alarms are called %s", name)
				}
				names[name] = true
				for _, actions := range []string{"AlarmActions", "OKActions"} {
					if r.text(actions) != `[{"Ref":"`+topic+`"}]` {
						t.Errorf("%s tells %s by %s", name, r.text(actions), actions)
					}
				}
				if len(r.text("AlarmDescription")) < 20 {
					t.Errorf("%s says %q", name, r.text("AlarmDescription"))
				}
			}
		}
	}
}

var child = regexp.MustCompile(`ALARM\("`)

// The environment is down when an entry, a service or the database is gone, and
// silence about them counts as their being gone.
func TestS30_DownIsSummedUp(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-" + LayerObserve
		rule := ""
		for _, r := range a.of(t, stack, "AWS::CloudWatch::CompositeAlarm") {
			rule += r.text("AlarmRule")
		}
		summed := 0
		for _, r := range a.of(t, stack, "AWS::CloudWatch::Alarm") {
			missing := r.text("TreatMissingData")
			if strings.Contains(rule, `"Ref":"`+r.id+`"`) {
				summed++
				if missing != "breaching" {
					t.Errorf("silence passes for health at %s", r.text("AlarmName"))
				}
			} else if missing != "notBreaching" && !strings.HasSuffix(r.text("AlarmName"), "-expiry") {
				t.Errorf("%s treats silence as %s", r.text("AlarmName"), missing)
			}
		}
		// The tunnel, two services and their target groups, and the database.
		if n := len(child.FindAllString(strings.ReplaceAll(rule, `\"`, `"`), -1)); n != summed || summed < 6 {
			t.Errorf("%s sums up %d alarms, its rule names %d: %s", stack, summed, n, rule)
		}
	}
}

func TestS30_TheAccountsEventsAreKeptAndCounted(t *testing.T) {
	a := load(t)
	for stack := range observing(a) {
		name := strings.TrimSuffix(stack, "-"+LayerObserve)
		var kept resource
		for _, g := range a.of(t, stack, "AWS::Logs::LogGroup") {
			if g.text("LogGroupName") == "/aws/events/"+name {
				kept = g
			}
		}
		if !strings.Contains(kept.text("KmsKeyId"), "Fn::GetStackOutput") {
			t.Fatalf("%s keeps its events in %s, encrypted by %s", stack, kept, kept.text("KmsKeyId"))
		}
		filters := ""
		for _, f := range a.of(t, stack, "AWS::Logs::MetricFilter") {
			filters += f.text("MetricTransformations")
		}
		rules := a.of(t, stack, "AWS::Events::Rule")
		if len(rules) != len(alarms.Events()) {
			t.Errorf("%s has %d rules for %d events", stack, len(rules), len(alarms.Events()))
		}
		for _, r := range rules {
			if !strings.HasSuffix(r.text("Targets", 0, "Arn"), ":log-group:/aws/events/"+name) || !strings.HasPrefix(r.text("Name"), name+"-") {
				t.Errorf("%s leads to %s", r, r.text("Targets"))
			}
			if metric := `"MetricName":"Events-` + strings.TrimPrefix(r.text("Name"), name+"-") + `"`; !strings.Contains(filters, metric) {
				t.Errorf("nothing counts %s", r.text("Name"))
			}
		}
		policy := a.of(t, stack, "AWS::Logs::ResourcePolicy")[0].text("PolicyDocument")
		if !strings.Contains(policy, "log-group:/aws/events/"+name+":*") || !strings.Contains(policy, "rule/"+name+"-*") || strings.Contains(policy, `"Resource":"*"`) {
			t.Errorf("%s lets others write: %s", stack, policy)
		}
	}
}

func TestS30_WhatTheFirewallRefusesIsCounted(t *testing.T) {
	a := load(t)
	for _, f := range a.of(t, "cover-hub-observe", "AWS::Logs::MetricFilter") {
		if f.text("FilterPattern") == alarms.FirewallBlocked().Filter && strings.Contains(f.text("LogGroupName"), "FirewallLogs") {
			return
		}
	}
	t.Error("no filter reads the firewall's alerts")
}

// widget is a part of a dashboard.
type widget struct {
	Type                string
	X, Y, Width, Height int
	Properties          struct {
		Markdown, Title, Region string
		Metrics                 []any
		Alarms                  []any
	}
}

// widgets reads a dashboard's body; references in it read as text.
func widgets(t *testing.T, r resource) []widget {
	t.Helper()
	body := r.text("DashboardBody")
	if parts := r.list("DashboardBody", "Fn::Join", 1); parts != nil {
		body = ""
		for _, p := range parts {
			if s, ok := p.(string); ok {
				body += s
			} else {
				body += strings.ReplaceAll(text(p), `"`, "'")
			}
		}
	}
	var read struct{ Widgets []widget }
	if err := json.Unmarshal([]byte(body), &read); err != nil {
		t.Fatalf("%s: %v\n%s", r, err, body)
	}
	return read.Widgets
}

func TestS32_TheDashboardAnswersFourQuestionsInTheirOrder(t *testing.T) {
	a := load(t)
	for stack := range observing(a) {
		var all []widget
		for _, r := range a.of(t, stack, "AWS::CloudWatch::Dashboard") {
			if r.text("DashboardName") == strings.TrimSuffix(stack, "-"+LayerObserve) {
				all = widgets(t, r)
			}
		}
		var questions []string
		under := map[string][]string{}
		for i, w := range all {
			if w.Type == "text" {
				questions = append(questions, w.Properties.Markdown)
			} else {
				q := questions[len(questions)-1]
				under[q] = append(under[q], w.Properties.Title)
			}
			if w.X < 0 || w.X+w.Width > 24 {
				t.Errorf("%s: %q is too wide", stack, w.Properties.Title)
			}
			for _, o := range all[:i] {
				if w.X < o.X+o.Width && o.X < w.X+w.Width && w.Y < o.Y+o.Height && o.Y < w.Y+w.Height {
					t.Errorf("%s: %q covers %q", stack, w.Properties.Title, o.Properties.Title)
				}
			}
			if w.Type == "metric" && (w.Properties.Region == "" || len(w.Properties.Metrics) == 0) {
				t.Errorf("%s: %q shows nothing", stack, w.Properties.Title)
			}
		}
		if want := []string{"## Is it up?", "## Is it fast?", "## Is it failing?", "## What does it cost?"}; !slices.Equal(questions, want) {
			t.Errorf("%s asks %q", stack, questions)
		}
		want := map[string]string{"## Is it failing?": "All alarms", "## What does it cost?": "Estimated charges of the month (US dollars)"}
		if stack != "cover-hub-observe" {
			want["## Is it up?"], want["## Is it fast?"] = "Healthy targets", "Time to answer, p50 and p99"
		} else if !slices.Contains(under["## What does it cost?"], "Bytes through NAT gateways") {
			t.Errorf("%s does not show what NAT gateways cost", stack)
		}
		for q, title := range want {
			if !slices.Contains(under[q], title) {
				t.Errorf("%s: %s is answered by %q, not by %q", stack, q, under[q], title)
			}
		}
	}
}

// container is what a test needs of a container definition.
func containers(r resource) (names []string, by map[string]resource) {
	by = map[string]resource{}
	for _, c := range r.list("ContainerDefinitions") {
		m, _ := c.(map[string]any)
		name := text(m["Name"])
		names, by[name] = append(names, name), resource{id: r.id + "/" + name, stack: r.stack, props: m}
	}
	return names, by
}

func TestS30_EveryServiceHasACollectorThatItCanDoWithout(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		traced := 0
		for _, r := range a.of(t, "cover-"+env+"-"+LayerPlatform, "AWS::ECS::TaskDefinition") {
			_, by := containers(r)
			if _, ok := a.estate.Workload.Services.Get(r.tag(addr.TagPart)); !ok {
				continue
			}
			traced++
			c, ok := by[tracing.Container]
			if !ok {
				t.Errorf("%s has no collector", r)
				continue
			}
			expect(t, c, "false", "Essential")
			expect(t, c, "true", "ReadonlyRootFilesystem")
			expect(t, c, a.estate.Monitoring.Collector.Image, "Image")
			expect(t, c, `["ALL"]`, "LinuxParameters", "Capabilities", "Drop")
			expect(t, c, "true", "ReadonlyRootFilesystem")
			if len(c.list("PortMappings")) != 0 || c.text("User") == "" || strings.Contains(c.text("Environment"), "0.0.0.0") {
				t.Errorf("%s listens to others, or runs as root: %s", c, text(c.props))
			}
			expect(t, by[r.tag(addr.TagPart)], "true", "Essential")
			var config struct {
				Service struct{ Pipelines map[string]any }
			}
			if err := json.Unmarshal([]byte(c.text("Environment", 0, "Value")), &config); err != nil || len(config.Service.Pipelines) != 1 {
				t.Errorf("%s is told %s: %v", c, c.text("Environment"), err)
			}
		}
		containers := 0
		for _, s := range a.estate.Workload.Services.All() {
			if s.Kind == estate.RuntimeContainer {
				containers++
			}
		}
		if traced != containers || traced == 0 {
			t.Errorf("%d services of %s have tasks", traced, env)
		}
	}
}

func TestS30_TracesOfAnEnvironmentAreAGroup(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-" + LayerObserve
		expect(t, a.of(t, stack, "AWS::XRay::Group")[0], `annotation.environment = "`+env+`"`, "FilterExpression")
		expect(t, a.of(t, stack, "AWS::XRay::SamplingRule")[0], "0.05", "SamplingRule", "FixedRate")
		services := ""
		for _, e := range a.of(t, "cover-"+env+"-"+LayerNetwork, "AWS::EC2::VPCEndpoint") {
			services += e.text("ServiceName") + " "
		}
		if !strings.Contains(services, ".xray ") {
			t.Errorf("%s cannot reach X-Ray: its endpoints are %s", env, services)
		}
	}
}

func TestS30_EveryEntryHasACanaryInside(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-" + LayerObserve
		want := map[string]bool{}
		for name, s := range a.estate.Workload.Services.All() {
			if s.Expose != estate.ExposeNone {
				want["cover-"+env+"-"+name] = true
			}
		}
		bucket := a.of(t, stack, "AWS::S3::Bucket")[0]
		for _, c := range a.of(t, stack, "AWS::Synthetics::Canary") {
			name := c.text("Name")
			if !want[name] {
				t.Errorf("%s asks nobody that is exposed", c)
			}
			delete(want, name)
			service := strings.TrimPrefix(name, "cover-"+env+"-")
			if code := c.text("Code", "Script"); !strings.Contains(code, `hostname: "`+service+`.`+env+`.cover.example"`) || !strings.Contains(code, `path: "/health"`) {
				t.Errorf("%s runs %s", c, code)
			}
			expect(t, c, "SSE_KMS", "ArtifactConfig", "S3Encryption", "EncryptionMode")
			if !strings.Contains(c.text("ArtifactS3Location"), bucket.id) || len(c.list("VPCConfig", "SubnetIds")) != a.estate.Network.AvailabilityZones {
				t.Errorf("%s leaves what it saw in %s and runs in %s", c, c.text("ArtifactS3Location"), c.text("VPCConfig"))
			}
			expect(t, c, "true", "StartCanaryAfterCreation")
		}
		if len(want) > 0 {
			t.Errorf("%s: nothing asks %v", env, sortedKeys(want))
		}
	}
	for _, r := range a.every(t, "AWS::IAM::Policy") {
		if strings.Contains(r.id, "Canaries") && strings.Contains(text(r.props), "logs:CreateLogGroup") {
			t.Errorf("%s may make log groups without a key", r)
		}
	}
}

func siteOf(a assembly, env string) estate.Site {
	s, _ := a.estate.Site(env)
	return s
}

// What an environment has for its tenants' sake is watched apart, and what
// watches it says so: other environments have none of it.
func TestS30_WhatIsThereForTenantsIsWatchedApart(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-" + LayerObserve
		_, tenants := a.templates["cover-"+env+"-"+LayerTenancy]
		apart := 0
		theirs := regexp.MustCompile("cover-" + env + "-(" + LayerTenancy + "|" + LayerPlans + "|tenants-[0-9]+-api)")
		for _, r := range a.of(t, stack, "AWS::CloudWatch::Alarm") {
			if about := theirs.MatchString(text(r.props)); about != (r.tag(addr.TagFor) == addr.ForTenants) && !strings.Contains(r.text("AlarmName"), "-logs-errors") {
				t.Errorf("%s is about tenants: %v; its tag says %q", r.text("AlarmName"), about, r.tag(addr.TagFor))
			}
			if r.tag(addr.TagFor) == addr.ForTenants {
				apart++
			}
		}
		fleet := 0
		for _, r := range a.of(t, stack, "AWS::CloudWatch::Alarm") {
			if strings.Contains(r.text("Metrics"), "SELECT MIN(HealthyHostCount)") {
				fleet++
			}
		}
		if balancers := a.estate.Balancers(siteOf(a, env)); fleet != balancers {
			t.Errorf("%d balancers of tenants in %s, and %d alarms on the worst behind them", balancers, env, fleet)
		}
		if n := len(a.of(t, stack, "AWS::CloudWatch::Dashboard")); tenants != (apart > 0) || tenants != (n == 2) {
			t.Errorf("%s has tenants: %v, %d alarms on what they share, %d dashboards", env, tenants, apart, n)
		}
	}
}
