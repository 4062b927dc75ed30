package watch

import (
	"context"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Memory keeps the last counters of cards, in a document that nobody else can
// read. A card is known by [inspect.Card.ID], and nothing of its holder is
// kept.
type Memory struct{ Store *state.Store }

// document is the content of the memory. Its keys are IDs of cards.
type document struct {
	Version int                        `json:"version"`
	Cards   map[string]map[string]Seen `json:"cards"`
}

const (
	documentName    = "watch"
	documentVersion = 1
	// maxCards bounds the document: those not seen for longest go first.
	maxCards = 50
	// memoryLimit is how long another program that has the document is
	// waited for.
	memoryLimit = time.Second
)

// exchange remembers the counters that the card showed at a time, and gives
// those remembered before.
func (m *Memory) exchange(ctx context.Context, c *Card, at time.Time) (before map[jpki.Key]Seen, err error) {
	id := c.ID()
	if m == nil || id == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, memoryLimit)
	defer cancel()
	err = state.Update(ctx, m.Store, documentName, func(doc *document) error {
		if doc.Version != documentVersion || doc.Cards == nil {
			*doc = document{Version: documentVersion, Cards: map[string]map[string]Seen{}}
		}
		before = map[jpki.Key]Seen{}
		after := map[string]Seen{}
		for _, key := range []jpki.Key{jpki.KeySign, jpki.KeyAuth} {
			if was, ok := doc.Cards[id][key.String()]; ok {
				before[key], after[key.String()] = was, was
			}
		}
		for _, p := range counters(c) {
			// Another program may have seen the card later.
			if !before[p.Key].At.After(at) {
				after[p.Key.String()] = Seen{p.Tries.Left, at.Round(0)}
			}
		}
		if len(after) > 0 {
			doc.Cards[id] = after
		}
		doc.forgetOldest()
		return nil
	})
	return before, err
}

func (d *document) forgetOldest() {
	if len(d.Cards) <= maxCards {
		return
	}
	type card struct {
		id   string
		last time.Time
	}
	var cards []card
	for id, counters := range d.Cards {
		c := card{id: id}
		for _, s := range counters {
			if s.At.After(c.last) {
				c.last = s.At
			}
		}
		cards = append(cards, c)
	}
	slices.SortFunc(cards, func(x, y card) int { return y.last.Compare(x.last) })
	for _, c := range cards[maxCards:] {
		delete(d.Cards, c.id)
	}
}
