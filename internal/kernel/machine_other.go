//go:build !linux

package kernel

import (
	"context"
	"errors"
	"time"

	"github.com/suretyhq/surety/internal/resource"
)

// Machine is a graph that stands as namespaces.
type Machine struct{ plan *plan }

// Available returns why this system cannot judge.
func Available() error { return errors.New("the kernel judge needs Linux") }

// Build fails: only Linux has namespaces.
func Build(_ context.Context, g *resource.Graph, f Family) (*Machine, error) {
	if _, err := compile(g, f); err != nil {
		return nil, err
	}
	return nil, Available()
}

// Ends returns what can be probed.
func (m *Machine) Ends() []End { return m.plan.ends }

// Close does nothing.
func (m *Machine) Close() error { return nil }

// Probe fails.
func (m *Machine) Probe(context.Context, []Probe, time.Duration) ([]bool, error) {
	return nil, Available()
}
