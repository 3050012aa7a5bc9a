package events

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/suretyhq/surety/internal/ops/rdsca"
	"github.com/suretyhq/surety/internal/pgtest"
)

const secret = "a token that IAM would give"

// settings are libpq's, for the function's user.
func settings(s *pgtest.Server) string {
	return fmt.Sprintf("host=localhost port=%d dbname=postgres user=policy-events", s.Port)
}

// database starts a server that has the function's user and table, as
// docs/services.md says.
func database(t *testing.T) *pgtest.Server {
	t.Helper()
	s := pgtest.StartTLS(t)
	conn, err := s.Connect(t.Context(), "super", "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }() // the test has what it wants
	for _, sql := range []string{`CREATE ROLE "policy-events" LOGIN PASSWORD '` + secret + `'`,
		`CREATE SCHEMA "policy-events" AUTHORIZATION "policy-events"`, `SET ROLE "policy-events"`, Schema} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func password(context.Context) (string, error) { return secret, nil }

func TestS12_EventsAreKeptOnceInARealDatabase(t *testing.T) {
	p := database(t)
	s, err := NewStore(settings(p), p.Authorities, password)
	if err != nil {
		t.Fatal(err)
	}
	h, _, log := handler(newMemory())
	h.Do = s.Keep
	if failed := handle(t.Context(), t, h, message("m1", body("e1", "issued")), message("m2", body("e2", "cancelled"))); len(failed) > 0 {
		t.Fatalf("failed %v\n%s", failed, log)
	}
	// The ledger may lose what it knows; the database still has each event once.
	h.Ledger = newMemory()
	if failed := handle(t.Context(), t, h, message("m1", body("e1", "issued"))); len(failed) > 0 {
		t.Fatalf("failed %v\n%s", failed, log)
	}
	// A connection that broke is replaced: the batch's next event finds another.
	if err := s.conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if failed := handle(t.Context(), t, h, message("m3", body("e3", "issued")), message("m4", `{"id":"e4","source":"s","detail-type":"t","time":"2026-07-01T00:00:00Z","detail":{"a":"\u0000"}}`),
		message("m5", body("e5", "issued"))); len(failed) != 1 || failed[0] != "m4" {
		t.Errorf("failed %v: PostgreSQL refuses m4 alone\n%s", failed, log)
	}
	conn, err := s.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `SELECT id || ' ' || type || ' ' || (detail->>'policy') FROM events ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if want := "[e1 issued P-1 e2 cancelled P-1 e3 issued P-1 e5 issued P-1]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("kept %v, want %s: %v", got, want, err)
	}
	if strings.Contains(log.String(), secret) || strings.Contains(log.String(), "A secret name") {
		t.Errorf("a secret is logged:\n%s", log)
	}
	s.close(t.Context())
}

func TestS24_AServerThatNobodyVouchesForIsRefused(t *testing.T) {
	p := database(t)
	strangers, err := rdsca.Pool()
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"", " sslmode=disable", " sslmode=require"} {
		s, err := NewStore(settings(p)+mode, strangers, password)
		if err != nil {
			t.Fatal(err)
		}
		e, _ := Parse(body("e1", "issued"))
		err = s.Keep(t.Context(), e)
		if err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("mode %q: %v", mode, err)
		}
	}
	s, err := NewStore(settings(p), p.Authorities, func(context.Context) (string, error) { return "", errors.New("no credentials") })
	if err != nil {
		t.Fatal(err)
	}
	e, _ := Parse(body("e1", "issued"))
	if err := s.Keep(t.Context(), e); err == nil || !strings.Contains(err.Error(), "sign in") {
		t.Error(err)
	}
}

func TestTheTableIsThatOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../../docs/services.md")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(strings.Fields(string(page)), " "), strings.Join(strings.Fields(Schema), " "); !strings.Contains(got, want) {
		t.Errorf("docs/services.md does not show\n%s", Schema)
	}
}
