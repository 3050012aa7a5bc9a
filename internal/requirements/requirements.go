// Package requirements maps what Surety must do to what does it.
//
// Each row has the stacks and patterns that build it, the claims that prove it
// and the tests that show it. Claims and tests are found in the code and never
// written down twice; what a row lacks is shown as missing. The maps under docs
// are these, printed; nothing in them depends on the order of folders or maps.
package requirements

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/suretyhq/surety/internal/proof"
)

//go:embed requirements.yaml
var requirementsData []byte

// Group is rows that belong together.
type Group struct {
	Name string `yaml:"group"`
	Rows []Row  `yaml:"rows"`
}

// Row is one thing that Surety must do.
type Row struct {
	ID   string `yaml:"id"`
	Text string `yaml:"text"`
	// Layers are the layers of the stacks, Patterns the folders below patterns,
	// that build it.
	Layers   []string `yaml:"layers"`
	Patterns []string `yaml:"patterns"`
	// Claims are the ids of the claims that prove it, Tests the tests that are
	// named after it.
	Claims []string `yaml:"-"`
	Tests  []Test   `yaml:"-"`
}

// rowID is how a row is called: S01 to S43, B01 to B10.
var rowID = regexp.MustCompile(`^[SB][0-9]{2}$`)

// Map returns every row with what builds, proves and shows it.
func Map(tree *Tree, claims []proof.Claim) ([]Group, error) {
	var groups []Group
	if err := strict(requirementsData, &groups); err != nil {
		return nil, fmt.Errorf("requirements.yaml: %w", err)
	}
	rows := map[string]*Row{}
	for i := range groups {
		for j := range groups[i].Rows {
			r := &groups[i].Rows[j]
			if !rowID.MatchString(r.ID) || r.Text == "" || rows[r.ID] != nil {
				return nil, fmt.Errorf("requirements.yaml: row %q is misspelt, without text, or there twice", r.ID)
			}
			rows[r.ID] = r
		}
	}
	if err := built(tree, rows); err != nil {
		return nil, err
	}
	for _, c := range claims {
		for _, id := range c.Rows {
			r := rows[id]
			if r == nil {
				return nil, fmt.Errorf("the claim %s covers the row %s, which is none", c.ID, id)
			}
			r.Claims = append(r.Claims, c.ID)
		}
	}
	for _, t := range tree.Tests {
		for _, id := range t.Rows {
			r := rows[id]
			if r == nil {
				return nil, fmt.Errorf("%s: the test %s is named after the row %s, which is none", t.File, t.Name, id)
			}
			r.Tests = append(r.Tests, t)
		}
	}
	return groups, nil
}

// built holds the layers and patterns that rows name to those that are there.
func built(tree *Tree, rows map[string]*Row) error {
	var faults []error
	check := func(what, id string, named, there []string) {
		for _, name := range named {
			if !slices.Contains(there, name) {
				faults = append(faults, fmt.Errorf("requirements.yaml: row %s names the %s %q, which is not there", id, what, name))
			}
		}
	}
	for _, id := range sortedKeys(rows) {
		check("layer", id, rows[id].Layers, tree.Layers)
		check("pattern", id, rows[id].Patterns, tree.Patterns)
	}
	return errors.Join(faults...)
}

// Idle returns the layers and patterns of the tree that no row names.
func Idle(tree *Tree, groups []Group) (layers, patterns []string) {
	used := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.Rows {
			for _, l := range r.Layers {
				used["layer "+l] = true
			}
			for _, p := range r.Patterns {
				used["pattern "+p] = true
			}
		}
	}
	idle := func(what string, names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return used[what+" "+n] })
	}
	return idle("layer", tree.Layers), idle("pattern", tree.Patterns)
}

func strict(data []byte, into any) error {
	return yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(into)
}
