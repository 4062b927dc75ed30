//go:build cgo && !windows

package pcsc

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ebfe/scard"
)

// loadBackend gives ebfe/scard, which is linked with the PC/SC library: a
// program that could not load it would not have started.
func loadBackend() (backend, error) { return scardBackend{}, nil }

type scardBackend struct{}

func (scardBackend) establishContext() (backendContext, error) {
	ctx, err := scard.EstablishContext()
	if err != nil {
		return nil, scardError(opEstablish, err)
	}
	return &scardContext{ctx, scardKeys.take()}, nil
}

type scardContext struct {
	ctx *scard.Context
	key int
}

func (c *scardContext) releaseContext() error {
	err := scardError(opRelease, c.ctx.Release())
	scardKeys.put(c.key)
	return err
}

func (c *scardContext) cancel() error { return scardError(opCancel, c.ctx.Cancel()) }

func (c *scardContext) listReaders() (names []string, err error) {
	// scard indexes into a buffer of no bytes where a system says that the
	// list of no readers has the length 0.
	defer func() {
		if recover() != nil {
			names, err = nil, &Error{opListReaders, codeNoReadersAvailable}
		}
	}()
	names, err = c.ctx.ListReaders()
	return names, scardError(opListReaders, err)
}

func (c *scardContext) getStatusChange(timeout time.Duration, readers []readerStatus) error {
	states := make([]scard.ReaderState, len(readers))
	for i, r := range readers {
		states[i].Reader = r.name + "\x00" + strconv.Itoa(c.key) // see contextKeys
		states[i].CurrentState = scard.StateFlag(r.current)
	}
	if err := c.ctx.GetStatusChange(states, timeout); err != nil {
		return scardError(opGetStatusChange, err)
	}
	for i, s := range states {
		readers[i].event = uint32(s.EventState)
		readers[i].atr = s.Atr
	}
	return nil
}

func (c *scardContext) connect(reader string) (backendCard, error) {
	card, err := c.ctx.Connect(reader, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		return nil, scardError(opConnect, err)
	}
	return scardCard{card}, checkProtocol(opConnect, uint32(card.ActiveProtocol()))
}

type scardCard struct{ card *scard.Card }

func (c scardCard) beginTransaction() error {
	return scardError(opBegin, c.card.BeginTransaction())
}

func (c scardCard) endTransaction(d disposition) error {
	return scardError(opEnd, c.card.EndTransaction(scard.Disposition(d)))
}

func (c scardCard) disconnect(d disposition) error {
	return scardError(opDisconnect, c.card.Disconnect(scard.Disposition(d)))
}

func (c scardCard) reconnect(d disposition) error {
	err := c.card.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.Disposition(d))
	if err != nil {
		return scardError(opReconnect, err)
	}
	return checkProtocol(opReconnect, uint32(c.card.ActiveProtocol()))
}

func (c scardCard) transmit(cmd []byte) ([]byte, error) {
	// scard panics for a protocol it does not know.
	if err := checkProtocol(opTransmit, uint32(c.card.ActiveProtocol())); err != nil {
		return nil, err
	}
	answer, err := c.card.Transmit(cmd)
	if err != nil {
		return nil, scardError(opTransmit, err)
	}
	return slices.Clone(answer), nil // without the 64 KiB it lies in
}

// scardError takes the code out of scard's error. The error's text would come
// from a buffer that threads share.
func scardError(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[scard.Error](err); ok {
		return result(op, uint32(e))
	}
	return err
}

// contextKeys numbers the contexts, and thereby keeps the reader names alive
// that C still reads. scard holds the C string of a reader's name in a map by
// its Go string, and forgets it, although a wait may still use it, as soon as
// another call names the same reader. So every context spells its names
// differently: after a zero byte, where C stops reading, follows the number
// that no other context has. Numbers are used again, that the map stays small.
type contextKeys struct {
	mu    sync.Mutex
	taken []bool
}

var scardKeys contextKeys

func (k *contextKeys) take() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := slices.Index(k.taken, false)
	if n < 0 {
		n = len(k.taken)
		k.taken = append(k.taken, false)
	}
	k.taken[n] = true
	return n
}

func (k *contextKeys) put(key int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.taken[key] = false
}
