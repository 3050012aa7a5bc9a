package assembly

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

const manifestName = "manifest.json"

// knownSchema is the newest major version of the cloud assembly's schema that
// is read here (package cloud-assembly-schema of the AWS CDK).
const knownSchema = 54

// maxStages is how deep assemblies may be nested in one another.
const maxStages = 32

// manifest reads a cloud assembly and the assemblies nested in it (stages).
func (l *loader) manifest(dir string) {
	byArtifact := map[string]*Stack{}
	depends := map[*Stack][]string{}
	l.stage(dir, 0, byArtifact, depends)
	for _, s := range l.specs {
		for _, id := range depends[s.stack] {
			if on := byArtifact[id]; on != nil {
				s.stack.DependsOn = append(s.stack.DependsOn, on.Addr)
			}
		}
	}
}

func (l *loader) stage(dir string, depth int, byArtifact map[string]*Stack, depends map[*Stack][]string) {
	file := filepath.Join(dir, manifestName)
	t, problems := parse(context.Background(), file)
	l.problems = append(l.problems, problems...)
	if t == nil {
		return
	}
	if depth > maxStages {
		l.problems.Add(manifestProblem(t, t.Root, fmt.Sprintf("assemblies lie more than %d deep in one another", maxStages)))
		return
	}
	if d := schemaProblem(t); d != nil {
		l.problems.Add(*d)
		return
	}
	if a := t.Root.Get("artifacts"); a.Kind() != value.Map && !a.IsAbsent() {
		l.problems.Add(manifestProblem(t, a, "artifacts is "+a.Kind().String()+", and should be a map"))
	}
	for id, a := range t.Root.Get("artifacts").Entries() {
		switch a.Get("type").Text() {
		case "aws:cloudformation:stack":
			if s := l.stackArtifact(t, dir, id, a); s != nil {
				byArtifact[id] = s
				for _, d := range a.Get("dependencies").Items() {
					depends[s] = append(depends[s], d.Text())
				}
			}
		case "cdk:cloud-assembly":
			sub := a.Path("properties/directoryName").Text()
			if sub == "" {
				l.problems.Add(manifestProblem(t, a, "the nested assembly "+id+" has no directoryName"))
				continue
			}
			l.stage(filepath.Join(dir, sub), depth+1, byArtifact, depends)
		}
	}
}

func (l *loader) stackArtifact(t *Template, dir, id string, a value.Value) *Stack {
	props := a.Get("properties")
	file := props.Get("templateFile").Text()
	if file == "" {
		l.problems.Add(manifestProblem(t, a, "the stack "+id+" has no templateFile"))
		return nil
	}
	s := &Stack{Addr: addr.Stack{Name: props.Get("stackName").Text()}, Parameters: map[string]string{}}
	if s.Addr.Name == "" {
		s.Addr.Name = id
	}
	if env := a.Get("environment").Text(); env != "" {
		account, region, ok := strings.Cut(strings.TrimPrefix(env, "aws://"), "/")
		if !ok || !strings.HasPrefix(env, "aws://") {
			l.problems.Add(manifestProblem(t, a.Get("environment"), fmt.Sprintf("the environment %q is not aws://ACCOUNT/REGION", env)))
		}
		if account != "unknown-account" {
			s.Addr.Account = account
		}
		if region != "unknown-region" {
			s.Addr.Region = region
		}
	}
	for name, v := range props.Get("parameters").Entries() {
		if text, ok := v.Str(); ok {
			s.Parameters[name] = text
		}
	}
	l.specs = append(l.specs, spec{stack: s, file: filepath.Join(dir, file), given: true, synth: true})
	return s
}

// schemaProblem reports a manifest whose schema is newer than ours, or that is
// no manifest.
func schemaProblem(t *Template) *diag.Diagnostic {
	version := t.Root.Get("version")
	head, _, _ := strings.Cut(version.Text(), ".")
	major, err := strconv.Atoi(head)
	if err != nil {
		d := manifestProblem(t, version, "the manifest does not say the version of its schema")
		return &d
	}
	if major <= knownSchema {
		return nil
	}
	return &diag.Diagnostic{Code: "ASSEMBLY_TOO_NEW", Pos: t.Of(version),
		What: fmt.Sprintf("the cloud assembly has schema version %s, and this Surety reads versions up to %d", version.Text(), knownSchema),
		Why:  "a newer version may mean something else by the same words",
		Fix:  "install a newer Surety, or synthesise with an older version of the CDK's library"}
}

func manifestProblem(t *Template, at value.Value, what string) diag.Diagnostic {
	return diag.Diagnostic{Code: "ASSEMBLY_MANIFEST", Pos: t.Of(at), What: what,
		Why: "without it the stacks of the assembly cannot be found",
		Fix: "synthesise again with `cdk synth`; do not edit the manifest by hand"}
}
