package kernel_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	"pgregory.net/rapid"
)

// networks is how many random networks a run compares.
const networks = "50"

// The windows of the first look and of the second, which outlasts TCP's first
// retransmission.
const (
	window       = 60 * time.Millisecond
	secondWindow = 1500 * time.Millisecond
	shrinkWindow = 300 * time.Millisecond // once a failure is certain
)

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
// answers with yes or no, not with perhaps.
type tally struct {
	networks, probes, open, exact int
	failed                        bool
	noticed                       map[network.Mutant]int // networks in which a mutant disagrees
}

// compare asks the kernel and package network about every ordered pair of a
// graph's ends, and returns what they disagree on, after a second look.
func compare(g *resource.Graph, count *tally) ([]string, error) {
	m, err := kernel.Build(context.Background(), g)
	if err != nil {
		return nil, err
	}
	defer func() { _ = m.Close() }() // only closes descriptors
	n := network.Build(g, network.Options{Ports: asked()})
	probes := kernel.Pairs(m.Ends(), random.Ports...)
	open, err := m.Probe(context.Background(), probes, window)
	if err != nil {
		return nil, err
	}
	count.networks++
	defer func() { // with what the second look says; not while a failure shrinks
		if !count.failed {
			count.mutants(g, m.Ends(), probes, open)
		}
	}()
	var doubtful []kernel.Probe
	var places []int
	for i, p := range probes {
		must, may := predicted(n, m.Ends(), p)
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
	if count.failed {
		longer = shrinkWindow
	}
	again, err := m.Probe(context.Background(), doubtful, longer)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range doubtful {
		open[places[i]] = again[i]
	}
	for i, p := range doubtful {
		must, may := predicted(n, m.Ends(), p)
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

// judged are the mutants of the semantics that the kernel judges.
var judged = []network.Mutant{network.NACLsStateful, network.IgnoreReturn, network.ShorterPrefix, network.BlackholeFallsThrough,
	network.SGDefaultOpen, network.IgnoreEgressRules, network.TGWIgnoresAssociation, network.PeeringTransitive, network.NACLInsideSubnet,
	network.NACLOrderReversed, network.NATAcceptsUnsolicited, network.IGWWithoutPublicAddress, network.IgnoreMiddleACL, network.FirewallIgnored, network.AsymmetricFirewallOK}

// mutants notes which mutants contradict the kernel.
func (c *tally) mutants(g *resource.Graph, ends []kernel.End, probes []kernel.Probe, open []bool) {
	if c.noticed == nil {
		return
	}
	for _, mutant := range judged {
		n := network.Build(g, network.Options{Ports: asked(), Mutant: mutant})
		for i, p := range probes {
			if must, may := predicted(n, ends, p); open[i] && !may || !open[i] && must {
				c.noticed[mutant]++
				break
			}
		}
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

// predicted is what package network says of a probe.
func predicted(n *network.Network, ends []kernel.End, p kernel.Probe) (must, may bool) {
	r := n.Reach(class(n, ends[p.From]), class(n, ends[p.To]))
	packets := n.Packets(p.Protocol, p.Port, p.Port)
	return r.Must.Contains(packets), r.May.Overlaps(packets)
}

// class is the one class of an end.
func class(n *network.Network, e kernel.End) network.ClassID {
	if e.Internet {
		return network.Internet
	}
	return n.ClassesOf(e.Interface.Owner.Addr)[0]
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
			var count tally
			bad, err := compare(g, &count)
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

// TestKernelAgreesOnRandomNetworks compares the kernel and package network on
// random networks. What they disagree on is shrunk and kept.
func TestKernelAgreesOnRandomNetworks(t *testing.T) {
	needKernel(t)
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		if err := flag.Set("rapid.checks", networks); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flag.Set("rapid.checks", f.DefValue) }()
	}
	if err := flag.Set("rapid.nofailfile", "true"); err != nil { // what fails is kept as a network instead
		t.Fatal(err)
	}
	count := tally{noticed: map[network.Mutant]int{}} // rare ones may be missed: TestWhatTheKernelSays is strict
	var smallest []*resource.Resource                 // the last network that failed: shrinking only gets smaller
	t.Cleanup(func() {
		if smallest != nil {
			keep(t, reduce(smallest, time.Now().Add(30*time.Second), func(all []*resource.Resource) bool {
				bad, err := compare(graphOf(all), &count)
				return err == nil && len(bad) > 0
			}))
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		all := random.Network(rt)
		bad, err := compare(graphOf(all), &count)
		if err != nil {
			rt.Fatal(err)
		}
		if len(bad) > 0 {
			smallest, count.failed = all, true
			rt.Fatalf("disagreements (five at most):\n%s", strings.Join(bad, "\n"))
		}
	})
	t.Logf("%d networks, %d probes, %d open, %d answered with yes or no; mutants noticed: %v", count.networks, count.probes, count.open, count.exact, count.noticed)
	if count.open*5 < count.probes || count.open*5 > count.probes*4 {
		t.Errorf("%d of %d probes are open: between 20 and 80 of a hundred must be, or agreement says little", count.open, count.probes)
	}
	if count.exact*10 < count.probes*8 {
		t.Errorf("package network answers %d of %d probes with perhaps: too many for agreement to say much", count.probes-count.exact, count.probes)
	}
}

// graphOf returns the graph of resources and leaves the slice as it is.
func graphOf(all []*resource.Resource) *resource.Graph {
	g, _ := resource.New(slices.Clone(all)) // a drawn network has no two resources of one address
	return g
}

// reduce leaves out resources, each with all that refer to it, as long as the
// rest still fails and there is time: rapid shrinks draws, not resources.
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
