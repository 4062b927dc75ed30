package p11serve

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/token"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// countsInsertions: on macOS no two cards can be told apart without a look.
const countsInsertions = runtime.GOOS != "darwin"

// Reader finds the cards that o would open.
func Reader(o *cards.Opener) token.Reader { return &reader{o} }

// reader finds the cards that can be the token: those in the readers that
// --reader means, or the demo card.
type reader struct{ cards *cards.Opener }

// demoInsertion is the demo card, which always lies there.
var demoInsertion = token.Insertion{Reader: "demo", Counted: true}

func (r *reader) Cards() ([]token.Insertion, error) {
	if r.cards.Card != "" {
		return []token.Insertion{demoInsertion}, nil
	}
	ctx := context.Background() // which PC/SC bounds: the program waits
	pc, err := pcsc.Establish(ctx)
	if err != nil {
		return nil, err
	}
	defer pc.Close()
	readers, err := pc.Readers(ctx)
	if err != nil {
		return nil, err
	}
	return r.insertions(readers), nil
}

func (r *reader) insertions(readers []pcsc.ReaderState) (cards []token.Insertion) {
	wanted, err := r.cards.WantedReaders(readers)
	if err != nil {
		return nil // no reader is an empty slot
	}
	for _, w := range wanted {
		if w.Present && !w.Mute {
			cards = append(cards, token.Insertion{Reader: w.Name, Event: w.Event, Counted: countsInsertions})
		}
	}
	return cards
}

func (r *reader) Open(ctx context.Context, at token.Insertion) (token.Card, error) {
	if r.cards.Card != "" {
		c, err := r.cards.Open(ctx)
		if err != nil {
			return nil, err
		}
		return card{c.Card, []func(){c.Close}}, nil
	}
	pc, err := pcsc.Establish(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := pc.Connect(ctx, at.Reader)
	if err != nil {
		pc.Close()
		return nil, err
	}
	close := []func(){func() { conn.Close() }, func() { pc.Close() }}
	fail := func(err error) (token.Card, error) {
		card{close: close}.Close()
		return nil, err
	}
	// The connection is to one card and no other: which it is shows now.
	if at.Counted && conn.Event() != at.Event {
		return fail(token.ErrGone)
	}
	traced, err := r.cards.Traced(conn)
	if err != nil {
		return fail(err)
	}
	return card{jpki.New(traced), close}, nil
}

// retryInterval is how often a PC/SC service that does not answer is looked
// for.
const retryInterval = 2 * time.Second

func (r *reader) Wait(ctx context.Context, known []token.Insertion) error {
	for {
		if changed, err := r.changed(ctx, known); changed || ctx.Err() != nil {
			return context.Cause(ctx)
		} else if err != nil {
			select {
			case <-time.After(retryInterval):
			case <-ctx.Done():
			}
		}
	}
}

// changed waits until other cards are there. An error is one of the service.
func (r *reader) changed(ctx context.Context, known []token.Insertion) (bool, error) {
	if r.cards.Card != "" {
		<-ctx.Done()
		return false, nil
	}
	pc, err := pcsc.Establish(ctx)
	if err != nil {
		return len(known) > 0, err
	}
	defer pc.Close()
	readers, err := pc.Readers(ctx)
	for err == nil {
		if !slices.Equal(r.insertions(readers), known) {
			return true, nil
		}
		readers, err = pc.Wait(ctx, readers)
	}
	return len(known) > 0 && ctx.Err() == nil, err
}

// card is a card that a program uses.
type card struct {
	*jpki.Card
	close []func()
}

func (c card) Close() {
	for _, close := range c.close {
		close()
	}
}

// WithPIN is not stopped by Ctrl-Z on the program's terminal while a PIN is
// open.
func (c card) WithPIN(ctx context.Context, k jpki.Key, p jpki.PIN, guard jpki.Guard, use func(*jpki.Session) error) error {
	defer ui.Unstoppable()()
	return c.Card.WithPIN(ctx, k, p, guard, use)
}
