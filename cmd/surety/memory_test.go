package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestMemoryIsCollectedOnceSpareIsUsed: a command with a large input must not
// go on without a collector.
func TestMemoryIsCollectedOnceSpareIsUsed(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv(name, "")
	}
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	tuneMemory()
	if got := debug.SetMemoryLimit(-1); got != spare {
		t.Fatalf("the limit is %d at first, want %d", got, spare)
	}
	for range 100 {
		runtime.GC()
		if debug.SetMemoryLimit(-1) == math.MaxInt64 {
			break
		}
		time.Sleep(10 * time.Millisecond) // clean-ups run beside the program
	}
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
		t.Errorf("after a collection the limit is still %d", got)
	}
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("after a collection GOGC is %d, want 100", got)
	}
}
