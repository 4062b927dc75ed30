package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/democard"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("JST", 9*60*60))

// at is noon and some minutes.
func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// demo reads the card of a persona as it is at noon.
func demo(t *testing.T, persona string) *Card {
	t.Helper()
	conn, err := democard.Open(persona, noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	var c Card
	err = jpki.New(conn).WithApp(t.Context(), func(app *jpki.App) (err error) {
		c, err = inspect.Read(app, noon)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tries(&c, 5, 3)
}

// tries is a card with these counters.
func tries(c *Card, sign, auth int) *Card {
	later := *c
	later.Sign.PIN = inspect.PIN{Key: jpki.KeySign, Tries: jpki.Tries{Left: sign, Max: 5}}
	later.Auth.PIN = inspect.PIN{Key: jpki.KeyAuth, Tries: jpki.Tries{Left: auth, Max: 3}}
	return &later
}

// withoutCounter returns a copy of the card whose counter of a PIN could not
// be read.
func withoutCounter(c *Card, of func(*Card) *inspect.PIN) *Card {
	later := *c
	p := of(&later)
	p.Tries, p.Err = jpki.Tries{}, errors.New("no answer")
	return &later
}

func signPIN(c *Card) *inspect.PIN { return &c.Sign.PIN }
func authPIN(c *Card) *inspect.PIN { return &c.Auth.PIN }

// empty and full are a reader without a card and with one.
func empty(name string) pcsc.ReaderState { return pcsc.ReaderState{Name: name} }

func full(name string, event uint16) pcsc.ReaderState {
	return pcsc.ReaderState{Name: name, Present: true, Event: event}
}

func mute(name string, event uint16) pcsc.ReaderState {
	return pcsc.ReaderState{Name: name, Present: true, Mute: true, Event: event}
}

// summary writes events a line each.
func summary(events []Event) string {
	var lines []string
	for _, e := range events {
		line := string(e.Kind)
		if e.Reader != "" {
			line += " " + e.Reader
		}
		switch e.Kind {
		case TriesLowered, TriesRestored:
			line += fmt.Sprintf(" %s %d-%d since %s", e.Key, e.Before.Left, e.After.Left, e.Since.Format("15:04"))
		case CertificateChanged:
			line += fmt.Sprintf(" %s", e.Certificate)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

func want(t *testing.T, events []Event, want string) {
	t.Helper()
	if got := summary(events); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// seen makes a machine that has read this card in reader A at noon.
func seen(t *testing.T, card *Card) *machine {
	t.Helper()
	m := newMachine(5 * time.Minute)
	want(t, m.Readers(noon, []pcsc.ReaderState{full("A", 1)}), "reader-connected A, card-inserted A")
	want(t, m.Looked(noon, next(t, m), Result{Card: card}), "card-read A")
	return m
}

func next(t *testing.T, m *machine) Look {
	t.Helper()
	l, ok := m.Next()
	if !ok {
		t.Fatal("no look is due")
	}
	return l
}

func TestReadersAndCardsComeAndGo(t *testing.T) {
	m := newMachine(0)
	for i, step := range []struct {
		readers []pcsc.ReaderState
		want    string
	}{
		{nil, ""},
		{[]pcsc.ReaderState{empty("A")}, "reader-connected A"},
		{[]pcsc.ReaderState{empty("A")}, ""},
		{[]pcsc.ReaderState{full("A", 1), empty("B")}, "card-inserted A, reader-connected B"},
		{[]pcsc.ReaderState{full("A", 1), full("B", 1)}, "card-inserted B"},
		{[]pcsc.ReaderState{full("B", 1)}, "card-removed A, reader-disconnected A"},
		{[]pcsc.ReaderState{full("B", 3)}, "card-removed B, card-inserted B"}, // out and in, too fast to be seen
		{[]pcsc.ReaderState{{Name: "B", Event: 4}}, "card-removed B"},
		{[]pcsc.ReaderState{{Name: "B", Event: 6}}, ""}, // in and out: nothing is left of it
		{[]pcsc.ReaderState{mute("B", 7)}, "card-inserted B, card-unreadable B"},
		{[]pcsc.ReaderState{mute("B", 7)}, ""},
		{[]pcsc.ReaderState{mute("B", 9)}, "card-removed B, card-inserted B, card-unreadable B"},
		{[]pcsc.ReaderState{full("B", 11)}, "card-removed B, card-inserted B"},
		{nil, "card-removed B, reader-disconnected B"},
	} {
		if got := summary(m.Readers(at(i), step.readers)); got != step.want {
			t.Errorf("step %d:\n got %s\nwant %s", i, got, step.want)
		}
	}
}

func TestMuteCardIsNotLookedAt(t *testing.T) {
	m := newMachine(time.Minute)
	m.Readers(noon, []pcsc.ReaderState{mute("A", 1)})
	if l, ok := m.Next(); ok {
		t.Errorf("a look at %s is due", l.Reader)
	}
	if !m.settled() {
		t.Error("nothing is left to be done, and it is not settled")
	}
	want(t, m.Readers(at(1), []pcsc.ReaderState{full("A", 1)}), "")
	want(t, m.Looked(at(1), next(t, m), Result{Card: demo(t, "adult")}), "card-read A")
}

func TestCardTurnsMuteDuringALook(t *testing.T) {
	m := newMachine(time.Minute)
	m.Readers(noon, []pcsc.ReaderState{full("A", 1)})
	l := next(t, m)
	want(t, m.Readers(noon, []pcsc.ReaderState{mute("A", 1)}), "card-unreadable A")
	want(t, m.Looked(noon, l, Result{Err: pcsc.ErrCardMute}), "")
	want(t, m.Looked(noon, l, Result{Card: demo(t, "adult")}), "")
}

func TestCounterWentDown(t *testing.T) {
	card := demo(t, "adult")
	m := seen(t, card)
	l := next(t, m)
	if l.Known != card || !l.Due.Equal(at(5)) {
		t.Fatalf("next look %+v", l)
	}
	want(t, m.Looked(at(5), l, Result{Card: card}), "")
	want(t, m.Looked(at(10), next(t, m), Result{Card: tries(card, 4, 3)}), "tries-lowered A sign 5-4 since 12:05")
	want(t, m.Looked(at(15), next(t, m), Result{Card: tries(card, 4, 0)}), "tries-lowered A auth 3-0 since 12:10")
	want(t, m.Looked(at(20), next(t, m), Result{Card: tries(card, 5, 0)}), "tries-restored A sign 4-5 since 12:15")
}

// TestCounterWentDownWhileAway shows that remembered counters are compared at
// the first look only.
func TestCounterWentDownWhileAway(t *testing.T) {
	card := demo(t, "adult")
	m := newMachine(time.Minute)
	m.Readers(noon, []pcsc.ReaderState{full("A", 1)})
	before := map[jpki.Key]Seen{jpki.KeySign: {5, at(-90)}, jpki.KeyAuth: {3, at(-90)}}
	want(t, m.Looked(noon, next(t, m), Result{Card: tries(card, 3, 3), Before: before}), "card-read A, tries-lowered A sign 5-3 since 10:30")
	want(t, m.Looked(at(1), next(t, m), Result{Card: tries(card, 3, 3), Before: before}), "")
}

func TestUnknownCounterIsNoChange(t *testing.T) {
	card := demo(t, "adult")
	m := seen(t, card)
	unknown := withoutCounter(card, signPIN)
	want(t, m.Looked(at(5), next(t, m), Result{Card: unknown}), "")
}

// TestExchangeThatTheSystemDidNotTell shows that the counters of two cards are
// not compared if one replaced the other between two looks. macOS does not
// count insertions.
func TestExchangeThatTheSystemDidNotTell(t *testing.T) {
	m := seen(t, demo(t, "adult"))
	other := tries(demo(t, "expiring"), 1, 1)
	before := map[jpki.Key]Seen{jpki.KeyAuth: {2, at(-60)}}
	want(t, m.Looked(at(5), next(t, m), Result{Card: other, Before: before}),
		"card-removed A, card-inserted A, card-read A, tries-lowered A auth 2-1 since 11:00")
	if l := next(t, m); l.Known != other || !l.Due.Equal(at(10)) {
		t.Errorf("next look %+v", l)
	}
}

func TestLookAtACardThatIsGone(t *testing.T) {
	m := newMachine(time.Minute)
	m.Readers(noon, []pcsc.ReaderState{full("A", 1)})
	late := next(t, m)
	m.Readers(at(1), []pcsc.ReaderState{full("A", 3)})
	want(t, m.Looked(at(1), late, Result{Card: demo(t, "adult")}), "")
	want(t, m.Looked(at(1), late, Result{Err: pcsc.ErrCardRemoved}), "")
	if l := next(t, m); l.Known != nil || l.visit == late.visit {
		t.Errorf("next look %+v", l)
	}
}

func TestFailedLooks(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		events []string        // of this failure, time after time
		again  []time.Duration // and when the next look is; 0 for never
	}{
		{"moved", pcsc.ErrCommunication, []string{"", "card-unreadable A", ""}, []time.Duration{time.Second, 5 * time.Minute, 5 * time.Minute}},
		{"in use", fmt.Errorf("pcsc: %w", pcsc.ErrInUse), []string{"card-unreadable A", ""}, []time.Duration{5 * time.Second, 5 * time.Second}},
		{"another card", jpki.ErrNotJPKI, []string{"card-unreadable A"}, []time.Duration{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(5 * time.Minute)
			m.Readers(noon, []pcsc.ReaderState{full("A", 1)})
			for i, events := range c.events {
				want(t, m.Looked(noon, next(t, m), Result{Err: c.err}), events)
				l, ok := m.Next()
				if ok != (c.again[i] > 0) || ok && l.Due.Sub(noon) != c.again[i] {
					t.Errorf("failure %d: next look %+v", i+1, l)
				}
			}
			if v := m.View().Slots[0]; !errors.Is(v.Err, c.err) || v.Card != nil {
				t.Errorf("view %+v", v)
			}
		})
	}
}

func TestLookThatWorksInTheEnd(t *testing.T) {
	m := newMachine(time.Minute)
	m.Readers(noon, []pcsc.ReaderState{full("A", 1)})
	m.Looked(noon, next(t, m), Result{Err: pcsc.ErrCommunication})
	if m.settled() {
		t.Error("settled before anything was told")
	}
	want(t, m.Looked(noon, next(t, m), Result{Card: demo(t, "adult")}), "card-read A")

	// A later look that fails leaves what is known, and is made good.
	m.Looked(at(1), next(t, m), Result{Err: pcsc.ErrInUse})
	if v := m.View().Slots[0]; v.Card == nil || v.Err == nil {
		t.Errorf("view %+v", v)
	}
	want(t, m.Looked(at(2), next(t, m), Result{Card: tries(demo(t, "adult"), 5, 2)}), "card-read A, tries-lowered A auth 3-2 since 12:00")
	if v := m.View().Slots[0]; v.Err != nil {
		t.Errorf("view %+v", v)
	}
}

func TestServiceGoesAndComesBack(t *testing.T) {
	card := demo(t, "adult")
	m := seen(t, card)
	gone := errors.New("gone")
	events := m.Lost(at(1), gone)
	want(t, events, "card-removed A, reader-disconnected A, service-lost")
	if events[0].Card != card || !events[0].LastLook.Equal(noon) || events[2].Err != gone {
		t.Errorf("events %+v", events)
	}
	want(t, m.Lost(at(2), gone), "")
	if v := m.View(); !v.Lost || len(v.Slots) != 0 {
		t.Errorf("view %+v", v)
	}
	// The count of insertions is the same by chance.
	want(t, m.Readers(at(3), []pcsc.ReaderState{full("A", 1)}), "service-back, reader-connected A, card-inserted A")
}

func TestCertificateComesToItsEnd(t *testing.T) {
	card := demo(t, "expiring") // ends on 2026-12-20
	m := seen(t, card)
	month := 28 * 24 * 60
	want(t, m.Looked(at(month), next(t, m), Result{Card: card}), "")
	events := m.Looked(at(month+12*60), next(t, m), Result{Card: card})
	want(t, events, "certificate-changed A auth")
	want(t, m.Looked(at(month+13*60), next(t, m), Result{Card: card}), "")
}

// TestRenewalOnAPhone shows that a phone has no renewal window and that its
// certificate ends.
func TestRenewalOnAPhone(t *testing.T) {
	card := *demo(t, "adult")
	card.Token.Kind = jpki.TokenAndroid
	opens := cert.ValidityOf(card.Auth.Cert).NotAfter.AddDate(0, -2, 0)
	for kind, wanted := range map[jpki.TokenKind]string{jpki.TokenCard: "certificate-changed A auth", jpki.TokenAndroid: "", jpki.TokenIPhone: ""} {
		card.Token.Kind = kind
		m := seen(t, &card)
		want(t, m.Looked(opens, next(t, m), Result{Card: &card}), wanted)
		want(t, m.Looked(opens.AddDate(0, 3, 0), next(t, m), Result{Card: &card}), "certificate-changed A auth")
	}
}

func TestNoIntervalIsOneLook(t *testing.T) {
	m := newMachine(0)
	m.Readers(noon, []pcsc.ReaderState{full("A", 1)})
	m.Looked(noon, next(t, m), Result{Card: demo(t, "adult")})
	if l, ok := m.Next(); ok {
		t.Errorf("another look is due: %+v", l)
	}
}

// TestPhone shows that a card without a readable certificate stays the same
// card as long as it is in the reader.
func TestPhone(t *testing.T) {
	phone := tries(&Card{Token: jpki.Token{Kind: jpki.TokenAndroid}}, 5, 3)
	m := seen(t, phone)
	want(t, m.Looked(at(5), next(t, m), Result{Card: tries(phone, 5, 2)}), "tries-lowered A auth 3-2 since 12:00")
	if before, err := (&Memory{}).exchange(context.Background(), phone, noon); before != nil || err != nil {
		t.Errorf("remembered: %v, %v", before, err)
	}
}
