package stacks

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53resolver"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/dnsfirewall"
	"github.com/suretyhq/surety/patterns/egressvpc"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/inspection"
	"github.com/suretyhq/surety/patterns/transithub"
	"github.com/suretyhq/surety/patterns/transitroutes"
	"github.com/suretyhq/surety/patterns/vpc"
)

// Names of the Transit Gateway's tables that are no environment's. An
// environment's table has the prefix, so that no name is taken twice.
const (
	tableInspected         = "inspected"
	tableEgress            = "egress"
	tableEnvironmentPrefix = "environment-"
)

// hub is what the environments and hub-routes need of hub-core.
type hub struct {
	site     estate.HubSite
	plan     estate.VPCPlan // of its egress VPC
	stack    awscdk.Stack
	routes   awscdk.Stack
	peering  awscdk.Stack // nil: no flow leads to another Region
	transit  *transithub.Hub
	firewall *inspection.Firewall
	egress   *egressvpc.Network
	dns      awsroute53resolver.CfnFirewallRuleGroup
	key      awskms.Key
	alerts   awslogs.LogGroup // the firewall's
}

// hubPlace is where a hub is: the account is the same in both Regions.
func (c *composer) hubPlace(site estate.HubSite) place {
	_, account := c.estate.Hub()
	return place{site.Name, account.ID, site.Region}
}

// hubLabel is a hub's name together with the estate's.
func (c *composer) hubLabel(site estate.HubSite) string { return c.estate.Name + "-" + site.Name }

// hubOf returns the hub by which a site reaches the internet.
func (c *composer) hubOf(site estate.Site) *hub {
	for _, h := range c.hubs {
		if h.site.Name == site.Hub {
			return h
		}
	}
	return nil
}

// sitesOf returns the sites that reach the internet by a hub.
func (c *composer) sitesOf(hub estate.HubSite) []estate.Site {
	return slices.DeleteFunc(c.estate.Sites(), func(s estate.Site) bool { return s.Hub != hub.Name })
}

func (c *composer) hubCore(site estate.HubSite) *hub {
	name, at := c.hubLabel(site), c.hubPlace(site)
	keys, own := c.keyStack(at, LayerHubKeys, estate.PartLogs, encryption.KeyProps{Alias: name, Description: "Logs and alarms of the " + site.Name + " of " + c.estate.Name,
		Logs: true, LogDelivery: true, Alarms: true})
	h := &hub{site: site, stack: c.stack(at, LayerHubCore, "Transit Gateway, firewall, egress VPC and DNS Firewall of the estate "+c.estate.Name,
		append(c.archive.stacks(), keys)...)}
	h.plan, _ = c.plan.Hubs.Get(site.Name)
	key := imported(h.stack, "LogKey", own)
	var delivery *delivery
	if c.archive != nil {
		delivery = c.archive.newDelivery(h.stack, name, at.account, key)
	}

	tables := []string{tableInspected, tableEgress}
	for _, s := range c.sitesOf(site) {
		tables = append(tables, tableEnvironmentPrefix+s.Name)
	}
	h.transit = transithub.New(h.stack, "Transit", &transithub.Props{Name: name, Tables: tables})

	firewallLogs := encryption.NewLogGroup(h.stack, "FirewallLogs", &encryption.LogGroupProps{Key: key})
	asPart(firewallLogs, estate.PartLogs)
	h.key, h.alerts = own, firewallLogs
	h.firewall = inspection.New(h.stack, "Inspection", &inspection.Props{Name: name, TransitGatewayID: h.transit.Gateway.AttrId(),
		Zones: h.plan.Zones, Clients: c.clientRanges(site), Domains: c.estate.Network.AllowEgress, Destinations: c.destinations(), Logs: firewallLogs})
	asPart(h.firewall.Construct, estate.PartFirewall)

	flowLogs := encryption.NewLogGroup(h.stack, "FlowLogs", &encryption.LogGroupProps{Key: key})
	asPart(flowLogs, estate.PartLogs)
	h.egress = egressvpc.New(h.stack, "Egress", &egressvpc.Props{Name: name + "-egress", CIDR: h.plan.CIDR, Private: c.estate.Network.Supernet,
		Zones: h.plan.Zones, Range: ranges(h.plan, estate.HubTiers()), Subnets: subnets(h.plan),
		Ports: c.outsidePorts(), TransitGatewayID: h.transit.Gateway.AttrId(), FlowLogs: flowLogs, FlowArchive: delivery.recordsARN()})
	asPart(h.egress.Attachment, estate.PartAttachment)
	for i := range h.egress.NATs {
		asPart(h.egress.NATs[i], estate.PartEgress)
		asPart(h.egress.Addresses[i], estate.PartEgress)
	}

	h.dns = dnsfirewall.New(h.stack, "Dns", &dnsfirewall.Props{Name: name, Domains: c.resolvedDomains(site)}).Group
	queries := encryption.NewLogGroup(h.stack, "QueryLogs", &encryption.LogGroupProps{Key: key})
	asPart(queries, estate.PartLogs)
	dnsfirewall.Guard(h.stack, "EgressDns", &dnsfirewall.VPCProps{Name: name + "-egress", VPCID: h.egress.Resource.AttrVpcId(), RuleGroupID: h.dns.AttrId(), Queries: queries})
	delivery.carry(h.stack, "FirewallArchive", firewallLogs)
	delivery.carry(h.stack, "QueryArchive", queries)
	transithub.Share(h.stack, "Share", name, c.sharedWith(site, at.account), h.transit.ARN(), h.dns.AttrArn())
	return h
}

func (c *composer) hubRoutes(h *hub, environments []*environment) {
	after := []awscdk.Stack{h.stack}
	var networks []transitroutes.Network
	for _, env := range environments {
		if env.hub != h {
			continue
		}
		after = append(after, env.stacks[LayerNetwork])
		cidr, _ := c.plan.Sites.Get(env.name)
		networks = append(networks, transitroutes.Network{Name: env.name, CIDR: cidr.CIDR, Attachment: env.network.Attachment.AttrId(),
			Table: h.transit.Table(tableEnvironmentPrefix + env.name).AttrTransitGatewayRouteTableId()})
	}
	stack := c.stack(c.hubPlace(h.site), LayerHubRoutes, "Routes of the Transit Gateway of the estate "+c.estate.Name, after...)
	transitroutes.New(stack, "Routes", &transitroutes.Props{Private: c.estate.Network.Supernet,
		Firewall: h.firewall.Resource.AttrTransitGatewayAttachmentId(), Egress: h.egress.Attachment.AttrId(),
		InspectedTable: h.transit.Table(tableInspected).AttrTransitGatewayRouteTableId(),
		EgressTable:    h.transit.Table(tableEgress).AttrTransitGatewayRouteTableId(), Networks: networks})
	h.routes = stack
}

// sharedWith returns the ids of the accounts of a hub's sites other than the
// hub's own, sorted.
func (c *composer) sharedWith(hub estate.HubSite, hubAccount string) []string {
	var ids []string
	for _, s := range c.sitesOf(hub) {
		if s.Account != hubAccount {
			ids = append(ids, s.Account)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (c *composer) clientRanges(hub estate.HubSite) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range c.sitesOf(hub) {
		v, _ := c.plan.Sites.Get(s.Name)
		all = append(all, v.CIDR)
	}
	return all
}

// outsidePort is a port on the internet that the estate's flows name.
type outsidePort struct {
	protocol string
	port     int
}

// outside returns the ports on the internet that an environment's parts reach
// (every environment's for ""), sorted, and which parts reach each.
func (c *composer) outside(env string) (ports []outsidePort, by map[outsidePort][]string) {
	by = map[outsidePort][]string{}
	for _, f := range c.estate.Flows() {
		if !estate.IsHub(f.To.Environment) || (env != "" && f.From.Environment != env) {
			continue
		}
		p := outsidePort{f.Protocol, f.Port}
		if by[p] == nil {
			ports = append(ports, p)
		}
		by[p] = append(by[p], f.From.Name)
	}
	slices.SortFunc(ports, func(a, b outsidePort) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.protocol, b.protocol))
	})
	return ports, by
}

func (c *composer) outsidePorts() []egressvpc.Port {
	ports, _ := c.outside("")
	var all []egressvpc.Port
	for _, p := range ports {
		all = append(all, egressvpc.Port{Protocol: protocolNumber(p.protocol), Number: p.port})
	}
	return all
}

// destinations are what leaves by address. Domain lists do not admit the
// tunnel's protocol, so its ranges are named.
func (c *composer) destinations() []inspection.Destination {
	ports, _ := c.outside("")
	var all []inspection.Destination
	for _, p := range ports {
		if p.port == estate.PortTunnel {
			protocol := "TCP"
			if p.protocol == estate.UDP {
				protocol = "UDP"
			}
			all = append(all, inspection.Destination{Protocol: protocol, Ranges: estate.TunnelRanges(), Port: p.port})
		}
	}
	return all
}

func protocolNumber(p string) int {
	if p == estate.UDP {
		return vpc.UDP
	}
	return vpc.TCP
}

// ranges returns the range of each tier by its name.
func ranges(v estate.VPCPlan, tiers []estate.Tier) map[string]netip.Prefix {
	m := map[string]netip.Prefix{}
	for _, t := range tiers {
		m[string(t)] = v.Range(t)
	}
	return m
}

func subnets(v estate.VPCPlan) map[string][]netip.Prefix {
	m := map[string][]netip.Prefix{}
	for t, s := range v.Subnets {
		m[string(t)] = s
	}
	return m
}
