package policy

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// CallerKeys are the keys of conditions that say whose request it is. Source:
// IAM User Guide, "AWS global condition context keys"; AWS KMS Developer Guide,
// "AWS KMS condition keys" (kms:CallerAccount).
func CallerKeys() []string {
	return []string{"aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner",
		"aws:sourcevpc", "aws:sourcevpce", "aws:userid", "kms:calleraccount"}
}

// OrganisationKeys are the keys that say of which organisation a request is.
func OrganisationKeys() []string {
	return []string{"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"}
}

// IsKey says whether a condition's key is one of some; one that ends with a
// slash or a colon stands for every key that begins so.
func IsKey(key string, keys []string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(keys, func(k string) bool {
		return k == key || (strings.HasSuffix(k, "/") || strings.HasSuffix(k, ":")) && strings.HasPrefix(key, k)
	})
}

// Narrows says whether an entry of a condition lets only some in: it asks that
// one of the keys equals something other than everything. The negated operators
// let all others in, ForAllValues and IfExists requests without the key ("IAM
// JSON policy elements: Condition operators"). An external id may be one that
// only deployment knows: whatever it is, whoever asks has to know it too.
func Narrows(op, key string, v value.Value, keys []string) bool {
	op = strings.TrimPrefix(op, "ForAnyValue:")
	if !slices.Contains([]string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}, op) || !IsKey(key, keys) {
		return false
	}
	secret := strings.EqualFold(key, "sts:ExternalId") && strings.HasPrefix(op, "StringEquals")
	all := items(v)
	for _, item := range all {
		if item.FirstUnknown() != nil && !secret || everyone(item.Text()) {
			return false
		}
	}
	return len(all) > 0
}

// NarrowedBy says whether the statement's condition lets only some in by one of
// the keys.
func (s Statement) NarrowedBy(keys []string) bool {
	for op, entries := range s.Condition.Entries() {
		for key, v := range entries.Entries() {
			if Narrows(op, key, v, keys) {
				return true
			}
		}
	}
	return false
}

// everyone says whether a pattern matches principals of any account.
func everyone(pattern string) bool {
	f := strings.SplitN(pattern, ":", 6)
	if len(f) == 6 {
		return strings.ContainsAny(f[4], "*?")
	}
	return strings.HasPrefix(pattern, "*") || strings.HasPrefix(pattern, "?") || f[0] == "arn"
}
