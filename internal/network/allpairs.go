package network

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// place is the classes that the fabric does not tell apart: those of one
// subnet with the same addresses.
type place struct {
	sub     *subnet
	atoms   [2][]atom
	classes []ClassID
}

// AllPairs calls f for every ordered pair of classes but those of two external
// ones, from several goroutines at once and in no order, until ctx is done. A
// class is paired with itself too: it may have several members.
func (n *Network) AllPairs(ctx context.Context, f func(a, b ClassID, r Reach)) error {
	places := n.places()
	var next atomic.Int64
	work, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(places) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				for j := range places {
					n.placePairs(&places[i], &places[j], f)
				}
			}
		})
	}
	return work.Wait()
}

// places groups the classes. External classes have a place each.
func (n *Network) places() []place {
	var out []place
	for id := range n.inside {
		k := &n.inside[id]
		if p := len(out) - 1; p >= 0 && k.sub != nil && out[p].sub == k.sub && sameAtoms(out[p].atoms, k.atoms) {
			out[p].classes = append(out[p].classes, ClassID(id))
			continue
		}
		out = append(out, place{k.sub, k.atoms, []ClassID{ClassID(id)}})
	}
	return out
}

func sameAtoms(a, b [2][]atom) bool {
	for f := range a {
		if len(a[f]) != len(b[f]) {
			return false
		}
		for i := range a[f] {
			if a[f][i] != b[f][i] {
				return false
			}
		}
	}
	return true
}

// placePairs answers for all classes of two places, walking the fabric once
// for each pair of addresses.
func (n *Network) placePairs(a, b *place, f func(a, b ClassID, r Reach)) {
	if a.sub == nil && b.sub == nil {
		return
	}
	if a.sub == nil || b.sub == nil || len(a.atoms[1])*len(b.atoms[1]) > 0 {
		for _, x := range a.classes {
			for _, y := range b.classes {
				f(x, y, n.reach(&n.inside[x], &n.inside[y]))
			}
		}
		return
	}
	xs, ys := a.atoms[0], b.atoms[0]
	var few [4]fabric
	fabrics := few[:0]
	for _, x := range xs {
		for _, y := range ys {
			fabrics = append(fabrics, n.fabric(end{&n.inside[a.classes[0]], x}, end{&n.inside[b.classes[0]], y}))
		}
	}
	open := false
	for i := range fabrics {
		open = open || !fabrics[i].may.IsEmpty()
	}
	for _, ca := range a.classes {
		ka := &n.inside[ca]
		for _, cb := range b.classes {
			kb := &n.inside[cb]
			if !open || n.mute(ka, kb) {
				f(ca, cb, Reach{})
				continue
			}
			var out Reach
			for i := range fabrics {
				r := n.filter(&fabrics[i], end{ka, xs[i/len(ys)]}, end{kb, ys[i%len(ys)]})
				if i == 0 {
					out = Reach{Must: r.must, May: r.may, Named: r.named}
					continue
				}
				out.Must, out.May, out.Named = out.Must.And(r.must), out.May.Or(r.may), out.Named.Or(r.named)
			}
			f(ca, cb, out)
		}
	}
}
