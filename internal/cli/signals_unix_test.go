//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// TestIgnoredSignals: what nohup, or a shell behind which the program runs, has
// it ignore does not end it; the rest does.
func TestIgnoredSignals(t *testing.T) {
	signal.Ignore(os.Interrupt, syscall.SIGHUP)
	defer signal.Reset(os.Interrupt, syscall.SIGHUP)
	ctx, stop := interruptible()
	defer stop()
	send := func(s syscall.Signal) {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	send(syscall.SIGINT)
	send(syscall.SIGHUP)
	select {
	case <-ctx.Done():
		t.Fatal("a signal that is ignored ends it")
	case <-time.After(100 * time.Millisecond):
	}
	send(syscall.SIGTERM)
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
		t.Error("SIGTERM does not end it")
	}
}
