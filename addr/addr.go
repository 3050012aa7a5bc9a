// Package addr names things: stacks and the resources in them.
//
// Every address is an immutable, comparable value that can be a map key, is
// totally ordered by Compare, and prints as a single line that Parse reads
// back. Addresses are never handed around as bare strings. The keys of the
// tags that bind an estate's parts to resources live here too, so that those
// who write them and those who read them cannot disagree.
package addr

import (
	"cmp"
	"fmt"
	"strings"
)

// Keys of the tags that stacks write, and that packages part and claims read.
const (
	TagEnvironment = "surety:environment"
	TagTenant      = "surety:tenant"
	TagPart        = "surety:part"
	// TagAccounts is on organisational units: the ids of the accounts in it, with
	// spaces between them.
	TagAccounts = "surety:accounts"
	// TagFor is on what an environment has for the sake of something that other
	// environments may lack: its tenants, or a place where it recovers.
	TagFor      = "surety:for"
	ForTenants  = "tenants"
	ForRecovery = "recovery"
)

// none stands for an empty component in an address's printed form.
const none = "-"

// Stack names a CloudFormation stack. Account and Region are empty when
// nothing says them (an environment-agnostic stack, a plain template without
// --account and --region). Name is empty for resources read from describe-*
// output.
type Stack struct{ Account, Region, Name string }

// String prints account/region/name, with "-" for an empty component.
func (s Stack) String() string {
	return orNone(s.Account) + "/" + orNone(s.Region) + "/" + orNone(s.Name)
}

// Compare orders stacks by account, Region and name.
func (s Stack) Compare(o Stack) int {
	return cmp.Or(cmp.Compare(s.Account, o.Account), cmp.Compare(s.Region, o.Region), cmp.Compare(s.Name, o.Name))
}

// Address names a resource: a logical id in a stack, or an AWS id in an
// account and Region.
type Address struct {
	Stack   Stack
	Logical string
}

// IsZero says whether the address names nothing.
func (a Address) IsZero() bool { return a == Address{} }

// String prints account/region/stack/logical, with "-" for an empty
// component. Parse reads it back.
func (a Address) String() string { return a.Stack.String() + "/" + orNone(a.Logical) }

// Compare orders addresses by stack, then by logical id.
func (a Address) Compare(o Address) int {
	return cmp.Or(a.Stack.Compare(o.Stack), cmp.Compare(a.Logical, o.Logical))
}

// MarshalText prints the address as String does.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText parses what MarshalText printed.
func (a *Address) UnmarshalText(text []byte) error {
	p, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = p
	return nil
}

// Parse reads the form that String prints. The logical part may itself hold
// slashes (ids of nested stacks do).
func Parse(s string) (Address, error) {
	p := strings.SplitN(s, "/", 4)
	if len(p) != 4 || p[3] == "" {
		return Address{}, fmt.Errorf("address %q: want account/region/stack/logical-id, with - for an unknown component", s)
	}
	for i := range p {
		if p[i] == none {
			p[i] = ""
		}
	}
	return Address{Stack: Stack{Account: p[0], Region: p[1], Name: p[2]}, Logical: p[3]}, nil
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}
