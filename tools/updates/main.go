// Command updates writes internal/updates/replaced.txt anew from the resource
// schemas that the pinned cfn-lint carries (make setup installs it): for each
// type the properties whose change replaces a resource.
//
//	go run ./tools/updates
//
// The file depends on nothing but those schemas. Run it when cfn-lint's pin in
// tools/cfn-lint changes.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	schemas = ".cache/cfn-lint/lib/python3*/site-packages/cfnlint/data/schemas/resources/*.json"
	pins    = "tools/cfn-lint/requirements.txt"
	output  = "internal/updates/replaced.txt"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "updates:", err)
		os.Exit(1)
	}
}

// kind is what is known of a type, from the schemas of all Regions together.
type kind struct{ always, perhaps map[string]bool }

func run() error {
	files, err := filepath.Glob(schemas)
	if err != nil || len(files) == 0 {
		return fmt.Errorf("there are no schemas at %s; make setup installs them", schemas)
	}
	version, err := pinned()
	if err != nil {
		return err
	}
	kinds := map[string]kind{}
	for _, f := range files {
		if err := read(f, kinds); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: createOnlyProperties; conditionalCreateOnlyProperties. Written by tools/updates.\n", version)
	for _, typ := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[typ]
		for p := range k.always {
			delete(k.perhaps, p)
		}
		fmt.Fprintf(&b, "%s %s;%s\n", typ, join(k.always), join(k.perhaps))
	}
	return os.WriteFile(output, []byte(b.String()), 0o644)
}

func join(names map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(names)), ",") }

// pinned is the version of cfn-lint that the requirements name.
func pinned() (string, error) {
	text, err := os.ReadFile(pins)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "cfn-lint==") {
			return strings.TrimRight(strings.Fields(line)[0], "\\"), nil
		}
	}
	return "", fmt.Errorf("%s pins no cfn-lint", pins)
}

func read(file string, kinds map[string]kind) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var s struct {
		Type    string   `json:"typeName"`
		Always  []string `json:"createOnlyProperties"`
		Perhaps []string `json:"conditionalCreateOnlyProperties"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	k, ok := kinds[s.Type]
	if !ok {
		k = kind{map[string]bool{}, map[string]bool{}}
		kinds[s.Type] = k
	}
	for _, p := range s.Always {
		k.always[strings.TrimPrefix(p, "/properties/")] = true
	}
	for _, p := range s.Perhaps {
		k.perhaps[strings.TrimPrefix(p, "/properties/")] = true
	}
	return nil
}
