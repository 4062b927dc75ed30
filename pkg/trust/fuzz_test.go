package trust

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// FuzzCRL: a list that this CA did not sign never says anything.
func FuzzCRL(f *testing.F) {
	ca := newAuthority(f, cert.SignCA, 1, nil)
	point := extension(f, "2.5.29.31", false, tlv(0x30, tlv(0x30, pointName(place(f, "Kiyose-shi CRLDP")))))
	c := ca.issue(func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, point) })
	genuine := map[string]bool{}
	for _, change := range []func(*x509.RevocationList){
		nil,
		revoking(c, now, 1),
		extending(extension(f, "2.5.29.28", true, tlv(0x30, pointName(place(f, "Kiyose-shi CRLDP")), tlv(0x81, []byte{0xFF}), tlv(0x83, []byte{6, 0x40})))),
		extending(extension(f, "2.5.29.27", true, 6)),
	} {
		der := ca.newList(change)
		if l, err := ParseCRLs(der); err == nil {
			genuine[string(l[0].list.RawTBSRevocationList)] = true
		}
		f.Add(der)
		f.Add(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lists, err := ParseCRLs(data)
		if (err == nil) != (len(lists) > 0) {
			t.Fatalf("%d lists, %v", len(lists), err)
		}
		for _, l := range lists {
			e, applies := l.Check(c, ca.cert)
			if believed := applies && e.Err == nil; believed && !genuine[string(l.list.RawTBSRevocationList)] {
				t.Errorf("believed: %X", data)
			}
			e.judge(proven, now)
		}
	})
}

// FuzzOCSP: a response that nobody signed never says anything.
func FuzzOCSP(f *testing.F) {
	ca := newAuthority(f, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	q := request(f, c, ca.cert)
	genuine := map[string]bool{}
	byKey := ca.delegate(20, nil)
	byKey.byKey = true
	for _, response := range [][]byte{
		ca.responder().respond(answer(f, c, ca.cert, goodStatus)),
		ca.responder().respond(answer(f, c, ca.cert, unknown), answer(f, c, ca.cert, revokedStatus(now, 1))),
		byKey.respond(answer(f, c, ca.cert, goodStatus)),
		{0x30, 3, 0x0A, 1, 6},
	} {
		if o, err := parseOCSP(response); err == nil {
			genuine[string(o.signed)] = true
		}
		f.Add(response)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e := q.Check(data, now)
		if e.Err == nil {
			if o, err := parseOCSP(data); err != nil || !genuine[string(o.signed)] {
				t.Errorf("believed: %X", data)
			}
		}
		e.judge(proven, now)
	})
}
