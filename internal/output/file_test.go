package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jpki-tools/jpki/internal/testkit"
)

func TestCommitMakesTheWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "申請書.pdf.p7s")
	f, err := Create(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, f, "signature: ....")
	if _, err := f.WriteAt([]byte("3082"), 11); err != nil {
		t.Fatal(err)
	}
	if names := namesIn(t, dir); len(names) != 1 || !strings.HasPrefix(names[0], tempPrefix) {
		t.Fatalf("before Commit the folder has %q, want one temporary file", names)
	}
	back := make([]byte, 4)
	if _, err := f.ReadAt(back, 11); err != nil || string(back) != "3082" {
		t.Fatalf("ReadAt = %q, %v", back, err)
	}
	if n, err := f.Size(); n != 15 || err != nil {
		t.Fatalf("Size = %d, %v", n, err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort() // must not take the file away again
	if got := content(t, path); got != "signature: 3082" {
		t.Fatalf("content %q", got)
	}
	if names := namesIn(t, dir); len(names) != 1 {
		t.Fatalf("after Commit the folder has %q", names)
	}
	if _, err := f.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("Write after Commit: %v", err)
	}
	if err := f.Commit(); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("second Commit: %v", err)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(t.Context(), filepath.Join(dir, "a"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, f, "half")
	f.Abort()
	f.Abort()
	wantNames(t, dir)
}

// haveLinks: symbolic links are a right of its own on Windows, and Wine shows
// what they lead to.
const haveLinks = runtime.GOOS != "windows"

func TestRefusedTargets(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	testkit.Must(t, os.WriteFile(file, []byte("old"), 0o644))
	folder := filepath.Join(dir, "folder")
	testkit.Must(t, os.Mkdir(folder, 0o755))
	link, dangling := filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	if haveLinks {
		testkit.Must(t, os.Symlink(file, link))
		testkit.Must(t, os.Symlink(filepath.Join(dir, "nowhere"), dangling))
	}

	for _, c := range []struct {
		path   string
		force  bool
		reason error
	}{
		{"", true, ErrBadName},
		{".", true, ErrBadName},
		{folder + "/..", true, ErrBadName},
		{filepath.Join(dir, "new") + "/", true, ErrBadName},
		{file, false, ErrExists},
		{folder, false, ErrDirectory},
		{folder, true, ErrDirectory},
		{link, false, ErrSymlink},
		{link, true, ErrSymlink},
		{dangling, false, ErrSymlink},
		{dangling, true, ErrSymlink},
		{filepath.Join(dir, "missing", "a"), true, ErrNoFolder},
		{filepath.Join(file, "a"), true, ErrNoFolder},
		{filepath.Join(dir, strings.Repeat("長", 300)), true, ErrNameTooLong},
	} {
		if !haveLinks && (c.reason == ErrSymlink || c.reason == ErrNameTooLong) {
			continue // Wine has names longer than Windows
		}
		t.Run(fmt.Sprintf("%s force=%t", c.path, c.force), func(t *testing.T) {
			before := namesIn(t, dir)
			err := Check(t.Context(), c.path, Options{Force: c.force})
			wantReason(t, err, c.path, c.reason)
			wantNames(t, dir, before...)
		})
	}
	if got := content(t, file); got != "old" {
		t.Fatalf("the refused target now has %q", got)
	}
}

func TestCheckLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	testkit.Must(t, Check(t.Context(), filepath.Join(dir, "a"), Options{}))
	wantNames(t, dir)
}

func TestForceReplacesARegularFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	testkit.Must(t, os.WriteFile(path, []byte("old and long"), 0o644))
	testkit.Must(t, WriteFile(t.Context(), path, []byte("new"), Options{Force: true}))
	if got := content(t, path); got != "new" {
		t.Fatalf("content %q", got)
	}
	wantNames(t, dir, "a")
}

// What takes the name between Create and Commit is never lost.
func TestCommitAfterTheNameWasTaken(t *testing.T) {
	for _, c := range []struct {
		name   string
		force  bool
		take   func(path string) error
		reason error
	}{
		{"by a file", false, func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o644) }, ErrExists},
		{"by a directory", false, func(p string) error { return os.Mkdir(p, 0o755) }, ErrExists},
		{"by a directory, with force", true, func(p string) error { return os.Mkdir(p, 0o755) }, ErrDirectory},
		{"by a link", false, func(p string) error { return os.Symlink("other", p) }, ErrExists},
		{"by a link, with force", true, func(p string) error { return os.Symlink("other", p) }, ErrSymlink},
	} {
		if !haveLinks && strings.Contains(c.name, "link") {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a")
			f, err := Create(t.Context(), path, Options{Force: c.force})
			testkit.Must(t, err)
			write(t, f, "ours")
			testkit.Must(t, c.take(path))
			wantReason(t, f.Commit(), path, c.reason)
			wantNames(t, dir, "a")
		})
	}
}

// Every way of taking a name lets exactly one of many win, and the winner's
// file is whole.
func TestOneOfManyWins(t *testing.T) {
	for name, move := range waysToMove {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			target := filepath.Join(dir, "a")
			const writers = 16
			errs := make([]error, writers)
			var ready, done sync.WaitGroup
			ready.Add(writers)
			for i := range writers {
				done.Go(func() {
					temp := filepath.Join(dir, fmt.Sprint(tempPrefix, i))
					errs[i] = os.WriteFile(temp, bytes.Repeat([]byte{byte(i)}, 100_000), 0o600)
					ready.Done()
					ready.Wait()
					if errs[i] == nil {
						errs[i] = move(temp, target)
					}
				})
			}
			done.Wait()
			winner := -1
			for i, err := range errs {
				switch {
				case err == nil && winner >= 0:
					t.Fatalf("%d and %d both won", winner, i)
				case err == nil:
					winner = i
				case !errors.Is(err, fs.ErrExist):
					t.Fatalf("writer %d: %v, want one that is fs.ErrExist", i, err)
				}
			}
			if winner < 0 {
				t.Fatal("nobody won")
			}
			if got := content(t, target); got != strings.Repeat(string(rune(winner)), 100_000) {
				t.Fatalf("the file is torn: %d bytes", len(got))
			}
			if _, err := os.Lstat(filepath.Join(dir, fmt.Sprint(tempPrefix, winner))); err == nil {
				t.Fatal("the winner's temporary file is still there")
			}
		})
	}
}

func TestCreatorsAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	const writers = 16
	errs := make([]error, writers)
	var done sync.WaitGroup
	for i := range writers {
		done.Go(func() {
			errs[i] = WriteFile(t.Context(), path, bytes.Repeat([]byte{byte(i)}, 50_000), Options{})
		})
	}
	done.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrExists) {
			t.Fatal(err)
		}
	}
	if got := content(t, path); won != 1 || len(got) != 50_000 || strings.Count(got, got[:1]) != len(got) {
		t.Fatalf("%d won, %d bytes", won, len(got))
	}
	wantNames(t, dir, "a")
}

func TestContextEndsTheFile(t *testing.T) {
	stopped := errors.New("Ctrl-C")
	path := filepath.Join(t.TempDir(), "a")
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := Create(ctx, path, Options{})
	testkit.Must(t, err)
	write(t, f, "half")
	cancel(stopped)
	if _, err := f.Write([]byte("rest")); !errors.Is(err, stopped) {
		t.Fatalf("Write: %v", err)
	}
	if _, err := f.WriteAt([]byte("rest"), 0); !errors.Is(err, stopped) {
		t.Fatalf("WriteAt: %v", err)
	}
	if err := f.Commit(); !errors.Is(err, stopped) {
		t.Fatalf("Commit: %v", err)
	}
	if _, err := Create(ctx, path, Options{}); !errors.Is(err, stopped) {
		t.Fatalf("Create: %v", err)
	}
	wantNames(t, filepath.Dir(path))
}

func write(t *testing.T, f *File, s string) {
	t.Helper()
	if n, err := f.Write([]byte(s)); n != len(s) || err != nil {
		t.Fatalf("Write = %d, %v", n, err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	testkit.Must(t, err)
	return string(b)
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	testkit.Must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := namesIn(t, dir); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("the folder has %q, want %q", got, want)
	}
}

func wantReason(t *testing.T, err error, path string, reason error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Reason != reason || e.Path != path || !errors.Is(err, reason) {
		t.Fatalf("error %v, want the reason %q for %s", err, reason, path)
	}
	if strings.Contains(err.Error(), tempPrefix) {
		t.Fatalf("the error names the temporary file: %v", err)
	}
}

// TestStartSync shows that a file whose sync has begun can still be written,
// committed and aborted.
func TestStartSync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, more := range []string{"", "more"} {
		f, err := Create(t.Context(), path, Options{Force: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("text")); err != nil {
			t.Fatal(err)
		}
		f.StartSync()
		f.StartSync()
		if _, err := f.Write([]byte(more)); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		f.StartSync() // too late to matter
		if data, err := os.ReadFile(path); err != nil || string(data) != "text"+more {
			t.Errorf("%q, %v", data, err)
		}
	}
	f, err := Create(t.Context(), path, Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	f.StartSync()
	f.Abort()
	if data, err := os.ReadFile(path); err != nil || string(data) != "textmore" {
		t.Errorf("after Abort: %q, %v", data, err)
	}
}

// TestOnDisk shows that a file is synced before it gets its name, and its name
// before Commit returns. A file that cannot be synced gets no name.
func TestOnDisk(t *testing.T) {
	failed := errors.New("the disk is gone")
	f, err := Create(t.Context(), filepath.Join(t.TempDir(), "a"), Options{})
	testkit.Must(t, err)
	testkit.Must(t, f.sync())
	f.Abort()
	if err := f.sync(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("what is synced is not the file: %v", err)
	}
	for name, started := range map[string]bool{"at the end": false, "begun before": true} {
		for _, err := range []error{nil, failed} {
			folder := t.TempDir()
			path := filepath.Join(folder, "a")
			f, e := Create(t.Context(), path, Options{})
			testkit.Must(t, e)
			exists := func() bool { _, err := os.Lstat(path); return err == nil }
			var steps []string
			brought := make(chan string, 2)
			f.sync = func() error {
				brought <- fmt.Sprint("file, named ", exists())
				return err
			}
			f.syncFolder = func(p string) { steps = append(steps, fmt.Sprint("folder ", p == folder, ", named ", exists())) }
			_, e = f.Write([]byte("text"))
			testkit.Must(t, e)
			want := []string{"file, named false", "folder true, named true"}
			if started {
				f.StartSync()
				want = append([]string{want[0]}, want...)
			}
			if e = f.Commit(); !errors.Is(e, err) || (e == nil) != (err == nil) || exists() != (err == nil) {
				t.Errorf("%s, %v: %v, there %v", name, err, e, exists())
			}
			close(brought)
			var all []string
			for s := range brought {
				all = append(all, s)
			}
			if all = append(all, steps...); err == nil && !slices.Equal(all, want) || err != nil && len(all) != 1 {
				t.Errorf("%s, %v: %q, want %q", name, err, all, want)
			}
		}
	}
}
