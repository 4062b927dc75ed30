package explain

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/pin"
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
	for _, device := range []string{"NUL", "CON", "CON.txt", "COM1", dir + `\aux.pdf`} {
		_, err := input.Open(device)
		if err == nil {
			t.Errorf("%s can be opened", device)
			continue
		}
		if said := Error(err).What.EN; !strings.Contains(said, "not a regular file") && !strings.Contains(said, "There is no ") {
			t.Errorf("%s: %q (%v)", device, said, err)
		}
	}

	for asked, want := range map[string][2]string{
		path:     {"another program has it open", "Close that program"},
		dir:      {"it is not a regular file", "Name a file"},
		"NUL":    {"it is not a regular file", "Name a file"},
		"none":   {"there is no such file", "Check its name"},
		"a?.pin": {"this cannot be a file's name", "Check its name"},
	} {
		source, err := pin.Choose(pin.Options{Flags: []pin.Flag{{Kind: pin.File, Value: asked}}}, pin.Env{Stderr: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Current(t.Context(), pin.Ask{})
		source.Close()
		if err == nil {
			t.Errorf("%s gives a PIN", asked)
			continue
		}
		if p := Error(err); !strings.Contains(p.What.EN, want[0]) || !strings.Contains(p.Next.EN, want[1]) {
			t.Errorf("--pin-file %s: %q %q, want %q (%v)", asked, p.What.EN, p.Next.EN, want, err)
		}
	}
}
