package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/report"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/snapshot"
	"github.com/suretyhq/surety/internal/synth"
)

// inputs says what a command is about: PATHs, or an estate, or both.
type inputs struct {
	paths       []string
	estateFile  string
	estateGiven bool // by -f, not by default
	params      []string
	account     string
	region      string
	stack       string // the name of the only stack, whatever its file is called
}

// inputFlags adds the flags that fill inputs.
func inputFlags(cmd *cobra.Command, in *inputs) {
	estateFlag(cmd, &in.estateFile)
	f := cmd.Flags()
	f.StringArrayVar(&in.params, "param", nil, "a template parameter's `NAME=VALUE` (or STACK/NAME=VALUE); may be repeated")
	f.StringVar(&in.account, "account", "", "the account `ID` of stacks that name none")
	f.StringVar(&in.region, "region", "", "the Region's `NAME` of stacks that name none")
}

// subject is what was loaded: the facts, and the intent where there is an
// estate.
type subject struct {
	source string
	estate *estate.Estate
	stacks int
	graph  *resource.Graph
	sizes  []resource.Template
	parts  *part.Binding
	net    *network.Network
	timing report.Timing
	read   *reading // of the paths; nil: not begun
}

// reading is an assembly that is being loaded.
type reading struct {
	done     chan struct{}
	stop     context.CancelFunc
	assembly *assembly.Assembly
	problems diag.List
	took     time.Duration
}

func startReading(ctx context.Context, paths ...string) *reading {
	ctx, stop := context.WithCancel(ctx)
	r := &reading{done: make(chan struct{}), stop: stop}
	go func() {
		defer close(r.done)
		begin := time.Now()
		r.assembly = &assembly.Assembly{}
		if len(paths) > 0 { // none: there are snapshots only
			r.assembly, r.problems = assembly.Load(ctx, paths...)
		}
		r.took = time.Since(begin)
	}()
	return r
}

// result waits for the assembly.
func (r *reading) result() (*assembly.Assembly, diag.List) {
	<-r.done
	r.stop()
	return r.assembly, r.problems
}

// load goes the way from files to a network: it synthesises where that is
// needed, loads templates, resolves them, builds the graph, binds the parts
// and compiles the network. Warnings are printed; errors are returned.
func load(ctx context.Context, env Env, in inputs) (*subject, error) {
	s := &subject{}
	params, err := parseParams(in.params)
	if err != nil {
		return nil, err
	}
	if err := in.checkPlace(env); err != nil {
		return nil, err
	}
	paths, err := s.locate(ctx, env, in)
	if err != nil {
		return nil, err
	}
	s.source = strings.Join(paths, ", ")

	if err := s.resolve(ctx, env, in, paths, intrinsic.Options{Params: params, Account: in.account, Region: in.region}); err != nil {
		return nil, err
	}

	begin := time.Now()
	if s.estate != nil {
		s.parts = part.Bind(s.estate, s.graph)
	}
	s.net = network.Build(s.graph, network.Options{Ports: proof.Ports(s.estate, s.graph)})
	s.timing.Prove = time.Since(begin)
	return s, ctx.Err()
}

// resolve makes the graph of what the paths hold: templates, and snapshots.
func (s *subject) resolve(ctx context.Context, env Env, in inputs, paths []string, opts intrinsic.Options) error {
	templates, snapshots := kinds(paths)
	if s.read == nil {
		s.read = startReading(ctx, templates...)
	}
	begin := time.Now()
	taken, faults := snapshot.Load(ctx, snapshot.Options{Account: opts.Account, Region: opts.Region}, snapshots...)
	took := time.Since(begin)
	asm, problems := s.read.result()
	if in.stack != "" && asm != nil && len(asm.Stacks) == 1 {
		asm.Stacks[0].Addr.Name = in.stack
	}
	s.timing.Load = max(s.read.took, took)
	if err := settle(ctx, env, append(problems, faults...)); err != nil {
		return err
	}
	s.stacks = len(asm.Stacks) + taken.Places

	begin = time.Now()
	resources, problems := intrinsic.Resolve(asm, opts)
	s.sizes = intrinsic.Templates(asm, opts)
	graph, doubles := resource.New(append(resources, taken.Resources...))
	s.timing.Resolve = time.Since(begin)
	s.graph = graph
	return settle(ctx, env, append(problems, doubles...))
}

// kinds tells snapshots from what holds templates.
func kinds(paths []string) (templates, snapshots []string) {
	for _, path := range paths {
		if snapshot.Is(path) {
			snapshots = append(snapshots, path)
		} else {
			templates = append(templates, path)
		}
	}
	return templates, snapshots
}

// input is what claims read.
func (s *subject) input(env Env) *proof.Input {
	return &proof.Input{Estate: s.estate, Graph: s.graph, Parts: s.parts, Net: s.net, Now: env.Now(), Templates: s.sizes}
}

// prove runs the claims with the given ids, or all.
func (s *subject) prove(ctx context.Context, env Env, only []string) (*report.Report, error) {
	all := claims.All()
	if err := checkIDs(all, only); err != nil {
		return nil, err
	}
	begin := time.Now()
	verdicts, err := proof.Run(ctx, s.input(env), all, proof.Only(only...))
	if err != nil {
		return nil, err
	}
	s.timing.Prove += time.Since(begin)
	r := &report.Report{Source: s.source, Claims: all, Verdicts: verdicts, Graph: s.graph, Stacks: s.stacks, Templates: s.sizes,
		NotModelled: s.graph.NotModelled(), Timing: s.timing}
	if s.estate != nil {
		r.Estate = s.estate.Name
		for _, scope := range s.estate.Scopes() {
			r.Scopes = append(r.Scopes, proof.Scope(scope.Name))
		}
	}
	return r, nil
}

// locate loads the estate, where there is one, and returns the paths to load:
// those that were named, or the estate's assembly, synthesised first if it is
// absent or stale.
func (s *subject) locate(ctx context.Context, env Env, in inputs) (paths []string, err error) {
	if len(in.paths) > 0 && !in.estateGiven {
		return in.paths, nil
	}
	if !in.estateGiven && !exists(in.estateFile) {
		if exists(filepath.Join(synth.DefaultOut, "manifest.json")) {
			return []string{synth.DefaultOut}, nil
		}
		return nil, fmt.Errorf("there is no %s here and no PATH was named\n"+
			"surety init writes one to start from; surety prove PATH proves templates or a cdk.out without one", in.estateFile)
	}
	if len(in.paths) > 0 {
		s.estate, err = loadDeployable(env, in.estateFile)
		return in.paths, err
	}
	// What is there is mostly up to date, and read while that is looked into.
	out := outOf(in.estateFile)
	ahead := startReading(ctx, out)
	defer func() {
		if s.read == nil {
			ahead.stop()
		}
	}()
	if s.estate, err = loadDeployable(env, in.estateFile); err != nil {
		return nil, err
	}
	kept, err := ensureAssembly(ctx, env, in.estateFile, out)
	if kept {
		s.read = ahead
	}
	return []string{out}, err
}

// settle prints warnings and returns errors.
func settle(ctx context.Context, env Env, problems diag.List) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := problems.Err(); err != nil {
		return err
	}
	printProblems(env.Stderr, problems)
	return nil
}

// checkIDs says which of the ids is no claim's, and which was meant.
func checkIDs(all []proof.Claim, only []string) error {
	ids := make([]string, 0, len(all))
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	for _, id := range only {
		if slices.Contains(ids, id) {
			continue
		}
		msg := fmt.Sprintf("there is no claim %q", id)
		if near := diag.Nearest(id, ids); near != "" {
			msg += fmt.Sprintf("; did you mean %q?", near)
		}
		return errors.New(msg + "\nthe claims are " + strings.Join(ids, ", "))
	}
	return nil
}

// checkPlace refuses what cannot be an account or a Region, which would lead to
// verdicts about a place that does not exist.
func (in inputs) checkPlace(env Env) error {
	digits := func(r rune) bool { return r < '0' || r > '9' }
	if a := in.account; a != "" && (len(a) != 12 || strings.ContainsFunc(a, digits)) {
		return fmt.Errorf("--account %s: want the twelve digits of an AWS account id", a)
	}
	known := estate.KnownRegions()
	r := in.region
	if r == "" || slices.Contains(known, r) {
		return nil
	}
	msg := fmt.Sprintf("--region %s: Surety knows no AWS Region of this name", r)
	if near := diag.Nearest(r, known); near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
	}
	if strings.Count(r, "-") < 2 { // no Region's name; others may be newer than Surety
		return errors.New(msg)
	}
	fmt.Fprintln(env.Stderr, msg)
	return nil
}

func parseParams(params []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--param %s: want NAME=VALUE", p)
		}
		out[name] = value
	}
	return out, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
