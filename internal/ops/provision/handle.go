package provision

import (
	"context"
	"encoding/json"
	"fmt"
)

// Handle answers a request of a CloudFormation custom resource: Create, Update
// or Delete. The resource's id is its database's name, so that another name is
// another resource, whose predecessor is closed. What was never made is closed
// at once.
func Handle(ctx context.Context, server Server, request, id string, properties []byte) (string, error) {
	var r Request
	if err := json.Unmarshal(properties, &r); err != nil {
		return id, fmt.Errorf("the properties are no request: %w", err)
	}
	if request == "Delete" {
		if id != r.Database {
			return id, nil // it failed before anything was made
		}
		return id, Close(ctx, server, r)
	}
	if err := Ensure(ctx, server, r); err != nil {
		return id, err
	}
	return r.Database, nil
}
