package trust_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

func TestDemoPinsAreTheDemoCardsCAs(t *testing.T) {
	sign, auth := virtualcard.DemoCAs()
	for i, ca := range []*x509.Certificate{sign.Certificate, auth.Certificate} {
		want := trust.DemoPins()[i]
		got := trust.Pin{
			ID: want.ID, Generation: want.Generation,
			Kind:         cert.KindOf(ca),
			Serial:       cert.Serial(ca.SerialNumber),
			SubjectKeyID: fmt.Sprintf("%X", ca.SubjectKeyId),
			Validity:     cert.ValidityOf(ca),
			Fingerprint:  cert.FingerprintOf(ca),
		}
		if got != want {
			t.Errorf("pinned %+v\nin the card %+v", want, got)
		}
		if id := (trust.Anchors{}).Identify(ca); id.Standing != trust.Demo || id.Pin != want {
			t.Errorf("identified as %v", id)
		}
		if status := (trust.Anchors{}).CheckCA(ca, trust.Moment{Time: clock, Proven: true}).Status(); status != trust.Indeterminate {
			t.Errorf("without being asked for: %s", status)
		}
		if status := (trust.Anchors{Demo: true}).CheckCA(ca, trust.Moment{Time: clock, Proven: true}).Status(); status != trust.Valid {
			t.Errorf("asked for: %s", status)
		}
	}
}

var clock = time.Date(2026, time.November, 22, 9, 0, 0, 0, cert.JST)

// The demo cards have the profile of real ones: RSA, otherNames, policies, all
// of it. Their certificates go the whole way.
func TestDemoCards(t *testing.T) {
	demo := trust.Anchors{Demo: true}
	now := trust.Moment{Time: clock, Proven: true}
	for name, want := range map[string]struct {
		state  cert.State
		status trust.Status
		birth  string
	}{
		"adult":    {cert.Valid, trust.ValidRevocationUnchecked, "昭和60年11月3日"},
		"expiring": {cert.RenewalOpen, trust.ValidRevocationUnchecked, "平成2年12月20日"},
		"expired":  {cert.Expired, trust.Invalid, "昭和50年8月25日"},
		"last-try": {cert.Valid, trust.ValidRevocationUnchecked, "平成11年1月31日"},
		"foreign":  {cert.Valid, trust.ValidRevocationUnchecked, "1992年10月日不詳"},
	} {
		persona, ok := virtualcard.Lookup(name)
		if !ok {
			t.Fatalf("no persona %s", name)
		}
		card, err := virtualcard.New(persona, clock, virtualcard.Options{})
		if err != nil {
			t.Fatal(err)
		}
		card.PowerOn()
		send(t, card, 0xA4, 0x04, 0x0C, 0, "\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01")
		send(t, card, 0xA4, 0x02, 0x0C, 0, "\x00\x1B")
		send(t, card, 0x20, 0x00, 0x80, 0, persona.SignPIN)
		sign, signCA := certificate(t, card, "\x00\x01"), certificate(t, card, "\x00\x02")
		auth, authCA := certificate(t, card, "\x00\x0A"), certificate(t, card, "\x00\x0B")

		for kind, pair := range map[cert.Kind][2]*x509.Certificate{cert.Sign: {sign, signCA}, cert.Auth: {auth, authCA}} {
			c, cas := pair[0], []*x509.Certificate{authCA, signCA}
			if got := cert.KindOf(c); got != kind || !cert.IsDemo(c) {
				t.Errorf("%s: %v certificate, demo %v", name, got, cert.IsDemo(c))
			}
			if got := cert.ValidityOf(c).State(clock); got != want.state {
				t.Errorf("%s, %v: %v, want %v", name, kind, got, want.state)
			}
			v := demo.Check(c, cas, kind, now)
			if v.Status() != want.status || v.Issuer.Standing != trust.Demo || v.Issuer.Pin.Kind != cert.KindOf(pair[1]) {
				t.Errorf("%s, %v: %s, %v, %v", name, kind, v.Status(), v.Reasons, v.Issuer)
			}
			v = trust.Anchors{}.Check(c, cas, kind, now)
			if v.Status() != trust.Indeterminate || !errors.Is(v.Reasons[0], trust.ErrDemoCA) {
				t.Errorf("%s, %v, without being asked for: %s, %v", name, kind, v.Status(), v.Reasons)
			}
			v = trust.Anchors{}.Check(c, nil, kind, now)
			if !errors.Is(v.Reasons[0], trust.ErrNoIssuer) || v.Issuer.Standing != trust.Demo {
				t.Errorf("%s, %v, without the CA: %v, %v", name, kind, v.Reasons, v.Issuer)
			}
		}

		written := persona.Holder(clock)
		h, err := cert.HolderOf(sign)
		if err != nil || string(h.Name) != written.Name || string(h.Address) != written.Address || string(h.Sex) != written.Sex {
			t.Errorf("%s: holder %v, %v, want %v", name, h, err, written)
		}
		if got := h.Birth.Wareki(); got != want.birth {
			t.Errorf("%s: born %s, want %s", name, got, want.birth)
		}
		for _, f := range []struct {
			at    []int
			flags string
		}{{h.NameSubstitutes, written.NameSubstitute}, {h.AddressSubstitutes, written.AddressSubstitute}} {
			flags := []byte(f.flags)
			for _, i := range f.at {
				flags[i]--
			}
			for _, flag := range flags {
				if flag != '0' {
					t.Errorf("%s: substitutes %v out of %s", name, f.at, f.flags)
					break
				}
			}
		}
		if _, err := cert.HolderOf(auth); !errors.Is(err, cert.ErrNoHolder) {
			t.Errorf("%s: holder of the authentication certificate: %v", name, err)
		}
	}
}

// certificate reads a padded file of the card in one command.
func certificate(t *testing.T, card *virtualcard.Card, file string) *x509.Certificate {
	t.Helper()
	send(t, card, 0xA4, 0x02, 0x0C, 0, file)
	c, err := cert.Parse(send(t, card, 0xB0, 0x00, 0x00, 2500, ""))
	if err != nil {
		t.Fatalf("file %X: %v", file, err)
	}
	return c
}

func send(t *testing.T, card *virtualcard.Card, ins, p1, p2 byte, ne int, data string) []byte {
	t.Helper()
	r, err := apdu.Send(card, apdu.Command{INS: ins, P1: p1, P2: p2, Data: []byte(data), Ne: ne})
	if err == nil && r.SW != apdu.StatusEndOfFile {
		err = r.Err()
	}
	if err != nil {
		t.Fatalf("INS %02X: %v", ins, err)
	}
	return r.Data
}
