package input

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestExpandPaths: wildcards behind every kind of path that Windows has. The
// ? of \\?\ is none.
func TestExpandPaths(t *testing.T) {
	dir, err := filepath.Abs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.csv", "b.CSV", "[1].csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	drive, rest := filepath.VolumeName(dir), dir[len(filepath.VolumeName(dir)):]
	for folder, pattern := range map[string]string{
		dir + `\`:                        `*.csv`,
		strings.ToUpper(dir) + `\`:       `*.CSV`,
		`\\?\` + dir + `\`:               `?*.csv`,
		`\\.\` + dir + `\`:               `*.csv`,
		rest + `\`:                       `*.csv`,
		filepath.ToSlash(dir) + `/`:      `*.csv`,
		drive:                            `*.csv`, // the drive's own folder, which is here
		`.\`:                             `*.csv`,
		`..\` + filepath.Base(dir) + `\`: `*.csv`,
	} {
		want := []string{folder + "[1].csv", folder + "a.csv", folder + "b.CSV"}
		if got, err := expand([]string{folder + pattern}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", folder+pattern, got, err, want)
		}
	}
	for _, plain := range []string{`\\?\` + dir + `\a.csv`, `\\?\` + dir, `\\?\`, `\\?\UNC\server\share\a`, `\\?`, `//?/x`, `\\?\Volume{1}\a`, `[1].csv`} {
		if got, err := expand([]string{plain}); err != nil || !slices.Equal(got, []string{plain}) {
			t.Errorf("%s: %q, %v", plain, got, err)
		}
	}
	for _, none := range []string{`\\?\` + dir + `\*.doc`, `\\nowhere\share\*.csv`, `q:\*`, `a.csv\*`, `?\`, `*\a.csv`} {
		if got, err := expand([]string{none}); err == nil {
			t.Errorf("%s: %q", none, got)
		}
	}
}
