//go:build pcscd

package stacktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// testChain puts certificates under a CA other than JPKI's on a card, as on a
// card for tests, and returns the file of that CA. The CA is under a root whose
// certificate nobody has.
func testChain(t *testing.T, s *slot) (ca string) {
	t.Helper()
	begin, end := time.Now().AddDate(-1, 0, 0), time.Now().AddDate(3, 0, 0)
	root := newTestCA(t, "Root", nil, begin, end)
	issuer := newTestCA(t, "Issuer", root, begin, end)
	for kind, ef := range map[string]uint16{"sign": 0x0001, "auth": 0x000A} {
		own := programs[0].certificate(t, kind)
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(int64(ef)), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "TEST " + kind},
			NotBefore: begin, NotAfter: end, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		}, issuer.cert, own.PublicKey, issuer.key)
		testkit.Must(t, err)
		testkit.Must(t, s.card.SetFile(ef, der))
	}
	testkit.Must(t, s.card.SetFile(0x0002, issuer.cert.Raw))
	testkit.Must(t, s.card.SetFile(0x000B, issuer.cert.Raw))
	ca = filepath.Join(t.TempDir(), "test-ca.pem")
	testkit.Must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.cert.Raw}), 0o644))
	return ca
}

type testCA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newTestCA(t *testing.T, name string, above *testCA, begin, end time.Time) *testCA {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	testkit.Must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"JP"}, Organization: []string{"J-LIS-TEST"}, OrganizationalUnit: []string{name}},
		NotBefore: begin, NotAfter: end, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	parent, signer := template, key
	if above != nil {
		parent, signer = above.cert, above.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	testkit.Must(t, err)
	cert, err := x509.ParseCertificate(der)
	testkit.Must(t, err)
	return &testCA{cert, key}
}

// TestCardForTests shows that everything works with --ca on a card under
// another CA, also one that is not self-signed, and that the program reports
// what is missing without it.
func TestCardForTests(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	ca := testChain(t, s)
	each(t, func(t *testing.T, p program) {
		contains(t, p.run(t, "status", "--lang", "en").wantExit(t, 0).stdout, "a CA that this version does not know")
		r := p.run(t, "status", "--ca", ca, "--lang", "en").wantExit(t, 0)
		contains(t, r.stdout, "a CA of --ca")
		contains(t, p.run(t, "status", "--ca", ca, "--json").wantExit(t, 0).stdout, `"ca": "given-`)
		contains(t, p.run(t, "cert", "show", "auth", "--ca", ca, "--lang", "en").wantExit(t, 0).stdout, "a CA of --ca")
		p.run(t, "cert", "export", "auth", "--ca", ca).wantExit(t, 0)
		dir := file(t, "a", "x")
		r = p.with(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin", "--ca", ca, "--lang", "en").wantExit(t, 0)
		if n := signatures(r.log); n != 1 {
			t.Errorf("%d signatures: %v", n, r.log)
		}
		lacks(t, r.stderr, "not one that this version knows")
		p.with(t, setting{dir: dir}, "verify", "a.p7s", "--ca", ca, "--key-usage", "any").wantExit(t, 0)
		tool(t, dir, "openssl", "cms", "-verify", "-inform", "DER", "-in", "a.p7s", "-content", "a", "-binary", "-CAfile", ca, "-partial_chain", "-purpose", "any", "-out", "content")
		r = p.with(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin", "--force", "--no-ca", "--lang", "en").wantExit(t, 0)
		contains(t, r.stderr, "not one that this version knows")
	})
}

// lacks checks that unwanted is not part of text.
func lacks(t *testing.T, text, unwanted string) {
	t.Helper()
	if strings.Contains(text, unwanted) {
		t.Errorf("%q in\n%s", unwanted, text)
	}
}
