// Package encryptedatrest proves that every store is encrypted by a
// customer-managed key that rotates.
//
// A store counts as encrypted only if the template says by which key, the key
// is in what was loaded, and the key rotates; a key that cannot be seen leaves
// the verdict Unknown, and a store that is left to AWS's default is refuted,
// but for the closed list of exceptions in exceptions.go.
package encryptedatrest

import (
	"context"
	"fmt"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeNotEncrypted = "STORE_NOT_ENCRYPTED"
	CodeAWSKey       = "STORE_KEY_NOT_CUSTOMER_MANAGED"
	CodeUnknownKey   = "STORE_KEY_UNKNOWN"
	CodeNoRotation   = "KEY_NOT_ROTATED"
	CodeDisabled     = "KEY_DISABLED"
	CodeNotExternal  = "KEY_NOT_EXTERNAL"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:         "encrypted-at-rest",
		Rows:       []string{"S23", "S42"},
		Says:       "every store is encrypted by a customer-managed key that rotates",
		Observable: true,
		Check:      check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	t := proof.NewTally(in, "stores", "Nothing that was loaded holds data.")
	c := checker{in: in, tally: t, exceptions: findExceptions(in.Graph)}
	readers := readers()
	for r := range in.Graph.All() {
		read, ok := readers[r.Type]
		if !ok {
			continue
		}
		for _, n := range read(r) {
			t.Check(in.ScopeOf(r), 1)
			c.store(r, n)
		}
	}
	return t.Verdicts(), nil
}

// need is one thing of a resource that has to be encrypted. On is the property
// that turns encryption on ("" if it cannot be off), Key the one that names the
// key. Left says what AWS does when no key is named.
type need struct {
	what      string
	on, key   string
	left      string
	off       string                                 // what encrypts where on is not true, if anything does
	inherited bool                                   // another thing decides, and not the properties
	free      func(checker, *resource.Resource) bool // an exception that makes the key needless
}

type checker struct {
	in         *proof.Input
	tally      *proof.Tally
	exceptions exceptions
}

func (c checker) store(r *resource.Resource, n need) {
	f := proof.Finding{At: r.Addr, Property: n.key,
		Fix: "Set " + n.key + " to a KMS key of the environment that has EnableKeyRotation."}
	scope := c.in.ScopeOf(r)
	if n.on != "" {
		on := r.Props.Path(n.on)
		b, known := on.Bool()
		switch {
		case on.IsUnknown():
			f.Code, f.Property = CodeUnknownKey, n.on
			f.Message = fmt.Sprintf("Whether the %s of %s is encrypted is not known: %s.", n.what, c.in.Name(r), on.Reason().Error())
			c.tally.Doubt(scope, f)
			return
		case (!known || !b) && n.off != "":
			f.Code, f.Property = CodeAWSKey, n.on
			f.Message = fmt.Sprintf("The %s of %s names no customer-managed key: %s.", n.what, c.in.Name(r), n.off)
			f.Fix = "Set " + n.on + " to true and " + n.key + " to a KMS key that rotates."
			c.tally.Refute(scope, f)
			return
		case !known || !b:
			f.Code, f.Property = CodeNotEncrypted, n.on
			f.Message = fmt.Sprintf("The %s of %s is not encrypted: %s is not true.", n.what, c.in.Name(r), n.on)
			f.Fix = "Set " + n.on + " to true and " + n.key + " to a KMS key that rotates."
			c.tally.Refute(scope, f)
			return
		}
	}
	if n.inherited {
		f.Code, f.Fix = CodeUnknownKey, "Waive this, if what it comes from is encrypted by a key that rotates."
		f.Message = fmt.Sprintf("By which key the %s of %s is encrypted is not known: %s.", n.what, c.in.Name(r), n.left)
		c.tally.Doubt(scope, f)
		return
	}
	key := r.Props.Path(n.key)
	if key.IsAbsent() || key.Kind() == value.Null {
		if n.free != nil && n.free(c, r) {
			return
		}
		f.Code = CodeAWSKey
		f.Message = fmt.Sprintf("The %s of %s names no customer-managed key: %s.", n.what, c.in.Name(r), n.left)
		c.tally.Refute(scope, f)
		return
	}
	c.key(r, n, key, f)
}

// key judges the key that a store names.
func (c checker) key(r *resource.Resource, n need, v value.Value, f proof.Finding) {
	scope := c.in.ScopeOf(r)
	k := resolve(c.in.Graph, r, v)
	switch {
	case k.awsManaged != "":
		f.Code = CodeAWSKey
		f.Message = fmt.Sprintf("The %s of %s is encrypted by %s, a key that AWS manages.", n.what, c.in.Name(r), k.awsManaged)
		c.tally.Refute(scope, f)
	case k.key == nil:
		f.Code = CodeUnknownKey
		f.Message = fmt.Sprintf("The %s of %s is encrypted by %s, and whether that key rotates cannot be seen: %s.", n.what, c.in.Name(r), v, k.why)
		f.Fix = "Load the template of the key too, or name a key of these stacks."
		c.tally.Doubt(scope, f)
	default:
		c.rotation(r, n, k.key)
	}
}

// rotation judges whether a key rotates by itself. The finding points to the
// key, where it has to be mended.
func (c checker) rotation(r *resource.Resource, n need, key *resource.Resource) {
	scope := c.in.ScopeOf(r)
	f := proof.Finding{Code: CodeNoRotation, At: key.Addr, Part: c.in.PartOf(r.Addr)}
	by := fmt.Sprintf("%s, which encrypts the %s of %s,", c.in.Name(key), n.what, c.in.Name(r))
	refute := func(code, property, message, fix string) {
		f.Code, f.Property, f.Message, f.Fix = code, property, by+" "+message, fix
		c.tally.Refute(scope, f)
	}
	doubt := func(property string, why *value.Reason) {
		f.Property, f.Message, f.Fix = property, by+" may not rotate: "+why.Error()+".", "Write EnableKeyRotation: true."
		c.tally.Doubt(scope, f)
	}
	p := key.Props
	for _, property := range []string{"Enabled", "KeySpec", "Origin"} {
		if why := p.Get(property).FirstUnknown(); why != nil {
			doubt(property, why)
			return
		}
	}
	if b, ok := p.Get("Enabled").Bool(); ok && !b {
		refute(CodeDisabled, "Enabled", "is disabled, so the data can be neither read nor written.", "Take Enabled: false out.")
		return
	}
	if spec := p.Get("KeySpec").Text(); spec != "" && spec != "SYMMETRIC_DEFAULT" {
		refute(CodeNoRotation, "KeySpec", "is of the kind "+spec+", which AWS does not rotate.", "Use a symmetric encryption key.")
		return
	}
	origin := p.Get("Origin").Text()
	if c.external() {
		if origin != "EXTERNAL" {
			refute(CodeNotExternal, "Origin", "has key material that AWS KMS made, and the estate says that its keys' material is external.", "Set Origin to EXTERNAL.")
		}
		return // rotated on demand, by whom the estate names: exceptions.go
	}
	if origin != "" && origin != "AWS_KMS" {
		refute(CodeNoRotation, "Origin", "has key material from "+origin+", which AWS does not rotate by itself.", "Use a key whose material comes from AWS KMS.")
		return
	}
	rotates := p.Get("EnableKeyRotation")
	if why := rotates.Reason(); why != nil {
		doubt("EnableKeyRotation", why)
		return
	}
	if b, ok := rotates.Bool(); !ok || !b {
		refute(CodeNoRotation, "EnableKeyRotation", "does not rotate.", "Set EnableKeyRotation to true.")
	}
}
