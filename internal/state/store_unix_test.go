//go:build unix

package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// The test binary is its own second program.
const roleVariable = "STATE_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := secondProgram(role, At(os.Args[1])); err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}

const updatesEach = 25

func secondProgram(role string, s *Store) error {
	if role == "hold" {
		l, err := s.Lock(context.Background(), "card")
		if err != nil {
			return err
		}
		defer l.Unlock() // not reached
		os.Stdout.WriteString(".")
		time.Sleep(time.Hour)
	}
	for range updatesEach {
		if err := Update(context.Background(), s, "card", func(c *counters) error { c.Auth++; return nil }); err != nil {
			return err
		}
	}
	return nil
}

func second(role string, s *Store) *exec.Cmd {
	cmd := exec.Command(os.Args[0], s.Path())
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

func TestProgramsLoseNothing(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "jpki")) // whoever is first makes it
	const programs = 4
	done := make(chan error, programs)
	for range programs {
		go func() {
			out, err := second("count", s).CombinedOutput()
			if err != nil {
				err = errors.New(err.Error() + ": " + string(out))
			}
			done <- err
		}()
	}
	for range programs {
		testkit.Must(t, <-done)
	}
	var got counters
	if _, err := s.Load(t.Context(), "card", &got); err != nil || got.Auth != programs*updatesEach {
		t.Fatalf("counted %d, %v, want %d", got.Auth, err, programs*updatesEach)
	}
}

func TestKilledHolderLetsGo(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "jpki"))
	holder := second("hold", s)
	out, err := holder.StdoutPipe()
	testkit.Must(t, err)
	testkit.Must(t, holder.Start())
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Lock(ctx, "card"); !errors.Is(err, ErrLocked) {
		t.Fatalf("Lock while another program has it: %v", err)
	}
	testkit.Must(t, holder.Process.Kill())
	_ = holder.Wait()
	l, err := s.Lock(t.Context(), "card")
	testkit.Must(t, err)
	l.Unlock()
}

func TestNobodyElseLooksIn(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	dir := t.TempDir()
	s := At(filepath.Join(dir, "state", "jpki"))
	testkit.Must(t, Update(t.Context(), s, "card", func(*counters) error { return nil }))
	for path, want := range map[string]fs.FileMode{
		filepath.Join(dir, "state"):          0o700,
		s.Path():                             0o700,
		filepath.Join(s.Path(), "card.json"): 0o600,
		filepath.Join(s.Path(), "card.lock"): 0o600,
	} {
		if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}

	testkit.Must(t, os.Chmod(s.Path(), 0o755))
	_, err := s.Load(t.Context(), "card", new(counters))
	testkit.Must(t, err)
	if info, err := os.Lstat(s.Path()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("an open folder was not closed: %v, %v", info.Mode(), err)
	}

	for _, perm := range []fs.FileMode{0o720, 0o702, 0o777} {
		testkit.Must(t, os.Chmod(s.Path(), perm))
		_, err := s.Load(t.Context(), "card", new(counters))
		wantReason(t, err, s.Path(), ErrOpenToOthers)
	}
}

// owned is a folder as it looks when another user owns it.
type owned struct {
	fs.FileInfo
	uid uint32
}

func (o owned) Sys() any { return &syscall.Stat_t{Uid: o.uid} }

func TestForeignFolder(t *testing.T) {
	dir := t.TempDir()
	testkit.Must(t, os.Chmod(dir, 0o700))
	info, err := os.Lstat(dir)
	testkit.Must(t, err)
	testkit.Must(t, checkOwner(dir, info))
	wantReason(t, checkOwner(dir, owned{info, uint32(os.Geteuid()) + 1}), dir, ErrForeign)
}
