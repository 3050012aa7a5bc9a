// Package assembly loads what will be deployed: the stacks and templates of a
// cloud assembly, of a folder of templates, or of a single template.
//
// Load reads JSON and YAML straight into values that know their place in the
// file, each file once and several at a time; the assembly's metadata and tree
// files stay unread. YAML's short forms of intrinsic functions become the long
// form. Nothing is resolved here. Whatever the files hold, Load returns what it
// could read and every problem with its place; it never panics.
package assembly

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

// NestedType is the type of the resources that are stacks themselves.
const NestedType = "AWS::CloudFormation::Stack"

// Assembly is everything that was loaded: stacks by address, nested ones not
// among them.
type Assembly struct {
	Stacks []*Stack
}

// Stack is a stack that will be deployed. Parameters are what the assembly
// gives it; DependsOn are the stacks that are deployed before it. Account and
// Region are empty where the assembly leaves them open.
type Stack struct {
	Addr       addr.Stack
	Template   *Template
	Parameters map[string]string
	DependsOn  []addr.Stack
}

// spec is a stack that is known and whose template is not yet read.
type spec struct {
	stack *Stack
	file  string
	given bool // the file was named; otherwise it lies in a folder and may be no template
	synth bool // an assembly's manifest names it: without resources, it is not deployed
}

// loader collects stacks, files and problems.
type loader struct {
	specs    []spec
	read     map[string]*Template // by file; nil: not a template
	problems diag.List
}

// Load reads cloud assemblies (folders with a manifest.json), folders of
// templates (.json, .yaml, .yml, .template; each is a stack of the file's name)
// and single templates. Nested stacks are read from the template that the CDK's
// asset metadata or a local TemplateURL names.
func Load(ctx context.Context, paths ...string) (*Assembly, diag.List) {
	l := loader{read: map[string]*Template{}}
	for _, path := range paths {
		l.path(path)
	}
	l.templates(ctx)
	asm := &Assembly{}
	nested := l.nestedFiles()
	for _, s := range l.specs {
		if t := l.read[s.file]; t != nil && (s.given || !nested[s.file]) {
			s.stack.Template = t
			asm.Stacks = append(asm.Stacks, s.stack)
		}
	}
	if len(asm.Stacks) == 0 && !l.problems.HasErrors() {
		l.problems.Add(empty(strings.Join(paths, ", ")))
	}
	slices.SortStableFunc(asm.Stacks, func(a, b *Stack) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Template.File, b.Template.File))
	})
	l.problems.Sort()
	return asm, l.problems
}

func empty(where string) diag.Diagnostic {
	return diag.Diagnostic{Code: "ASSEMBLY_EMPTY", Pos: diag.Position{File: where},
		What: "there is no template here",
		Why:  "without templates nothing can be proved",
		Fix:  "pass a cdk.out folder, a folder that holds templates (.json, .yaml, .yml, .template), or a template"}
}

func (l *loader) path(path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.problems.Add(*unreadable(diag.Position{File: path}, err))
	case info.IsDir() && exists(filepath.Join(path, manifestName)):
		l.manifest(path)
	case info.IsDir():
		l.folder(path)
	case filepath.Base(path) == manifestName:
		l.manifest(filepath.Dir(path))
	default:
		l.specs = append(l.specs, spec{stack: &Stack{Addr: addr.Stack{Name: stackName(path)}}, file: path, given: true})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (l *loader) folder(path string) {
	entries, err := os.ReadDir(path)
	if err != nil {
		l.problems.Add(*unreadable(diag.Position{File: path}, err))
		return
	}
	for _, e := range entries {
		file := filepath.Join(path, e.Name())
		if !e.IsDir() && isTemplateName(e.Name()) {
			l.specs = append(l.specs, spec{stack: &Stack{Addr: addr.Stack{Name: stackName(file)}}, file: file})
		}
	}
}

func isTemplateName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json", ".yaml", ".yml", ".template":
		return !strings.HasPrefix(name, ".")
	}
	return false
}

// stackName is the name of a stack whose template stands alone: the file's
// without its extensions.
func stackName(file string) string {
	name := filepath.Base(file)
	for isTemplateName(name) && len(filepath.Ext(name)) < len(name) {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	return name
}

// templates reads the files of all stacks, then those of the stacks nested in
// them, until there are no more.
func (l *loader) templates(ctx context.Context) {
	given, synth := map[string]bool{}, map[string]bool{}
	var files []string
	for _, s := range l.specs {
		given[s.file] = given[s.file] || s.given
		synth[s.file] = synth[s.file] || s.synth
		files = append(files, s.file)
	}
	for len(files) > 0 {
		slices.Sort(files)
		files = slices.Compact(files)
		parsed := make([]*Template, len(files))
		problems := make([]diag.List, len(files))
		var group errgroup.Group
		group.SetLimit(runtime.GOMAXPROCS(0))
		for i, file := range files {
			group.Go(func() error {
				parsed[i], problems[i] = readTemplate(ctx, file, given[file], synth[file])
				return nil
			})
		}
		_ = group.Wait() // problems are diagnostics, not errors
		for i, file := range files {
			l.read[file] = parsed[i]
			l.problems = append(l.problems, problems[i]...)
		}
		files = nil
		for _, t := range parsed {
			for _, child := range t.children() {
				if _, ok := l.read[child.file]; ok {
					continue
				}
				if !exists(child.file) {
					l.problems.Add(t.missing(child))
					l.read[child.file] = nil
				} else {
					given[child.file] = true
					files = append(files, child.file)
				}
			}
		}
	}
	for _, t := range l.read {
		for _, child := range t.children() {
			if c := l.read[child.file]; c != nil {
				t.nested[child.logical] = c
			}
		}
	}
}

// readTemplate reads and checks a template. A file that nobody named and that
// does not look like a template gives nothing.
func readTemplate(ctx context.Context, file string, given, synth bool) (*Template, diag.List) {
	t, problems := parse(ctx, file)
	if t == nil {
		if !given && !mentionsTemplate(file) {
			return nil, nil
		}
		return nil, problems
	}
	if !given && t.Root.Get("Resources").IsAbsent() && t.Root.Get("AWSTemplateFormatVersion").IsAbsent() {
		return nil, nil
	}
	if r := t.Root.Get("Resources"); synth && (r.IsAbsent() || r.Kind() == value.Map && r.Len() == 0) {
		return t, problems // the CDK deploys no stack without resources
	}
	return t, append(problems, t.check()...)
}

// mentionsTemplate says whether a broken file was meant as a template.
func mentionsTemplate(file string) bool {
	src, problem := readSource(file)
	if problem != nil {
		return problem.Code != "TEMPLATE_EMPTY"
	}
	return strings.Contains(src, "AWSTemplateFormatVersion") || strings.Contains(src, "Resources")
}

// check reports what makes a template no template.
func (t *Template) check() diag.List {
	var problems diag.List
	resources := t.Root.Get("Resources")
	if resources.Kind() != value.Map || resources.Len() == 0 {
		problems.Add(diag.Diagnostic{Code: "TEMPLATE_NO_RESOURCES", Pos: t.Of(resources),
			What: "the template has no resources",
			Why:  "CloudFormation requires the section Resources with at least one resource",
			Fix:  "add Resources, or pass another file"})
		return problems
	}
	for logical, r := range resources.Entries() {
		if strings.HasPrefix(logical, "Fn::") {
			continue
		}
		what := ""
		switch {
		case r.Kind() != value.Map:
			what = fmt.Sprintf("the resource %s is %s, and should be a map", logical, r.Kind())
		case r.Get("Type").Kind() != value.String || r.Get("Type").Text() == "":
			what = fmt.Sprintf("the resource %s has no Type", logical)
		default:
			continue
		}
		problems.Add(diag.Diagnostic{Code: "TEMPLATE_RESOURCE_TYPE", Pos: t.Of(r), What: what,
			Why: "without a type nobody can say what the resource is",
			Fix: "give it a Type such as AWS::EC2::Subnet"})
	}
	return problems
}

// child is a stack nested in a template, and its file.
type child struct {
	logical, file string
	at            value.Value // what names the file
}

// missing says that the file of a nested stack is not there.
func (t *Template) missing(c child) diag.Diagnostic {
	return diag.Diagnostic{Code: "TEMPLATE_UNREADABLE", Pos: t.Of(c.at),
		What: fmt.Sprintf("the template of the nested stack %s is not at %s", c.logical, c.file),
		Why:  "what the nested stack holds cannot be seen",
		Fix:  "put the template there (install the modules, synthesise again), or correct the path"}
}

func (t *Template) children() []child {
	if t == nil {
		return nil
	}
	var found []child
	for logical, r := range t.Root.Get("Resources").Entries() {
		if r.Get("Type").Text() != NestedType {
			continue
		}
		at := r.Path("Metadata/aws:asset:path")
		path := at.Text()
		if url := r.Path("Properties/TemplateURL"); path == "" && url.Kind() == value.String && !strings.Contains(url.Text(), "://") {
			path, at = url.Text(), url
		}
		if path == "" {
			continue
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(t.File), path)
		}
		found = append(found, child{logical, path, at})
	}
	return found
}

// Nested returns the template of the nested stack with a logical id, or nil
// where it is not at hand.
func (t *Template) Nested(logical string) *Template { return t.nested[logical] }

// nestedFiles says which files are templates of nested stacks.
func (l *loader) nestedFiles() map[string]bool {
	files := map[string]bool{}
	for _, t := range l.read {
		for _, c := range t.children() {
			files[c.file] = true
		}
	}
	return files
}
