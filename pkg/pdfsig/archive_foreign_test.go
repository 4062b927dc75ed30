//go:build foreign

package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"fmt"
	"io"
	"strings"
	"testing"
)

// withTSA is a bench with a timestamping authority.
func withTSA(t *testing.T) bench {
	b := newBench(t)
	b.must("openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -subj /CN=tsa -addext extendedKeyUsage=critical,timeStamping")
	b.write("tsa.conf", []byte(tsaConf))
	b.write("serial", []byte("01"))
	return b
}

// stampDocument adds a document timestamp by the writer of this package.
func stampDocument(t *testing.T, b bench, in []byte) []byte {
	t.Helper()
	p, err := Prepare(bytes.NewReader(in), int64(len(in)), Options{Profile: Timestamp})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	u, err := p.Update(Statement{})
	if err != nil {
		t.Fatal(err)
	}
	b.must(fmt.Sprintf("openssl ts -query -digest %x -sha256 -cert -out query", u.Digest()))
	b.must("openssl ts -reply -config tsa.conf -section t -queryfile query -signer tsa.pem -inkey tsa.key -token_out -out token")
	if err := u.Embed(b.read("token")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := u.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withValidation adds validation data for every signature.
func withValidation(t *testing.T, in []byte, v Validation) []byte {
	t.Helper()
	var all []SignatureValidation
	for _, s := range mustVerify(t, in).Signatures {
		all = append(all, SignatureValidation{s.Contents, v})
	}
	a, err := AddValidation(bytes.NewReader(in), int64(len(in)), all)
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(io.NewSectionReader(a, 0, a.Size()))
	if err != nil || int64(len(out)) != a.Size() || !bytes.HasPrefix(out, in) {
		t.Fatalf("%d bytes of %d: %v", len(out), a.Size(), err)
	}
	return out
}

// TestArchive makes B-LT and B-LTA of every sort of file, twice over, and has
// other programs look at it.
func TestArchive(t *testing.T) {
	b := withTSA(t)
	files := map[string][]byte{}
	for name, s := range samples() {
		files[name] = s.bytes()
	}
	b.write("plain.pdf", samples()["table"].bytes())
	b.write("arguments", []byte("--encrypt\n\nx\n256\n--\nplain.pdf\nencrypted.pdf\n"))
	b.must("qpdf @arguments")
	files["encrypted"] = b.read("encrypted.pdf")
	for name, in := range files {
		file := mustSign(t, in, Options{Profile: PAdES})
		if r := mustVerify(t, file); len(r.Signatures) != 1 || r.Err() != nil {
			continue // it has signatures that are none
		}
		v := Validation{Certificates: [][]byte{signer().Certificate.Raw, []byte("another certificate")}, CRLs: [][]byte{[]byte("a list")}, OCSPs: [][]byte{[]byte("a response")}}
		for round := range 2 {
			file = withValidation(t, file, v)
			file = stampDocument(t, b, file)
			v.CRLs = [][]byte{[]byte("a newer list")}
			r := mustVerify(t, file)
			if err := r.Err(); err != nil || len(r.Signatures) != 2+round {
				t.Fatalf("%s: %d signatures, %v", name, len(r.Signatures), err)
			}
			if s := r.Signatures[0]; level(s) != LevelNone || len(s.Changes) == 0 {
				t.Errorf("%s: the archive changed %v", name, s.Changes)
			}
			if got := r.Validation; len(got.Certificates) != 2 || !bytes.Equal(got.Certificates[0], signer().Certificate.Raw) || len(got.CRLs) != 1+round || len(got.OCSPs) != 1 {
				t.Errorf("%s: store of %d, %d, %d", name, len(got.Certificates), len(got.CRLs), len(got.OCSPs))
			}
			for _, stamped := range r.Signatures[1:] {
				if stamped.Kind != DocumentTimestamp || !stamped.Covers(r.Signatures[0]) {
					t.Errorf("%s: %v", name, stamped.Kind)
				}
			}
			if !bytes.Contains(file, fmt.Appendf(nil, "/%X", sha1.Sum(r.Signatures[0].Contents))) {
				t.Errorf("%s: no VRI", name)
			}
		}
		b.write("out.pdf", file)
		if out, err := b.run("qpdf --check out.pdf"); err != nil {
			t.Errorf("%s: qpdf: %v\n%s", name, err, out)
		}
		out, err := b.run("pdfsig -nocert out.pdf")
		if err != nil || strings.Count(out, "Signature is Valid") != 1 || strings.Count(out, "Signature Validation") != 3 {
			t.Errorf("%s: pdfsig: %v\n%s", name, err, out)
		}
		opensslVerifies(t, b, file, 1)
	}
}

// opensslVerifies has openssl verify every document timestamp from one on:
// poppler does not.
func opensslVerifies(t *testing.T, b bench, file []byte, from int) {
	t.Helper()
	for _, s := range mustVerify(t, file).Signatures[from:] {
		r := s.ByteRange
		b.write("covered", append(bytes.Clone(file[:r[1]]), file[r[2]:r[2]+r[3]]...))
		b.write("token", s.Timestamp.Token)
		if out, err := b.run("openssl ts -verify -in token -token_in -data covered -CAfile tsa.pem"); err != nil || !strings.Contains(out, "Verification: OK") {
			t.Errorf("openssl: %v\n%s", err, out)
		}
	}
}

// TestStampUnsigned: a document nobody signed.
func TestStampUnsigned(t *testing.T) {
	b := withTSA(t)
	file := stampDocument(t, b, samples()["table"].bytes())
	r := mustVerify(t, file)
	if err := r.Err(); err != nil || len(r.Signatures) != 1 || r.Signatures[0].Kind != DocumentTimestamp || !r.Signatures[0].Whole {
		t.Errorf("%+v, %v", r.Signatures, err)
	}
	b.write("out.pdf", file)
	if out, err := b.run("pdfsig -nocert out.pdf"); err != nil || !strings.Contains(out, "Total document signed") {
		t.Errorf("pdfsig: %v\n%s", err, out)
	}
	opensslVerifies(t, b, file, 0)
}
