package requirements

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
)

//go:embed controls.yaml
var controlsData []byte

// Controls says which controls of which frameworks claims are evidence for.
type Controls struct {
	Frameworks []Framework `yaml:"frameworks"`
	// Claims are, by a claim's id and a framework's, the ids of controls.
	Claims map[string]map[string][]string `yaml:"claims"`
}

// Framework is a set of controls.
type Framework struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Controls are texts by a control's id.
	Controls map[string]string `yaml:"controls"`
}

// wellFormed is how each framework writes the ids of its controls: paragraphs
// of APRA's standards, requirements of PCI DSS, controls of Annex A, best
// practices of the Well-Architected Framework.
func wellFormed() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"cps234": regexp.MustCompile(`^([1-9]|[12][0-9]|3[0-8])$`),
		"cps230": regexp.MustCompile(`^([1-9]|[1-5][0-9]|6[01])$`),
		"pci":    regexp.MustCompile(`^([1-9]|1[0-2])\.[1-9]?[0-9](\.[1-9]?[0-9]){0,2}$|^A[123]\.[0-9](\.[0-9])?$`),
		"iso":    regexp.MustCompile(`^A\.(5\.([1-9]|[12][0-9]|3[0-7])|6\.[1-8]|7\.([1-9]|1[0-4])|8\.([1-9]|[12][0-9]|3[0-4]))$`),
		"wa":     regexp.MustCompile(`^(OPS|SEC|REL|PERF|COST|SUS)[0-9]{2}-BP[0-9]{2}$`),
	}
}

// ReadControls reads the map from claims to controls, and holds it to the
// claims that there are: each has its controls.
func ReadControls(claims []proof.Claim) (*Controls, error) {
	c := &Controls{}
	if err := strict(controlsData, c); err != nil {
		return nil, fmt.Errorf("controls.yaml: %w", err)
	}
	return c, c.check(claims)
}

func (c *Controls) check(claims []proof.Claim) error {
	form := wellFormed()
	used := map[string]bool{}
	for _, claim := range sortedKeys(c.Claims) {
		for _, id := range sortedKeys(c.Claims[claim]) {
			f := c.framework(id)
			if f == nil {
				return fmt.Errorf("controls.yaml: %s names the framework %q, which is not listed", claim, id)
			}
			for _, control := range c.Claims[claim][id] {
				if f.Controls[control] == "" {
					return fmt.Errorf("controls.yaml: %s names the control %s of %s, which is not listed there", claim, control, f.Name)
				}
				used[id+" "+control] = true
			}
		}
	}
	for _, f := range c.Frameworks {
		for _, control := range sortedKeys(f.Controls) {
			switch {
			case form[f.ID] == nil || !form[f.ID].MatchString(control):
				return fmt.Errorf("controls.yaml: %q is not how %s writes the id of a control", control, f.Name)
			case !used[f.ID+" "+control]:
				return fmt.Errorf("controls.yaml: no claim is evidence for %s of %s; take it out or name it", control, f.Name)
			}
		}
	}
	for _, claim := range claims {
		if len(c.Claims[claim.ID]) == 0 {
			return fmt.Errorf("controls.yaml: the claim %s has no entry", claim.ID)
		}
	}
	return nil
}

func (c *Controls) framework(id string) *Framework {
	i := slices.IndexFunc(c.Frameworks, func(f Framework) bool { return f.ID == id })
	if i < 0 {
		return nil
	}
	return &c.Frameworks[i]
}

// supports returns the claims that are evidence for a control: those that are
// there and those that are not yet.
func (c *Controls) supports(framework, control string, claims []proof.Claim) (there, later []string) {
	for _, claim := range sortedKeys(c.Claims) {
		if !slices.Contains(c.Claims[claim][framework], control) {
			continue
		}
		if slices.ContainsFunc(claims, func(p proof.Claim) bool { return p.ID == claim }) {
			there = append(there, claim)
		} else {
			later = append(later, claim)
		}
	}
	return there, later
}

// sortedControls returns a framework's controls in the order of its document:
// numbers count as numbers.
func (f Framework) sortedControls() []string {
	ids := sortedKeys(f.Controls)
	digits := regexp.MustCompile(`[0-9]+`)
	key := func(id string) string {
		k := digits.ReplaceAllStringFunc(id, func(n string) string { return strings.Repeat("0", max(0, 4-len(n))) + n })
		return k
	}
	slices.SortStableFunc(ids, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	return ids
}
