package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/suretyhq/surety/estate"
)

// manifestFile names the artifacts of a cloud assembly.
const manifestFile = "manifest.json"

// expandTenants puts one artifact for each tenant in the place of each site's
// templates of tenants. They share its file and differ by name and parameters. What
// a template of tenants depends on is, of another one, the same tenant's.
func expandTenants(e *estate.Estate, dir string) error {
	path := filepath.Join(dir, manifestFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the assembly's manifest: %w", err)
	}
	var manifest map[string]any
	if err := json.Unmarshal(data, &manifest); err != nil {
		return fmt.Errorf("read the assembly's manifest: %w", err)
	}
	artifacts, _ := manifest["artifacts"].(map[string]any)
	templates, err := takeTemplates(e, dir, artifacts)
	if err != nil || len(templates) == 0 {
		return err
	}
	for _, t := range templates {
		for _, tenancy := range e.Tenancies(t.env.site) {
			name := t.name + "-" + tenancy.Tenant
			artifacts[name] = t.artifact(name, tenancy, templates)
		}
	}
	if data, err = json.MarshalIndent(manifest, "", "  "); err != nil {
		return fmt.Errorf("write the assembly's manifest: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the assembly's manifest: %w", err)
	}
	return nil
}

// tenantTemplate is a template of tenants in the manifest.
type tenantTemplate struct {
	env      *environment
	name     string
	manifest map[string]any  // its artifact
	asks     map[string]bool // its parameters
}

// takeTemplates takes the templates of tenants out of the artifacts.
func takeTemplates(e *estate.Estate, dir string, artifacts map[string]any) (map[string]tenantTemplate, error) {
	all := map[string]tenantTemplate{}
	c := &composer{estate: e}
	for _, site := range e.Sites() {
		env := &environment{composer: c, site: site, name: site.Name}
		for _, l := range tenantTemplates() {
			name := env.label() + "-" + l.name
			manifest, ok := artifacts[name].(map[string]any)
			if !ok {
				continue
			}
			delete(artifacts, name)
			t := tenantTemplate{env: env, name: name, manifest: manifest, asks: map[string]bool{}}
			if err := t.readParameters(dir); err != nil {
				return nil, err
			}
			all[name] = t
		}
	}
	return all, nil
}

// readParameters reads which parameters a template has: CloudFormation refuses a
// stack that is given others.
func (t *tenantTemplate) readParameters(dir string) error {
	properties, _ := t.manifest["properties"].(map[string]any)
	file, _ := properties["templateFile"].(string)
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return fmt.Errorf("read the template of tenants: %w", err)
	}
	var template struct{ Parameters map[string]any }
	if err := json.Unmarshal(data, &template); err != nil {
		return fmt.Errorf("read the template of tenants %s: %w", file, err)
	}
	for name := range template.Parameters {
		t.asks[name] = true
	}
	return nil
}

// artifact is the artifact of one tenant's stack.
func (t *tenantTemplate) artifact(name string, tenancy estate.Tenancy, templates map[string]tenantTemplate) map[string]any {
	artifact := maps.Clone(t.manifest)
	all, _ := t.manifest["properties"].(map[string]any)
	properties := maps.Clone(all)
	parameters := t.env.parameters(tenancy)
	maps.DeleteFunc(parameters, func(p, _ string) bool { return !t.asks[p] })
	properties["stackName"], properties["parameters"] = name, parameters
	artifact["properties"], artifact["displayName"] = properties, name
	if after, ok := t.manifest["dependencies"].([]any); ok {
		theirs := make([]any, len(after))
		for i, d := range after {
			theirs[i] = d
			if other, ok := d.(string); ok && templates[other].name != "" {
				theirs[i] = other + "-" + tenancy.Tenant
			}
		}
		artifact["dependencies"] = theirs
	}
	return artifact
}
