package guarded

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/estate"
)

// services judges what the services behind the gateway are told of origins: a
// private integration passes their answers on as they are ("Set up HTTP
// integrations in API Gateway", Amazon API Gateway Developer Guide), so that each
// says itself which website may read them.
func (c *checker) services() {
	if c.in.Estate == nil || !c.in.Parts.Believed() {
		return
	}
	declared := map[estate.PartID][]string{}
	for _, site := range c.in.Estate.Sites() {
		for _, name := range c.in.Estate.GatewayServices() {
			declared[estate.PartID{Environment: site.Name, Name: name}] = c.in.Estate.Origins(site)
			for _, t := range c.in.Estate.Tenancies(site) {
				declared[estate.PartID{Environment: site.Name, Tenant: t.Tenant, Name: name}] = c.in.Estate.TenantOrigins(site, t)
			}
		}
	}
	for _, task := range c.in.Graph.OfType("AWS::ECS::TaskDefinition") {
		id := c.in.PartOf(task.Addr)
		want, ok := declared[id]
		if !ok {
			continue
		}
		for i, container := range task.Props.Get("ContainerDefinitions").Items() {
			for j, v := range container.Get("Environment").Items() {
				if v.Get("Name").Text() != estate.OriginsVariable {
					continue
				}
				at := fmt.Sprintf("ContainerDefinitions/%d/Environment/%d/Value", i, j)
				c.tally.Look(task)
				if why := v.Get("Value").FirstUnknown(); why != nil {
					c.tally.DoubtAt(task, CodeCORSHidden, at, fmt.Sprintf("Which origins %s is told is not known: %s.", c.in.Name(task), why.Error()), "Name the origins in the template.")
					continue
				}
				for origin := range strings.SplitSeq(v.Get("Value").Text(), ",") {
					if origin != "" && !slices.Contains(want, origin) {
						c.tally.RefuteAt(task, CodeOtherOrigin, at, fmt.Sprintf("%s is told that the website %s may read what it answers, which is no portal of %s.", c.in.Name(task), origin, id),
							"Name the origins of its own portals: "+english(want)+".")
					}
				}
			}
		}
	}
}
