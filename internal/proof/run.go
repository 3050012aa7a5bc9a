package proof

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Codes of findings that the engine itself makes.
const (
	CodeClaimPanicked = "CLAIM_PANICKED"
	CodeClaimFailed   = "CLAIM_FAILED"
)

// Option changes what Run does.
type Option func(*options)

type options struct{ only []string }

// Only lets Run check the named claims alone; the others stay known to
// waivers. No id means all.
func Only(ids ...string) Option { return func(o *options) { o.only = ids } }

// Run checks claims, all at once since several wait for what one of them is the
// first to derive, and returns their verdicts in the
// order of the claims, and within a claim in the order of the estate's
// environments. Waivers of the estate are applied; what is wrong with them is
// a verdict of its own, named ClaimWaivers. A claim that fails or panics
// becomes an Unknown verdict and stops nothing else. The only error is the
// context's.
func Run(ctx context.Context, in *Input, claims []Claim, opts ...Option) ([]Verdict, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	results := make([][]Verdict, len(claims))
	work, ctx := errgroup.WithContext(ctx)
	for i, c := range claims {
		if len(o.only) > 0 && !slices.Contains(o.only, c.ID) {
			continue
		}
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			results[i] = check(ctx, in, c)
			return ctx.Err()
		})
	}
	if err := work.Wait(); err != nil {
		return nil, fmt.Errorf("proving: %w", err)
	}
	var all []Verdict
	for _, vs := range results {
		all = append(all, vs...)
	}
	for i := range all {
		sortFindings(all[i].Witness)
	}
	return append(all, applyWaivers(in, claims, all)...), nil
}

// check comes to the verdicts of one claim, whatever it does.
func check(ctx context.Context, in *Input, c Claim) (verdicts []Verdict) {
	defer func() {
		if p := recover(); p != nil {
			verdicts = failed(c, CodeClaimPanicked, fmt.Sprintf("The claim %s stopped in the middle of its work: %v.", c.ID, p))
		}
	}()
	if c.NeedsIntent && in.Estate == nil {
		return []Verdict{{Claim: c.ID, Scope: ScopeEstate, Outcome: NotApplicable,
			Note: "It compares what will be deployed with an estate file; give one with -f estate.yaml."}}
	}
	if c.NeedsIntent && !in.Parts.Believed() {
		return []Verdict{unbelieved(in, c)}
	}
	vs, err := c.Check(ctx, in)
	if err != nil {
		return failed(c, CodeClaimFailed, fmt.Sprintf("The claim %s could not be checked: %v.", c.ID, err))
	}
	vs = observe(in, c, doubt(in, c, vs))
	for i := range vs {
		vs[i].Claim = c.ID
	}
	slices.SortStableFunc(vs, func(a, b Verdict) int { return in.compareScopes(a.Scope, b.Scope) })
	return vs
}

func failed(c Claim, code, message string) []Verdict {
	return []Verdict{{Claim: c.ID, Scope: ScopeEstate, Outcome: Unknown, Witness: []Finding{{
		Outcome: Unknown, Code: code, Message: message,
		Fix: "Report this with the templates that it was given; until it is mended nothing is known about this claim."}}}}
}

// unbelieved is the verdict of a claim about intent when the estate's parts
// could not be bound to resources.
func unbelieved(in *Input, c Claim) Verdict {
	v := Verdict{Claim: c.ID, Scope: ScopeEstate, Outcome: Unknown}
	if in.Parts == nil {
		v.Witness = []Finding{{Outcome: Unknown, Code: "PART_MISSING", Message: "The estate's parts were not bound to resources.", Fix: "Bind them before proving."}}
		return v
	}
	for _, d := range in.Parts.Problems {
		v.Witness = append(v.Witness, Finding{Outcome: Unknown, Code: d.Code, At: d.At, Property: d.Property,
			Message: sentence(d.What), Fix: sentence(d.Fix), Part: in.Parts.Of[d.At], Intent: d.Pos})
	}
	return v
}
