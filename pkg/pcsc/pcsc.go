// Package pcsc reaches smart cards through PC/SC, the smart card service of
// the operating system: pcscd on Linux, CryptoTokenKit on macOS, and the Smart
// Card service of Windows.
//
// A [Context] lists readers, waits until one of them or a card comes or goes,
// and connects to a card. A [Card] takes the card for itself by a transaction,
// sends commands, and gives it back, cut from power if a PIN was verified:
//
//	card, err := pc.Connect(ctx, reader)
//	...
//	defer card.Close()
//	if err := card.Begin(ctx); err != nil { ... }
//	answer, err := card.Transmit(command)
//	...
//	err = card.Unpower() // or End, where no PIN was sent
//
// Package jpki does all of this between Connect and Close: jpki.New(card).
//
// # What it promises
//
// A card is the one it was at [Context.Connect]. Where it may have been
// exchanged, the Card is lost, with [ErrCardRemoved], and nothing is sent to
// the new one.
//
// No call blocks for longer than its context and a limit: 10 seconds, and a
// minute for a command. PC/SC itself waits as long as another program holds the
// card, and cannot be stopped while it does; such a call is left behind, and a
// card that it gets in the end is given back.
//
// # What it cannot promise
//
// A program that is killed between a VERIFY and [Card.Unpower] leaves the card
// to pcscd, which then gives it a warm reset and, if no other program is
// connected, takes its power soon after (0.6 seconds with a polled reader, 5
// with others). A card can keep a verified PIN over a warm reset. So a program
// has to catch the signals that it can, and come to its Unpower.
//
// # Libraries
//
// Built with cgo, the package uses github.com/ebfe/scard, except on Windows.
// Everywhere else it loads libpcsclite.so.1, PCSC.framework or winscard.dll
// when [Establish] is called, and needs no C compiler. Both ways are
// interchangeable.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package pcsc

import (
	"context"
	"errors"
	"runtime"
	"strings"
)

// Context is the way to the PC/SC service. Its methods can be called by many
// goroutines at once. It outlives a restart of the service.
type Context struct {
	backend  backend
	platform platform
	life     context.Context // until Close
	end      context.CancelFunc
}

// Establish loads the PC/SC library and looks whether the service answers: the
// error is [ErrNoLibrary], [ErrNoService] or [ErrAccess]. On Windows, where
// the service runs only while there is a reader, it does not have to answer.
//
// It is given up when ctx ends, which has no part in the Context afterwards.
func Establish(ctx context.Context) (*Context, error) {
	b, err := loadBackend()
	if err != nil {
		return nil, err
	}
	return establish(ctx, b, platformOf(runtime.GOOS))
}

func establish(ctx context.Context, b backend, p platform) (*Context, error) {
	c := &Context{backend: b, platform: p}
	c.life, c.end = context.WithCancel(context.Background())
	s, err := c.open(ctx)
	if err != nil && !c.noReaders(err) {
		c.end()
		return nil, err
	}
	if err == nil {
		_ = s.close()
	}
	return c, nil
}

// Close makes every method of c that still waits return [ErrClosed]. Cards
// have their own Close.
func (c *Context) Close() error {
	c.end()
	return nil
}

// open makes a session, each call's own: a call that blocks then stands in no
// other's way.
func (c *Context) open(ctx context.Context) (*session, error) {
	s := &session{platform: c.platform}
	err := s.run(ctx, callLimit, ErrNoService, func() (err error) {
		s.pc, err = c.backend.establishContext()
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// bind gives a context that ends with ctx, or with c.
func (c *Context) bind(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	if c.life.Err() != nil {
		cancel(ErrClosed)
	}
	stop := context.AfterFunc(c.life, func() { cancel(ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// noReaders reports whether err means that there is no reader at all.
func (c *Context) noReaders(err error) bool {
	return c.platform.serviceFollowsReaders && errors.Is(err, ErrNoService)
}

// Connect connects to the card in the reader of this name, and leaves it to
// other programs as well. It waits for the end of another program's
// transaction, until ctx ends but no longer than 10 seconds; the error is then
// [ErrInUse]. After a hiccup, an error that is Temporary, it tries again.
func (c *Context) Connect(ctx context.Context, reader string) (*Card, error) {
	if strings.ContainsRune(reader, 0) { // C would read another name
		return nil, &Error{opConnect, codeUnknownReader}
	}
	ctx, stop := c.bind(ctx)
	defer stop()
	for again := maxReconnects; ; again-- {
		card, err := c.connect(ctx, reader)
		if !hiccup(err) || again == 0 || ctx.Err() != nil {
			return card, err
		}
	}
}

// maxReconnects is how often a connection is tried again after a hiccup.
const maxReconnects = 2

func (c *Context) connect(ctx context.Context, reader string) (*Card, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	card := &Card{s: s, reader: reader, ctx: context.Background()}
	if err := s.run(ctx, callLimit, ErrInUse, card.connect); err != nil {
		_ = s.close()
		return nil, err
	}
	return card, nil
}
