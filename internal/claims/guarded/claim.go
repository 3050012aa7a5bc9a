// Package guarded proves that nothing is open to the internet without a guard:
// before every public entry stands a web ACL that blocks, every method asks who
// calls, and nobody comes by another way.
//
// An entry is a REST or HTTP API that is not private, a CloudFront distribution,
// and an internet-facing load balancer. What guards it is believed only where it
// can be read: a web ACL outside the templates leaves the verdict Unknown. That
// decisions and requests are logged is the claim logged's to say.
package guarded

import (
	"context"
	"fmt"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeNoWebACL      = "ENTRY_WITHOUT_WEB_ACL"
	CodeWebACLHidden  = "WEB_ACL_UNKNOWN"
	CodeRulesMissing  = "WEB_ACL_RULES_MISSING"
	CodeRulesCount    = "WEB_ACL_RULES_ONLY_COUNT"
	CodeRulesNarrowed = "WEB_ACL_RULES_NARROWED"
	CodeNoRateLimit   = "WEB_ACL_WITHOUT_RATE_LIMIT"
	CodeNoNameLimit   = "WEB_ACL_WITHOUT_LIMIT_OF_NAMES"
	CodeOpenMethod    = "METHOD_WITHOUT_AUTHORISATION"
	CodeNotValidated  = "METHOD_WITHOUT_VALIDATION"
	CodeNotThrottled  = "API_WITHOUT_THROTTLING"
	CodeBodiesLogged  = "API_LOGS_BODIES"
	CodeSecondAddress = "API_HAS_SECOND_ADDRESS"
	CodeHiddenAPI     = "API_UNKNOWN"
	CodeWeakTLS       = "ENTRY_TLS_WEAK"
	CodeOpenCORS      = "CORS_OPEN"
	CodeOtherOrigin   = "CORS_ORIGIN_NOT_DECLARED"
	CodeCORSHidden    = "CORS_UNKNOWN"
	CodeOpenOrigin    = "ORIGIN_WITHOUT_ACCESS_CONTROL"
	CodeOthersRead    = "ORIGIN_ADMITS_OTHERS"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "guarded",
		Rows:  []string{"S13", "S14", "S22", "S24", "S25", "S26"},
		Says:  "before every public entry stands a web ACL, every method asks who calls, and nobody comes by another way",
		Check: check,
	}
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
	acls  webACLs
	names map[addr.Address]int // how many names of their own APIs have
	// callers are those by whose names each API is called, as far as the estate
	// declares them.
	callers map[addr.Address][]caller
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, tally: proof.NewTally(in, "guards", "Nothing that was loaded is an entry for the internet.")}
	c.acls = c.readWebACLs()
	c.names = c.readNames()
	c.callers = c.readCallers()
	c.restAPIs()
	c.services()
	c.httpAPIs()
	c.domains()
	c.distributions()
	c.balancers()
	c.judgeWebACLs()
	return c.tally.Verdicts(), nil
}

// wants judges one property: refuted where it is not as it should be, unknown
// where it is not known.
func (c *checker) wants(r *resource.Resource, code, property string, good func(value.Value) bool, message, fix string) {
	c.tally.Look(r)
	v := r.Props.Path(property)
	if good(v) {
		return
	}
	if why := v.FirstUnknown(); why != nil {
		c.tally.DoubtAt(r, code, property, fmt.Sprintf("%s, or not: %s.", message, why.Error()), fix)
		return
	}
	c.tally.RefuteAt(r, code, property, message+".", fix)
}

func isTrue(v value.Value) bool { b, ok := v.Bool(); return ok && b }

// target returns what a property refers to, or nil.
func (c *checker) target(v value.Value) *resource.Resource {
	if ref, ok := v.Ref(); ok {
		return c.in.Graph.Get(ref.To)
	}
	return nil
}
