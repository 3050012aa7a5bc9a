package estate

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/suretyhq/surety/diag"
)

// Names of the files that WriteStarter writes.
const (
	// FileName is the usual name of an estate file.
	FileName = "estate.yaml"
	// SchemaName is the name of the JSON Schema beside it.
	SchemaName = "estate.schema.json"
)

//go:embed starter.yaml
var starter string

//go:embed estate.schema.json
var schema embed.FS

// Starter returns a commented estate to start from. Parse accepts it.
func Starter() []byte { return []byte(starter) }

// Schema returns the JSON Schema (draft 2020-12) of estate files, for editors.
// It is generated from the types of this package. It knows shapes only: what
// it accepts, Parse may still refuse.
func Schema() ([]byte, error) { return schema.ReadFile(SchemaName) }

// WriteStarter writes Starter and Schema to estate.yaml and
// estate.schema.json in dir, which it makes if need be, and returns the path
// of the first. It never overwrites: if estate.yaml exists it writes nothing
// and returns a diag.Diagnostic; a schema that exists is left as it is. A file
// is there as a whole or not at all.
func WriteStarter(dir string) (string, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Lstat(path); err == nil {
		return "", exists(path)
	}
	s, err := Schema()
	if err != nil {
		return "", unwritable(path, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", unwritable(path, err)
	}
	schemaPath := filepath.Join(dir, SchemaName)
	if err := writeNew(schemaPath, s); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", unwritable(schemaPath, err)
	}
	switch err := writeNew(path, Starter()); {
	case errors.Is(err, fs.ErrExist):
		return "", exists(path)
	case err != nil:
		return "", unwritable(path, err)
	}
	return path, nil
}

// writeNew writes a file that does not exist yet: to a temporary file, which
// is then linked under its name, so that a link that exists is never replaced.
func writeNew(path string, data []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".surety-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // the file is temporary
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

func exists(path string) error {
	return diag.Diagnostic{Code: CodeExists, Pos: diag.Position{File: path}, What: "there is an estate file already; nothing was written",
		Why: "your estate is never overwritten", Fix: "name another folder, or move the file away"}
}

func unwritable(path string, err error) error {
	return diag.Diagnostic{Code: CodeUnwritable, Pos: diag.Position{File: path}, What: fmt.Sprintf("the file cannot be written: %s", reason(err)),
		Fix: "name a folder that you may write to"}
}
