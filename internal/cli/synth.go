package cli

import (
	"context"
	"fmt"
	"path/filepath"
)

// defaultOut is the assembly's folder, beside the estate file.
const defaultOut = "cdk.out"

// ensureAssembly makes sure that the estate's assembly is there.
func ensureAssembly(_ context.Context, _ Env, file, out string) error {
	if !exists(filepath.Join(out, "manifest.json")) {
		return fmt.Errorf("%s has not been synthesised: surety-synth -f %s -o %s", file, file, out)
	}
	return nil
}
