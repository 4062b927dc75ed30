package inspect

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

// seenDocument is the memory of signing certificates, because the card shows
// them only after their password. Its keys are fingerprints of authentication
// certificates: they identify a card and reveal nothing about its holder.
type seenDocument struct {
	Version int                       `json:"version"`
	Cards   map[string]RememberedSign `json:"cards"`
}

// RememberedSign is when a signing certificate ends, and when that was last seen.
type RememberedSign struct {
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

// Memory remembers when signing certificates end.
type Memory struct {
	IO    *ui.IO
	Now   func() time.Time
	Store *state.Store // nil: nothing is remembered
}

// Remember records the end of a signing certificate, for [seenMemory.recall].
// auth is the authentication certificate of the same card. It is nil if the
// command did not read it; reading it just for this would cost the person time.
// Remember then only updates a card that it already knows.
//
// A failure is shown, but fails no command.
func (m *Memory) Remember(ctx context.Context, auth, sign *x509.Certificate) {
	if m.Store == nil || sign == nil {
		return
	}
	fresh := RememberedSign{cert.FingerprintOf(sign).String(), sign.NotAfter, m.Now().UTC().Truncate(time.Second)}
	ctx, cancel := context.WithTimeout(ctx, seenLimit)
	defer cancel()
	if auth == nil && !m.knows(ctx, fresh) {
		return
	}
	err := state.Update(ctx, m.Store, seenName, func(doc *seenDocument) error {
		if doc.Version != seenVersion || doc.Cards == nil {
			*doc = seenDocument{Version: seenVersion, Cards: map[string]RememberedSign{}}
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
		m.IO.Note(text{
			JA: "署名用電子証明書の満了日を記憶できませんでした(%s)。--no-remember を付けると記憶しません。",
			EN: "When the signing certificate ends could not be remembered (%s). With --no-remember it is not tried.",
		}.With(failed.Path))
	}
}

// knows reports whether a card is known that has this signing certificate.
func (m *Memory) knows(ctx context.Context, s RememberedSign) bool {
	var doc seenDocument
	found, err := m.Store.Load(ctx, seenName, &doc)
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

// recall returns the last state of the signing certificate on the card with
// this authentication certificate. An unreadable memory counts as empty.
func (m *Memory) recall(ctx context.Context, auth *x509.Certificate) (s RememberedSign, ok bool) {
	if m.Store == nil || auth == nil {
		return RememberedSign{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, seenLimit)
	defer cancel()
	var doc seenDocument
	found, err := m.Store.Load(ctx, seenName, &doc)
	if err != nil || !found || doc.Version != seenVersion {
		return RememberedSign{}, false
	}
	s, ok = doc.Cards[cert.FingerprintOf(auth).String()]
	return s, ok
}
