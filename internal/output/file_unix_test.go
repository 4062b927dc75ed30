//go:build unix

package output

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// The test binary is its own helper: a process that can be limited and killed.
const roleVariable = "OUTPUT_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "hang":
		hang(os.Args[1])
	case "limited":
		writeLimited(os.Args[1])
	}
}

func TestPermissions(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	for _, c := range []struct {
		name      string
		old, perm fs.FileMode
		want      fs.FileMode
	}{
		{"a new file has those of the umask", 0, 0, 0o640},
		{"unless they are given", 0, 0o600, 0o600},
		{"to the bit", 0, 0o666, 0o666},
		{"a replaced file's are kept", 0o604, 0, 0o604},
		{"unless others are given", 0o644, 0o600, 0o600},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a")
			if c.old != 0 {
				testkit.Must(t, os.WriteFile(path, nil, 0o600))
				testkit.Must(t, os.Chmod(path, c.old))
			}
			f, err := Create(t.Context(), path, Options{Force: c.old != 0, Perm: c.perm})
			testkit.Must(t, err)
			if got := perm(t, f.temp.Name()); got != 0o600 {
				t.Errorf("unfinished: %v, want 0600", got)
			}
			testkit.Must(t, f.Commit())
			if got := perm(t, path); got != c.want {
				t.Errorf("finished: %v, want %v", got, c.want)
			}
		})
	}
}

func perm(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	testkit.Must(t, err)
	return info.Mode().Perm()
}

func TestSpecialFilesAreRefused(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	testkit.Must(t, unix.Mkfifo(fifo, 0o600))
	for _, path := range []string{fifo, "/dev/null"} {
		for _, force := range []bool{false, true} {
			wantReason(t, Check(t.Context(), path, Options{Force: force}), path, ErrSpecial)
		}
	}
}

func TestCommitAfterTheFolderWentAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "usb")
	testkit.Must(t, os.Mkdir(dir, 0o755))
	path := filepath.Join(dir, "a")
	f, err := Create(t.Context(), path, Options{})
	testkit.Must(t, err)
	testkit.Must(t, os.RemoveAll(dir))
	wantReason(t, f.Commit(), path, ErrNoFolder)
}

// moveClaimed must not leave its empty file when the rename fails.
func TestMoveClaimedCleansUp(t *testing.T) {
	dir := t.TempDir()
	if err := moveClaimed(filepath.Join(dir, "missing"), filepath.Join(dir, "a")); err == nil {
		t.Fatal("a missing file was moved")
	}
	wantNames(t, dir)
}

func TestKilledBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	helper := exec.Command(os.Args[0], filepath.Join(dir, "a"))
	helper.Env = append(os.Environ(), roleVariable+"=hang")
	out, err := helper.StdoutPipe()
	testkit.Must(t, err)
	testkit.Must(t, helper.Start())
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	testkit.Must(t, helper.Process.Kill())
	_ = helper.Wait()
	names := namesIn(t, dir)
	if len(names) != 1 || !strings.HasPrefix(names[0], tempPrefix) {
		t.Fatalf("the folder has %q, want one temporary file and no target", names)
	}
}

func hang(path string) {
	f, err := Create(context.Background(), path, Options{})
	if err == nil {
		_, err = f.Write([]byte("half"))
	}
	if err != nil {
		fail(err)
	}
	fmt.Print(".")
	time.Sleep(time.Hour)
}

// A disk that fills up: the kernel refuses the byte after the limit, in the
// middle of a Write.
func TestNoSpaceInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	helper := exec.Command(os.Args[0], filepath.Join(dir, "a"))
	helper.Env = append(os.Environ(), roleVariable+"=limited")
	if out, err := helper.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantNames(t, dir)
}

func writeLimited(path string) {
	const limit = 4096
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		fail(err)
	}
	f, err := Create(context.Background(), path, Options{})
	if err != nil {
		fail(err)
	}
	if n, err := f.Write(make([]byte, limit+1)); n != limit || !errors.Is(err, ErrNoSpace) {
		fail(n, err)
	}
	// The next write would fit, but the file has a hole in its story.
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, ErrNoSpace) {
		fail(err)
	}
	if err := f.Commit(); !errors.Is(err, ErrNoSpace) {
		fail(err)
	}
}

func fail(why ...any) {
	fmt.Fprintln(os.Stderr, why...)
	os.Exit(1)
}
