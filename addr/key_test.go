package addr

import (
	"regexp"
	"strings"
	"testing"
)

func TestS15_AnAPIKeySaysWhoseItIs(t *testing.T) {
	longest := KeyPrefix(strings.Repeat("a", 20), strings.Repeat("b", 63)) + strings.Repeat("c", 40)
	if len(longest) > 128 || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(longest) {
		t.Errorf("the longest key has %d characters: %s", len(longest), longest)
	}
	const secret = "0ZaXb9"
	for _, names := range [][2]string{{"kiwi-telco", "kiwi-telco"}, {"kiwi-telco", "insurance"}, {"a", "0-1"}, {"a-b", "c"}, {"a", "b-c"}} {
		tenant, label, ok := KeyOwner(KeyPrefix(names[0], names[1]) + secret)
		if !ok || tenant != names[0] || label != names[1] {
			t.Errorf("the key of %v is that of %q, %q, %v", names, tenant, label, ok)
		}
	}
	for _, key := range []string{"", "Z", "ZZZ", "ZaZbZ", "ZZaZb", "ZaZZb", "aZbZc", "ZAZbZc", "ZaZB1Zc", "Za.bZcZd", "0123456789abcdefABCDEF", "kiwi-telco.0123"} {
		if tenant, label, ok := KeyOwner(key); ok {
			t.Errorf("the key %q is that of %s, %s", key, tenant, label)
		}
	}
}

// FuzzKeyOwner: what a key says can be written again.
func FuzzKeyOwner(f *testing.F) {
	f.Add(KeyPrefix("kiwi-telco", "kiwi") + "abc")
	f.Add("ZaZbZ")
	f.Fuzz(func(t *testing.T, key string) {
		tenant, label, ok := KeyOwner(key)
		if !ok {
			return
		}
		if again, name, ok := KeyOwner(KeyPrefix(tenant, label) + "x"); !ok || again != tenant || name != label {
			t.Errorf("%q is that of %s, %s; written again, of %s, %s, %v", key, tenant, label, again, name, ok)
		}
	})
}
