package sshagent

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jpki-tools/jpki/internal/testkit"
)

func wantListenError(t *testing.T, path string, reason error) {
	t.Helper()
	l, err := Listen(path)
	if err == nil {
		l.Close()
	}
	var failed *ListenError
	if !errors.As(err, &failed) || failed.Reason != reason || failed.Path != path {
		t.Errorf("%s: %v, want %v", path, err, reason)
	}
}

func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "s")
	l, err := Listen(path)
	testkit.Must(t, err)
	for name, mode := range map[string]os.FileMode{path: os.ModeSocket | 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		info, err := os.Stat(name)
		testkit.Must(t, err)
		if info.Mode() != mode {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	wantListenError(t, path, ErrRunning)
	testkit.Must(t, l.Close())
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket was left: %v", err)
	}
}

// TestDeadSocket: of several agents that start at once, one replaces the socket
// of a killed agent.
func TestDeadSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for range 20 {
		dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		testkit.Must(t, err)
		dead.SetUnlinkOnClose(false)
		testkit.Must(t, dead.Close())
		var mu sync.Mutex
		var all []net.Listener
		var started sync.WaitGroup
		for range 5 {
			started.Go(func() {
				l, err := Listen(path)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					all = append(all, l)
				} else if !errors.Is(err, ErrRunning) {
					t.Error(err)
				}
			})
		}
		started.Wait()
		if len(all) != 1 {
			t.Fatalf("%d listen", len(all))
		}
		conn, err := net.Dial("unix", path)
		testkit.Must(t, err)
		conn.Close()
		testkit.Must(t, all[0].Close())
	}
}

// TestOthersSocket: only its own socket is removed at the end.
func TestOthersSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := Listen(path)
	testkit.Must(t, err)
	testkit.Must(t, os.Remove(path))
	other, err := Listen(path)
	testkit.Must(t, err)
	defer other.Close()
	testkit.Must(t, l.Close())
	conn, err := net.Dial("unix", path)
	testkit.Must(t, err)
	conn.Close()
}

// TestCloseAgain: a second Close leaves a newer socket alone, even if it has
// the same inode number.
func TestCloseAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := Listen(path)
	testkit.Must(t, err)
	testkit.Must(t, l.Close())
	next, err := Listen(path)
	testkit.Must(t, err)
	defer next.Close()
	l.(*listener).made = next.(*listener).made
	_ = l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}

// TestOthersLink: a folder to which somebody else's link leads could be another
// one at any time.
func TestOthersLink(t *testing.T) {
	dir := t.TempDir()
	testkit.Must(t, os.Mkdir(filepath.Join(dir, "own"), 0o700))
	link := filepath.Join(dir, "link")
	testkit.Must(t, os.Symlink("own", link))
	path := filepath.Join(link, "s")
	l, err := Listen(path)
	testkit.Must(t, err)
	testkit.Must(t, l.Close())
	if os.Geteuid() == 0 { // others cannot give their files away
		testkit.Must(t, os.Lchown(link, 65534, -1))
		wantListenError(t, path, ErrFolder)
	}
}

func TestNoPlaceToListen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) string {
		path := filepath.Join(dir, name)
		testkit.Must(t, os.WriteFile(path, []byte("precious"), 0o600))
		return path
	}
	file := write("file")
	wantListenError(t, file, ErrOccupied)
	link := filepath.Join(dir, "link")
	testkit.Must(t, os.Symlink(file, link))
	wantListenError(t, link, ErrOccupied)
	wantListenError(t, filepath.Join(file, "s"), ErrFolder)
	wantListenError(t, filepath.Join(dir, "none", "none", "s"), ErrListening)
	wantListenError(t, filepath.Join(dir, strings.Repeat("x", maxPath)), ErrTooLong)
	open := filepath.Join(dir, "open")
	testkit.Must(t, os.Mkdir(open, 0o700))
	testkit.Must(t, os.Chmod(open, 0o777))
	wantListenError(t, filepath.Join(open, "s"), ErrFolder)
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestDefaultPath(t *testing.T) {
	env := map[string]string{"XDG_RUNTIME_DIR": "/run/user/1"}
	if got := DefaultPath(func(name string) string { return env[name] }); got != "/run/user/1/jpki/agent.sock" {
		t.Error(got)
	}
	env["XDG_RUNTIME_DIR"] = "relative"
	if got := DefaultPath(func(name string) string { return env[name] }); !filepath.IsAbs(got) || strings.Contains(got, "relative") {
		t.Error(got)
	}
}
