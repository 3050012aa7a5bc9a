package snapshot

// Request is what is to be collected from an account: into the folder Out, with
// the credentials of a profile, of some Regions; none of these means the ones
// that the AWS command line would take.
type Request struct {
	Out     string
	Profile string
	Regions []string
}

// State is what became of a file.
type State uint8

// The states of files.
const (
	Kept    State = iota // it was there, and was not asked for again
	Written              // it was collected
	Failed               // AWS did not say it; Err says why
)

// Collected is a file of a snapshot, and what became of it. Items counts what
// the file describes.
type Collected struct {
	Account, Region, File string
	State                 State
	Items                 int
	Err                   error
}
