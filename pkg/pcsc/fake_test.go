package pcsc

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a PC/SC service that blocks and fails on demand and behaves like
// those of other systems. Tests run it inside synctest, where ten seconds pass
// at once.
type fake struct {
	mu      sync.Mutex
	calls   []string                 // every call, with what matters of its arguments
	fails   map[string][]uint32      // by call: the codes of the next results
	blocks  map[string]chan struct{} // by call: it returns when this is closed
	before  map[string]func()        // by call: done before it, once
	readers []readerStatus           // the truth; current is not used
	changes uint32                   // of the list of readers
	news    chan struct{}            // closed when readers change

	listCounts bool // the state of the PnP reader counts, as on Windows
	hasty      bool // every wait ends at once
	deafFor    int  // so many SCardCancel come too early
	sent       [][]byte
	emulated   emulated // the card in the reader; nil: one that answers by repeating the command
	late       bool     // what fails fails after the card has run the command
}

// emulated is the part of a virtual card that the fake uses.
type emulated interface {
	PowerOn()
	PowerOff()
	Transmit([]byte) ([]byte, error)
}

func newFake(readers ...readerStatus) *fake {
	return &fake{
		fails:   map[string][]uint32{},
		blocks:  map[string]chan struct{}{},
		before:  map[string]func(){},
		readers: readers,
		news:    make(chan struct{}),
	}
}

// call is the common part of every call.
func (f *fake) call(op string, args ...any) error {
	what := strings.TrimSpace(op + " " + strings.Trim(fmt.Sprint(args...), "[]"))
	f.mu.Lock()
	f.calls = append(f.calls, what)
	block := f.blocks[op]
	before := f.before[op]
	delete(f.before, op)
	f.mu.Unlock()
	if before != nil {
		before()
	}
	if block != nil {
		<-block
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if codes := f.fails[op]; len(codes) > 0 {
		f.fails[op] = codes[1:]
		return result(op, codes[0])
	}
	return nil
}

// seen returns the calls since the last time, without those that only read
// state.
func (f *fake) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := slices.DeleteFunc(f.calls, func(call string) bool {
		return call == opCancel || strings.HasPrefix(call, opGetStatusChange) || call == opListReaders
	})
	f.calls = nil
	return calls
}

// count returns how often a call was made.
func (f *fake) count(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, call := range f.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

// set changes the state of the service.
func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.news)
	f.news = make(chan struct{})
}

// fail sets the next results of a call.
func (f *fake) fail(op string, codes ...uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[op] = codes
}

// block keeps a call from returning until c is closed.
func (f *fake) block(op string, c chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocks[op] = c
}

// do runs a function once before a call.
func (f *fake) do(op string, before func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before[op] = before
}

func (f *fake) plug(r readerStatus) {
	f.set(func() { f.readers, f.changes = append(f.readers, r), f.changes+1 })
}

func (f *fake) event(i int, event uint32) { f.set(func() { f.readers[i].event = event }) }

func (f *fake) establishContext() (backendContext, error) {
	if err := f.call(opEstablish); err != nil {
		return nil, err
	}
	return &fakeContext{fake: f, cancelled: make(chan struct{}, 1)}, nil
}

type fakeContext struct {
	*fake
	cancelled chan struct{}
}

func (c *fakeContext) releaseContext() error { return c.call(opRelease) }

func (c *fakeContext) cancel() error {
	err := c.call(opCancel)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deafFor > 0 {
		c.deafFor--
		return err
	}
	select {
	case c.cancelled <- struct{}{}:
	default:
	}
	return err
}

func (c *fakeContext) listReaders() ([]string, error) {
	if err := c.call(opListReaders); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, r := range c.readers {
		names = append(names, r.name)
	}
	return names, nil
}

func (c *fakeContext) getStatusChange(timeout time.Duration, readers []readerStatus) error {
	var names []string
	for _, r := range readers {
		names = append(names, r.name)
	}
	if err := c.call(opGetStatusChange, strings.Join(names, ",")); err != nil {
		return err
	}
	c.mu.Lock()
	began := c.changes
	c.mu.Unlock()
	end := time.After(timeout)
	for {
		c.mu.Lock()
		changed, err := c.compare(readers, began)
		news, hasty := c.news, c.hasty
		c.mu.Unlock()
		if err != nil || changed || hasty {
			return err
		}
		select {
		case <-news:
		case <-end:
			return &Error{opGetStatusChange, codeTimeout}
		case <-c.cancelled:
			return &Error{opGetStatusChange, 0x80100002}
		}
	}
}

func (c *fakeContext) compare(readers []readerStatus, began uint32) (changed bool, err error) {
	for i := range readers {
		r := &readers[i]
		if r.name == pnpNotification {
			r.event = 0
			differs := c.changes != began
			if c.listCounts {
				r.event = c.changes<<16 | 1<<31 // never 0
				differs = r.current != r.event
			}
			if differs {
				r.event |= stateChanged
				changed = true
			}
			continue
		}
		k := slices.IndexFunc(c.readers, func(known readerStatus) bool { return known.name == r.name })
		if k < 0 {
			return false, &Error{opGetStatusChange, codeUnknownReader}
		}
		r.event, r.atr = c.readers[k].event, c.readers[k].atr
		if r.current == stateUnaware || r.current != r.event {
			r.event |= stateChanged
			changed = true
		}
	}
	return changed, nil
}

func (c *fakeContext) connect(reader string) (backendCard, error) {
	if err := c.call(opConnect, reader); err != nil {
		return nil, err
	}
	return fakeCard{c.fake}, nil
}

type fakeCard struct{ *fake }

func (c fakeCard) beginTransaction() error            { return c.call(opBegin) }
func (c fakeCard) endTransaction(d disposition) error { return c.call(opEnd, name(d)) }
func (c fakeCard) reconnect(d disposition) error {
	if c.emulated != nil && d == unpowerCard {
		c.emulated.PowerOff()
		c.emulated.PowerOn()
	}
	return c.call(opReconnect, name(d))
}

func (c fakeCard) disconnect(d disposition) error { return c.call(opDisconnect, name(d)) }

func (c fakeCard) transmit(cmd []byte) ([]byte, error) {
	if c.emulated != nil {
		return c.exchange(cmd)
	}
	c.mu.Lock()
	c.sent = append(c.sent, cmd)
	c.mu.Unlock()
	err := c.call(opTransmit)
	if cmd[0] == 0xFF {
		return []byte{0x90}, err
	}
	return fmt.Appendf(nil, "answer to % X", cmd), err
}

func name(d disposition) string {
	return map[disposition]string{leaveCard: "leave", unpowerCard: "unpower"}[d]
}

// The systems.
var (
	onLinux   = platformOf("linux")
	onMacOS   = platformOf("darwin")
	onWindows = platformOf("windows")
)

// with returns a Context on the fake.
func with(t *testing.T, f *fake, p platform) *Context {
	t.Helper()
	pc, err := establish(t.Context(), f, p)
	if err != nil {
		t.Fatal(err)
	}
	f.seen()
	return pc
}

const (
	card1 = 1<<16 | statePresent // the first card inserted
	none2 = 2<<16 | 0x10         // and removed
	card3 = 3<<16 | statePresent // and another
)

func withCard(t *testing.T, p platform) (*fake, *Card) {
	t.Helper()
	f := newFake(readerStatus{name: "reader", event: card1, atr: []byte{0x3B}})
	card, err := with(t, f, p).Connect(t.Context(), "reader")
	if err != nil {
		t.Fatal(err)
	}
	f.seen()
	return f, card
}

// begun returns a card in a transaction.
func begun(t *testing.T, p platform) (*fake, *Card) {
	t.Helper()
	f, card := withCard(t, p)
	if err := card.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.seen()
	return f, card
}

func wantCalls(t *testing.T, f *fake, want ...string) {
	t.Helper()
	if got := f.seen(); !slices.Equal(got, want) {
		t.Errorf("calls\n got %q\nwant %q", got, want)
	}
}
