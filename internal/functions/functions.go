// Package functions builds the zips of the Lambda functions under cmd/lambda,
// and says what they are made of.
//
// A zip holds one program for arm64 named bootstrap, as the OS-only runtimes
// want it ("Building Lambda functions with Go", AWS Lambda Developer Guide).
// The same source gives the same bytes, and a zip is written whole or not at
// all. Beside the zips stands Manifest, which names each with its digest.
package functions

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Folder is the name of the folder of zips beside surety-synth.
const Folder = "lambda"

// Manifest is the file beside the zips that names them.
const Manifest = "functions.json"

// program is the name that the runtime starts.
const program = "bootstrap"

// Build builds every function of a module into zips in out, and returns their
// names. What is already there and the same stays untouched.
func Build(root, out string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, "cmd", "lambda"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list functions: %w", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of functions: %w", err)
	}
	var names []string
	digests := map[string]string{}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		data, err := build(root, e.Name())
		if err != nil {
			return nil, fmt.Errorf("build function %s: %w", e.Name(), err)
		}
		if err := write(filepath.Join(out, e.Name()+".zip"), data); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		digests[e.Name()] = hex.EncodeToString(sum[:])
		names = append(names, e.Name())
	}
	data, err := json.MarshalIndent(digests, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("list functions: %w", err)
	}
	return names, write(filepath.Join(out, Manifest), append(data, '\n'))
}

// Fingerprint identifies the zips of a folder: the manifest, and the size of
// each zip that it names. It is empty where there is no manifest.
func Fingerprint(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, Manifest))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the list of functions: %w", err)
	}
	zips, err := filepath.Glob(filepath.Join(dir, "*.zip"))
	if err != nil {
		return "", fmt.Errorf("list functions: %w", err)
	}
	b := strings.Builder{}
	b.Write(data)
	for _, z := range zips {
		info, err := os.Stat(z)
		if err != nil {
			return "", fmt.Errorf("look at a function: %w", err)
		}
		_, _ = fmt.Fprintf(&b, "%s %d\n", filepath.Base(z), info.Size())
	}
	return b.String(), nil
}

func build(root, name string) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "surety-function-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // what stays there harms nobody
	file := filepath.Join(tmp, program)
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", file, "./cmd/lambda/"+name)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	code, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return pack(code)
}

// pack makes a zip with the program alone. Its time is fixed, so that the same
// program gives the same zip.
func pack(code []byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: program, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.SetMode(0o755)
	f, err := w.CreateHeader(h)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(code); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// write replaces a file, unless it holds the same already.
func write(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}
