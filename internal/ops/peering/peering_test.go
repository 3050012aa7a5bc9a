package peering

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// script is a Region that goes from state to state each time it is asked, and
// stays in the last.
type script struct {
	states   []string
	asked    int
	accepted []string
	refuses  error
}

func (s *script) State(context.Context, string) (string, error) {
	state := s.states[min(s.asked, len(s.states)-1)]
	s.asked++
	if state == "error" {
		return "", errors.New("not authorised")
	}
	return state, nil
}

func (s *script) Accept(_ context.Context, id string) error {
	s.accepted = append(s.accepted, id)
	return s.refuses
}

const properties = `{"ServiceToken": "arn:aws:lambda:::function", "TransitGatewayAttachmentId": "tgw-attach-1", "PeerRegion": "ap-southeast-4"}`

func TestS05_APeeringIsAcceptedOnceAndAvailableBeforeRoutesAreMade(t *testing.T) {
	for _, c := range []struct {
		name     string
		kind     string
		states   []string
		refuses  error
		accepted bool
		wrong    string // part of the error; empty: none
	}{
		{"as it is made", "Create", []string{"", "initiatingRequest", "pendingAcceptance", "pendingAcceptance", "pending", "available"}, nil, true, ""},
		{"accepted already", "Create", []string{"available"}, nil, false, ""},
		{"another one", "Update", []string{"pendingAcceptance", "available"}, nil, true, ""},
		{"rejected", "Create", []string{"pendingAcceptance", "rejected"}, nil, true, "is rejected"},
		{"failed", "Create", []string{"failing"}, nil, false, "is failing"},
		{"never", "Create", []string{"pending"}, nil, false, `its last state is "pending"`},
		{"not let", "Create", []string{"error"}, nil, false, "not authorised"},
		{"refused", "Create", []string{"pendingAcceptance"}, errors.New("IncorrectState"), true, "IncorrectState"},
		{"deleted", "Delete", []string{"error"}, nil, false, ""},
		{"something else", "Upsert", []string{"available"}, nil, false, "no request"},
	} {
		s, left, region := &script{states: c.states, refuses: c.refuses}, 10, ""
		a := &Acceptor{In: func(r string) Gateways { region = r; return s }, Wait: func(context.Context) error {
			if left--; left == 0 {
				return context.DeadlineExceeded
			}
			return nil
		}}
		id, err := a.Handle(t.Context(), c.kind, "before", []byte(properties))
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
		}
		want := []string(nil)
		if c.accepted {
			want = []string{"tgw-attach-1"}
		}
		if !slices.Equal(s.accepted, want) || s.asked > 0 && region != "ap-southeast-4" {
			t.Errorf("%s: accepted %v in %q", c.name, s.accepted, region)
		}
		if made := c.kind == "Create" || c.kind == "Update"; made && id != "tgw-attach-1" || !made && id != "before" {
			t.Errorf("%s: the resource's id is %q", c.name, id)
		}
	}
}

func TestS05_ARequestHasToNameThePeering(t *testing.T) {
	a := &Acceptor{In: func(string) Gateways { t.Fatal("AWS was asked"); return nil }}
	for _, bad := range []string{"", "{", "{}", `{"TransitGatewayAttachmentId": "tgw-attach-1"}`, `{"PeerRegion": "ap-southeast-4"}`, `{"TransitGatewayAttachmentId": 1}`} {
		if id, err := a.Handle(t.Context(), "Create", "before", []byte(bad)); err == nil || id != "before" {
			t.Errorf("%q: %q, %v", bad, id, err)
		}
	}
}

func TestS05_WaitingEndsWithTheTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Sleep(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
