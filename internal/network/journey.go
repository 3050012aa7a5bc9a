package network

import "github.com/suretyhq/surety/internal/resource"

// journey goes over every combination of a way there and a way back. A way that
// stops on its way there comes once, without a way back.
type journey struct {
	trip
	ways         []*line // there
	backs, toNAT []*line
	i, j, k      int
	home         atom // where replies go
	once         bool // one trip without a way back is due
	found        bool // a way back of the present way there was found
}

func (j *journey) begin(n *Network, src, dst end) {
	j.trip, j.home = trip{n: n, src: src, dst: dst}, src.x
	switch {
	case src.k.sub != nil && src.k.sub == dst.k.sub:
		j.same, j.once = true, true
	case src.k.site != nil:
		j.ways = n.linesTo(src.k.site.start, dst.x)
	case src.external():
		j.ways = n.linesTo(dst.k.sub.vpc.world, dst.x)
	default:
		j.ways = n.linesTo(src.k.sub.start, dst.x)
	}
}

// next moves to the next trip, and says whether there is one.
func (j *journey) next() bool {
	for {
		if j.once {
			j.once, j.found = false, true
			j.back, j.trip.toNAT = nil, nil
			return true
		}
		if j.nextBack() {
			j.found = true
			return true
		}
		if j.there != nil && !j.found {
			j.once = true // no way back belongs to this way there
			continue
		}
		if j.i >= len(j.ways) {
			return false
		}
		j.there, j.found = j.ways[j.i], false
		j.i++
		j.lookBack()
	}
}

// nextBack moves to the next way back that can belong to the way there.
func (j *journey) nextBack() bool {
	for j.j < len(j.backs) {
		back := j.backs[j.j]
		var toNAT *line
		if j.toNAT != nil {
			toNAT = j.toNAT[j.k]
			j.k++
			if j.k == len(j.toNAT) {
				j.k, j.j = 0, j.j+1
			}
		} else {
			j.j++
		}
		if conflict(j.there, back) || (toNAT != nil && (conflict(j.there, toNAT) || conflict(toNAT, back))) {
			continue
		}
		j.back, j.trip.toNAT = back, toNAT
		return true
	}
	return false
}

// lookBack finds the ways back of a new way there.
func (j *journey) lookBack() {
	n, there := j.n, j.there
	j.backs, j.toNAT, j.j, j.k = nil, nil, 0, 0
	origin := 0
	switch {
	case there.end == stops || n.options.Mutant == IgnoreReturn || !j.lands(there, j.dst),
		there.nat != nil && there.nat.subnet == nil, // regional: its routes are not modelled
		there.vpc == nil && j.dst.external(),        // an unknown way
		there.end == leaves && there.nat == nil && n.answers(there):
		j.once = true
		return
	case there.nat != nil:
		origin = there.nat.subnet.nat
		if there.end == arrives {
			j.toNAT = n.linesTo(j.dst.k.sub.start, there.nat.source[0])
		}
	case there.end == leaves && n.siteAt[there.via] != nil:
		origin = n.siteAt[there.via].start
	case there.end == leaves:
		origin = there.vpc.world
	default:
		origin = j.dst.k.sub.start
	}
	j.backs = n.linesTo(origin, j.home)
}

func (n *Network) isEgressOnly(l *line) bool {
	return resource.View[resource.EgressOnlyGateway](n.graph, l.via) != nil
}

// conflict says whether two lines cannot belong to one flow: appliance mode
// keeps a flow in one zone.
func conflict(a, b *line) bool {
	for _, p := range a.pins {
		for _, q := range b.pins {
			if p.at == q.at && p.zone != q.zone {
				return true
			}
		}
	}
	return false
}
