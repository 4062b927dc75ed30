package pin

import (
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/windows"
)

// TestOpenTo: what others could do to a file, one right at a time.
func TestOpenTo(t *testing.T) {
	trusted, err := trustedSIDs()
	if err != nil {
		t.Fatal(err)
	}
	everybody, err := windows.CreateWellKnownSid(windows.WinWorldSid)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		mask windows.ACCESS_MASK
		who  *windows.SID
		mode windows.ACCESS_MODE
		want error
	}{
		{"mine", windows.GENERIC_ALL, trusted[0], windows.GRANT_ACCESS, nil},
		{"attributes", windows.FILE_READ_ATTRIBUTES | windows.READ_CONTROL | windows.SYNCHRONIZE, everybody, windows.GRANT_ACCESS, nil},
		{"read", windows.FILE_READ_DATA, everybody, windows.GRANT_ACCESS, ErrOpenToOthers},
		{"write", windows.FILE_WRITE_DATA, everybody, windows.GRANT_ACCESS, ErrOpenToOthers},
		{"append", windows.FILE_APPEND_DATA, everybody, windows.GRANT_ACCESS, ErrOpenToOthers},
		{"delete", windows.DELETE, everybody, windows.GRANT_ACCESS, ErrOpenToOthers},
		{"rights", windows.WRITE_DAC, everybody, windows.GRANT_ACCESS, ErrOpenToOthers},
		{"owner", windows.WRITE_OWNER, everybody, windows.GRANT_ACCESS, ErrOpenToOthers},
		{"denied", windows.GENERIC_ALL, everybody, windows.DENY_ACCESS, nil},
	} {
		list, err := windows.ACLFromEntries([]windows.EXPLICIT_ACCESS{{
			AccessPermissions: c.mask, AccessMode: c.mode,
			Trustee: windows.TRUSTEE{TrusteeForm: windows.TRUSTEE_IS_SID, TrusteeValue: windows.TrusteeValueFromSID(c.who)},
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := openTo(list, trusted); got != c.want || err != nil {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

// TestCommandOfWindows: why a program does not start.
func TestCommandOfWindows(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"here.exe", "broken.exe"} {
		if err := os.WriteFile(name, []byte("no program"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for line, want := range map[string]error{
		`C:\tools\pw.exe get`:        ErrBackslashes,
		"here.exe":                   ErrOnlyHere,
		"./broken.exe":               ErrNotProgram,
		"no-such-program-anywhere x": ErrNoProgram,
	} {
		s, err := Choose(Options{Flags: []Flag{{Command, line}}}, Env{Stderr: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Current(t.Context(), Ask{}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
		s.Close()
	}
}
