package report

import (
	"fmt"

	"github.com/suretyhq/surety/internal/resource"
)

// Protocol prints a protocol as people write it: tcp, udp, icmp, or its
// number; empty for any.
func Protocol(p resource.Protocol) string {
	switch p {
	case resource.AnyProtocol:
		return ""
	case resource.TCP:
		return "tcp"
	case resource.UDP:
		return "udp"
	case resource.ICMP:
		return "icmp"
	case resource.ICMPv6:
		return "icmpv6"
	}
	return fmt.Sprint(int(p))
}

// Ports prints a range of ports: 443, or 8080-8090.
func Ports(r resource.PortRange) string {
	if r.From == r.To {
		return fmt.Sprint(r.From)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}
