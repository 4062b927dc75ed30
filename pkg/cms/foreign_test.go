//go:build foreign

package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	opensslVerify  = "openssl cms -verify -binary -inform DER -in sig -out out -CAfile ca.pem -content "
	certtoolVerify = "certtool --p7-verify --inder --infile sig --load-ca-certificate ca.pem --load-data "
)

// These tests need openssl, certtool (GnuTLS) and cmsutil (NSS); without them
// they fail.

func TestOthersAcceptOurs(t *testing.T) {
	p := fixture()
	for name, h := range map[string]holder{"RSA": p.rsa, "P-256": p.p256, "P-384": p.p384} {
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			t.Run(fmt.Sprint(name, " ", hash), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.write("sig", h.sign(t, hash))
				b.must(opensslVerify + "content")
				b.must(opensslVerify + "content -cades")
				b.must(certtoolVerify + "content")
				for _, verify := range []string{opensslVerify, certtoolVerify} {
					if b.run(verify+"changed") == nil {
						t.Errorf("%s accepts anything", verify)
					}
				}
			})
		}
	}
}

// TestOthersAcceptPSS shows that openssl and GnuTLS verify our RSASSA-PSS
// signatures.
func TestOthersAcceptPSS(t *testing.T) {
	s := fixture().rsa.signing(crypto.SHA256)
	s.PSS = true
	b := newBench(t)
	b.write("sig", s.must(t, content))
	b.must(opensslVerify + "content -cades")
	b.must(certtoolVerify + "content")
	if b.run(opensslVerify+"changed") == nil {
		t.Error("openssl accepts anything")
	}
}

// TestOthersAcceptGolden shows that other programs verify the golden files,
// with which TestGolden compares.
func TestOthersAcceptGolden(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"rsa-sha256.p7s", "rsa-sha512.p7s"} {
		golden, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b.write("sig", golden)
		b.must(opensslVerify + "content -cades")
		b.must(certtoolVerify + "content")
	}
}

const opensslSign = "openssl cms -sign -binary -in content -out sig -outform DER -signer rsa.pem -inkey rsa.key "

func TestOursAcceptsOpenSSL(t *testing.T) {
	p := fixture()
	for name, c := range map[string]struct {
		command   string
		algorithm string
		weak      bool // all there is against it
		attached  bool
		plain     bool // no signed attributes
		essSigned bool
		signers   int
		others    []*x509.Certificate
	}{
		"detached":             {command: opensslSign},
		"attached":             {command: opensslSign + "-nodetach", attached: true},
		"attached stream":      {command: opensslSign + "-nodetach -stream", attached: true},
		"stream":               {command: opensslSign + "-stream", attached: true}, // holds the content in spite of itself
		"noattr":               {command: opensslSign + "-noattr", plain: true},
		"noattr attached":      {command: opensslSign + "-noattr -nodetach -stream", plain: true, attached: true},
		"keyid":                {command: opensslSign + "-keyid"},
		"keyid nocerts":        {command: opensslSign + "-keyid -nocerts", others: []*x509.Certificate{p.ca.cert, p.rsa.cert}},
		"nocerts":              {command: opensslSign + "-nocerts", others: []*x509.Certificate{p.ca.cert, p.rsa.cert}},
		"CA certificate too":   {command: opensslSign + "-certfile ca.pem"},
		"cades":                {command: opensslSign + "-cades", essSigned: true},
		"cades sha1":           {command: opensslSign + "-cades -md sha1", essSigned: true, algorithm: "RSASSA-PKCS1-v1_5 with SHA-1", weak: true},
		"cades sha512":         {command: opensslSign + "-cades -md sha512 -nodetach -stream", essSigned: true, attached: true, algorithm: "RSASSA-PKCS1-v1_5 with SHA-512"},
		"sha1":                 {command: opensslSign + "-md sha1", algorithm: "RSASSA-PKCS1-v1_5 with SHA-1", weak: true},
		"sha384":               {command: opensslSign + "-md sha384", algorithm: "RSASSA-PKCS1-v1_5 with SHA-384"},
		"pss":                  {command: opensslSign + "-keyopt rsa_padding_mode:pss", algorithm: "RSASSA-PSS with SHA-256"},
		"pss sha1":             {command: opensslSign + "-md sha1 -keyopt rsa_padding_mode:pss", algorithm: "RSASSA-PSS with SHA-1", weak: true},
		"pss sha512, salt 13":  {command: opensslSign + "-md sha512 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:13", algorithm: "RSASSA-PSS with SHA-512"},
		"pss, salt 0":          {command: opensslSign + "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:0", algorithm: "RSASSA-PSS with SHA-256"},
		"ecdsa p256":           {command: "openssl cms -sign -binary -in content -out sig -outform DER -signer p256.pem -inkey p256.key", algorithm: "ECDSA with SHA-256"},
		"ecdsa p384 cades":     {command: "openssl cms -sign -binary -in content -out sig -outform DER -md sha384 -cades -signer p384.pem -inkey p384.key", essSigned: true, algorithm: "ECDSA with SHA-384"},
		"ecdsa sha1 noattr":    {command: "openssl cms -sign -binary -in content -out sig -outform DER -md sha1 -noattr -signer p256.pem -inkey p256.key", plain: true, algorithm: "ECDSA with SHA-1", weak: true},
		"1024 bits":            {command: "openssl cms -sign -binary -in content -out sig -outform DER -signer short.pem -inkey short.key", weak: true},
		"two signers":          {command: opensslSign + "-signer p256.pem -inkey p256.key", signers: 2, algorithm: "any"},
		"three, two digests":   {command: opensslSign + "-md sha256 -signer p256.pem -inkey p256.key -signer p384.pem -inkey p384.key -nodetach -stream", signers: 3, attached: true, algorithm: "any"},
		"other content type":   {command: opensslSign + "-nodetach -econtent_type 1.2.3.4", attached: true},
		"PKCS #7 by smime":     {command: "openssl smime -sign -binary -in content -out sig -outform DER -signer rsa.pem -inkey rsa.key"},
		"PKCS #7 opaque smime": {command: "openssl smime -sign -binary -nodetach -in content -out sig -outform DER -signer rsa.pem -inkey rsa.key", attached: true},
		"by certtool":          {command: "certtool --p7-detached-sign --p7-time --outder --infile content --outfile sig --load-certificate rsa.pem --load-privkey rsa.key"},
		"attached by certtool": {command: "certtool --p7-sign --p7-time --outder --infile content --outfile sig --load-certificate rsa.pem --load-privkey rsa.key", attached: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.must(c.command)
			sd := parsed(t, b.read("sig"))
			if sd.Detached() == c.attached {
				t.Fatalf("detached: %v", sd.Detached())
			}
			var good *Content
			if c.attached {
				var inside bytes.Buffer
				if err := sd.WriteContent(&inside); err != nil || inside.String() != content {
					t.Fatalf("content %q, %v", inside.String(), err)
				}
			} else {
				good = hashed(t, content, sd.Hashes()...)
			}
			rs := sd.Verify(good, c.others...)
			if err := rs.Err(); (err != nil) != c.weak {
				t.Fatal(err)
			}
			if len(rs) != max(c.signers, 1) {
				t.Fatalf("%d signers", len(rs))
			}
			want := c.algorithm
			if want == "" {
				want = "RSASSA-PKCS1-v1_5 with SHA-256"
			}
			for _, r := range rs {
				if want != "any" && r.Algorithm.String() != want {
					t.Errorf("algorithm %v, want %v", r.Algorithm, want)
				}
				if len(r.Warnings) > 0 || r.CertificateSigned != c.essSigned {
					t.Errorf("warnings %v, certificate signed %v", r.Warnings, r.CertificateSigned)
				}
				if c.weak && (len(r.Failures) != 1 || r.Failures[0].Code != CryptoConstraintsFailureNoPOE) {
					t.Error(r.Err())
				}
				if r.SigningTime.IsZero() != c.plain || (r.Signer.Signed == nil) != c.plain {
					t.Errorf("signing time %v, %d attributes", r.SigningTime, len(r.Signer.Signed))
				}
			}

			// The same signature is none over anything else.
			wrong := hashed(t, content+" ", sd.Hashes()...)
			reason := HashFailure
			switch {
			case c.attached:
				reason = SigConstraintsFailure
			case c.plain:
				reason = SigCryptoFailure
			}
			for _, r := range sd.Verify(wrong, c.others...) {
				if err := r.Err(); !errors.Is(err, reason) {
					t.Errorf("over other content: %v, want %v", err, reason)
				}
			}
			if len(c.others) > 0 {
				if err := sd.Verify(good).Err(); !errors.Is(err, NoSigningCertificateFound) {
					t.Errorf("without certificates: %v", err)
				}
			}
		})
	}
}

func TestMD5IsRefused(t *testing.T) {
	b := newBench(t)
	for _, command := range []string{opensslSign + "-md md5", opensslSign + "-md md5 -noattr", opensslSign + "-md md4 -provider legacy -provider default"} {
		b.must(command)
		sd := parsed(t, b.read("sig"))
		if h := sd.Hashes(); len(h) != 0 {
			t.Errorf("hashes %v", h)
		}
		rs := sd.Verify(hashed(t, content))
		if err := rs.Err(); len(rs) != 1 || !errors.Is(err, CryptoConstraintsFailure) || !rs[0].Certificate.Equal(fixture().rsa.cert) {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// TestCertificatesOnly shows that a file with certificates and no signer has no
// good result.
func TestCertificatesOnly(t *testing.T) {
	b := newBench(t)
	b.must("openssl crl2pkcs7 -nocrl -certfile ca.pem -certfile rsa.pem -outform DER -out sig")
	sd := parsed(t, b.read("sig"))
	if len(sd.Certificates) != 2 || len(sd.Signers) != 0 {
		t.Errorf("%d certificates, %d signers", len(sd.Certificates), len(sd.Signers))
	}
	for _, c := range []*Content{nil, hashed(t, content)} {
		if rs := sd.Verify(c); !errors.Is(rs.Err(), ErrNoSigner) || len(rs) != 0 {
			t.Errorf("%v", rs.Err())
		}
	}
}

func TestOtherContentTypes(t *testing.T) {
	b := newBench(t)
	b.must("openssl cms -encrypt -binary -in content -out sig -outform DER rsa.pem")
	if _, err := Parse(b.read("sig")); !errors.Is(err, FormatFailure) {
		t.Errorf("enveloped data: %v", err)
	}
}

// TestOthersPEM shows that we read the PEM of other programs and they read
// ours.
func TestOthersPEM(t *testing.T) {
	b := newBench(t)
	for _, command := range []string{
		strings.Replace(opensslSign, "-outform DER", "-outform PEM", 1),
		strings.Replace(opensslSign, "-outform DER", "-outform PEM -nodetach", 1),
		"openssl smime -sign -binary -in content -out sig -outform PEM -signer rsa.pem -inkey rsa.key",
		"certtool --p7-sign --load-certificate rsa.pem --load-privkey rsa.key --infile content --outfile sig",
	} {
		b.must(command)
		sd, err := Read(bytes.NewReader(b.read("sig")), nil)
		if err != nil {
			t.Fatal(err)
		}
		var c *Content
		if sd.Detached() {
			c = hashed(t, content, sd.Hashes()...)
		}
		if err := sd.Verify(c).Err(); err != nil {
			t.Errorf("%s: %v", command, err)
		}
	}
	b.write("sig", inPEM(t, fixture().rsa.attached(t, crypto.SHA256, content)))
	b.must("openssl cms -verify -cades -binary -inform PEM -in sig -out out -CAfile ca.pem")
	b.write("sig", bytes.ReplaceAll(b.read("sig"), []byte("CMS"), []byte("PKCS7"))) // the only label GnuTLS knows
	b.must("certtool --p7-verify --infile sig --load-ca-certificate ca.pem")
	if string(b.read("out")) != content {
		t.Error("openssl reads other content")
	}
	if _, err := Read(bytes.NewReader(b.read("ca.pem")), nil); !errors.Is(err, FormatFailure) {
		t.Errorf("a certificate: %v", err)
	}
}

// TestOthersAcceptAttached shows that other programs verify our attached
// signatures and extract content of many sizes.
func TestOthersAcceptAttached(t *testing.T) {
	p := fixture()
	for _, size := range []int{0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 20} {
		b := newBench(t)
		text := bytes.Repeat([]byte{0xA5}, size)
		b.write("content", text)
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			b.write("sig", p.rsa.attached(t, hash, string(text)))
			b.must("openssl cms -verify -cades -binary -inform DER -in sig -out out -CAfile ca.pem")
			if !bytes.Equal(b.read("out"), text) {
				t.Errorf("%d octets, %v: openssl reads other content", size, hash)
			}
			if size > 0 { // GnuTLS takes empty content for none
				b.must("certtool --p7-verify --inder --infile sig --load-ca-certificate ca.pem")
				b.must("certtool --p7-info --p7-show-data --inder --infile sig --outfile out")
				if !bytes.Equal(b.read("out"), text) {
					t.Errorf("%d octets, %v: certtool reads other content", size, hash)
				}
			}
		}
	}
}

// TestNSSAcceptsAttached shows that Mozilla's NSS verifies our attached
// signatures.
func TestNSSAcceptsAttached(t *testing.T) {
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		b := newBench(t)
		b.must("mkdir db")
		b.must("certutil -N -d sql:db --empty-password")
		b.must("certutil -A -d sql:db -n ca -t C,C,C -i ca.pem")
		signed := fixture().rsa.attached(t, hash, content)
		b.write("sig", signed)
		b.must("cmsutil -D -d sql:db -i sig -o out")
		if string(b.read("out")) != content {
			t.Errorf("%v: NSS reads other content", hash)
		}
		signed[bytes.Index(signed, []byte(content))] ^= 1
		b.write("sig", signed)
		if b.run("cmsutil -D -d sql:db -i sig -o out") == nil {
			t.Error("NSS accepts anything")
		}
	}
}

// TestOursReadsOthersAttached reads attached signatures of other programs as a
// stream.
func TestOursReadsOthersAttached(t *testing.T) {
	b := newBench(t)
	text := bytes.Repeat([]byte(content), 30_000) // many segments of openssl's
	b.write("content", text)
	for _, command := range []string{
		opensslSign + "-nodetach", opensslSign + "-nodetach -stream", opensslSign + "-nodetach -stream -cades -md sha512", opensslSign + "-nodetach -noattr",
		"certtool --p7-sign --outder --load-certificate rsa.pem --load-privkey rsa.key --infile content --outfile sig",
	} {
		b.must(command)
		var inside bytes.Buffer
		sd, err := Read(bytes.NewReader(b.read("sig")), &inside)
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if err := sd.Verify(nil).Err(); err != nil || sd.Detached() || !bytes.Equal(inside.Bytes(), text) {
			t.Errorf("%s: detached %v, %d octets inside: %v", command, sd.Detached(), inside.Len(), err)
		}
	}
}

// TestArchiveRecomputed lets a program that shares no code with this package
// recompute the input of our archive timestamps from the text of the standard,
// and lets openssl verify each token over it.
func TestArchiveRecomputed(t *testing.T) {
	tsa := newAuthority(t, nil)
	script, err := filepath.Abs(filepath.Join("testdata", "archive.py"))
	if err != nil {
		t.Fatal(err)
	}
	signature := fixture().rsa.sign(t, crypto.SHA256)
	var attached bytes.Buffer
	if err := WriteAttached(&attached, signature, strings.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	for name, signature := range map[string][]byte{"detached": signature, "attached": attached.Bytes()} {
		crl, response := sequence(octetString([]byte("a list"))), sequence(octetString([]byte("a response")))
		lt, err := AddValidation(tsa.stamped(signature), [][]byte{tsa.cert.Raw}, [][]byte{crl}, [][]byte{response})
		if err != nil {
			t.Fatal(err)
		}
		once := tsa.archive(lt, crypto.SHA256)
		more, err := AddValidation(once, nil, [][]byte{sequence(octetString([]byte("a newer list")))}, nil)
		if err != nil {
			t.Fatal(err)
		}
		twice := tsa.archive(more, crypto.SHA256)
		for stamps, archived := range map[int][]byte{1: once, 2: twice} {
			tsa.write("lta", archived)
			tsa.must("python3 " + script + " lta content")
			for n := range stamps {
				tsa.must(fmt.Sprintf("openssl ts -verify -in lta.%d.token -token_in -data lta.%[1]d.covered -CAfile ca.pem", n))
			}
		}
		// It is a witness only if it can say no.
		for what, bad := range map[string][]byte{
			"no archive timestamp": lt,
			"another list":         bytes.Replace(once, []byte("a list"), []byte("b list"), 1),
			"a list left out":      more,
			"another signature":    bytes.Replace(once, signatureValueOf(t, once), make([]byte, 256), 1),
		} {
			tsa.write("bad", bad)
			if tsa.run("python3 "+script+" bad content") == nil {
				t.Errorf("%s: %s is accepted", name, what)
			}
		}
	}
	tsa.write("lta", tsa.archive(signature, crypto.SHA256))
	if tsa.run("python3 "+script+" lta changed") == nil {
		t.Error("another content is accepted")
	}
}

func signatureValueOf(t *testing.T, signature []byte) []byte {
	t.Helper()
	value, err := SignatureValue(signature)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
