package estates_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/tools/estates"
)

// TestGrownEstatesAreGood: what is measured is an estate that a company could
// have.
func TestGrownEstatesAreGood(t *testing.T) {
	example, err := os.ReadFile("../../examples/cover/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	small := parse(t, "the example", string(example))
	for _, more := range []estates.Size{{}, {Environments: 3, Services: 10}, {Tenants: 50}, {Tenants: 1000}} {
		name := fmt.Sprintf("%+v", more)
		text, err := estates.Grow(string(example), more)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e := parse(t, name, text)
		if n := e.Environments.Len() - small.Environments.Len(); n != more.Environments {
			t.Errorf("%s: %d environments more", name, n)
		}
		if n := e.Workload.Services.Len() - small.Workload.Services.Len(); n != more.Services {
			t.Errorf("%s: %d services more", name, n)
		}
		if n := e.Tenants.Len() - small.Tenants.Len(); n != more.Tenants {
			t.Errorf("%s: %d tenants more", name, n)
		}
	}
	if _, err := estates.Grow("estate: cover\n", estates.Size{Tenants: 1}); err == nil {
		t.Error("a file without tenants was grown")
	}
}

func parse(t *testing.T, name, text string) *estate.Estate {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return e
}
