package kernel_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/exampletest"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/kernel"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// exampleNetwork returns one Region of the example, but for what the kernel cannot
// judge: rules by name, whose groups are taken out of the firewall's policy, and
// the peering with the other Region's Transit Gateway, which no template says to
// be accepted.
func exampleNetwork(t *testing.T, region string) *resource.Graph {
	t.Helper()
	example, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	asm, problems := assembly.Load(t.Context(), example.Assembly)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	all, problems := intrinsic.Resolve(asm, intrinsic.Options{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	byName := func(r *resource.Resource) bool {
		return r.Type == "AWS::NetworkFirewall::RuleGroup" && !r.Props.Path("RuleGroup/RulesSource/RulesSourceList").IsAbsent()
	}
	var names, kept []*resource.Resource
	for _, r := range all {
		if byName(r) {
			names = append(names, r)
		}
	}
	for _, r := range all {
		if r.Addr.Stack.Region != region || byName(r) {
			continue
		}
		c := *r
		if r.Type == "AWS::NetworkFirewall::FirewallPolicy" {
			c.Props = withoutGroups(r.Props, names)
		}
		kept = append(kept, &c)
	}
	if len(names) == 0 {
		t.Error("the example has no rules by name: this test need not leave them out")
	}
	for _, r := range kept {
		if r.Type == "AWS::EC2::TransitGatewayPeeringAttachment" {
			kept = without(kept, r.Addr)
		}
	}
	return graphOf(kept)
}

// withoutGroups takes the references to some rule groups out of a policy.
func withoutGroups(v value.Value, names []*resource.Resource) value.Value {
	switch v.Kind() {
	case value.List:
		var items []value.Value
		for _, i := range v.Items() {
			ref, _ := i.Get("ResourceArn").Ref()
			if !slices.ContainsFunc(names, func(r *resource.Resource) bool { return r.Addr == ref.To }) {
				items = append(items, withoutGroups(i, names))
			}
		}
		return value.OfList(items...)
	case value.Map:
		var keys []string
		var items []value.Value
		for k, i := range v.Entries() {
			keys, items = append(keys, k), append(items, withoutGroups(i, names))
		}
		return value.OfMap(keys, items)
	}
	return v
}

const sixteenth = 16

// TestKernelAgreesOnTheExample: the example's environments and their hub, as one
// network, in its home Region. Asked is whatever may be open, and one in sixteen
// of all else: of half a million probes most are between environments, and shut.
func TestKernelAgreesOnTheExample(t *testing.T) {
	needKernel(t)
	g := exampleNetwork(t, "ap-southeast-2")
	count := &tally{shrinking: true, only: func(i int, may bool) bool { return may || i%sixteenth == 0 }}
	bad, err := compare(g, kernel.IPv4, count)
	if err != nil {
		t.Fatal(err)
	}
	if len(bad) > 0 {
		t.Error(strings.Join(bad, "\n"))
	}
	t.Logf("%d probes, %d open, %d answered with yes or no", count.probes, count.open, count.exact)
	if count.open == 0 || count.probes < 1000 {
		t.Error("nothing of the example was judged")
	}
}
