package strength_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

const onePage = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n" +
	"trailer<</Size 4/Root 1 0 R>>\nstartxref\n160\n%%EOF\n"

// TestOneSigning: a cms.Signing means the same in every format. What it leaves
// out is SHA-256 and the time that the format has; what contradicts the format
// is refused.
func TestOneSigning(t *testing.T) {
	ca := root(t)
	key := newEC(elliptic.P256())
	s := cms.Signing{Certificate: ca.issue(t, key, nil), Key: key, Time: moment}
	formats := map[string]func(cms.Signing, crypto.Hash) (cms.Algorithm, time.Time, error){
		"CMS": func(s cms.Signing, h crypto.Hash) (a cms.Algorithm, at time.Time, err error) {
			content, err := cms.HashContent(strings.NewReader("content"), max(h, crypto.SHA256))
			if err != nil {
				return a, at, err
			}
			if h != 0 {
				if s, err = s.WithHash(h); err != nil {
					return a, at, err
				}
			}
			der, err := s.Detached(content.Digest(max(h, crypto.SHA256)))
			if err != nil {
				return a, at, err
			}
			sd, err := cms.Parse(der)
			if err != nil {
				return a, at, err
			}
			r := sd.Verify(content)
			return r[0].Algorithm, r[0].SigningTime, r.Err()
		},
		"XML": func(s cms.Signing, h crypto.Hash) (a cms.Algorithm, at time.Time, err error) {
			d, err := xmlsig.Parse([]byte("<a/>"))
			if err != nil {
				return a, at, err
			}
			p, err := d.Prepare(xmlsig.Options{XAdES: true, Hash: h})
			if err != nil {
				return a, at, err
			}
			signed, err := p.Sign(s)
			if err != nil {
				return a, at, err
			}
			var b bytes.Buffer
			if _, err = signed.WriteTo(&b); err != nil {
				return a, at, err
			}
			if d, err = xmlsig.Parse(b.Bytes()); err != nil {
				return a, at, err
			}
			r := d.Verify(xmlsig.Verification{})
			return r[0].Algorithm, r[0].SigningTime, r.Err()
		},
		"PDF": func(s cms.Signing, h crypto.Hash) (a cms.Algorithm, at time.Time, err error) {
			p, err := pdfsig.Prepare(strings.NewReader(onePage), int64(len(onePage)), pdfsig.Options{Profile: pdfsig.PAdES})
			if err != nil {
				return a, at, err
			}
			if err = p.Hash(h); err != nil {
				return a, at, err
			}
			u, err := p.Sign(pdfsig.Statement{Name: "Somebody"}, s)
			if err != nil {
				return a, at, err
			}
			var b bytes.Buffer
			if _, err = u.WriteTo(&b); err != nil {
				return a, at, err
			}
			r, err := pdfsig.Verify(bytes.NewReader(b.Bytes()), int64(b.Len()))
			if err != nil {
				return a, at, err
			}
			return r.Signatures[0].Algorithm, r.Signatures[0].SigningTime, r.Err()
		},
	}
	for format, sign := range formats {
		for _, test := range []struct {
			asked, prepared, want crypto.Hash
			err                   error
		}{
			{0, 0, crypto.SHA256, nil},
			{0, crypto.SHA512, crypto.SHA512, nil},
			{crypto.SHA384, crypto.SHA384, crypto.SHA384, nil},
			{crypto.SHA256, crypto.SHA384, 0, cms.ErrHash},
		} {
			s.Hash = test.asked
			a, at, err := sign(s, test.prepared)
			if !errors.Is(err, test.err) || err == nil && (test.err != nil || a.Hash != test.want || !at.Equal(moment)) {
				t.Errorf("%s, %v over %v: %v at %v, %v", format, test.asked, test.prepared, a, at, err)
			}
		}
	}

	p, err := pdfsig.Prepare(strings.NewReader(onePage), int64(len(onePage)), pdfsig.Options{Profile: pdfsig.PAdES})
	if err == nil {
		err = p.Hash(0)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Hash = 0
	if _, err := p.Sign(pdfsig.Statement{Time: moment.Add(time.Hour)}, s); !errors.Is(err, cms.ErrTime) {
		t.Errorf("two times: %v", err)
	}
}
