package people

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestS03_NobodyAdministersByHand(t *testing.T) {
	for _, set := range Sets(&Props{Name: "cover", Environments: []string{"dev", "prod"}}) {
		for _, m := range set.Managed {
			if strings.Contains(m, "Administrator") || strings.Contains(m, "FullAccess") || strings.Contains(m, "PowerUser") {
				t.Errorf("%s has %s", set.Name, m)
			}
		}
		if set.Session == "" || set.Boundary == "" || set.Name == "" || len(set.Name) > 32 || set.Description == "" {
			t.Errorf("%+v is not whole", set)
		}
		text, err := json.Marshal(set.Statements)
		if err != nil {
			t.Fatal(err)
		}
		// "Quotas for IAM Identity Center": an inline policy has 32,768 bytes.
		if len(text) > 8192 || strings.Contains(string(text), `"*"`) {
			t.Errorf("%s: %s", set.Name, text)
		}
	}
}
