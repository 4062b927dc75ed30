//go:build foreign

package pdfsig

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// withSigner returns a bench with signer.key and signer.pem.
func withSigner(t *testing.T) bench {
	b := newBench(t)
	key, err := x509.MarshalPKCS8PrivateKey(signer().Key)
	if err != nil {
		t.Fatal(err)
	}
	b.write("signer.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	b.write("signer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer().Certificate.Raw}))
	return b
}

// TestOursAcceptsPoppler mixes signatures of pdfsig and of this package.
func TestOursAcceptsPoppler(t *testing.T) {
	b := withSigner(t)
	b.must("openssl pkcs12 -export -inkey signer.key -in signer.pem -name us -passout pass:x -out us.p12")
	b.must("mkdir db")
	b.must("certutil -N -d db --empty-password")
	b.must("pk12util -i us.p12 -d db -W x")
	poppler := func(file []byte, options string) []byte {
		b.write("in.pdf", file)
		b.run("rm -f out.pdf")
		b.run("pdfsig -nssdir db -nick us " + options + " in.pdf out.pdf") // it may fail to close its database
		return b.read("out.pdf")
	}
	for name, s := range map[string]sample{"table": samples()["table"], "stream": samples()["stream"], "form": samples()["form of its own"]} {
		file := s.bytes()
		for n, step := range []func([]byte) []byte{
			func(f []byte) []byte { return mustSign(t, f, Options{}) },
			func(f []byte) []byte { return poppler(f, "-add-signature -new-signature-field-name theirs") },
			func(f []byte) []byte { return mustSign(t, f, Options{Profile: PAdES}) },
		} {
			file = step(file)
			r, err := verify(file)
			if err != nil {
				t.Fatalf("%s, step %d: %v", name, n, err)
			}
			if err := r.Err(); err != nil || len(r.Signatures) != n+1 {
				t.Errorf("%s, step %d: %d signatures, %v; changes %v", name, n, len(r.Signatures), err, r.Signatures[0].Changes)
			}
		}
	}
	if err := mustVerify(t, poppler(fieldFile("", table), "-sign 甲.sign")).Err(); err != nil {
		t.Errorf("an existing field: %v", err)
	}
}

// TestForeignCMS embeds a CMS made by openssl.
func TestForeignCMS(t *testing.T) {
	b := withSigner(t)
	b.must("openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -subj /CN=other")
	openssl := func(options string) func(_, covered []byte) []byte {
		return func(_, covered []byte) []byte {
			b.write("covered", covered)
			b.must("openssl cms -sign -binary -outform DER -in covered -out made.p7s " + options)
			return b.read("made.p7s")
		}
	}
	const signing = "-signer signer.pem -inkey signer.key -md sha256 "
	for name, c := range map[string]struct {
		options, subFilter string
		want               error
	}{
		"detached":             {signing, "adbe.pkcs7.detached", nil},
		"with ESS":             {signing + "-cades", "ETSI.CAdES.detached", nil},
		"PAdES without ESS":    {signing, "ETSI.CAdES.detached", cms.SigConstraintsFailure},
		"key identifier":       {signing + "-keyid", "adbe.pkcs7.detached", nil},
		"BER, attached":        {signing + "-stream", "adbe.pkcs7.detached", cms.SigConstraintsFailure},
		"no attributes":        {signing + "-noattr", "adbe.pkcs7.detached", nil},
		"SHA-512":              {"-signer signer.pem -inkey signer.key -md sha512", "adbe.pkcs7.detached", nil},
		"attached":             {signing + "-nodetach", "adbe.pkcs7.detached", cms.SigConstraintsFailure},
		"two signers":          {signing + "-signer other.pem -inkey other.key", "adbe.pkcs7.detached", cms.FormatFailure},
		"no certificate":       {signing + "-nocerts", "adbe.pkcs7.detached", cms.NoSigningCertificateFound},
		"a CMS as a timestamp": {signing + "-nodetach", "ETSI.RFC3161", cms.FormatFailure},
	} {
		craft := crafted("")
		craft.room = 16000
		craft.objects[2].body = "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /" + c.subFilter + " %s>>"
		craft.contents = openssl(c.options)
		r, err := verify(craft.sign(t, formFile(table)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := r.Err(); c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

const tsaConf = `[tsa]
default_tsa = t
[t]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384
accuracy = secs:1
ess_cert_id_chain = no
`

// TestDocumentTimestamp has openssl stamp documents.
func TestDocumentTimestamp(t *testing.T) {
	b := withSigner(t)
	b.must("openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -subj /CN=tsa -addext extendedKeyUsage=critical,timeStamping")
	b.write("tsa.conf", []byte(tsaConf))
	b.write("serial", []byte("01"))
	stamp := craft{room: 16000, objects: []object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>>>"},
		{30, 0, "<</FT /Sig /T (D) /V 31 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /F 132>>"},
		{31, 0, "<</Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 %s>>"},
	}}
	over := func(change string) func(_, covered []byte) []byte {
		return func(_, covered []byte) []byte {
			b.write("covered", []byte(string(covered)+change))
			b.must("openssl ts -query -data covered -sha256 -cert -out query")
			b.must("openssl ts -reply -config tsa.conf -section t -queryfile query -signer tsa.pem -inkey tsa.key -token_out -out token")
			return b.read("token")
		}
	}
	certified := crafted(docMDP("1")).sign(t, formFile(table))
	stamp.contents = over("")
	r := mustVerify(t, stamp.sign(t, certified))
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	if s := r.Signatures[1]; s.Kind != DocumentTimestamp || s.Timestamp == nil || s.Timestamp.Policy.String() != "1.2.3.4" || s.Timestamp.Time.IsZero() {
		t.Errorf("%v: %+v", s.Kind, s.Timestamp)
	}
	if s := r.Signatures[0]; len(s.Changes) != 1 || s.Changes[0].Kind != ChangeTimestamp || s.Changes[0].Level != LevelNone {
		t.Errorf("the timestamp changed %v", s.Changes)
	}
	stamp.contents = over("x")
	if err := mustVerify(t, stamp.sign(t, certified)).Err(); !errors.Is(err, cms.HashFailure) {
		t.Errorf("a timestamp over something else: %v", err)
	}
	stamp.contents = over("")
	file := string(stamp.sign(t, certified))
	forged := strings.Replace(file, "100 yen", "900 yen", 1)
	if r = mustVerify(t, []byte(forged)); len(r.Signatures) != 2 || forged == file {
		t.Errorf("forged: %d signatures", len(r.Signatures))
	}
	for _, s := range r.Signatures {
		if !errors.Is(s.Err(), cms.HashFailure) {
			t.Errorf("%s over a forged document: %v", s.Field, s.Err())
		}
	}
}

// TestOursAcceptsOurs verifies signatures on the files of other programs.
func TestOursAcceptsOurs(t *testing.T) {
	for name, file := range newBench(t).corpus() {
		for n := 1; n <= 3; n++ {
			file = mustSign(t, file, Options{})
			if r := mustVerify(t, file); r.Err() != nil || len(r.Signatures) != n {
				t.Errorf("%s, signed %d times: %v", name, n, r.Err())
			}
		}
	}
}
