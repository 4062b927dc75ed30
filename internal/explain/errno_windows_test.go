package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/jpki-tools/jpki/internal/input"
)

// TestUnreadable has the system refuse files in its own ways.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	for asked, want := range map[string]string{
		path:                           "another program has it open",
		dir:                            "is a directory",
		filepath.Join(dir, "none.txt"): "There is no ",
	} {
		_, err := os.ReadFile(asked)
		if err == nil {
			t.Errorf("%s can be read", asked)
			continue
		}
		if p := Error(err); !strings.Contains(p.What.EN, want) {
			t.Errorf("%s: %q, want %q (%v)", asked, p.What.EN, want, err)
		}
	}
	if p := Error(&os.PathError{Op: "read", Path: `E:\a.txt`, Err: windows.ERROR_NOT_READY}); !strings.Contains(p.What.EN, "no medium") {
		t.Error(p.What.EN)
	}
	if _, err := input.Open("NUL"); err == nil || !strings.Contains(Error(err).What.EN, "not a regular file") {
		t.Errorf("NUL: %v", err)
	}
}
