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

	// having holds the positions in classes of those that have a group, by its
	// number, and vague those of which not all groups are known. They are made
	// when the place is first the source of many pairs.
	having map[int][]int
	vague  []int
}

// AllPairs calls f for every ordered pair of classes but those of two external
// ones, from several goroutines at once and in no order, until ctx is done. A
// class is paired with itself too: it may have several members.
func (n *Network) AllPairs(ctx context.Context, f func(a, b ClassID, r Reach)) error {
	return n.pairs(ctx, false, f)
}

// OpenPairs is AllPairs for the pairs between which something may flow, without
// those to services that gateway endpoints lead to: what does not get there by an
// endpoint gets to the Internet too.
func (n *Network) OpenPairs(ctx context.Context, f func(a, b ClassID, r Reach)) error {
	return n.pairs(ctx, true, func(a, b ClassID, r Reach) {
		if !r.May.IsEmpty() && n.inside[b].service == "" {
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
		out = append(out, place{sub: k.sub, public: k.public, atoms: k.atoms, classes: []ClassID{ClassID(id)}})
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
	pair := func(i, j int) {
		ca, cb := a.classes[i], b.classes[j]
		ka, kb := &n.inside[ca], &n.inside[cb]
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
	if plain && openOnly && len(a.classes) >= manyClasses {
		for j := range b.classes {
			n.admitted(a, b, j, ins[j*len(xs):(j+1)*len(xs)], func(i int) { pair(i, j) })
		}
		return
	}
	for i := range a.classes {
		for j := range b.classes {
			pair(i, j)
		}
	}
}

// manyClasses is from how many classes of a place on it is worth while to look
// up whom a class lets in, rather than to ask for each whether it is let in.
const manyClasses = 32

// admitted calls f with the position of every class of a that the groups of
// class j of b may let in; let is what the rules that name addresses let in.
// Whom no rule names is let in by none.
func (n *Network) admitted(a, b *place, j int, let side, f func(i int)) {
	kb := &n.inside[b.classes[j]]
	anybody := kb.why != nil || kb.groups.why != nil || n.free(kb.groups, inward)
	for x := range let {
		anybody = anybody || !let[x].may.empty()
	}
	if anybody {
		for i := range a.classes {
			f(i)
		}
		return
	}
	refs := kb.groups.refs[inward]
	if len(refs) == 0 {
		return
	}
	a.index(n)
	if len(refs) == 1 && len(a.vague) == 0 {
		for _, i := range a.having[refs[0].peer] {
			f(i)
		}
		return
	}
	done := map[int]bool{}
	once := func(some []int) {
		for _, i := range some {
			if !done[i] {
				done[i] = true
				f(i)
			}
		}
	}
	for i := range refs {
		once(a.having[refs[i].peer])
	}
	once(a.vague)
}

func (p *place) index(n *Network) {
	if p.having != nil {
		return
	}
	p.having = map[int][]int{}
	for i, id := range p.classes {
		groups := n.inside[id].groups
		for _, g := range groups.ids {
			p.having[g] = append(p.having[g], i)
		}
		if groups.why != nil {
			p.vague = append(p.vague, i)
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
