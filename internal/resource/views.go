package resource

import (
	"cmp"
	"iter"
	"reflect"
	"slices"
	"strconv"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/value"
)

// views holds the typed views of a graph, made once.
type views struct {
	tables      map[reflect.Type]any // of *table[T]
	ids         map[string][]addr.Address
	groups      map[string]*SecurityGroup // default groups, by the ID of a link
	acls        map[string]*NetworkACL    // default network ACLs, likewise
	loose       []Loose
	public      map[addr.Address]Tri // what has an Elastic IP address
	publicAny   Tri                  // Perhaps: one is of it is not known what
	interfaces  []Interface
	attached    map[addr.Address]bool // owners whose interfaces are resources of their own
	notModelled map[string]int
}

// table holds the views of one type, by address.
type table[T any] struct {
	owners []*Resource
	list   []*T
	at     map[addr.Address]*T
}

// Loose is a resource that changes another one which is not in the graph or is
// unknown: a rule of a foreign group, a route of a table that only deployment
// names. Whatever it does is not in any view.
type Loose struct {
	*Resource
	Link Link
}

func tableOf[T any](v *views) *table[T] {
	t, _ := v.tables[reflect.TypeFor[T]()].(*table[T])
	return t
}

// fill makes the view of every resource of the given types.
func fill[T any](g *Graph, make func(*reader) *T, types ...string) *table[T] {
	t := &table[T]{at: map[addr.Address]*T{}}
	g.views.tables[reflect.TypeFor[T]()] = t
	for _, typ := range types {
		for _, r := range g.byType[typ] {
			v := make(&reader{g: g, r: r})
			if v == nil {
				continue
			}
			t.owners = append(t.owners, r)
			t.list = append(t.list, v)
			t.at[r.Addr] = v
		}
	}
	if len(types) > 1 {
		slices.SortStableFunc(t.owners, func(a, b *Resource) int { return a.Addr.Compare(b.Addr) })
		for i, r := range t.owners {
			t.list[i] = t.at[r.Addr]
		}
	}
	return t
}

// Views yields the views of type T with their resources, by address. A T that
// is not a view type yields nothing.
func Views[T any](g *Graph) iter.Seq2[*Resource, *T] {
	t := tableOf[T](g.views)
	return func(yield func(*Resource, *T) bool) {
		if t == nil {
			return
		}
		for i, r := range t.owners {
			if !yield(r, t.list[i]) {
				return
			}
		}
	}
}

// View returns the view of type T of an address, or nil if the graph has no
// such resource or the resource has no such view.
func View[T any](g *Graph, a addr.Address) *T {
	if t := tableOf[T](g.views); t != nil {
		return t.at[a]
	}
	return nil
}

// Interfaces returns every interface of the graph, sorted by owner, subnet and
// address. It must not be changed.
func (g *Graph) Interfaces() []Interface { return g.views.interfaces }

// Loose returns the resources that change something which the graph does not
// hold, by address. It must not be changed.
func (g *Graph) Loose() []Loose { return g.views.loose }

// Group returns the security group that a link names, or nil. The default
// group of a VPC, which no template declares, is among them: it lets its own
// members in and everything out ("Default security groups for your VPCs").
func (g *Graph) Group(l Link) *SecurityGroup {
	if !l.To.IsZero() {
		return View[SecurityGroup](g, l.To)
	}
	return g.views.groups[l.ID]
}

// ACL returns the network ACL that a link names, or nil. The default ACL of a
// VPC, which no template declares, is among them: it allows everything
// ("Default network ACL"), unless an entry of lower number says otherwise.
func (g *Graph) ACL(l Link) *NetworkACL {
	if !l.To.IsZero() {
		return View[NetworkACL](g, l.To)
	}
	return g.views.acls[l.ID]
}

// DefaultGroup returns the link that names a VPC's default security group.
func DefaultGroup(vpc addr.Address) Link { return Link{ID: vpc.String() + ".DefaultSecurityGroup"} }

// DefaultACL returns the link that names a VPC's default network ACL.
func DefaultACL(vpc addr.Address) Link { return Link{ID: vpc.String() + ".DefaultNetworkAcl"} }

func newViews(g *Graph) *views {
	g.views = &views{
		tables: map[reflect.Type]any{},
		ids:    map[string][]addr.Address{},
		groups: map[string]*SecurityGroup{},
		acls:   map[string]*NetworkACL{},
		public: map[addr.Address]Tri{},
	}
	g.indexIDs()
	g.viewVPCs()
	g.viewRoutes()
	g.viewACLs()
	g.viewGroups()
	g.viewTransit()
	g.viewVPNGateways()
	g.viewFirewalls()
	g.viewBalancers()
	g.findInterfaces()
	g.countNotModelled()
	slices.SortStableFunc(g.views.loose, func(a, b Loose) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Link.Property, b.Link.Property))
	})
	return g.views
}

// indexIDs notes under which literal ids resources may be named: what
// describe-* output calls them (their stack has no name), and the names that
// templates give to what other templates name by them.
func (g *Graph) indexIDs() {
	note := func(id string, a addr.Address) {
		if id != "" && !slices.Contains(g.views.ids[id], a) {
			g.views.ids[id] = append(g.views.ids[id], a)
		}
	}
	for _, r := range g.all {
		if r.Observed() {
			note(r.Addr.Logical, r.Addr)
		}
		if prop := nameProperties[r.Type]; prop != "" {
			note(r.Props.Get(prop).Text(), r.Addr)
		}
	}
}

// nameProperties says which property gives the name by which other templates
// and Regions name a resource of a type.
var nameProperties = map[string]string{
	"AWS::RDS::DBSubnetGroup":            "DBSubnetGroupName",
	"AWS::RDS::DBCluster":                "DBClusterIdentifier",
	"AWS::DocDB::DBSubnetGroup":          "DBSubnetGroupName",
	"AWS::Neptune::DBSubnetGroup":        "DBSubnetGroupName",
	"AWS::ElastiCache::SubnetGroup":      "CacheSubnetGroupName",
	"AWS::Redshift::ClusterSubnetGroup":  "ClusterSubnetGroupName",
	"AWS::EC2::SecurityGroup":            "GroupName",
	"AWS::EC2::LaunchTemplate":           "LaunchTemplateName",
	"AWS::NetworkFirewall::RuleGroup":    "RuleGroupName",
	"AWS::AutoScaling::AutoScalingGroup": "AutoScalingGroupName",
}

// byID returns the resource that a literal id names for a resource of the
// stack s: of the same account and Region if there are several, and nothing if
// that leaves more than one.
func (g *Graph) byID(id string, s addr.Stack) (addr.Address, bool) {
	found := g.views.ids[id]
	if len(found) == 1 {
		return found[0], sameOrUnknown(found[0].Stack, s)
	}
	var near []addr.Address
	for _, a := range found {
		if a.Stack.Account == s.Account && a.Stack.Region == s.Region {
			near = append(near, a)
		}
	}
	if len(near) == 1 {
		return near[0], true
	}
	return addr.Address{}, false
}

// sameOrUnknown says whether a name in one stack may name a resource of
// another: names are Regional, and ids of describe-* output are unique.
func sameOrUnknown(a, b addr.Stack) bool {
	if a.Name == "" {
		return true
	}
	return (a.Region == b.Region || a.Region == "" || b.Region == "") && (a.Account == b.Account || a.Account == "" || b.Account == "")
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}

func itoa(i int) string { return strconv.Itoa(i) }

// present returns the reasons that are not nil.
func present(why ...*value.Reason) []*value.Reason {
	return slices.DeleteFunc(why, func(r *value.Reason) bool { return r == nil })
}
