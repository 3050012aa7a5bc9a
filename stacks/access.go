package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/resolver"
	"github.com/suretyhq/surety/patterns/threetier"
)

func (env *environment) wantsAccess() bool {
	return env.hasPart(estate.PartResolver) || env.hasPart(estate.PartForwarder)
}

// addAccess makes what people's access needs beside the tunnel: the endpoint
// that tells the tunnel where private names are, and the one that asks others
// about theirs.
func (env *environment) addAccess() error {
	stack := env.stack(LayerAccess, "Names and access", LayerKeys, LayerNetwork, LayerHubRoutes)
	around := env.surroundings(stack)
	if env.hasPart(estate.PartResolver) {
		asPart(resolver.NewInbound(stack, "Resolver", &resolver.Props{Name: env.label(), SubnetIDs: ids(around.subnets(threetier.Endpoint)),
			SecurityGroup: around.group(estate.PartResolver)}), estate.PartResolver)
	}
	if env.hasPart(estate.PartForwarder) {
		props := &resolver.OutboundProps{VPCID: around.vpc.VpcId(), Props: resolver.Props{Name: env.label() + "-forwarder",
			SubnetIDs: ids(around.subnets(threetier.DMZ)), SecurityGroup: around.group(estate.PartForwarder)}}
		for domain, f := range env.estate.Network.DNS.Forward.All() {
			props.Rules = append(props.Rules, resolver.Rule{Domain: domain, Servers: f.Addresses(), ServerName: f.Name})
		}
		asPart(resolver.NewOutbound(stack, "Forwarder", props), estate.PartForwarder)
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
