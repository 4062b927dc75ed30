package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// everywhere lists the programs that tests without a tag may run: those of a
// machine on which Go is developed, and openssl. .ci/test installs everything
// else, for the tests with the tags foreign and pcscd.
var everywhere = []string{"go", "git", "openssl", "/bin/sh", "sh", "printenv", "cat", "sleep", "bash", "test"}

// TestGoAloneTests shows that the tests without a tag run no other programs, so
// that "go test ./..." passes where only Go and openssl are installed.
func TestGoAloneTests(t *testing.T) {
	tagged := regexp.MustCompile(`(?m)^//go:build .*\b(foreign|pcscd)\b`)
	command := regexp.MustCompile(`exec\.Command(?:\(|Context\([^,]+, )"([^"]+)"`)
	seen := 0
	for _, name := range tracked(t) {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if tag := tagged.Match(data); tag {
			continue
		} else if strings.HasSuffix(name, "foreign_test.go") || strings.HasSuffix(name, "pcscd_test.go") {
			t.Errorf("%s has no tag", name)
		}
		for _, m := range command.FindAllSubmatch(data, -1) {
			if seen++; !slices.Contains(everywhere, string(m[1])) {
				t.Errorf("%s runs %s without the tag foreign", name, m[1])
			}
		}
	}
	if seen < 5 {
		t.Errorf("%d programs are run by tests: this test does not see them", seen)
	}
}
