// Package cases reads the corpus of cases under cases/ and applies their
// changes.
//
// A case is data: a change to resources that a selector finds by type, part,
// tags and properties, never by logical id; the AWS page that makes it wrong;
// and the findings that have to follow, written by hand. Reading is strict: an
// unknown key, a case without an expectation, a selector that matches nothing
// or more than it should is an error. Applying a case never changes what it was
// given.
package cases

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// Case is one case of the corpus.
type Case struct {
	// Name is unique in the corpus.
	Name string `yaml:"name"`
	// Change is applied to the example's resources, in order.
	Change []Change `yaml:"change"`
	// Because is the AWS page that makes the change wrong.
	Because string `yaml:"because"`
	// Refutes and Unsettles list every claim and scope that has to become
	// Refuted or Unknown; no other may.
	Refutes   []Expectation `yaml:"refutes,omitempty"`
	Unsettles []Expectation `yaml:"unsettles,omitempty"`

	// File is where the case stands.
	File string `yaml:"-"`
}

// Change is one change to the resource that Of selects: exactly one of Set,
// Remove, Tag, Unkeep, Delete and Add.
type Change struct {
	Of Selector `yaml:"of"`
	// Set gives properties, by path, new values. A map {$ref: SELECTOR,
	// $attr: NAME} is a reference to another resource.
	Set map[string]any `yaml:"set,omitempty"`
	// Remove takes properties, by path, away.
	Remove []string `yaml:"remove,omitempty"`
	// Tag gives tags new values; an empty one takes the tag away.
	Tag map[string]string `yaml:"tag,omitempty"`
	// Unkeep takes DeletionPolicy or UpdateReplacePolicy away.
	Unkeep []string `yaml:"unkeep,omitempty"`
	// Delete takes the resource away.
	Delete bool `yaml:"delete,omitempty"`
	// Add adds a resource to the stack of the one that Of selects.
	Add *Addition `yaml:"add,omitempty"`
}

// Addition is a resource to add. Times adds so many of them, in which ${n} in a
// text stands for 1, 2 and so on; a text that is ${n} alone is a number. Region
// puts them into a stack of the same name in another Region.
type Addition struct {
	Type   string            `yaml:"type"`
	Props  map[string]any    `yaml:"props"`
	Tags   map[string]string `yaml:"tags,omitempty"`
	Times  int               `yaml:"times,omitempty"`
	Region string            `yaml:"region,omitempty"`
}

// Selector finds resources. Every field that is given has to match; Nth picks
// one of several, by address, from 0, and Every takes them all. Without a
// Tenant no tenant's resource matches.
type Selector struct {
	Type        string            `yaml:"type"`
	Environment string            `yaml:"environment,omitempty"`
	Part        string            `yaml:"part,omitempty"`
	Tenant      string            `yaml:"tenant,omitempty"`
	Region      string            `yaml:"region,omitempty"`
	Tags        map[string]string `yaml:"tags,omitempty"`
	Where       map[string]any    `yaml:"where,omitempty"`
	Nth         *int              `yaml:"nth,omitempty"`
	Every       bool              `yaml:"every,omitempty"`
}

// Expectation is a finding that has to follow. At is the type of the resource
// that it points to, Part that resource's part, Hop the type of a resource on
// its path, Says a text of its message.
type Expectation struct {
	Claim    string `yaml:"claim"`
	Scope    string `yaml:"scope"`
	Code     string `yaml:"code"`
	At       string `yaml:"at,omitempty"`
	Part     string `yaml:"part,omitempty"`
	Property string `yaml:"property,omitempty"`
	Hop      string `yaml:"hop,omitempty"`
	Says     string `yaml:"says,omitempty"`
}

// Load reads every *.yaml file of a folder, in order of their names. It fails
// on an empty corpus and reports every faulty case.
func Load(dir string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("looking for cases in %s: %w", dir, err)
	}
	var all []Case
	var faults []error
	names := map[string]string{}
	for _, f := range files {
		cases, err := read(f)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		for _, c := range cases {
			if first, ok := names[c.Name]; ok {
				faults = append(faults, fmt.Errorf("%s: the case %q is in %s too", f, c.Name, first))
			}
			names[c.Name] = f
			all = append(all, c)
		}
	}
	if len(all) == 0 && len(faults) == 0 {
		return nil, fmt.Errorf("no cases in %s: an empty corpus proves nothing", dir)
	}
	return all, errors.Join(faults...)
}

func read(file string) ([]Case, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading cases: %w", err)
	}
	var cases []Case
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&cases); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var faults []error
	for i := range cases {
		cases[i].File = filepath.Base(file)
		if err := cases[i].check(); err != nil {
			faults = append(faults, fmt.Errorf("%s: case %q: %w", file, cases[i].Name, err))
		}
	}
	return cases, errors.Join(faults...)
}

func (c *Case) check() error {
	switch {
	case c.Name == "":
		return errors.New("it has no name")
	case c.Because == "":
		return errors.New("it does not say because of which AWS page")
	case len(c.Change) == 0:
		return errors.New("it changes nothing")
	case len(c.Refutes)+len(c.Unsettles) == 0:
		return errors.New("it expects nothing")
	}
	for _, e := range append(append([]Expectation(nil), c.Refutes...), c.Unsettles...) {
		if e.Claim == "" || e.Scope == "" || e.Code == "" || e.At == "" && e.Part == "" && e.Hop == "" && e.Property == "" && e.Says == "" {
			return errors.New("an expectation needs claim, scope, code, and at, part, property, hop or says")
		}
	}
	for _, ch := range c.Change {
		n := 0
		for _, has := range []bool{len(ch.Set) > 0, len(ch.Remove) > 0, len(ch.Tag) > 0, len(ch.Unkeep) > 0, ch.Delete, ch.Add != nil} {
			if has {
				n++
			}
		}
		if n != 1 {
			return errors.New("a change is exactly one of set, remove, tag, unkeep, delete and add")
		}
		if ch.Of.Type == "" {
			return errors.New("a selector needs a type")
		}
	}
	return nil
}
