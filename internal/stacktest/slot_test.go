//go:build pcscd

package stacktest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// slot is a reader of vpcd with its card.
type slot struct {
	reader, addr string

	mu   sync.Mutex
	card *virtualcard.Card // nil: none
	pull func()
	log  []exchange
	at   map[int]func() // what to do at a command, by its number from 1
}

// slots are vpcd's two readers.
var slots = [2]*slot{
	{reader: "Virtual PCD 00 00", addr: virtualcard.DefaultAddr},
	{reader: "Virtual PCD 00 01", addr: "127.0.0.1:35964"},
}

// exchange is a command that reached a card, and how the card answered.
type exchange struct {
	apdu.Command
	sw    apdu.Status
	bytes int // of both, as they went over the line
}

// Format hides PINs in messages.
func (x exchange) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "\n%v → %04X", x.Command, uint16(x.sw))
}

// isQuery reports a retry counter query, which is a VERIFY without data.
func (x exchange) isQuery() bool { return x.INS == apdu.InsVerify && len(x.Data) == 0 }

func (x exchange) isVerify() bool { return x.INS == apdu.InsVerify && len(x.Data) > 0 }

func (x exchange) signs() bool { return x.INS == apdu.InsPerformSecurityOperation }

// leaves reports a SELECT of another application than the JPKI one.
func (x exchange) leaves() bool {
	return x.INS == apdu.InsSelect && x.P1 == 0x04 && !bytes.Equal(x.Data, aid) && x.sw == apdu.StatusOK
}

// aid is the AID of the JPKI application.
var aid = []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}

// insert puts the persona's card into the first slot until the test ends.
func insert(t testing.TB, persona string, o virtualcard.Options) *slot {
	t.Helper()
	p, ok := virtualcard.Lookup(persona)
	if !ok {
		t.Fatalf("no persona %q", persona)
	}
	card, err := virtualcard.New(p, time.Now(), o)
	testkit.Must(t, err)
	slots[0].insert(t, card)
	return slots[0]
}

// insert puts a card into the slot until the test ends, and waits until pcscd
// has seen it.
func (s *slot) insert(t testing.TB, card *virtualcard.Card) {
	t.Helper()
	s.mu.Lock()
	s.card, s.log, s.at = card, nil, map[int]func(){}
	s.mu.Unlock()
	card.Observe(func(cmd, resp []byte) { s.record(card, cmd, resp) })

	ctx, cancel := context.WithCancel(context.Background())
	inserted, ended := make(chan bool), make(chan error, 1)
	go func() { ended <- virtualcard.Serve(ctx, s.addr, card, func() { close(inserted) }) }()
	select {
	case <-inserted:
	case err := <-ended:
		cancel()
		t.Fatal(err)
	}
	s.pull = cancel
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, virtualcard.ErrReaderGone) {
			t.Error(err)
		}
		s.mu.Lock()
		if s.card == card {
			s.card = nil
		}
		s.mu.Unlock()
		s.waitFor(t, false)
	})
	s.waitFor(t, true)
}

// remove takes the card out and waits until pcscd has seen that.
func (s *slot) remove(t testing.TB) {
	t.Helper()
	s.pull()
	s.waitFor(t, false)
}

func (s *slot) record(card *virtualcard.Card, cmd, resp []byte) {
	c, err := apdu.Parse(bytes.Clone(cmd))
	if err != nil {
		panic(err) // neither we nor OpenSC send such a thing
	}
	r, _ := apdu.ParseResponse(resp)
	s.mu.Lock()
	if s.card != card {
		s.mu.Unlock()
		return // the one before
	}
	s.log = append(s.log, exchange{c, r.SW, len(cmd) + len(resp)})
	do := s.at[len(s.log)]
	s.mu.Unlock()
	if do != nil {
		do()
	}
}

// seen gives everything that reached the card.
func (s *slot) seen() []exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// moment is a place in the log of a slot.
type moment struct {
	card *virtualcard.Card
	seen int
}

func (s *slot) now() moment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return moment{s.card, len(s.log)}
}

// seenSince returns the commands that reached the card since then, or all of
// them if it is another card.
func (s *slot) seenSince(m moment) []exchange {
	log := s.seen()
	if s.now().card == m.card {
		log = log[m.seen:]
	}
	return log
}

// others runs use without recording what it sends to the card.
func (s *slot) others(use func()) {
	n := len(s.seen())
	use()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = s.log[:min(n, len(s.log))]
}

// when calls do at the n-th command from now, after the card ran it and before
// its answer is sent.
func (s *slot) when(n int, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[len(s.log)+n] = do
}

// never cancels what was to be done at later commands.
func (s *slot) never() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.at)
}

func (s *slot) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.card == nil
}

// leftWell checks what must be true after every run: a PIN was sent at most
// once, right after a query of its counter (a new one once more, after it was
// set), and the card is closed.
func (s *slot) leftWell(t testing.TB, log []exchange) {
	t.Helper()
	verified := -1
	for i, x := range log {
		if !x.isVerify() {
			continue
		}
		var before exchange
		if i > 0 {
			before = log[i-1]
		}
		left, _ := before.sw.Tries()
		switch {
		case before.isQuery() && left > 0 && verified < 0:
		case before.INS == apdu.InsChangeReferenceData && before.sw == apdu.StatusOK:
		default:
			t.Errorf("a PIN was sent without a look at its counter: %v", log)
		}
		verified = i
	}
	if verified < 0 || s.empty() || !present(t, s.reader) {
		return
	}
	if !slices.ContainsFunc(log[verified:], exchange.leaves) {
		t.Errorf("no other application was selected after the PIN: %v", log)
	}
	for _, signed := range append(nextProgram(t, s.reader), askOthers(t, s.reader)...) {
		t.Errorf("the next program could sign: %s\n%v", signed, log)
	}
}

// askOthers has a program of others try to use the keys without a PIN, and tells
// what worked. It is called after a PIN was verified and closed.
var askOthers = func(t testing.TB, reader string) (signed []string) { return nil }

// nextProgram tries to sign with either key as another program and returns what
// succeeded. It does not select the application first, because some cards drop
// the PIN then.
func nextProgram(t testing.TB, reader string) (signed []string) {
	t.Helper()
	ctx := context.Background() // clean-ups look, too
	pc := pcscContext(t)
	connect := func() *pcsc.Card {
		card, err := pc.Connect(ctx, reader)
		testkit.Must(t, err)
		testkit.Must(t, card.Begin(ctx))
		return card
	}
	card := connect()
	defer func() { _ = card.Close() }()
	send := func(c apdu.Command) apdu.Status {
		t.Helper()
		r, err := apdu.Send(card, c)
		// pcscd may cut the card's power for a client that died a moment ago.
		if e := (*pcsc.Error)(nil); errors.As(err, &e) && e.Temporary() {
			_ = card.Close()
			card = connect()
			r, err = apdu.Send(card, c)
		}
		testkit.Must(t, err)
		return r.SW
	}
	digest := sha256.Sum256([]byte("a cheque"))
	sign := func(key byte) apdu.Status {
		send(apdu.Command{INS: apdu.InsSelect, P1: 0x02, P2: 0x0C, Data: []byte{0, key}})
		return send(apdu.Command{CLA: 0x80, INS: apdu.InsPerformSecurityOperation, P2: 0x80, Data: digest[:], Ne: 256})
	}
	keys := []byte{0x17, 0x1A}
	for _, key := range keys {
		if sign(key) == apdu.StatusOK {
			signed = append(signed, fmt.Sprintf("key %02X, application as it was", key))
		}
	}
	if sw := send(apdu.Command{INS: apdu.InsSelect, P1: 0x04, P2: 0x0C, Data: aid}); sw != apdu.StatusOK {
		t.Fatal(sw)
	}
	for _, key := range keys {
		switch sw := sign(key); sw {
		case apdu.StatusOK:
			signed = append(signed, fmt.Sprintf("key %02X", key))
		case apdu.StatusSecurityNotSatisfied:
		default:
			t.Fatalf("key %02X: %v", key, sw)
		}
	}
	testkit.Must(t, card.End())
	return signed
}

func pcscContext(t testing.TB) *pcsc.Context {
	t.Helper()
	pc, err := pcsc.Establish(context.Background())
	testkit.Must(t, err)
	t.Cleanup(func() { _ = pc.Close() })
	return pc
}

// present reports whether pcscd sees a card in a reader.
func present(t testing.TB, reader string) bool {
	t.Helper()
	readers, err := pcscContext(t).Readers(context.Background())
	testkit.Must(t, err)
	i := slices.IndexFunc(readers, func(r pcsc.ReaderState) bool { return r.Name == reader })
	if i < 0 {
		t.Fatalf("no reader %q", reader)
	}
	return readers[i].Present
}

func (s *slot) waitFor(t testing.TB, card bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("card in %s: %v", s.reader, card), func() bool { return present(t, s.reader) == card })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("not in 10 s: %s", what)
		}
	}
}

// onlyVirtualReaders refuses to go near a real card.
func onlyVirtualReaders() error {
	pc, err := pcsc.Establish(context.Background())
	if err != nil {
		return err
	}
	defer pc.Close()
	readers, err := pc.Readers(context.Background())
	if err != nil {
		return err
	}
	var found []string
	for _, r := range readers {
		found = append(found, r.Name)
	}
	if want := []string{slots[0].reader, slots[1].reader}; !slices.Equal(found, want) {
		return fmt.Errorf("the readers are %q, not %q: run these tests under .ci/stack", strings.Join(found, ", "), strings.Join(want, ", "))
	}
	return nil
}
