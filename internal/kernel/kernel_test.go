package kernel_test

import (
	"os"
	"testing"

	"github.com/suretyhq/surety/internal/kernel"
)

// needKernel skips a test where the kernel cannot judge, except in CI, where
// that is a failure.
func needKernel(t *testing.T) {
	t.Helper()
	err := kernel.Available()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%v; in CI this is a failure", err)
	default:
		t.Skipf("%v", err)
	}
}
