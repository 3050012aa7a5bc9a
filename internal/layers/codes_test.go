package layers_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// words look like codes and are values of AWS's.
func words() []string {
	return []string{"AWS_KMS", "COGNITO_USER_POOLS", "CUSTOM_KEYS", "FORWARDED_IP", "HTTP_HOST", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "SYMMETRIC_DEFAULT", "TCP_QUIC", "TCP_UDP", "VPC_LINK"}
}

// Every code that a verdict or a path can carry is explained on some page.
func TestEveryCodeIsExplained(t *testing.T) {
	root := filepath.Join("..", "..")
	read := func(dir, suffix string) string {
		var all strings.Builder
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, suffix) || strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			all.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all.String()
	}
	docs, seen := read("docs", ".md"), 0
	code := regexp.MustCompile(`"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)"`)
	explained := map[string]bool{}
	for _, w := range regexp.MustCompile(`[A-Z0-9_]+`).FindAllString(docs, -1) {
		explained[w] = true
	}
	for _, dir := range []string{"internal/network", "internal/proof", "internal/claims"} {
		for _, m := range code.FindAllStringSubmatch(read(dir, ".go"), -1) {
			if slices.Contains(words(), m[1]) {
				continue
			}
			if seen++; !explained[m[1]] {
				t.Errorf("%s has the code %s, which no page under docs explains", dir, m[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d codes were found", seen)
	}
}
