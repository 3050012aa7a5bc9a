// Command functions builds the zips of the Lambda functions under cmd/lambda
// into a folder. What is there already and the same stays untouched, so that
// an assembly does not become stale for nothing.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/suretyhq/surety/internal/functions"
)

func main() {
	out := flag.String("o", "bin/"+functions.Folder, "the `folder` to write the zips to")
	flag.Parse()
	if _, err := functions.Build(".", *out); err != nil {
		fmt.Fprintln(os.Stderr, "functions:", err)
		os.Exit(1)
	}
}
