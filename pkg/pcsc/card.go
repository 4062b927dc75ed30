package pcsc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Card is a connection to the card in a reader, for one goroutine at a time.
// It is lost for good when the card is removed, and after a method that ran out
// of time or was given up: then every further call returns the same error, and
// only Close is left to do. A card that is reset inside a transaction takes no
// command in it any more; after End or Unpower there can be another.
type Card struct {
	s      *session
	reader string
	atr    []byte
	event  uint16          // of the reader, since this card was inserted
	ctx    context.Context // of the last Begin
	undone error           // not nil: the open transaction's work on the card is undone

	dropped bool  // by disconnectOn
	power   error // and then: not nil if the card may have kept its power
}

// Reader is the name of the reader the card is in.
func (c *Card) Reader() string { return c.reader }

// ATR is the answer to reset of the card, or the one that a contactless reader
// made up in its place.
func (c *Card) ATR() []byte { return slices.Clone(c.atr) }

// Event is the reader's count of insertions and removals when this card was
// inserted, as [ReaderState] has it: it tells whether a card that was seen before
// is this one, except on macOS.
func (c *Card) Event() uint16 { return c.event }

// connect runs inside the session.
func (c *Card) connect() error {
	before, err := c.s.status(c.reader)
	if err != nil {
		return err
	}
	if c.s.card, err = c.s.pc.connect(c.reader); err != nil {
		return err
	}
	after, err := c.s.status(c.reader)
	if err != nil {
		return err
	}
	// Equal counts before and after: the connection is to the card that was
	// inserted at this count, and not to one before.
	c.event = count(after[0])
	if count(before[0]) != c.event {
		return errExchanged
	}
	c.atr = after[0].atr
	return nil
}

func count(r readerStatus) uint16 { return uint16(r.event >> 16) }

// errExchanged is the loss of a card that the reader's count tells of.
var errExchanged = fmt.Errorf("pcsc: another card may be in the reader: %w", ErrCardRemoved)

// Begin starts a transaction: until its end no other program reaches the card.
// It waits for the end of another program's transaction, until ctx ends but no
// longer than 10 seconds; the error is then [ErrInUse]. If another program has
// reset the card, its security status and selected application are gone, and
// Begin begins all the same.
//
// On macOS a reset cannot be told from an exchange of the card, and is
// [ErrCardRemoved].
func (c *Card) Begin(ctx context.Context) error {
	if c.s.lost == nil && c.s.begun {
		return errors.New("pcsc: a transaction is already open")
	}
	c.ctx, c.undone = ctx, nil
	return c.disconnectOn(gone, c.s.run(ctx, callLimit, ErrInUse, c.begin))
}

// begin runs inside the session.
//
// In pcsc-lite a handle remembers only the last event of its card: a reset by
// another program overwrites the removal before it, and a reconnect forgets
// both. So it is the count that tells whether the card is still the same, and
// it is read when nothing can be forgotten any more, that is, afterwards. The
// count grows by one with each insertion and each removal, and with no reset,
// power-up or transaction (seen with pcsc-lite 1.9.9).
func (c *Card) begin() error {
	for again := 5; ; again-- {
		err := c.s.card.beginTransaction()
		if err == nil {
			break
		}
		if !errors.Is(err, ErrCardReset) && !hasCode(err, codeUnpoweredCard) {
			return err
		}
		if !c.s.platform.countsInsertions {
			return fmt.Errorf("%w: %w", errExchanged, err)
		}
		if again == 0 {
			return err
		}
		if err := c.s.card.reconnect(leaveCard); err != nil {
			return err
		}
	}
	c.s.begun, c.s.used = true, false
	if !c.s.platform.countsInsertions {
		return nil
	}
	now, err := c.s.status(c.reader)
	if err == nil && count(now[0]) != c.event {
		err = errExchanged
	}
	if err != nil {
		_ = c.s.end()
	}
	return err
}

// Transmit sends a command, once, and returns the answer. A transaction must
// be open. cmd is not kept, and the copy that is sent is wiped. An error does
// not say whether the card has seen the command.
func (c *Card) Transmit(cmd []byte) ([]byte, error) {
	return c.TransmitContext(context.Background(), cmd)
}

// TransmitContext is Transmit, given up when ctx ends: the card is lost then,
// and keeps its power until the command has come back or the program ends.
func (c *Card) TransmitContext(ctx context.Context, cmd []byte) ([]byte, error) {
	if err := c.ready(); err != nil {
		return nil, err
	}
	if c.undone != nil {
		return nil, c.undone
	}
	if len(cmd) == 0 {
		return nil, errors.New("pcsc: an empty command")
	}
	// A call that outlives its limit still reads the command, and would send
	// zeros as a PIN if the caller wiped it meanwhile.
	own := bytes.Clone(cmd)
	var answer []byte
	err := c.s.run(ctx, transmitLimit, ErrCardMute, func() (err error) {
		defer clear(own)
		c.s.used = true
		answer, err = c.s.card.transmit(own)
		if err == nil && len(answer) < 2 { // not even SW1-SW2
			err = fmt.Errorf("pcsc: an answer of %d bytes: %w", len(answer), ErrCommunication)
		}
		return err
	})
	if err != nil {
		if errors.Is(err, ErrCardReset) && c.s.platform.countsInsertions {
			c.undone = err
		}
		return nil, c.disconnectOn(c.interrupted, err)
	}
	return answer, nil
}

// End ends the transaction and leaves the card as it is; a card that was reset
// in it, or that the end fails of, is cut from power.
func (c *Card) End() error {
	if err := c.ready(); err != nil {
		return err
	}
	ctx, stop := c.closing(endingGrace)
	defer stop()
	// In pcsc-lite an end that fails does not end the transaction, but
	// disconnecting does.
	return c.disconnectOn(always, c.s.run(ctx, callLimit, ErrNoService, func() error {
		if c.undone != nil {
			return c.s.unpower()
		}
		err := c.s.end()
		if hiccup(err) && c.s.platform.countsInsertions {
			return c.s.unpower()
		}
		return err
	}))
}

// How long after the context of its Begin has ended the end of a transaction is
// waited for: longer where the card is to lose its power, which closes a PIN.
const (
	endingGrace  = 300 * time.Millisecond
	closingGrace = 2 * time.Second
)

// closing gives the context in which a transaction is ended: it is not stopped
// by that of its Begin, but does not outlive it long.
func (c *Card) closing(grace time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	forget := context.AfterFunc(c.ctx, func() {
		select {
		case <-time.After(grace):
			cancel(context.Cause(c.ctx))
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		forget()
		cancel(nil)
	}
}

// Unpower ends the transaction and cuts the card from power before any other
// program reaches it: the only way that surely drops its security status, a
// verified PIN above all. The card has power again afterwards, and Begin
// works. No error means that the power was gone, be it because the card was
// removed.
func (c *Card) Unpower() error {
	if c.dropped {
		return c.power
	}
	if err := c.ready(); err != nil {
		return err
	}
	ctx, stop := c.closing(closingGrace)
	defer stop()
	// To end the connection is the last way to do it.
	err := c.disconnectOn(always, c.s.run(ctx, callLimit, ErrNoService, c.s.unpower))
	if c.dropped {
		return c.power
	}
	return err
}

// Close disconnects from the card and leaves it as it is. A transaction that
// is still open and in which something was sent ends as with Unpower; then the
// error means the same.
func (c *Card) Close() error {
	if c.dropped {
		return c.power
	}
	return c.s.close()
}

// ready says why the card cannot be talked to, nil if it can.
func (c *Card) ready() error {
	if c.s.lost == nil && !c.s.begun {
		return errNoTransaction
	}
	return c.s.lost
}

// disconnectOn ends the connection for an error that it does not survive, with the
// card unpowered where a command was sent in an open transaction.
func (c *Card) disconnectOn(fatal func(error) bool, err error) error {
	if err != nil && fatal(err) && c.s.lost == nil {
		c.power = c.s.close()
		c.dropped, c.s.lost = true, err
	}
	return err
}

// gone reports whether there is no way back to the card.
func gone(err error) bool { return errors.Is(err, ErrCardRemoved) || errors.Is(err, ErrReaderGone) }

// interrupted reports an error of a command that the connection does not
// survive: without a count, a card that was reset can be another one.
func (c *Card) interrupted(err error) bool {
	return gone(err) || errors.Is(err, ErrCardReset) && !c.s.platform.countsInsertions
}

func always(error) bool { return true }
