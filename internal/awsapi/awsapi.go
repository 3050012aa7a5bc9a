// Package awsapi calls AWS's API for the commands that need it, with the
// credentials and the Region that the AWS command line would use. Only surety-aws
// links it.
package awsapi

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/bootstrap"
	"github.com/suretyhq/surety/internal/collect"
	"github.com/suretyhq/surety/internal/snapshot"
	"github.com/suretyhq/surety/internal/work"
)

// Bootstrap is bootstrap.Run.
func Bootstrap(ctx context.Context, d *estate.Document, apply bool, onStep func(work.Step)) ([]work.Step, error) {
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return bootstrap.Run(ctx, bootstrap.Options{Document: d, Config: aws, Apply: apply, OnStep: onStep})
}

// Snapshot is collect.Run.
func Snapshot(ctx context.Context, r snapshot.Request, onFile func(snapshot.Collected)) error {
	aws, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(r.Profile))
	if err != nil {
		return fmt.Errorf("read the AWS configuration: %w", err)
	}
	return collect.Run(ctx, collect.Options{Config: aws, Out: r.Out, Regions: r.Regions, OnFile: onFile})
}
