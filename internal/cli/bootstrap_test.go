package cli_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/suretyhq/surety/internal/motest"
)

// The scripts of commands that call AWS run against moto.
func TestBootstrapScripts(t *testing.T) {
	server := motest.Start(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/bootstrap",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for name, value := range map[string]string{
				"AWS_ENDPOINT_URL": motest.NewFront(t, server).URL, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
				"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "moto-moto-moto", "HOME": e.WorkDir,
			} {
				e.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}
