package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// withJava is the small estate with a Java service that the API calls.
func withJava(t *testing.T) string {
	return replaceOnce(t, small, "  database: {engine: aurora-postgresql}\n",
		"    rating: {kind: ec2, needs: [database], called-by: [api]}\n  database: {engine: aurora-postgresql}\n")
}

func TestS11_AServiceOnEC2HasABalancerAndAnArchive(t *testing.T) {
	e := mustParse(t, withJava(t))
	rating, _ := e.Workload.Services.Get("rating")
	api, _ := e.Workload.Services.Get("api")
	if rating.Artifact != "rating.jar" || rating.Port != 8443 || rating.Kind != RuntimeEC2 || api.Kind != RuntimeContainer {
		t.Errorf("defaults: %+v, %+v", rating, api)
	}
	flows := printFlows(e)
	for _, want := range []string{"dev/api > dev/rating tcp/8443", "dev/rating > dev/rating tcp/8443 own-balancer", "dev/rating > dev/database tcp/5432", "dev/rating > dev/endpoints tcp/443 endpoints"} {
		if !slices.Contains(flows, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(flows, "\n"))
		}
	}
	if !slices.ContainsFunc(e.Parts(), func(p Part) bool { return p.Kind == KindArtifacts && p.ID.Name == PartArtifacts }) {
		t.Error("there is no bucket of artefacts")
	}
}

func TestS11_ABalancerIsForThoseWhoCallByName(t *testing.T) {
	for text, want := range map[string]bool{
		"rating: {kind: ec2}":                                          false,
		"rating: {kind: ec2, expose: gateway}":                         false,
		"rating: {kind: ec2, called-by: [api]}":                        true,
		"rating: {kind: ec2}\n    other: {kind: ec2, needs: [rating]}": true,
	} {
		e := mustParse(t, replaceOnce(t, small, "    batch:", "    "+text+"\n    batch:"))
		if e.OwnBalancer("rating") != want || !e.RunsInstances() {
			t.Errorf("%s: %v", text, !want)
		}
	}
	if e := mustParse(t, small); e.OwnBalancer("api") || e.OwnBalancer("nobody") || e.RunsInstances() {
		t.Error("a container has a balancer of its own, or instances")
	}
}

func TestS11_ServicesOnEC2ThatCannotBe(t *testing.T) {
	const rating = "    rating: {kind: ec2, "
	for _, c := range []struct{ name, to, want string }{
		{"an image", rating + `image: "a/b:1"}`, "[ESTATE_ARTIFACT 16:32]"},
		{"no archive", rating + "artifact: rating.war}", "[ESTATE_ARTIFACT 16:35]"},
		{"nothing but a suffix", rating + "artifact: .jar}", "[ESTATE_ARTIFACT 16:35]"},
		{"an address", rating + `artifact: "s3://bucket/rating.jar"}`, "[ESTATE_ARTIFACT 16:35]"},
		{"a command", rating + `artifact: "a;reboot.jar"}`, "[ESTATE_ARTIFACT 16:35]"},
		{"an absolute path", rating + "artifact: /rating.jar}", "[ESTATE_ARTIFACT 16:35]"},
		{"another kind", "    rating: {kind: ec3}", "[ESTATE_CHOICE 16:20]"},
		{"a number", "    rating: {kind: 2}", "[ESTATE_WRONG_TYPE 16:20]"},
		{"a container with an archive", `    rating: {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/a:1", artifact: rating.jar}`, "[ESTATE_ARTIFACT 16:88]"},
		{"neither", "    rating: {port: 80}", "[ESTATE_MISSING_KEY 16:5]"},
		{"a name of Surety's", "    artifacts: {kind: ec2}", "[ESTATE_RESERVED_NAME 16:5]"},
		{"a caller that is not there", rating + "called-by: [apo]}", "[ESTATE_UNKNOWN_NAME 16:37]"},
	} {
		_, list := Parse("estate.yaml", []byte(replaceOnce(t, small, "  database: {", c.to+"\n  database: {")))
		if got := fmt.Sprint(places(list)); got != c.want {
			t.Errorf("%s: got %s, want %s\n%v", c.name, got, c.want, list)
		}
	}
}
