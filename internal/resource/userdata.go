package resource

import (
	"encoding/base64"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// Assignment is a line NAME=VALUE of a script.
type Assignment struct{ Name, Value string }

// UserData returns the script that an instance, or those of a scaling group or a
// launch template, run when they start, and the resource and property that say
// it; without one the resource is nil. Where it cannot be read, why says so.
// Source: AWS
// CloudFormation Template Reference, "AWS::EC2::LaunchTemplate
// LaunchTemplateData" (UserData is Base64 text).
func (g *Graph) UserData(r *Resource) (script string, at *Resource, property string, why *value.Reason) {
	for depth := 0; r != nil && depth < maxFollow; depth++ {
		property = "UserData"
		if r.Type == "AWS::EC2::LaunchTemplate" {
			property = "LaunchTemplateData/UserData"
		}
		if v := r.Props.Path(property); !v.IsAbsent() {
			script, why = decoded(v)
			return script, r, property, why
		}
		r = g.startedFrom(r)
	}
	return "", nil, "", nil
}

// startedFrom returns the launch template or configuration that a resource
// names, if it is in the graph.
func (g *Graph) startedFrom(r *Resource) *Resource {
	d := &reader{g: g, r: r}
	for _, p := range []string{"LaunchTemplate/LaunchTemplateId", "LaunchTemplate/LaunchTemplateName", "LaunchConfigurationName",
		"MixedInstancesPolicy/LaunchTemplate/LaunchTemplateSpecification/LaunchTemplateId",
		"MixedInstancesPolicy/LaunchTemplate/LaunchTemplateSpecification/LaunchTemplateName"} {
		if to := g.byAddr[d.link(p).To]; to != nil {
			return to
		}
	}
	return nil
}

func decoded(v value.Value) (string, *value.Reason) {
	if why := v.FirstUnknown(); why != nil {
		return "", why
	}
	text, err := base64.StdEncoding.DecodeString(v.Text())
	if err != nil || v.Kind() != value.String {
		return "", &value.Reason{Code: "PROPERTY_UNREADABLE", Text: "the user data is no Base64 text"}
	}
	return string(text), nil
}

// Assignments returns the lines of a script that give a name in capitals a
// value, such as those of a file of settings that it writes.
func Assignments(script string) []Assignment {
	var all []Assignment
	for line := range strings.Lines(script) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
		name, v, ok := strings.Cut(line, "=")
		if ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
			all = append(all, Assignment{name, strings.Trim(v, `"'`)})
		}
	}
	return all
}
