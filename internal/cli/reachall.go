package cli

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/report"
)

// jsonPairs is the JSON of reach --all.
type jsonPairs struct {
	Version int         `json:"version"`
	Classes []jsonClass `json:"classes"`
	Pairs   []jsonPair  `json:"pairs"`
}

type jsonClass struct {
	ID      string   `json:"id"`
	Service string   `json:"service,omitempty"`
	Members []string `json:"members"`
	Parts   []string `json:"parts,omitempty"`
	Addrs   []string `json:"addresses"`
	Zone    string   `json:"zone,omitempty"`
	Subnet  string   `json:"subnet,omitempty"`
}

type jsonPair struct {
	From  string     `json:"from"`
	To    string     `json:"to"`
	Flows []jsonFlow `json:"flows"`
}

// jsonFlow is what flows by one protocol. Return says that answers come back,
// as they must for a flow to be listed; Certain is false for what depends on
// what only deployment decides.
type jsonFlow struct {
	Protocol string `json:"protocol"`
	Ports    string `json:"ports,omitempty"`
	Return   bool   `json:"return"`
	Certain  bool   `json:"certain"`
}

// reachAll writes every ordered pair of classes between which anything flows.
func (s *subject) reachAll(ctx context.Context, env Env, format, out string) error {
	pairs, err := s.allPairs(ctx)
	if err != nil {
		return err
	}
	return writeOutput(env.Stdout, out, func(w io.Writer) error {
		switch format {
		case "json":
			return report.EncodeJSON(w, pairs)
		case "csv":
			return writePairsCSV(w, pairs)
		}
		return writePairsText(w, pairs)
	})
}

func (s *subject) allPairs(ctx context.Context) (jsonPairs, error) {
	type pair struct {
		a, b network.ClassID
		r    network.Reach
	}
	var mu sync.Mutex
	var found []pair
	err := s.net.AllPairs(ctx, func(a, b network.ClassID, r network.Reach) {
		if a == b || r.May.IsEmpty() {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		found = append(found, pair{a, b, r})
	})
	if err != nil {
		return jsonPairs{}, fmt.Errorf("all pairs: %w", err)
	}
	slices.SortFunc(found, func(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	out := jsonPairs{Version: report.Version, Classes: []jsonClass{}, Pairs: []jsonPair{}}
	for _, c := range s.net.Classes() {
		out.Classes = append(out.Classes, s.jsonClass(c))
	}
	for _, p := range found {
		flows := append(s.jsonFlows(p.r.Must, true), s.jsonFlows(p.r.May.Minus(p.r.Must), false)...)
		out.Pairs = append(out.Pairs, jsonPair{From: classID(p.a), To: classID(p.b), Flows: flows})
	}
	return out, nil
}

func classID(id network.ClassID) string {
	if id == network.Internet {
		return internet
	}
	return fmt.Sprintf("c%d", id)
}

func (s *subject) jsonClass(c network.Class) jsonClass {
	out := jsonClass{ID: classID(c.ID), Service: c.Service, Zone: c.Zone, Members: []string{}, Addrs: []string{}}
	if !c.Subnet.IsZero() {
		out.Subnet = c.Subnet.String()
	}
	for _, m := range c.Members {
		out.Members = append(out.Members, m.Owner.Addr.String())
		if s.parts != nil {
			if id, ok := s.parts.Of[m.Owner.Addr]; ok && !slices.Contains(out.Parts, id.String()) {
				out.Parts = append(out.Parts, id.String())
			}
		}
	}
	for _, p := range c.Addrs {
		out.Addrs = append(out.Addrs, p.String())
	}
	return out
}

// jsonFlows groups a set of packets by protocol.
func (s *subject) jsonFlows(p network.PacketSet, certain bool) []jsonFlow {
	var out []jsonFlow
	for _, f := range s.net.Flows(p) {
		ports := ""
		if f.Protocol == "tcp" || f.Protocol == "udp" {
			ports = network.PortText(f.From, f.To)
		}
		if n := len(out); n > 0 && out[n-1].Protocol == f.Protocol && ports != "" {
			out[n-1].Ports += "," + ports
			continue
		}
		out = append(out, jsonFlow{Protocol: f.Protocol, Ports: ports, Return: true, Certain: certain})
	}
	return out
}

func writePairsCSV(w io.Writer, pairs jsonPairs) error {
	label := labels(pairs)
	c := csv.NewWriter(w)
	if err := c.Write([]string{"from", "to", "protocol", "ports", "certain", "from_members", "to_members"}); err != nil {
		return err
	}
	for _, p := range pairs.Pairs {
		for _, f := range p.Flows {
			if err := c.Write([]string{p.From, p.To, f.Protocol, f.Ports, strconv.FormatBool(f.Certain),
				label[p.From], label[p.To]}); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

func writePairsText(w io.Writer, pairs jsonPairs) error {
	label := labels(pairs)
	var rows [][]string
	for _, p := range pairs.Pairs {
		var flows []string
		for _, f := range p.Flows {
			s := f.Protocol
			if f.Ports != "" {
				s += "/" + f.Ports
			}
			if !f.Certain {
				s += "?"
			}
			flows = append(flows, s)
		}
		rows = append(rows, []string{label[p.From], label[p.To], strings.Join(flows, " ")})
	}
	var b strings.Builder
	printColumns(&b, []string{"from", "to", "flows (? depends on what only deployment decides)"}, rows)
	fmt.Fprintf(&b, "\n%s, %s between which something flows\n",
		report.Plural(len(pairs.Classes), "class of interfaces", "classes of interfaces"), report.Plural(len(pairs.Pairs), "pair", "pairs"))
	_, err := io.WriteString(w, b.String())
	return err
}

// labels are how classes are named to people: by their parts or members, and
// by their zone.
func labels(pairs jsonPairs) map[string]string {
	out := map[string]string{}
	for _, c := range pairs.Classes {
		names := c.Parts
		if len(names) == 0 {
			for _, m := range c.Members {
				stack, logical, _ := strings.Cut(strings.Join(strings.SplitN(m, "/", 4)[2:], "/"), "/")
				names = append(names, strings.TrimPrefix(stack+"/"+logical, "-/"))
			}
		}
		if len(names) == 0 {
			names = c.Addrs
		}
		const most = 2
		name := strings.Join(names[:min(most, len(names))], "+")
		if len(names) > most {
			name += fmt.Sprintf("+%d", len(names)-most)
		}
		if c.ID == internet {
			name = internet
		}
		if c.Zone != "" {
			name += "@" + c.Zone
		}
		out[c.ID] = name
	}
	return out
}
