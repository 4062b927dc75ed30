package input

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/problem"
)

// TestExpand: the names that a shell of Unix would have given, in any case.
func TestExpand(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"a.csv", "B.CSV", "[1].csv", "申請書.csv", "note.txt", ".hidden.csv", "x/1.pdf", "x/2.pdf", "y/1.pdf", "y/z/1.pdf"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"":                 "",
		"a.csv -":          "a.csv -",
		"[1].csv":          "[1].csv",
		"*.csv":            "B.CSV [1].csv a.csv 申請書.csv",
		"*.CSV note.txt":   "B.CSV [1].csv a.csv 申請書.csv note.txt",
		"?.csv":            "B.CSV a.csv",
		"申*.csv":           "申請書.csv",
		".*.csv":           ".hidden.csv",
		"x/*.pdf":          "x/1.pdf x/2.pdf",
		"*/1.pdf":          "x/1.pdf y/1.pdf",
		"*/*/*.pdf":        "y/z/1.pdf",
		"x/*.pdf a.csv x*": "x/1.pdf x/2.pdf a.csv x",
		"**.t*t":           "note.txt",
	} {
		got, err := expand(strings.Fields(args))
		for i, name := range got {
			got[i] = filepath.ToSlash(name)
		}
		if err != nil || !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %q, %v, want %s", args, got, err, want)
		}
	}
	for _, args := range []string{"a.csv *.doc", "none/*.csv", "??", "*.csv/x"} {
		_, err := expand(strings.Fields(args))
		if p, ok := problem.As(err); !ok || p.Code != problem.Input {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// TestManyStars: a pattern cannot make this take long.
func TestManyStars(t *testing.T) {
	if fits([]rune(strings.Repeat("*a", 200)+"b"), []rune(strings.Repeat("a", 5000))) {
		t.Error("fits")
	}
}
