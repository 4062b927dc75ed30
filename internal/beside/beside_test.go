package beside

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
)

func TestRead(t *testing.T) {
	want := []byte("1234")
	got, err := Read(t.Context(), func() ([]byte, error) { return want, io.ErrUnexpectedEOF })
	if !bytes.Equal(got, want) || err != io.ErrUnexpectedEOF {
		t.Errorf("%q, %v", got, err)
	}
}

// TestLeftBehind: nobody sees what comes too late.
func TestLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		interrupted := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		secret, typed := []byte("1234"), make(chan bool)
		go cancel(interrupted)
		got, err := Read(ctx, func() ([]byte, error) {
			<-typed
			return secret, nil
		})
		if got != nil || err != interrupted {
			t.Errorf("%q, %v", got, err)
		}
		close(typed)
		synctest.Wait()
		if !bytes.Equal(secret, make([]byte, 4)) {
			t.Errorf("%q is still there", secret)
		}
	})
}

// TestEnded: where nobody waits any more, nothing is read.
func TestEnded(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrClosedPipe)
	got, err := Read(ctx, func() ([]byte, error) {
		t.Error("a read that nobody waits for")
		return nil, nil
	})
	if got != nil || err != io.ErrClosedPipe {
		t.Errorf("%q, %v", got, err)
	}
}
