package guarded

import (
	"slices"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// An origin that is made of the name that was called is worked out for each name
// that leads to the API.
func TestS26_EachNamesOwnPortalMayCall(t *testing.T) {
	b := build.New("100000000004", "ap-southeast-2", "stack")
	preflight := b.Add("AWS::ApiGateway::Method", "Options", props{"RestApiId": b.Ref("Api")})
	kiwi := caller{"kiwi-api.example", []string{"https://kiwi.example", "https://insurance.kiwi.example"}}
	bank := caller{"bank-api.example", []string{"https://bank.example"}}
	for _, tc := range []struct {
		name string
		by   []caller
		want []string
	}{
		{"each its own", []caller{kiwi, bank}, nil},
		{"a portal of a name that the estate does not know", []caller{kiwi, {"moa-api.example", nil}}, []string{CodeOtherOrigin}},
		{"a portal of another", []caller{{"kiwi-api.example", bank.origins}}, []string{CodeOtherOrigin}},
		{"a name that has another suffix", []caller{{"kiwi.example", kiwi.origins}}, []string{CodeOtherOrigin}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, problems := resource.New([]*resource.Resource{preflight})
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			in := &proof.Input{Graph: g}
			c := &checker{in: in, tally: proof.NewTally(in, "origins", "none"), callers: map[addr.Address][]caller{b.Addr("Api"): tc.by}}
			c.template(preflight, "ResponseTemplates", build.Of(props{"application/json": portalOfName}))
			var got []string
			checked := 0
			for _, v := range c.tally.Verdicts() {
				checked += v.Checked
				for _, f := range v.Witness {
					got = append(got, f.Code)
				}
			}
			if !slices.Equal(got, tc.want) || checked == 0 {
				t.Errorf("%v after %d names, want %v", got, checked, tc.want)
			}
		})
	}
}
