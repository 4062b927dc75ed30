// Package p11host is about the program at the other end of a PKCS #11
// connection: who it is, whether it still lives, and how to serve it without
// being its child.
package p11host

import (
	"context"
	"errors"
	"time"
)

// Program is a program that uses the token.
type Program struct {
	PID  int
	Path string // of its executable, or its name alone; empty where that is not known
}

// ErrNotSocket is a connection that does not tell who is at its other end.
var ErrNotSocket = errors.New("p11host: no socket of this machine")

// pollInterval is how often a program is looked at where the system does not
// tell of its end.
const pollInterval = time.Second

// UntilGone returns when the program of this number has ended, or ctx has. A
// connection can outlive its program: p11-kit hands it on to whatever that
// starts.
func UntilGone(ctx context.Context, pid int) {
	if waitFor(ctx, pid) {
		return
	}
	for tick := time.NewTicker(pollInterval); alive(pid); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
	}
}
