package events

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Table is a ledger in a DynamoDB table. Its items are: id (the function's name
// and the event's id), state (busy or done), claim (whose), lease (until when a
// claim holds) and expires (when the item may be forgotten); times are seconds
// since 1970.
type Table struct {
	Client *dynamodb.Client
	// Name is the table's name.
	Name string
	// Function tells the events of one function from those of others.
	Function string
	// Lease is how long a claim holds: longer than the function may run.
	Lease time.Duration
	// Keep is for how long an event counts as done: longer than any queue keeps
	// a message.
	Keep time.Duration
	// Now is the clock.
	Now func() time.Time
}

// The states of an item.
const (
	busy = "busy"
	done = "done"
)

func (t *Table) key(id string) string { return t.Function + "#" + id }

// Claim writes an item on the condition that there is none, or that the claim
// of the one that is there has run out. DynamoDB deletes what expired later
// than that ("Using time to live (TTL) in DynamoDB"), so an expired one counts
// as absent.
func (t *Table) Claim(ctx context.Context, id string) (string, error) {
	claim, now := newClaim(), t.Now()
	_, err := t.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(t.Name),
		Item: map[string]types.AttributeValue{"id": text(t.key(id)), "state": text(busy), "claim": text(claim),
			"lease": seconds(now.Add(t.Lease)), "expires": seconds(now.Add(t.Keep))},
		ConditionExpression:                 aws.String("attribute_not_exists(id) OR (#state = :busy AND lease < :now) OR expires < :now"),
		ExpressionAttributeNames:            map[string]string{"#state": "state"},
		ExpressionAttributeValues:           map[string]types.AttributeValue{":busy": text(busy), ":now": seconds(now)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	var there *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return claim, nil
	case !errors.As(err, &there):
		return "", err
	}
	if state, ok := there.Item["state"].(*types.AttributeValueMemberS); ok && state.Value == done {
		return "", ErrDone
	}
	return "", ErrBusy
}

// Done keeps the item, as long as the claim is still the one that counts.
func (t *Table) Done(ctx context.Context, id, claim string) error {
	_, err := t.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String(t.Name), Key: map[string]types.AttributeValue{"id": text(t.key(id))},
		UpdateExpression: aws.String("SET #state = :done, expires = :expires"), ConditionExpression: aws.String("claim = :claim"),
		ExpressionAttributeNames: map[string]string{"#state": "state"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":done": text(done), ":claim": text(claim),
			":expires": seconds(t.Now().Add(t.Keep))}})
	return lost(err)
}

// Release takes the item away, as long as the claim is still the one that
// counts.
func (t *Table) Release(ctx context.Context, id, claim string) error {
	_, err := t.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(t.Name), Key: map[string]types.AttributeValue{"id": text(t.key(id))},
		ConditionExpression: aws.String("claim = :claim"), ExpressionAttributeValues: map[string]types.AttributeValue{":claim": text(claim)}})
	return lost(err)
}

// lost says what it means that a claim does not count any more.
func lost(err error) error {
	var gone *types.ConditionalCheckFailedException
	if errors.As(err, &gone) {
		return errors.New("its claim ran out meanwhile")
	}
	return err
}

func newClaim() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func seconds(t time.Time) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(t.Unix(), 10)}
}

// check refuses a ledger that could forget an event while a queue still has it.
func (t *Table) check(timeout time.Duration) error {
	if t.Name == "" || t.Function == "" {
		return errors.New("the table of the ledger or the function has no name")
	}
	if t.Lease <= timeout {
		return fmt.Errorf("a claim holds for %s, and the function may run for %s", t.Lease, timeout)
	}
	return nil
}
