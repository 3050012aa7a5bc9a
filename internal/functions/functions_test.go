package functions_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/suretyhq/surety/internal/functions"
)

func module(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                   "module example\n\ngo 1.26\n",
		"cmd/lambda/hello/main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
		"cmd/lambda/README":        "not a function\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestBuildIsReproducibleAndNoticesChange(t *testing.T) {
	root := module(t)
	first, second := t.TempDir(), t.TempDir()
	for _, out := range []string{first, second} {
		names, err := functions.Build(root, out)
		if err != nil || len(names) != 1 || names[0] != "hello" {
			t.Fatalf("%v: %v", names, err)
		}
	}
	a, b := fingerprint(t, first), fingerprint(t, second)
	if a == "" || a != b {
		t.Errorf("two builds differ: %q, %q", a, b)
	}
	r, err := zip.OpenReader(filepath.Join(first, "hello.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode()&0o111 == 0 {
		t.Errorf("the zip holds %v", r.File)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(root, "cmd", "lambda", "hello", "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(\"bye\") }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := functions.Build(root, first); err != nil {
		t.Fatal(err)
	}
	if fingerprint(t, first) == a {
		t.Error("a changed function has the same fingerprint")
	}
}

func TestFingerprintWithoutFunctions(t *testing.T) {
	if got := fingerprint(t, t.TempDir()); got != "" {
		t.Errorf("an empty folder has the fingerprint %q", got)
	}
}

func TestBuildSaysWhatDoesNotCompile(t *testing.T) {
	root := module(t)
	if err := os.WriteFile(filepath.Join(root, "cmd", "lambda", "hello", "main.go"), []byte("package main\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := functions.Build(root, t.TempDir()); err == nil {
		t.Error("a program without main was built")
	}
}

func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	s, err := functions.Fingerprint(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
