//go:build unix

package input

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/problem"
)

// A pipe that nobody writes to cannot even be opened.
func TestReadSmallEndsWithItsContext(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(stop) })
	if data, err := ReadSmall(ctx, pipe, 1<<10); data != nil || err != stop {
		t.Errorf("%q, %v", data, err)
	}
}

// A pipe that nobody writes to ends after a time, with a word that names it.
func TestReadSmallEndsAfterATime(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := readSmall(t.Context(), pipe, 1<<10, 20*time.Millisecond)
	if p, ok := problem.As(err); data != nil || !ok || p.Code != problem.Input {
		t.Errorf("%q, %v", data, err)
	}
}
