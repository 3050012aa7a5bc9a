package declaredflows

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings about what a part listens on.
const (
	CodeContainerPort = "SERVICE_PORT_MISMATCH"
	CodeImage         = "SERVICE_IMAGE_MISMATCH"
	CodeTargetPort    = "TARGET_PORT_RESTRICTION"         // Reachability Analyzer's
	CodeListener      = "ELBV2_LISTENER_PORT_RESTRICTION" // Reachability Analyzer's
	CodeNoTargets     = "ELBV2_LISTENER_HAS_NO_TG"        // Reachability Analyzer's
	CodeDatabasePort  = "DATABASE_PORT_MISMATCH"
	CodeCachePort     = "CACHE_PORT_MISMATCH"
)

// listens compares what parts listen on with the ports of the estate's flows.
func (c *checker) listens() {
	for _, id := range c.in.Parts.Parts() {
		switch c.in.KindOf(id) {
		case estate.KindService:
			c.service(id)
			c.instances(id)
		case estate.KindDatabase:
			c.database(id)
		case estate.KindCache:
			c.cache(id)
		case estate.KindBalancer:
			c.balancer(id)
		}
	}
}

// taskOf returns the task definition that an ECS service runs, or nil.
func taskOf(g *resource.Graph, service *resource.Resource) *resource.Resource {
	ref, _ := service.Props.Get("TaskDefinition").Ref()
	return g.Get(ref.To)
}

// service compares an ECS service's container with the estate: the port that
// it listens on, and the image, which tells two services apart whose tags were
// swapped.
func (c *checker) service(id estate.PartID) {
	want, ok := c.in.Estate.Workload.Services.Get(id.Name)
	if !ok {
		return
	}
	at := "workload/services/" + id.Name
	for _, a := range c.in.Parts.Members[id] {
		r := c.in.Graph.Get(a)
		if r.Type != "AWS::ECS::Service" {
			continue
		}
		task := taskOf(c.in.Graph, r)
		if task == nil {
			continue
		}
		c.tally.Check(scopeOf(id), 1)
		containers := task.Props.Get("ContainerDefinitions")
		c.image(id, task, containers, c.imageAt(id, want.Image), at)
		if !listensOn(containers, want.Port) {
			c.tally.Refute(scopeOf(id), proof.Finding{Code: CodeContainerPort, At: task.Addr, Property: "ContainerDefinitions/0/PortMappings/0/ContainerPort",
				Part: id, Intent: c.in.Estate.Pos(at),
				Message: fmt.Sprintf("The estate says that %s serves port %d, but no container of its task definition listens there.", id, want.Port),
				Fix:     fmt.Sprintf("Map container port %d, or correct the port in the estate file.", want.Port)})
		}
		for i, lb := range r.Props.Get("LoadBalancers").Items() {
			if n, ok := lb.Get("ContainerPort").Int(); ok && n != want.Port {
				c.tally.Refute(scopeOf(id), proof.Finding{Code: CodeTargetPort, At: r.Addr, Property: "LoadBalancers/" + strconv.Itoa(i) + "/ContainerPort",
					Part: id, Intent: c.in.Estate.Pos(at),
					Message: fmt.Sprintf("%s is registered with its balancer at port %d, but serves port %d.", id, n, want.Port),
					Fix:     "Register the port that the estate names."})
			}
		}
	}
}

func listensOn(containers value.Value, port int) bool {
	for _, d := range containers.Items() {
		for _, m := range d.Get("PortMappings").Items() {
			if n, ok := m.Get("ContainerPort").Int(); ok && n == port || m.Get("ContainerPort").IsUnknown() {
				return true
			}
		}
	}
	return containers.IsUnknown()
}

// image compares the images of a task's containers with those of the estate,
// where all of them are literal: one is the service's own, and beside it stands
// none but the collector of traces. Whatever else stands there has the
// service's network and could open or answer connections in its name. An estate
// that describes what others made does not say what they put beside.
func (c *checker) image(id estate.PartID, task *resource.Resource, containers value.Value, want, at string) {
	var have []string
	own, foreign := false, -1
	for i, d := range containers.Items() {
		text, ok := d.Get("Image").Str()
		if !ok {
			return
		}
		own = own || text == want
		if collector := c.in.Estate.Monitoring.Collector; text != want && (collector == nil || text != c.imageAt(id, collector.Image)) && foreign < 0 {
			foreign = i
		}
		have = append(have, text)
	}
	f := proof.Finding{Code: CodeImage, At: task.Addr, Part: id, Intent: c.in.Estate.Pos(at)}
	switch {
	case len(have) == 0 || own && (foreign < 0 || len(c.in.Estate.Bindings) > 0):
		return
	case own:
		f.Property = "ContainerDefinitions/" + strconv.Itoa(foreign) + "/Image"
		f.Message = fmt.Sprintf("%s runs beside %s, and the estate does not name it.", have[foreign], id)
		f.Fix = "Take the container out; monitoring.collector is the one that may stand beside a service."
	default:
		f.Property = "ContainerDefinitions/" + strconv.Itoa(max(foreign, 0)) + "/Image"
		f.Message = fmt.Sprintf("The estate says that %s runs %s, but its task definition runs %s.", id, want, strings.Join(have, ", "))
		f.Fix = "Correct the image, or the tag " + addr.TagPart + " if this is another part."
	}
	c.tally.Refute(scopeOf(id), f)
}

// imageAt is an image as the site of a part takes it.
func (c *checker) imageAt(id estate.PartID, image string) string {
	site, ok := c.in.Estate.Site(id.Environment)
	if !ok {
		return image
	}
	return c.in.Estate.ImageAt(site, image)
}

// database compares the port of a DB cluster or instance with the one of the
// flows that lead to it. Without a port PostgreSQL has 5432 and MySQL 3306.
func (c *checker) database(id estate.PartID) {
	for _, a := range c.in.Parts.Members[id] {
		r := c.in.Graph.Get(a)
		if r.Type != "AWS::RDS::DBCluster" && (r.Type != "AWS::RDS::DBInstance" || !r.Props.Get("DBClusterIdentifier").IsAbsent()) {
			continue
		}
		c.tally.Check(scopeOf(id), 1)
		port := r.Props.Get("Port")
		n, ok := port.Int()
		if port.IsAbsent() {
			n, ok = 5432, true
			if e := r.Props.Get("Engine").Text(); strings.Contains(e, "mysql") || strings.Contains(e, "maria") {
				n = 3306
			}
		}
		if ok && n != estate.PortDatabase {
			c.tally.Refute(scopeOf(id), proof.Finding{Code: CodeDatabasePort, At: r.Addr, Property: "Port", Part: id,
				Message: fmt.Sprintf("%s listens on port %d, but those that need it are let through to port %d.", id, n, estate.PortDatabase),
				Fix:     "Let the database listen on " + strconv.Itoa(estate.PortDatabase) + "."})
		}
	}
}

// cache compares the port of a cache with the one of the flows that lead to
// it. Without a port Redis has 6379; a serverless cache has no other
// ("AWS::ElastiCache::ReplicationGroup": Port).
func (c *checker) cache(id estate.PartID) {
	for _, a := range c.in.Parts.Members[id] {
		r := c.in.Graph.Get(a)
		if r.Type != "AWS::ElastiCache::ReplicationGroup" && r.Type != "AWS::ElastiCache::CacheCluster" {
			continue
		}
		c.tally.Check(scopeOf(id), 1)
		port := r.Props.Get("Port")
		if n, ok := port.Int(); ok && n != estate.PortCache {
			c.tally.Refute(scopeOf(id), proof.Finding{Code: CodeCachePort, At: r.Addr, Property: "Port", Part: id,
				Message: fmt.Sprintf("%s listens on port %d, but those that need it are let through to port %d.", id, n, estate.PortCache),
				Fix:     "Let the cache listen on " + strconv.Itoa(estate.PortCache) + "."})
		}
	}
}

// fronts returns the listeners of each of a part's balancers, and the target
// group by which they lead to each part.
func (c *checker) fronts(id estate.PartID) (listeners map[addr.Address][]*resource.Listener, forwards map[estate.PartID]addr.Address) {
	listeners, forwards = map[addr.Address][]*resource.Listener{}, map[estate.PartID]addr.Address{}
	for _, a := range c.in.Parts.Members[id] {
		if c.in.Graph.Get(a).Type == "AWS::ElasticLoadBalancingV2::LoadBalancer" {
			listeners[a] = nil
		}
	}
	for _, l := range resource.Views[resource.Listener](c.in.Graph) {
		if c.in.PartOf(l.Balancer.To) != id {
			continue
		}
		listeners[l.Balancer.To] = append(listeners[l.Balancer.To], l)
		for _, a := range l.Actions {
			for _, g := range a.Groups {
				c.registered(g.To, forwards)
			}
		}
	}
	return listeners, forwards
}

// balancer compares the listeners and target groups of a part's balancers with
// the flows to it and from it.
func (c *checker) balancer(id estate.PartID) {
	listeners, forwards := c.fronts(id)
	for pr, flows := range c.flows {
		if pr.to != id && pr.from != id {
			continue
		}
		for _, f := range flows {
			if !c.present(f) {
				continue
			}
			c.tally.Check(scopeOf(id), 1)
			if pr.to == id {
				for balancer, all := range listeners {
					c.listener(f, balancer, all)
				}
			} else {
				c.targets(f, forwards)
			}
		}
	}
}

// listener checks that a balancer listens where a flow to it leads.
func (c *checker) listener(f estate.Flow, balancer addr.Address, listeners []*resource.Listener) {
	at := balancer
	for _, l := range listeners {
		if l.Port == f.Port {
			return
		}
		at = l.Addr
	}
	c.tally.Refute(scopeOf(f.To), proof.Finding{Code: CodeListener, At: at, Property: "Port", Part: f.To, Intent: f.Pos,
		Message: fmt.Sprintf("The estate says that %s reaches %s by port %d, but no listener of %s has that port.", f.From, f.To, f.Port, balancer.Logical),
		Fix:     fmt.Sprintf("Add a listener on port %d.", f.Port)})
}

// targets checks that a balancer forwards to a service, to the port that it
// serves.
func (c *checker) targets(f estate.Flow, forwards map[estate.PartID]addr.Address) {
	if group, ok := forwards[f.To]; ok {
		c.targetPort(group, f)
		return
	}
	c.tally.Refute(scopeOf(f.From), proof.Finding{Code: CodeNoTargets, At: c.first(f.From, "AWS::ElasticLoadBalancingV2::LoadBalancer"), Property: "Listeners", Part: f.To, Intent: f.Pos,
		Message: fmt.Sprintf("The estate says that %s is reached through %s, but no listener forwards to a target group that it registers in.", f.To, f.From),
		Fix:     "Forward a listener's rule to a target group and register the service in it."})
}

// targetPort checks that health is asked where the service listens. The port
// of a target group counts only for targets that name none; a service names
// its own.
func (c *checker) targetPort(group addr.Address, f estate.Flow) {
	g := resource.View[resource.TargetGroup](c.in.Graph, group)
	if g == nil {
		return
	}
	finding := proof.Finding{Code: CodeTargetPort, At: group, Part: f.To, Intent: f.Pos}
	if g.Port != 0 && g.Port != f.Port {
		finding.Property = "Port"
		finding.Message = fmt.Sprintf("The target group of %s sends to port %d, but the estate says that it serves port %d.", f.To, g.Port, f.Port)
		finding.Fix = fmt.Sprintf("Set Port to %d.", f.Port)
		c.tally.Refute(scopeOf(f.From), finding)
	}
	if n, err := strconv.Atoi(g.HealthPort); err == nil && n != f.Port {
		finding.Property = "HealthCheckPort"
		finding.Message = fmt.Sprintf("The balancer asks port %d whether %s is healthy, but it serves port %d only.", n, f.To, f.Port)
		finding.Fix = "Set HealthCheckPort to traffic-port."
		c.tally.Refute(scopeOf(f.From), finding)
	}
}

// registered notes the parts that have a target in a target group, unless they
// have one already.
func (c *checker) registered(group addr.Address, forwards map[estate.PartID]addr.Address) {
	g := resource.View[resource.TargetGroup](c.in.Graph, group)
	if g == nil {
		return
	}
	for _, t := range g.Targets {
		id := c.in.PartOf(t.To.To)
		if _, ok := forwards[id]; !ok {
			forwards[id] = group
		}
	}
}

// first returns the first member of a part of a type.
func (c *checker) first(id estate.PartID, typ string) addr.Address {
	for _, a := range c.in.Parts.Members[id] {
		if c.in.Graph.Get(a).Type == typ {
			return a
		}
	}
	return addr.Address{}
}
