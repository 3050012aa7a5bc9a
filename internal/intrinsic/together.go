package intrinsic

import (
	"runtime"
	"sync"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
)

// worthSharing is how many resources are worth a goroutine.
const worthSharing = 500

// together resolves the stacks in as many goroutines as there are processors,
// each with a resolver of its own, which evaluates anew what its stacks refer to
// in the others': outputs, and little else. It finds what one goroutine finds;
// where that would depend on the order of evaluation, or there is too little to
// do, it says that it has not resolved them.
func (r *resolver) together(asm *assembly.Assembly) ([]*resource.Resource, diag.List, bool) {
	shares := r.shares(runtime.GOMAXPROCS(0))
	if len(shares) < 2 {
		return nil, nil, false
	}
	workers := make([]*resolver, len(shares))
	found := make([][]*resource.Resource, len(shares))
	var work sync.WaitGroup
	for i, end := range shares {
		start := 0
		if i > 0 {
			start = shares[i-1]
		}
		work.Go(func() {
			workers[i] = newResolver(asm, r.opts, r.contents)
			found[i] = workers[i].resolve(workers[i].scopes[start:end])
		})
	}
	work.Wait()
	var all []*resource.Resource
	var problems diag.List
	reported := map[diag.Diagnostic]bool{}
	for i, w := range workers {
		if w.ordered || len(w.problems) >= maxSuggested {
			return nil, nil, false
		}
		all = append(all, found[i]...)
		for _, d := range w.problems {
			if !reported[d] {
				reported[d] = true
				problems.Add(d)
			}
		}
	}
	return all, problems, true
}

// shares splits the scopes into at most n runs of about as many resources each,
// and returns where they end. A nested stack follows the one around it and is
// in its run.
func (r *resolver) shares(n int) []int {
	total := 0
	for _, s := range r.scopes {
		total += len(s.index)
	}
	n = min(n, total/worthSharing)
	var ends []int
	sum := 0
	for i, s := range r.scopes {
		if i > 0 && s.parent == nil && len(ends) < n-1 && sum >= total*(len(ends)+1)/n {
			ends = append(ends, i)
		}
		sum += len(s.index)
	}
	return append(ends, len(r.scopes))
}
