package castore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, cert.JST)

// newCA makes a CA named as JPKI's are, for an organization; change may be nil.
func newCA(t *testing.T, o string, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	part := func(id int, v string) pkix.RelativeDistinguishedNameSET {
		return pkix.RelativeDistinguishedNameSET{{Type: asn1.ObjectIdentifier{2, 5, 4, id}, Value: v}}
	}
	name, err := asn1.Marshal(pkix.RDNSequence{part(6, "JP"), part(10, o), part(11, o+" for digital signature")})
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4), RawSubject: name, NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(10, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newStore gives a store to which these are pinned.
func newStore(t *testing.T, pinned ...*x509.Certificate) *Store {
	t.Helper()
	s := Open(state.At(filepath.Join(t.TempDir(), "jpki")))
	s.pinned = func(c *x509.Certificate) bool {
		for _, p := range pinned {
			if c.Equal(p) {
				return true
			}
		}
		return false
	}
	return s
}

func (s *Store) expect(t *testing.T, want ...CA) {
	t.Helper()
	got, err := s.CAs(t.Context())
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d CAs, want %d (%v)", len(got), len(want), err)
	}
	for i, w := range want {
		if !got[i].Certificate.Equal(w.Certificate) || got[i].Added != w.Added || !got[i].Since.Equal(now) {
			t.Errorf("%d: %+v", i, got[i])
		}
	}
}

func TestAddAndRemove(t *testing.T) {
	next, pinned := newCA(t, "JPKI", nil), newCA(t, "JPKI", nil)
	s := newStore(t, pinned)
	s.expect(t)
	for range 2 { // twice is once
		for _, c := range []*x509.Certificate{next, pinned} {
			if err := s.Add(t.Context(), now, c, cert.FingerprintOf(c)); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.expect(t, CA{Certificate: next, Added: true}, CA{Certificate: pinned})
	for _, there := range []bool{true, false} {
		removed, err := s.Remove(t.Context(), cert.FingerprintOf(next))
		if err != nil || removed != there {
			t.Errorf("removed: %v, %v, want %v", removed, err, there)
		}
		s.expect(t, CA{Certificate: pinned})
	}
}

func TestAddRefuses(t *testing.T) {
	demo, _ := virtualcard.DemoCAs()
	good := newCA(t, "JPKI", nil)
	for what, test := range map[string]struct {
		c    *x509.Certificate
		f    cert.Fingerprint
		want error
	}{
		"another fingerprint":   {good, cert.FingerprintOf(demo.Certificate), ErrFingerprint},
		"another organization":  {newCA(t, "Example", nil), cert.Fingerprint{}, ErrNotJPKI},
		"the demo CA":           {demo.Certificate, cert.Fingerprint{}, ErrDemo},
		"another with its name": {newCA(t, "JPKI DEMO", nil), cert.Fingerprint{}, ErrDemo},
		"not for certificates":  {newCA(t, "JPKI", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }), cert.Fingerprint{}, ErrUnfit},
		"not a CA":              {newCA(t, "JPKI", func(c *x509.Certificate) { c.IsCA = false }), cert.Fingerprint{}, ErrUnfit},
		"an extension not known": {newCA(t, "JPKI", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}), cert.Fingerprint{}, ErrUnfit},
	} {
		if test.f == (cert.Fingerprint{}) {
			test.f = cert.FingerprintOf(test.c)
		}
		s := newStore(t)
		if err := s.Add(t.Context(), now, test.c, test.f); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(s.docs.Path()); err == nil {
			t.Errorf("%s: something was written", what)
		}
	}
}

// Nothing comes in by itself but what is pinned.
func TestKeep(t *testing.T) {
	demo, _ := virtualcard.DemoCAs()
	pinned, unknown := newCA(t, "JPKI", nil), newCA(t, "JPKI", nil)
	s := newStore(t, pinned)
	if err := s.Keep(t.Context(), now, unknown, demo.Certificate); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.docs.Path()); err == nil {
		t.Error("there was nothing to keep, and something was written")
	}
	for range 2 {
		if err := s.Keep(t.Context(), now, unknown, pinned, demo.Certificate, pinned); err != nil {
			t.Fatal(err)
		}
		s.expect(t, CA{Certificate: pinned})
	}
	// One that loses its pin is not believed because it lies there.
	s.pinned = func(*x509.Certificate) bool { return false }
	s.expect(t)
}

func TestDamagedStore(t *testing.T) {
	next := newCA(t, "JPKI", nil)
	s := newStore(t)
	if err := s.Add(t.Context(), now, next, cert.FingerprintOf(next)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.docs.Path(), "ca.json")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := cert.FingerprintOf(next).String()
	for what, change := range map[string][2]string{
		"another fingerprint": {f, strings.Repeat("0", 64)},
		"another version":     {`"version": 1`, `"version": 2`},
		"no certificate":      {`"certificate": "MII`, `"certificate": "AAA`},
		"no JSON":             {`{`, `[`},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if bad == string(good) {
			t.Fatalf("%s: nothing changed", what)
		}
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.CAs(t.Context()); !errors.Is(err, ErrDamaged) || got != nil {
			t.Errorf("%s: %v, %v", what, got, err)
		}
		if err := s.Add(t.Context(), now, next, cert.FingerprintOf(next)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Add: %v", what, err)
		}
	}
	// Somebody who writes into the file what may not be added gains nothing.
	demo, _ := virtualcard.DemoCAs()
	forged := newStore(t)
	forged.docs = s.docs
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := forged.put(t.Context(), true, now, demo.Certificate, newCA(t, "Example", nil)); err != nil {
		t.Fatal(err)
	}
	forged.expect(t)
}
