package estate

import (
	"fmt"
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
	}
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
