// Command surety proves what an AWS estate does before it is deployed.
//
// Everything it can do is in package cli; here are only the process's
// surroundings: its arguments, streams, environment and signals, and the exit
// code that the work comes to.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/suretyhq/surety/internal/cli"
)

func main() {
	tuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, cli.System(), os.Args[1:])
	stop()
	os.Exit(code)
}
