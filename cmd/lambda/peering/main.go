// Command peering accepts the peering of two Transit Gateways, as a custom
// resource of CloudFormation. The work is internal/ops/peering's; this speaks
// CloudFormation's protocol.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/suretyhq/surety/internal/ops/peering"
)

func main() {
	lambda.Start(cfn.LambdaWrap(handle))
}

func handle(ctx context.Context, event cfn.Event) (string, map[string]any, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return event.PhysicalResourceID, nil, fmt.Errorf("load the settings of AWS: %w", err)
	}
	properties, err := json.Marshal(event.ResourceProperties)
	if err != nil {
		return event.PhysicalResourceID, nil, fmt.Errorf("read the properties of the resource: %w", err)
	}
	// CloudFormation has to be answered before the function is stopped.
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-2*peering.Pause))
		defer cancel()
	}
	a := &peering.Acceptor{Wait: peering.Sleep, In: func(region string) peering.Gateways {
		return &peering.EC2{Region: region, Credentials: settings.Credentials, Client: &http.Client{Timeout: peering.Pause}}
	}}
	id, err := a.Handle(ctx, string(event.RequestType), event.PhysicalResourceID, properties)
	return id, nil, err
}
