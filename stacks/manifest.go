package stacks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/suretyhq/surety/estate"
)

// manifestFile names the artifacts of a cloud assembly.
const manifestFile = "manifest.json"

// expandTenants puts one artifact for each tenant in the place of each site's
// template of tenants. They share its file and differ by name and parameters.
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
	changed := false
	c := &composer{estate: e}
	for _, site := range e.Sites() {
		env := &environment{composer: c, site: site, name: site.Name}
		template := env.label() + "-" + LayerTenant
		stack, ok := artifacts[template].(map[string]any)
		if !ok {
			continue
		}
		delete(artifacts, template)
		changed = true
		for _, t := range e.Tenancies(site) {
			name := template + "-" + t.Tenant
			artifacts[name] = tenantArtifact(stack, name, env.parameters(t))
		}
	}
	if !changed {
		return nil
	}
	if data, err = json.MarshalIndent(manifest, "", "  "); err != nil {
		return fmt.Errorf("write the assembly's manifest: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the assembly's manifest: %w", err)
	}
	return nil
}

// tenantArtifact is the artifact of one tenant's stack.
func tenantArtifact(template map[string]any, name string, parameters map[string]string) map[string]any {
	artifact := map[string]any{}
	for k, v := range template {
		artifact[k] = v
	}
	properties := map[string]any{}
	if all, ok := template["properties"].(map[string]any); ok {
		for k, v := range all {
			properties[k] = v
		}
	}
	properties["stackName"], properties["parameters"] = name, parameters
	artifact["properties"], artifact["displayName"] = properties, name
	return artifact
}
