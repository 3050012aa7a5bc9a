package encryptedintransit

import (
	"slices"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

func TestS17_ClientsOfCachesDeclareTLS(t *testing.T) {
	for _, c := range []struct {
		name, variable string
		value          any
		outcome        proof.Outcome
		code           string
	}{
		{"a switch", "REDIS_TLS", "true", proof.Proved, ""},
		{"an address", "SPRING_DATA_REDIS_URL", "rediss://cache:6379", proof.Proved, ""},
		{"a switch that is off", "REDIS_SSL", "false", proof.Refuted, CodePlainClient},
		{"an address without TLS", "CACHE_URL", "redis://cache:6379", proof.Refuted, CodePlainClient},
		{"nothing", "REDIS_HOST", "cache", proof.Unknown, CodeSilentClient},
		{"an address of something else", "API_URL", "http://api", proof.Unknown, CodeSilentClient},
		{"as a parameter says", "REDIS_TLS", build.Unknown("a parameter"), proof.Unknown, CodeSilentClient},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := build.New("100000000004", "ap-southeast-2", "dev")
			r := b.Add("AWS::Lambda::Function", "Client", build.Props{"Environment": build.Props{"Variables": build.Props{c.variable: c.value}}})
			r.Tags[addr.TagEnvironment] = value.OfString("dev")
			g, problems := resource.New(b.Resources())
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			in := &proof.Input{Graph: g}
			k := &checker{in: in, tally: proof.NewTally(in, "ends", "none")}
			k.cacheClient(r, estate.Flow{To: estate.PartID{Environment: "dev", Name: estate.PartCache}})
			verdicts := k.tally.Verdicts()
			if len(verdicts) != 1 || verdicts[0].Outcome != c.outcome {
				t.Fatalf("got %+v, want %s", verdicts, c.outcome)
			}
			if c.code != "" && !slices.ContainsFunc(verdicts[0].Witness, func(f proof.Finding) bool { return f.Code == c.code }) {
				t.Errorf("no %s in %+v", c.code, verdicts[0].Witness)
			}
		})
	}
}
