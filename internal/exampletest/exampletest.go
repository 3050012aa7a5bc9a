// Package exampletest gives tests the example estate's assembly, as
// surety-synth writes it.
//
// The program is built and run once and kept in the repository's .cache folder
// until the estate, the program or Node changes; packages whose tests run at
// the same time wait for one another. No test may change what it is given. It
// is for tests only.
package exampletest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/suretyhq/surety/internal/functions"
	"github.com/suretyhq/surety/internal/synth"
)

// Example is the example on disk.
type Example struct {
	Root     string // the repository
	Estate   string // the estate file
	Bin      string // the folder that holds surety-synth
	Assembly string // the cloud assembly
}

// Get builds and synthesises where that is needed, and returns the example.
func Get() (Example, error) { return get() }

var get = sync.OnceValues(func() (Example, error) {
	root, err := repository()
	if err != nil {
		return Example{}, err
	}
	dir := filepath.Join(root, ".cache", "test")
	e := Example{Root: root, Estate: filepath.Join(root, "examples", "cover", "estate.yaml"),
		Bin: filepath.Join(dir, "bin"), Assembly: filepath.Join(dir, "cdk.out")}
	if err := os.MkdirAll(e.Bin, 0o755); err != nil {
		return e, err
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return e, err
	}
	defer unlock()
	program := filepath.Join(e.Bin, synth.Program)
	if _, err := functions.Build(root, filepath.Join(e.Bin, functions.Folder)); err != nil {
		return e, err
	}
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./cmd/surety-synth")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return e, fmt.Errorf("build %s: %w\n%s", synth.Program, err, out)
	}
	_, err = synth.Run(context.Background(), synth.Options{EstatePath: e.Estate, Out: e.Assembly, ProgramPath: program, Force: true})
	return e, err
})

// Functions builds the functions' zips where that is needed, and returns their
// folder.
func Functions() (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "test", functions.Folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	_, err = functions.Build(root, dir)
	return dir, err
}

// Cache returns the folder of a name below the repository's .cache, made where
// it is missing, and keeps other test programs out of it until it is unlocked.
func Cache(name string) (dir string, unlock func(), err error) {
	root, err := repository()
	if err != nil {
		return "", nil, err
	}
	dir = filepath.Join(root, ".cache", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	unlock, err = lock(dir + ".lock")
	return dir, unlock, err
}

// repository is the folder of the module's go.mod.
func repository() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(string(bytes.TrimSpace(out))), nil
}

// lock waits for the other test programs that use the folder.
func lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = f.Close() }, nil
}
