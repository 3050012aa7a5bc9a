// Package policy reads IAM policy documents as resources carry them, and decides
// requests by them.
//
// It reads what a document says, in every spelling that IAM allows (a string
// or a list, Principal as "*" or by type, the Not forms), and keeps what is
// not known as unknown: a statement never looks narrower than it may turn out
// to be. A request is decided as IAM does it, by every policy that bears on it
// ("Policy evaluation logic", IAM User Guide), and in three values: allowed
// and denied hold whatever deployment makes of what is not known. Each decision
// names the statement that made it. A statement that denies never makes more
// allowed. No document makes it panic.
package policy

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// Principal is one entry of a statement's Principal: Type is AWS, Service,
// Federated or CanonicalUser ("AWS" for the bare "*").
type Principal struct {
	Type  string
	Value value.Value
}

// Any says whether the principal is everybody.
func (p Principal) Any() bool { return p.Type == "AWS" && p.Value.Text() == "*" }

// Account returns the twelve-digit account that an AWS principal belongs to:
// the account's id itself or the fifth field of an ARN. The second result is
// false where no literal text says it.
func (p Principal) Account() (string, bool) {
	if p.Type != "AWS" {
		return "", false
	}
	return AccountOf(p.Value)
}

// AccountOf returns the account id in an ARN, or the account id that v itself
// is. In a concatenation the fields that are literal are read.
func AccountOf(v value.Value) (string, bool) {
	text := Outline(v)
	if isAccount(text) {
		return text, true
	}
	f := strings.SplitN(text, ":", 6)
	if len(f) == 6 && f[0] == "arn" && isAccount(f[4]) {
		return f[4], true
	}
	return "", false
}

// Outline returns a value's literal text, with a zero byte for what is not
// literal in it: enough to read the fields of an ARN that are.
func Outline(v value.Value) string {
	if v.Kind() != value.Concat {
		return v.Text()
	}
	var b strings.Builder
	for _, p := range v.Items() {
		if s, ok := p.Str(); ok {
			b.WriteString(s)
		} else {
			b.WriteByte(0)
		}
	}
	return b.String()
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// Statement is one statement of a policy. Property is its path within the
// document. NotPrincipal, NotAction and NotResource say that the lists name
// what is excepted.
type Statement struct {
	Property string
	Sid      string
	// Allow says that the effect is not known to be Deny; Doubtful, that it is
	// neither Allow nor Deny for sure.
	Allow        bool
	Doubtful     bool
	Principals   []Principal
	NotPrincipal bool
	Actions      []value.Value
	NotAction    bool
	Resources    []value.Value
	NotResource  bool
	Condition    value.Value
}

// Statements returns the statements of a document. Why is the reason if a part
// of the document is unknown; the statements are those that are known then.
func Statements(doc value.Value) (all []Statement, why *value.Reason) {
	if doc, why = parsed(doc); why != nil {
		return nil, why
	}
	list := doc.Get("Statement")
	switch list.Kind() {
	case value.Symbol, value.Concat, value.String:
		return nil, &value.Reason{Code: "POLICY_UNREADABLE", Text: "its statements are no list"}
	}
	if list.Kind() == value.Map {
		return []Statement{read(list, "Statement")}, nil
	}
	if list.IsUnknown() {
		return nil, list.Reason()
	}
	for i, s := range list.Items() {
		if s.IsUnknown() {
			why = s.Reason()
			continue
		}
		switch s.Kind() {
		case value.Map:
			all = append(all, read(s, "Statement/"+strconv.Itoa(i)))
		case value.Absent, value.Null:
		default:
			why = &value.Reason{Code: "POLICY_UNREADABLE", Text: "a statement is no map"}
		}
	}
	return all, why
}

// parsed returns a document as a map: some properties take it as a text of JSON
// ("AWS::Logs::ResourcePolicy": PolicyDocument). A text that is not all literal
// is not known.
func parsed(doc value.Value) (value.Value, *value.Reason) {
	switch doc.Kind() {
	case value.Unknown:
		return doc, doc.Reason()
	case value.String:
		var v any
		if err := json.Unmarshal([]byte(doc.Text()), &v); err != nil {
			return doc, &value.Reason{Code: "POLICY_UNREADABLE", Text: "the text is not JSON: " + err.Error()}
		}
		if doc = fromJSON(v); doc.Kind() != value.Map {
			return doc, &value.Reason{Code: "POLICY_UNREADABLE", Text: "the text is no policy"}
		}
	case value.Symbol, value.Concat:
		if why := doc.FirstUnknown(); why != nil {
			return doc, why
		}
		return doc, &value.Reason{Code: "POLICY_UNREADABLE", Text: "the text holds values that are known at deployment only"}
	}
	return doc, nil
}

func fromJSON(v any) value.Value {
	switch v := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		items := make([]value.Value, len(keys))
		for i, k := range keys {
			items[i] = fromJSON(v[k])
		}
		return value.OfMap(keys, items)
	case []any:
		items := make([]value.Value, len(v))
		for i := range v {
			items[i] = fromJSON(v[i])
		}
		return value.OfList(items...)
	case string:
		return value.OfString(v)
	case bool:
		return value.OfBool(v)
	case float64:
		return value.OfNumber(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return value.OfNull()
}

func read(s value.Value, property string) Statement {
	effect := s.Get("Effect").Text()
	st := Statement{Property: property, Sid: s.Get("Sid").Text(), Allow: effect != "Deny", Doubtful: effect != "Deny" && effect != "Allow",
		Condition: s.Get("Condition")}
	either := func(name string) (v value.Value, not bool) {
		if v = s.Get("Not" + name); !v.IsAbsent() {
			return v, true
		}
		return s.Get(name), false
	}
	var v value.Value
	v, st.NotPrincipal = either("Principal")
	st.Principals = principals(v)
	v, st.NotAction = either("Action")
	st.Actions = items(v)
	v, st.NotResource = either("Resource")
	st.Resources = items(v)
	return st
}

func principals(v value.Value) (all []Principal) {
	if v.Kind() != value.Map {
		for _, p := range items(v) {
			all = append(all, Principal{Type: "AWS", Value: p})
		}
		return all
	}
	for typ, list := range v.Entries() {
		for _, p := range items(list) {
			all = append(all, Principal{Type: typ, Value: p})
		}
	}
	return all
}

// items reads a value or a list of values.
func items(v value.Value) []value.Value {
	switch v.Kind() {
	case value.Absent, value.Null:
		return nil
	case value.List:
		return v.Items()
	}
	return []value.Value{v}
}

// Conditional says whether a condition narrows the statement.
func (s Statement) Conditional() bool {
	return s.Condition.IsUnknown() || s.Condition.Kind() == value.Map && s.Condition.Len() > 0
}

// Open says whether the statement allows everybody everything on every
// resource without a condition: what an endpoint without a policy has.
func (s Statement) Open() bool {
	star := func(vs []value.Value) bool {
		return slices.ContainsFunc(vs, func(v value.Value) bool { return v.Text() == "*" })
	}
	return s.Allow && !s.Conditional() && !s.NotPrincipal && slices.ContainsFunc(s.Principals, Principal.Any) &&
		(s.NotAction || star(s.Actions)) && (s.NotResource || star(s.Resources))
}

// DeniesPlaintext says whether the statement denies everybody every action
// where the request did not come by TLS (aws:SecureTransport is false).
// What carries data to a topic is publishing alone, and a topic's policy knows
// no wildcard. Sources: AWS's page "How can I use the s3-bucket-ssl-requests-only
// rule"; "Enforce encryption of data in transit", Amazon SNS Developer Guide.
func (s Statement) DeniesPlaintext(service string) bool {
	if s.Allow || s.NotPrincipal || s.NotAction || !slices.ContainsFunc(s.Principals, Principal.Any) {
		return false
	}
	all := []string{"*", service + ":*"}
	if service == "sns" {
		// A topic's policy takes no wildcard for its actions, and publishing is the
		// one that carries data ("Using identity-based policies with Amazon SNS").
		all = append(all, "sns:Publish")
	}
	if !slices.ContainsFunc(s.Actions, func(a value.Value) bool {
		return slices.ContainsFunc(all, func(name string) bool { return strings.EqualFold(a.Text(), name) })
	}) {
		return false
	}
	secure := s.Condition.Get("Bool").Get("aws:SecureTransport")
	if secure.Kind() == value.List {
		secure = secure.Index(0)
	}
	b, ok := secure.Bool()
	return ok && !b && s.Condition.Len() == 1 && s.Condition.Get("Bool").Len() == 1
}
