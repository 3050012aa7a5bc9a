// Package proof runs claims over what will be deployed and returns verdicts.
//
// Every verdict carries a witness: what breaks it, why it cannot be known, or
// what was checked and how much. A claim never reads intent from templates nor
// fact from the estate file; it meets both in Input. The order of verdicts and
// findings depends on nothing but their content.
package proof

import (
	"cmp"
	"context"
	"time"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/resource"
)

// Outcome is what a claim comes to in a scope.
type Outcome uint8

// The outcomes. Waived is a refuted one that the estate accepts.
const (
	NotApplicable Outcome = iota
	Proved
	Waived
	Unknown
	Refuted
)

// String prints the outcome as JSON and people read it.
func (o Outcome) String() string {
	switch o {
	case Proved:
		return "proved"
	case Refuted:
		return "refuted"
	case Unknown:
		return "unknown"
	case Waived:
		return "waived"
	}
	return "notApplicable"
}

// Scope is what a verdict is about: an environment, "hub", an account, or
// "estate".
type Scope string

// ScopeEstate is the scope of a claim about everything that was loaded.
const ScopeEstate Scope = "estate"

// ScopeHub is the scope of what the hub's account holds.
const ScopeHub Scope = estate.HubEnvironment

// Input is what claims read. Estate and Parts are nil when there is no estate.
// An Input is not changed while claims run, and must not be copied; what several
// claims derive from it is derived once and kept.
type Input struct {
	Estate *estate.Estate
	Graph  *resource.Graph
	Parts  *part.Binding
	Net    *network.Network
	Now    time.Time
	// Templates says how large the templates are that the graph was read from;
	// it is empty where it was not read from templates.
	Templates []resource.Template

	derived derived
}

// Claim is one thing that can be proved. Rows are the requirement rows it
// covers; Says is one sentence; NeedsIntent claims are NotApplicable without
// an estate; Walks claims rest on the walk of the network, and are Unknown where
// something that packets may meet is not known; these, and Observable ones, can be
// judged of an account as it stands by what a snapshot holds. Check returns one verdict for each scope.
type Claim struct {
	ID          string
	Rows        []string
	Says        string
	NeedsIntent bool
	Walks       bool
	Observable  bool
	Check       func(context.Context, *Input) ([]Verdict, error)
}

// Verdict is what a claim comes to in one scope. Checked counts what was
// looked at, in the unit that Unit names ("flows", "stores", ...). Note is a
// sentence that says why a verdict is NotApplicable, and empty otherwise.
type Verdict struct {
	Claim   string
	Scope   Scope
	Outcome Outcome
	Checked int
	Unit    string
	Note    string
	Witness []Finding
	Waiver  *estate.Waiver
	// Usage lists the limits that are nearest to being reached, nearest first,
	// where a claim counts against limits.
	Usage []Usage
}

// Usage says how much of a limit is used, and where: at a resource, or for a
// whole stack, Region or account, whose address lacks what lies below.
type Usage struct {
	Quota       string
	At          addr.Address
	Used, Limit int
}

// Compare orders uses by how near to the limit they are, nearest first.
func (u Usage) Compare(o Usage) int {
	return cmp.Or(cmp.Compare(o.Used*u.Limit, u.Used*o.Limit), u.At.Compare(o.At), cmp.Compare(u.Quota, o.Quota))
}

// Finding is one thing that refutes a verdict or makes it unknown. Outcome is
// Refuted or Unknown (Waived after a waiver applied). Code is stable and, where
// one fits, one of AWS Reachability Analyzer's. Message is a sentence.
type Finding struct {
	Outcome  Outcome
	Code     string
	At       addr.Address
	Property string
	Message  string
	Fix      string
	Part     estate.PartID
	// Intent is the line of the estate file that the finding is measured
	// against, where there is one.
	Intent diag.Position
	Path   *network.Path
}
