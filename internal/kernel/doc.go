// Package kernel lets the Linux kernel judge a resource graph: it compiles the
// graph to network namespaces, routes and nftables, and probes them with real
// TCP connections and UDP datagrams.
//
// It is a second opinion on package network and shares nothing with it but the
// graph. Every interface is a namespace with its security groups as stateful
// rules; every subnet is a router with its network ACL as stateless rules on
// its way out; every VPC is a router that picks the route table by the subnet
// that a packet comes from; a Transit Gateway is a router that picks the table
// by the attachment that a packet enters by; NAT gateways translate with
// connection tracking, internet gateways one to one without. Each family of
// addresses is judged by itself.
//
// So the kernel judges longest prefix, blackholes, tables by ingress
// attachment, stateful groups, stateless ACLs, NAT and its ports, one-to-one
// translation, source/destination check, peering that is not transitive, and
// whether replies find their way back. It cannot judge what it would only echo:
// which of two equal routes counts, zones, references to groups across Transit
// Gateways, endpoint policies, names, AWS's defaults; docs/kernel.md lists
// both. What a graph holds that is not compiled is an error of Build, never
// left out silently.
//
// Namespaces have no names: they live by file descriptors that this process
// holds and vanish with it, and the namespace that the process runs in is not
// touched.
package kernel
