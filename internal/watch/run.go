package watch

import (
	"context"
	"time"

	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// Source is where readers and cards are. Readers and Wait are those of a
// [pcsc.Context]. Look may be called beside them, and runs once at a time.
type Source interface {
	Readers(ctx context.Context) ([]pcsc.ReaderState, error)
	Wait(ctx context.Context, known []pcsc.ReaderState) ([]pcsc.ReaderState, error)
	// Look reads a card in one short transaction: all of it that is free, or
	// of a known card only the counters. Where those differ it reads all, so
	// that no other card is taken for the known one.
	Look(ctx context.Context, reader string, known *Card) (*Card, error)
}

// Options say how to watch.
type Options struct {
	Interval time.Duration // between looks at a card that stays; 0: none
	// Once ends the watch when everything that is there was looked at, or with
	// Patience when a card was, at the latest when that has passed.
	Once     bool
	Patience time.Duration
	Now      func() time.Time
	Memory   *Memory                                     // nil: nothing is remembered
	Wanted   func([]pcsc.ReaderState) []pcsc.ReaderState // nil: every reader
	// Show is called for all that happens, and Forgot where something cannot
	// be remembered; both from one goroutine.
	Show   func(events []Event, all View)
	Forgot func(error)
}

// How long to wait before the service is tried again: longer each time.
const (
	reconnectFirst = 500 * time.Millisecond
	reconnectLimit = 5 * time.Second
)

// Run watches until ctx ends, or until Once is fulfilled; then the error is
// nil. It fails where the service does not answer at the beginning.
func Run(ctx context.Context, src Source, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	readers, err := src.Readers(ctx)
	if err != nil {
		return err
	}
	w := &watcher{src: src, o: o, m: newMachine(o.Interval), looked: make(chan looked)}
	news := make(chan news)
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		follow(ctx, src, readers, news)
	}()
	w.show(w.m.Readers(o.Now(), w.wanted(readers)))
	w.loop(ctx, news)
	cancel()
	<-waiting
	w.leave()
	return nil
}

// news is a new state of the readers, or why there is none.
type news struct {
	readers []pcsc.ReaderState
	err     error
}

// follow passes on every change of the readers, and waits for the service
// where that is gone.
func follow(ctx context.Context, src Source, readers []pcsc.ReaderState, to chan<- news) {
	pause := reconnectFirst
	for {
		next, err := src.Wait(ctx, readers)
		for err != nil {
			if !send(ctx, to, news{err: err}) {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, reconnectLimit)
			next, err = src.Readers(ctx)
		}
		pause = reconnectFirst
		readers = next
		if !send(ctx, to, news{readers: readers}) {
			return
		}
	}
}

func send(ctx context.Context, to chan<- news, n news) bool {
	select {
	case to <- n:
		return true
	case <-ctx.Done():
		return false
	}
}

// watcher drives a machine.
type watcher struct {
	src    Source
	o      Options
	m      *machine
	looked chan looked
	busy   bool // a look is under way
}

// looked is a look that is done.
type looked struct {
	look Look
	Result
	remember error // the memory failed
}

func (w *watcher) wanted(readers []pcsc.ReaderState) []pcsc.ReaderState {
	if w.o.Wanted == nil {
		return readers
	}
	return w.o.Wanted(readers)
}

// show passes events on, and notes when cards that have gone were last seen.
func (w *watcher) show(events []Event) {
	var failed error
	for _, e := range events {
		if e.Kind == CardRemoved && e.Card != nil {
			if _, err := w.o.Memory.exchange(context.Background(), e.Card, e.LastLook); err != nil {
				failed = err
			}
		}
	}
	w.o.Show(events, w.m.View())
	if failed != nil {
		w.o.Forgot(failed)
	}
}

// loop runs until ctx ends or Once is fulfilled. A look that is under way is
// waited for: the card has to be given back.
func (w *watcher) loop(ctx context.Context, news <-chan news) {
	var patience <-chan time.Time
	if w.o.Once {
		patience = time.After(w.o.Patience)
	}
	for waited := w.o.Patience <= 0; !w.done(waited); {
		next, timer := w.next()
		select {
		case <-ctx.Done():
			if w.busy {
				<-w.looked
			}
			return
		case <-patience:
			waited = true
		case n := <-news:
			if n.err != nil {
				w.show(w.m.Lost(w.o.Now(), n.err))
			} else {
				w.show(w.m.Readers(w.o.Now(), w.wanted(n.readers)))
			}
		case r := <-w.looked:
			w.busy = false
			w.show(w.m.Looked(w.o.Now(), r.look, r.Result))
			if r.remember != nil {
				w.o.Forgot(r.remember)
			}
		case <-timer:
			w.busy = true
			go w.look(ctx, next)
		}
	}
}

// done reports that Once is fulfilled.
func (w *watcher) done(waited bool) bool {
	return w.o.Once && !w.busy && w.m.settled() && (waited || w.m.present())
}

// next gives the next look and when it is to begin. One is made at a time.
func (w *watcher) next() (l Look, at <-chan time.Time) {
	if w.busy {
		return l, nil
	}
	l, ok := w.m.Next()
	if !ok {
		return l, nil
	}
	return l, time.After(l.Due.Sub(w.o.Now()))
}

func (w *watcher) look(ctx context.Context, l Look) {
	r := looked{look: l}
	r.Card, r.Err = w.src.Look(ctx, l.Reader, l.Known)
	if r.Err == nil && (l.Known == nil || l.Known.ID() != r.Card.ID() || !l.Known.SameCounters(*r.Card)) {
		r.Before, r.remember = w.o.Memory.exchange(ctx, r.Card, w.o.Now())
	}
	w.looked <- r
}

// leave notes when the cards that are still there were last seen.
func (w *watcher) leave() {
	for _, s := range w.m.View().Slots {
		if s.Card != nil {
			_, _ = w.o.Memory.exchange(context.Background(), s.Card, s.Look)
		}
	}
}
