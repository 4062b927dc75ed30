// Package watch notices events at readers and cards: that they come and go,
// that a counter of tries went down, that a certificate came to its end.
//
// A [machine] turns observations into events and decides when a card is to be
// read; it does nothing by itself. [Run] drives one with a [Source], which is
// PC/SC or a demo card. A [Memory] keeps the counters of cards from one run to
// the next.
package watch

import (
	"errors"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// When a look that failed is repeated.
const (
	// firstRetry is for failures that pass by themselves: a card that still
	// moves.
	firstRetry = time.Second
	// laterRetry is for failures that others have to end: their use of the
	// card.
	laterRetry = 5 * time.Second
)

// machine remembers the last state and gives the changes since. It has no
// clock, and is for one goroutine.
type machine struct {
	interval time.Duration // between looks at a card that stays; 0: none
	lost     bool          // the service does not answer
	slots    []*slot       // in the order of the service
	visits   int
}

// slot is a reader and the card in it.
type slot struct {
	reader   pcsc.ReaderState
	visit    int       // the number of this insertion of a card; no other has it
	card     *Card     // result of the last look; nil before one
	err      error     // why the last look failed
	reported bool      // and an event said so
	failures int       // looks that failed in a row
	look     time.Time // when the card was last looked at
	due      time.Time // when it is to be; zero for never
}

// newMachine makes a machine that has seen nothing yet. A card that stays is
// looked at again after interval, or never where that is 0.
func newMachine(interval time.Duration) *machine { return &machine{interval: interval} }

// Readers takes the state of every reader and gives the changes.
func (m *machine) Readers(now time.Time, readers []pcsc.ReaderState) (events []Event) {
	if m.lost {
		m.lost = false
		events = append(events, Event{Kind: ServiceBack, Time: now})
	}
	before := m.slots
	m.slots = nil
	for _, s := range before {
		if indexReader(readers, s.reader.Name) < 0 {
			events = append(events, m.disconnect(now, s)...)
		}
	}
	for _, r := range readers {
		i := slices.IndexFunc(before, func(s *slot) bool { return s.reader.Name == r.Name })
		if i < 0 {
			s := &slot{reader: pcsc.ReaderState{Name: r.Name}}
			m.slots = append(m.slots, s)
			events = append(events, Event{Kind: ReaderConnected, Time: now, Reader: r.Name})
			events = append(events, m.update(now, s, r)...)
			continue
		}
		m.slots = append(m.slots, before[i])
		events = append(events, m.update(now, before[i], r)...)
	}
	return events
}

// update takes the new state of one reader.
func (m *machine) update(now time.Time, s *slot, r pcsc.ReaderState) (events []Event) {
	before := s.reader
	s.reader = r
	// A count that went on is another insertion, even if the removal was too
	// short to be seen.
	stays := before.Present && r.Present && before.Event == r.Event
	if before.Present && !stays {
		events = append(events, s.remove(now))
	}
	if r.Present && !stays {
		events = append(events, m.insert(now, s))
	}
	switch wasMute := stays && before.Mute; {
	case r.Mute && !wasMute:
		s.card, s.due = nil, time.Time{}
		events = append(events, s.fail(now, pcsc.ErrCardMute))
	case !r.Mute && wasMute:
		s.err, s.reported, s.due = nil, false, now
	}
	return events
}

func (m *machine) insert(now time.Time, s *slot) Event {
	m.visits++
	s.visit, s.due = m.visits, now
	return Event{Kind: CardInserted, Time: now, Reader: s.reader.Name}
}

func (s *slot) remove(now time.Time) Event {
	e := Event{Kind: CardRemoved, Time: now, Reader: s.reader.Name, Card: s.card, LastLook: s.look}
	*s = slot{reader: s.reader}
	return e
}

func (s *slot) fail(now time.Time, err error) Event {
	s.err, s.reported = err, true
	return Event{Kind: CardUnreadable, Time: now, Reader: s.reader.Name, Err: err}
}

func (m *machine) disconnect(now time.Time, s *slot) (events []Event) {
	if s.reader.Present {
		events = append(events, s.remove(now))
	}
	return append(events, Event{Kind: ReaderDisconnected, Time: now, Reader: s.reader.Name})
}

// Lost takes it that the service does not answer. Its memory of readers is
// void: the count of insertions begins anew with it.
func (m *machine) Lost(now time.Time, err error) (events []Event) {
	if m.lost {
		return nil
	}
	for _, s := range m.slots {
		events = append(events, m.disconnect(now, s)...)
	}
	m.lost, m.slots = true, nil
	return append(events, Event{Kind: ServiceLost, Time: now, Err: err})
}

// Look is a card that is to be looked at.
type Look struct {
	Reader string
	Known  *Card // result of the last look at this insertion; nil for the first
	Due    time.Time
	visit  int
}

// Next gives the look that is due first.
func (m *machine) Next() (l Look, ok bool) {
	for _, s := range m.slots {
		if !s.due.IsZero() && (!ok || s.due.Before(l.Due)) {
			l, ok = Look{s.reader.Name, s.card, s.due, s.visit}, true
		}
	}
	return l, ok
}

// Result is the result of reading a card.
type Result struct {
	Card *Card
	Err  error // then there is no Card
	// Before are the counters remembered from an earlier visit of the card.
	Before map[jpki.Key]Seen
}

// Seen is a counter as it was at a time.
type Seen struct {
	Left int       `json:"left"`
	At   time.Time `json:"at"`
}

// Looked takes the result of a look. One at a card that is gone says nothing.
func (m *machine) Looked(now time.Time, l Look, r Result) (events []Event) {
	i := slices.IndexFunc(m.slots, func(s *slot) bool { return s.visit == l.visit })
	if i < 0 || m.slots[i].reader.Mute {
		return nil
	}
	s := m.slots[i]
	if r.Err != nil {
		return m.failed(now, s, r.Err)
	}
	known, since := s.card, s.look
	if known != nil && known.ID() != r.Card.ID() {
		// Another card, where the system did not tell of the exchange.
		events = append(events, s.remove(now), m.insert(now, s))
		known = nil
	}
	if known == nil || s.reported {
		events = append(events, Event{Kind: CardRead, Time: now, Reader: s.reader.Name, Card: r.Card})
	}
	before := r.Before
	if known != nil {
		before = seenOf(known, since)
	}
	events = append(events, compare(now, s.reader.Name, r.Card, before)...)
	if known != nil {
		events = append(events, aged(now, since, s.reader.Name, r.Card)...)
	}
	s.card, s.look = r.Card, now
	s.err, s.reported, s.failures = nil, false, 0
	s.due = time.Time{}
	if m.interval > 0 {
		s.due = now.Add(m.interval)
	}
	return events
}

// failed decides when to look again, and whether to tell: a failure that passes
// by itself is not worth an event.
func (m *machine) failed(now time.Time, s *slot, err error) []Event {
	s.failures++
	s.err = err
	switch {
	case errors.Is(err, jpki.ErrNotJPKI):
		s.due = time.Time{} // it never will be
	case errors.Is(err, pcsc.ErrInUse):
		s.due = now.Add(laterRetry)
	case s.failures == 1:
		s.due = now.Add(firstRetry)
		return nil
	default:
		s.due = now.Add(max(m.interval, laterRetry))
	}
	if s.reported {
		return nil
	}
	return []Event{s.fail(now, err)}
}

func seenOf(c *Card, at time.Time) map[jpki.Key]Seen {
	seen := map[jpki.Key]Seen{}
	for _, p := range counters(c) {
		seen[p.Key] = Seen{p.Tries.Left, at}
	}
	return seen
}

// counters lists those that the card told.
func counters(c *Card) (known []inspect.PIN) {
	for _, k := range c.Keys() {
		if k.PIN.Err == nil && k.PIN.Key != 0 {
			known = append(known, k.PIN)
		}
	}
	return known
}

// compare finds the counters that changed.
func compare(now time.Time, reader string, c *Card, before map[jpki.Key]Seen) (events []Event) {
	for _, p := range counters(c) {
		was, known := before[p.Key]
		if !known || was.Left == p.Tries.Left {
			continue
		}
		kind := TriesRestored
		if p.Tries.Left < was.Left {
			kind = TriesLowered
		}
		events = append(events, Event{
			Kind: kind, Time: now, Reader: reader, Card: c, Key: p.Key,
			Before: jpki.Tries{Left: was.Left, Max: p.Tries.Max}, After: p.Tries, Since: was.At,
		})
	}
	return events
}

// aged tells which certificates came into another state since the last look.
func aged(now, since time.Time, reader string, c *Card) (events []Event) {
	for _, k := range c.Keys() {
		before, _ := c.StateAt(k.Certificate, since)
		if state, known := c.StateAt(k.Certificate, now); known && state != before {
			events = append(events, Event{Kind: CertificateChanged, Time: now, Reader: reader, Card: c, Certificate: k.Kind, State: state})
		}
	}
	return events
}

func indexReader(readers []pcsc.ReaderState, name string) int {
	return slices.IndexFunc(readers, func(r pcsc.ReaderState) bool { return r.Name == name })
}

// View is all that is known now.
type View struct {
	Lost  bool // the service does not answer
	Slots []SlotView
}

// SlotView is a reader and the card in it.
type SlotView struct {
	Reader  string
	Broken  bool // the reader does not answer
	Present bool
	Card    *Card     // nil where it was not read yet, or could not be
	Err     error     // why the last look failed
	Look    time.Time // when the card was last looked at
}

// View gives all that is known now.
func (m *machine) View() View {
	v := View{Lost: m.lost}
	for _, s := range m.slots {
		v.Slots = append(v.Slots, SlotView{s.reader.Name, s.reader.Broken, s.reader.Present, s.card, s.err, s.look})
	}
	return v
}

// settled reports that every card was read, or said to be unreadable.
func (m *machine) settled() bool {
	return !slices.ContainsFunc(m.slots, func(s *slot) bool {
		return s.reader.Present && s.card == nil && !s.reported
	})
}

// present reports whether there is a card in any reader.
func (m *machine) present() bool {
	return slices.ContainsFunc(m.slots, func(s *slot) bool { return s.reader.Present })
}
