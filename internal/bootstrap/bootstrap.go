// Package bootstrap makes, by AWS's API, what no stack can make: the
// organisation, its accounts, and what has to be switched on before the first
// stack is deployed.
//
// It is a list of steps. Each looks at what is, compares it with what the
// estate asks for, acts if they differ, and looks again. Nothing is remembered
// between runs but what AWS and the estate file hold, so that a run that ended
// anywhere is taken up by the next, and a run with nothing to do changes
// nothing. What is there is never changed to something else: where it
// contradicts the estate, the run stops and says so. The ids of accounts are
// written into the estate file as soon as they are known.
package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/work"
)

// Options say what a run is about.
type Options struct {
	// Document is the estate file, into which ids are written.
	Document *estate.Document
	// Config has the credentials of the management account.
	Config aws.Config
	// Apply performs the plan. Without it nothing is changed.
	Apply bool
	// OnStep is told of every step: when work on it begins (work.Doing) and how it
	// ended.
	OnStep func(work.Step)
	// Poll is the time between two looks at what AWS does in the background,
	// and Patience how long it may take. Default 5 seconds and an hour.
	Poll, Patience time.Duration
}

// step is how one thing is looked at and made. Steps of one group that follow
// one another are all begun before the first is waited for.
type step struct {
	id, what, group string
	path            string // of the estate file that asks for it
	look            func(context.Context) (view, error)
	act             func(context.Context) error
}

// view is what a look found.
type view struct {
	done   bool
	later  bool // it cannot be done yet, for a reason that the detail says
	detail string
}

func done(detail string) (view, error) { return view{done: true, detail: detail}, nil }

func todo(detail string) (view, error) { return view{detail: detail}, nil }

// Run looks at every step and, with Apply, makes what is not so yet. It
// returns the steps as far as it came. The error is a diag.Diagnostic, or the
// context's.
func Run(ctx context.Context, o Options) ([]work.Step, error) {
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = time.Hour
	}
	w := newWorld(o)
	if e := o.Document.Estate(); e.Organisation.Management.IsZero() {
		return nil, diag.Diagnostic{Code: CodeNoManagement, Pos: w.at("organisation"), What: "the estate names no management account",
			Why: "an organisation is made by its management account, which nothing else can make", Fix: "add organisation.management with its email (and its id, if you know it)"}
	}
	if err := w.identify(ctx); err != nil {
		return nil, w.explain(ctx, err, step{what: "say whose credentials these are", path: "organisation/management"})
	}
	all := w.steps()
	r := run{world: w, steps: make([]work.Step, 0, len(all))}
	for len(all) > 0 {
		n := 1
		for n < min(len(all), atOnce) && all[0].group != "" && all[n].group == all[0].group {
			n++
		}
		if err := r.together(ctx, all[:n]); err != nil {
			return r.steps, err
		}
		all = all[n:]
	}
	return r.steps, nil
}

// atOnce is how many steps of a group are begun before the first is waited
// for. Account Management allows 50 requests for Regions at once in an
// organisation ("Quotas for AWS Account Management").
const atOnce = 20

// run is a run under way.
type run struct {
	*world
	steps []work.Step
}

func (r *run) tell(s work.Step) {
	if r.o.OnStep != nil {
		r.o.OnStep(s)
	}
	if s.State != work.Doing {
		r.steps = append(r.steps, s)
	}
}

// together looks at some steps, begins those that are to be done, and waits
// until they are.
func (r *run) together(ctx context.Context, steps []step) error {
	var begun []step
	for _, s := range steps {
		v, err := s.look(ctx)
		if err != nil {
			return r.explain(ctx, err, s)
		}
		told := work.Step{ID: s.id, What: s.what, Detail: v.detail, State: work.Done}
		switch {
		case v.done:
		case v.later:
			told.State = work.Later
		case !r.o.Apply:
			told.State = work.ToDo
		default:
			told.State = work.Doing
			begun = append(begun, s)
		}
		r.tell(told)
		if told.State != work.Doing {
			continue
		}
		if err := s.act(ctx); err != nil {
			return r.explain(ctx, err, s)
		}
	}
	for _, s := range begun {
		v, err := r.wait(ctx, s)
		if err != nil {
			return r.explain(ctx, err, s)
		}
		r.tell(work.Step{ID: s.id, What: s.what, Detail: v.detail, State: work.Made})
	}
	return nil
}

// errPatience is returned when AWS did not get ready in time.
var errPatience = errors.New("AWS is not done with it yet")

// wait looks at a step until it is done.
func (r *run) wait(ctx context.Context, s step) (view, error) {
	var v view
	err := r.until(ctx, func() (bool, string, error) {
		var err error
		v, err = s.look(ctx)
		return v.done, v.detail, err
	})
	return v, err
}

// until asks again and again until the answer is yes. The text says how things
// are if it takes too long.
func (w *world) until(ctx context.Context, is func() (bool, string, error)) error {
	for end := time.Now().Add(w.o.Patience); ; {
		yes, how, err := is()
		if err != nil || yes {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w after %s: %s", errPatience, w.o.Patience, how)
		}
		if err := w.sleep(ctx); err != nil {
			return err
		}
	}
}

// sleep waits until it is time to look again.
func (w *world) sleep(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(w.o.Poll):
		return nil
	}
}

// at is the place of the estate file that asks for a step.
func (w *world) at(path string) diag.Position {
	if p := w.o.Document.Estate().Pos(path); !p.IsZero() {
		return p
	}
	return w.o.Document.Estate().Pos("organisation")
}
