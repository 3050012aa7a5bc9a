// Package events does what events ask for, each once.
//
// A queue delivers an event at least once, and in any order. The handler claims
// each event in a ledger before it works on it, so that one that comes twice is
// worked on once, also when two functions have it at the same time. An event
// that cannot be worked on is reported alone and comes again; the others of its
// batch are done. Nothing of an event's detail is ever logged.
package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Event is what a bus of EventBridge delivers ("AWS service event metadata",
// Amazon EventBridge User Guide).
type Event struct {
	ID     string          `json:"id"`
	Source string          `json:"source"`
	Type   string          `json:"detail-type"`
	Time   time.Time       `json:"time"`
	Detail json.RawMessage `json:"detail"`
}

// ErrMalformed is why a message is no event.
var ErrMalformed = errors.New("not an event")

// Parse reads an event from a message.
func Parse(body string) (Event, error) {
	var e Event
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return Event{}, fmt.Errorf("%w: %s", ErrMalformed, kindOf(err))
	}
	switch {
	case e.ID == "" || e.Source == "" || e.Type == "":
		return Event{}, fmt.Errorf("%w: id, source or detail-type is missing", ErrMalformed)
	case e.Time.IsZero():
		return Event{}, fmt.Errorf("%w: time is missing", ErrMalformed)
	case !bytes.HasPrefix(bytes.TrimSpace(e.Detail), []byte("{")):
		return Event{}, fmt.Errorf("%w: detail is no object", ErrMalformed)
	}
	return e, nil
}

// kindOf says what is wrong with a text without saying the text.
func kindOf(err error) string {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("no JSON at byte %d", syntax.Offset)
	case errors.As(err, &typ):
		return fmt.Sprintf("%s is a %s", typ.Field, typ.Value)
	}
	return "a value that cannot be read"
}

// What a ledger says of an event that it does not hand out.
var (
	// ErrDone: the event was worked on.
	ErrDone = errors.New("done already")
	// ErrBusy: the event is being worked on, or was when a function died.
	ErrBusy = errors.New("being worked on")
)

// Ledger remembers which events were worked on.
type Ledger interface {
	// Claim hands an event out for a lease, and returns what identifies the
	// claim; or ErrDone or ErrBusy.
	Claim(ctx context.Context, id string) (claim string, err error)
	// Done says that a claimed event was worked on.
	Done(ctx context.Context, id, claim string) error
	// Release gives a claimed event back.
	Release(ctx context.Context, id, claim string) error
}

// Handler works on batches of messages.
type Handler struct {
	Ledger Ledger
	// Do does what an event asks for. It may be called again for an event whose
	// Done could not be written, so it has to bear that.
	Do  func(context.Context, Event) error
	Log *slog.Logger
}

// reserve is how long before the function is ended no event is begun, and how
// long a claim may take to be given back.
const reserve = 2 * time.Second

// Handle works on a batch and reports the messages that failed ("Implementing
// partial batch responses", AWS Lambda Developer Guide).
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	var failed events.SQSEventResponse
	for _, m := range batch.Records {
		if err := h.message(ctx, m); err != nil {
			failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			h.Log.Error("event failed", "message", m.MessageId, "receives", m.Attributes["ApproximateReceiveCount"], "why", err)
		}
	}
	return failed, nil
}

func (h *Handler) message(ctx context.Context, m events.SQSMessage) error {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < reserve {
		return errors.New("no time is left for it in this batch")
	}
	e, err := Parse(m.Body)
	if err != nil {
		return err
	}
	claim, err := h.Ledger.Claim(ctx, e.ID)
	switch {
	case errors.Is(err, ErrDone):
		h.Log.Info("event was done already", "event", e.ID, "type", e.Type)
		return nil
	case err != nil:
		return fmt.Errorf("claim event %s: %w", e.ID, err)
	}
	if err := h.do(ctx, e); err != nil {
		return errors.Join(fmt.Errorf("event %s (%s): %w", e.ID, e.Type, err), h.release(ctx, e.ID, claim))
	}
	if err := h.Ledger.Done(ctx, e.ID, claim); err != nil {
		return fmt.Errorf("note that event %s is done: %w", e.ID, err)
	}
	h.Log.Info("event done", "event", e.ID, "type", e.Type, "source", e.Source)
	return nil
}

// do does what an event asks for; one that brings the program down fails alone.
func (h *Handler) do(ctx context.Context, e Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-reserve))
		defer cancel()
	}
	return h.Do(ctx, e)
}

// release gives a claim back, also where the time for the work is over.
func (h *Handler) release(ctx context.Context, id, claim string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reserve)
	defer cancel()
	if err := h.Ledger.Release(ctx, id, claim); err != nil {
		return fmt.Errorf("give event %s back: %w", id, err)
	}
	return nil
}
