package resource_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

func TestS11_UserDataIsThatOfTheLaunchTemplate(t *testing.T) {
	const script = "#!/bin/bash\ncat > file <<'END'\nPORT=8443\nEND\nexport MODE=\"on\"\nlower=1\n# NOT=this\n"
	text := base64.StdEncoding.EncodeToString([]byte(script))
	template := func(data any) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::EC2::LaunchTemplate", "T", build.Props{"LaunchTemplateData": build.Props{"UserData": data}})
			b.Add("AWS::AutoScaling::AutoScalingGroup", "R", build.Props{"LaunchTemplate": build.Props{"LaunchTemplateId": b.Ref("T")}})
		}
	}
	for _, c := range []struct {
		name, at, property, script, why string
		build                           func(*build.Builder)
	}{
		{"of a group", "T", "LaunchTemplateData/UserData", script, "", template(text)},
		{"of an instance", "R", "UserData", script, "", func(b *build.Builder) { b.Add("AWS::EC2::Instance", "R", build.Props{"UserData": text}) }},
		{"none", "", "", "", "", func(b *build.Builder) { b.Add("AWS::EC2::Instance", "R", nil) }},
		{"a template that is not there", "", "", "", "", func(b *build.Builder) {
			b.Add("AWS::EC2::Instance", "R", build.Props{"LaunchTemplate": build.Props{"LaunchTemplateId": "lt-1"}})
		}},
		{"no Base64", "T", "LaunchTemplateData/UserData", "", "PROPERTY_UNREADABLE", template("#!/bin/bash")},
		{"not known", "T", "LaunchTemplateData/UserData", "", "PARAMETER_UNKNOWN", template(build.Unknown("PARAMETER_UNKNOWN"))},
		{"a list", "T", "LaunchTemplateData/UserData", "", "PROPERTY_UNREADABLE", template([]any{"a"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := build.New("100000000004", "ap-southeast-2", "dev")
			c.build(b)
			g, problems := resource.New(b.Resources())
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			var r *resource.Resource
			for x := range g.All() {
				if x.Addr.Logical == "R" {
					r = x
				}
			}
			got, at, property, why := g.UserData(r)
			if got != c.script || property != c.property || (at == nil) != (c.at == "") || at != nil && at.Addr.Logical != c.at {
				t.Errorf("got %q of %v %s", got, at, property)
			}
			if (why == nil) != (c.why == "") {
				t.Errorf("why: %v", why)
			}
		})
	}
	want := []resource.Assignment{{Name: "PORT", Value: "8443"}, {Name: "MODE", Value: "on"}}
	if got := resource.Assignments(script); !slices.Equal(got, want) {
		t.Errorf("assignments %v", got)
	}
}
