package diag

import "testing"

func TestNearest(t *testing.T) {
	parts := []string{"api", "portal", "database"}
	for word, want := range map[string]string{
		"databse": "database", "protal": "portal", "apii": "api", "": "", "something": "", "API": "",
	} {
		if got := Nearest(word, parts); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
