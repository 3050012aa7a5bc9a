// Package beside finds the programs that surety runs: those in its own folder,
// or else in PATH.
package beside

import (
	"os"
	"os/exec"
	"path/filepath"
)

// Find returns the path of a program. The error is exec.LookPath's.
func Find(program string) (string, error) {
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		if near := filepath.Join(filepath.Dir(self), program); executable(near) {
			return near, nil
		}
	}
	return exec.LookPath(program)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
