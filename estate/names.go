package estate

import (
	"strings"
)

// maxName is how long a name may be. An estate's, an environment's and a
// part's name together, with their hyphens, fit into what AWS allows for the
// names made of them (128 characters for a stack, 64 for a role).
const maxName = 20

// maxLabel and maxDomain are DNS's limits (RFC 1035, section 2.3.4).
const (
	maxLabel  = 63
	maxDomain = 253
)

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLower says whether s holds lower-case letters, digits and hyphens only,
// starts with a letter and does not end with a hyphen.
func isLower(s string) bool { return s != "" && isLetter(s[0]) && isDNSLabel(s) }

// isLabel says whether s can be the name of something in an estate.
func isLabel(s string) bool { return len(s) <= maxName && isLower(s) }

// isDNSLabel says whether s can be one label of a domain name.
func isDNSLabel(s string) bool {
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return onlyBytes(s, func(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' })
}

// isDomain says whether s is a domain name of at least two labels, in lower
// case and without a trailing dot.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > maxDomain || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !isDNSLabel(l) {
			return false
		}
	}
	return !onlyBytes(labels[len(labels)-1], isDigit) // an address is not a name
}

// isAccountID says whether s is twelve digits.
func isAccountID(s string) bool { return len(s) == 12 && onlyBytes(s, isDigit) }

// isEmail says whether s can be the e-mail address of an account's owner
// (CreateAccount, AWS Organizations API Reference).
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) < 6 || len(s) > 64 || local == "" || local[0] == '.' || strings.HasSuffix(domain, "-") {
		return false
	}
	return onlyBytes(local, func(c byte) bool { return '!' <= c && c <= '~' && strings.IndexByte(`"'()<>[]:;,\|%&`, c) < 0 }) &&
		isDomain(strings.ToLower(domain))
}

// isRoleARN says whether s is the ARN of an IAM role.
func isRoleARN(s string) bool {
	rest, ok := strings.CutPrefix(s, "arn:aws:iam::")
	if !ok {
		return false
	}
	account, name, ok := strings.Cut(rest, ":role/")
	return ok && isAccountID(account) && name != "" && !strings.HasSuffix(name, "/") && onlyBytes(name, func(c byte) bool {
		return isAlphanumeric(c) || strings.IndexByte("+=,.@_/-", c) >= 0
	})
}

func isAlphanumeric(c byte) bool { return isLetter(c) || isDigit(c) || 'A' <= c && c <= 'Z' }

// isImage says whether s can name a container image: a repository, perhaps
// with a registry, a tag and a digest.
func isImage(s string) bool {
	return s != "" && len(s) <= 512 && isAlphanumeric(s[0]) && isAlphanumeric(s[len(s)-1]) && onlyBytes(s, func(c byte) bool {
		return isAlphanumeric(c) || strings.IndexByte("._/:@-", c) >= 0
	})
}

// isPinned says whether an image is named by its digest.
func isPinned(image string) bool {
	name, digest, ok := strings.Cut(image, "@sha256:")
	return ok && name != "" && len(digest) == 64 && onlyBytes(digest, func(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' })
}

func onlyBytes(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}
