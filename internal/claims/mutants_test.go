package claims_test

import (
	"slices"
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/cases"
)

// noticed says by what each mutant of the network is noticed: by the example,
// which is not proved any more (""), or by a case that does not come out as
// expected. The other mutants need networks that the example does not have;
// the network's own tests notice them.
func noticed() map[network.Mutant]string {
	return map[network.Mutant]string{
		network.NACLsStateful:         "",
		network.IgnoreReturn:          "",
		network.ShorterPrefix:         "",
		network.BlackholeFallsThrough: "",
		network.SGDefaultOpen:         "",
		network.IgnoreEgressRules:     "",
		network.TGWIgnoresAssociation: "",
		network.NACLOrderReversed:     "",
		network.NATAcceptsUnsolicited: "",
		network.FirewallIgnored:       "",
		network.EphemeralPortsFree:    "",
		network.TGWIgnoresZones:       "attachment-dropped-from-a-zone",
		network.NACLInsideSubnet:      "ingress-rule-widened-to-every-port",
		network.IgnoreMiddleACL:       "transit-gateway-propagation-lost",
		network.AsymmetricFirewallOK:  "traffic-led-past-the-firewall",
	}
}

func TestMutantsOfTheNetworkAreNoticed(t *testing.T) {
	x := load(t)
	corpus, err := cases.Load("../../cases")
	if err != nil {
		t.Fatal(err)
	}
	for m, by := range noticed() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			opts := network.Options{Mutant: m}
			if by == "" {
				_, verdicts := prove(t, x.estate, x.resources, opts)
				if !slices.ContainsFunc(verdicts, func(v proof.Verdict) bool { return v.Outcome != proof.Proved }) {
					t.Error("the example is proved all the same")
				}
				return
			}
			i := slices.IndexFunc(corpus, func(c cases.Case) bool { return c.Name == by })
			if i < 0 {
				t.Fatalf("there is no case %s", by)
			}
			resources, err := cases.Apply(x.input, corpus[i])
			if err != nil {
				t.Fatal(err)
			}
			in, verdicts := prove(t, x.estate, resources, opts)
			if cases.Compare(in, corpus[i], verdicts) == nil {
				t.Errorf("the case %s comes out as expected all the same", by)
			}
		})
	}
}
