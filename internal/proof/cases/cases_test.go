package cases_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/cases"
	"github.com/suretyhq/surety/internal/resource/build"
)

const good = `
- name: one
  change: [{of: {type: "AWS::EC2::VPC"}, set: {CidrBlock: 10.1.0.0/16}}]
  because: a page
  refutes: [{claim: no-overlap, scope: estate, code: X, at: "AWS::EC2::VPC"}]
`

func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"an empty corpus":             {"", "no cases"},
		"an unknown key":              {strings.Replace(good, "because", "whereas", 1), "whereas"},
		"no page":                     {strings.Replace(good, "because: a page", `because: ""`, 1), "AWS page"},
		"no expectation":              {strings.Split(good, "  refutes")[0], "expects nothing"},
		"an expectation of no place":  {strings.Replace(good, `, at: "AWS::EC2::VPC"`, "", 1), "an expectation needs"},
		"a change that does nothing":  {strings.Replace(good, ", set: {CidrBlock: 10.1.0.0/16}", "", 1), "exactly one of"},
		"a change that does two":      {strings.Replace(good, ", set:", ", delete: true, set:", 1), "exactly one of"},
		"two cases of one name":       {good + good, "is in"},
		"a selector without any type": {strings.Replace(good, `{type: "AWS::EC2::VPC"}, set`, "{part: x}, set", 1), "a selector needs a type"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.text != "" {
				if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := cases.Load(dir); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error: %v", err)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	b := build.New("", "", "s")
	b.Add("AWS::EC2::VPC", "A", build.Props{"CidrBlock": "10.0.0.0/16"})
	b.Add("AWS::EC2::VPC", "B", build.Props{"CidrBlock": "10.1.0.0/16"})
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	vpc := func(where map[string]any) cases.Selector {
		return cases.Selector{Type: "AWS::EC2::VPC", Where: where}
	}
	first := map[string]any{"CidrBlock": "10.0.0.0/16"}
	for name, c := range map[string]struct {
		change cases.Change
		says   string
	}{
		"a selector that matches nothing": {cases.Change{Of: cases.Selector{Type: "AWS::EC2::Subnet"}, Delete: true}, "no resource matches"},
		"one that matches two":            {cases.Change{Of: vpc(nil), Delete: true}, "2 resources match"},
		"a value that is there already":   {cases.Change{Of: vpc(first), Set: first}, "already"},
		"a property that is not there":    {cases.Change{Of: vpc(first), Remove: []string{"Nothing"}}, "no property"},
		"no place for a property":         {cases.Change{Of: vpc(first), Set: map[string]any{"CidrBlock/0": "x"}}, "no place"},
	} {
		if _, err := cases.Apply(&proof.Input{Graph: g}, cases.Case{Change: []cases.Change{c.change}}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApplyAddsManyNumbered(t *testing.T) {
	b := build.New("", "", "s")
	b.Add("AWS::EC2::VPC", "A", nil)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	add := cases.Addition{Type: "T", Times: 3, Props: map[string]any{"Name": "x-${n}", "In": []any{map[string]any{"Port": "${n}"}}, "Same": true}}
	all, err := cases.Apply(&proof.Input{Graph: g}, cases.Case{Change: []cases.Change{{Of: cases.Selector{Type: "AWS::EC2::VPC"}, Add: &add}}})
	if err != nil || len(all) != 4 {
		t.Fatal(len(all), err)
	}
	for i, want := range []string{`{"In": [{"Port": 1}], "Name": "x-1", "Same": true}`, `{"In": [{"Port": 2}], "Name": "x-2", "Same": true}`, `{"In": [{"Port": 3}], "Name": "x-3", "Same": true}`} {
		if got := all[1+i].Props.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if all[1].Addr == all[2].Addr {
		t.Error("two have one address")
	}
}
