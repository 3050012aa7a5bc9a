package network

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/suretyhq/surety/internal/resource"
)

// place is the classes that the fabric does not tell apart: those of one
// subnet with the same addresses, public or not.
type place struct {
	sub     *subnet
	public  resource.Tri
	atoms   [2][]atom
	classes []ClassID
}

// AllPairs calls f for every ordered pair of classes but those of two external
// ones, from several goroutines at once and in no order, until ctx is done. A
// class is paired with itself too: it may have several members.
func (n *Network) AllPairs(ctx context.Context, f func(a, b ClassID, r Reach)) error {
	return n.pairs(ctx, false, f)
}

// OpenPairs is AllPairs for the pairs between which something may flow.
func (n *Network) OpenPairs(ctx context.Context, f func(a, b ClassID, r Reach)) error {
	return n.pairs(ctx, true, func(a, b ClassID, r Reach) {
		if !r.May.IsEmpty() {
			f(a, b, r)
		}
	})
}

func (n *Network) pairs(ctx context.Context, open bool, f func(a, b ClassID, r Reach)) error {
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
					n.placePairs(&places[i], &places[j], open, f)
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
		if p := len(out) - 1; p >= 0 && k.sub != nil && out[p].sub == k.sub && out[p].public == k.public && sameAtoms(out[p].atoms, k.atoms) {
			out[p].classes = append(out[p].classes, ClassID(id))
			continue
		}
		out = append(out, place{k.sub, k.public, k.atoms, []ClassID{ClassID(id)}})
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
// for each pair of addresses. With open, pairs between which nothing flows may
// be left out.
func (n *Network) placePairs(a, b *place, open bool, f func(a, b ClassID, r Reach)) {
	if a.sub == nil && b.sub == nil {
		return
	}
	if len(a.atoms[1])*len(b.atoms[1]) > 0 {
		for _, x := range a.classes {
			for _, y := range b.classes {
				f(x, y, n.reach(&n.inside[x], &n.inside[y]))
			}
		}
		return
	}
	n.simplePairs(a, b, open, f)
}

// side is what rules that name addresses let by for a class at one end and one
// address at the other.
type side []flow

// sideOf answers for every class of a place and every address of the other.
func (n *Network) sideOf(buf side, dir int, own *place, to []atom) side {
	buf = buf[:0]
	for _, id := range own.classes {
		s := n.inside[id].groups
		for _, x := range to {
			var let flow
			if n.free(s, dir) {
				let.must, let.may = n.ports.all, n.ports.all
			} else {
				n.spansLet(&let, s, dir, one(x), nil)
			}
			buf = append(buf, let)
		}
	}
	return buf
}

// simplePairs answers for the classes of two places by IPv4 alone: the fabric
// once for each pair of addresses, rules that name addresses once for each
// class and address, rules that name groups for each pair.
func (n *Network) simplePairs(a, b *place, openOnly bool, f func(a, b ClassID, r Reach)) {
	xs, ys := a.atoms[0], b.atoms[0]
	var few [4]fabric
	fabrics := few[:0]
	open := false
	for _, x := range xs {
		for _, y := range ys {
			fabrics = append(fabrics, fabric{})
			last := &fabrics[len(fabrics)-1]
			n.cross(last, end{&n.inside[a.classes[0]], x}, end{&n.inside[b.classes[0]], y})
			open = open || !last.may.empty()
		}
	}
	if !open && openOnly {
		return
	}
	var outs, ins side
	plain := open && n.options.Mutant == None
	for i := range fabrics {
		plain = plain && fabrics[i].seen == nil
	}
	if plain {
		outs, ins = n.sideOf(make(side, 0, 16), outward, a, ys), n.sideOf(make(side, 0, 16), inward, b, xs)
	}
	for i, ca := range a.classes {
		ka := &n.inside[ca]
		for j, cb := range b.classes {
			kb := &n.inside[cb]
			var sum flow
			if open && !n.mute(ka, kb) {
				for k := range fabrics {
					x, y := k/len(ys), k%len(ys)
					one := fabrics[k].flow
					if plain && ka.groups.why == nil && kb.groups.why == nil && ka.why == nil && kb.why == nil {
						n.sides(&one, &fabrics[k], ka.groups, kb.groups, &outs[i*len(ys)+y], &ins[j*len(xs)+x])
					} else {
						n.filter(&one, &fabrics[k], end{ka, xs[x]}, end{kb, ys[y]})
					}
					sum.merge(&one, k == 0)
				}
			}
			f(ca, cb, Reach{Must: sum.must, May: sum.may, Named: sum.named})
		}
	}
}

// sides is filter with the answers of sideOf.
func (n *Network) sides(f *flow, fab *fabric, a, b *groupSet, out, in *flow) {
	if f.may.empty() {
		return
	}
	let := *in
	if !n.free(b, inward) {
		n.refsLet(&let, b, inward, a, fab.in, nil)
	}
	f.keep(&let.must, &let.may)
	if f.may.empty() {
		return
	}
	let = *out
	if !n.free(a, outward) {
		n.refsLet(&let, a, outward, b, fab.out, nil)
	}
	f.keep(&let.must, &let.may)
}
