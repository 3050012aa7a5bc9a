package estate

import (
	"net/netip"
	"slices"
)

// PortSFTP is the port by which partners come.
const PortSFTP = 22

// PartTransfer is the part that receives partners.
const PartTransfer = "transfer"

// KindTransfer is its kind: the SFTP server in a VPC of its own, and its bucket.
const KindTransfer Kind = "transfer"

// Transfer is the exchange of files with partners over SFTP: each has a prefix
// of the bucket for himself.
type Transfer struct {
	// Partners are those who exchange files, by the names that they sign in with.
	Partners Map[Partner] `yaml:"partners"`
}

// Partner is one who exchanges files.
type Partner struct {
	// Allow lists the public IPv4 ranges that the partner comes from.
	Allow []netip.Prefix `yaml:"allow"`
	// Keys are the partner's SSH public keys, as ssh-keygen writes them: two
	// while one takes the place of the other.
	Keys []string `yaml:"keys"`
}

// TransferRange returns the range of the VPC in which a site receives
// partners. It is connected to nothing, so it takes nothing of the supernet;
// each environment has one of its own, by its place in the file, and keeps it
// in every Region.
func (e *Estate) TransferRange(site Site) netip.Prefix {
	const bits = 24
	base := [4]byte{100, 64, 0, 0} // RFC 6598
	if e.Network.Supernet.Overlaps(netip.PrefixFrom(netip.AddrFrom4(base), 10)) {
		base = [4]byte{192, 168, 0, 0}
	}
	base[2] = byte(slices.Index(e.Environments.Keys(), site.Environment))
	return netip.PrefixFrom(netip.AddrFrom4(base), bits)
}

// TransferPlan returns the addressing of that VPC.
func (e *Estate) TransferPlan(site Site) VPCPlan {
	const zoneBits = 2
	v := VPCPlan{CIDR: e.TransferRange(site), Subnets: map[Tier][]netip.Prefix{}}
	for i := range min(e.Network.AvailabilityZones, maxZones) {
		if id, ok := ZoneID(site.Region, i+1); ok {
			v.Zones = append(v.Zones, id)
			v.Subnets[TierPublic] = append(v.Subnets[TierPublic], subPrefix(v.CIDR, zoneBits, i))
		}
	}
	return v
}

// AllowedPartners returns the ranges by which partners may come, sorted, each once.
func (e *Estate) AllowedPartners() []netip.Prefix {
	var all []netip.Prefix
	if e.Workload.Transfer == nil {
		return nil
	}
	for _, p := range e.Workload.Transfer.Partners.All() {
		all = append(all, p.Allow...)
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}

// Transfers says whether partners exchange files on a site: at home only, for
// what they exchanged is not copied, and they know one address.
func (e *Estate) Transfers(site Site) bool { return e.Workload.Transfer != nil && !site.Recovery() }

func (e *Estate) transferParts(b *partBuilder) {
	if e.Transfers(b.site) {
		b.add(PartTransfer, KindTransfer, "workload/transfer")
	}
}
