//go:build foreign

package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// withTSA returns a bench with a timestamping authority.
func withTSA(t *testing.T) bench {
	b := newBench(t)
	b.must("openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -subj /CN=tsa -addext extendedKeyUsage=critical,timeStamping")
	b.write("tsa.conf", []byte(tsaConf))
	b.write("serial", []byte("01"))
	return b
}

// stampDocument adds a document timestamp with this package.
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

// TestArchive makes B-LT and B-LTA of every kind of file, twice, and checks the
// results with other programs.
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
			continue // it has signatures with a fake CMS
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
		}
		b.write("out.pdf", file)
		if name != "encrypted" { // qpdf shows encrypted strings decrypted
			walkStore(t, b, name, file, [][]byte{signer().Certificate.Raw, []byte("another certificate"), []byte("a list"), []byte("a newer list"), []byte("a response")})
		}
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

// walkStore has qpdf read out.pdf and checks its document security store (ISO
// 32000-2, 12.8.4.3 and .4) without this package: each stream is in the array
// of its kind, and each VRI refers to streams of the arrays. The key of a VRI
// is the SHA-1 of a signature's Contents, with its padding zeros.
func walkStore(t *testing.T, b bench, name string, file []byte, want [][]byte) {
	t.Helper()
	out, err := b.run("qpdf --json=2 --json-stream-data=inline --decode-level=all out.pdf")
	if err != nil {
		t.Fatalf("%s: qpdf: %v", name, err)
	}
	type node = map[string]any
	var document struct{ QPDF []map[string]any }
	if err := json.Unmarshal([]byte(out), &document); err != nil || len(document.QPDF) != 2 {
		t.Fatalf("%s: %v", name, err)
	}
	objects := document.QPDF[1]
	resolve := func(o any) any {
		if ref, ok := o.(string); ok && strings.HasSuffix(ref, " R") {
			found, _ := objects["obj:"+ref].(node)
			if found["stream"] != nil {
				return found["stream"]
			}
			return found["value"]
		}
		return o
	}
	child := func(o any, key string) any { found, _ := resolve(o).(node); return resolve(found[key]) }
	trailer := objects["trailer"].(node)["value"]
	store := child(child(trailer, "/Root"), "/DSS")
	held := map[string][]any{}
	var data [][]byte
	for _, kind := range []string{"/Certs", "/CRLs", "/OCSPs"} {
		held[kind], _ = child(store, kind).([]any)
		for _, ref := range held[kind] {
			stream, _ := resolve(ref).(node)
			der, err := base64.StdEncoding.DecodeString(fmt.Sprint(stream["data"]))
			if err != nil || stream == nil {
				t.Fatalf("%s: %s %v: %v", name, kind, ref, err)
			}
			data = append(data, der)
		}
	}
	for _, der := range want {
		if !slices.ContainsFunc(data, func(d []byte) bool { return bytes.Equal(d, der) }) {
			t.Errorf("%s: %.20q is not in the store", name, der)
		}
	}
	if len(data) != len(want) {
		t.Errorf("%s: %d streams, want %d", name, len(data), len(want))
	}
	// Find every signature's Contents through its ByteRange in the raw bytes.
	named := map[string]bool{}
	for _, r := range regexp.MustCompile(`/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+)`).FindAllSubmatch(file, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(string(r[i+1]))
		}
		if n[2] > len(file) || n[0]+n[1] >= n[2] {
			continue
		}
		contents := make([]byte, (n[2]-n[1]-2)/2)
		if _, err := hex.Decode(contents, file[n[1]+1:n[2]-1]); err != nil {
			continue
		}
		named[fmt.Sprintf("/%X", sha1.Sum(contents))] = true
	}
	vri, _ := child(store, "/VRI").(node)
	if len(vri) < 2 {
		t.Errorf("%s: %d VRI", name, len(vri))
	}
	for key, entry := range vri {
		if !named[key] {
			t.Errorf("%s: VRI %s is of no signature", name, key)
		}
		for one, all := range map[string]string{"/Cert": "/Certs", "/CRL": "/CRLs", "/OCSP": "/OCSPs"} {
			refs, _ := child(entry, one).([]any)
			if len(refs) == 0 {
				t.Errorf("%s: VRI %s has no %s", name, key, one)
			}
			for _, ref := range refs {
				if !slices.Contains(held[all], ref) {
					t.Errorf("%s: VRI %s refers to %v, which is not in %s", name, key, ref, all)
				}
			}
		}
	}
}

// opensslVerifies has openssl verify every document timestamp from index from
// on, because poppler does not verify them.
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

// TestStampUnsigned timestamps a document without signatures.
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
