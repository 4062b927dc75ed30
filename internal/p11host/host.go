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
	Path string // of its executable, or only its name; empty if unknown
}

// errNotSocket is a connection without information on its other end.
var errNotSocket = errors.New("p11host: no socket of this machine")

// pollInterval is the time between checks of a program, on systems that do not
// report its end.
const pollInterval = time.Second

// WaitForExit returns when the process pid has ended, or ctx has. A connection
// can outlive its program, because p11-kit passes it on to child processes.
func WaitForExit(ctx context.Context, pid int) {
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
