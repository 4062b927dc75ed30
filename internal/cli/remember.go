package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
)

// seenDocument is what is remembered of signing certificates, which the card
// shows only after their password. Its keys are fingerprints of authentication
// certificates: they tell one card from another and say nothing of its holder.
type seenDocument struct {
	Version int                 `json:"version"`
	Cards   map[string]seenSign `json:"cards"`
}

// seenSign is when a signing certificate ends, and when that was last seen.
type seenSign struct {
	Fingerprint string    `json:"sha256"`
	NotAfter    time.Time `json:"not_after"`
	Seen        time.Time `json:"seen"`
}

const (
	seenName    = "seen"
	seenVersion = 1
	// seenCards bounds the document: those not seen for longest go first.
	seenCards = 50
	// seenLimit is how long another program that has the document is waited
	// for: remembering is a convenience.
	seenLimit = time.Second
)

// seenMemory remembers when signing certificates end.
type seenMemory struct {
	io    *ui.IO
	now   func() time.Time
	store *state.Store // nil: nothing is remembered
}

// remember notes when a signing certificate ends, for [seenMemory.recall]. auth is the
// authentication certificate of the same card. Where a command has no reason to
// read that it is nil, and only what is already known of a card is renewed: a
// read just for this would cost the person time.
//
// That something cannot be remembered is said, but fails no command.
func (m *seenMemory) remember(ctx context.Context, auth, sign *x509.Certificate) {
	if m.store == nil || sign == nil {
		return
	}
	fresh := seenSign{cert.FingerprintOf(sign).String(), sign.NotAfter, m.now().UTC().Truncate(time.Second)}
	ctx, cancel := context.WithTimeout(ctx, seenLimit)
	defer cancel()
	if auth == nil && !m.knows(ctx, fresh) {
		return
	}
	err := state.Update(ctx, m.store, seenName, func(doc *seenDocument) error {
		if doc.Version != seenVersion || doc.Cards == nil {
			*doc = seenDocument{Version: seenVersion, Cards: map[string]seenSign{}}
		}
		for card, old := range doc.Cards {
			if old.Fingerprint == fresh.Fingerprint {
				doc.Cards[card] = fresh
			}
		}
		if auth != nil {
			doc.Cards[cert.FingerprintOf(auth).String()] = fresh
		}
		doc.forgetOldest()
		return nil
	})
	var failed *state.Error
	if errors.As(err, &failed) {
		m.io.Note(text{
			JA: "署名用電子証明書の満了日を記憶できませんでした(%s)。--no-remember を付けると記憶しません。",
			EN: "When the signing certificate ends could not be remembered (%s). With --no-remember it is not tried.",
		}.With(failed.Path))
	}
}

// knows reports whether a card is known that has this signing certificate.
func (m *seenMemory) knows(ctx context.Context, s seenSign) bool {
	var doc seenDocument
	found, err := m.store.Load(ctx, seenName, &doc)
	if err != nil || !found || doc.Version != seenVersion {
		return false
	}
	for _, old := range doc.Cards {
		if old.Fingerprint == s.Fingerprint {
			return true
		}
	}
	return false
}

func (d *seenDocument) forgetOldest() {
	if len(d.Cards) <= seenCards {
		return
	}
	var seen []time.Time
	for _, s := range d.Cards {
		seen = append(seen, s.Seen)
	}
	slices.SortFunc(seen, func(x, y time.Time) int { return y.Compare(x) })
	for card, s := range d.Cards {
		if s.Seen.Compare(seen[seenCards-1]) < 0 {
			delete(d.Cards, card)
		}
	}
}

// recall gives what was last seen of the signing certificate on the card with
// this authentication certificate. What cannot be read is not known.
func (m *seenMemory) recall(ctx context.Context, auth *x509.Certificate) (s seenSign, ok bool) {
	if m.store == nil || auth == nil {
		return seenSign{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, seenLimit)
	defer cancel()
	var doc seenDocument
	found, err := m.store.Load(ctx, seenName, &doc)
	if err != nil || !found || doc.Version != seenVersion {
		return seenSign{}, false
	}
	s, ok = doc.Cards[cert.FingerprintOf(auth).String()]
	return s, ok
}

// memory is where things are remembered; nil where they are not: on a tour,
// which keeps nothing, and where there is no folder for it.
func (a *app) memory() *state.Store {
	if a.noRemember || a.cards.Tour != nil {
		return nil
	}
	store, err := state.Open(a.env.Getenv)
	if err != nil {
		return nil
	}
	return store
}

// seen is what is remembered of signing certificates.
func (a *app) seen() *seenMemory { return &seenMemory{a.io, a.env.Now, a.memory()} }
