package collect

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func (c *collector) loadBalancers() ([]types.LoadBalancer, error) {
	return pages(c.ctx, elb.NewDescribeLoadBalancersPaginator(c.balancers, nil), func(o *elb.DescribeLoadBalancersOutput) []types.LoadBalancer { return o.LoadBalancers })
}

func (c *collector) targetGroups() ([]types.TargetGroup, error) {
	return pages(c.ctx, elb.NewDescribeTargetGroupsPaginator(c.balancers, nil), func(o *elb.DescribeTargetGroupsOutput) []types.TargetGroup { return o.TargetGroups })
}

func (c *collector) listeners(balancer *string) ([]types.Listener, error) {
	p := elb.NewDescribeListenersPaginator(c.balancers, &elb.DescribeListenersInput{LoadBalancerArn: balancer})
	return pages(c.ctx, p, func(o *elb.DescribeListenersOutput) []types.Listener { return o.Listeners })
}

// ofEach joins what is asked of one thing at a time: the thing's id under a key,
// and the answer under another.
func ofEach[T any](things []T, err error, idKey string, id func(T) *string, key string, ask func(*string) (any, error)) (any, error) {
	var out []any
	for _, t := range things {
		answer, err := ask(id(t))
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]any{idKey: aws.ToString(id(t)), key: answer})
	}
	return out, err
}

func balancerArn(b types.LoadBalancer) *string { return b.LoadBalancerArn }
func groupArn(g types.TargetGroup) *string     { return g.TargetGroupArn }

func balancerAttributes(c *collector) (any, error) {
	all, err := c.loadBalancers()
	return ofEach(all, err, "LoadBalancerArn", balancerArn, "Attributes", func(arn *string) (any, error) {
		o, err := c.balancers.DescribeLoadBalancerAttributes(c.ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: arn})
		if err != nil {
			return nil, err
		}
		return o.Attributes, nil
	})
}

func balancerListeners(c *collector) (any, error) {
	all, err := c.loadBalancers()
	return ofEach(all, err, "LoadBalancerArn", balancerArn, "Listeners", func(arn *string) (any, error) { return c.listeners(arn) })
}

func listenerRules(c *collector) (any, error) {
	all, err := c.loadBalancers()
	var listeners []types.Listener
	for _, b := range all {
		if b.Type != types.LoadBalancerTypeEnumApplication {
			continue // others have no rules
		}
		some, err := c.listeners(b.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, some...)
	}
	return ofEach(listeners, err, "ListenerArn", func(l types.Listener) *string { return l.ListenerArn }, "Rules", func(arn *string) (any, error) {
		p := elb.NewDescribeRulesPaginator(c.balancers, &elb.DescribeRulesInput{ListenerArn: arn})
		return pages(c.ctx, p, func(o *elb.DescribeRulesOutput) []types.Rule { return o.Rules })
	})
}

func targetGroupAttributes(c *collector) (any, error) {
	all, err := c.targetGroups()
	return ofEach(all, err, "TargetGroupArn", groupArn, "Attributes", func(arn *string) (any, error) {
		o, err := c.balancers.DescribeTargetGroupAttributes(c.ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: arn})
		if err != nil {
			return nil, err
		}
		return o.Attributes, nil
	})
}

func targetHealth(c *collector) (any, error) {
	all, err := c.targetGroups()
	return ofEach(all, err, "TargetGroupArn", groupArn, "TargetHealthDescriptions", func(arn *string) (any, error) {
		o, err := c.balancers.DescribeTargetHealth(c.ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: arn})
		if err != nil {
			return nil, err
		}
		return o.TargetHealthDescriptions, nil
	})
}
