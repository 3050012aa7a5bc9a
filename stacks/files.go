package stacks

import (
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/dnsfirewall"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/transfer"
)

func (env *environment) wantsFiles() bool { return env.estate.Transfers(env.site) }

// addFiles makes the exchange of files with partners. It stands in the
// environment's account, in a VPC of its own: what is open to the internet is
// connected to nothing.
func (env *environment) addFiles() error {
	stack := env.stack(LayerFiles, "Exchange of files with partners", LayerHubCore, LayerKeys, LayerDelivery, LayerReplicas)
	plan, logKey := env.estate.TransferPlan(env.site), imported(stack, "LogKey", env.logKey)
	props := &transfer.Props{Name: env.label() + "-transfer", CIDR: plan.CIDR, Private: env.estate.Network.Supernet, Zones: plan.Zones,
		Subnets: plan.Subnets[estate.TierPublic], Key: imported(stack, "FilesKey", env.filesKey), LogKey: logKey,
		Logs: env.delivery.accessLogs(), FlowArchive: env.delivery.recordsARN(), Replicas: env.replicas.of(copyFiles)}
	for name, p := range env.estate.Workload.Transfer.Partners.All() {
		props.Partners = append(props.Partners, transfer.Partner{Name: name, Allow: p.Allow, Keys: p.Keys})
	}
	server := transfer.New(stack, "Transfer", props)
	env.files = server
	asPart(server.Construct, estate.PartTransfer)
	asPart(server.Logs, estate.PartLogs)
	asPart(server.FlowLogs, estate.PartLogs)
	queries := encryption.NewLogGroup(stack, "QueryLogs", &encryption.LogGroupProps{Key: logKey})
	asPart(queries, estate.PartLogs)
	env.delivery.carry(stack, "QueryArchive", queries)
	dnsfirewall.Guard(stack, "Dns", &dnsfirewall.VPCProps{Name: props.Name, VPCID: server.VPC.Resource.AttrVpcId(), RuleGroupID: env.hub.dns.AttrId(), Queries: queries})
	return nil
}
