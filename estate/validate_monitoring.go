package estate

import (
	"fmt"
	"slices"
	"strings"
)

func (v *validator) monitoring() {
	m := v.e.Monitoring
	for i, address := range m.Notify {
		if !isEmail(address) {
			v.bad(CodeEmail, index("monitoring/notify", i), fmt.Sprintf("%q is not an e-mail address", short(address)),
				"nobody would be told of alarms", "write an address, for example oncall@cover.example")
		}
	}
	v.repeated("monitoring/notify", m.Notify)
	if m.Collector != nil {
		v.collector(m.Collector.Image)
	}
	if m.Datadog != nil {
		var sites []string
		for _, s := range DatadogSites() {
			sites = append(sites, s.Name)
		}
		v.choice("monitoring/datadog/site", m.Datadog.Site, sites...)
		v.datadogCountry(*m.Datadog)
	}
}

// datadogCountry holds where Datadog keeps what it is sent to the countries
// that the estate lists.
func (v *validator) datadogCountry(d Datadog) {
	site, ok := d.Details()
	home := Country(v.e.Regions.Home)
	if !ok || slices.Contains(v.e.Residency, site.Country) || !slices.Contains(v.e.Residency, home) { // that is said already
		return
	}
	v.bad(CodeResidency, "monitoring/datadog/site", fmt.Sprintf("Datadog's site %s keeps its data in %s; residency lists %s", site.Name, site.Country, strings.Join(v.e.Residency, ", ")),
		"logs of services are sent there", "name a site in a listed country, or list "+site.Country+" under residency")
}

func (v *validator) collector(image string) {
	const at = "monitoring/collector/image"
	const fix = "write public.ecr.aws/aws-observability/aws-otel-collector@sha256:<64 hexadecimal digits>, the digest of the release you tested"
	switch {
	case !isImage(image):
		v.bad(CodeImage, at, fmt.Sprintf("%q is not a container image", short(image)), "", fix)
	case !isPinned(image):
		v.bad(CodeCollector, at, fmt.Sprintf("the collector's image %s is not pinned by digest", short(image)),
			"it runs beside every service, with its network; a tag can be moved to other code", fix)
	default:
		v.registry(at, image)
	}
}
