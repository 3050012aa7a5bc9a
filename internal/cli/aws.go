package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/beside"
	"github.com/suretyhq/surety/internal/snapshot"
	"github.com/suretyhq/surety/internal/work"
)

// AWS is what calls AWS's API for commands. Only surety-aws has it: AWS's SDK
// takes longer to start than most commands take.
type AWS struct {
	// Bootstrap makes an organisation, or without apply says what it would do;
	// see package bootstrap.
	Bootstrap func(ctx context.Context, d *estate.Document, apply bool, onStep func(work.Step)) ([]work.Step, error)
	// Snapshot collects what stands in an account; see package collect.
	Snapshot func(ctx context.Context, r snapshot.Request, onFile func(snapshot.Collected)) error
}

// AWSProgram is the program that carries out commands that call AWS's API.
const AWSProgram = "surety-aws"

// byAWS has surety-aws carry out the same command line with the same streams.
// Who interrupts the one interrupts the other.
func (env Env) byAWS(ctx context.Context) error {
	const running = "SURETY_AWS_RUNNING"
	if env.Getenv(running) != "" {
		return fmt.Errorf("%s does not carry this command out: it is of another version than surety\nbuild both with make build", AWSProgram)
	}
	path, err := beside.Find(AWSProgram)
	if err != nil {
		return fmt.Errorf("cannot find %s, neither beside surety nor in PATH: it is the program that calls AWS's API\nbuild both with make build, or put %s into the folder of surety", AWSProgram, AWSProgram)
	}
	cmd := exec.CommandContext(ctx, path, env.args...)
	cmd.Env = append(os.Environ(), running+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = env.Stdin, env.Stdout, env.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	var exit *exec.ExitError
	switch err := cmd.Run(); {
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return outcome(exit.ExitCode())
	case err != nil:
		return fmt.Errorf("%s: %w", AWSProgram, err)
	}
	return nil
}
