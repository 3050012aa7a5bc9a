package kernel_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/kernel"
	"github.com/suretyhq/surety/internal/kernel/random"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/tooltest"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// How many random networks a run compares, and from which seed they are drawn.
var (
	networks = flag.Int("networks", 300, "how many random networks to compare")
	seed     = flag.Int("seed", 0, "draw the networks of this seed and those after it; 0: by the clock")
)

// The windows of the first look and of the second, which outlasts TCP's first
// retransmission.
const (
	window       = 60 * time.Millisecond
	secondWindow = 3600 * time.Millisecond
	shrinkWindow = 600 * time.Millisecond // once a failure is certain
)

// looks is in how many goes the second look is had.
const looks = 3

// kept is where networks are kept on which the kernel and package network once
// disagreed.
const kept = "testdata/kept"

// needKernel skips a test where the kernel cannot judge, except in CI, where
// that is a failure.
func needKernel(t *testing.T) {
	t.Helper()
	if err := kernel.Available(); err != nil {
		tooltest.Lacking(t, err)
	}
}

// tally counts what a run compared. Exact are probes that package network
// answers with yes or no, not with perhaps. Changed are the pairs of ends about
// which package network says something else with a mutant, Noticed those on
// which a mutant contradicts the kernel.
type tally struct {
	networks, probes, open, exact int
	shrinking                     bool
	only                          func(i int, may bool) bool // of the probes, those that are asked; nil: all
	changed, noticed              map[network.Mutant]int
}

func newTally() *tally {
	return &tally{changed: map[network.Mutant]int{}, noticed: map[network.Mutant]int{}}
}

func (c *tally) add(o *tally) {
	c.networks, c.probes, c.open, c.exact = c.networks+o.networks, c.probes+o.probes, c.open+o.open, c.exact+o.exact
	for m, n := range o.changed {
		c.changed[m] += n
	}
	for m, n := range o.noticed {
		c.noticed[m] += n
	}
}

// compare asks the kernel and package network about every ordered pair of a
// graph's ends, and returns what they disagree on, after a second look.
func compare(g *resource.Graph, f kernel.Family, count *tally) ([]string, error) {
	m, err := kernel.Build(context.Background(), g, f)
	if err != nil {
		return nil, err
	}
	defer func() { _ = m.Close() }() // only closes descriptors
	says := newPredictor(g, m.Ends(), network.None)
	probes := kernel.Pairs(m.Ends(), random.Ports...)
	if count.only != nil {
		i := -1
		probes = slices.DeleteFunc(probes, func(p kernel.Probe) bool {
			i++
			_, may := says.of(p)
			return !count.only(i, may)
		})
	}
	open, err := probeAll(m, probes, window)
	if err != nil {
		return nil, err
	}
	count.networks++
	defer func() { // with what the second look says; not while a failure shrinks
		if !count.shrinking {
			count.mutants(g, says, m.Ends(), probes, open)
		}
	}()
	var doubtful []kernel.Probe
	var places []int
	for i, p := range probes {
		must, may := says.of(p)
		count.probes++
		if open[i] {
			count.open++
		}
		if must == may {
			count.exact++
		}
		if open[i] && !may || !open[i] && must {
			doubtful, places = append(doubtful, p), append(places, i)
		}
	}
	if len(doubtful) == 0 {
		return nil, nil
	}
	longer := secondWindow
	if count.shrinking {
		longer = shrinkWindow
	}
	again := make([]bool, len(doubtful))
	for range looks { // a datagram that is lost on a busy machine is not sent again by itself
		more, err := probeAll(m, doubtful, longer/looks)
		if err != nil {
			return nil, err
		}
		for i := range more {
			again[i] = again[i] || more[i]
		}
	}
	var out []string
	for i := range doubtful {
		open[places[i]] = again[i]
	}
	for i, p := range doubtful {
		must, may := says.of(p)
		if len(out) == 5 {
			break
		}
		if again[i] && !may || !again[i] && must {
			out = append(out, fmt.Sprintf("%s to %s, protocol %d port %d: the kernel says %v, package network must %v, may %v",
				m.Ends()[p.From].Name, m.Ends()[p.To].Name, p.Protocol, p.Port, again[i], must, may))
		}
	}
	return out, nil
}

// atOnce is how many probes are made at once: each takes two descriptors.
const atOnce = 3000

func probeAll(m *kernel.Machine, probes []kernel.Probe, window time.Duration) ([]bool, error) {
	var open []bool
	for some := range slices.Chunk(probes, atOnce) {
		more, err := m.Probe(context.Background(), some, window)
		if err != nil {
			return nil, err
		}
		open = append(open, more...)
	}
	return open, nil
}

// judged are the mutants of the semantics that the kernel judges.
var judged = []network.Mutant{network.NACLsStateful, network.IgnoreReturn, network.ShorterPrefix, network.BlackholeFallsThrough,
	network.SGDefaultOpen, network.IgnoreEgressRules, network.TGWIgnoresAssociation, network.PeeringTransitive, network.NACLInsideSubnet,
	network.NACLOrderReversed, network.NATAcceptsUnsolicited, network.IGWWithoutPublicAddress, network.IgnoreMiddleACL, network.FirewallIgnored,
	network.AsymmetricFirewallOK, network.NATKeepsSource, network.AttachmentTableIgnored, network.StatelessIgnored}

// unsure are mutants about which package network says perhaps, since what an
// instance does with what it forwards is in no template: the kernel cannot
// contradict that.
var unsure = []network.Mutant{network.SourceDestCheckIgnored}

// mutants counts the pairs of ends that each mutant changes, and those on which
// it contradicts the kernel.
func (c *tally) mutants(g *resource.Graph, says *predictor, ends []kernel.End, probes []kernel.Probe, open []bool) {
	for _, mutant := range append(slices.Clone(judged), unsure...) {
		wrong := newPredictor(g, ends, mutant)
		changed, noticed := map[[2]int]bool{}, map[[2]int]bool{}
		for i, p := range probes {
			pair := [2]int{p.From, p.To}
			isMust, isMay := says.of(p)
			must, may := wrong.of(p)
			if must != isMust || may != isMay {
				changed[pair] = true
			}
			if open[i] && !may || !open[i] && must {
				noticed[pair] = true
			}
		}
		c.changed[mutant] += len(changed)
		c.noticed[mutant] += len(noticed)
	}
}

// asked are the ports of the probes, for package network to tell apart.
func asked() []network.Flow {
	var out []network.Flow
	for _, p := range random.Ports {
		out = append(out, network.Flow{Protocol: "tcp", From: p, To: p}, network.Flow{Protocol: "udp", From: p, To: p})
	}
	return out
}

// predictor is what package network says of probes of a machine.
type predictor struct {
	n       *network.Network
	classes []network.ClassID // by end
	packets map[kernel.Probe]network.PacketSet
	reach   map[[2]network.ClassID]network.Reach
}

func newPredictor(g *resource.Graph, ends []kernel.End, mutant network.Mutant) *predictor {
	p := &predictor{n: network.Build(g, network.Options{Ports: asked(), Mutant: mutant}), packets: map[kernel.Probe]network.PacketSet{}, reach: map[[2]network.ClassID]network.Reach{}}
	for _, e := range ends {
		id := network.Internet
		if !e.Internet {
			id = p.n.ClassesOf(e.Interface.Owner.Addr)[0]
		}
		p.classes = append(p.classes, id)
	}
	return p
}

// of says whether the packets of a probe must, and may, flow.
func (p *predictor) of(q kernel.Probe) (must, may bool) {
	pair := [2]network.ClassID{p.classes[q.From], p.classes[q.To]}
	r, known := p.reach[pair]
	if !known {
		r = p.n.Reach(pair[0], pair[1])
		p.reach[pair] = r
	}
	door := kernel.Probe{Protocol: q.Protocol, Port: q.Port}
	packets, known := p.packets[door]
	if !known {
		packets = p.n.Packets(q.Protocol, q.Port, q.Port)
		p.packets[door] = packets
	}
	return r.Must.Contains(packets), r.May.Overlaps(packets)
}

// TestKeptNetworks compares the networks on which there was disagreement.
func TestKeptNetworks(t *testing.T) {
	needKernel(t)
	files, err := filepath.Glob(kept + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no kept networks in %s: %v", kept, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			asm, problems := assembly.Load(t.Context(), file)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			all, problems := intrinsic.Resolve(asm, intrinsic.Options{Account: "100000000001", Region: "ap-southeast-2"})
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			g, problems := resource.New(all)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			count := newTally()
			bad, err := compare(g, familyOf(g), count)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range bad {
				t.Error(b)
			}
			if count.probes == 0 {
				t.Error("nothing was probed")
			}
		})
	}
}

// sixth: of so many networks one is judged with IPv6 in IPv4's place.
const sixth = 6

// familyOf is the family that a kept network is about: IPv6 where a VPC has it.
func familyOf(g *resource.Graph) kernel.Family {
	for _, v := range resource.Views[resource.VPC](g) {
		if v.HasIPv6 {
			return kernel.IPv6
		}
	}
	return kernel.IPv4
}

// drawn draws a network.
var drawn = rapid.Custom(random.Network)

// least is how many pairs of ends each mutant must change in a run of 300
// networks, so that the generator is known to exercise what it turns wrong.
const least = 100

// TestKernelAgreesOnRandomNetworks compares the kernel and package network on
// random networks, some at a time. The first that they disagree on is reduced
// and kept.
func TestKernelAgreesOnRandomNetworks(t *testing.T) {
	needKernel(t)
	from := *seed
	if from == 0 {
		from = int(time.Now().UnixNano() & 0xffffff)
	}
	t.Logf("networks %d to %d: -seed %d repeats them", from, from+*networks-1, from)
	count := newTally()
	var mu sync.Mutex
	var wrong []*resource.Resource
	var of kernel.Family
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for i := range *networks {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			all, own, family := drawn.Example(from+i), newTally(), kernel.IPv4
			if i%sixth == sixth-1 {
				all, family = random.Six(all), kernel.IPv6
			}
			bad, err := compare(graphOf(all), family, own)
			mu.Lock()
			defer mu.Unlock()
			count.add(own)
			if err == nil && len(bad) > 0 {
				wrong, of, err = all, family, fmt.Errorf("network %d: disagreements (five at most):\n%s", from+i, strings.Join(bad, "\n"))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if wrong != nil {
		keep(t, reduce(wrong, time.Now().Add(60*time.Second), func(all []*resource.Resource) bool {
			bad, err := compare(graphOf(all), of, &tally{shrinking: true})
			return err == nil && len(bad) > 0
		}))
		return
	}
	t.Logf("%d networks, %d probes, %d open, %d answered with yes or no; pairs that mutants change: %v; contradicted by the kernel: %v",
		count.networks, count.probes, count.open, count.exact, count.changed, count.noticed)
	if count.open*5 < count.probes || count.open*5 > count.probes*4 {
		t.Errorf("%d of %d probes are open: between 20 and 80 of a hundred must be, or agreement says little", count.open, count.probes)
	}
	if count.exact*10 < count.probes*8 {
		t.Errorf("package network answers %d of %d probes with perhaps: too many for agreement to say much", count.probes-count.exact, count.probes)
	}
	for _, m := range append(slices.Clone(judged), unsure...) {
		if *networks >= 300 && count.changed[m] < least {
			t.Errorf("the mutant %s changes %d pairs: the generator does not exercise what it turns wrong", m, count.changed[m])
		}
	}
}

// graphOf returns the graph of resources and leaves the slice as it is.
func graphOf(all []*resource.Resource) *resource.Graph {
	g, _ := resource.New(slices.Clone(all)) // a drawn network has no two resources of one address
	return g
}

// reduce leaves out resources, each with all that refer to it, as long as the
// rest still fails and there is time.
func reduce(all []*resource.Resource, until time.Time, fails func([]*resource.Resource) bool) []*resource.Resource {
	for i := 0; i < len(all) && time.Now().Before(until); {
		rest := without(all, all[i].Addr)
		if len(rest) > 0 && fails(rest) {
			all = rest
			continue
		}
		i++
	}
	return all
}

// without returns the resources but one and all that refer to it, directly or
// by others.
func without(all []*resource.Resource, gone addr.Address) []*resource.Resource {
	g := graphOf(all)
	out := map[addr.Address]bool{gone: true}
	for grew := true; grew; {
		grew = false
		for _, r := range all {
			for e := range g.Edges(r.Addr) {
				if out[e.To] && !out[r.Addr] {
					out[r.Addr], grew = true, true
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(r *resource.Resource) bool { return out[r.Addr] })
}

func TestReduceKeepsWhatFails(t *testing.T) {
	b := build.New("1", "r", "s")
	b.Add("AWS::EC2::VPC", "Vpc", build.Props{})
	b.Add("AWS::EC2::VPC", "Other", build.Props{})
	b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc")})
	b.Add("AWS::EC2::Subnet", "OtherSubnet", build.Props{"VpcId": b.Ref("Other")})
	got := reduce(b.Resources(), time.Now().Add(time.Minute), func(all []*resource.Resource) bool {
		return slices.ContainsFunc(all, func(r *resource.Resource) bool { return r.Addr.Logical == "Subnet" })
	})
	if len(got) != 2 || got[0].Addr.Logical != "Vpc" || got[1].Addr.Logical != "Subnet" {
		t.Errorf("got %v", got)
	}
}

// keep writes a network down as a case for TestKeptNetworks.
func keep(t *testing.T, all []*resource.Resource) {
	text, err := build.Template(all)
	if err != nil {
		t.Error(err)
		return
	}
	if err := os.MkdirAll(kept, 0o755); err != nil {
		t.Error(err)
		return
	}
	sum := sha256.Sum256(text)
	file := filepath.Join(kept, fmt.Sprintf("found-%x.json", sum[:4]))
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Error(err)
		return
	}
	t.Logf("the network is kept in %s: name it for what it shows, and commit it with the mend", file)
}
