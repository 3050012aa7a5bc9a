package claims_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/exampletest"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

const estateFile = "../../examples/cover/estate.yaml"

// clock is the day on which the tests run, whatever the day.
var clock = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// example is the example estate with the resources of its assembly, loaded once
// for all tests; none of them changes it.
type example struct {
	estate    *estate.Estate
	resources []*resource.Resource
	input     *proof.Input
}

var loadExample = sync.OnceValues(func() (*example, error) {
	e, problems := estate.Load(estateFile)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	dir, err := synthesised()
	if err != nil {
		return nil, err
	}
	asm, problems := assembly.Load(context.Background(), dir)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	resources, problems := intrinsic.Resolve(asm, intrinsic.Options{})
	if err := problems.Err(); err != nil {
		return nil, err
	}
	x := &example{estate: e, resources: resources}
	x.input, err = input(e, resources)
	return x, err
})

// synthesised returns the folder of the example's assembly.
func synthesised() (string, error) {
	x, err := exampletest.Get()
	return x.Assembly, err
}

// load returns the example.
func load(t testing.TB) *example {
	t.Helper()
	x, err := loadExample()
	if err != nil {
		t.Fatalf("loading the example: %v", err)
	}
	return x
}

// input makes what claims read of an estate and resources, which it copies.
func input(e *estate.Estate, resources []*resource.Resource, opts ...network.Options) (*proof.Input, error) {
	copies := make([]*resource.Resource, len(resources))
	for i, r := range resources {
		c := *r
		copies[i] = &c
	}
	g, problems := resource.New(copies)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &proof.Input{Estate: e, Graph: g, Parts: part.Bind(e, g), Net: network.Build(g, opts...), Now: clock}, nil
}

// prove runs every claim.
func prove(t testing.TB, e *estate.Estate, resources []*resource.Resource, opts ...network.Options) (*proof.Input, []proof.Verdict) {
	t.Helper()
	in, err := input(e, resources, opts...)
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := proof.Run(t.Context(), in, claims.All())
	if err != nil {
		t.Fatal(err)
	}
	return in, verdicts
}
