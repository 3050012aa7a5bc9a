package estate

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Limits of what partners may be.
const (
	// shortestUser is how short a name Transfer Family takes ("CreateUser", AWS
	// Transfer Family API Reference).
	shortestUser = 3
	// widestAllow is the prefix length of the largest range that a partner may
	// come from: a larger one lets in whole providers.
	widestAllow = 16
	// mostKeys is how many keys a user may have ("AWS Transfer Family endpoints
	// and quotas").
	mostKeys = 10
)

// transfer checks the partners.
func (v *validator) transfer() {
	t := v.e.Workload.Transfer
	if t == nil {
		return
	}
	const at = "workload/transfer/partners"
	if t.Partners.Len() == 0 {
		v.bad(CodePartner, at, "there is nobody to exchange files with", "a server that nobody may use would stand on the internet", "add a partner, or remove transfer")
	}
	for name, p := range t.Partners.All() {
		path := at + "/" + name
		v.name(path, "a partner", name)
		if isLabel(name) && len(name) < shortestUser {
			v.bad(CodeName, path, fmt.Sprintf("%q is too short to sign in with", name), "Transfer Family takes names of at least three characters", "choose a longer name")
		}
		v.allowed(path+"/allow", name, p)
		v.publicKeys(path+"/keys", name, p.Keys)
	}
}

// allowed checks the addresses of a partner.
func (v *validator) allowed(at, name string, p Partner) {
	const why = "a partner is let in by his own addresses and nobody else's"
	if len(p.Allow) == 0 {
		v.bad(CodePartner, at, fmt.Sprintf("partner %s has no addresses", name), why, "list the public ranges that the partner comes from, for example [203.0.113.0/24]")
	}
	ranges := make([]string, len(p.Allow))
	for i, r := range p.Allow {
		ranges[i] = r.String()
		switch path := index(at, i); {
		case v.failed[path]:
		case !r.Addr().Is4() || !public(r.Addr()):
			v.bad(CodePartner, path, fmt.Sprintf("%s is not a public IPv4 range", r), why, "write the range by which the partner is seen on the internet")
		case r != r.Masked():
			v.bad(CodePartner, path, fmt.Sprintf("%s does not start at the range's first address", r), "AWS would change it silently", "write "+r.Masked().String())
		case r.Bits() < widestAllow:
			v.bad(CodePartner, path, fmt.Sprintf("%s admits more than one partner's addresses", r), why, fmt.Sprintf("write ranges of /%d or smaller", widestAllow))
		}
	}
	v.repeated(at, ranges)
}

// publicKeys checks the public keys of a partner.
func (v *validator) publicKeys(at, name string, keys []string) {
	const fix = "write the line that ssh-keygen wrote into the file that ends in .pub"
	switch {
	case len(keys) == 0:
		v.bad(CodePartner, at, fmt.Sprintf("partner %s has no key", name), "nobody signs in by password", fix)
	case len(keys) > mostKeys:
		v.bad(CodePartner, at, fmt.Sprintf("partner %s has %d keys; Transfer Family takes %d", name, len(keys), mostKeys), "", "remove those that are not in use")
	}
	for i, k := range keys {
		switch {
		case strings.Contains(k, "PRIVATE KEY"):
			v.bad(CodePartner, index(at, i), "this is a private key", "it belongs to the partner alone, and is lost as soon as another reads it", "have the partner make a new pair, and write its public half")
		case !isPublicKey(k):
			v.bad(CodePartner, index(at, i), fmt.Sprintf("%q is not an SSH public key that Transfer Family takes", short(k)), "", fix)
		}
	}
	v.repeated(at, keys)
}

// keyTypes are the kinds of keys that Transfer Family takes ("Generate SSH keys
// for Transfer Family").
func keyTypes() []string {
	return []string{"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}
}

// isPublicKey says whether s is a key's type, its data and perhaps a comment.
// The data begin with the type again, after its length (RFC 4253, section 6.6).
func isPublicKey(s string) bool {
	const shortestRSA = 256 // bytes of a 2048-bit number, the least that is taken
	fields := strings.Fields(s)
	if len(fields) < 2 || !slices.Contains(keyTypes(), fields[0]) || strings.ContainsAny(s, "\r\n") {
		return false
	}
	data, err := base64.StdEncoding.DecodeString(fields[1])
	const length = 4
	if err != nil || len(data) < length || int(binary.BigEndian.Uint32(data)) != len(fields[0]) {
		return false
	}
	rest, ok := strings.CutPrefix(string(data[length:]), fields[0])
	return ok && rest != "" && (fields[0] != "ssh-rsa" || len(rest) > shortestRSA)
}
