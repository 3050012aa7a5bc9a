package claims_test

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/cases"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// renamed gives every resource another address and takes away what only people
// read: constructs' paths and positions.
func renamed(all []*resource.Resource, name func(addr.Address) addr.Address) []*resource.Resource {
	known := map[addr.Address]bool{}
	for _, r := range all {
		known[r.Addr] = true
	}
	address := func(a addr.Address) addr.Address {
		if known[a] {
			return name(a)
		}
		return a
	}
	var out []*resource.Resource
	for _, r := range all {
		c := *r
		c.Addr, c.Construct, c.Pos, c.Props = name(r.Addr), "", diag.Position{}, readdressed(r.Props, address)
		out = append(out, &c)
	}
	return out
}

// readdressed replaces the addresses of a value's symbols.
func readdressed(v value.Value, address func(addr.Address) addr.Address) value.Value {
	switch v.Kind() {
	case value.Symbol:
		ref, _ := v.Ref()
		return value.OfSymbol(value.Ref{To: address(ref.To), Attr: ref.Attr})
	case value.List, value.Concat:
		var items []value.Value
		for _, i := range v.Items() {
			items = append(items, readdressed(i, address))
		}
		if v.Kind() == value.Concat {
			return value.Join(items...)
		}
		return value.OfList(items...)
	case value.Map:
		var keys []string
		var items []value.Value
		for k, i := range v.Entries() {
			keys, items = append(keys, k), append(items, readdressed(i, address))
		}
		return value.OfMap(keys, items)
	}
	return v
}

func hashed(a addr.Address) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(a.String()))
	return h.Sum32()
}

// separated moves the inline rules of security groups into resources of their
// own. The last egress rule goes last, so that no group is without one.
func separated(all []*resource.Resource) []*resource.Resource {
	var out []*resource.Resource
	for _, r := range all {
		if r.Type != "AWS::EC2::SecurityGroup" {
			out = append(out, r)
			continue
		}
		c := *r
		keys, items := []string{}, []value.Value{}
		for k, v := range r.Props.Entries() {
			if k == "SecurityGroupIngress" || k == "SecurityGroupEgress" {
				for i, rule := range v.Items() {
					out = append(out, &resource.Resource{Addr: addr.Address{Stack: r.Addr.Stack, Logical: r.Addr.Logical + k + strconv.Itoa(i)},
						Type: "AWS::EC2::" + k, Props: withGroup(rule, r.Addr)})
				}
				continue
			}
			keys, items = append(keys, k), append(items, v)
		}
		c.Props = value.OfMap(keys, items)
		out = append(out, &c)
	}
	return out
}

func withGroup(rule value.Value, group addr.Address) value.Value {
	keys, items := []string{"GroupId"}, []value.Value{value.OfSymbol(value.Ref{To: group, Attr: "GroupId"})}
	for k, v := range rule.Entries() {
		keys, items = append(keys, k), append(items, v)
	}
	return value.OfMap(keys, items)
}

// transformations change how templates are written and nothing of what they
// mean.
func transformations() map[string]func([]*resource.Resource) []*resource.Resource {
	return map[string]func([]*resource.Resource) []*resource.Resource{
		"renamed and stripped": func(all []*resource.Resource) []*resource.Resource {
			return renamed(all, func(a addr.Address) addr.Address {
				a.Logical = fmt.Sprintf("R%08x", hashed(a))
				return a
			})
		},
		// Split, never joined: whose a resource without tags is, is said by those
		// that stand in the same stack.
		"stacks split": func(all []*resource.Resource) []*resource.Resource {
			return renamed(all, func(a addr.Address) addr.Address {
				a.Stack.Name = fmt.Sprintf("%s-part%d", a.Stack.Name, hashed(a)%2)
				return a
			})
		},
		"shuffled": func(all []*resource.Resource) []*resource.Resource {
			all = slices.Clone(all)
			random := rand.New(rand.NewPCG(1, 2))
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			return all
		},
		"rules in resources of their own": separated,
	}
}

// results are the outcome and the codes of each claim and scope.
func results(verdicts []proof.Verdict) map[string]string {
	out := map[string]string{}
	for _, v := range verdicts {
		codes := map[string]bool{}
		for _, f := range v.Witness {
			codes[f.Code+" "+f.Part.String()] = true
		}
		out[v.Claim+" of "+string(v.Scope)] = fmt.Sprint(v.Outcome, slices.Sorted(maps.Keys(codes)))
	}
	return out
}

// ofTemplates says whether a case is about templates themselves: how much one
// of them holds, or which of two environments' has a counterpart, which are
// paired as they are cut.
func ofTemplates(c cases.Case) bool {
	return slices.ContainsFunc(c.Refutes, func(e cases.Expectation) bool { return e.Claim == "within-quotas" || e.Claim == "parity" })
}

// TestVerdictsDoNotDependOnHowTemplatesAreWritten proves the example, and the
// example with some cases applied, as it is and transformed.
func TestVerdictsDoNotDependOnHowTemplatesAreWritten(t *testing.T) {
	x := load(t)
	corpus, err := cases.Load("../../cases")
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string][]*resource.Resource{"the example": x.resources}
	for i, c := range corpus {
		if i%6 != 0 || ofTemplates(c) {
			continue
		}
		if inputs[c.Name], err = cases.Apply(x.input, c); err != nil {
			t.Fatal(err)
		}
	}
	for name, resources := range inputs {
		_, verdicts := prove(t, x.estate, resources)
		want := results(verdicts)
		for how, transform := range transformations() {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				_, verdicts := prove(t, x.estate, transform(resources))
				have := results(verdicts)
				for k := range want {
					if have[k] != want[k] {
						t.Errorf("%s is %s, and was %s", k, have[k], want[k])
					}
				}
				if len(have) != len(want) {
					t.Errorf("%d verdicts, and there were %d", len(have), len(want))
				}
			})
		}
	}
}
