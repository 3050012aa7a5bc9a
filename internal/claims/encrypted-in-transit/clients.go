package encryptedintransit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// clients judges the clients' ends: of the flows that the estate declares, or
// without an estate of the connections to databases that the network allows.
func (c *checker) clients(ctx context.Context) error {
	if c.in.Estate == nil || !c.in.Parts.Believed() {
		return c.foundClients(ctx)
	}
	for _, f := range c.in.Flows() {
		switch c.in.KindOf(f.To) {
		case estate.KindDatabase:
			for _, r := range c.speakers(f.From) {
				c.databaseClient(r, f)
			}
		case estate.KindCache:
			for _, r := range c.speakers(f.From) {
				c.cacheClient(r, f)
			}
		case estate.KindService:
			if c.in.KindOf(f.From) == estate.KindBalancer || f.Implied == estate.ImpliedOwnBalancer {
				continue // its target group declares both ends
			}
			for _, r := range c.speakers(f.From) {
				c.serviceClient(r, f)
			}
		}
	}
	return nil
}

// speakers returns the members of a part that open connections.
func (c *checker) speakers(id estate.PartID) []*resource.Resource {
	var all []*resource.Resource
	for _, a := range c.in.Parts.Members[id] {
		switch r := c.in.Graph.Get(a); r.Type {
		case "AWS::ECS::Service", "AWS::Lambda::Function", "AWS::EC2::Instance", "AWS::AutoScaling::AutoScalingGroup":
			all = append(all, r)
		}
	}
	return all
}

// foundClients finds the clients of databases by the network.
func (c *checker) foundClients(ctx context.Context) error {
	ends := c.in.Ends()
	open, err := ends.Open(ctx)
	if err != nil {
		return err
	}
	done := map[addr.Address]bool{}
	for _, o := range open {
		for _, to := range ends.Net.Class(o.To).Members {
			if to.Kind != resource.EndDatabase || !o.Reach.May.Overlaps(ends.Net.Packets(resource.TCP, databasePort(to.Owner), databasePort(to.Owner))) {
				continue
			}
			for _, from := range ends.Net.Class(o.From).Members {
				if r := from.Owner; begins(from.Kind) && !done[r.Addr] {
					done[r.Addr] = true
					c.databaseClient(r, estate.Flow{From: c.in.PartOf(r.Addr), To: c.in.PartOf(to.Owner.Addr)})
				}
			}
		}
	}
	return nil
}

func begins(k resource.InterfaceKind) bool {
	return k == resource.EndService || k == resource.EndFunction || k == resource.EndInstance
}

func databasePort(r *resource.Resource) uint16 {
	if n, ok := r.Props.Get("Port").Int(); ok && n > 0 && n < 1<<16 {
		return uint16(n)
	}
	if strings.Contains(r.Props.Get("Engine").Text(), "mysql") {
		return 3306
	}
	return estate.PortDatabase
}

// variable is one environment variable of a client, and where it stands.
type variable struct {
	at       *resource.Resource
	property string
	name     string
	value    value.Value
}

// variables returns the environment of what a resource runs.
func (c *checker) variables(r *resource.Resource) []variable {
	var all []variable
	switch r.Type {
	case "AWS::Lambda::Function":
		for k, v := range r.Props.Path("Environment/Variables").Entries() {
			all = append(all, variable{r, "Environment/Variables/" + k, k, v})
		}
	case "AWS::EC2::Instance", "AWS::AutoScaling::AutoScalingGroup":
		script, at, property, why := c.in.Graph.UserData(r)
		if why != nil {
			return nil
		}
		for _, a := range resource.Assignments(script) {
			all = append(all, variable{at, property, a.Name, value.OfString(a.Value)})
		}
	case "AWS::ECS::Service":
		ref, _ := r.Props.Get("TaskDefinition").Ref()
		task := c.in.Graph.Get(ref.To)
		if task == nil {
			return nil
		}
		for i, d := range task.Props.Get("ContainerDefinitions").Items() {
			for j, e := range d.Get("Environment").Items() {
				all = append(all, variable{task, "ContainerDefinitions/" + strconv.Itoa(i) + "/Environment/" + strconv.Itoa(j) + "/Value", e.Get("Name").Text(), e.Get("Value")})
			}
		}
	}
	return all
}

// databaseClient judges how a client of a database connects. Source:
// PostgreSQL documentation, "Environment Variables" and "SSL Support" of libpq.
func (c *checker) databaseClient(r *resource.Resource, f estate.Flow) {
	c.tally.Look(r)
	secure := []string{"require", "required", "verify-ca", "verify_ca", "verify-full", "verify_identity"}
	for _, v := range c.variables(r) {
		mode, ok := sslMode(v)
		if !ok {
			continue
		}
		switch why := v.value.FirstUnknown(); {
		case mode == "" && why != nil:
			c.tally.DoubtAt(r, CodeSilentClient, v.property, fmt.Sprintf("%s connects to its database as %s says, which is not known: %s.", c.in.Name(r), v.name, why.Text),
				"Give the value in the template, or the parameter with --param NAME=VALUE.")
		case !slices.Contains(secure, strings.ToLower(mode)):
			c.tally.RefuteAt(v.at, CodePlainClient, v.property, fmt.Sprintf("%s connects to its database without TLS, or falls back to it: %s is %q.", c.in.Name(r), v.name, mode),
				"Set it to verify-full.")
		}
		return
	}
	to := f.To.String()
	if f.To.Name == "" {
		to = "a database"
	}
	c.tally.DoubtAt(r, CodeSilentClient, "", fmt.Sprintf("%s connects to %s, and nothing in its environment says that it does so by TLS.", c.in.Name(r), to),
		"Set PGSSLMODE to verify-full in its environment.")
}

// sslMode returns the mode that a variable says: a variable that is one
// (PGSSLMODE), or an address that holds one (sslmode=verify-full).
func sslMode(v variable) (string, bool) {
	name := strings.ToUpper(strings.ReplaceAll(v.name, "_", ""))
	if strings.HasSuffix(name, "SSLMODE") {
		return v.value.Text(), true
	}
	text := v.value.String()
	for _, key := range []string{"sslmode=", "ssl-mode="} {
		if _, rest, ok := strings.Cut(strings.ToLower(text), key); ok {
			return strings.TrimRight(rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz-_"))], "\""), true
		}
	}
	return "", false
}

// serviceClient judges how one service calls another: an address in its
// environment that names the callee and its port has to be https.
func (c *checker) serviceClient(r *resource.Resource, f estate.Flow) {
	c.tally.Look(r)
	for _, v := range c.variables(r) {
		scheme, rest, ok := strings.Cut(v.value.Text(), "://")
		if !ok || !strings.Contains(rest, f.To.Name) || !strings.HasSuffix(strings.SplitN(rest, "/", 2)[0], ":"+strconv.Itoa(f.Port)) {
			continue
		}
		if !slices.Contains([]string{"https", "wss", "grpcs", "tls"}, scheme) {
			c.tally.Refute(c.in.ScopeOf(r), proof.Finding{Code: CodePlainClient, At: v.at.Addr, Property: v.property, Part: f.From, Intent: f.Pos,
				Message: fmt.Sprintf("%s calls %s by plain %s: %s is %s.", f.From, f.To, scheme, v.name, v.value), Fix: "Call it by https."})
		}
		return
	}
	c.tally.Doubt(c.in.ScopeOf(r), proof.Finding{Code: CodeSilentClient, At: r.Addr, Part: f.From, Intent: f.Pos,
		Message: fmt.Sprintf("%s calls %s, and nothing in its environment says that it does so by TLS.", f.From, f.To),
		Fix:     fmt.Sprintf("Give it the callee's address as https://%s…:%d in its environment.", f.To.Name, f.Port)})
}
