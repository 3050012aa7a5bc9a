package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/report"
	"github.com/suretyhq/surety/internal/resource"
)

func newReach(env Env) *cobra.Command {
	var in inputs
	var q question
	var all bool
	var format, out string
	cmd := &cobra.Command{
		Use:   "reach FROM TO [PATH…]",
		Short: "Say whether packets get from one place to another, and why",
		Long: `Says whether packets get from FROM to TO and their answers back, hop by hop, with
the rule or route that decides at each.

FROM and TO are: internet; an address or range (10.1.0.0/24); a part of the estate
(prod/api); a resource's address, its logical id, or its construct path, where
it has network interfaces or is a subnet, a VPC or a security group. PATH and -f
are as for surety prove.

--all prints every pair of classes of interfaces between which anything flows; an
interface's class is all that no rule and no route tells from it.

The exit code is 0 when there is an answer, be it reachable or unreachable, and 3
when it depends on what only deployment decides.`,
		Example: `  surety reach prod/api prod/database --port 5432
  surety reach internet prod/database
  surety reach dev/api prod/api --format json
  surety reach 10.1.0.0/24 AppService template.yaml
  surety reach --all --format csv -o pairs.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			in.estateGiven = cmd.Flags().Changed("file")
			q.portGiven = cmd.Flags().Changed("port")
			if err := q.check(); err != nil {
				return usageError(cmd, err)
			}
			formats := []string{"text", "json"}
			if all {
				formats = append(formats, "csv")
				in.paths = args
			} else {
				if len(args) < 2 {
					return usageError(cmd, errors.New("reach needs FROM and TO, or --all"))
				}
				q.from, q.to, in.paths = args[0], args[1], args[2:]
			}
			if !slices.Contains(formats, format) {
				return usageError(cmd, fmt.Errorf("--format %s: want one of %s", format, strings.Join(formats, ", ")))
			}
			s, err := load(cmd.Context(), env, in)
			if err != nil {
				return err
			}
			if all {
				return s.reachAll(cmd.Context(), env, format, out)
			}
			a, err := s.answer(q)
			if err != nil {
				return err
			}
			if err := writeOutput(env.Stdout, out, func(w io.Writer) error { return a.write(w, format) }); err != nil {
				return err
			}
			if a.verdict == unknown {
				return outcome(ExitUnknown)
			}
			return nil
		},
	}
	inputFlags(cmd, &in)
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "print every pair that can talk")
	f.StringVar(&q.protocol, "protocol", "", "tcp, udp, icmp, or a protocol's number; default: tcp with --port, otherwise any")
	f.IntVar(&q.port, "port", 0, "the destination port; default: any")
	f.StringVar(&format, "format", "text", "text or json, or csv with --all")
	f.StringVarP(&out, "output", "o", "", "write to `FILE` instead of standard output")
	return cmd
}

// question is what reach is asked.
type question struct {
	from, to  string
	protocol  string
	port      int
	portGiven bool
}

func (q *question) check() error {
	if q.portGiven && (q.port < 1 || q.port > 65535) {
		return fmt.Errorf("--port %d: want 1 to 65535", q.port)
	}
	if q.portGiven && q.protocol == "" {
		q.protocol = "tcp"
	}
	p, err := parseProtocol(q.protocol)
	if err != nil {
		return err
	}
	if q.portGiven && p != resource.TCP && p != resource.UDP {
		return fmt.Errorf("--port has a meaning for tcp and udp only, not for --protocol %s", q.protocol)
	}
	return nil
}

func parseProtocol(s string) (resource.Protocol, error) {
	switch strings.ToLower(s) {
	case "":
		return resource.AnyProtocol, nil
	case "tcp":
		return resource.TCP, nil
	case "udp":
		return resource.UDP, nil
	case "icmp":
		return resource.ICMP, nil
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= 255 {
		return resource.Protocol(n), nil
	}
	return 0, fmt.Errorf("--protocol %s: want tcp, udp, icmp, or a number from 0 to 255", s)
}

// packets are what is asked about, in the sets of a network that tells the
// port apart from others.
func (q *question) packets(n *network.Network) (*network.Network, network.PacketSet) {
	p, err := parseProtocol(q.protocol)
	switch {
	case err != nil || p == resource.AnyProtocol:
		return n, n.AllPackets()
	case !q.portGiven:
		return n, n.Packets(p, 0, 65535)
	}
	port := uint16(q.port)
	n = n.Distinguish(network.Flow{Protocol: report.Protocol(p), From: port, To: port})
	return n, n.Packets(p, port, port)
}

// The verdicts of reach.
const (
	reachable   = "reachable"
	unreachable = "unreachable"
	unknown     = "unknown"
)

// answer is what reach says. Path explains the pair of classes that decides:
// one that works, else one that may, else the first.
type answer struct {
	q       question
	s       *subject
	net     *network.Network
	verdict string
	path    network.Path
	pairs   int
	works   int
	flows   network.PacketSet
	relays  []relay
	codes   []string
}

// answer asks the network about every pair of classes of FROM and TO. One that
// certainly works makes TO reachable; none that even may, unreachable.
func (s *subject) answer(q question) (*answer, error) {
	from, err := s.end(q.from)
	if err != nil {
		return nil, err
	}
	if p, ok := parsePrefix(q.to); ok && s.observed() {
		return s.answerAddress(q, from, p)
	}
	to, err := s.end(q.to)
	if err != nil {
		return nil, err
	}
	return s.answerClasses(q, s.net, from, to)
}

// answerClasses asks a network about every pair of some classes.
func (s *subject) answerClasses(q question, in *network.Network, from, to []network.ClassID) (*answer, error) {
	n, asked := q.packets(in)
	a := &answer{q: q, s: s, net: n, verdict: unreachable}
	var best [2]network.ClassID
	var show network.PacketSet
	for i, f := range from {
		for j, t := range to {
			if i == 0 && j == 0 {
				best, show = [2]network.ClassID{f, t}, asked
			}
			a.pairs++
			r := n.Reach(f, t)
			must, may := r.Must.And(asked), r.May.And(asked)
			if listens, ok := n.Listens(t); ok {
				must, may = must.And(listens), may.And(listens)
			}
			switch {
			case !must.IsEmpty():
				if a.verdict != reachable {
					best, show, a.verdict = [2]network.ClassID{f, t}, must, reachable
				}
				a.works++
				a.flows = a.flows.Or(must)
			case !may.IsEmpty() && a.verdict == unreachable:
				best, show, a.verdict = [2]network.ClassID{f, t}, may, unknown
			}
		}
	}
	a.path = n.Explain(best[0], best[1], show)
	a.endUnheard()
	a.codes = pathCodes(a.path)
	if a.verdict == unreachable {
		a.findRelays(from, to)
	}
	return a, nil
}

// relay is a way through a load balancer: FROM's connection to it, and its own
// to TO.
type relay struct {
	balancer string
	legs     [2]network.Path
}

// findRelays looks for load balancers that end FROM's connection and begin one
// of their own to TO; each is named once.
func (a *answer) findRelays(from, to []network.ClassID) {
	for lb := range resource.Views[resource.LoadBalancer](a.s.graph) {
		for _, r := range a.net.Relays(lb.Addr) {
			name := a.s.name(r.Balancer)
			if slices.ContainsFunc(a.relays, func(o relay) bool { return o.balancer == name }) {
				continue
			}
			in, enters := a.leg(from, r.Nodes, r.Listen)
			out, leaves := a.leg(r.Nodes, intersect(r.Targets, to), r.Sends)
			if enters && leaves {
				a.relays = append(a.relays, relay{balancer: name, legs: [2]network.Path{in, out}})
			}
		}
	}
}

// leg explains the first pair of places between which any of p certainly flows.
func (a *answer) leg(from, to []network.ClassID, p network.PacketSet) (network.Path, bool) {
	for _, f := range from {
		for _, t := range to {
			if works := a.net.Reach(f, t).Must.And(p); !works.IsEmpty() {
				return a.net.Explain(f, t, works), true
			}
		}
	}
	return network.Path{}, false
}

func intersect(a, b []network.ClassID) []network.ClassID {
	var out []network.ClassID
	for _, id := range a {
		if slices.Contains(b, id) {
			out = append(out, id)
		}
	}
	return out
}

func pathCodes(p network.Path) []string {
	codes := []string{}
	for _, h := range slices.Concat(p.Forward, p.Return) {
		if h.Code != "" && !slices.Contains(codes, h.Code) {
			codes = append(codes, h.Code)
		}
	}
	return codes
}
