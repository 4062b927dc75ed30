package stamping

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/ui"
)

// TestSilentAuthority: an authority that never answers is given up, at once
// when the person says so.
func TestSilentAuthority(t *testing.T) {
	hold := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		select {
		case <-hold:
		case <-q.Context().Done():
		}
	}))
	defer silent.Close()
	defer close(hold)
	s := &Stamper{io: &ui.IO{Quiet: true}, now: time.Now, address: silent.URL, timeout: 50 * time.Millisecond}
	if _, err := s.Get(t.Context(), []byte("signature")); !errors.Is(err, fetch.ErrNoAnswer) {
		t.Errorf("silent: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(explain.Interrupted()) })
	s.timeout = 0
	start := time.Now()
	if _, err := s.Get(ctx, []byte("signature")); err == nil || time.Since(start) > 5*time.Second {
		t.Errorf("interrupted: %v after %v", err, time.Since(start))
	}
}
