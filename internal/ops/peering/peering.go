// Package peering accepts the peering of two Transit Gateways, and waits until
// it carries traffic.
//
// The work may be done again at any time: what is accepted already stays so. A
// peering that was rejected, failed or deleted is an error and is never asked for
// anew, which only the stack that made it can do. Nothing is taken back when the
// custom resource is deleted: the peering is deleted by the stack that made it.
package peering

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Gateways is what AWS says and does about the peerings of a Region.
type Gateways interface {
	// State returns a peering's state ("TransitGatewayPeeringAttachment", Amazon
	// EC2 API Reference), and "" where the Region does not know it yet.
	State(ctx context.Context, id string) (string, error)
	// Accept accepts a peering that waits for it.
	Accept(ctx context.Context, id string) error
}

// Acceptor accepts peerings.
type Acceptor struct {
	// In returns the gateways of a Region.
	In func(region string) Gateways
	// Wait waits before AWS is asked again; it returns an error when there is no
	// time left.
	Wait func(ctx context.Context) error
}

// Request is what the custom resource says.
type Request struct {
	// ID is that of the peering's attachment.
	ID string `json:"TransitGatewayAttachmentId"`
	// Region is that of the gateway whose owner has to accept it.
	Region string `json:"PeerRegion"`
}

// Pause is how long Sleep waits.
const Pause = 10 * time.Second

// Sleep waits for Pause, or until there is no time left.
func Sleep(ctx context.Context) error {
	t := time.NewTimer(Pause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Handle does what a custom resource asks for, and returns its id, which is the
// peering's.
func (a *Acceptor) Handle(ctx context.Context, kind, id string, properties []byte) (string, error) {
	var r Request
	if err := json.Unmarshal(properties, &r); err != nil {
		return id, fmt.Errorf("read the properties of the resource: %w", err)
	}
	switch kind {
	case "Delete":
		return id, nil
	case "Create", "Update":
		if r.ID == "" || r.Region == "" {
			return id, errors.New("TransitGatewayAttachmentId and PeerRegion have to name a peering and the Region that accepts it")
		}
		return r.ID, a.accept(ctx, r)
	}
	return id, fmt.Errorf("%q is no request of CloudFormation's", kind)
}

// accept accepts a peering once, and waits until it is available ("Transit
// gateway peering attachment lifecycle": from initiatingRequest by
// pendingAcceptance and pending to available).
func (a *Acceptor) accept(ctx context.Context, r Request) error {
	gateways, accepted := a.In(r.Region), false
	for {
		state, err := gateways.State(ctx, r.ID)
		if err != nil {
			return fmt.Errorf("ask %s for the peering %s: %w", r.Region, r.ID, err)
		}
		switch state {
		case "available":
			return nil
		case "pendingAcceptance":
			if accepted {
				break // its Region has not seen it yet
			}
			if err := gateways.Accept(ctx, r.ID); err != nil {
				return fmt.Errorf("accept the peering %s in %s: %w", r.ID, r.Region, err)
			}
			accepted = true
		case "", "initiating", "initiatingRequest", "pending", "modifying":
		default:
			return fmt.Errorf("the peering %s is %s in %s: delete it with its stack and deploy that anew", r.ID, state, r.Region)
		}
		if err := a.Wait(ctx); err != nil {
			return fmt.Errorf("the peering %s is not available in %s after all the time there was; its last state is %q: %w", r.ID, r.Region, state, err)
		}
	}
}
