package synth

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/functions"
)

// RecordFile is the file of an assembly that says what it was made of.
const RecordFile = "surety.json"

// recordVersion changes whenever the record, or what the key covers, does.
const recordVersion = 3

var (
	errAbsent  = errors.New("there is no assembly")
	errForeign = errors.New("the folder is not Surety's")
)

// record is the content of RecordFile: the key of what the assembly was made
// of, and the digest of each of its files by its path.
type record struct {
	Version int               `json:"version"`
	Key     string            `json:"key"`
	Files   map[string]string `json:"files"`
}

// readRecord reads an assembly's record. errAbsent: the folder does not exist
// or is empty. errForeign: it holds something without a record.
func readRecord(dir string) (*record, error) {
	data, err := os.ReadFile(filepath.Join(dir, RecordFile))
	if err != nil {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) || (err == nil && len(entries) == 0) {
			return nil, errAbsent
		}
		return nil, errForeign
	}
	r := &record{}
	if err := json.Unmarshal(data, r); err != nil || r.Files == nil {
		return nil, errForeign
	}
	if r.Version != recordVersion {
		r.Key = ""
	}
	return r, nil
}

func writeRecord(dir, key string) error {
	files, err := digests(dir)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(record{Version: recordVersion, Key: key, Files: files}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, RecordFile), append(data, '\n'), 0o644)
}

// edited returns the files that differ from the record, sorted.
func (r *record) edited(dir string) ([]string, error) {
	now, err := digests(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for f, digest := range now {
		if r.Files[f] != digest {
			files = append(files, f)
		}
	}
	for f := range r.Files {
		if _, ok := now[f]; !ok {
			files = append(files, f)
		}
	}
	slices.Sort(files)
	return files, nil
}

// isAsset says whether a file is a function's zip. It is named by its content
// and megabytes large, so that its size stands for it.
func isAsset(name string) bool {
	return strings.HasPrefix(name, "asset.") && strings.HasSuffix(name, ".zip")
}

// digests returns the XXH64 of every file but the record, by its path with
// slashes; of assets, their size. It tells what somebody edited, not what
// somebody forged: who can write a file of the assembly can write its record.
func digests(dir string) (map[string]string, error) {
	files := map[string]string{}
	var mu sync.Mutex
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	note := func(name, digest string) {
		mu.Lock()
		defer mu.Unlock()
		files[filepath.ToSlash(name)] = digest
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == RecordFile {
			return err
		}
		if d.Type()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0 {
			note(name, d.Type().String()) // reading it might never end
			return nil
		}
		if isAsset(d.Name()) {
			info, err := d.Info()
			if err != nil {
				return err
			}
			note(name, fmt.Sprintf("%d bytes", info.Size()))
			return nil
		}
		work.Go(func() error {
			digest, err := digestOf(path)
			if err == nil {
				note(name, digest)
			}
			return err
		})
		return nil
	})
	if err := errors.Join(err, work.Wait()); err != nil {
		return nil, fmt.Errorf("cannot read the assembly %s: %w", dir, err)
	}
	return files, nil
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	sum := xxhash.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return strconv.FormatUint(sum.Sum64(), 16), nil
}

// cacheKey identifies what an assembly is made of: the estate's bytes, the
// program that synthesises, the functions beside it, and Node. An estate refers
// to no other file.
func cacheKey(estatePath, programPath, nodePath string) (string, error) {
	spec, err := os.ReadFile(estatePath)
	if err != nil {
		return "", diag.Diagnostic{Code: estate.CodeUnreadable, Pos: diag.Position{File: estatePath}, What: "cannot read the estate file: " + err.Error(),
			Fix: "check the path and the permissions, or write an estate with surety init"}
	}
	program, err := buildID(programPath)
	if err != nil {
		return "", diag.Diagnostic{Code: CodeNoProgram, Pos: diag.Position{File: programPath}, What: "cannot read " + Program + ": " + err.Error(),
			Fix: "build it with make build"}
	}
	nodeID, err := fingerprint(nodePath)
	if err != nil {
		return "", diag.Diagnostic{Code: CodeNoNode, Pos: diag.Position{File: nodePath}, What: "cannot read Node.js: " + err.Error(),
			Fix: "install Node.js 22 or later"}
	}
	zips, err := functions.Fingerprint(filepath.Join(filepath.Dir(programPath), functions.Folder))
	if err != nil {
		return "", diag.Diagnostic{Code: CodeNoProgram, Pos: diag.Position{File: programPath}, What: "cannot read the functions beside " + Program + ": " + err.Error(),
			Fix: "build them with make build"}
	}
	h := sha256.New()
	for _, part := range []string{fmt.Sprint(recordVersion), string(spec), program, zips, nodeID} {
		// Lengths keep neighbouring parts apart.
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// buildID returns a Go program's build id, which changes with its content, by
// reading the note that holds it rather than the whole program. A program
// without one is identified as a file.
func buildID(path string) (string, error) {
	if f, err := elf.Open(path); err == nil {
		var note []byte
		if s := f.Section(".note.go.buildid"); s != nil {
			note, _ = s.Data() // without the note, the file itself counts
		}
		if err := f.Close(); err != nil {
			return "", err
		}
		if len(note) > 0 {
			return strings.ToValidUTF8(string(note), "?"), nil
		}
	}
	return fingerprint(path)
}

// fingerprint identifies a file by its real path, size and time of change.
func fingerprint(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %d", real, info.Size(), info.ModTime().UnixNano()), nil
}
