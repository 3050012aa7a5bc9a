package network_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/network/synthetic"
	"github.com/suretyhq/surety/internal/resource"
)

func synthesise(t testing.TB, size synthetic.Size) *resource.Graph {
	t.Helper()
	g, problems := resource.New(synthetic.Resources(size))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}

// allPairs counts the pairs and those that something flows between.
func allPairs(t testing.TB, n *network.Network) (pairs, open int64) {
	t.Helper()
	var all, some atomic.Int64
	if err := n.AllPairs(context.Background(), func(_, _ network.ClassID, r network.Reach) {
		all.Add(1)
		if !r.May.IsEmpty() {
			some.Add(1)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return all.Load(), some.Load()
}

// TestAllPairsIsReach compares AllPairs with Reach, pair by pair.
func TestAllPairsIsReach(t *testing.T) {
	g := synthesise(t, synthetic.Size{VPCs: 6, Subnets: 60, Interfaces: 300, Groups: 120, Classes: 150})
	n := network.Build(g)
	var wrong, open atomic.Int64
	if err := n.AllPairs(context.Background(), func(a, b network.ClassID, r network.Reach) {
		if r != n.Reach(a, b) {
			wrong.Add(1)
		}
		if !r.May.IsEmpty() {
			open.Add(1)
		}
	}); err != nil {
		t.Fatal(err)
	}
	classes := int64(len(n.Classes()))
	if wrong.Load() != 0 || open.Load() < classes || open.Load() > classes*classes*9/10 {
		t.Errorf("%d classes: %d pairs differ, %d are open", classes, wrong.Load(), open.Load())
	}
}

// TestOpenPairsAreTheOpenOnesOfAllPairs also where a place has so many classes
// that those which a class lets in are looked up.
func TestOpenPairsAreTheOpenOnesOfAllPairs(t *testing.T) {
	type pair struct{ a, b network.ClassID }
	for _, size := range []synthetic.Size{
		{VPCs: 6, Subnets: 60, Interfaces: 300, Groups: 120, Classes: 150},
		{VPCs: 1, Subnets: 2, Interfaces: 400, Groups: 150, Classes: 300},
	} {
		for name, open := range map[string]network.Lines{"as deployed": {}, "without network ACLs": {ACLs: true}, "without what groups let out": {Egress: true}} {
			n := network.Build(synthesise(t, size), network.Options{Open: open})
			var mu sync.Mutex
			want, got := map[pair]network.Reach{}, map[pair]network.Reach{}
			into := func(m map[pair]network.Reach) func(a, b network.ClassID, r network.Reach) {
				return func(a, b network.ClassID, r network.Reach) {
					mu.Lock()
					defer mu.Unlock()
					if p := (pair{a, b}); !r.May.IsEmpty() {
						if _, twice := m[p]; twice {
							t.Errorf("%v: %v comes twice", size, p)
						}
						m[p] = r
					}
				}
			}
			if err := n.AllPairs(t.Context(), into(want)); err != nil {
				t.Fatal(err)
			}
			if err := n.OpenPairs(t.Context(), into(got)); err != nil {
				t.Fatal(err)
			}
			if len(want) < len(n.Classes()) || !maps.Equal(got, want) {
				t.Errorf("%v, %s: %d pairs of %d classes are open, and %d of all pairs are", size, name, len(got), len(n.Classes()), len(want))
			}
		}
	}
}

// BenchmarkAllPairs answers for all pairs of 1,000, 3,000 and 10,000 classes
// and prints by which power of their number the time grows.
func BenchmarkAllPairs(b *testing.B) {
	took := map[int]float64{}
	for _, classes := range []int{1000, 3000, 10000} {
		b.Run(fmt.Sprint(classes), func(b *testing.B) {
			size := synthetic.Budget
			size.Classes = classes
			g := synthesise(b, size)
			b.ResetTimer()
			for range b.N {
				begin := time.Now()
				n := network.Build(g)
				built := time.Since(begin)
				pairs, open := allPairs(b, n)
				took[classes] = time.Since(begin).Seconds()
				b.ReportMetric(built.Seconds()*1000, "build-ms")
				b.ReportMetric(float64(len(n.Classes())), "classes")
				b.ReportMetric(100*float64(open)/float64(pairs), "open-%")
				b.ReportMetric(took[classes]*1e9/float64(pairs), "ns/pair")
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
		})
	}
	if took[1000] > 0 && took[10000] > 0 {
		b.Logf("time grows by classes^%.2f from 1,000 to 10,000 classes", math.Log(took[10000]/took[1000])/math.Log(10))
	}
}
