package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/breakglass"
	"github.com/suretyhq/surety/patterns/resolver"
	"github.com/suretyhq/surety/patterns/threetier"
)

func (env *environment) wantsAccess() bool {
	return env.hasPart(estate.PartResolver) || env.hasPart(estate.PartForwarder) || env.hasPart(estate.PartBreakGlass)
}

// addAccess makes what people's access needs beside the tunnel: the endpoint
// that tells the tunnel where private names are, the one that asks others about
// theirs, and the way in for when the tunnel is down.
func (env *environment) addAccess() error {
	stack := env.stack(LayerAccess, "Names and access", LayerKeys, LayerNetwork, LayerHubRoutes)
	around := env.surroundings(stack)
	dmz := around.subnets(threetier.DMZ)
	if env.hasPart(estate.PartResolver) {
		asPart(resolver.NewInbound(stack, "Resolver", &resolver.Props{Name: env.label(), SubnetIDs: ids(around.subnets(threetier.Endpoint)),
			SecurityGroup: around.group(estate.PartResolver)}), estate.PartResolver)
	}
	if env.hasPart(estate.PartForwarder) {
		props := &resolver.OutboundProps{VPCID: around.vpc.VpcId(), Props: resolver.Props{Name: env.label() + "-forwarder",
			SubnetIDs: ids(dmz), SecurityGroup: around.group(estate.PartForwarder)}}
		for domain, f := range env.estate.Network.DNS.Forward.All() {
			props.Rules = append(props.Rules, resolver.Rule{Domain: domain, Servers: f.Addresses(), ServerName: f.Name})
		}
		asPart(resolver.NewOutbound(stack, "Forwarder", props), estate.PartForwarder)
	}
	if glass := env.estate.Access.BreakGlass; env.estate.BreaksGlass() {
		asPart(breakglass.New(stack, "BreakGlass", &breakglass.Props{Name: env.label() + "-break-glass", Users: glass.Users, Alert: glass.Alert, Domain: env.domain(),
			Subnets: dmz, SecurityGroup: around.group(estate.PartBreakGlass), Key: imported(stack, "GlassKey", env.glassKey)}).Construct, estate.PartBreakGlass)
	}
	return nil
}

func ids(subnets []awsec2.ISubnet) []*string {
	var all []*string
	for _, s := range subnets {
		all = append(all, s.SubnetId())
	}
	return all
}
