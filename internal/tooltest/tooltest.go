// Package tooltest says what becomes of a test that needs a tool or a right
// which the machine lacks: on a developer's machine it is skipped and says so,
// in continuous integration it fails, so that nothing is left out unseen.
package tooltest

import (
	"os"
	"testing"
)

// Lacking ends a test that cannot run for a reason. CI is set to true by
// .ci/run.
func Lacking(t testing.TB, why any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%v; in CI this is a failure", why)
	}
	t.Skipf("%v", why)
}
