package estate

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// atMonitoring puts the line of an estate's monitoring into places.
func atMonitoring(text string, places ...string) []string {
	before, _, _ := strings.Cut(text, "\nmonitoring:")
	for i := range places {
		places[i] = strings.Replace(places[i], "LINE", strconv.Itoa(strings.Count(before, "\n")+2), 1)
	}
	return places
}

func TestS30_WhoIsToldAndWhatTracesIsChecked(t *testing.T) {
	const digits = "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"
	for _, c := range []badInput{
		{"address of nobody", "oncall@acme.example", "oncall", []string{"ESTATE_EMAIL LINE:23"}},
		{"address twice", "[oncall@acme.example]", "[oncall@acme.example, oncall@acme.example]", []string{"ESTATE_REPEATED LINE:44"}},
		{"collector by tag", "collector@sha256:" + digits, "collector:v0.47.0", []string{"ESTATE_COLLECTOR LINE:64"}},
		{"collector without an image", `{image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/collector@sha256:` + digits + `"}`, "{}", []string{"ESTATE_MISSING_KEY LINE:45"}},
		{"collector that is no image", "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/collector@sha256:" + digits, "C ollector", []string{"ESTATE_IMAGE LINE:64"}},
		{"site that Datadog does not have", "ap2.datadoghq.com", "ap9.datadoghq.com", []string{"ESTATE_CHOICE LINE:216"}},
		{"site in another country", "ap2.datadoghq.com", "us5.datadoghq.com", []string{"ESTATE_RESIDENCY LINE:216"}},
		{"Datadog without a site", "{site: ap2.datadoghq.com}", "{}", []string{"ESTATE_MISSING_KEY LINE:200"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, list := Parse("estate.yaml", []byte(replaceOnce(t, base, c.from, c.to)))
			if got := places(list); e != nil || !slices.Equal(got, atMonitoring(base, c.want...)) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Without bindings the firewall is the estate's own, and has to let the
// collector's image through.
func TestS30_TheCollectorsImageIsReachable(t *testing.T) {
	const bindings = "bindings: [{part: dev/api, tags: {app: api}}]\n"
	text := replaceOnce(t, replaceOnce(t, base, bindings, ""), forwarded, "")
	text = strings.Replace(text, "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/collector@", "public.ecr.aws/aws-observability/aws-otel-collector@", 1)
	text = strings.Replace(text, "[.okta.com]", "[.okta.com, .docker.io, production.cloudflare.docker.com]", 1)
	_, list := Parse("estate.yaml", []byte(text))
	if got := places(list); !slices.Equal(got, atMonitoring(text, "ESTATE_REGISTRY LINE:64")) {
		t.Errorf("got %v", got)
	}
	text = strings.Replace(text, ".docker.io,", ".docker.io, public.ecr.aws, d5l0dvt14r5h8.cloudfront.net, d2glxqk2uabbnd.cloudfront.net,", 1)
	if e, list := Parse("estate.yaml", []byte(text)); e == nil {
		t.Error(list.Err())
	}
}

func TestS31_EverySiteOfDatadogsIsWhole(t *testing.T) {
	for _, s := range DatadogSites() {
		if len(s.Account) != 12 || len(s.Country) != 2 || !strings.HasPrefix(s.LogIntake, "https://aws-kinesis-http-intake.logs."+s.Name+"/") {
			t.Errorf("%+v", s)
		}
		if d, ok := (Datadog{Site: s.Name}).Details(); !ok || d != s {
			t.Errorf("%s is not found", s.Name)
		}
	}
	if _, ok := (Datadog{Site: "datadog.example"}).Details(); ok {
		t.Error("a site that is none is found")
	}
}
