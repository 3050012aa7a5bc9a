package network

// PacketSet is a set of packets by protocol and destination port.
type PacketSet struct{}
