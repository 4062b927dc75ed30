package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/jst"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/internal/signers"
)

// signedAt is the clock of these tests.
var signedAt = time.Date(2026, 11, 22, 10, 2, 3, 0, jst.Zone)

// holder has a key and a certificate for it.
type holder struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newHolder(key crypto.Signer, name string, serial int64) holder {
	return holder{signers.Certify(key, name, serial), key}
}

// parties are a certification authority and holders of its certificates.
type parties struct {
	ca, signer, other, short, p256 holder
	// twin has the signer's key in another certificate.
	twin holder
}

var fixture = sync.OnceValue(func() parties {
	p := parties{
		signer: newHolder(signers.Cardholder(), "納税者", 1),
		other:  newHolder(signers.RSA(2048), "税理士", 2),
		short:  newHolder(signers.RSA(1024), "RSA 1024", 3),
		p256:   newHolder(signers.ECDSA(elliptic.P256()), "P-256", 4),
		twin:   newHolder(signers.Cardholder(), "somebody else", 5),
	}
	p.ca.cert, p.ca.key = signers.CA()
	return p
})

func (h holder) signing() cms.Signing {
	return cms.Signing{Certificate: h.cert, CA: []*x509.Certificate{fixture().ca.cert}, Key: h.key, Time: signedAt}
}

// cardKey is a key like that of a smart card: opaque, PKCS #1 v1.5 only. It
// counts its uses.
type cardKey struct {
	crypto.Signer
	used *int
}

var errCard = errors.New("the card says no")

func (k cardKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	*k.used++
	if _, pss := opts.(*rsa.PSSOptions); pss || len(digest) != opts.HashFunc().Size() {
		return nil, errCard
	}
	return k.Signer.Sign(nil, digest, opts.HashFunc())
}

func mustParse(t testing.TB, src []byte) *Document {
	t.Helper()
	d, err := Parse(src)
	if err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	return d
}

func finish(t testing.TB, p *Prepared, s cms.Signing) []byte {
	t.Helper()
	signed, err := p.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := signed.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sign(t testing.TB, src []byte, r Options, s cms.Signing) []byte {
	t.Helper()
	p, err := mustParse(t, src).Prepare(r)
	if err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	return finish(t, p, s)
}

// files are the files beside a signature, by name.
type files map[string]string

func (f files) open(name string) (io.ReadCloser, error) {
	content, found := f[name]
	if !found {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

func (f files) request(r Options) Options {
	for _, name := range sortedKeys(f) {
		r.Files = append(r.Files, File{Name: name, Content: strings.NewReader(f[name])})
	}
	return r
}
