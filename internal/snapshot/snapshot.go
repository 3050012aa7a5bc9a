// Package snapshot reads what AWS says of accounts as they stand, the output of
// its describe calls, into the resources that templates would give.
//
// A snapshot is a folder in the layout of Batfish (aws_configs, a folder for
// each account and Region in it, and files such as Vpcs.json) or one with the
// output of the AWS CLI (describe-vpcs.json). What a file holds is known by the
// keys at its top, not by its name. Resources have CloudFormation's types and
// properties, addresses whose stack has no name and whose logical id is the AWS
// id, and what no template can say (interfaces with their owners, main route
// tables, states) in properties named as the describe calls do.
//
// Load reads what it can and reports every problem with its place; it never
// panics. What is missing, cut off by pagination or unreadable and decides where
// packets flow is unknown with its reason in the resources that need it, never
// silently absent. Nothing that may hold a secret is kept: user data,
// environment variables, the configuration of VPN connections.
package snapshot

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Options are what the folders may leave open: the account and Region of files
// that neither lie in a folder of that name nor say it.
type Options struct{ Account, Region string }

// Snapshot is what was read: the resources, and how many places (accounts and
// Regions) they are of.
type Snapshot struct {
	Resources []*resource.Resource
	Places    int
}

// maxBytes is the largest file that is read, and maxTotal the most of all. The
// largest accounts have some hundred thousand interfaces; their description is
// paginated by who collects it.
const (
	maxBytes = 64 << 20
	maxTotal = 1 << 30
)

// Load reads the snapshots at some paths.
func Load(ctx context.Context, o Options, paths ...string) (*Snapshot, diag.List) {
	l := &loader{options: o, seen: map[addr.Stack]map[string]*value.Reason{}, byKey: map[string][]*entry{}}
	var files []source
	for _, path := range paths {
		files = append(files, l.find(path)...)
	}
	decoded := l.decode(ctx, files)
	l.name(decoded)
	places := map[addr.Stack]bool{}
	for _, d := range decoded {
		if d.root != nil {
			places[d.place] = true
			l.read(d)
		}
	}
	out := &Snapshot{Resources: l.settle(), Places: len(places)}
	l.problems.Sort()
	return out, l.problems
}

// source is a file of a snapshot, and what its folders say of its place.
type source struct {
	path  string
	dir   string // the folder whose files are of one place
	place addr.Stack
	size  int64
}

// decoded is a file that was read.
type decoded struct {
	source
	root *assembly.Template
}

// loader collects resources and problems.
type loader struct {
	options  Options
	problems diag.List
	entries  []*entry
	byKey    map[string][]*entry                     // by type and id
	seen     map[addr.Stack]map[string]*value.Reason // keys read, with why one is not whole
	facts    facts
}

// decode reads files, several at a time.
func (l *loader) decode(ctx context.Context, files []source) []*decoded {
	out := make([]*decoded, len(files))
	problems := make([]diag.List, len(files))
	total := int64(0)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range files {
		out[i] = &decoded{source: f}
		if total += f.size; f.size > maxBytes || total > maxTotal {
			l.problems.Add(tooLarge(f))
			continue
		}
		group.Go(func() error {
			out[i].root, problems[i] = readFile(ctx, f.path)
			return nil
		})
	}
	_ = group.Wait() // problems are diagnostics, not errors
	for _, p := range problems {
		l.problems = append(l.problems, p...)
	}
	return out
}

func tooLarge(f source) diag.Diagnostic {
	return diag.Diagnostic{Code: "SNAPSHOT_TOO_LARGE", Pos: diag.Position{File: f.path},
		What: fmt.Sprintf("the file has %.1f MB, or all files together more than %d MB", float64(f.size)/(1<<20), maxTotal>>20),
		Why:  fmt.Sprintf("files of up to %d MB are read, so that no input takes all memory", maxBytes>>20),
		Fix:  "split the list in it over several files, each with the same key at its top"}
}

// readFile reads a file as JSON.
func readFile(ctx context.Context, path string) (*assembly.Template, diag.List) {
	unreadable := func(err error) diag.List {
		return diag.List{{Code: "SNAPSHOT_UNREADABLE", Pos: diag.Position{File: path}, What: "the file cannot be read: " + err.Error(),
			Fix: "check that you may read it, or take it out of the folder"}}
	}
	if err := ctx.Err(); err != nil {
		return nil, unreadable(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(err)
	}
	if len(text) > maxBytes {
		return nil, diag.List{tooLarge(source{path: path, size: int64(len(text))})}
	}
	return decodeText(path, string(text))
}

// decodeText decodes the text of a file. Commas that end a list or a map, as
// people leave them who edit one, do no harm.
func decodeText(path, text string) (*assembly.Template, diag.List) {
	text = strings.TrimPrefix(strings.ToValidUTF8(text, "\ufffd"), "\ufeff")
	t, problems := assembly.DecodeJSON(path, text)
	if t == nil {
		t, _ = assembly.DecodeJSON(path, withoutTrailingCommas(text))
	}
	if t != nil {
		return t, nil
	}
	var out diag.List
	for _, p := range problems {
		if p.Severity == diag.Error {
			out.Add(diag.Diagnostic{Code: "SNAPSHOT_SYNTAX", Pos: p.Pos, What: p.What,
				Why: "what the file describes is missing from the verdicts",
				Fix: "collect it again: aws ec2 describe-… --output json"})
		}
	}
	return nil, out
}

// withoutTrailingCommas puts a blank in place of every comma that ends a list or a
// map, so that all else keeps its place.
func withoutTrailingCommas(text string) string {
	out, quoted, comma := []byte(text), false, -1
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted, comma = !quoted, -1
		case quoted, c == ' ', c == '\n', c == '\r', c == '\t':
		case c == ',':
			comma = i
		case (c == '}' || c == ']') && comma >= 0:
			out[comma], comma = ' ', -1
		default:
			comma = -1
		}
	}
	return string(out)
}

// read reads the lists of a file.
func (l *loader) read(d *decoded) {
	root := item{l: l, file: d.root, v: d.root.Root, place: d.place}
	more := root.has("NextToken") || root.has("Marker") || root.has("NextMarker")
	for key, list := range d.root.Root.Entries() {
		r, ok := readerOf(key)
		if !ok {
			if !ignored(key, list) {
				l.problems.Add(diag.Diagnostic{Code: "SNAPSHOT_NOT_READ", Severity: diag.Warning, Pos: d.root.Of(list),
					What: fmt.Sprintf("what %q describes is not read", key),
					Why:  "no verdict takes it into account",
					Fix:  "docs/snapshot.md lists what is read"})
			}
			continue
		}
		var why *value.Reason
		if more {
			why = &value.Reason{Code: "SNAPSHOT_INCOMPLETE", Text: fmt.Sprintf("%s is cut off: it ends with a token for the next page", d.path)}
			l.problems.Add(diag.Diagnostic{Code: "SNAPSHOT_INCOMPLETE", Severity: diag.Warning, Pos: d.root.Of(list),
				What: "the list is cut off: the file ends with a token for the next page",
				Why:  "what the other pages hold is unknown, and verdicts that need it are too",
				Fix:  "collect it without --max-items and --no-paginate"})
		}
		l.note(d.place, r.key, why)
		if list.Kind() == value.Map && r.key == "VpcBlockPublicAccessOptions" { // the one call that answers with no list
			list = value.OfList(list)
		}
		if list.Kind() != value.List {
			l.wrong(d.root, list, key, "a list")
			continue
		}
		for _, v := range list.Items() {
			it := item{l: l, file: d.root, v: v, place: d.place}
			if v.Kind() != value.Map {
				l.wrong(d.root, v, key, "a list of maps")
				continue
			}
			r.read(l, it)
		}
	}
}

// note remembers that a list of a place was read, and whether it is whole.
func (l *loader) note(at addr.Stack, key string, why *value.Reason) {
	if l.seen[at] == nil {
		l.seen[at] = map[string]*value.Reason{}
	}
	if l.seen[at][key] == nil {
		l.seen[at][key] = why
	}
}

// lacks returns why a list of a place is not all there, and nil if it is.
func (l *loader) lacks(at addr.Stack, key string) *value.Reason {
	why, ok := l.seen[at][key]
	if !ok {
		return &value.Reason{Code: "SNAPSHOT_MISSING", Text: "the snapshot has no " + key + " of " + placeText(at)}
	}
	return why
}

func placeText(s addr.Stack) string {
	switch {
	case s.Account == "" && s.Region == "":
		return "this place"
	case s.Account == "":
		return s.Region
	case s.Region == "":
		return "account " + s.Account
	}
	return "account " + s.Account + " in " + s.Region
}

func (l *loader) wrong(t *assembly.Template, v value.Value, key, want string) {
	l.problems.Add(diag.Diagnostic{Code: "SNAPSHOT_SHAPE", Severity: diag.Warning, Pos: t.Of(v),
		What: fmt.Sprintf("%s holds %s, and %s is expected", key, v.Kind(), want),
		Why:  "what it describes is missing from the verdicts",
		Fix:  "collect it again: aws ec2 describe-… --output json"})
}

// name gives every file the account and Region that its folder leaves open: the
// options', or those that most of what lies in the folder says.
func (l *loader) name(files []*decoded) {
	votes := map[string]*poll{}
	for _, f := range files {
		if f.root == nil {
			continue
		}
		p := votes[f.dir]
		if p == nil {
			p = &poll{accounts: map[string]int{}, regions: map[string]int{}}
			votes[f.dir] = p
		}
		p.count(f.root.Root)
	}
	for _, f := range files {
		p := votes[f.dir]
		if f.place.Account == "" {
			f.place.Account = l.options.Account
		}
		if f.place.Region == "" {
			f.place.Region = l.options.Region
		}
		if f.place.Account == "" && p != nil {
			f.place.Account = most(p.accounts)
		}
		if f.place.Region == "" && p != nil {
			f.place.Region = most(p.regions)
		}
	}
}

// poll counts the accounts and Regions that the items of a folder name.
type poll struct{ accounts, regions map[string]int }

func (p *poll) count(root value.Value) {
	for key, list := range root.Entries() {
		if _, ok := readerOf(key); !ok {
			continue
		}
		for _, v := range list.Items() {
			if owner := v.Get("OwnerId").Text(); isAccount(owner) {
				p.accounts[owner]++
			}
			for _, zone := range []value.Value{v.Get("AvailabilityZone"), v.Path("Placement/AvailabilityZone"), v.Path("Instances/0/Placement/AvailabilityZone")} {
				if z := zone.Text(); len(z) > 1 && isRegion(z[:len(z)-1]) {
					p.regions[z[:len(z)-1]]++
				}
			}
			for _, key := range []string{"SubnetArn", "TransitGatewayArn", "LoadBalancerArn", "TargetGroupArn", "DBInstanceArn"} {
				if arn := strings.SplitN(v.Get(key).Text(), ":", 6); len(arn) == 6 && isRegion(arn[3]) {
					p.regions[arn[3]]++
					if isAccount(arn[4]) {
						p.accounts[arn[4]]++
					}
				}
			}
		}
	}
}

// most returns what was counted most often, the first by name among equals.
func most(counts map[string]int) string {
	best := ""
	for _, n := range slices.Sorted(maps.Keys(counts)) {
		if best == "" || counts[n] > counts[best] {
			best = n
		}
	}
	return best
}
