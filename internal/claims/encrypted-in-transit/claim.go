// Package encryptedintransit proves that both ends of every hop declare TLS.
//
// Servers declare it by their listeners, target groups, parameters and
// settings; clients by the environment of their containers. A hop for which
// nothing is declared is Unknown, never Proved, but for the closed list of
// docs/claims/encrypted-in-transit.md: AWS's own endpoints, which speak
// nothing but TLS on port 443, and the tunnel's connections to its provider.
package encryptedintransit

import (
	"context"

	"github.com/suretyhq/surety/internal/proof"
)

// Codes of findings.
const (
	CodePlainListener  = "LISTENER_PLAINTEXT"
	CodePassThrough    = "LISTENER_PASSES_THROUGH"
	CodeWeakPolicy     = "TLS_POLICY_WEAK"
	CodePlainTarget    = "TARGET_GROUP_PLAINTEXT"
	CodePlainHealth    = "HEALTH_CHECK_PLAINTEXT"
	CodePlainDatabase  = "DATABASE_ACCEPTS_PLAINTEXT"
	CodeDatabaseHidden = "DATABASE_TLS_UNKNOWN"
	CodePlainSetting   = "SERVER_ACCEPTS_PLAINTEXT"
	CodeSettingHidden  = "SERVER_TLS_UNKNOWN"
	CodePlainStore     = "STORE_ACCEPTS_PLAINTEXT"
	CodePlainClient    = "CLIENT_PLAINTEXT"
	CodeSilentClient   = "CLIENT_TLS_UNDECLARED"
	CodePlainEgress    = "EGRESS_PLAINTEXT"
	CodePlainForward   = "DNS_FORWARD_PLAINTEXT"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "encrypted-in-transit",
		Rows:  []string{"S16", "S17", "S24", "S42"},
		Says:  "both ends of every hop declare TLS",
		Check: check,
	}
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, tally: proof.NewTally(in, "ends of hops", "Nothing that was loaded sends or receives over a network.")}
	c.listeners()
	c.databases()
	c.settings()
	c.stores()
	c.domains()
	c.edge()
	c.forwarding()
	c.transfers()
	if err := c.clients(ctx); err != nil {
		return nil, err
	}
	return c.tally.Verdicts(), nil
}
