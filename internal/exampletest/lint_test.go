package exampletest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/exampletest"
	"github.com/suretyhq/surety/internal/tooltest"
)

// processes is how many cfn-lint run at a time.
const processes = 2

// warning is what cfn-lint says about a place in a template.
type warning struct {
	Rule     struct{ ID string }
	Level    string
	Message  string
	Filename string
	Location struct{ Path []any }
}

// suppression is an entry of the checked-in list; a type "*" is any.
type suppression struct {
	Rule string `yaml:"rule"`
	Type string `yaml:"type"`
	Why  string `yaml:"why"`

	used bool
}

// TestS43_TheExamplePassesCfnLint lints the templates of the example for the
// Regions of their stacks: a type that a Region lacks is found in no other way.
func TestS43_TheExamplePassesCfnLint(t *testing.T) {
	x, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	program := linter(t, x)
	asm, problems := assembly.Load(t.Context(), x.Assembly)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	allowed := suppressions(t, x)
	memory, batches := batches(t, x, asm)
	found := make([][]warning, len(batches))
	var group errgroup.Group
	group.SetLimit(processes)
	for i, b := range batches {
		group.Go(func() (err error) {
			if found[i], err = b.lint(t, program); err == nil {
				err = memory.note(b, found[i])
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, w := range slices.Concat(append(found, memory.known)...) {
		typ := typeAt(asm, w)
		i := slices.IndexFunc(allowed, func(s suppression) bool { return s.Rule == w.Rule.ID && (s.Type == typ || s.Type == "*") })
		if i < 0 || w.Level == "Error" {
			t.Errorf("%s: %s %v: %s [%s of %s]", filepath.Base(w.Filename), w.Level, w.Location.Path, w.Message, w.Rule.ID, typ)
			continue
		}
		allowed[i].used = true
	}
	for _, s := range allowed {
		if !s.used {
			t.Errorf("nothing needs the suppression of %s for %s any more", s.Rule, s.Type)
		}
	}
}

// linter returns the cfn-lint that `make setup` installed. Where there is none
// the test is skipped, but not in continuous integration.
func linter(t *testing.T, x exampletest.Example) string {
	t.Helper()
	program := filepath.Join(x.Root, ".cache", "cfn-lint", "bin", "cfn-lint")
	have, err := os.ReadFile(filepath.Join(x.Root, ".cache", "cfn-lint", "requirements.txt"))
	want, pinned := os.ReadFile(filepath.Join(x.Root, "tools", "cfn-lint", "requirements.txt"))
	if pinned != nil {
		t.Fatal(pinned)
	}
	if err == nil && bytes.Equal(have, want) {
		return program
	}
	const missing = "the pinned cfn-lint is not in .cache/cfn-lint; make setup installs it where Python is"
	tooltest.Lacking(t, missing)
	return ""
}

func suppressions(t *testing.T, x exampletest.Example) []suppression {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(x.Root, "tools", "cfn-lint", "suppressed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []suppression
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Rule == "" || s.Type == "" || strings.TrimSpace(s.Why) == "" {
			t.Errorf("a suppression has a rule, a type and a reason: %+v", s)
		}
	}
	return all
}

// batch is some templates of one Region.
type batch struct {
	region string
	files  []string
}

// memory is what was found before, by what cfn-lint is and what it read, so that
// only what has changed is linted again.
type memory struct {
	dir   string
	keys  map[string]string // by file
	known []warning
}

func (m *memory) path(file string) string { return filepath.Join(m.dir, m.keys[file]+".json") }

// note remembers what was found in each template of a batch.
func (m *memory) note(b batch, found []warning) error {
	for _, f := range b.files {
		data, err := json.Marshal(slices.DeleteFunc(slices.Clone(found), func(w warning) bool { return w.Filename != f }))
		if err != nil {
			return err
		}
		if err := os.WriteFile(m.path(f), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// recall returns whether it is known what cfn-lint finds in a file, and adds it.
func (m *memory) recall(file string) bool {
	data, err := os.ReadFile(m.path(file))
	var found []warning
	if err != nil || json.Unmarshal(data, &found) != nil {
		return false // cut off when it was written: found again
	}
	for _, w := range found {
		w.Filename = file
		m.known = append(m.known, w)
	}
	return true
}

// batches groups the templates of which it is not known what is in them by
// Region, each group in as many parts as run at a time. Templates that differ in their
// environment's name, account and addresses alone are linted once.
func batches(t *testing.T, x exampletest.Example, asm *assembly.Assembly) (*memory, []batch) {
	t.Helper()
	es, problems := estate.Load(x.Estate)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	version, err := os.ReadFile(filepath.Join(x.Root, "tools", "cfn-lint", "requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{dir: filepath.Join(x.Root, ".cache", "cfn-lint", "found"), keys: map[string]string{}}
	if err := os.MkdirAll(m.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	files := map[string][]string{}
	known := 0
	for _, s := range asm.Stacks {
		if s.Addr.Region == "" {
			t.Errorf("%s is for no Region", s.Addr)
		}
		sum := sha256.Sum256([]byte(string(version) + s.Addr.Region + shape(t, es, s)))
		key := hex.EncodeToString(sum[:])
		if seen[key] {
			continue
		}
		seen[key], m.keys[s.Template.File] = true, key
		if m.recall(s.Template.File) {
			known++
			continue
		}
		files[s.Addr.Region] = append(files[s.Addr.Region], s.Template.File)
	}
	if len(seen) == 0 {
		t.Fatal("the example has no templates")
	}
	t.Logf("%d shapes of %d templates, of which %d are known", len(seen), len(asm.Stacks), known)
	var all []batch
	for _, r := range slices.Sorted(maps.Keys(files)) {
		parts := make([]batch, min(processes, len(files[r])))
		for i, f := range files[r] {
			parts[i%len(parts)].region = r
			parts[i%len(parts)].files = append(parts[i%len(parts)].files, f)
		}
		all = append(all, parts...)
	}
	return m, all
}

var (
	hash    = regexp.MustCompile(`[0-9A-F]{8}\b`)
	address = regexp.MustCompile(`\b10\.\d+\.`)
)

// shape is a template's text without what is its environment's own. It may not
// tell cfn-lint itself what to ignore.
func shape(t *testing.T, es *estate.Estate, s *assembly.Stack) string {
	t.Helper()
	data, err := os.ReadFile(s.Template.File)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if strings.Contains(text, `"cfn-lint"`) {
		t.Errorf("%s suppresses rules of cfn-lint itself; the list with the reasons is tools/cfn-lint/suppressed.yaml", s.Template.File)
	}
	for _, site := range es.Sites() {
		if site.Account == s.Addr.Account {
			text = strings.NewReplacer(site.Account, "#", site.Name, "@").Replace(text)
		}
	}
	return address.ReplaceAllString(hash.ReplaceAllString(text, ""), "10.")
}

// lint runs cfn-lint, which ends with a status other than 0 when it has found
// something.
func (b batch) lint(t *testing.T, program string) ([]warning, error) {
	cmd := exec.CommandContext(t.Context(), program, append([]string{"--format", "json", "--regions", b.region, "--"}, b.files...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	var found []warning
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, errors.Join(err, errors.New(stderr.String()))
	}
	if exit != nil && len(found) == 0 {
		return nil, errors.Join(exit, errors.New(stderr.String()))
	}
	return found, nil
}

// typeAt is the type of the resource that a warning is about.
func typeAt(asm *assembly.Assembly, w warning) string {
	if len(w.Location.Path) < 2 || w.Location.Path[0] != "Resources" {
		return ""
	}
	logical, _ := w.Location.Path[1].(string)
	for _, s := range asm.Stacks {
		if s.Template.File == w.Filename {
			return s.Template.Root.Get("Resources").Get(logical).Get("Type").Text()
		}
	}
	return ""
}

// What the CDK's own validation found at synthesis is in the assembly's report.
func TestS43_TheCDKsOwnValidationFoundNothing(t *testing.T) {
	x, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(x.Assembly, "validation-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Title         string `json:"title"`
		PluginReports []struct {
			Conclusion string            `json:"conclusion"`
			Violations []json.RawMessage `json:"violations"`
			Suppressed []struct {
				Rule string `json:"ruleName"`
			} `json:"suppressedViolations"`
		} `json:"pluginReports"`
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	if report.Title == "" {
		t.Errorf("the report says: %s", data)
	}
	for _, plugin := range report.PluginReports {
		if plugin.Conclusion != "success" || len(plugin.Violations) > 0 {
			t.Errorf("the report says: %s", data)
		}
		for _, s := range plugin.Suppressed {
			if s.Rule != "E1152" { // acknowledged, with its reason, in patterns/breakglass: an image named by resolve:ssm
				t.Errorf("%s is suppressed", s.Rule)
			}
		}
	}
}

// cfn-lint finds what a Region lacks only when it is told the Region; AWS DMS
// is not in Melbourne ("AWS DMS endpoints and quotas").
func TestS43_CfnLintKnowsWhatARegionLacks(t *testing.T) {
	t.Parallel()
	x, err := exampletest.Get()
	if err != nil {
		t.Fatal(err)
	}
	program := linter(t, x)
	file := filepath.Join(t.TempDir(), "dms.json")
	const text = `{"Resources": {"Dms": {"Type": "AWS::DMS::ReplicationInstance", "Properties": {"ReplicationInstanceClass": "dms.t3.medium"}}}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for region, want := range map[string]int{"ap-southeast-2": 0, "ap-southeast-4": 1} {
		found, err := batch{region: region, files: []string{file}}.lint(t, program)
		if err != nil || len(found) != want {
			t.Fatalf("%s: %d findings, %v", region, len(found), err)
		}
		if want == 1 && (found[0].Level != "Error" || found[0].Rule.ID != "E3006" || found[0].Location.Path[1] != "Dms") {
			t.Errorf("%+v", found[0])
		}
	}
}
