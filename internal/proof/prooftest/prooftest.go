// Package prooftest runs one claim over resources built in code, for the tests
// beside the claims. Its tables have no estate; claims about intent are given
// one by Verdicts. The clock stands still.
package prooftest

import (
	"slices"
	"testing"
	"time"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

var clock = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// Verdicts runs a claim over resources, against an estate if it is not nil.
func Verdicts(t *testing.T, c proof.Claim, e *estate.Estate, all []*resource.Resource) []proof.Verdict {
	t.Helper()
	g, problems := resource.New(all)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	in := &proof.Input{Estate: e, Graph: g, Net: network.Build(g), Parts: part.Bind(e, g), Now: clock}
	verdicts, err := proof.Run(t.Context(), in, []proof.Claim{c})
	if err != nil {
		t.Fatal(err)
	}
	return verdicts
}

// Codes runs a claim over the resources of a builder and returns the worst
// outcome and the sorted codes of all findings, each once.
func Codes(t *testing.T, c proof.Claim, b *build.Builder) (proof.Outcome, []string) {
	t.Helper()
	return Outcome(t, Verdicts(t, c, nil, b.Resources()))
}

// Outcome returns the worst outcome of verdicts and the sorted codes of all
// their findings, each once. Every finding has to say what and how to mend it.
func Outcome(t *testing.T, verdicts []proof.Verdict) (proof.Outcome, []string) {
	t.Helper()
	worst, codes := proof.NotApplicable, []string{}
	for _, v := range verdicts {
		worst = max(worst, v.Outcome)
		for _, f := range v.Witness {
			if f.Message == "" || f.Fix == "" {
				t.Errorf("a finding says too little: %+v", f)
			}
			codes = append(codes, f.Code)
		}
	}
	slices.Sort(codes)
	return worst, slices.Compact(codes)
}

// Case is one row of a table: resources, and what a claim comes to about them.
type Case struct {
	Name    string
	Build   func(*build.Builder)
	Outcome proof.Outcome
	Codes   []string
}

// Run runs a claim over each case.
func Run(t *testing.T, c proof.Claim, cases []Case) {
	t.Helper()
	for _, row := range cases {
		t.Run(row.Name, func(t *testing.T) {
			b := build.New("100000000004", "ap-southeast-2", "stack")
			row.Build(b)
			outcome, codes := Codes(t, c, b)
			if outcome != row.Outcome || !slices.Equal(codes, append([]string{}, row.Codes...)) {
				t.Errorf("%s %v, want %s %v", outcome, codes, row.Outcome, row.Codes)
			}
		})
	}
}
