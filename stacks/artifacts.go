package stacks

import (
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/bucket"
)

func (env *environment) wantsArtifacts() bool { return env.estate.RunsInstances() }

// artifactsBucket is the name of the bucket of what instances run.
func (env *environment) artifactsBucket() string { return env.label() + "-code-" + env.site.Account }

func (env *environment) addArtifacts() error {
	stack := env.stack(LayerArtifacts, "Bucket of artefacts", LayerKeys, LayerDelivery)
	b := bucket.New(stack, "Artifacts", &bucket.Props{Name: env.artifactsBucket(), Key: imported(stack, "ArtifactsKey", env.artifactsKey),
		Logs: env.delivery.accessLogs()})
	asPart(b.Construct, estate.PartArtifacts)
	return nil
}
