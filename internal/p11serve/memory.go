package p11serve

import (
	"context"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/token"
	"github.com/jpki-tools/jpki/pkg/cert"
)

// refusals are the cards that were found to make no RSASSA-PSS signatures, by the
// fingerprints of their certificates. A program that sees the mechanism takes it,
// and fails each time.
type refusals struct {
	Version int      `json:"version"`
	Cards   []string `json:"cards"`
}

const (
	refusalsName    = "pkcs11"
	refusalsVersion = 1
	refusalsMost    = 50          // the oldest go first
	refusalsLimit   = time.Second // for another program that has the document
)

// Remember has a slot remember which cards make no RSASSA-PSS signatures: in
// store, or where that is nil as long as the process lives.
func Remember(slot *token.Slot, store *state.Store) {
	var mu sync.Mutex
	var known []string
	if store != nil {
		ctx, cancel := context.WithTimeout(context.Background(), refusalsLimit)
		defer cancel()
		var doc refusals
		if found, err := store.Load(ctx, refusalsName, &doc); err == nil && found && doc.Version == refusalsVersion {
			known = doc.Cards
		}
	}
	slot.NoPSS = func(c *x509.Certificate) bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Contains(known, cert.FingerprintOf(c).String())
	}
	slot.OnNoPSS = func(c *x509.Certificate) {
		card := cert.FingerprintOf(c).String()
		mu.Lock()
		known = append(known, card)
		mu.Unlock()
		if store == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), refusalsLimit)
		defer cancel()
		// Where it cannot be kept, the next program finds out again.
		_ = state.Update(ctx, store, refusalsName, func(doc *refusals) error {
			if doc.Version != refusalsVersion {
				*doc = refusals{Version: refusalsVersion}
			}
			if !slices.Contains(doc.Cards, card) {
				doc.Cards = append(doc.Cards, card)
			}
			doc.Cards = doc.Cards[max(0, len(doc.Cards)-refusalsMost):]
			return nil
		})
	}
}
