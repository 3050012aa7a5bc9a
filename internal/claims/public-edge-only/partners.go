package publicedgeonly

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
)

// CodePartner is the code of a partner's address that does not reach the
// server.
const CodePartner = "PARTNER_SHUT_OUT"

// partnersEdge returns what the estate opens between a class of the internet
// and a class of interfaces: SFTP, from a partner's addresses to the server
// that receives partners.
func partnersEdge(in *proof.Input, ends *proof.Ends, from, to network.ClassID) network.PacketSet {
	if !allOf(ends, from, in.Estate.AllowedPartners()) || len(ends.Parts[to]) == 0 {
		return network.PacketSet{}
	}
	for _, id := range ends.Parts[to] {
		if in.KindOf(id) != estate.KindTransfer {
			return network.PacketSet{}
		}
	}
	return sftp(ends)
}

func sftp(ends *proof.Ends) network.PacketSet {
	return ends.Packets(estate.Flow{Protocol: estate.TCP, Port: estate.PortSFTP})
}

// allOf says whether every address of a class lies in one of some ranges.
func allOf(ends *proof.Ends, c network.ClassID, ranges []netip.Prefix) bool {
	addrs := ends.Net.Class(c).Addrs
	return len(addrs) > 0 && !slices.ContainsFunc(addrs, func(p netip.Prefix) bool {
		return !slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Bits() <= p.Bits() && r.Contains(p.Addr()) })
	})
}

// partners sees to it that every address of every partner reaches the server of
// every site, in each of its subnets.
func partners(in *proof.Input, t *proof.Tally, ends *proof.Ends) {
	if in.Estate == nil || in.Estate.Workload.Transfer == nil || !in.Parts.Believed() {
		return
	}
	for _, site := range in.Estate.Sites() {
		server := estate.PartID{Environment: site.Name, Name: estate.PartTransfer}
		for name, p := range in.Estate.Workload.Transfer.Partners.All() {
			for i, r := range p.Allow {
				t.Check(proof.Scope(site.Name), 1)
				partner(in, t, ends, server, r, fmt.Sprintf("workload/transfer/partners/%s/allow/%d", name, i))
			}
		}
	}
}

func partner(in *proof.Input, t *proof.Tally, ends *proof.Ends, server estate.PartID, r netip.Prefix, at string) {
	want := sftp(ends)
	for _, from := range ends.Net.ClassForPrefix(r) {
		for _, to := range ends.Of[server] {
			reach := ends.Net.Reach(from, to)
			if reach.Must.Contains(want) {
				continue
			}
			path := ends.Net.Explain(from, to, want)
			f := proof.Stopped(path)
			f.Code, f.Part, f.Intent = CodePartner, server, in.Estate.Pos(at)
			f.Fix = "Let the partner's range in there, or take it out of the estate file."
			if reach.May.Contains(want) {
				f.Message = fmt.Sprintf("The estate lets %s exchange files with %s, which may not work: %s.", r, server, proof.Why(path))
				t.Doubt(proof.Scope(server.Environment), f)
				return
			}
			f.Message = fmt.Sprintf("The estate lets %s exchange files with %s, but %s.", r, server, f.Message)
			t.Refute(proof.Scope(server.Environment), f)
			return
		}
	}
}

// servers reports SFTP servers that stand in no VPC: they answer everybody, for
// nothing lists who may come. Source: AWS Transfer Family User Guide, "Create a
// server in a virtual private cloud" (a public endpoint has no allow-list).
func servers(in *proof.Input, t *proof.Tally) {
	for _, r := range in.Graph.OfType("AWS::Transfer::Server") {
		scope, kind := in.ScopeOf(r), r.Props.Get("EndpointType")
		t.Check(scope, 1)
		f := proof.Finding{Code: CodeTransfer, At: r.Addr, Property: "EndpointType", Fix: "Set EndpointType to VPC, with subnets and a security group that lists who may come."}
		switch {
		case kind.FirstUnknown() != nil:
			f.Message = fmt.Sprintf("Whether %s answers the whole internet is not known: %s.", in.Name(r), kind.FirstUnknown().Error())
			t.Doubt(scope, f)
		case !strings.HasPrefix(kind.Text(), "VPC"):
			f.Message = fmt.Sprintf("%s answers the whole internet: it stands in no VPC, and nothing lists who may come.", in.Name(r))
			t.Refute(scope, f)
		}
	}
}
