package tooltest_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/suretyhq/surety/internal/tooltest"
)

// witness notes how a test ended.
type witness struct {
	testing.TB
	ended string
}

func (w *witness) Helper() {}

func (w *witness) end(how, format string, args []any) {
	w.ended = how + ": " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (w *witness) Fatalf(format string, args ...any) { w.end("failed", format, args) }
func (w *witness) Skipf(format string, args ...any)  { w.end("skipped", format, args) }

func TestALackIsAFailureInCIOnly(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped: no nft", "true": "failed: no nft; in CI this is a failure"} {
		t.Setenv("CI", ci)
		w := &witness{}
		done := make(chan bool)
		go func() {
			defer close(done)
			tooltest.Lacking(w, errors.New("no nft"))
		}()
		<-done
		if w.ended != want {
			t.Errorf("CI=%q: %q, want %q", ci, w.ended, want)
		}
	}
}
