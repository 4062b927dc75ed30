package output

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/jpki-tools/jpki/internal/testkit"
)

var waysToMove = map[string]func(temp, target string) error{
	"moveNew": moveNew,
}

// TestNotReplaceable: what a rename would fail for is found when the file is
// begun, so before a PIN is asked.
func TestNotReplaceable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.p7s")
	testkit.Must(t, os.WriteFile(path, []byte("old"), 0o644))
	name, err := windows.UTF16PtrFromString(path)
	testkit.Must(t, err)
	h, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING, 0, 0)
	testkit.Must(t, err)
	wantReason(t, Check(t.Context(), path, Options{Force: true}), path, ErrInUse)
	testkit.Must(t, windows.CloseHandle(h))
	testkit.Must(t, Check(t.Context(), path, Options{Force: true}))

	testkit.Must(t, os.Chmod(path, 0o444))
	wantReason(t, Check(t.Context(), path, Options{Force: true}), path, ErrReadOnly)
	testkit.Must(t, os.Chmod(path, 0o644))
	testkit.Must(t, WriteFile(t.Context(), path, []byte("new"), Options{Force: true}))
	if got := content(t, path); got != "new" {
		t.Errorf("it holds %q", got)
	}
}

// TestNamesOfWindows: names that the system refuses or changes are found when
// the file is begun.
func TestNamesOfWindows(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]error{
		"NUL": ErrSpecial, "con": ErrSpecial, "CON.p7s": ErrSpecial, "COM1": ErrSpecial, "ab:stream": ErrSpecial,
		"a.": ErrBadName, "a ": ErrBadName, "a. .": ErrBadName, "a?": ErrBadName, "a*.p7s": ErrBadName, `a"b`: ErrBadName, "a|b": ErrBadName, "a<b": ErrBadName,
	} {
		path := dir + `\` + name
		wantReason(t, Check(t.Context(), path, Options{}), path, want)
	}
	for _, name := range []string{".a", "a..b", " a", "長い名前(1) [2].p7s", "𠮷.p7s", "CONSOLE", "NUL-signed.pdf"} {
		testkit.Must(t, WriteFile(t.Context(), dir+`\`+name, []byte("x"), Options{}))
		if got := content(t, dir+`\`+name); got != "x" {
			t.Errorf("%s holds %q", name, got)
		}
	}
}
