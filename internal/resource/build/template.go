package build

import (
	"encoding/json"
	"fmt"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Template writes resources of one stack as a CloudFormation template in JSON,
// keys sorted. It fails on an unknown value and on a symbol of another stack,
// which a template cannot say.
func Template(all []*resource.Resource) ([]byte, error) {
	type entry struct {
		Type       string
		Properties any `json:",omitempty"`
	}
	resources := map[string]entry{}
	var stack addr.Stack
	for i, r := range all {
		if i == 0 {
			stack = r.Addr.Stack
		}
		if r.Addr.Stack != stack {
			return nil, fmt.Errorf("%s: a template holds one stack, and this one is %s", r.Addr, stack)
		}
		props, err := plain(r.Props, stack)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Addr, err)
		}
		resources[r.Addr.Logical] = entry{r.Type, props}
	}
	out, err := json.MarshalIndent(map[string]any{"Resources": resources}, "", "  ")
	return append(out, '\n'), err
}

// plain turns a value into what encoding/json writes as CloudFormation reads it.
func plain(v value.Value, stack addr.Stack) (any, error) {
	switch v.Kind() {
	case value.Absent, value.Null:
		return nil, nil
	case value.Bool:
		b, _ := v.Bool()
		return b, nil
	case value.Number:
		return json.Number(v.Text()), nil
	case value.String:
		return v.Text(), nil
	case value.Symbol:
		ref, _ := v.Ref()
		if ref.To.Stack != stack {
			return nil, fmt.Errorf("%s is of another stack", v)
		}
		if ref.Attr == "Ref" {
			return map[string]any{"Ref": ref.To.Logical}, nil
		}
		return map[string]any{"Fn::GetAtt": []string{ref.To.Logical, ref.Attr}}, nil
	case value.Map:
		out := map[string]any{}
		for k, item := range v.Entries() {
			p, err := plain(item, stack)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			out[k] = p
		}
		return out, nil
	case value.List, value.Concat:
		out := []any{}
		for _, item := range v.Items() {
			p, err := plain(item, stack)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
		if v.Kind() == value.Concat {
			return map[string]any{"Fn::Join": []any{"", out}}, nil
		}
		return out, nil
	}
	return nil, fmt.Errorf("a template cannot say %s", v)
}
