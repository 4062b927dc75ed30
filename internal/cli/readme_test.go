package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFirstSteps: from nothing to the last day of a certificate it takes three
// steps with a release and five from source, and they name all that is needed.
func TestFirstSteps(t *testing.T) {
	step := regexp.MustCompile(`(?m)^(\d)\. (.+)$`)
	for file, heading := range map[string]string{"README.md": "## 証明書の期限を知るまで\n", "README.en.md": "## From nothing to \"I know when my certificate expires\"\n"} {
		data, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		before, section, found := strings.Cut(string(data), heading)
		if !found {
			t.Errorf("%s: no %s", file, heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		var numbers, last []string
		for _, m := range step.FindAllStringSubmatch(section, -1) {
			numbers, last = append(numbers, m[1]), m
		}
		if got := strings.Join(numbers, ""); got != "12312345" {
			t.Errorf("%s: the steps are %s", file, got)
		}
		for _, needed := range []string{"ca-certificates", "pcscd", "https://go.dev/dl/", "go install ./cmd/jpki", "`$(go env GOPATH)/bin`", "PATH", "`jpki status --ask`"} {
			if !strings.Contains(section, needed) {
				t.Errorf("%s: the first steps do not name %s", file, needed)
			}
		}
		if last == nil || !strings.Contains(last[2], "`jpki status`") {
			t.Errorf("%s: the last step is %q", file, last)
		}
		for _, needed := range []string{"--lang ja", "JPKI_LANG=ja"} {
			if !strings.Contains(before, needed) {
				t.Errorf("%s: nothing about %s above the first steps", file, needed)
			}
		}
	}
}
