package pcsc

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"
)

func TestReaders(t *testing.T) {
	f := newFake(
		readerStatus{name: "empty", event: 0x10, atr: []byte{1}},
		readerStatus{name: "card", event: card3 | stateInUse, atr: []byte{0x3B, 0}},
		readerStatus{name: "mute", event: 0xFFFF0000 | statePresent | stateMute},
		readerStatus{name: "taken", event: card1 | stateExclusive},
		readerStatus{name: "broken", event: stateUnavailable},
	)
	got, err := with(t, f, onLinux).Readers(t.Context())
	want := []ReaderState{
		{Name: "empty"},
		{Name: "card", Present: true, ATR: []byte{0x3B, 0}, InUse: true, Event: 3},
		{Name: "mute", Present: true, Mute: true, Event: 0xFFFF},
		{Name: "taken", Present: true, InUse: true, Exclusive: true, Event: 1},
		{Name: "broken", Broken: true},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	wantCalls(t, f, opEstablish, opRelease)

	got, err = with(t, f, onMacOS).Readers(t.Context())
	if err != nil || got[1].Event != 0 {
		t.Errorf("macOS does not count: %+v, %v", got, err)
	}
}

// TestNoReaders shows how systems report that there are no readers: an error on
// Linux, an empty list on macOS, no service on Windows.
func TestNoReaders(t *testing.T) {
	for _, p := range []platform{onLinux, onMacOS, onWindows} {
		f := newFake()
		if got, err := with(t, f, p).Readers(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
		f.fail(opListReaders, codeNoReadersAvailable)
		if got, err := with(t, f, p).Readers(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
		if n := f.count(opGetStatusChange); n != 0 {
			t.Errorf("%d questions about no reader", n)
		}
	}
	for _, fails := range []map[string][]uint32{
		{opEstablish: {0x8010001D, 0x8010001D}},
		{opListReaders: {0x8010001E}},
	} {
		f := newFake()
		f.fails = fails
		if got, err := with(t, f, onWindows).Readers(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	}
	f := newFake()
	f.fail(opEstablish, 0x8010001D)
	if _, err := establish(t.Context(), f, onLinux); !errors.Is(err, ErrNoService) {
		t.Error(err)
	}
}

func TestReaderUnpluggedWhileListed(t *testing.T) {
	f := newFake(readerStatus{name: "gone"}, readerStatus{name: "stays"})
	pc := with(t, f, onLinux)
	f.do(opGetStatusChange, func() { f.set(func() { f.readers = f.readers[1:] }) })
	got, err := pc.Readers(t.Context())
	if err != nil || len(got) != 1 || got[0].Name != "stays" {
		t.Errorf("%v, %v", got, err)
	}
	for range 100 {
		f.fails[opGetStatusChange] = append(f.fails[opGetStatusChange], codeUnknownReader)
	}
	if _, err := pc.Readers(t.Context()); !errors.Is(err, ErrNoReader) {
		t.Error(err)
	}
}

// TestWait shows which changes a Wait reports, and how soon.
func TestWait(t *testing.T) {
	counting, listless := onLinux, onLinux
	listless.notifiesReaders = false
	insert := func(f *fake) { f.event(0, card1) }
	plug := func(f *fake) { f.plug(readerStatus{name: "new", event: 0x10}) }
	unplug := func(f *fake) { f.set(func() { f.readers, f.changes = nil, f.changes+1 }) }
	tests := []struct {
		name       string
		p          platform
		listCounts bool
		happens    func(*fake)
		within     time.Duration
	}{
		{"card, pcsc-lite", onLinux, false, insert, 0},
		{"card, newer pcsc-lite", counting, true, insert, 0},
		{"card, Windows", onWindows, true, insert, 0},
		{"card, macOS", onMacOS, false, insert, 0},
		{"reader, pcsc-lite", onLinux, false, plug, 0},
		{"reader, newer pcsc-lite", counting, true, plug, 0},
		{"reader, Windows", onWindows, true, plug, 0},
		{"reader, macOS", onMacOS, false, plug, time.Second},
		{"unplugged, pcsc-lite", onLinux, false, unplug, 0},
		{"unplugged, macOS", onMacOS, false, unplug, time.Second},
		{"unplugged, Windows", onWindows, true, func(f *fake) {
			f.fail(opListReaders, 0x8010001E)
			unplug(f)
		}, 0},
		{"reader broken", onLinux, false, func(f *fake) { f.event(0, stateUnavailable) }, 0},
		{"card mute", onLinux, false, func(f *fake) { f.event(0, 0x10|stateMute) }, 0},
		{"exchanged unseen", onLinux, false, func(f *fake) { f.event(0, none2) }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(readerStatus{name: "reader", event: 0x10})
				f.listCounts = tt.listCounts
				pc := with(t, f, tt.p)
				known, err := pc.Readers(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				const after = 90*time.Minute + 300*time.Millisecond
				time.AfterFunc(after, func() { tt.happens(f) })
				got, err := pc.Wait(t.Context(), known)
				if err != nil || !changed(known, got) {
					t.Errorf("%v, %v", got, err)
				}
				if late := time.Since(start) - after; late < 0 || late > tt.within {
					t.Errorf("%v late", late)
				}
				now, err := pc.Readers(t.Context())
				if err != nil || changed(now, got) {
					t.Errorf("%v, %v", got, now)
				}
				// No busy loop: three calls a slice.
				slice := waitSlice
				if !tt.p.notifiesReaders {
					slice = pollInterval
				}
				if n := f.count(""); n > 3*int(after/slice)+20 {
					t.Errorf("%d calls", n)
				}
				if n := f.count(opEstablish) - f.count(opRelease); n != 0 {
					t.Errorf("%d contexts left", n)
				}
			})
		})
	}
}

func TestWaitTellsWhatHappenedBefore(t *testing.T) {
	f := newFake(readerStatus{name: "reader", event: card1})
	pc := with(t, f, onLinux)
	known, err := pc.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.event(0, card3)
	got, err := pc.Wait(t.Context(), known)
	if err != nil || got[0].Event != 3 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := pc.Wait(t.Context(), nil); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// TestWaitFindsMissedReader shows that a reader connected between listing and
// waiting, which pcsc-lite before 2.3 misses, is found soon after.
func TestWaitFindsMissedReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		pc := with(t, f, onLinux)
		f.do(opGetStatusChange, func() { f.plug(readerStatus{name: "new"}) })
		start := time.Now()
		got, err := pc.Wait(t.Context(), nil)
		if err != nil || len(got) != 1 {
			t.Errorf("%v, %v", got, err)
		}
		if took := time.Since(start); took > waitSlice {
			t.Errorf("took %v", took)
		}
	})
}

func TestWaitForFirstReader(t *testing.T) {
	for name, p := range map[string]platform{"linux": onLinux, "macOS": onMacOS, "windows": onWindows} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				pc := with(t, f, p)
				if p.serviceFollowsReaders {
					for range 61 {
						f.fails[opEstablish] = append(f.fails[opEstablish], 0x8010001D)
					}
				}
				const after = time.Minute + 300*time.Millisecond
				time.AfterFunc(after, func() { f.plug(readerStatus{name: "new"}) })
				start := time.Now()
				got, err := pc.Wait(t.Context(), nil)
				if err != nil || len(got) != 1 {
					t.Errorf("%v, %v", got, err)
				}
				if late := time.Since(start) - after; late < 0 || late > pollInterval {
					t.Errorf("%v late", late)
				}
			})
		})
	}
}

// TestWaitRests shows that Wait ignores connecting programs, and that it pauses
// if the service keeps ending its waits.
func TestWaitRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(readerStatus{name: "reader", event: card1})
		f.hasty = true
		pc := with(t, f, onLinux)
		known, err := pc.Readers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		time.AfterFunc(time.Second, func() { f.event(0, card1|stateInUse) })
		time.AfterFunc(2*time.Second, func() { f.event(0, card1|stateExclusive) })
		time.AfterFunc(3*time.Second, func() { f.event(0, card1) })
		if got, err := pc.Wait(ctx, known); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, %v", got, err)
		}
		if n := f.count(""); n > 3*600+20 {
			t.Errorf("%d calls a minute", n)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	for name, p := range map[string]platform{"linux": onLinux, "macOS": onMacOS} {
		for _, readers := range [][]readerStatus{nil, {{name: "reader", event: 0x10}}} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(readers...)
					f.deafFor = 3 // SCardCancel before the wait has begun does nothing
					pc := with(t, f, p)
					known, err := pc.Readers(t.Context())
					if err != nil {
						t.Fatal(err)
					}

					ctx, cancel := context.WithCancel(t.Context())
					time.AfterFunc(10*time.Millisecond, cancel)
					start := time.Now()
					if _, err := pc.Wait(ctx, known); !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					if took := time.Since(start); took != 10*time.Millisecond {
						t.Errorf("took %v", took)
					}

					ctx, cancel = context.WithTimeout(t.Context(), time.Second/2)
					defer cancel()
					if _, err := pc.Wait(ctx, known); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrInUse) {
						t.Error(err)
					}

					time.AfterFunc(time.Second/2, func() { _ = pc.Close() })
					if _, err := pc.Wait(t.Context(), known); !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					time.Sleep(time.Second)
					if n := f.count(opEstablish) - f.count(opRelease); n != 0 {
						t.Errorf("%d contexts left after a second", n)
					}

					// And nothing begins any more.
					f.seen()
					if _, err := pc.Wait(t.Context(), known); !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					if _, err := pc.Readers(t.Context()); !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					if _, err := pc.Connect(t.Context(), "reader"); !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					wantCalls(t, f)
				})
			})
		}
	}
}

func TestWaitWithoutService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(readerStatus{name: "reader", event: 0x10})
		pc := with(t, f, onLinux)
		known, err := pc.Readers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, func() {
			f.fail(opListReaders, 0x80100013)
		})
		if _, err := pc.Wait(t.Context(), known); !errors.Is(err, ErrNoService) {
			t.Error(err)
		}
	})
}
