package cards

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// readerVariable is the environment variable that names a reader where --reader
// does not.
const readerVariable = "JPKI_READER"

// withoutVirtual leaves out virtual readers, unless there is nothing else.
func withoutVirtual(readers []pcsc.ReaderState) []pcsc.ReaderState {
	real := slices.DeleteFunc(slices.Clone(readers), pcsc.ReaderState.Virtual)
	if len(real) == 0 {
		return readers
	}
	return real
}

// finder is the part of a [pcsc.Context] that finds a card.
type finder interface {
	readerLister
	Connect(ctx context.Context, reader string) (*pcsc.Card, error)
}

// find connects to the person's card. With --wait, it keeps waiting if it finds
// another kind of card, or if the service is away for a moment.
func (o *Opener) find(ctx context.Context, pc finder) (*pcsc.Card, error) {
	until := time.Now().Add(o.Wait) // real time, even if the certificates' clock differs
	notified := false
	for now := o; ; {
		candidates, err := now.readersWithCard(ctx, pc)
		var card *pcsc.Card
		if err == nil {
			card, err = o.choose(ctx, pc, candidates)
		}
		left := time.Until(until)
		if err == nil || !o.WaitGiven || left <= 0 || !isTemporary(err) {
			return card, err
		}
		if !notified {
			o.IO.Note(o.instruction(err))
			notified = true
		}
		if err := o.untilChanged(ctx, pc, left); err != nil {
			return nil, err
		}
		later := *o
		later.Wait = max(time.Until(until), time.Millisecond)
		now = &later
	}
}

// isTemporary reports an error that waiting can mend, besides a missing card.
func isTemporary(err error) bool {
	return errors.Is(err, jpki.ErrNotJPKI) || errors.Is(err, pcsc.ErrNoService) || errors.Is(err, pcsc.ErrCardRemoved) || errors.Is(err, pcsc.ErrReaderGone)
}

// restInterval is how long a service that is away is left alone.
const restInterval = 300 * time.Millisecond

// untilChanged waits until something comes or goes, for as long as limit. A
// service that is away is asked again.
func (o *Opener) untilChanged(ctx context.Context, pc readerLister, limit time.Duration) error {
	waiting, cancel := context.WithTimeoutCause(ctx, limit, errWaited)
	defer cancel()
	known, err := pc.Readers(waiting)
	if err == nil {
		_, err = pc.Wait(waiting, known)
	}
	if err == nil || errors.Is(context.Cause(waiting), errWaited) {
		return nil
	}
	if !isTemporary(err) {
		return err
	}
	select {
	case <-waiting.Done():
		return context.Cause(ctx)
	case <-time.After(restInterval):
		return nil
	}
}

// Time limits for other readers. Another program may hold one of them, and that
// does not affect ours.
const (
	othersLimit = time.Second     // once ours is found
	heldLimit   = 3 * time.Second // where another reader is empty
)

// probe is the result of looking into a reader.
type probe struct {
	reader string
	card   *pcsc.Card
	err    error
}

// choose connects to the card in the only reader that has one, to the only JPKI
// card among several, or to the one the person names. A reader that another
// program holds is left alone as soon as ours is found.
func (o *Opener) choose(ctx context.Context, pc finder, readers []string) (*pcsc.Card, error) {
	if len(readers) == 1 {
		card, err := o.onlyCard(ctx, pc, readers[0])
		if err != nil || !o.WaitGiven {
			return card, err
		}
		// Wait for another card only if this one is no JPKI card.
		if err := isOurs(ctx, card); err != nil {
			card.Close()
			return nil, err
		}
		return card, nil
	}
	probing, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan probe, len(readers))
	for _, name := range readers {
		go func() { results <- examine(probing, pc, name) }()
	}
	var found []probe
	var failed error
	var enough <-chan time.Time
	for open := len(readers); open > 0; open-- {
		select {
		case p := <-results:
			switch {
			case p.err == nil:
				found = append(found, p)
				enough = time.After(othersLimit)
			case failed == nil || errors.Is(failed, jpki.ErrNotJPKI):
				failed = p.err
			}
			continue
		case <-enough:
			go closeLate(results, open)
			open = 1
		case <-ctx.Done():
			go closeLate(results, open)
			return nil, context.Cause(ctx)
		}
	}
	slices.SortFunc(found, func(a, b probe) int { return slices.Index(readers, a.reader) - slices.Index(readers, b.reader) })
	switch len(found) {
	case 0:
		return nil, failed
	case 1:
		return found[0].card, nil
	}
	var cards []*pcsc.Card
	for _, p := range found {
		cards = append(cards, p.card)
	}
	picked, err := o.askWhich(ctx, cards)
	for _, c := range cards {
		if c != picked {
			c.Close()
		}
	}
	return picked, err
}

// closeLate closes the cards that n probes still connect to.
func closeLate(results <-chan probe, n int) {
	for range n {
		if p := <-results; p.card != nil {
			p.card.Close()
		}
	}
}

// examine connects to a card and sees whether it is ours.
func examine(ctx context.Context, pc finder, reader string) probe {
	card, err := pc.Connect(ctx, reader)
	if err == nil {
		if err = isOurs(ctx, card); err == nil {
			return probe{reader, card, nil}
		}
		card.Close()
	}
	return probe{reader, nil, err}
}

// isOurs sees whether a card has the application.
func isOurs(ctx context.Context, card *pcsc.Card) error {
	return jpki.New(card).WithApp(ctx, func(*jpki.App) error { return nil })
}

// onlyCard connects to the only card there is. Where another program has it and
// another reader is empty, that card need not be the person's.
func (o *Opener) onlyCard(ctx context.Context, pc finder, reader string) (*pcsc.Card, error) {
	readers, err := pc.Readers(ctx)
	if err == nil {
		readers, err = o.WantedReaders(readers)
	}
	empty := slices.IndexFunc(readers, func(r pcsc.ReaderState) bool { return !r.Present })
	if err != nil || empty < 0 {
		return pc.Connect(ctx, reader)
	}
	waiting, cancel := context.WithTimeoutCause(ctx, heldLimit, pcsc.ErrInUse)
	defer cancel()
	card, err := pc.Connect(waiting, reader)
	if held := errors.Is(err, pcsc.ErrInUse) || err != nil && context.Cause(waiting) == pcsc.ErrInUse; !held {
		return card, err
	}
	return nil, problem.New(problem.NoCard,
		text{
			JA: "リーダー「%s」にカードがありません。「%s」のカードは、ほかのプログラムが使用中です。",
			EN: "There is no card on the reader %q. The card in %q is in use by another program.",
		}.With(readers[empty].Name, reader),
		text{
			JA: "カードをリーダーに置いて、もう一度実行してください。使用中のものがそのカードなら、そのプログラムが終わってから実行してください。",
			EN: "Put the card on the reader and run this again. If the one in use is the card, run this again when the other program is done.",
		}).Because(err)
}

// variable gives an environment variable, "" without an environment.
func (o *Opener) variable(name string) string {
	if o.Env.Getenv == nil {
		return ""
	}
	return o.Env.Getenv(name)
}
