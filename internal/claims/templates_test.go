package claims_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/value"
)

// broken is the example with one of its protections taken away in the
// templates, so that transforms are tried on refuted verdicts too.
type broken struct {
	name  string
	apply func(*assembly.Assembly) *assembly.Assembly
}

func breakages() []broken {
	return []broken{
		{"nothing broken", func(a *assembly.Assembly) *assembly.Assembly { return a }},
		{"every group open to the estate", func(a *assembly.Assembly) *assembly.Assembly {
			return eachResource(a, "AWS::EC2::SecurityGroup", func(r value.Value) value.Value {
				open := value.OfList(mapOf([]entry{{"IpProtocol", value.OfString("-1")}, {"CidrIp", value.OfString("10.0.0.0/8")}}))
				return with(r, "Properties", with(r.Get("Properties"), "SecurityGroupIngress", open))
			})
		}},
		{"blackholes gone", func(a *assembly.Assembly) *assembly.Assembly {
			return eachResource(a, "AWS::EC2::TransitGatewayRoute", func(r value.Value) value.Value {
				if b, _ := r.Path("Properties/Blackhole").Bool(); b {
					return value.Value{}
				}
				return r
			})
		}},
		{"keys do not rotate", func(a *assembly.Assembly) *assembly.Assembly {
			return eachResource(a, "AWS::KMS::Key", func(r value.Value) value.Value {
				return with(r, "Properties", with(r.Get("Properties"), "EnableKeyRotation", value.OfBool(false)))
			})
		}},
	}
}

// eachResource maps the resources of a type; an absent value takes one away.
func eachResource(a *assembly.Assembly, typ string, f func(value.Value) value.Value) *assembly.Assembly {
	return eachTemplate(a, func(root value.Value) value.Value {
		var es []entry
		for id, r := range root.Get("Resources").Entries() {
			if r.Get("Type").Text() == typ {
				r = f(r)
			}
			if !r.IsAbsent() {
				es = append(es, entry{id, r})
			}
		}
		return with(root, "Resources", mapOf(es))
	})
}

var loadAssembly = sync.OnceValues(func() (*assembly.Assembly, error) {
	dir, err := synthesised()
	if err != nil {
		return nil, err
	}
	a, problems := assembly.Load(context.Background(), dir)
	return a, problems.Err()
})

// gist is what of the verdicts must not depend on how templates are written:
// each claim's outcome in each scope, how much was checked, and the codes of
// its findings with the parts that they concern.
func gist(t *testing.T, e *estate.Estate, a *assembly.Assembly) map[string]string {
	t.Helper()
	resources, problems := intrinsic.Resolve(a, intrinsic.Options{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	_, verdicts := prove(t, e, resources)
	out := map[string]string{}
	for _, v := range verdicts {
		var codes []string
		for _, f := range v.Witness {
			codes = append(codes, f.Code+" "+f.Part.String())
		}
		slices.Sort(codes)
		checked := v.Checked
		if v.Claim == "within-quotas" || v.Claim == "parity" {
			checked = min(checked, 1) // they count templates and resources, and how many there are is how they are written
		}
		out[v.Claim+" of "+string(v.Scope)] = fmt.Sprintf("%s, %d checked: %s", v.Outcome, checked, strings.Join(slices.Compact(codes), "; "))
	}
	return out
}

// TestB02_VerdictsDoNotDependOnHowTemplatesAreWritten rewrites the example's
// templates in ways that deploy to the same thing, whole and broken, and
// expects the same verdicts.
func TestB02_VerdictsDoNotDependOnHowTemplatesAreWritten(t *testing.T) {
	x := load(t)
	asm, err := loadAssembly()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breakages() {
		base := b.apply(asm)
		want := gist(t, x.estate, base)
		refuted := slices.ContainsFunc(slices.Collect(maps.Values(want)), func(s string) bool { return strings.HasPrefix(s, proof.Refuted.String()) })
		if refuted != (b.name != "nothing broken") {
			t.Errorf("%s: refuted is %v: %v", b.name, refuted, want)
		}
		for _, tr := range transforms() {
			t.Run(b.name+"/"+tr.name, func(t *testing.T) {
				t.Parallel()
				got := gist(t, x.estate, tr.apply(base))
				for k, w := range want {
					if got[k] != w {
						t.Errorf("%s\n was: %s\n now: %s", k, w, got[k])
					}
				}
				if len(got) != len(want) {
					t.Errorf("%d verdicts, were %d", len(got), len(want))
				}
			})
		}
	}
}
