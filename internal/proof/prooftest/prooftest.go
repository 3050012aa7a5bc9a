// Package prooftest runs one claim over resources built in code, for the table
// tests beside the claims. It has no estate, so claims about intent need tests
// of their own.
package prooftest

import (
	"slices"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource/build"
)

// Codes runs a claim over the resources of a builder and returns the worst
// outcome and the sorted codes of all findings, each once.
func Codes(t *testing.T, c proof.Claim, b *build.Builder) (proof.Outcome, []string) {
	t.Helper()
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	in := &proof.Input{Graph: g, Net: network.Build(g), Now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
	verdicts, err := proof.Run(t.Context(), in, []proof.Claim{c})
	if err != nil {
		t.Fatal(err)
	}
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
