package residency

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
)

// parties judges streams that deliver by HTTP to a third party of whom it is
// known where it keeps what it gets: Datadog, whose sites say it by their names.
// Whoever else gets a stream so is not judged.
func (c *checker) parties() {
	const property = "HttpEndpointDestinationConfiguration/EndpointConfiguration/Url"
	for _, r := range c.in.Graph.OfType("AWS::KinesisFirehose::DeliveryStream") {
		site, ok := siteOf(r.Props.Path(property).Text())
		if !ok {
			continue
		}
		c.tally.Check(c.in.ScopeOf(r), 1)
		if c.allowed(site.Country) {
			continue
		}
		c.tally.Refute(c.in.ScopeOf(r), proof.Finding{Code: CodeCopy, At: r.Addr, Property: property, Intent: c.intent(),
			Message: fmt.Sprintf("%s sends what it receives to Datadog's site %s (%s), outside of %s.", c.in.Name(r), site.Name, site.Country, c.stated()),
			Fix:     "Send it to a site in a stated country; or, if the data may be there, add " + site.Country + " to residency in the estate file."})
	}
}

// siteOf returns the site of Datadog's that a URL leads to. The names of some
// sites end like those of others, so that the longest counts.
func siteOf(address string) (estate.DatadogSite, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return estate.DatadogSite{}, false
	}
	var found estate.DatadogSite
	for _, s := range estate.DatadogSites() {
		if host := u.Hostname(); (host == s.Name || strings.HasSuffix(host, "."+s.Name)) && len(s.Name) > len(found.Name) {
			found = s
		}
	}
	return found, found.Name != ""
}
