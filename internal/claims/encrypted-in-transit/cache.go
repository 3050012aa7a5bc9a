package encryptedintransit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// cacheClient judges how a client of a cache connects: by an address whose
// scheme is rediss, or by a variable that says so (REDIS_TLS). Source: Redis
// documentation, "redis-cli: host, port, password, and database" (URI schemes).
func (c *checker) cacheClient(r *resource.Resource, f estate.Flow) {
	c.tally.Look(r)
	for _, v := range c.variables(r) {
		said, plain := cacheTLS(v)
		switch why := v.value.FirstUnknown(); {
		case !said:
			continue
		case why != nil:
			c.tally.DoubtAt(r, CodeSilentClient, v.property, fmt.Sprintf("%s connects to its cache as %s says, which is not known: %s.", c.in.Name(r), v.name, why.Text),
				"Give the value in the template, or the parameter with --param NAME=VALUE.")
		case plain:
			c.tally.RefuteAt(v.at, CodePlainClient, v.property, fmt.Sprintf("%s connects to its cache without TLS: %s is %s.", c.in.Name(r), v.name, v.value),
				"Set it so that the client speaks TLS: REDIS_TLS to true, or a scheme to rediss.")
		}
		return
	}
	c.tally.DoubtAt(r, CodeSilentClient, "", fmt.Sprintf("%s connects to %s, and nothing in its environment says that it does so by TLS.", c.in.Name(r), f.To),
		"Set REDIS_TLS to true in its environment.")
}

// cacheTLS says whether a variable says how to connect to a cache, and whether
// that is without TLS.
func cacheTLS(v variable) (said, plain bool) {
	name := strings.ToUpper(v.name)
	if !slices.ContainsFunc([]string{"REDIS", "VALKEY", "CACHE"}, func(word string) bool { return strings.Contains(name, word) }) {
		return false, false
	}
	if strings.HasSuffix(name, "_TLS") || strings.HasSuffix(name, "_SSL") {
		on := strings.ToLower(v.value.Text())
		return true, on != "true" && on != "1" && on != "yes" && on != "on"
	}
	text := v.value.Text()
	if v.value.Kind() == value.Concat {
		text = v.value.Items()[0].Text()
	}
	scheme, _, ok := strings.Cut(text, "://")
	return ok, scheme != "rediss" && scheme != "valkeys"
}
