package pin

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/internal/testkit"
)

func TestPrivateFiles(t *testing.T) {
	path := pinFile(t, "1234\n")
	for perm, reason := range map[os.FileMode]error{
		0o600: nil, 0o400: nil, 0o700: nil,
		0o640: ErrOpenToOthers, 0o620: ErrOpenToOthers, 0o604: ErrOpenToOthers, 0o602: ErrOpenToOthers, 0o601: ErrOpenToOthers, 0o644: ErrOpenToOthers, 0o666: ErrOpenToOthers,
	} {
		testkit.Must(t, os.Chmod(path, perm))
		b, err := readFile(path, checkPrivate)
		if reason == nil {
			if err != nil || string(b) != "1234\n" {
				t.Errorf("%o: %v", perm, err)
			}
			continue
		}
		wantFileError(t, err, path, reason)
	}
	// systemd shows the mask of an access list in the group's bits.
	for perm, reason := range map[os.FileMode]error{0o400: nil, 0o440: nil, 0o444: ErrOpenToOthers} {
		testkit.Must(t, os.Chmod(path, perm))
		if _, err := readFile(path, checkCredential); reason == nil && err != nil || !errors.Is(err, reason) {
			t.Errorf("credential with %o: %v", perm, err)
		}
	}
}

// owned is a file as it looks when another user owns it.
type owned struct {
	os.FileInfo
	uid uint32
}

func (o owned) Sys() any { return &syscall.Stat_t{Uid: o.uid} }

func TestOwners(t *testing.T) {
	info, err := os.Stat(pinFile(t, "1234"))
	testkit.Must(t, err)
	self := uint32(os.Geteuid())
	for uid, want := range map[uint32]error{self: nil, self + 1: ErrForeign} {
		if reason, _ := checkPrivate(nil, owned{info, uid}); reason != want {
			t.Errorf("a file of user %d: %v, want %v", uid, reason, want)
		}
	}
	for _, c := range []struct {
		owner, self int
		want        bool
	}{{1000, 1000, true}, {0, 1000, true}, {0, 0, true}, {1001, 1000, false}, {1000, 0, false}} {
		if trusted(c.owner, c.self) != c.want {
			t.Errorf("user %d with a file of user %d: want %t", c.self, c.owner, c.want)
		}
	}
}

func TestLinksAreFollowed(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	target := pinFile(t, "1234")
	testkit.Must(t, os.Symlink(target, link))
	b, err := readFile(link, checkPrivate)
	if err != nil || string(b) != "1234" {
		t.Error(err)
	}
	testkit.Must(t, os.Chmod(target, 0o644))
	_, err = readFile(link, checkPrivate)
	wantFileError(t, err, link, ErrOpenToOthers)
}

func TestDevicesAreRefused(t *testing.T) {
	for _, path := range []string{"/dev/null", "/dev/zero"} {
		_, err := readFile(path, checkPrivate)
		wantFileError(t, err, path, ErrNotFile)
	}
}

func TestNamedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	testkit.Must(t, unix.Mkfifo(path, 0o600))
	s, err := Choose(Options{Flags: []Flag{{File, path}}}, Env{})
	testkit.Must(t, err)
	wantInterrupted(t, "a pipe that nobody writes into", s)

	path += "2"
	testkit.Must(t, unix.Mkfifo(path, 0o600))
	if s, err = Choose(Options{Flags: []Flag{{File, path}}}, Env{}); err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	go func() { written <- os.WriteFile(path, []byte("1234\n"), 0) }()
	wantPIN(t, s.Current, "1234")
	testkit.Must(t, <-written)
}

func TestProcessSubstitution(t *testing.T) {
	cmd := inRole("file argument", exec.Command("bash", "-c", `exec "$0" <(printf '1234\n')`, os.Args[0]))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
