package estate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/diag"
)

// Parity says in what environments may differ beyond what follows from the
// rest of the file: their names, accounts, addresses, sizes and tenants.
type Parity struct {
	// Except lists the properties that may differ.
	Except []ParityException `yaml:"except,omitempty"`
}

// ParityException is a property, or everything below one, in which environments
// may differ.
type ParityException struct {
	// Path is a part's name, a resource's type and a property, joined by
	// slashes; a star stands for any part, type, key or index. What is left out
	// at the end may be anything: "*/AWS::Logs::LogGroup/RetentionInDays",
	// "api/AWS::ECS::Service".
	Path string `yaml:"path"`
	// Why is the reason for the difference.
	Why string `yaml:"why"`

	pos diag.Position
}

func (p *ParityException) setPos(at diag.Position) { p.pos = at }

// Pos returns where in the file the exception stands.
func (p ParityException) Pos() diag.Position { return p.pos }

// Covers says whether the exception allows a difference of a part's resource
// of a type at a property's path. The part is "" for a resource that belongs
// to none; property is "" where the resource as a whole is missing.
func (p ParityException) Covers(part, typ, property string) bool {
	have := []string{part, typ}
	if property != "" {
		have = append(have, strings.Split(property, "/")...)
	}
	want := strings.Split(p.Path, "/")
	if len(want) > len(have) {
		return false
	}
	for i, w := range want {
		if w != "*" && w != have[i] {
			return false
		}
	}
	return true
}

// parity checks the exceptions.
func (v *validator) parity() {
	var parts []string
	for _, p := range v.e.Parts() {
		if !slices.Contains(parts, p.ID.Name) {
			parts = append(parts, p.ID.Name)
		}
	}
	var paths []string
	for i, x := range v.e.Parity.Except {
		at := index("parity/except", i)
		paths = append(paths, x.Path)
		part, rest, ok := strings.Cut(x.Path, "/")
		typ, property, _ := strings.Cut(rest, "/")
		const fix = `write a part, a type and a property, for example "*/AWS::Logs::LogGroup/RetentionInDays"; environments of different sizes may differ in capacity without`
		switch {
		case v.failed[at+"/path"]:
		case !ok || typ != "*" && strings.Count(typ, "::") < 2 || strings.HasSuffix(x.Path, "/") || strings.Contains(x.Path, "//"):
			v.bad(CodeParity, at+"/path", fmt.Sprintf("%q names no property", short(x.Path)), "everything that it does not cover has to be the same in every environment", fix)
		case part == "*" && typ == "*" && strings.Trim(property, "*/") == "":
			v.bad(CodeParity, at+"/path", fmt.Sprintf("%q allows everything to differ", short(x.Path)), "nothing would be compared any more", fix)
		case part != "*" && !slices.Contains(parts, part) && !v.unread("environments", "workload", "workload/services"):
			v.unknown(at+"/path", "part", part, parts)
		}
		if !v.failed[at+"/why"] && strings.TrimSpace(x.Why) == "" {
			v.bad(CodeParity, at+"/why", "the exception has no reason", "whoever reads the file must know why the environments differ", "write why, in a sentence")
		}
	}
	v.repeatedBy("parity/except", "path", paths)
}

// repeatedBy refuses entries of a list that have one key's value twice.
func (v *validator) repeatedBy(path, key string, values []string) {
	first := map[string]bool{}
	for i, x := range values {
		if first[x] {
			v.bad(CodeRepeated, index(path, i)+"/"+key, fmt.Sprintf("%q is listed twice", short(x)), "", "remove one")
		}
		first[x] = true
	}
}
