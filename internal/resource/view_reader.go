package resource

import (
	"net/netip"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// reader reads the properties of one resource. What cannot be read is noted in
// unknown, with the property's path; an absent property is not.
type reader struct {
	g       *Graph
	r       *Resource
	unknown []*value.Reason
}

// maxFollow bounds how many attributes are followed to the property that says
// them, so that resources which name each other end.
const maxFollow = 8

// said is which property of its resource gives an attribute its value, where
// AWS documents that the attribute returns it (each type's page, "Return
// values"). Every other attribute is known at deployment only.
var said = map[string]string{
	"AWS::EC2::VPC.CidrBlock":                             "CidrBlock",
	"AWS::EC2::Subnet.CidrBlock":                          "CidrBlock",
	"AWS::EC2::Subnet.VpcId":                              "VpcId",
	"AWS::EC2::Subnet.AvailabilityZone":                   "AvailabilityZone",
	"AWS::EC2::Subnet.AvailabilityZoneId":                 "AvailabilityZoneId",
	"AWS::EC2::SecurityGroup.VpcId":                       "VpcId",
	"AWS::EC2::Instance.PrivateIp":                        "PrivateIpAddress",
	"AWS::EC2::NetworkInterface.PrimaryPrivateIpAddress":  "PrivateIpAddress",
	"AWS::EC2::VPCEndpoint.VpcId":                         "VpcId",
	"AWS::EC2::TransitGatewayRouteTable.TransitGatewayId": "TransitGatewayId",
}

// others are attributes that name another thing than their resource.
var others = map[string]bool{
	"DefaultSecurityGroup": true, "DefaultNetworkAcl": true, "MainRouteTable": true,
	"NetworkAclAssociationId": true, "CidrBlockAssociations": true, "Ipv6CidrBlocks": true,
	"AssociationDefaultRouteTableId": true, "PropagationDefaultRouteTableId": true,
	"SecurityGroups": true, "NetworkInterfaceIds": true, "DnsEntries": true,
	"PrimaryNetworkInterfaceId": true, "MasterUserSecret.SecretArn": true,
}

func (d *reader) get(path string) value.Value { return d.follow(d.r.Props.Path(path), 0) }

// follow replaces attributes by the properties that say them.
func (d *reader) follow(v value.Value, depth int) value.Value {
	switch v.Kind() {
	case value.Symbol:
		ref, _ := v.Ref()
		r := d.g.byAddr[ref.To]
		if r == nil || depth >= maxFollow {
			return v
		}
		if prop := said[r.Type+"."+ref.Attr]; prop != "" {
			if w := r.Props.Get(prop); !w.IsAbsent() {
				return d.follow(w, depth+1)
			}
		}
	case value.Concat:
		parts := make([]value.Value, v.Len())
		for i, p := range v.Items() {
			parts[i] = d.follow(p, depth+1)
		}
		return value.Join(parts...)
	}
	return v
}

// why says why a value is not what was wanted.
func (d *reader) why(v value.Value, path, want string) *value.Reason {
	if r := v.FirstUnknown(); r != nil {
		c := *r
		if c.At.IsZero() {
			c.At, c.Property = d.r.Addr, path
		}
		return &c
	}
	why := &value.Reason{Property: path, At: d.r.Addr}
	switch v.Kind() {
	case value.Symbol, value.Concat:
		why.Code, why.Text = "PROPERTY_AT_DEPLOYMENT", v.String()+" is known at deployment only, and "+want+" is needed"
	case value.Absent, value.Null:
		why.Code, why.Text = "PROPERTY_MISSING", want+" is needed"
	default:
		why.Code, why.Text = "PROPERTY_UNREADABLE", v.Kind().String()+" is not "+want
	}
	return why
}

func (d *reader) note(v value.Value, path, want string) {
	d.unknown = append(d.unknown, d.why(v, path, want))
}

// text returns a text property; one that is not literal is printed and noted.
func (d *reader) text(path, deflt string) string {
	v := d.get(path)
	if s, ok := v.Str(); ok {
		return s
	}
	if v.Kind() == value.Absent || v.Kind() == value.Null {
		return deflt
	}
	d.note(v, path, "a text")
	return v.String()
}

// integer returns a whole number, and the default for one that is unknown.
func (d *reader) integer(path string, deflt int) int {
	v := d.get(path)
	if n, ok := v.Int(); ok {
		return n
	}
	if v.Kind() != value.Absent && v.Kind() != value.Null {
		d.note(v, path, "a whole number")
	}
	return deflt
}

// tri returns a boolean, also where it is spelt enable and disable.
func (d *reader) tri(path string, deflt Tri) Tri {
	v := d.get(path)
	if b, ok := v.Bool(); ok {
		return triOf(b)
	}
	switch strings.ToLower(v.Text()) {
	case "enable", "enabled":
		return Yes
	case "disable", "disabled":
		return No
	}
	if v.Kind() == value.Absent || v.Kind() == value.Null {
		return deflt
	}
	d.note(v, path, "true or false")
	return Perhaps
}

func triOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// list returns the items of a list property. One that is unknown as a whole is
// noted; a single value counts as a list of one.
func (d *reader) list(path string) []value.Value {
	v := d.get(path)
	switch v.Kind() {
	case value.List:
		return v.Items()
	case value.Absent, value.Null:
		return nil
	case value.Unknown:
		d.note(v, path, "a list")
		return nil
	}
	return []value.Value{v}
}

// texts returns the literal items of a list; the others are noted.
func (d *reader) texts(path string) []string {
	var out []string
	for i, v := range d.list(path) {
		v = d.follow(v, 0)
		if s, ok := v.Str(); ok {
			out = append(out, s)
		} else if !v.IsAbsent() {
			d.note(v, join(path, itoa(i)), "a text")
		}
	}
	return out
}

// prefix reads a CIDR range and notes one that is there but unreadable.
func (d *reader) prefix(path string) netip.Prefix {
	v := d.get(path)
	if v.Kind() == value.Absent || v.Kind() == value.Null {
		return netip.Prefix{}
	}
	p, ok := prefixOf(v)
	if !ok {
		d.note(v, path, "a CIDR range")
	}
	return p
}

// prefixOf reads a CIDR range or a single address. Host bits are cleared, as
// AWS does.
func prefixOf(v value.Value) (netip.Prefix, bool) {
	s, ok := v.Str()
	if !ok {
		return netip.Prefix{}, false
	}
	s = strings.TrimSpace(s)
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	return netip.Prefix{}, false
}

// address reads a single address.
func (d *reader) address(path string) netip.Addr {
	v := d.get(path)
	if v.Kind() == value.Absent || v.Kind() == value.Null {
		return netip.Addr{}
	}
	if p, ok := prefixOf(v); ok && p.IsSingleIP() {
		return p.Addr()
	}
	d.note(v, path, "an address")
	return netip.Addr{}
}

// link reads a property that names another resource.
func (d *reader) link(path string) Link { return d.linkOf(d.get(path), path) }

// links reads a list of such. An unknown list is one link with Why.
func (d *reader) links(path string) []Link {
	v := d.get(path)
	switch v.Kind() {
	case value.Absent, value.Null:
		return nil
	case value.List:
		var out []Link
		for i, item := range v.Items() {
			if l := d.linkOf(d.follow(item, 0), join(path, itoa(i))); !l.IsZero() {
				out = append(out, l)
			}
		}
		return out
	}
	return []Link{d.linkOf(v, path)}
}

// linkOf reads what a value names. An attribute of a resource names the
// resource, unless it is one that names another thing.
func (d *reader) linkOf(v value.Value, path string) Link {
	switch v.Kind() {
	case value.Absent, value.Null:
		return Link{}
	case value.Symbol:
		ref, _ := v.Ref()
		return linkToSymbol(ref, path)
	case value.Concat:
		parts := v.Items()
		if ref, ok := parts[len(parts)-1].Ref(); ok { // arn:…:thing/${Thing}
			return linkToSymbol(ref, path)
		}
	case value.String, value.Number:
		return d.linkToID(v.Text(), path)
	}
	return Link{Why: d.why(v, path, "the id of a resource"), Property: path}
}

// perhaps is a link that a resource makes: one that may not exist leaves it
// unknown to what.
func (d *reader) perhaps(l Link) Link {
	if d.r.Conditional != nil {
		return Link{Property: l.Property, Why: d.r.Conditional}
	}
	return l
}

func linkToSymbol(ref value.Ref, path string) Link {
	if others[ref.Attr] {
		return Link{ID: ref.String(), Property: path}
	}
	return Link{To: ref.To, Property: path}
}

func (d *reader) linkToID(id, path string) Link {
	if id == "" {
		return Link{}
	}
	if a, ok := d.g.byID(id, d.r.Addr.Stack); ok {
		return Link{To: a, Property: path}
	}
	if i := strings.LastIndexAny(id, "/:"); i >= 0 && strings.HasPrefix(id, "arn:") {
		if a, ok := d.g.byID(id[i+1:], d.r.Addr.Stack); ok {
			return Link{To: a, Property: path}
		}
	}
	return Link{ID: id, Property: path}
}

// fold finds the view that a resource changes; if there is none, the resource
// is noted as loose.
func fold[T any](d *reader, l Link) *T {
	if !l.To.IsZero() {
		if v := View[T](d.g, l.To); v != nil {
			return v
		}
	}
	d.loose(l)
	return nil
}

func (d *reader) loose(l Link) {
	d.g.views.loose = append(d.g.views.loose, Loose{Resource: d.r, Link: l})
}

// each calls f for every resource of a type, by address.
func (g *Graph) each(typ string, f func(*reader)) {
	for _, r := range g.byType[typ] {
		f(&reader{g: g, r: r})
	}
}

// typeOf returns the type of the resource that a link names, or "".
func (g *Graph) typeOf(l Link) string {
	if r := g.byAddr[l.To]; r != nil {
		return r.Type
	}
	return ""
}

// items returns the prefixes of the properties of a list's maps, such as
// "Rules/3/". A single map counts as a list of one; what is neither a map nor
// unknown itself is noted.
func (d *reader) items(path string) []string {
	v := d.get(path)
	if v.Kind() == value.Map {
		return []string{path + "/"}
	}
	var out []string
	for i, item := range d.list(path) {
		switch item.Kind() {
		case value.Absent, value.Null:
			continue
		case value.Map, value.Unknown:
			out = append(out, at(path, i))
		default:
			d.note(item, join(path, itoa(i)), "a map")
		}
	}
	return out
}

// at returns the prefix of the properties of a list's item: at("Rules", 3) is
// "Rules/3/".
func at(path string, i int) string { return path + "/" + itoa(i) + "/" }
