package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// TestVariablesAreTold shows that jpki help environment has every variable that
// the program reads, in both languages.
func TestVariablesAreTold(t *testing.T) {
	// Variables that a system sets for every program.
	system := []string{"HOME", "LOCALAPPDATA", "SystemRoot", "ProgramData", "DISPLAY", "LC_CTYPE", "SSH_CONNECTION", "SSH_TTY", "SESSIONNAME", "USER", "LOGNAME"}
	read := regexp.MustCompile(`[gG]etenv\("(\w+)"\)`)
	found := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range read.FindAllStringSubmatch(string(source), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !found["NO_COLOR"] || !found["XDG_STATE_HOME"] {
		t.Fatalf("found only %v", found)
	}
	for name := range found {
		for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
			if !slices.Contains(system, name) && !strings.Contains(environmentTopic().In(lang), name) {
				t.Errorf("jpki help environment (%s) does not have %s", lang, name)
			}
		}
	}
}
