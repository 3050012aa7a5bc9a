package intrinsic

import (
	"slices"
	"strings"
	"testing"
)

// TestLoops: page "Fn::ForEach" (AWS CloudFormation Template Reference).
func TestLoops(t *testing.T) {
	const with = "Transform: AWS::LanguageExtensions\n"
	for name, c := range map[string]struct{ yaml, want, codes string }{
		"resources":                  {with + "Resources: {'Fn::ForEach::T': [N, [A, B], {'Topic${N}': {Type: X, Properties: {V: !Ref N}}}]}", `TopicA "A", TopicB "B"`, ""},
		"beside others":              {with + "Resources: {R: {Type: X, Properties: {V: !Ref TopicA}}, 'Fn::ForEach::T': [N, [A], {'Topic${N}': {Type: X}}]}", `R ${-/-/s/TopicA.Ref}, TopicA `, ""},
		"numbers":                    {with + "Resources: {'Fn::ForEach::T': [N, [80, 443], {'T${N}': {Type: X, Properties: {V: !Ref N}}}]}", `T443 "443", T80 "80"`, ""},
		"letters and digits only":    {with + "Resources: {'Fn::ForEach::T': [N, [a-1], {'Topic&{N}': {Type: X, Properties: {V: '${N}'}}}]}", `Topica1 "a-1"`, ""},
		"in Fn::Sub":                 {with + "Resources: {'Fn::ForEach::T': [N, [A], {'T${N}': {Type: X, Properties: {V: !Sub '${N}-${AWS::Region}'}}}]}", `TA "A-r"`, ""},
		"attributes of what it made": {with + "Resources: {'Fn::ForEach::T': [N, [A], {'T${N}': {Type: X}, 'U${N}': {Type: X, Properties: {V: !GetAtt 'T${N}.Arn'}}}]}", `TA , UA ${-/r/s/TA.Arn}`, ""},
		"loops in loops":             {with + "Resources: {'Fn::ForEach::T': [N, [A, B], {'Fn::ForEach::U': [M, ['1', '2'], {'T${N}${M}': {Type: X}}]}]}", `TA1 , TA2 , TB1 , TB2 `, ""},
		"properties":                 {with + "Resources: {R: {Type: X, Properties: {V: {'Fn::ForEach::P': [N, [A, B], {'K${N}': '${N}!'}]}}}}", `R {"KA": "A!", "KB": "B!"}`, ""},
		"without the transform":      {"Resources: {R: {Type: X, Properties: {V: {'Fn::ForEach::P': [N, [A], {'K${N}': x}]}}}}", `R ?INTRINSIC_NOT_EXPANDED`, ""},
		"an item that is not known":  {with + "Resources: {R: {Type: X, Properties: {V: {'Fn::ForEach::P': [N, [!Ref AWS::Region], {'K${N}': x}], a: b}}}}", `R ?INTRINSIC_NOT_EXPANDED`, ""},
		"no list":                    {with + "Resources: {R: {Type: X, Properties: {V: {'Fn::ForEach::P': x, a: b}}}}", `R ?INTRINSIC_NOT_EXPANDED`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			all, problems := resolveFiles(t, map[string]string{"s.yaml": c.yaml}, Options{Region: "r"})
			var got []string
			for _, r := range all {
				got = append(got, r.Addr.Logical+" "+r.Props.Get("V").String())
			}
			slices.Sort(got)
			if s := strings.Join(got, ", "); strings.ReplaceAll(s, "-/r/s", "-/-/s") != strings.ReplaceAll(c.want, "-/r/s", "-/-/s") || codes(problems) != c.codes {
				t.Errorf("got %s (%v), want %s (%s)", s, problems, c.want, c.codes)
			}
		})
	}
}

// A loop cannot make a template endless: five levels of many items stop.
func TestLoopsEnd(t *testing.T) {
	items := "[" + strings.Repeat("a,", 200) + "b]"
	body := "{'T${A}${B}${C}': {Type: X}}"
	for _, n := range []string{"C", "B", "A"} {
		body = "{'Fn::ForEach::" + n + "': [" + n + ", " + items + ", " + body + "]}"
	}
	all, problems := resolveFiles(t, map[string]string{"s.yaml": "Transform: AWS::LanguageExtensions\nResources: " + body}, Options{})
	if len(all) != 1 || all[0].Hides == nil || codes(problems) != "TEMPLATE_TRANSFORM" {
		t.Errorf("%d resources, %v", len(all), problems)
	}
}
