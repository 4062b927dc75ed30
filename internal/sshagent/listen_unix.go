//go:build unix

package sshagent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultPath is agent.sock in a folder for this user's jpki: under
// XDG_RUNTIME_DIR, or without that under the folder for temporary files. Listen
// makes the folder.
func DefaultPath(getenv func(string) string) string {
	if base := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(base) {
		return filepath.Join(base, "jpki", "agent.sock")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("jpki-%d", os.Getuid()), "agent.sock")
}

// maxPath is the longest path of a socket on every Unix (sun_path), without
// its NUL.
const maxPath = 103

// Listen makes a Unix socket at path. Only this user can connect to it, and
// nobody else can write into its folder. It makes a missing folder. It replaces
// the socket of an agent that has ended; if an agent answers, it returns
// [ErrRunning]. Closing the listener removes the socket. The error is a
// *[ListenError].
func Listen(path string) (net.Listener, error) {
	fail := func(reason, err error) (net.Listener, error) { return nil, &ListenError{path, reason, err} }
	if len(path) > maxPath {
		return fail(ErrTooLong, nil)
	}
	folder := filepath.Dir(path)
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fail(ErrListening, err)
	}
	dir, err := os.Open(folder)
	if err != nil {
		return fail(ErrListening, err)
	}
	defer dir.Close()
	if info, err := dir.Stat(); err != nil {
		return fail(ErrListening, err)
	} else if !ownFolder(info) || !ownName(folder) {
		return fail(ErrFolder, nil)
	}
	// Of two agents that start at once, one waits here for the other's socket.
	if err := lockFolder(dir); err != nil {
		return fail(ErrListening, err)
	}
	if reason, err := removeDead(path); reason != nil {
		return fail(reason, err)
	}
	old := unix.Umask(0o177)
	l, err := net.Listen("unix", path)
	unix.Umask(old)
	if err != nil {
		return fail(ErrListening, err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	made, err := os.Lstat(path)
	if err != nil {
		l.Close()
		return fail(ErrListening, err)
	}
	return &listener{Listener: l, path: path, made: made}, nil
}

// dialPath connects to the socket of an agent.
func dialPath(ctx context.Context, path string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", path)
}

// ownFolder: of this user or root, with nobody else allowed to put another
// socket in the place of this one.
func ownFolder(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() {
		return false
	}
	mine := int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
	shared := stat.Uid == 0 && (info.Mode().Perm()&0o022 == 0 || info.Mode()&fs.ModeSticky != 0)
	return mine || shared
}

// ownName checks a folder that is a symbolic link: the link must belong to this
// user or to root, because its owner can point it elsewhere at any time.
func ownName(folder string) bool {
	info, err := os.Lstat(folder)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || stat.Uid == 0)
}

// lockFolder locks a folder until it is closed. Every user with read access can
// lock a folder, so lockFolder does not wait for ever.
func lockFolder(dir *os.File) (err error) {
	for range 40 {
		if err = unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// removeDead removes a socket of this user's behind which nobody listens.
func removeDead(path string) (reason, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return ErrListening, err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || info.Mode().Type() != fs.ModeSocket || int(stat.Uid) != os.Geteuid() {
		return ErrOccupied, nil
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
		return ErrRunning, nil
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return ErrOccupied, err
	}
	if err := os.Remove(path); err != nil {
		return ErrListening, err
	}
	return nil, nil
}

// listener removes its socket, and no other, when it closes.
type listener struct {
	net.Listener
	path string
	made fs.FileInfo
	once sync.Once
}

// Close looks for its socket before it closes that, and once: the next agent's
// may then be the same file by its number.
func (l *listener) Close() error {
	l.once.Do(func() {
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.made) {
			_ = os.Remove(l.path)
		}
	})
	return l.Listener.Close()
}
