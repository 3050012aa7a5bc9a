// Command policy-events is the function that keeps every event of the bus in
// the database, once. Package internal/ops/events says how.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/suretyhq/surety/internal/ops/events"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	aws, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Error("cannot start", "why", err)
		os.Exit(1)
	}
	h, err := events.NewFromEnvironment(aws, os.Getenv, log)
	if err != nil {
		log.Error("cannot start", "why", err)
		os.Exit(1)
	}
	lambda.Start(h.Handle)
}
