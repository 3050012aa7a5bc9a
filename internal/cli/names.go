package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/network"
)

// resolved is what a name means in a VPC that it was asked in.
type resolved struct {
	network.Resolution
	vpc addr.Address
}

// jsonName is what TO means, where it is a name.
type jsonName struct {
	VPC string `json:"vpc"`
	By  string `json:"by,omitempty"`
	Why string `json:"why"`
}

// hostName is the form of a name of DNS: labels, two at least, the last not of
// digits alone.
var hostName = regexp.MustCompile(`^([a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]*\.?$`)

// everywhere is a place that is the same for all who ask.
func everywhere(from, to []network.ClassID) map[network.ClassID][]network.ClassID {
	out := map[network.ClassID][]network.ClassID{}
	for _, f := range from {
		out[f] = to
	}
	return out
}

// destinations returns where TO is for every class of FROM. If TO is neither a
// part, a resource nor an address but has the form of a name, each VPC of FROM
// says what it means: a name is part of a path.
func (s *subject) destinations(q question, from []network.ClassID) (map[network.ClassID][]network.ClassID, []resolved, error) {
	to, err := s.end(q.to)
	if err == nil || !hostName.MatchString(q.to) {
		return everywhere(from, to), nil, err
	}
	out := map[network.ClassID][]network.ClassID{}
	var names []resolved
	for _, f := range from {
		c := s.net.Class(f)
		if c.External {
			continue
		}
		i := slices.IndexFunc(names, func(r resolved) bool { return r.vpc == c.VPC })
		if i < 0 {
			i, names = len(names), append(names, resolved{s.net.Resolve(c.VPC, q.to), c.VPC})
		}
		out[f] = names[i].Classes
	}
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("%s is a name, and FROM is in no VPC that could answer it", q.to)
	}
	return out, names, nil
}

// namesText says what TO means in each VPC that it was asked in.
func (a *answer) namesText(b *strings.Builder) {
	for _, j := range a.jsonNames() {
		by := ""
		if j.By != "" {
			by = " (" + j.By + ")"
		}
		fmt.Fprintf(b, "\nin %s the name means: %s%s\n", j.VPC, j.Why, by)
	}
}

func (a *answer) jsonNames() []jsonName {
	var out []jsonName
	for _, r := range a.names {
		j := jsonName{VPC: a.s.name(r.vpc), Why: r.Text}
		if !r.By.IsZero() {
			j.By = a.s.name(r.By)
		}
		out = append(out, j)
	}
	return out
}
