package estate

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suretyhq/surety/diag"
)

func TestStarterIsCommentedAndNamesItsSchema(t *testing.T) {
	text := string(Starter())
	if first, _, _ := strings.Cut(text, "\n"); first != "# yaml-language-server: $schema="+SchemaName {
		t.Errorf("first line: %s", first)
	}
	if strings.Count(text, "#") < 20 {
		t.Error("hardly commented")
	}
	e := mustParse(t, text)
	if e.Environments.Len() < 2 || e.Workload.Database == nil || len(e.Flows()) == 0 {
		t.Error("not complete")
	}
}

func TestWriteStarter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	path, err := WriteStarter(dir)
	if err != nil || path != filepath.Join(dir, FileName) {
		t.Fatal(path, err)
	}
	if _, list := Load(path); len(list) > 0 {
		t.Error(list)
	}
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, SchemaName)); err != nil || !bytes.Equal(got, want) {
		t.Error("the schema is not beside it", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%v is left (%v)", files, err)
	}
}

func TestWriteStarterNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := WriteStarter(dir)
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != CodeExists || d.Pos.File != path || d.Fix == "" {
		t.Errorf("%#v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "mine" {
		t.Errorf("overwritten with %q", got)
	}
	if _, err := os.Lstat(filepath.Join(dir, SchemaName)); err == nil {
		t.Error("a schema was written all the same")
	}
}

func TestWriteStarterKeepsASchemaAndADanglingLink(t *testing.T) {
	dir := t.TempDir()
	schemaPath := filepath.Join(dir, SchemaName)
	if err := os.WriteFile(schemaPath, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteStarter(dir); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(schemaPath); string(got) != "mine" {
		t.Error("the schema was overwritten")
	}
	linked := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(linked, FileName)); err != nil {
		t.Skip("no symbolic links here")
	}
	if _, err := WriteStarter(linked); err == nil {
		t.Error("wrote through a link")
	}
}

func TestWriteStarterSaysWhyItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := WriteStarter(file)
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != CodeUnwritable {
		t.Errorf("%#v", err)
	}
}
