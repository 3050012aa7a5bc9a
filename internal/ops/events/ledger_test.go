package events

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/suretyhq/surety/internal/motest"
)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// table is a ledger in a table of moto's DynamoDB.
func table(t *testing.T) (*Table, *clock) {
	t.Helper()
	client := dynamodb.NewFromConfig(motest.Config(motest.Start(t).URL))
	if _, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: aws.String("memory"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}}); err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
	return &Table{Client: client, Name: "memory", Function: "cover-dev-policy-events", Lease: lease, Keep: keep, Now: c.Now}, c
}

func TestS12_TheLedgerHandsAnEventOutOnce(t *testing.T) {
	l, c := table(t)
	ctx := t.Context()
	claim := func(id string, want error) string {
		t.Helper()
		got, err := l.Claim(ctx, id)
		if !errors.Is(err, want) || (err == nil) != (got != "") {
			t.Fatalf("claim of %s: %q, %v, want %v", id, got, err, want)
		}
		return got
	}
	first := claim("e1", nil)
	claim("e1", ErrBusy)
	if err := l.Done(ctx, "e1", first); err != nil {
		t.Fatal(err)
	}
	claim("e1", ErrDone)

	given := claim("e2", nil)
	if err := l.Release(ctx, "e2", given); err != nil {
		t.Fatal(err)
	}
	died := claim("e2", nil)
	c.now = c.now.Add(lease + time.Second)
	heir := claim("e2", nil) // the function that claimed it has ended without a word
	for what, err := range map[string]error{"done": l.Done(ctx, "e2", died), "given back": l.Release(ctx, "e2", died)} {
		if err == nil {
			t.Errorf("%s by a claim that ran out", what)
		}
	}
	if err := l.Done(ctx, "e2", heir); err != nil {
		t.Error(err)
	}
	c.now = c.now.Add(lease + time.Hour)
	claim("e2", ErrDone)
	c.now = c.now.Add(keep) // DynamoDB has not deleted it yet
	claim("e2", nil)

	other := *l
	other.Function = "cover-dev-audit"
	if _, err := other.Claim(ctx, "e1"); err != nil {
		t.Errorf("another function has the same event: %v", err)
	}
	l.Name = "nowhere"
	if _, err := l.Claim(ctx, "e9"); err == nil || errors.Is(err, ErrBusy) || errors.Is(err, ErrDone) {
		t.Errorf("a table that is not there: %v", err)
	}
}

// TestS12_FunctionsAtTheSameTimeDoAnEventOnce lets several copies of the
// function get the same events.
func TestS12_FunctionsAtTheSameTimeDoAnEventOnce(t *testing.T) {
	l, _ := table(t)
	h, w, _ := handler(l)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, id := range []string{"e1", "e2", "e3"} {
				handle(t.Context(), t, h, message("m", body(id, "issued")))
			}
		})
	}
	wg.Wait()
	slices.Sort(w.done)
	if !slices.Equal(w.done, []string{"e1", "e2", "e3"}) {
		t.Errorf("done %v", w.done)
	}
}

func TestALedgerMustNotForgetTooSoon(t *testing.T) {
	for name, l := range map[string]*Table{
		"no table": {Function: "f", Lease: lease}, "no function": {Name: "t", Lease: lease}, "a short lease": {Name: "t", Function: "f", Lease: timeout}} {
		if l.check(timeout) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := (&Table{Name: "t", Function: "f", Lease: lease}).check(timeout); err != nil {
		t.Error(err)
	}
}
