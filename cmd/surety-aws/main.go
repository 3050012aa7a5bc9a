// Command surety-aws is surety with AWS's API. Surety runs it for the commands
// that call the API, and only for them, since AWS's SDK takes longer to start
// than most of its commands take; it knows the others too.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/suretyhq/surety/internal/awsapi"
	"github.com/suretyhq/surety/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	env := cli.System()
	env.Program = strings.TrimSuffix(env.Program, "-aws") // what users call
	env.AWS = cli.AWS{Bootstrap: awsapi.Bootstrap, Snapshot: awsapi.Snapshot}
	code := cli.Run(ctx, env, os.Args[1:])
	stop()
	os.Exit(code)
}
