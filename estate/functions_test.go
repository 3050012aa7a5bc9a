package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// withFunction is the small estate with a function, as it stands in the file.
func withFunction(t *testing.T, text string) string {
	return replaceOnce(t, small, "  database: {engine: aurora-postgresql}\n", "  database: {engine: aurora-postgresql}\n  functions:\n    "+text+"\n")
}

func TestS12_AFunctionHasItsFlowsAndABus(t *testing.T) {
	e := mustParse(t, replaceOnce(t, withFunction(t, "policy-events: {on: queue, needs: [database, batch, events]}"), "needs: [database], called-by", "needs: [database, events], called-by"))
	var got []string
	for _, f := range printFlows(e) {
		if strings.Contains(f, "events") {
			got = append(got, f)
		}
	}
	want := []string{"dev/policy-events > dev/batch tcp/8443", "dev/policy-events > dev/database tcp/5432", "dev/policy-events > dev/endpoints tcp/443 endpoints"}
	if !slices.Equal(got, want) {
		t.Errorf("flows\n%s", strings.Join(got, "\n"))
	}
	var parts []string
	for _, p := range e.Parts() {
		if strings.Contains(p.ID.Name, "events") {
			parts = append(parts, fmt.Sprintf("%s %s %d", p.ID, p.Kind, p.Pos.Line))
		}
	}
	if want := []string{"dev/events events 18", "dev/policy-events function 18"}; !slices.Equal(parts, want) {
		t.Errorf("parts %v", parts)
	}
	for name, want := range map[string]bool{"api": true, "policy-events": true, "portal": false, "nobody": false} {
		if e.Publishes(name) != want {
			t.Errorf("%s publishes: %v", name, !want)
		}
	}
}

func TestS12_AFunctionIsACallerToo(t *testing.T) {
	e := mustParse(t, replaceOnce(t, withFunction(t, "policy-events: {on: queue, needs: [rating]}"), "    batch:", "    rating: {kind: ec2}\n    batch:"))
	if !e.OwnBalancer("rating") {
		t.Error("a function finds no balancer")
	}
}

func TestS12_FunctionsThatCannotBe(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"f: {}", "[ESTATE_MISSING_KEY 18:5]"},
		{"f: {on: topic}", "[ESTATE_CHOICE 18:13]"},
		{"f: {on: 3}", "[ESTATE_WRONG_TYPE 18:13]"},
		{"F: {on: queue}", "[ESTATE_NAME 18:5]"},
		{"a-name-that-is-too-long: {on: queue}", "[ESTATE_NAME 18:5]"},
		{"events: {on: queue}", "[ESTATE_RESERVED_NAME 18:5]"},
		{"api: {on: queue}", "[ESTATE_REPEATED 18:5]"},
		{"f: {on: queue, needs: [f]}", "[ESTATE_NEEDS 18:28]"},
		{"f: {on: queue, needs: [cache]}", "[ESTATE_NEEDS 18:28]"},
		{"f: {on: queue, needs: [balancer]}", "[ESTATE_NEEDS 18:28]"},
		{"f: {on: queue, needs: [nobody]}", "[ESTATE_UNKNOWN_NAME 18:28]"},
		{"f: {on: queue, needs: [api, api]}", "[ESTATE_REPEATED 18:33]"},
		{"f: {on: queue, types: [\"\"]}", "[ESTATE_NAME 18:28]"},
		{"f: {on: queue, types: [\"a*\"]}", "[ESTATE_NAME 18:28]"},
		{"f: {on: queue, types: [" + strings.Repeat("a", maxTypeName+1) + "]}", "[ESTATE_NAME 18:28]"},
		{"f: {on: queue, types: [a, a]}", "[ESTATE_REPEATED 18:31]"},
		{"f: {on: queue, types: [a" + manyTypes() + "]}", "[ESTATE_TOO_MANY 18:20]"},
	} {
		_, list := Parse("estate.yaml", []byte(withFunction(t, c.text)))
		if got := fmt.Sprint(places(list)); got != c.want {
			t.Errorf("%s: got %s, want %s\n%v", short(c.text), got, c.want, list)
		}
	}
	_, list := Parse("estate.yaml", []byte(replaceOnce(t, small, "needs: [database], ", "needs: [events], ")))
	if got := fmt.Sprint(places(list)); got != "[ESTATE_NEEDS 13:119]" {
		t.Errorf("events without a function: %s", got)
	}
}

func manyTypes() string {
	var b strings.Builder
	for i := range maxTypes {
		_, _ = fmt.Fprintf(&b, ", t%d", i)
	}
	return b.String()
}
