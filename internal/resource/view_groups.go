package resource

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// protocols are the names that rules may use instead of numbers.
var protocols = map[string]Protocol{
	"-1": AnyProtocol, "all": AnyProtocol, "tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPv6, "ipv6-icmp": ICMPv6,
}

// protocol reads an IP protocol by name or number.
func (d *reader) protocol(path string) (Protocol, *value.Reason) {
	v := d.get(path)
	s, ok := v.Str()
	if !ok {
		return AnyProtocol, d.why(v, path, "an IP protocol")
	}
	if p, ok := protocols[strings.ToLower(s)]; ok {
		return p, nil
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= 255 {
		return Protocol(n), nil
	}
	return AnyProtocol, d.why(v, path, "an IP protocol (tcp, udp, icmp, icmpv6, -1 or a number)")
}

// number16 reads a number of 16 bits; -1 is reported by all.
func (d *reader) number16(path string) (n uint16, all bool, why *value.Reason) {
	v := d.get(path)
	i, ok := v.Int()
	switch {
	case ok && i == -1:
		return 0, true, nil
	case ok && i >= 0 && i <= math.MaxUint16:
		return uint16(i), false, nil
	}
	return 0, false, d.why(v, path, "a number from 0 to 65535, or -1")
}

// ports reads a range of ports for a protocol. Where the protocol has no ports
// the range is everything. For ICMP the range is of types, and the code is
// returned too: from names the type, to the code ("Security group rules").
func (d *reader) ports(p Protocol, from, to string) (lo, hi uint16, code int, why *value.Reason) {
	lo, hi, code = 0, math.MaxUint16, -1
	switch p {
	case TCP, UDP:
		a, allA, why := d.number16(from)
		if why != nil {
			return lo, hi, code, why
		}
		b, allB, why := d.number16(to)
		if why != nil || allA || allB {
			return lo, hi, code, why
		}
		return a, b, code, nil
	case ICMP, ICMPv6:
		if d.get(from).IsAbsent() && d.get(to).IsAbsent() {
			return lo, hi, code, nil
		}
		typ, all, why := d.number16(from)
		if why == nil && !all {
			lo, hi = typ, typ
		}
		if c, allCodes, whyCode := d.number16(to); whyCode == nil && !allCodes {
			code = int(c)
		} else if why == nil && !d.get(to).IsAbsent() {
			why = whyCode
		}
		return lo, hi, code, why
	}
	return lo, hi, code, nil
}

// viewACLs makes the views of network ACLs with entries in order of number.
func (g *Graph) viewACLs() {
	fill(g, func(d *reader) *NetworkACL { return &NetworkACL{Resource: d.r, VPC: d.link("VpcId")} }, "AWS::EC2::NetworkAcl")
	for _, v := range Views[VPC](g) {
		g.views.acls[DefaultACL(v.Addr).ID] = defaultACL(v)
	}
	fill(g, viewEntry, "AWS::EC2::NetworkAclEntry")
	for r, e := range Views[ACLEntry](g) {
		d := &reader{g: g, r: r}
		l := d.link("NetworkAclId")
		acl := g.ACL(l)
		if acl == nil {
			d.loose(l)
			continue
		}
		acl.Entries = append(acl.Entries, *e)
	}
	sorted := func(acl *NetworkACL) {
		slices.SortStableFunc(acl.Entries, func(a, b ACLEntry) int { return cmp.Compare(a.Number, b.Number) })
	}
	for _, acl := range Views[NetworkACL](g) {
		sorted(acl)
	}
	for _, acl := range g.views.acls {
		sorted(acl)
	}
	g.each("AWS::EC2::SubnetNetworkAclAssociation", func(d *reader) {
		if s := fold[Subnet](d, d.link("SubnetId")); s != nil {
			s.NetworkACL = d.perhaps(d.link("NetworkAclId"))
		}
	})
}

// defaultACL returns the ACL that a VPC is born with: rule 100 allows
// everything, both ways ("Default network ACL").
func defaultACL(v *VPC) *NetworkACL {
	acl := &NetworkACL{Resource: v.Resource, VPC: Link{To: v.Addr}}
	for _, egress := range []bool{false, true} {
		e := ACLEntry{Resource: v.Resource, Number: 100, Egress: egress, Allow: true, Protocol: AnyProtocol, CIDR: allIPv4, To: math.MaxUint16, Code: -1}
		acl.Entries = append(acl.Entries, e)
		e.Number, e.CIDR = 101, allIPv6
		acl.Entries = append(acl.Entries, e)
	}
	return acl
}

// viewEntry reads "AWS::EC2::NetworkAclEntry". What is unreadable makes Why.
func viewEntry(d *reader) *ACLEntry {
	e := &ACLEntry{Resource: d.r, Egress: d.tri("Egress", No) == Yes}
	n, ok := d.get("RuleNumber").Int()
	var why []*value.Reason
	if !ok {
		why = append(why, d.why(d.get("RuleNumber"), "RuleNumber", "a rule number"))
	}
	e.Number = n
	switch v := d.get("RuleAction"); strings.ToLower(v.Text()) {
	case "allow":
		e.Allow = true
	case "deny":
	default:
		why = append(why, d.why(v, "RuleAction", "allow or deny"))
	}
	var bad *value.Reason
	e.Protocol, bad = d.protocol("Protocol")
	why = append(why, bad)
	if e.Protocol == ICMP || e.Protocol == ICMPv6 {
		e.From, e.To, e.Code, bad = d.ports(e.Protocol, "Icmp/Type", "Icmp/Code")
	} else {
		e.From, e.To, e.Code, bad = d.ports(e.Protocol, "PortRange/From", "PortRange/To")
	}
	why = append(why, bad)
	dest := d.destination("CidrBlock", "Ipv6CidrBlock", "")
	e.CIDR = dest.Prefix
	why = append(present(append(why, dest.Why, d.r.Conditional)...), d.unknown...)
	if len(why) > 0 {
		e.Why = why[0]
	}
	return e
}

// viewGroups makes the views of security groups and folds separate rules in.
func (g *Graph) viewGroups() {
	fill(g, viewGroup, "AWS::EC2::SecurityGroup")
	for _, v := range Views[VPC](g) {
		l := DefaultGroup(v.Addr)
		sg := &SecurityGroup{Resource: v.Resource, VPC: Link{To: v.Addr}, DefaultEgress: true}
		sg.Ingress = []SGRule{{Declared: v.Resource, Protocol: AnyProtocol, To: math.MaxUint16, Code: -1, Group: l}}
		sg.Egress = defaultEgress(v.Resource)
		g.views.groups[l.ID] = sg
	}
	separate := func(egress bool) func(*reader) {
		return func(d *reader) {
			l := d.link("GroupId")
			if l.IsZero() {
				l = d.link("GroupName")
			}
			sg := g.Group(l)
			if sg == nil {
				d.loose(l)
				return
			}
			rule := d.rule("", egress)
			if rule.Why == nil {
				rule.Why = d.r.Conditional
			}
			if egress {
				switch { // CloudFormation strips the default when a rule is added
				case sg.DefaultEgress && d.r.Conditional == nil:
					sg.Egress, sg.DefaultEgress = nil, false
				case sg.DefaultEgress:
					for i := range sg.Egress {
						sg.Egress[i].Why = d.r.Conditional
					}
				}
				sg.Egress = append(sg.Egress, rule)
			} else {
				sg.Ingress = append(sg.Ingress, rule)
			}
		}
	}
	g.each("AWS::EC2::SecurityGroupIngress", separate(false))
	g.each("AWS::EC2::SecurityGroupEgress", separate(true))
}

// viewGroup reads a group and its inline rules.
func viewGroup(d *reader) *SecurityGroup {
	sg := &SecurityGroup{Resource: d.r, VPC: d.link("VpcId")}
	sg.Ingress = d.rules("SecurityGroupIngress", false)
	sg.Egress = d.rules("SecurityGroupEgress", true)
	if len(sg.Egress) == 0 && !d.r.Observed() {
		sg.Egress, sg.DefaultEgress = defaultEgress(d.r), true
	}
	sg.Unknown = d.unknown
	return sg
}

func defaultEgress(r *Resource) []SGRule {
	all := SGRule{Declared: r, Property: "SecurityGroupEgress", Protocol: AnyProtocol, To: math.MaxUint16, Code: -1, CIDR: allIPv4}
	six := all
	six.CIDR = allIPv6
	return []SGRule{all, six}
}

// rules reads a list of inline rules. A list that is unknown as a whole is one
// rule with Why.
func (d *reader) rules(path string, egress bool) []SGRule {
	v := d.get(path)
	switch v.Kind() {
	case value.Absent, value.Null:
		return nil
	case value.Map: // CloudFormation takes a single item for a list of one
		return []SGRule{d.rule(path+"/", egress)}
	case value.List:
	default:
		return []SGRule{{Declared: d.r, Property: path, Protocol: AnyProtocol, To: math.MaxUint16, Code: -1, Why: d.why(v, path, "a list of rules")}}
	}
	var out []SGRule
	for i, item := range v.Items() {
		if item.IsAbsent() {
			continue
		}
		out = append(out, d.rule(at(path, i), egress))
	}
	return out
}

// rule reads one rule whose properties begin with prefix. Pages:
// "AWS::EC2::SecurityGroup Ingress", "... Egress" and the separate types.
func (d *reader) rule(prefix string, egress bool) SGRule {
	r := SGRule{Declared: d.r, Property: strings.TrimSuffix(prefix, "/")}
	var why []*value.Reason
	var bad *value.Reason
	r.Protocol, bad = d.protocol(prefix + "IpProtocol")
	why = append(why, bad)
	r.From, r.To, r.Code, bad = d.ports(r.Protocol, prefix+"FromPort", prefix+"ToPort")
	why = append(why, bad)
	side := "Source"
	if egress {
		side = "Destination"
	}
	r.Group = d.link(prefix + side + "SecurityGroupId")
	if r.Group.IsZero() && !egress {
		r.Group = d.link(prefix + "SourceSecurityGroupName")
	}
	r.PrefixList = d.link(prefix + side + "PrefixListId")
	why = append(why, r.Group.Why, r.PrefixList.Why)
	if r.Group.IsZero() && r.PrefixList.IsZero() {
		dest := d.destination(prefix+"CidrIp", prefix+"CidrIpv6", "")
		r.CIDR = dest.Prefix
		why = append(why, dest.Why)
	}
	if why = present(why...); len(why) > 0 {
		r.Why = why[0]
	}
	return r
}
