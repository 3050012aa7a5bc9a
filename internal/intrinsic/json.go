package intrinsic

import (
	"encoding/json"

	"github.com/suretyhq/surety/internal/value"
)

func (s *scope) applyToJSON(c call) value.Value {
	v := s.eval(c.arg)
	if v.Kind() != value.Map && v.Kind() != value.List {
		if v.IsUnknown() {
			return v
		}
		return s.bad(c, "a map or a list, not "+v.Kind().String())
	}
	return s.join(appendJSON(nil, v)...)
}

// appendJSON appends the parts of a value's JSON, in the order of its keys.
func appendJSON(parts []value.Value, v value.Value) []value.Value {
	raw := func(text string) { parts = append(parts, value.OfString(text)) }
	switch v.Kind() {
	case value.Map:
		raw("{")
		for i, k := range v.Keys() {
			if i > 0 {
				raw(",")
			}
			raw(quoted(k) + ":")
			parts = appendJSON(parts, v.Get(k))
		}
		raw("}")
	case value.List:
		raw("[")
		for i, item := range v.Items() {
			if i > 0 {
				raw(",")
			}
			parts = appendJSON(parts, item)
		}
		raw("]")
	case value.String:
		raw(quoted(v.Text()))
	case value.Bool, value.Number:
		raw(v.Text())
	case value.Concat:
		raw(`"`)
		for _, p := range v.Items() {
			if text, ok := p.Str(); ok {
				q := quoted(text)
				raw(q[1 : len(q)-1])
				continue
			}
			parts = append(parts, p)
		}
		raw(`"`)
	case value.Symbol:
		raw(`"`)
		parts = append(parts, v)
		raw(`"`)
	case value.Unknown:
		parts = append(parts, v)
	default:
		raw("null")
	}
	return parts
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""` // a string always has JSON
	}
	return string(b)
}
