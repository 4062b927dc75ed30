package pcsc

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var (
	verify = []byte{0x00, 0x20, 0x00, 0x80, 0x04, '1', '2', '3', '4'}
	leave  = []string{opRelease} // of a session with pcsc-lite
)

func TestCardIsWhatItSays(t *testing.T) {
	_, card := withCard(t, onLinux)
	if card.Reader() != "reader" || !bytes.Equal(card.ATR(), []byte{0x3B}) {
		t.Errorf("%q % X", card.Reader(), card.ATR())
	}
	card.ATR()[0] = 0
	if card.ATR()[0] != 0x3B {
		t.Error("the ATR can be changed from outside")
	}
}

// TestInUse shows that SCardConnect and SCardBeginTransaction, which another
// program's transaction holds up and SCardCancel does not end, are given up
// after a time.
func TestInUse(t *testing.T) {
	waits := []struct {
		name string
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		took time.Duration
		is   []error
		not  error
	}{
		{"limit", context.WithCancel, 10 * time.Second, []error{ErrInUse}, context.DeadlineExceeded},
		{"deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 3*time.Second)
		}, 3 * time.Second, []error{ErrInUse, context.DeadlineExceeded}, context.Canceled},
		{"cancel", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(2*time.Second, cancel)
			return ctx, cancel
		}, 2 * time.Second, []error{context.Canceled}, ErrInUse},
	}
	for _, w := range waits {
		check := func(t *testing.T, start time.Time, err error) {
			t.Helper()
			for _, is := range w.is {
				if !errors.Is(err, is) {
					t.Errorf("%v is not %v", err, is)
				}
			}
			if errors.Is(err, w.not) {
				t.Errorf("%v is %v", err, w.not)
			}
			if took := time.Since(start); took != w.took {
				t.Errorf("took %v", took)
			}
		}
		t.Run("Connect "+w.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(readerStatus{name: "reader", event: card1})
				pc := with(t, f, onLinux)
				free := make(chan struct{})
				f.block(opConnect, free)
				ctx, cancel := w.ctx(t.Context())
				defer cancel()
				start := time.Now()
				_, err := pc.Connect(ctx, "reader")
				check(t, start, err)
				wantCalls(t, f, opEstablish, opConnect+" reader")

				time.Sleep(time.Hour)
				synctest.Wait()
				wantCalls(t, f) // still waiting
				close(free)
				time.Sleep(time.Minute)
				wantCalls(t, f, leave...)
			})
		})
		t.Run("Begin "+w.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, card := withCard(t, onLinux)
				free := make(chan struct{})
				f.block(opBegin, free)
				ctx, cancel := w.ctx(t.Context())
				defer cancel()
				start := time.Now()
				err := card.Begin(ctx)
				check(t, start, err)

				// The Card is lost, and says so without waiting.
				start = time.Now()
				if again := card.Begin(t.Context()); !errors.Is(again, w.is[0]) {
					t.Error(again)
				}
				if _, again := card.Transmit(verify); !errors.Is(again, w.is[0]) {
					t.Error(again)
				}
				if again := card.End(); !errors.Is(again, w.is[0]) {
					t.Error(again)
				}
				if again := card.Unpower(); !errors.Is(again, w.is[0]) {
					t.Error(again)
				}
				if err := card.Close(); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("took %v", took)
				}
				wantCalls(t, f, opBegin)

				close(free)
				time.Sleep(time.Minute)
				wantCalls(t, f, append([]string{opEnd + " leave"}, leave...)...)
			})
		})
	}
}

func TestContextEndedBefore(t *testing.T) {
	f, card := withCard(t, onLinux)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := card.Begin(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	wantCalls(t, f)
	// Nothing was begun, so nothing is lost.
	if err := card.Begin(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestConnectDuringExchange shows that Connect fails with ErrCardRemoved if the
// reader's counter of insertions changes in the meantime, because the
// connection may be to another card.
func TestConnectDuringExchange(t *testing.T) {
	f := newFake(readerStatus{name: "reader", event: card1})
	pc := with(t, f, onLinux)
	f.do(opConnect, func() { f.event(0, card3) })
	if _, err := pc.Connect(t.Context(), "reader"); !errors.Is(err, ErrCardRemoved) {
		t.Error(err)
	}
	wantCalls(t, f, append([]string{opEstablish, opConnect + " reader"}, leave...)...)
}

func TestConnectErrors(t *testing.T) {
	for code, want := range map[uint32]error{
		codeNoSmartcard:   ErrNoCard,
		codeUnknownReader: ErrNoReader,
		0x8010000B:        ErrInUse,
		0x80100066:        ErrCardMute,
		0x8010001D:        ErrNoService,
		0x8010006A:        ErrAccess,
	} {
		f := newFake(readerStatus{name: "reader", event: card1})
		pc := with(t, f, onLinux)
		f.fail(opConnect, code)
		if _, err := pc.Connect(t.Context(), "reader"); !errors.Is(err, want) {
			t.Errorf("%08X: %v", code, err)
		}
		wantCalls(t, f, opEstablish, opConnect+" reader", opRelease)
	}
	f := newFake()
	if _, err := with(t, f, onLinux).Connect(t.Context(), "reader"); !errors.Is(err, ErrNoReader) {
		t.Error(err)
	}
}

// TestConnectAfterHiccup shows that a temporary failure is tried again in a new
// context, at most twice.
func TestConnectAfterHiccup(t *testing.T) {
	once := []string{opEstablish, opConnect + " reader", opRelease}
	for code := range temporary {
		f := newFake(readerStatus{name: "reader", event: card1})
		pc := with(t, f, onLinux)
		f.fail(opConnect, code, code)
		if _, err := pc.Connect(t.Context(), "reader"); err != nil {
			t.Errorf("%08X: %v", code, err)
		}
		wantCalls(t, f, slices.Concat(once, once, []string{opEstablish, opConnect + " reader"})...)
		f.fail(opConnect, code, code, code)
		if _, err := pc.Connect(t.Context(), "reader"); !hasCode(err, code) {
			t.Errorf("%08X thrice: %v", code, err)
		}
		wantCalls(t, f, slices.Concat(once, once, once)...)
	}
}

func TestBeginAfterReset(t *testing.T) {
	for _, p := range []platform{onLinux, onWindows} {
		f, card := withCard(t, p)
		f.fail(opBegin, codeResetCard, codeUnpoweredCard)
		if err := card.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := []string{opBegin, opReconnect + " leave"}
		wantCalls(t, f, append(append(again, again...), opBegin)...)
	}
}

func TestBeginAmongEndlessResets(t *testing.T) {
	f, card := withCard(t, onLinux)
	for range 100 {
		f.fails[opBegin] = append(f.fails[opBegin], codeResetCard)
	}
	if err := card.Begin(t.Context()); !errors.Is(err, ErrCardReset) {
		t.Error(err)
	}
	if n := f.count(opBegin); n != 6 {
		t.Errorf("tried %d times", n)
	}
	// It is not lost: the others may stop.
	f.fail(opBegin)
	if err := card.Begin(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestBeginAfterExchange shows that Begin and every later call fail if the card
// was exchanged, before Begin or during it.
func TestBeginAfterExchange(t *testing.T) {
	exchange := func(f *fake) { f.event(0, card3) }
	tests := []struct {
		name string
		p    platform
		set  func(*fake)
		want []string
	}{
		{"said to be removed", onLinux, func(f *fake) { f.fail(opBegin, 0x80100069) },
			[]string{opBegin}},
		{"reader gone", onLinux, func(f *fake) { f.fail(opBegin, codeInvalidValue) },
			[]string{opBegin}},
		{"no card at the reconnect", onLinux, func(f *fake) {
			f.fail(opBegin, codeResetCard)
			f.fail(opReconnect, codeNoSmartcard)
		}, []string{opBegin, opReconnect + " leave"}},
		{"said to be reset", onLinux, func(f *fake) {
			exchange(f)
			f.fail(opBegin, codeResetCard)
		}, []string{opBegin, opReconnect + " leave", opBegin, opEnd + " leave"}},
		{"during the reconnect", onLinux, func(f *fake) {
			f.fail(opBegin, codeResetCard)
			f.do(opReconnect, func() { exchange(f) })
		}, []string{opBegin, opReconnect + " leave", opBegin, opEnd + " leave"}},
		{"unnoticed", onWindows, exchange, []string{opBegin, opEnd + " leave"}},
		{"no count", onMacOS, func(f *fake) { f.fail(opBegin, codeResetCard) }, []string{opBegin}},
		{"no count, no power", onMacOS, func(f *fake) { f.fail(opBegin, codeUnpoweredCard) },
			[]string{opBegin}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, card := withCard(t, tt.p)
			tt.set(f)
			err := card.Begin(t.Context())
			if !gone(err) {
				t.Fatal(err)
			}
			if !tt.p.onlyRelease {
				tt.want = append(tt.want, opDisconnect+" leave")
			}
			wantCalls(t, f, append(tt.want, leave...)...)
			if again := card.Begin(t.Context()); again != err {
				t.Error(again)
			}
			if _, again := card.Transmit(verify); again != err {
				t.Error(again)
			}
			if again := card.End(); again != err {
				t.Error(again)
			}
			if err := card.Unpower(); err != nil {
				t.Error(err)
			}
			if err := card.Close(); err != nil {
				t.Error(err)
			}
			wantCalls(t, f)
		})
	}
}

func TestTransmit(t *testing.T) {
	f, card := withCard(t, onLinux)
	if _, err := card.Transmit(verify); !errors.Is(err, errNoTransaction) {
		t.Errorf("without a transaction: %v", err)
	}
	if err := card.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := card.Begin(t.Context()); err == nil {
		t.Error("a second transaction began")
	}
	if _, err := card.Transmit(nil); err == nil {
		t.Error("an empty command was sent")
	}
	wantCalls(t, f, opBegin)

	cmd := bytes.Clone(verify)
	answer, err := card.Transmit(cmd)
	if err != nil || string(answer) != "answer to 00 20 00 80 04 31 32 33 34" {
		t.Errorf("%q, %v", answer, err)
	}
	if !bytes.Equal(cmd, verify) {
		t.Errorf("the caller's command became % X", cmd)
	}
	if sent := f.sent[0]; !bytes.Equal(sent, make([]byte, len(verify))) {
		t.Errorf("what was sent is not wiped: % X", sent)
	}

	// An error repeats nothing, and loses nothing but a card that is gone.
	f.fail(opTransmit, 0x80100016)
	if _, err := card.Transmit(verify); !errors.Is(err, ErrCommunication) {
		t.Error(err)
	}
	if _, err := card.Transmit([]byte{0xFF, 0, 0, 0}); !errors.Is(err, ErrCommunication) {
		t.Errorf("half a status word: %v", err)
	}
	wantCalls(t, f, opTransmit, opTransmit, opTransmit)
	f, card = begun(t, onLinux)
	f.fail(opTransmit, codeNoSmartcard)
	_, err = card.Transmit(verify)
	if !errors.Is(err, ErrCardRemoved) {
		t.Error(err)
	}
	wantCalls(t, f, opTransmit, opReconnect+" unpower", opEnd+" leave", opRelease)
	wantLost(t, f, card, err)
}

// wantLost checks that every call returns err and does nothing.
func wantLost(t *testing.T, f *fake, card *Card, err error) {
	t.Helper()
	if err := card.Unpower(); err != nil {
		t.Errorf("it was without power: %v", err)
	}
	if _, again := card.Transmit(verify); again != err {
		t.Error(again)
	}
	if again := card.Begin(t.Context()); again != err {
		t.Error(again)
	}
	wantCalls(t, f)
}

// TestTransmitAfterReset shows that a card that was reset inside a transaction
// gets no further command in it and loses its power at the end, because a reset
// can leave a PIN verified. In a reader without a counter of insertions it may
// be another card, and the connection is lost.
func TestTransmitAfterReset(t *testing.T) {
	for _, end := range []func(*Card) error{(*Card).End, (*Card).Unpower} {
		f, card := begun(t, onLinux)
		f.fail(opTransmit, codeResetCard)
		_, err := card.Transmit(verify)
		if !errors.Is(err, ErrCardReset) {
			t.Error(err)
		}
		if _, again := card.Transmit(verify); again != err {
			t.Errorf("a command after the reset: %v", again)
		}
		if err := end(card); err != nil {
			t.Error(err)
		}
		wantCalls(t, f, opTransmit, opReconnect+" unpower", opEnd+" leave")
		if err := card.Begin(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := card.Transmit(verify); err != nil {
			t.Error(err)
		}
		wantCalls(t, f, opBegin, opTransmit)

		f, card = begun(t, onLinux)
		f.fail(opTransmit, codeResetCard)
		_, _ = card.Transmit(verify)
		f.event(0, card3) // exchanged meanwhile
		if err := end(card); err != nil {
			t.Error(err)
		}
		if err := card.Begin(t.Context()); !errors.Is(err, ErrCardRemoved) {
			t.Errorf("another card: %v", err)
		}
	}
	f, card := begun(t, onMacOS)
	f.fail(opTransmit, codeResetCard)
	_, err := card.Transmit(verify)
	wantCalls(t, f, opTransmit, opReconnect+" unpower", opEnd+" leave", opDisconnect+" leave", opRelease)
	wantLost(t, f, card, err)
}

// TestTransmitWithoutAnswer shows that a card that never answers is given up
// after a minute, and that the buffer of the command is not reused before: the
// card would get zeros in place of a PIN.
func TestTransmitWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, card := begun(t, onLinux)
		free := make(chan struct{})
		f.block(opTransmit, free)
		cmd := bytes.Clone(verify)
		start := time.Now()
		if _, err := card.Transmit(cmd); !errors.Is(err, ErrCardMute) {
			t.Error(err)
		}
		clear(cmd)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("took %v", took)
		}
		if err := card.Unpower(); !errors.Is(err, ErrCardMute) {
			t.Errorf("the card cannot be known to be without power: %v", err)
		}
		synctest.Wait()
		if !bytes.Equal(f.sent[0], verify) {
			t.Errorf("the command became % X while it was sent", f.sent[0])
		}
		close(free)
		time.Sleep(time.Minute)
		synctest.Wait()
		if !bytes.Equal(f.sent[0], make([]byte, len(verify))) {
			t.Errorf("not wiped: % X", f.sent[0])
		}
		wantCalls(t, f, append([]string{opTransmit, opReconnect + " unpower", opEnd + " leave"}, leave...)...)
	})
}

func TestEnd(t *testing.T) {
	f, card := withCard(t, onLinux)
	if err := card.End(); !errors.Is(err, errNoTransaction) {
		t.Error(err)
	}
	for range 2 {
		if err := card.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := card.End(); err != nil {
			t.Fatal(err)
		}
		wantCalls(t, f, opBegin, opEnd+" leave")
	}
	if err := card.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	// In pcsc-lite the transaction is still open then, and it is not known what
	// another program would find on the card: its power is cut.
	for _, code := range []uint32{codeResetCard, codeNotTransacted} {
		f.fail(opEnd, code)
		if err := card.End(); err != nil {
			t.Error(err)
		}
		wantCalls(t, f, opBegin, opEnd+" leave", opReconnect+" unpower", opEnd+" leave")
		if err := card.Begin(t.Context()); err != nil {
			t.Error(err)
		}
	}
	// What is no hiccup loses the card.
	f, card = begun(t, onLinux)
	if _, err := card.Transmit(verify); err != nil {
		t.Fatal(err)
	}
	const internal = 0x80100001
	f.fail(opEnd, internal)
	err := card.End()
	if !hasCode(err, internal) {
		t.Error(err)
	}
	if again := card.Begin(t.Context()); again != err {
		t.Error(again)
	}
	wantCalls(t, f, opTransmit, opEnd+" leave", opReconnect+" unpower", opEnd+" leave", opRelease)
}

func TestUnpower(t *testing.T) {
	const refused = 0x8010001F
	tests := []struct {
		name  string
		fails map[string][]uint32
		want  []string
		err   bool  // Unpower gives one
		after error // of the next Begin
	}{
		{"at once", nil, []string{opReconnect + " unpower", opEnd + " leave"}, false, nil},
		{"by the end", map[string][]uint32{opReconnect: {refused}},
			[]string{opReconnect + " unpower", opEnd + " unpower"}, false, nil},
		{"by disconnecting", map[string][]uint32{opReconnect: {0x80100016, refused}, opEnd: {refused, refused}},
			[]string{opReconnect + " unpower", opEnd + " unpower", opReconnect + " unpower", opEnd + " unpower",
				opDisconnect + " unpower", opRelease}, false, ErrCommunication},
		{"not at all", map[string][]uint32{opReconnect: {0x8010001D, refused}, opEnd: {refused, refused},
			opDisconnect: {0x8010001D}},
			[]string{opReconnect + " unpower", opEnd + " unpower", opReconnect + " unpower", opEnd + " unpower",
				opDisconnect + " unpower", opRelease}, true, ErrNoService},
		{"but the end fails once", map[string][]uint32{opEnd: {codeNotTransacted}},
			[]string{opReconnect + " unpower", opEnd + " leave", opEnd + " leave"}, false, nil},
		{"but the end fails", map[string][]uint32{opEnd: {codeNotTransacted, codeNotTransacted}},
			[]string{opReconnect + " unpower", opEnd + " leave", opEnd + " leave", opEnd + " leave", opRelease}, false, ErrCommunication},
		{"card removed", map[string][]uint32{opReconnect: {codeNoSmartcard}},
			[]string{opReconnect + " unpower"}, false, nil},
		{"reader unplugged", map[string][]uint32{opReconnect: {0x80100017}},
			[]string{opReconnect + " unpower"}, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, card := begun(t, onLinux)
			if _, err := card.Transmit(verify); err != nil {
				t.Fatal(err)
			}
			f.seen()
			for op, codes := range tt.fails {
				f.fails[op] = codes
			}
			err := card.Unpower()
			if (err != nil) != tt.err {
				t.Errorf("Unpower: %v", err)
			}
			wantCalls(t, f, tt.want...)
			if err := card.Begin(t.Context()); !errors.Is(err, tt.after) {
				t.Errorf("Begin: %v", err)
			}
			if err := card.Close(); (err != nil) != tt.err {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

func TestClose(t *testing.T) {
	for _, p := range []platform{onMacOS, onWindows} {
		f, card := withCard(t, p)
		if err := card.Close(); err != nil {
			t.Error(err)
		}
		wantCalls(t, f, opDisconnect+" leave", opRelease)
	}

	f, card := withCard(t, onLinux)
	for range 2 {
		if err := card.Close(); err != nil {
			t.Error(err)
		}
	}
	wantCalls(t, f, leave...)
	if err := card.Begin(t.Context()); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}

	// Nothing was sent: nothing can be open on the card.
	f, card = begun(t, onLinux)
	if err := card.Close(); err != nil {
		t.Error(err)
	}
	wantCalls(t, f, append([]string{opEnd + " leave"}, leave...)...)

	f, card = begun(t, onLinux)
	if _, err := card.Transmit(verify); err != nil {
		t.Fatal(err)
	}
	if err := card.Close(); err != nil {
		t.Error(err)
	}
	wantCalls(t, f, append([]string{opTransmit, opReconnect + " unpower", opEnd + " leave"}, leave...)...)

	// A transaction that ended took its commands with it.
	f, card = begun(t, onLinux)
	if _, err := card.Transmit(verify); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(card.End(), card.Begin(t.Context()), card.Close()); err != nil {
		t.Error(err)
	}
	wantCalls(t, f, append([]string{opTransmit, opEnd + " leave", opBegin, opEnd + " leave"}, leave...)...)
}

// TestGivenUp shows that every call that hangs ends with the context, and calls
// that end a transaction a little later.
func TestGivenUp(t *testing.T) {
	stopped := errors.New("Ctrl-C")
	begin := func(ctx context.Context, t *testing.T, f *fake) (*Card, error) {
		card, err := with(t, f, onLinux).Connect(t.Context(), "reader")
		if err == nil {
			err = card.Begin(ctx)
		}
		return card, err
	}
	for _, c := range []struct {
		name, op string
		call     func(context.Context, *testing.T, *fake) error
		after    time.Duration
	}{
		{"establish", opEstablish, func(ctx context.Context, _ *testing.T, f *fake) error {
			_, err := establish(ctx, f, onLinux)
			return err
		}, 0},
		{"list", opListReaders, func(ctx context.Context, t *testing.T, f *fake) error {
			_, err := with(t, f, onLinux).Readers(ctx)
			return err
		}, 0},
		{"status", opGetStatusChange, func(ctx context.Context, t *testing.T, f *fake) error {
			_, err := with(t, f, onLinux).Readers(ctx)
			return err
		}, 0},
		{"wait", opGetStatusChange, func(ctx context.Context, t *testing.T, f *fake) error {
			_, err := with(t, f, onLinux).Wait(ctx, nil)
			return err
		}, 0},
		{"connect", opConnect, func(ctx context.Context, t *testing.T, f *fake) error {
			_, err := with(t, f, onLinux).Connect(ctx, "reader")
			return err
		}, 0},
		{"begin", opBegin, func(ctx context.Context, t *testing.T, f *fake) error {
			_, err := begin(ctx, t, f)
			return err
		}, 0},
		{"transmit", opTransmit, func(ctx context.Context, t *testing.T, f *fake) error {
			card, err := begin(ctx, t, f)
			if err == nil {
				_, err = card.TransmitContext(ctx, verify)
			}
			return err
		}, 0},
		{"end", opEnd, func(ctx context.Context, t *testing.T, f *fake) error {
			card, err := begin(ctx, t, f)
			if err == nil {
				err = card.End()
			}
			return err
		}, endingGrace},
		{"unpower", opReconnect, func(ctx context.Context, t *testing.T, f *fake) error {
			card, err := begin(ctx, t, f)
			if err == nil {
				err = card.Unpower()
			}
			return err
		}, closingGrace},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(readerStatus{name: "reader", event: card1})
				ctx, cancel := context.WithCancelCause(t.Context())
				free := make(chan struct{})
				f.block(c.op, free)
				start := time.Now()
				time.AfterFunc(time.Second, func() { cancel(stopped) })
				err := c.call(ctx, t, f)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%v", err)
				}
				if took := time.Since(start); took != time.Second+c.after {
					t.Errorf("given up after %v", took)
				}
				close(free)
			})
		})
	}
}

// TestServiceHangs shows that a service that hangs is given up after a time.
func TestServiceHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, card := begun(t, onLinux)
		free := make(chan struct{})
		for _, op := range []string{opEnd, opReconnect, opDisconnect, opListReaders, opGetStatusChange} {
			f.block(op, free)
		}
		if err := card.End(); !errors.Is(err, ErrNoService) {
			t.Error(err)
		}
		_, err := with(t, f, onLinux).Readers(t.Context())
		if !errors.Is(err, ErrNoService) {
			t.Error(err)
		}
		f.block(opEstablish, free)
		start := time.Now()
		if _, err := establish(t.Context(), f, onLinux); !errors.Is(err, ErrNoService) {
			t.Error(err)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
		close(free)
	})
}
