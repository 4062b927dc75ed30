package pcsc

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long a call may take. Another program's transaction is the usual reason
// for the first to pass, and nothing but a broken reader or card for the
// second: a card that computes asks for more time, and the reader grants it.
const (
	callLimit     = 10 * time.Second
	transmitLimit = time.Minute
	// closeLimit is for giving everything back, which nobody waits for.
	closeLimit = time.Second
)

// errLimit is the cause of a context that ended by one of these limits.
var errLimit = errors.New("limit")

// session is one SCARDCONTEXT, with at most one card connected to it, and
// makes one call after the other.
//
// A PC/SC call can block for as long as another program likes, and most of
// them cannot be cancelled. So each runs on a goroutine of its own. When the
// caller has waited long enough, the session passes to another goroutine that
// waits on and then tidies up: a connection or a transaction that comes too
// late is ended.
type session struct {
	platform platform
	pc       backendContext // nil before open
	card     backendCard    // nil before connect
	begun    bool           // a transaction is open
	used     bool           // and a command was sent in it, and no power cut since
	lost     error          // not nil: closed, or passed on
}

// run does f, which may block, and gives its error; or says why ctx ended
// before, or late if the limit passed before. Then the session is lost, and
// nothing that f writes may be read.
func (s *session) run(ctx context.Context, limit time.Duration, late error, f func() error) error {
	if s.lost != nil {
		return s.lost
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errLimit)
	defer cancel()
	if ctx.Err() != nil {
		return ended(ctx, late) // f was not begun: the session is as it was
	}
	pc, done := s.pc, make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	s.lost = ended(ctx, late)
	go s.abandon(pc, done)
	return s.lost
}

// abandon waits for a call that nobody waits for any more, and closes the
// session. SCardCancel does nothing to a wait that is about to begin, and
// nothing in pcsc-lite to other calls, so it is asked for again and again.
func (s *session) abandon(pc backendContext, done <-chan error) {
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, callLimit) {
		if pc != nil {
			_ = pc.cancel()
		}
		select {
		case <-done:
			_ = s.closeNow()
			return
		case <-time.After(pause):
		}
	}
}

// ended is the reason why ctx ended; late is the error for a limit that passed.
func ended(ctx context.Context, late error) error {
	switch cause := context.Cause(ctx); {
	case cause == errLimit:
		return fmt.Errorf("pcsc: no answer in time: %w", late)
	case cause == ErrClosed:
		return fmt.Errorf("pcsc: %w", ErrClosed)
	case ctx.Err() == context.DeadlineExceeded && late == ErrInUse:
		return fmt.Errorf("pcsc: %w: %w", ctx.Err(), late) // the caller's limit was shorter
	}
	return fmt.Errorf("pcsc: %w", ctx.Err())
}

// close gives everything back. The error is that of a card that may have kept
// its power, and with it an open PIN session; nothing else is worth one.
func (s *session) close() error {
	if s.lost != nil {
		return nil
	}
	limit := closeLimit
	if s.begun && s.used {
		limit = callLimit // it matters
	}
	err := s.run(context.Background(), limit, ErrNoService, s.closeNow)
	if s.lost == nil {
		s.lost = fmt.Errorf("pcsc: %w", ErrClosed)
	}
	return err
}

func (s *session) closeNow() (err error) {
	if s.card != nil {
		to := leaveCard
		if s.begun && s.used {
			if err = s.unpower(); err != nil {
				to = unpowerCard
			}
		} else if s.begun {
			_ = s.end()
		}
		if !s.platform.onlyRelease || to == unpowerCard {
			if s.card.disconnect(to) == nil {
				err = nil
			}
		}
	}
	if s.pc != nil {
		_ = s.pc.releaseContext()
	}
	return err
}

// end ends the transaction and leaves the card.
func (s *session) end() error {
	err := s.card.endTransaction(leaveCard)
	s.begun = err != nil
	return err
}

// unpower ends the transaction with a card that has been without power in it.
//
// The signals that reach a card were seen with pcsc-lite 1.9.9 and vpcd, which
// has a message each for power off, power on and warm reset:
//
//	SCardReconnect(UNPOWER)       off, on; the transaction and the handle last
//	SCardEndTransaction(UNPOWER)  off, on; the handle has to reconnect
//	SCardDisconnect(UNPOWER)      off, but another program may come before it
//	any of them with RESET        warm reset, which a verified PIN can survive
//
// pcscd gives the transaction away after the power-up of the first two, and
// before the third. So the first is the one; the others are for a system or a
// reader that refuses it.
func (s *session) unpower() error {
	err := s.card.reconnect(unpowerCard)
	switch {
	case err == nil:
		s.used = false
		if err := s.end(); !hiccup(err) {
			return err
		}
		return s.end()
	case gone(err): // and its power with it
		s.begun = false
		return nil
	}
	if s.card.endTransaction(unpowerCard) == nil {
		s.begun = false
		return nil
	}
	return err
}

// readers gives the state of every reader.
func (s *session) readers() ([]readerStatus, error) {
	for again := 3; ; again-- {
		names, err := s.pc.listReaders()
		if err != nil || len(names) == 0 {
			if hasCode(err, codeNoReadersAvailable) {
				err = nil
			}
			return nil, err
		}
		states, err := s.status(names...)
		if err == nil || again == 0 || !hasCode(err, codeUnknownReader) {
			return states, err
		}
		// One was unplugged in between.
	}
}

// status gives the state of these readers.
func (s *session) status(names ...string) ([]readerStatus, error) {
	states := make([]readerStatus, len(names))
	for i, name := range names {
		states[i] = readerStatus{name: name, current: stateUnaware}
	}
	return states, s.pc.getStatusChange(0, states)
}
