package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
)

type counters struct {
	Sign, Auth int
}

func TestRememberAndForget(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "a", "b", "jpki"))
	var got counters
	if found, err := s.Load(t.Context(), "card", &got); found || err != nil {
		t.Fatalf("Load of nothing = %t, %v", found, err)
	}
	testkit.Must(t, s.Remove(t.Context(), "card"))
	if _, err := os.Lstat(s.Path()); err == nil {
		t.Fatal("reading and forgetting nothing made the folder")
	}

	testkit.Must(t, Update(t.Context(), s, "card", func(c *counters) error {
		if *c != (counters{}) {
			t.Errorf("a new document is %+v", *c)
		}
		*c = counters{Sign: 5, Auth: 3}
		return nil
	}))
	testkit.Must(t, Update(t.Context(), s, "card", func(c *counters) error {
		c.Sign--
		return nil
	}))
	stop := errors.New("stop")
	if err := Update(t.Context(), s, "card", func(c *counters) error { c.Auth = 99; return stop }); !errors.Is(err, stop) {
		t.Fatalf("Update gave %v", err)
	}
	found, err := At(s.Path()).Load(t.Context(), "card", &got)
	if want := (counters{Sign: 4, Auth: 3}); !found || err != nil || got != want {
		t.Fatalf("Load = %+v, %t, %v, want %+v", got, found, err, want)
	}

	testkit.Must(t, s.Remove(t.Context(), "card"))
	if found, err := s.Load(t.Context(), "card", &got); found || err != nil {
		t.Fatalf("Load after Remove = %t, %v", found, err)
	}
}

func TestLockHeldForLong(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "jpki"))
	held, err := s.Lock(t.Context(), "card")
	testkit.Must(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for name, use := range map[string]func() error{
		"Lock":   func() error { _, err := s.Lock(ctx, "card"); return err },
		"Load":   func() error { _, err := s.Load(ctx, "card", new(counters)); return err },
		"Remove": func() error { return s.Remove(ctx, "card") },
		"Update": func() error { return Update(ctx, s, "card", func(*counters) error { return nil }) },
	} {
		if err := use(); !errors.Is(err, ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s while it is held: %v", name, err)
		}
	}
	testkit.Must(t, Update(t.Context(), s, "other", func(*counters) error { return nil }))

	testkit.Must(t, held.Save(counters{Sign: 1}))
	testkit.Must(t, held.Save(counters{Sign: 2}))
	var got counters
	if found, err := held.Load(&got); !found || err != nil || got.Sign != 2 {
		t.Fatalf("Load = %+v, %t, %v", got, found, err)
	}
	waited := make(chan error)
	go func() {
		waited <- Update(t.Context(), s, "card", func(c *counters) error { c.Sign++; return nil })
	}()
	time.Sleep(3 * retryLock)
	testkit.Must(t, held.Save(counters{Sign: 7}))
	held.Unlock()
	held.Unlock()
	testkit.Must(t, <-waited)
	if _, err := s.Load(t.Context(), "card", &got); err != nil || got.Sign != 8 {
		t.Fatalf("after the one who waited: %+v, %v", got, err)
	}
	for name, err := range map[string]error{"Save": held.Save(counters{}), "Remove": held.remove()} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after Unlock: %v", name, err)
		}
	}
}

func TestGoroutinesLoseNothing(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "jpki"))
	const workers, each = 8, 10
	errs := make(chan error, workers*each)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range each {
				errs <- Update(t.Context(), s, "card", func(c *counters) error { c.Sign++; return nil })
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		testkit.Must(t, err)
	}
	var got counters
	if _, err := s.Load(t.Context(), "card", &got); err != nil || got.Sign != workers*each {
		t.Fatalf("counted %d, %v, want %d", got.Sign, err, workers*each)
	}
}

func TestDamagedDocuments(t *testing.T) {
	for name, data := range map[string]string{
		"empty":         "",
		"cut short":     `{"Sign": 5, "Au`,
		"no JSON":       "\x00\x00\x00",
		"two documents": `{} {}`,
		"another shape": `{"Sign": "five"}`,
		"too long":      "{}" + strings.Repeat(" ", maxSize),
	} {
		t.Run(name, func(t *testing.T) {
			s := At(t.TempDir())
			testkit.Must(t, os.Chmod(s.Path(), 0o700))
			path := filepath.Join(s.Path(), "card.json")
			testkit.Must(t, os.WriteFile(path, []byte(data), 0o600))
			_, err := s.Load(t.Context(), "card", new(counters))
			wantReason(t, err, path, ErrCorrupt)
			err = Update(t.Context(), s, "card", func(*counters) error { t.Error("change was called"); return nil })
			wantReason(t, err, path, ErrCorrupt)
			if got, err := os.ReadFile(path); err != nil || string(got) != data {
				t.Fatalf("the damaged file was changed: %q, %v", got, err)
			}
			testkit.Must(t, s.Remove(t.Context(), "card"))
			testkit.Must(t, Update(t.Context(), s, "card", func(*counters) error { return nil }))
		})
	}
}

func TestWhatIsNotSaved(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "jpki"))
	testkit.Must(t, Update(t.Context(), s, "card", func(c *string) error { *c = "before"; return nil }))
	l, err := s.Lock(t.Context(), "card")
	testkit.Must(t, err)
	defer l.Unlock()
	for _, v := range []any{func() {}, strings.Repeat("x", maxSize-2)} {
		wantReason(t, l.Save(v), l.path, errFailed)
	}
	testkit.Must(t, l.Save(strings.Repeat("x", maxSize-3)))
	var back string
	if _, err := l.Load(&back); err != nil || len(back) != maxSize-3 {
		t.Fatalf("the largest document: %d bytes, %v", len(back), err)
	}
}

func TestNames(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "jpki"))
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "../card", "Card", "名前", "card.json", "a\x00"} {
		if _, err := s.Lock(t.Context(), name); !errors.Is(err, errFailed) {
			t.Errorf("Lock(%q): %v", name, err)
		}
	}
	l, err := s.Lock(t.Context(), "demo-2")
	testkit.Must(t, err)
	l.Unlock()
}

func TestSomethingElseInItsPlace(t *testing.T) {
	dir := t.TempDir()
	// Symbolic links are a right of its own on Windows, and Wine shows what they
	// lead to.
	haveLinks := runtime.GOOS != "windows"
	real, link, file := filepath.Join(dir, "real"), filepath.Join(dir, "link"), filepath.Join(dir, "file")
	testkit.Must(t, os.Mkdir(real, 0o700))
	if haveLinks {
		testkit.Must(t, os.Symlink(real, link))
	}
	testkit.Must(t, os.WriteFile(file, nil, 0o600))
	for path, reason := range map[string]error{link: ErrSymlink, file: ErrNotFolder, filepath.Join(file, "jpki"): errFailed} {
		if path == link && !haveLinks {
			continue
		}
		err := Update(t.Context(), At(path), "card", func(*counters) error { return nil })
		wantReason(t, err, path, reason)
	}

	s := At(real)
	path := filepath.Join(real, "card.json")
	if haveLinks {
		testkit.Must(t, os.WriteFile(filepath.Join(real, "elsewhere"), []byte("{}"), 0o600))
		testkit.Must(t, os.Symlink("elsewhere", path))
		_, err := s.Load(t.Context(), "card", new(counters))
		wantReason(t, err, path, ErrSymlink)
		l, err := s.Lock(t.Context(), "card")
		testkit.Must(t, err)
		wantReason(t, l.Save(counters{}), path, errFailed)
		l.Unlock()
		testkit.Must(t, os.Remove(path))
	}
	testkit.Must(t, os.Mkdir(path, 0o700))
	_, err := s.Load(t.Context(), "card", new(counters))
	wantReason(t, err, path, ErrCorrupt)
}

func wantReason(t *testing.T, err error, path string, reason error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Reason != reason || e.Path != path || !errors.Is(err, reason) {
		t.Fatalf("error %v, want the reason %q for %s", err, reason, path)
	}
}
