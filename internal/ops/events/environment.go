package events

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/suretyhq/surety/internal/ops/rdsca"
)

// What the ledger is told. The function may run for a minute, and a queue of
// dead letters keeps a message for fourteen days.
const (
	timeout = time.Minute
	lease   = 2 * time.Minute
	keep    = 30 * 24 * time.Hour
)

// NewFromEnvironment makes the handler of a function that keeps every event in
// the database. It reads the variables that docs/services.md lists.
func NewFromEnvironment(config aws.Config, get func(string) string, log *slog.Logger) (*Handler, error) {
	ledger := &Table{Client: dynamodb.NewFromConfig(config), Name: get("EVENTS_MEMORY"), Function: get("AWS_LAMBDA_FUNCTION_NAME"),
		Lease: lease, Keep: keep, Now: time.Now}
	if err := ledger.check(timeout); err != nil {
		return nil, err
	}
	if get("PGHOST") == "" {
		return nil, errors.New("PGHOST is empty: the function needs the database (needs: [database])")
	}
	authorities, err := rdsca.Pool()
	if err != nil {
		return nil, err
	}
	password := func(ctx context.Context) (string, error) {
		return auth.BuildAuthToken(ctx, get("PGHOST")+":"+get("PGPORT"), config.Region, get("PGUSER"), config.Credentials)
	}
	store, err := NewStore("", authorities, password)
	if err != nil {
		return nil, err
	}
	return &Handler{Ledger: ledger, Do: store.Keep, Log: log}, nil
}
