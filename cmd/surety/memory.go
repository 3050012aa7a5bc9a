package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// spare is how much a command may use before memory is collected at all. Most
// end with less: a collection of theirs would free what is given back a moment
// later anyhow, and takes a fifth of their time.
const spare = 256 << 20

// tuneMemory puts the first collection off until spare is used. From then on
// memory is collected as Go does by default, so that a large input takes twice
// what it holds and not more.
func tuneMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(spare)
	useHugePages()
	first := new([16]byte) // the first collection finds it unused
	runtime.AddCleanup(first, func(struct{}) {
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(100)
	}, struct{}{})
}
