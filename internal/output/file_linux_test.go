package output

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// /dev/full is the kernel's own disk without space.
func TestNoSpaceAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	f, err := Create(t.Context(), path, Options{})
	testkit.Must(t, err)
	temp := f.temp.Name()
	testkit.Must(t, f.temp.Close())
	f.temp, err = os.OpenFile("/dev/full", os.O_WRONLY, 0)
	testkit.Must(t, err)
	_, err = f.Write([]byte("x"))
	wantReason(t, err, path, ErrNoSpace)
	testkit.Must(t, f.temp.Close())
	f.temp, err = os.Open(temp)
	testkit.Must(t, err)
	wantReason(t, f.Commit(), path, ErrNoSpace)
	wantNames(t, dir)
}

func TestFolderWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	testkit.Must(t, os.Chmod(dir, 0o500))
	path := filepath.Join(dir, "a")
	wantReason(t, withoutCapabilities(t, func() error {
		return Check(t.Context(), path, Options{})
	}), path, ErrNotAllowed)
}

// withoutCapabilities runs f as the superuser without its privileges, or
// plainly as who it is: capabilities belong to a thread, and this thread ends
// with the goroutine because it stays locked to it.
func withoutCapabilities(t *testing.T, f func() error) error {
	t.Helper()
	dropped, result := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		dropped <- unix.Capset(&header, &none[0])
		result <- f()
	}()
	testkit.Must(t, <-dropped)
	return <-result
}
