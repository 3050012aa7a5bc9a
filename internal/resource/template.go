package resource

import "github.com/suretyhq/surety/addr"

// Template says how large a template is. Several stacks may share one; Stack
// is the first of them. Resources, Parameters, Mappings and Outputs count
// what the template declares, whatever becomes of it.
type Template struct {
	File        string
	Stack       addr.Stack
	Nested      string // the path of logical ids to the nested stack, with a slash at its end
	Stacks      int
	Bytes       int
	Description int // bytes
	Resources   int
	Parameters  int
	Mappings    int
	Outputs     int
}
