package snapshot

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
)

// How deep folders are searched, and how many files are read at most.
const (
	maxDepth = 6
	maxFiles = 20000
)

// configs is the folder of Batfish's layout that holds what AWS says.
const configs = "aws_configs"

// Is says whether a path is a snapshot: a folder that is no cloud assembly and
// holds a folder aws_configs or, at some depth, a file with the name of a list
// that is read.
func Is(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	if _, err := os.Stat(filepath.Join(path, "manifest.json")); err == nil {
		return false
	}
	if info, err := os.Stat(filepath.Join(path, configs)); err == nil && info.IsDir() {
		return true
	}
	found := false
	_ = walk(path, func(file string, _ fs.DirEntry) bool {
		found = known(filepath.Base(file))
		return !found
	})
	return found
}

// known says whether a file has the name of a list that is read.
func known(name string) bool {
	if strings.ToLower(filepath.Ext(name)) != ".json" {
		return false
	}
	return names()[plain(strings.TrimSuffix(strings.ToLower(name), ".json"))]
}

// plain is a file's name without what only spells it: describe-nat-gateways and
// NatGateways are natgateways.
func plain(name string) string {
	for _, prefix := range []string{"describe-", "search-", "get-", "list-"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return strings.NewReplacer("-", "", "_", "").Replace(name)
}

// walk calls f with the files of a folder and of those in it, in order, until f
// says that it is enough. Links are not followed.
func walk(root string, f func(path string, d fs.DirEntry) bool) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		switch {
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || strings.Count(rel, string(filepath.Separator)) >= maxDepth):
			return fs.SkipDir
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "."):
			return nil
		case !f(path, d):
			return fs.SkipAll
		}
		return nil
	})
}

// find lists the files of a snapshot with their places.
func (l *loader) find(root string) []source {
	base := root
	if info, err := os.Stat(filepath.Join(root, configs)); err == nil && info.IsDir() {
		base = filepath.Join(root, configs)
	}
	var out []source
	err := walk(base, func(path string, d fs.DirEntry) bool {
		if strings.ToLower(filepath.Ext(path)) != ".json" {
			return true
		}
		s := source{path: path, dir: filepath.Dir(path)}
		if info, err := d.Info(); err == nil {
			s.size = info.Size()
		}
		s.place = placeOf(base, s.dir)
		out = append(out, s)
		return len(out) < maxFiles
	})
	if err != nil || len(out) == 0 || len(out) == maxFiles {
		d := diag.Diagnostic{Code: "SNAPSHOT_UNREADABLE", Pos: diag.Position{File: root}, What: "the folder holds no file that is read",
			Fix: "pass the folder that holds aws_configs, or the files themselves"}
		switch {
		case err != nil:
			d.What = "the folder cannot be read: " + err.Error()
		case len(out) == maxFiles:
			d.What = "the folder holds more files than are read"
		}
		l.problems.Add(d)
	}
	slices.SortFunc(out, func(a, b source) int { return strings.Compare(a.path, b.path) })
	return out
}

var (
	region  = regexp.MustCompile(`^[a-z]{2,3}(-[a-z]+){1,3}-\d{1,2}$`)
	account = regexp.MustCompile(`^\d{12}$`)
)

func isRegion(s string) bool  { return region.MatchString(s) }
func isAccount(s string) bool { return account.MatchString(s) }

// placeOf reads the account and Region from the folders below a snapshot's
// root: accounts/ID, twelve digits, or a Region's name.
func placeOf(base, dir string) addr.Stack {
	var s addr.Stack
	rel, err := filepath.Rel(base, dir)
	if err != nil {
		return s
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for i, p := range parts {
		switch {
		case isRegion(p):
			s.Region = p
		case isAccount(p), i > 0 && parts[i-1] == "accounts":
			s.Account = p
		}
	}
	if s.Account == "" && s.Region == "" && isRegion(filepath.Base(dir)) {
		s.Region = filepath.Base(dir) // the folder of a Region was passed itself
	}
	return s
}
