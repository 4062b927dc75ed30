package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/guide"
)

// TestHintsLead shows that every topic of the guide that the program or its
// documentation names exists.
func TestHintsLead(t *testing.T) {
	hint := regexp.MustCompile(`jpki guide ([a-z][a-z-]*)`)
	words := []string{"new", "and"} // "jpki guide new address", and prose
	seen := map[string]bool{}
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".md"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range hint.FindAllStringSubmatch(string(data), -1) {
			seen[m[1]] = true
			named := func(t guide.Topic) bool { return t.Name == m[1] }
			if !slices.ContainsFunc(guide.Topics(), named) && !slices.Contains(words, m[1]) {
				t.Errorf("%s: the guide has no topic %s", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"locked", "renew", "who", "lost"} {
		if !seen[name] {
			t.Errorf("nothing leads to %s", name)
		}
	}
}
