// Command authoriser is the function by which API Gateway decides which
// requests to let through. Package internal/ops/authoriser says how.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/suretyhq/surety/internal/ops/authoriser"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	a, err := authoriser.NewFromEnvironment(os.Getenv)
	if err != nil {
		slog.Error("cannot start", "why", err)
		os.Exit(1)
	}
	lambda.Start(a.Handle)
}
