package jpki_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// issued reads in a session of k.
func issued(s *slot, k jpki.Key, known ...*x509.Certificate) (own, ca *x509.Certificate, err error) {
	err = jpki.New(s).WithPIN(context.Background(), k, rightPIN(k), nil, func(session *jpki.Session) (err error) {
		own, ca, err = session.Issued(k, known...)
		return err
	})
	return own, ca, err
}

// flipped changes one bit of the n-th answer to READ BINARY, and of the
// following ones up to times answers.
func flipped(s *slot, n, times int) func(int, func() ([]byte, error)) ([]byte, error) {
	reads := 0
	return func(i int, run func() ([]byte, error)) ([]byte, error) {
		answer, err := run()
		if s.sent[i][1] == apdu.InsReadBinary && s.sent[i][2] != 0x88 && len(answer) > 2 {
			if reads >= n && reads < n+times {
				answer[(len(answer)-2)/2] ^= 1 << 3
			}
			reads++
		}
		return answer, err
	}
}

// TestIssued shows that both certificates are checked against each other,
// whichever bit of an answer is wrong, and that a wrong one is read once more.
func TestIssued(t *testing.T) {
	for _, o := range []virtualcard.Options{{}, {NoExtendedLength: true}} {
		good := newSlot(t, "adult", o)
		all := certificates(t, good.card)
		own, ca, err := issued(good, jpki.KeySign)
		if err != nil || !own.Equal(all[jpki.KindSign]) || !ca.Equal(all[jpki.KindSignCA]) {
			t.Fatalf("%v", err)
		}
		answers := count(good.sent, apdu.InsReadBinary)
		if o.NoExtendedLength {
			answers-- // one refused
		}
		for n := range answers {
			s := newSlot(t, "adult", o)
			s.fault = flipped(s, n, 1)
			if gotOwn, gotCA, err := issued(s, jpki.KeySign); err != nil || !gotOwn.Equal(own) || !gotCA.Equal(ca) {
				t.Errorf("READ %d wrong once: %v", n, err)
			}
			s = newSlot(t, "adult", o)
			s.fault = flipped(s, n, 1000)
			if _, _, err := issued(s, jpki.KeySign); !errors.Is(err, jpki.ErrDamaged) {
				t.Errorf("READs from %d on wrong: %v", n, err)
			}
		}
	}
}

// TestIssuedByAKnownCA shows that a known CA certificate, by key identifier and
// signature, is not read, and that another one with the same name and key
// identifier is not used.
func TestIssuedByAKnownCA(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	all := certificates(t, s.card)
	impostor := *all[jpki.KindSignCA]
	impostor.PublicKey = &testKey(t).PublicKey
	for name, c := range map[string]struct {
		known    []*x509.Certificate
		commands int
	}{
		"known":    {[]*x509.Certificate{all[jpki.KindAuthCA], all[jpki.KindSignCA]}, 8},
		"unknown":  {[]*x509.Certificate{all[jpki.KindAuthCA]}, 10},
		"impostor": {[]*x509.Certificate{&impostor}, 10},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		own, ca, err := issued(s, jpki.KeySign, c.known...)
		if err != nil || !own.Equal(all[jpki.KindSign]) || !bytes.Equal(ca.Raw, all[jpki.KindSignCA].Raw) || ca == &impostor {
			t.Errorf("%s: %v", name, err)
		}
		if len(s.sent) != c.commands {
			t.Errorf("%s: %d commands, want %d", name, len(s.sent), c.commands)
		}
	}
}

// TestIssuedWithoutCA shows that an unreadable CA certificate does not prevent
// the use of the holder's.
func TestIssuedWithoutCA(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	setFile(t, s.card, 0x0002, make([]byte, 2048))
	own, ca, err := issued(s, jpki.KeySign)
	e := errorAs[*jpki.CertificateError](t, err)
	if own == nil || ca != nil || e.Kind != jpki.KindSignCA {
		t.Errorf("%v", err)
	}
	// One that is another CA's is no issuer.
	s = newSlot(t, "adult", virtualcard.Options{})
	_, authCA := virtualcard.DemoCAs()
	setFile(t, s.card, 0x0002, authCA.Certificate.Raw)
	if own, ca, err = issued(s, jpki.KeySign); !errors.Is(err, jpki.ErrIssuer) || own != nil || ca != nil {
		t.Errorf("another CA's: %v", err)
	}
}
