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
(prod/api); a service that a gateway endpoint leads to (s3); as TO, a name such as
db.corp.example, which is answered as FROM's VPC does; a resource's address, its logical id, or its construct path, where
it has network interfaces or is a subnet, a VPC or a security group. PATH and -f
are as for surety prove.

--all prints every pair of classes of interfaces between which anything flows; an
interface's class is all that no rule and no route tells from it.

The exit code is 0 when there is an answer, be it reachable or unreachable, and 3
when it depends on what only deployment decides.`,
		Example: `  surety reach prod/api prod/database --port 5432
  surety reach internet prod/database
  surety reach dev/api prod/api --format json
  surety reach prod/api secretsmanager.ap-southeast-2.amazonaws.com --port 443
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
	names   []resolved
	codes   []string
}

// answer asks the network about every pair of classes of FROM and TO. One that
// certainly works makes TO reachable; none that even may, unreachable.
func (s *subject) answer(q question) (*answer, error) {
	from, err := s.end(q.from)
	if err != nil {
		return nil, err
	}
	if p, ok := parsePrefix(q.to); ok && s.graph.Observed() {
		return s.answerAddress(q, from, p)
	}
	to, names, err := s.destinations(q, from)
	if err != nil {
		return nil, err
	}
	return s.answerNames(q, s.net, from, to, names), nil
}

// answerClasses asks a network about every pair of some classes.
func (s *subject) answerClasses(q question, in *network.Network, from, to []network.ClassID) (*answer, error) {
	return s.answerNames(q, in, from, everywhere(from, to), nil), nil
}

// answerNames asks a network about classes and where TO is for each of them; names
// is what TO means, if it is a name.
func (s *subject) answerNames(q question, in *network.Network, from []network.ClassID, to map[network.ClassID][]network.ClassID, names []resolved) *answer {
	n, asked := q.packets(in)
	a := &answer{q: q, s: s, net: n, verdict: unreachable, names: names}
	var best [2]network.ClassID
	var show network.PacketSet
	for i, f := range from {
		for j, t := range to[f] {
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
	if a.pairs > 0 {
		a.path = n.Explain(best[0], best[1], show)
		a.endUnheard()
	}
	a.codes = pathCodes(a.path)
	if a.verdict == unreachable {
		a.findRelays(from, to, asked)
	}
	for _, r := range a.names {
		if r.Why != nil && a.verdict == unreachable {
			a.verdict = unknown
			a.path.Unknowns = append(a.path.Unknowns, r.Why)
		}
	}
	return a
}

// relay is a way through a load balancer: FROM's connection to it, and its own,
// or the packets that it sends on, to TO. Sure is false where it depends on what
// only deployment decides.
type relay struct {
	balancer string
	sure     bool
	legs     [2]network.Path
}

// findRelays looks for load balancers by which packets of FROM get to TO; each
// is named once, by a pair of classes between which they certainly do, or else
// may.
func (a *answer) findRelays(from []network.ClassID, to map[network.ClassID][]network.ClassID, asked network.PacketSet) {
	for lb := range resource.Views[resource.LoadBalancer](a.s.graph) {
		var found *relay
		for _, f := range from {
			for _, t := range to[f] {
				p := a.net.Through(lb.Addr, f, t, asked)
				if sure := !p.Works.Must.IsEmpty(); len(p.Legs) == 2 && !p.Works.May.IsEmpty() && (found == nil || sure && !found.sure) {
					found = &relay{balancer: a.s.name(lb.Addr), sure: sure, legs: [2]network.Path(p.Legs)}
				}
			}
		}
		if found != nil {
			a.relays = append(a.relays, *found)
		}
	}
	slices.SortStableFunc(a.relays, func(x, y relay) int { // what certainly works first
		switch {
		case x.sure == y.sure:
			return 0
		case x.sure:
			return -1
		}
		return 1
	})
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
