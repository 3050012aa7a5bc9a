package network_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/network"
)

// TestEveryMutantIsNoticed turns each single semantics wrong and wants at least
// one case of the semantics tables to change.
func TestEveryMutantIsNoticed(t *testing.T) {
	if len(network.Mutants()) < 30 {
		t.Fatalf("only %d mutants", len(network.Mutants()))
	}
	for _, m := range network.Mutants() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			var noticed []string
			for _, s := range allSemantics() {
				l := newLab()
				s.lab(l)
				n := l.network(t, network.Options{Mutant: m})
				for _, p := range s.probes {
					if got, _ := l.outcome(t, n, p.from, p.to, p.what); got != p.want {
						noticed = append(noticed, s.name)
						break
					}
				}
			}
			for _, s := range passings {
				l := newLab()
				s.lab(l)
				n := l.network(t, network.Options{Mutant: m})
				for _, p := range s.probes {
					if got, _ := l.through(t, n, p); got != p.want {
						noticed = append(noticed, s.name)
						break
					}
				}
			}
			for _, s := range resolutions {
				l := newLab()
				s.lab(l)
				if got, _ := l.resolved(l.network(t, network.Options{Mutant: m}), s); got != s.want {
					noticed = append(noticed, s.name)
				}
			}
			if len(noticed) == 0 {
				t.Error("no case notices it")
			}
			t.Log(noticed)
		})
	}
}
