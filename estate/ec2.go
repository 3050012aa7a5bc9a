package estate

import (
	"fmt"
	"slices"
	"strings"
)

// Runtime says what runs a service.
type Runtime string

// The runtimes.
const (
	// RuntimeContainer is ECS Fargate.
	RuntimeContainer Runtime = "container"
	// RuntimeEC2 is a group of EC2 instances that run a Java archive.
	RuntimeEC2 Runtime = "ec2"
)

// PartArtifacts is the name of the part that is the bucket of what instances
// run.
const PartArtifacts = "artifacts"

// KindArtifacts is a bucket of artefacts; in no tier.
const KindArtifacts Kind = "artifacts"

// ImpliedOwnBalancer is a rule that implies flows: the balancer of a service on
// EC2, which is a member of the service, reaches the service's instances.
const ImpliedOwnBalancer = "own-balancer"

// suffixArchive is how the name of an artefact ends.
const suffixArchive = ".jar"

// maxArtifact is how long an object's key may be ("Naming Amazon S3 objects",
// Amazon S3 User Guide).
const maxArtifact = 1024

// RunsInstances says whether any service runs on EC2.
func (e *Estate) RunsInstances() bool {
	for _, s := range e.Workload.Services.All() {
		if s.Kind == RuntimeEC2 {
			return true
		}
	}
	return false
}

// OwnBalancer says whether a service has a balancer of its own: services on
// EC2 do that others call by name. Instances come and go, and unlike tasks they
// do not register themselves under a name.
func (e *Estate) OwnBalancer(name string) bool {
	s, ok := e.Workload.Services.Get(name)
	if !ok || s.Kind != RuntimeEC2 {
		return false
	}
	if len(s.CalledBy) > 0 {
		return true
	}
	for _, caller := range e.Workload.Services.All() {
		if slices.Contains(caller.Needs, name) {
			return true
		}
	}
	for _, caller := range e.Workload.Functions.All() {
		if slices.Contains(caller.Needs, name) {
			return true
		}
	}
	return false
}

func (e *Estate) artifactParts(b *partBuilder) {
	for name, s := range e.Workload.Services.All() {
		if s.Kind == RuntimeEC2 {
			b.add(PartArtifacts, KindArtifacts, "workload/services/"+name)
			return
		}
	}
}

// ownBalancerFlows adds the way from a service's own balancer to its instances.
func (e *Estate) ownBalancerFlows(b *flowBuilder) {
	for name, s := range e.Workload.Services.All() {
		if e.OwnBalancer(name) {
			b.add(name, name, s.Port, Flow{Implied: ImpliedOwnBalancer, Pos: e.Pos("workload/services/" + name)})
		}
	}
}

// isArtifact says whether s can be the key of a Java archive.
func isArtifact(s string) bool {
	return len(s) <= maxArtifact && strings.HasSuffix(s, suffixArchive) && len(s) > len(suffixArchive) && isAlphanumeric(s[0]) &&
		!strings.Contains(s, "//") && onlyBytes(s, func(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("._/+-", c) >= 0 })
}

// runs checks what a service runs: an image or an archive, as its kind says.
func (v *validator) runs(at string, s Service) {
	if !v.kind(at, s.Kind) {
		return
	}
	hasImage, hasArtifact := v.e.has(at+"/image"), v.e.has(at+"/artifact")
	switch {
	case s.Kind == RuntimeEC2 && hasImage:
		v.bad(CodeArtifact, at+"/image", "a service on EC2 runs no image", "its instances run a Java archive from the bucket of artefacts",
			"write artifact: NAME.jar instead, or take kind: ec2 out")
	case s.Kind == RuntimeEC2 && !isArtifact(s.Artifact):
		v.bad(CodeArtifact, at+"/artifact", fmt.Sprintf("%q is not the key of a Java archive", short(s.Artifact)), "instances fetch it from the bucket of artefacts",
			"write a name that ends in .jar, for example rating/1.0.0/rating.jar, or leave artifact out")
	case s.Kind == RuntimeContainer && hasArtifact:
		v.bad(CodeArtifact, at+"/artifact", "a container runs no artefact", "it runs its image", "write kind: ec2, or take artifact out")
	case s.Kind == RuntimeContainer && !hasImage:
		v.bad(CodeMissingKey, at, "the key image is missing", "a container runs an image", "add image: …, or kind: ec2 for a Java archive on EC2 instances")
	case s.Kind == RuntimeContainer && !isImage(s.Image):
		v.bad(CodeImage, at+"/image", fmt.Sprintf("%q is not a container image", short(s.Image)), "",
			"write a repository and a tag or digest, for example registry.example/team/api:1.0.0")
	case s.Kind == RuntimeContainer:
		v.registry(at+"/image", s.Image)
	}
}

func (v *validator) kind(at string, k Runtime) bool {
	if v.failed[at+"/kind"] {
		return false
	}
	if k == RuntimeContainer || k == RuntimeEC2 {
		return true
	}
	v.choice(at+"/kind", string(k), string(RuntimeContainer), string(RuntimeEC2))
	return false
}
