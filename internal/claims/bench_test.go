package claims_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/proof"
)

// BenchmarkProveExample proves every claim about the example's resources.
func BenchmarkProveExample(b *testing.B) {
	x := load(b)
	for b.Loop() {
		in, err := input(x.estate, x.resources)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := proof.Run(b.Context(), in, claims.All()); err != nil {
			b.Fatal(err)
		}
	}
}
