// Package castore keeps CA certificates of JPKI on this computer. It stores
// pinned ones that came with a card or a signature, for signatures that come
// without. It also stores those of a generation newer than this program, if the
// user added them after comparing the fingerprint.
//
// Only the fingerprint makes a stored certificate trusted: that of a pinned one
// is in the program's own table, and that of an added one was compared by the
// user.
package castore

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// Reasons why a certificate is not added.
var (
	ErrFingerprint = errors.New("castore: the certificate has another fingerprint")
	ErrNotJPKI     = errors.New("castore: not a CA of JPKI")
	ErrDemo        = errors.New("castore: the demo card's CA")
	ErrUnfit       = errors.New("castore: not fit to be a CA")
	ErrDamaged     = errors.New("castore: what is stored is damaged")
)

// DamagedError names the damaged file. It is ErrDamaged.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%v: %s: %v", ErrDamaged, e.Path, e.Err) }

// Unwrap returns ErrDamaged and the cause.
func (e *DamagedError) Unwrap() []error { return []error{ErrDamaged, e.Err} }

// CA is a stored certificate.
type CA struct {
	Certificate *x509.Certificate
	Added       bool // by the user; else it is pinned
	Since       time.Time
}

// Store is a collection of CAs.
type Store struct {
	docs   *state.Store
	pinned func(*x509.Certificate) bool // the tests have pins of their own
}

// Open returns the store in docs.
func Open(docs *state.Store) *Store {
	return &Store{docs: docs, pinned: func(c *x509.Certificate) bool {
		return trust.Anchors{}.Identify(c).Standing == trust.Pinned
	}}
}

// document is the state document; its name is "ca".
type document struct {
	Version int     `json:"version"`
	CAs     []entry `json:"cas"`
}

type entry struct {
	Fingerprint string    `json:"sha256"`
	Added       bool      `json:"added"`
	Since       time.Time `json:"since"`
	DER         []byte    `json:"certificate"`
}

const (
	name    = "ca"
	version = 1
)

// CAs lists the stored certificates that are still trusted, in the order of
// arrival.
func (s *Store) CAs(ctx context.Context) ([]CA, error) {
	var doc document
	if found, err := s.docs.Load(ctx, name, &doc); err != nil || !found {
		return nil, s.damaged(err)
	}
	return s.read(doc)
}

// read leaves out certificates that are no longer trusted, even if this program
// wrote them.
func (s *Store) read(doc document) (all []CA, err error) {
	if doc.Version != version {
		return nil, s.damaged(fmt.Errorf("%w: version %d", state.ErrCorrupt, doc.Version))
	}
	for _, e := range doc.CAs {
		c, err := cert.Parse(e.DER)
		if err != nil || cert.FingerprintOf(c).String() != e.Fingerprint {
			return nil, s.damaged(fmt.Errorf("%w: %.16s", state.ErrCorrupt, e.Fingerprint))
		}
		if s.pinned(c) {
			all = append(all, CA{c, false, e.Since})
		} else if e.Added && check(c) == nil {
			all = append(all, CA{c, true, e.Since})
		}
	}
	return all, nil
}

// damaged turns the error about a corrupt document into a [DamagedError] with
// the path of the file.
func (s *Store) damaged(err error) error {
	if errors.Is(err, state.ErrCorrupt) && !errors.Is(err, ErrDamaged) {
		return &DamagedError{filepath.Join(s.docs.Path(), name+".json"), err}
	}
	return err
}

// check returns the reason against adding a certificate that is not pinned.
func check(c *x509.Certificate) error {
	a := trust.Anchors{Added: []cert.Fingerprint{cert.FingerprintOf(c)}}
	switch {
	case cert.IsDemo(c) && cert.KindOf(c).IsCA(): // for any fingerprint: a DEMO certificate is never real
		return ErrDemo
	case a.Identify(c).Standing != trust.Added:
		return ErrNotJPKI
	}
	// Its dates are judged wherever it is used.
	for _, r := range a.CheckCA(c, trust.Moment{Time: c.NotBefore, Proven: true}).Reasons {
		return fmt.Errorf("%w: %w", ErrUnfit, r)
	}
	return nil
}

// Keep stores the pinned certificates that are not stored yet. It ignores all
// others.
func (s *Store) Keep(ctx context.Context, now time.Time, certificates ...*x509.Certificate) error {
	known, err := s.CAs(ctx)
	if err != nil {
		return err
	}
	var fresh []*x509.Certificate
	for _, c := range certificates {
		is := func(k CA) bool { return k.Certificate.Equal(c) }
		if s.pinned(c) && !slices.ContainsFunc(known, is) && !slices.ContainsFunc(fresh, c.Equal) {
			fresh = append(fresh, c)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return s.put(ctx, false, now, fresh...)
}

// Add stores a certificate that the user vouches for. f is the fingerprint that
// the user compared with J-LIS's publication. A pinned certificate does not
// depend on the user, and is stored as by [Store.Keep].
func (s *Store) Add(ctx context.Context, now time.Time, c *x509.Certificate, f cert.Fingerprint) error {
	if cert.FingerprintOf(c) != f {
		return ErrFingerprint
	}
	if s.pinned(c) {
		return s.put(ctx, false, now, c)
	}
	if err := check(c); err != nil {
		return err
	}
	return s.put(ctx, true, now, c)
}

func (s *Store) put(ctx context.Context, added bool, now time.Time, certificates ...*x509.Certificate) error {
	return s.damaged(state.Update(ctx, s.docs, name, func(doc *document) error {
		if doc.Version == 0 && len(doc.CAs) == 0 {
			doc.Version = version
		}
		if _, err := s.read(*doc); err != nil {
			return err
		}
		for _, c := range certificates {
			doc.CAs = slices.DeleteFunc(doc.CAs, func(e entry) bool { return bytes.Equal(e.DER, c.Raw) })
			doc.CAs = append(doc.CAs, entry{cert.FingerprintOf(c).String(), added, now.UTC().Truncate(time.Second), c.Raw})
		}
		return nil
	}))
}

// Remove forgets a certificate, and reports whether it was there.
func (s *Store) Remove(ctx context.Context, f cert.Fingerprint) (removed bool, err error) {
	err = state.Update(ctx, s.docs, name, func(doc *document) error {
		before := len(doc.CAs)
		doc.CAs = slices.DeleteFunc(doc.CAs, func(e entry) bool { return e.Fingerprint == f.String() })
		removed = len(doc.CAs) < before
		return nil
	})
	return removed, s.damaged(err)
}
