package estate

import "testing"

func TestExampleLoads(t *testing.T) {
	e, l := Load("../examples/cover/estate.yaml")
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	if got := len(e.Parts()); got != 4+3*10 {
		t.Errorf("%d parts, want 4 of the hub and 10 of each environment", got)
	}
}
