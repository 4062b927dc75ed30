package watch

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// fakeSource is readers and cards that tests move.
type fakeSource struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	readers []pcsc.ReaderState
	down    error            // the service does not answer
	cards   map[string]*Card // by reader
	err     error            // of looks
	slow    time.Duration    // a look takes
	looks   []bool           // each look, whether at a known card
}

func newFake(readers ...pcsc.ReaderState) *fakeSource {
	return &fakeSource{changed: make(chan struct{}), readers: readers, cards: map[string]*Card{}}
}

func (f *fakeSource) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeSource) Readers(context.Context) ([]pcsc.ReaderState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readers, f.down
}

func (f *fakeSource) Wait(ctx context.Context, known []pcsc.ReaderState) ([]pcsc.ReaderState, error) {
	for {
		f.mu.Lock()
		readers, down, changed := f.readers, f.down, f.changed
		f.mu.Unlock()
		if down != nil || !same(known, readers) {
			return readers, down
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

func same(a, b []pcsc.ReaderState) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Present != b[i].Present || a[i].Event != b[i].Event || a[i].Mute != b[i].Mute {
			return false
		}
	}
	return true
}

func (f *fakeSource) Look(ctx context.Context, reader string, known *Card) (*Card, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(f.slow):
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks = append(f.looks, known != nil)
	return f.cards[reader], f.err
}

// watching is a run of Run.
type watching struct {
	t      *testing.T
	mu     sync.Mutex
	events []Event
	all    View
	stop   func() error
}

func start(t *testing.T, f *fakeSource, o Options) *watching {
	t.Helper()
	w := &watching{t: t}
	o.Now = time.Now
	o.Show = func(events []Event, all View) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events, w.all = append(w.events, events...), all
	}
	o.Forgot = func(err error) { t.Error(err) }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, f, o) }()
	w.stop = func() error {
		cancel()
		return <-ended
	}
	return w
}

// want checks what happened since the last call, once everything has come to rest.
func (w *watching) want(want string) {
	w.t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := summary(w.events); got != want {
		w.t.Errorf("\n got %s\nwant %s", got, want)
	}
	w.events = nil
}

func TestRun(t *testing.T) {
	card := demo(t, "adult")
	synctest.Test(t, func(t *testing.T) {
		f := newFake(empty("A"))
		f.slow = 300 * time.Millisecond
		w := start(t, f, Options{Interval: time.Minute})
		w.want("reader-connected A")
		time.Sleep(time.Hour)
		w.want("")

		f.change(func() { f.readers, f.cards["A"] = []pcsc.ReaderState{full("A", 1)}, card })
		w.want("card-inserted A")
		time.Sleep(time.Second)
		w.want("card-read A")

		time.Sleep(10 * time.Minute)
		w.want("")
		if n := len(f.looks); n != 10 {
			t.Errorf("%d looks in ten minutes", n)
		}
		f.change(func() { f.cards["A"] = tries(card, 5, 2) })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		w.mu.Lock()
		if len(w.events) != 1 || w.events[0].Kind != TriesLowered || w.events[0].After.Left != 2 || time.Since(w.events[0].Since) > 4*time.Minute {
			t.Errorf("events %+v", w.events)
		}
		w.events = nil
		w.mu.Unlock()

		f.change(func() { f.readers = nil })
		w.want("card-removed A, reader-disconnected A")
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		w.want("")
	})
}

func TestRunOutlivesTheService(t *testing.T) {
	card := demo(t, "adult")
	synctest.Test(t, func(t *testing.T) {
		f := newFake(full("A", 1))
		f.cards["A"] = card
		w := start(t, f, Options{})
		w.want("reader-connected A, card-inserted A, card-read A")
		for range 3 {
			f.change(func() { f.down = pcsc.ErrNoService })
			w.want("card-removed A, reader-disconnected A, service-lost")
			time.Sleep(10 * time.Minute)
			w.want("")
			f.change(func() { f.down = nil })
			time.Sleep(reconnectLimit)
			w.want("service-back, reader-connected A, card-inserted A, card-read A")
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		w.want("")
	})
}

// TestRunEndsAtOnce shows that Run ends with its context, and waits for the end
// of a look.
func TestRunEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(full("A", 1))
		f.slow = time.Hour
		w := start(t, f, Options{})
		w.want("reader-connected A, card-inserted A")
		begun := time.Now()
		if err := w.stop(); err != nil || time.Since(begun) > 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

// TestRunEndsQuietly shows that ending a run makes no event, even while an
// event is shown.
func TestRunEndsQuietly(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var events []Event
			err := Run(ctx, newFake(empty("A")), Options{Now: time.Now, Show: func(e []Event, _ View) {
				events = append(events, e...)
				cancel()
				time.Sleep(time.Second)
			}})
			if err != nil {
				t.Error(err)
			}
			want(t, events, "reader-connected A")
		})
	}
}

func TestRunFailsWithoutService(t *testing.T) {
	f := newFake()
	f.down = pcsc.ErrNoService
	if err := Run(t.Context(), f, Options{Now: time.Now}); !errors.Is(err, pcsc.ErrNoService) {
		t.Error(err)
	}
}

func TestOnce(t *testing.T) {
	card := demo(t, "adult")
	for name, c := range map[string]struct {
		readers  []pcsc.ReaderState
		patience time.Duration
		comes    time.Duration // a card comes then; 0 for never
		err      error
		want     string
		takes    time.Duration
	}{
		"no reader":  {want: ""},
		"no card":    {readers: []pcsc.ReaderState{empty("A")}, want: "reader-connected A"},
		"card":       {readers: []pcsc.ReaderState{full("A", 1)}, want: "reader-connected A, card-inserted A, card-read A", takes: time.Second},
		"two cards":  {readers: []pcsc.ReaderState{full("A", 1), full("B", 1)}, want: "reader-connected A, card-inserted A, reader-connected B, card-inserted B, card-read A, card-read B", takes: 2 * time.Second},
		"unreadable": {readers: []pcsc.ReaderState{full("A", 1)}, err: pcsc.ErrCommunication, want: "reader-connected A, card-inserted A, card-unreadable A", takes: 3 * time.Second},
		"in time":    {readers: []pcsc.ReaderState{empty("A")}, patience: time.Minute, comes: 30 * time.Second, want: "reader-connected A, card-inserted A, card-read A", takes: 31 * time.Second},
		"in vain":    {readers: []pcsc.ReaderState{empty("A")}, patience: time.Minute, want: "reader-connected A", takes: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(c.readers...)
				f.cards["A"], f.cards["B"], f.err, f.slow = card, card, c.err, time.Second
				if c.comes > 0 {
					time.AfterFunc(c.comes, func() { f.change(func() { f.readers = []pcsc.ReaderState{full("A", 1)} }) })
				}
				var events []Event
				begun := time.Now()
				err := Run(t.Context(), f, Options{
					Once: true, Patience: c.patience, Now: time.Now,
					Show: func(e []Event, _ View) { events = append(events, e...) },
				})
				if err != nil || time.Since(begun) != c.takes {
					t.Errorf("%v after %v", err, time.Since(begun))
				}
				want(t, events, c.want)
			})
		})
	}
}

// TestRunRemembers shows that a run compares with the state that the last run
// saw, and with its time.
func TestRunRemembers(t *testing.T) {
	card := demo(t, "adult")
	memory := &Memory{state.At(filepath.Join(t.TempDir(), "state"))}
	synctest.Test(t, func(t *testing.T) {
		f := newFake(full("A", 1))
		f.cards["A"] = card
		w := start(t, f, Options{Memory: memory, Interval: time.Minute})
		w.want("reader-connected A, card-inserted A, card-read A")
		time.Sleep(10*time.Minute + time.Second)
		last := time.Now()
		f.change(func() { f.readers = []pcsc.ReaderState{empty("A")} })
		w.want("card-removed A")
		time.Sleep(time.Hour)

		f.change(func() { f.readers, f.cards["A"] = []pcsc.ReaderState{full("A", 3)}, tries(card, 2, 3) })
		synctest.Wait()
		w.mu.Lock()
		e := w.events[len(w.events)-1]
		w.mu.Unlock()
		if since := last.Sub(e.Since); e.Kind != TriesLowered || e.Before.Left != 5 || since < 0 || since > 2*time.Second {
			t.Errorf("%+v, %v before the card went", e, since)
		}

		// The end of the run, too, is when a card was last seen.
		time.Sleep(10*time.Minute + time.Second)
		ended := time.Now()
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		before, err := memory.exchange(t.Context(), card, ended)
		if since := ended.Sub(before[jpki.KeySign].At); err != nil || since < 0 || since > 2*time.Second {
			t.Errorf("remembered %v before the end, %v", since, err)
		}
	})
}

// TestManyInsertions shows that nothing piles up over many insertions.
func TestManyInsertions(t *testing.T) {
	card := demo(t, "adult")
	synctest.Test(t, func(t *testing.T) {
		f := newFake(empty("A"))
		f.cards["A"] = card
		w := start(t, f, Options{Interval: time.Minute})
		w.want("reader-connected A")
		for i := range 1000 {
			f.change(func() { f.readers = []pcsc.ReaderState{full("A", uint16(2*i+1))} })
			if i%10 == 0 {
				f.change(func() { f.down = pcsc.ErrNoService })
				synctest.Wait()
				f.change(func() { f.down = nil })
				time.Sleep(reconnectLimit)
			}
			if i%3 > 0 {
				synctest.Wait()
			}
			f.change(func() { f.readers = []pcsc.ReaderState{empty("A")} })
		}
		f.change(func() { f.readers = []pcsc.ReaderState{full("A", 2001)} })
		time.Sleep(time.Second)
		synctest.Wait()
		w.mu.Lock()
		if s := w.all.Slots; len(s) != 1 || s[0].Card != card {
			t.Errorf("the last state is %+v", w.all)
		}
		w.mu.Unlock()
		if err := w.stop(); err != nil {
			t.Error(err)
		} // and synctest finds goroutines that were left
	})
}
