package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/directconnect"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// paginator is what the SDK's paginators have in common.
type paginator[O, F any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*F)) (*O, error)
}

// pages reads every page.
func pages[T, O, F any](ctx context.Context, p paginator[O, F], items func(*O) []T) ([]T, error) {
	var all []T
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, items(page)...)
	}
	return all, nil
}

// lists are the files of a snapshot, in the order in which they are asked for.
func lists() []list {
	return []list{
		{"Vpcs", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeVpcsPaginator(c.ec2, nil), func(o *ec2.DescribeVpcsOutput) []ec2types.Vpc { return o.Vpcs })
		}},
		{"VpcAttributes", vpcAttributes},
		{"Subnets", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeSubnetsPaginator(c.ec2, nil), func(o *ec2.DescribeSubnetsOutput) []ec2types.Subnet { return o.Subnets })
		}},
		{"RouteTables", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeRouteTablesPaginator(c.ec2, nil), func(o *ec2.DescribeRouteTablesOutput) []ec2types.RouteTable { return o.RouteTables })
		}},
		{"NetworkAcls", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeNetworkAclsPaginator(c.ec2, nil), func(o *ec2.DescribeNetworkAclsOutput) []ec2types.NetworkAcl { return o.NetworkAcls })
		}},
		{"SecurityGroups", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeSecurityGroupsPaginator(c.ec2, nil), func(o *ec2.DescribeSecurityGroupsOutput) []ec2types.SecurityGroup { return o.SecurityGroups })
		}},
		{"InternetGateways", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeInternetGatewaysPaginator(c.ec2, nil), func(o *ec2.DescribeInternetGatewaysOutput) []ec2types.InternetGateway { return o.InternetGateways })
		}},
		{"EgressOnlyInternetGateways", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeEgressOnlyInternetGatewaysPaginator(c.ec2, nil), func(o *ec2.DescribeEgressOnlyInternetGatewaysOutput) []ec2types.EgressOnlyInternetGateway {
				return o.EgressOnlyInternetGateways
			})
		}},
		{"NatGateways", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeNatGatewaysPaginator(c.ec2, nil), func(o *ec2.DescribeNatGatewaysOutput) []ec2types.NatGateway { return o.NatGateways })
		}},
		{"VpcPeeringConnections", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeVpcPeeringConnectionsPaginator(c.ec2, nil), func(o *ec2.DescribeVpcPeeringConnectionsOutput) []ec2types.VpcPeeringConnection {
				return o.VpcPeeringConnections
			})
		}},
		{"VpcEndpoints", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeVpcEndpointsPaginator(c.ec2, nil), func(o *ec2.DescribeVpcEndpointsOutput) []ec2types.VpcEndpoint { return o.VpcEndpoints })
		}},
		{"PrefixLists", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribePrefixListsPaginator(c.ec2, nil), func(o *ec2.DescribePrefixListsOutput) []ec2types.PrefixList { return o.PrefixLists })
		}},
		{"ManagedPrefixLists", func(c *collector) (any, error) { return c.prefixLists() }},
		{"ManagedPrefixListEntries", prefixListEntries},
		{"NetworkInterfaces", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeNetworkInterfacesPaginator(c.ec2, nil), func(o *ec2.DescribeNetworkInterfacesOutput) []ec2types.NetworkInterface { return o.NetworkInterfaces })
		}},
		{"Reservations", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeInstancesPaginator(c.ec2, nil), func(o *ec2.DescribeInstancesOutput) []ec2types.Reservation { return o.Reservations })
		}},
		{"Addresses", func(c *collector) (any, error) {
			o, err := c.ec2.DescribeAddresses(c.ctx, nil) // which has no pages
			if err != nil {
				return nil, err
			}
			return o.Addresses, nil
		}},
		{"TransitGateways", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeTransitGatewaysPaginator(c.ec2, nil), func(o *ec2.DescribeTransitGatewaysOutput) []ec2types.TransitGateway { return o.TransitGateways })
		}},
		{"TransitGatewayAttachments", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeTransitGatewayAttachmentsPaginator(c.ec2, nil), func(o *ec2.DescribeTransitGatewayAttachmentsOutput) []ec2types.TransitGatewayAttachment {
				return o.TransitGatewayAttachments
			})
		}},
		{"TransitGatewayVpcAttachments", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeTransitGatewayVpcAttachmentsPaginator(c.ec2, nil), func(o *ec2.DescribeTransitGatewayVpcAttachmentsOutput) []ec2types.TransitGatewayVpcAttachment {
				return o.TransitGatewayVpcAttachments
			})
		}},
		{"TransitGatewayPeeringAttachments", func(c *collector) (any, error) {
			return pages(c.ctx, ec2.NewDescribeTransitGatewayPeeringAttachmentsPaginator(c.ec2, nil), func(o *ec2.DescribeTransitGatewayPeeringAttachmentsOutput) []ec2types.TransitGatewayPeeringAttachment {
				return o.TransitGatewayPeeringAttachments
			})
		}},
		{"TransitGatewayRouteTables", func(c *collector) (any, error) { return c.transitTables() }},
		{"TransitGatewayPropagations", propagations},
		{"TransitGatewayRoutes", transitRoutes},
		{"VpnGateways", func(c *collector) (any, error) {
			o, err := c.ec2.DescribeVpnGateways(c.ctx, nil) // which has no pages
			if err != nil {
				return nil, err
			}
			return o.VpnGateways, nil
		}},
		{"VpnConnections", func(c *collector) (any, error) {
			o, err := c.ec2.DescribeVpnConnections(c.ctx, nil) // nor has this
			if err != nil {
				return nil, err
			}
			return o.VpnConnections, nil
		}},
		{"CustomerGateways", func(c *collector) (any, error) {
			o, err := c.ec2.DescribeCustomerGateways(c.ctx, nil) // nor this
			if err != nil {
				return nil, err
			}
			return o.CustomerGateways, nil
		}},
		{"VirtualInterfaces", func(c *collector) (any, error) {
			o, err := c.direct.DescribeVirtualInterfaces(c.ctx, &directconnect.DescribeVirtualInterfacesInput{})
			if err != nil {
				return nil, err
			}
			return o.VirtualInterfaces, nil
		}},
		{"DirectConnectGatewayAssociations", directConnect},
		{"LoadBalancers", func(c *collector) (any, error) { return c.loadBalancers() }},
		{"LoadBalancerAttributes", balancerAttributes},
		{"LoadBalancerListeners", balancerListeners},
		{"ListenerRules", listenerRules},
		{"TargetGroups", func(c *collector) (any, error) { return c.targetGroups() }},
		{"TargetGroupAttributes", targetGroupAttributes},
		{"LoadBalancerTargetHealth", targetHealth},
		{"DBInstances", func(c *collector) (any, error) {
			p := rds.NewDescribeDBInstancesPaginator(c.rds, nil)
			return pages(c.ctx, p, func(o *rds.DescribeDBInstancesOutput) []any { return anys(o.DBInstances) })
		}},
		{"DBClusters", func(c *collector) (any, error) {
			p := rds.NewDescribeDBClustersPaginator(c.rds, nil)
			return pages(c.ctx, p, func(o *rds.DescribeDBClustersOutput) []any { return anys(o.DBClusters) })
		}},
		{"DBSubnetGroups", func(c *collector) (any, error) {
			p := rds.NewDescribeDBSubnetGroupsPaginator(c.rds, nil)
			return pages(c.ctx, p, func(o *rds.DescribeDBSubnetGroupsOutput) []any { return anys(o.DBSubnetGroups) })
		}},
		{"Functions", func(c *collector) (any, error) {
			return pages(c.ctx, lambda.NewListFunctionsPaginator(c.lambda, nil), func(o *lambda.ListFunctionsOutput) []any { return anys(o.Functions) })
		}},
	}
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// vpcAttributes asks for what DescribeVpcs does not say.
func vpcAttributes(c *collector) (any, error) {
	vpcs, err := pages(c.ctx, ec2.NewDescribeVpcsPaginator(c.ec2, nil), func(o *ec2.DescribeVpcsOutput) []ec2types.Vpc { return o.Vpcs })
	var out []any
	for _, v := range vpcs {
		one := map[string]any{"VpcId": aws.ToString(v.VpcId)}
		for _, name := range []ec2types.VpcAttributeName{ec2types.VpcAttributeNameEnableDnsSupport, ec2types.VpcAttributeNameEnableDnsHostnames} {
			o, err := c.ec2.DescribeVpcAttribute(c.ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: name})
			if err != nil {
				return nil, err
			}
			if o.EnableDnsSupport != nil {
				one["EnableDnsSupport"] = o.EnableDnsSupport
			}
			if o.EnableDnsHostnames != nil {
				one["EnableDnsHostnames"] = o.EnableDnsHostnames
			}
		}
		out = append(out, one)
	}
	return out, err
}

func (c *collector) prefixLists() ([]ec2types.ManagedPrefixList, error) {
	return pages(c.ctx, ec2.NewDescribeManagedPrefixListsPaginator(c.ec2, nil), func(o *ec2.DescribeManagedPrefixListsOutput) []ec2types.ManagedPrefixList { return o.PrefixLists })
}

func prefixListEntries(c *collector) (any, error) {
	lists, err := c.prefixLists()
	var out []any
	for _, l := range lists {
		p := ec2.NewGetManagedPrefixListEntriesPaginator(c.ec2, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: l.PrefixListId})
		entries, err := pages(c.ctx, p, func(o *ec2.GetManagedPrefixListEntriesOutput) []ec2types.PrefixListEntry { return o.Entries })
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]any{"PrefixListId": aws.ToString(l.PrefixListId), "Entries": entries})
	}
	return out, err
}

func (c *collector) transitTables() ([]ec2types.TransitGatewayRouteTable, error) {
	return pages(c.ctx, ec2.NewDescribeTransitGatewayRouteTablesPaginator(c.ec2, nil), func(o *ec2.DescribeTransitGatewayRouteTablesOutput) []ec2types.TransitGatewayRouteTable {
		return o.TransitGatewayRouteTables
	})
}

func propagations(c *collector) (any, error) {
	tables, err := c.transitTables()
	var out []any
	for _, t := range tables {
		p := ec2.NewGetTransitGatewayRouteTablePropagationsPaginator(c.ec2, &ec2.GetTransitGatewayRouteTablePropagationsInput{TransitGatewayRouteTableId: t.TransitGatewayRouteTableId})
		all, err := pages(c.ctx, p, func(o *ec2.GetTransitGatewayRouteTablePropagationsOutput) []ec2types.TransitGatewayRouteTablePropagation {
			return o.TransitGatewayRouteTablePropagations
		})
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]any{"TransitGatewayRouteTableId": aws.ToString(t.TransitGatewayRouteTableId), "TransitGatewayRouteTablePropagations": all})
	}
	return out, err
}

// transitRoutes searches for every route of every table, static and propagated.
// AWS returns a thousand at most, and says so.
func transitRoutes(c *collector) (any, error) {
	tables, err := c.transitTables()
	var out []any
	for _, t := range tables {
		o, err := c.ec2.SearchTransitGatewayRoutes(c.ctx, &ec2.SearchTransitGatewayRoutesInput{TransitGatewayRouteTableId: t.TransitGatewayRouteTableId,
			Filters: []ec2types.Filter{{Name: aws.String("type"), Values: []string{"static", "propagated"}}}})
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]any{"TransitGatewayRouteTableId": aws.ToString(t.TransitGatewayRouteTableId), "Routes": o.Routes,
			"AdditionalRoutesAvailable": aws.ToBool(o.AdditionalRoutesAvailable)})
	}
	return out, err
}

// directConnect asks what Direct Connect leads to: its gateways, and with what
// each is associated.
func directConnect(c *collector) (any, error) {
	var out []any
	in := &directconnect.DescribeDirectConnectGatewaysInput{}
	for {
		o, err := c.direct.DescribeDirectConnectGateways(c.ctx, in)
		if err != nil {
			return nil, err
		}
		for _, g := range o.DirectConnectGateways {
			ask := &directconnect.DescribeDirectConnectGatewayAssociationsInput{DirectConnectGatewayId: g.DirectConnectGatewayId}
			for {
				a, err := c.direct.DescribeDirectConnectGatewayAssociations(c.ctx, ask)
				if err != nil {
					return nil, err
				}
				out = append(out, anys(a.DirectConnectGatewayAssociations)...)
				if ask.NextToken = a.NextToken; aws.ToString(a.NextToken) == "" {
					break
				}
			}
		}
		if in.NextToken = o.NextToken; aws.ToString(o.NextToken) == "" {
			return out, nil
		}
	}
}
