package events

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// memory is a ledger that forgets when the test ends.
type memory struct {
	mu     sync.Mutex
	claims map[string]string // event → claim, or done
	n      int
	broken error
}

func (m *memory) Claim(_ context.Context, id string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch c, ok := m.claims[id]; {
	case m.broken != nil:
		return "", m.broken
	case ok && c == done:
		return "", ErrDone
	case ok:
		return "", ErrBusy
	}
	m.n++
	m.claims[id] = fmt.Sprint(m.n)
	return m.claims[id], nil
}

func (m *memory) Done(_ context.Context, id, claim string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.claims[id] != claim {
		return errors.New("its claim ran out meanwhile")
	}
	m.claims[id] = done
	return nil
}

func (m *memory) Release(_ context.Context, id, claim string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.claims[id] == claim {
		delete(m.claims, id)
	}
	return nil
}

func body(id, typ string) string {
	return fmt.Sprintf(`{"id":%q,"source":"cover.api","detail-type":%q,"time":"2026-07-01T00:00:00Z","account":"100000000004","detail":{"policy":"P-1","holder":"A secret name"}}`, id, typ)
}

func message(id, text string) events.SQSMessage {
	return events.SQSMessage{MessageId: id, Body: text, Attributes: map[string]string{"ApproximateReceiveCount": "1"}}
}

// worker counts what was done, and fails where its type says so.
type worker struct {
	mu   sync.Mutex
	done []string
}

func (w *worker) do(ctx context.Context, e Event) error {
	switch e.Type {
	case "poison":
		return errors.New("the database refuses it")
	case "panic":
		panic("out of range")
	case "slow":
		<-ctx.Done()
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, e.ID)
	return nil
}

func handler(l Ledger) (*Handler, *worker, *bytes.Buffer) {
	w, log := &worker{}, &bytes.Buffer{}
	return &Handler{Ledger: l, Do: w.do, Log: slog.New(slog.NewJSONHandler(log, nil))}, w, log
}

func newMemory() *memory { return &memory{claims: map[string]string{}} }

func handle(ctx context.Context, t *testing.T, h *Handler, messages ...events.SQSMessage) []string {
	t.Helper()
	answer, err := h.Handle(ctx, events.SQSEvent{Records: messages})
	if err != nil {
		t.Fatal(err)
	}
	failed := []string{}
	for _, f := range answer.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func TestS12_OnlyWhatFailedComesAgain(t *testing.T) {
	h, w, log := handler(newMemory())
	failed := handle(t.Context(), t, h, message("m1", body("e1", "issued")), message("m2", "no JSON"), message("m3", body("e3", "poison")),
		message("m4", body("e4", "panic")), message("m5", body("e5", "issued")))
	if !slices.Equal(failed, []string{"m2", "m3", "m4"}) || !slices.Equal(w.done, []string{"e1", "e5"}) {
		t.Errorf("failed %v, done %v", failed, w.done)
	}
	if s := log.String(); strings.Contains(s, "secret") || strings.Contains(s, "no JSON\"") || !strings.Contains(s, "panic: out of range") {
		t.Errorf("the log says too much or too little:\n%s", s)
	}
	// What failed is free again, and is worked on when it can be.
	if failed := handle(t.Context(), t, h, message("m3", strings.Replace(body("e3", "issued"), "poison", "issued", 1))); len(failed) > 0 || !slices.Contains(w.done, "e3") {
		t.Errorf("failed %v, done %v", failed, w.done)
	}
}

func TestS12_WhatComesTwiceIsDoneOnce(t *testing.T) {
	h, w, _ := handler(newMemory())
	if failed := handle(t.Context(), t, h, message("m1", body("e1", "issued")), message("m2", body("e1", "issued"))); len(failed) > 0 {
		t.Errorf("failed %v", failed)
	}
	if failed := handle(t.Context(), t, h, message("m1", body("e1", "issued"))); len(failed) > 0 || !slices.Equal(w.done, []string{"e1"}) {
		t.Errorf("failed %v, done %v", failed, w.done)
	}
}

func TestS12_WhatAnotherWorksOnComesAgain(t *testing.T) {
	l := newMemory()
	if _, err := l.Claim(t.Context(), "e1"); err != nil {
		t.Fatal(err)
	}
	h, w, _ := handler(l)
	if failed := handle(t.Context(), t, h, message("m1", body("e1", "issued"))); !slices.Equal(failed, []string{"m1"}) || len(w.done) > 0 {
		t.Errorf("failed %v, done %v", failed, w.done)
	}
}

func TestS12_WithoutALedgerNothingIsDone(t *testing.T) {
	l := newMemory()
	l.broken = errors.New("no such table")
	h, w, _ := handler(l)
	if failed := handle(t.Context(), t, h, message("m1", body("e1", "issued"))); !slices.Equal(failed, []string{"m1"}) || len(w.done) > 0 {
		t.Errorf("failed %v, done %v", failed, w.done)
	}
}

func TestS12_TimeIsKeptForWhatIsLeft(t *testing.T) {
	l := newMemory()
	h, w, _ := handler(l)
	ctx, cancel := context.WithTimeout(t.Context(), reserve+200*time.Millisecond)
	defer cancel()
	failed := handle(ctx, t, h, message("m1", body("e1", "slow")), message("m2", body("e2", "issued")))
	if !slices.Equal(failed, []string{"m1", "m2"}) || len(w.done) > 0 {
		t.Errorf("failed %v, done %v", failed, w.done)
	}
	if len(l.claims) > 0 {
		t.Errorf("claims are left: %v", l.claims)
	}
}

func TestParseRefusesWhatIsNoEvent(t *testing.T) {
	good := body("e1", "issued")
	for name, c := range map[string]string{
		"nothing": "", "a text": `"a"`, "a list": "[]", "null": "null", "cut off": good[:len(good)-1],
		"no id": strings.Replace(good, `"id":"e1"`, `"id":""`, 1), "no source": strings.Replace(good, `"source":"cover.api",`, "", 1),
		"no type": strings.Replace(good, `"detail-type"`, `"type"`, 1), "no time": strings.Replace(good, `"time"`, `"when"`, 1),
		"another time": strings.Replace(good, "2026-07-01T", "tomorrow", 1), "a number for an id": strings.Replace(good, `"e1"`, "1", 1),
		"detail is text": strings.Replace(good, `"detail":{`, `"detail":"","x":{`, 1),
		"no detail":      strings.Replace(good, `"detail":{`, `"x":{`, 1),
	} {
		if e, err := Parse(c); !errors.Is(err, ErrMalformed) || e.ID != "" {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	if e, err := Parse(good); err != nil || e.ID != "e1" || e.Type != "issued" || e.Source != "cover.api" {
		t.Errorf("%+v, %v", e, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(body("e1", "issued"))
	f.Add(`{"id":1}`)
	f.Add("[")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if (err == nil) != (e.ID != "") {
			t.Errorf("%+v, %v", e, err)
		}
	})
}
