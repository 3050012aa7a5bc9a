package kernel

import (
	"github.com/suretyhq/surety/internal/resource"
)

// Probe asks whether one end reaches another's port: a question and its
// answer, over a TCP connection or as UDP datagrams. From and To index
// Machine.Ends. From and to the Internet the public address counts, elsewhere
// the private one.
type Probe struct {
	From, To int
	Protocol resource.Protocol
	Port     uint16
}

// Pairs returns the probes of every ordered pair of ends, for each of ports
// over TCP and UDP. Nothing comes from a NAT gateway itself.
func Pairs(ends []End, ports ...uint16) []Probe {
	var out []Probe
	for from, e := range ends {
		if e.Interface.Kind == resource.EndNAT {
			continue
		}
		for to := range ends {
			if from == to {
				continue
			}
			for _, port := range ports {
				out = append(out, Probe{from, to, resource.TCP, port}, Probe{from, to, resource.UDP, port})
			}
		}
	}
	return out
}
