// Package work is what is planned first and then done by AWS's API: its steps,
// as commands show them.
package work

// State is what became of a step.
type State string

// The states.
const (
	Done  State = "done"  // it was so already
	ToDo  State = "todo"  // the plan would do it
	Doing State = "doing" // it is being done
	Made  State = "made"  // it was done, and is so
	Later State = "later" // it waits for what a stack or people do first
)

// Step is one thing that is wanted.
type Step struct {
	// ID names the step: account/prod, region/ap-southeast-4/prod.
	ID string `json:"id"`
	// What says in words what is wanted.
	What  string `json:"what"`
	State State  `json:"state"`
	// Detail says what was found.
	Detail string `json:"detail,omitempty"`
}

// Count returns how many steps are in a state.
func Count(steps []Step, s State) int {
	n := 0
	for _, x := range steps {
		if x.State == s {
			n++
		}
	}
	return n
}
