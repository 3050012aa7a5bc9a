// Command provisioner makes the databases of tenants, as a custom resource of
// CloudFormation. The work is internal/ops/provision's; this reads the settings
// and speaks CloudFormation's protocol. No secret is ever logged or answered.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/suretyhq/surety/internal/ops/provision"
)

func main() {
	lambda.Start(cfn.LambdaWrap(handle))
}

func handle(ctx context.Context, event cfn.Event) (string, map[string]any, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return event.PhysicalResourceID, nil, fmt.Errorf("load the settings of AWS: %w", err)
	}
	cluster := &provision.Cluster{Host: os.Getenv("PGHOST"), Port: os.Getenv("PGPORT"), Database: os.Getenv("PGDATABASE"),
		Secret: os.Getenv("ADMINISTRATOR_SECRET"), Secrets: secretsmanager.NewFromConfig(settings)}
	id, err := provision.Handle(ctx, cluster, string(event.RequestType), event.PhysicalResourceID, raw(event.ResourceProperties))
	return id, nil, err
}

// raw gives the properties back as the JSON that they came as.
func raw(properties map[string]any) []byte {
	data, err := json.Marshal(properties)
	if err != nil {
		return nil // what came as JSON goes as JSON
	}
	return data
}
