package addr

import "strings"

// An API key says whose it is, so that a token and a key can be told to belong
// together before anything is looked up: Z, the tenant, Z, the tenant's label in
// DNS, Z, and what nobody can guess. A hyphen is an X. A key is alphanumeric and
// has at most 128 characters ("Usage plans and API keys for REST APIs", Amazon
// API Gateway Developer Guide); names are in lower case, so that nothing else can
// mean the same.
const (
	keyMark   = "Z"
	keyHyphen = "X"
)

// KeyPrefix is what a tenant's API key begins with. Both are lower-case letters,
// digits and hyphens.
func KeyPrefix(tenant, label string) string {
	coded := strings.NewReplacer("-", keyHyphen)
	return keyMark + coded.Replace(tenant) + keyMark + coded.Replace(label) + keyMark
}

// KeyOwner returns the tenant whose name an API key bears, and the label that
// the tenant has in DNS. Not ok: the key bears no tenant's name.
func KeyOwner(key string) (tenant, label string, ok bool) {
	rest, marked := strings.CutPrefix(key, keyMark)
	tenant, rest, named := strings.Cut(rest, keyMark)
	label, secret, labelled := strings.Cut(rest, keyMark)
	if !marked || !named || !labelled || secret == "" {
		return "", "", false
	}
	plain := strings.NewReplacer(keyHyphen, "-")
	tenant, label = plain.Replace(tenant), plain.Replace(label)
	if !lower(tenant) || !lower(label) {
		return "", "", false
	}
	return tenant, label, true
}

// lower says whether a text is one or more lower-case letters, digits and
// hyphens.
func lower(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
