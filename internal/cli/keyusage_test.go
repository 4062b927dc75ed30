package cli

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// loginSigning signs with a key for logging in, as a hostile server can have a
// card do it.
func loginSigning(t *testing.T) cms.Signing {
	t.Helper()
	_, ca := virtualcard.DemoCAs()
	policy, err := x509.ParseOID("1.2.392.200149.8.5.1.3.30")
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(9), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "ABCDEFGHIJKLM0123456789"},
		NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(0, 0, 1), Policies: []x509.OID{policy},
		KeyUsage: x509.KeyUsageDigitalSignature,
	}, ca.Certificate, ca.Key.Public(), ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cms.Signing{Certificate: c, CA: []*x509.Certificate{ca.Certificate}, Key: ca.Key, Hash: crypto.SHA256, Time: time.Now()}
}

// signedInAllFormats writes a document of each format, signed so.
func signedInAllFormats(t *testing.T, w *world, s cms.Signing) []string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.write("iou.txt", "I owe you 1,000,000 yen.\n")
	h := crypto.SHA256.New()
	h.Write([]byte("I owe you 1,000,000 yen.\n"))
	signature, err := s.Detached(h.Sum(nil))
	must(err)
	w.write("iou.txt.p7s", string(signature))

	doc, err := xmlsig.Parse([]byte(xmlSample))
	must(err)
	prepared, err := doc.Prepare(xmlsig.Options{Hash: crypto.SHA256})
	must(err)
	signed, err := prepared.Sign(s)
	must(err)
	var out bytes.Buffer
	_, err = signed.WriteTo(&out)
	must(err)
	w.write("iou.xml", out.String())

	sample := samplePDF(t, w)
	options := pdfsig.Options{Profile: pdfsig.PAdES}
	if _, ok := s.Certificate.PublicKey.(*rsa.PublicKey); ok {
		options.Profile = pdfsig.Touki // which is for cards' keys
	}
	paper, err := pdfsig.Prepare(strings.NewReader(sample), int64(len(sample)), options)
	must(err)
	must(paper.Hash(crypto.SHA256))
	update, err := paper.Sign(pdfsig.Statement{Name: "somebody", Time: s.Time}, s)
	must(err)
	out.Reset()
	_, err = update.WriteTo(&out)
	must(err)
	w.write("iou.pdf", out.String())
	return []string{"iou.txt.p7s", "iou.xml", "iou.pdf"}
}

// TestLoginKey shows that a signature by the log-in key stays undecided in
// every format unless an option accepts it.
func TestLoginKey(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	for _, file := range signedInAllFormats(t, w, loginSigning(t)) {
		exit, out := w.run("verify --trust demo "+file, "")
		if exit != 9 || strings.Count(out, "Reason") != 1 || !strings.Contains(strings.Join(strings.Fields(out), " "), "signed with the log-in key") {
			t.Errorf("%s: exit %d:\n%s", file, exit, out)
		}
		exit, out = w.run("verify --json --trust demo "+file, "")
		if exit != 9 || !strings.Contains(out, `"code": "SIG_CONSTRAINTS_FAILURE"`) || !strings.Contains(out, `"kind": "auth"`) {
			t.Errorf("%s: exit %d:\n%s", file, exit, out)
		}
		if exit, out = w.run("verify --trust demo --key-usage any "+file, ""); exit != 0 {
			t.Errorf("%s: exit %d:\n%s", file, exit, out)
		}
	}
	if exit, out := w.run("verify --key-usage sign iou.pdf", ""); exit != 2 {
		t.Errorf("exit %d:\n%s", exit, out)
	}
}

// TestServersKey shows the same for the key of a server under a given CA.
func TestServersKey(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	ca := newOtherCA(t)
	w.write("ca.pem", pemText(ca.cert))
	for use, want := range map[x509.ExtKeyUsage]int{x509.ExtKeyUsageServerAuth: 9, x509.ExtKeyUsageEmailProtection: 0} {
		c := ca.issue(&x509.Certificate{
			SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "www.example.com"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{use},
		})
		if cert.KindOf(c) != cert.Other {
			t.Fatal("not another organization's")
		}
		h := crypto.SHA256.New()
		h.Write([]byte("text"))
		signature, err := cms.Signing{Certificate: c, Key: ca.key, Hash: crypto.SHA256, Time: time.Now()}.Detached(h.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		w.write("a.txt", "text")
		w.write("a.txt.p7s", string(signature))
		if exit, out := w.run("verify --ca ca.pem a.txt.p7s", ""); exit != want {
			t.Errorf("%v: exit %d:\n%s", use, exit, out)
		}
		if exit, out := w.run("verify --key-usage any --ca ca.pem a.txt.p7s", ""); exit != 0 {
			t.Errorf("%v: exit %d:\n%s", use, exit, out)
		}
	}
}
