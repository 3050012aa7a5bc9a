package proof_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

var today = time.Date(2026, 7, 1, 23, 59, 0, 0, time.UTC)

// newInput makes an input of an estate (nil: none) and no resources but one.
func newInput(t *testing.T, e *estate.Estate) (*proof.Input, *resource.Resource) {
	t.Helper()
	b := build.New("100000000004", "ap-southeast-2", "dev")
	r := b.Add("AWS::Logs::LogGroup", "Logs", nil)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return &proof.Input{Estate: e, Graph: g, Parts: part.Bind(e, g), Net: network.Build(g), Now: today}, r
}

func withWaivers(waivers ...estate.Waiver) *estate.Estate {
	e := &estate.Estate{Name: "cover", Waivers: waivers}
	e.Organisation.Accounts.Set("dev", estate.Account{ID: "100000000004"})
	e.Environments.Set("dev", estate.Environment{Account: "dev"})
	return e
}

// refuting is a claim that one finding refutes.
func refuting(id string) proof.Claim {
	return proof.Claim{ID: id, Check: func(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
		t := proof.NewTally(in, "things", "nothing")
		for r := range in.Graph.All() {
			t.Check(in.ScopeOf(r), 1)
			t.Refute(in.ScopeOf(r), proof.Finding{Code: "BROKEN", At: r.Addr, Message: "It is broken."})
		}
		return t.Verdicts(), nil
	}}
}

func run(t *testing.T, in *proof.Input, claims []proof.Claim, opts ...proof.Option) []proof.Verdict {
	t.Helper()
	vs, err := proof.Run(t.Context(), in, claims, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

func TestPanicBecomesUnknownAndStopsNothingElse(t *testing.T) {
	in, _ := newInput(t, nil)
	vs := run(t, in, []proof.Claim{
		{ID: "panics", Check: func(context.Context, *proof.Input) ([]proof.Verdict, error) { panic("lost") }},
		{ID: "fails", Check: func(context.Context, *proof.Input) ([]proof.Verdict, error) { return nil, errors.New("no luck") }},
		refuting("works"),
	})
	want := []struct {
		claim, code, says string
		outcome           proof.Outcome
	}{
		{"panics", proof.CodeClaimPanicked, "lost", proof.Unknown},
		{"fails", proof.CodeClaimFailed, "no luck", proof.Unknown},
		{"works", "BROKEN", "broken", proof.Refuted},
	}
	if len(vs) != len(want) {
		t.Fatalf("verdicts: %+v", vs)
	}
	for i, w := range want {
		v := vs[i]
		if v.Claim != w.claim || v.Outcome != w.outcome || v.Witness[0].Code != w.code || !strings.Contains(v.Witness[0].Message, w.says) {
			t.Errorf("%s: %+v", w.claim, v)
		}
	}
}

func TestIntentWithoutEstateIsNotApplicable(t *testing.T) {
	in, _ := newInput(t, nil)
	c := refuting("intent")
	c.NeedsIntent = true
	if v := run(t, in, []proof.Claim{c})[0]; v.Outcome != proof.NotApplicable || v.Note == "" {
		t.Errorf("%+v", v)
	}
}

func TestIntentWithoutBelievedPartsIsUnknown(t *testing.T) {
	in, r := newInput(t, withWaivers())
	c := refuting("intent")
	c.NeedsIntent = true
	v := run(t, in, []proof.Claim{c})[0]
	if v.Outcome != proof.Unknown {
		t.Fatalf("%+v", v)
	}
	for _, f := range v.Witness {
		if f.Code == part.CodeUnbound && f.At == r.Addr {
			return
		}
	}
	t.Errorf("no %s in %+v", part.CodeUnbound, v.Witness)
}

func TestNothingToCheckIsNotProved(t *testing.T) {
	in, _ := newInput(t, nil)
	tally := proof.NewTally(in, "things", "There are none.")
	tally.Scope("dev")
	if v := tally.Verdicts()[0]; v.Outcome != proof.NotApplicable || v.Note != "There are none." {
		t.Errorf("%+v", v)
	}
}

func TestWaivers(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 7, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name    string
		waiver  estate.Waiver
		outcome proof.Outcome // of the claim
		own     string        // the code of what is wrong with the waiver
	}{
		{"by scope", estate.Waiver{Claim: "broken", At: "dev", Until: day(9)}, proof.Waived, ""},
		{"on its last day", estate.Waiver{Claim: "broken", At: "dev", Until: day(1)}, proof.Waived, ""},
		{"by resource", estate.Waiver{Claim: "broken", At: "dev/Lo*", Until: day(9)}, proof.Waived, ""},
		{"everything", estate.Waiver{Claim: "broken", At: "*", Until: day(9)}, proof.Waived, ""},
		{"another scope", estate.Waiver{Claim: "broken", At: "prod/*", Until: day(9)}, proof.Refuted, ""},
		{"another claim", estate.Waiver{Claim: "other", At: "dev", Until: day(9)}, proof.Refuted, ""},
		{"expired", estate.Waiver{Claim: "broken", At: "dev", Until: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)}, proof.Refuted, proof.CodeWaiverExpired},
		{"no such claim", estate.Waiver{Claim: "brokn", At: "dev", Until: day(9)}, proof.Refuted, proof.CodeWaiverUnknown},
		{"bad pattern", estate.Waiver{Claim: "broken", At: "dev/[", Until: day(9)}, proof.Refuted, proof.CodeWaiverPattern},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, _ := newInput(t, withWaivers(c.waiver))
			vs := run(t, in, []proof.Claim{refuting("broken"), refuting("other")}, proof.Only("broken"))
			if len(vs) != 2 {
				t.Fatalf("verdicts: %+v", vs)
			}
			if vs[0].Outcome != c.outcome || (vs[0].Waiver != nil) != (c.outcome == proof.Waived) {
				t.Errorf("%+v", vs[0])
			}
			if own := vs[1]; own.Claim != proof.ClaimWaivers || (own.Outcome == proof.Refuted) != (c.own != "") || c.own != "" && own.Witness[0].Code != c.own {
				t.Errorf("waivers: %+v", own)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	in, _ := newInput(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := proof.Run(ctx, in, []proof.Claim{refuting("broken")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
}

func TestSummarise(t *testing.T) {
	s := proof.Summarise([]proof.Verdict{{Outcome: proof.Proved}, {Outcome: proof.Refuted}, {Outcome: proof.Unknown}, {Outcome: proof.Waived}, {}, {Outcome: proof.Proved}})
	if s != (proof.Summary{Proved: 2, Refuted: 1, Unknown: 1, Waived: 1, NotApplicable: 1}) {
		t.Errorf("%+v", s)
	}
}
