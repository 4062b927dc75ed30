package cli

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// samplePDF is the document of the script about PDF signatures.
func samplePDF(t *testing.T, w *world) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(w.back, "..", "..", "testdata", "script", "sign-pdf.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	_, sample, _ := strings.Cut(string(script), "-- paper.pdf --\n")
	return sample
}

var byteRange = regexp.MustCompile(`/ByteRange ?\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

// documentTimestamp makes a document timestamp of the last signature in a PDF.
// Its coverage stays. Its kind and its content become those of a timestamp by r
// over the covered bytes; change may spoil them.
func documentTimestamp(t *testing.T, r *responder, pdf []byte, change func(covered []byte) []byte) []byte {
	t.Helper()
	const signature, stamp = "/SubFilter /ETSI.CAdES.detached", "/SubFilter /ETSI.RFC3161       "
	at := bytes.LastIndex(pdf, []byte(signature))
	if at < 0 {
		t.Fatal("no PAdES signature in the file")
	}
	pdf = bytes.Clone(pdf)
	copy(pdf[at:], stamp)
	all := byteRange.FindAllSubmatch(pdf, -1)
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(string(all[len(all)-1][i+1]))
	}
	covered := append(bytes.Clone(pdf[n[0]:n[0]+n[1]]), pdf[n[2]:n[2]+n[3]]...)
	r.write(t, "covered", string(change(covered)))
	r.openssl(t, "ts -query -data covered -sha256 -cert -out query")
	r.openssl(t, "ts -reply -config cnf -queryfile query -token_out -out token")
	token, err := os.ReadFile(filepath.Join(r.dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	room := pdf[n[1]+1 : n[2]-1]
	if 2*len(token) > len(room) {
		t.Fatalf("a token of %d bytes has no room", len(token))
	}
	copy(room, bytes.Repeat([]byte("0"), len(room)))
	hex.Encode(room, token)
	return pdf
}

// TestDocumentTimestamps: with a trusted authority they prove a time for the
// content before them. With an untrusted authority they count against nobody. A
// defective one is bad like a signature.
func TestDocumentTimestamps(t *testing.T) {
	r := newResponder(t)
	w := newWorld(t, "en")
	w.real = true
	w.write("a.pdf", samplePDF(t, w))
	sign := func(line string) {
		t.Helper()
		if exit, out := w.run("sign --card demo --pin-stdin "+line, virtualcard.SignPIN+"\n"); exit != 0 {
			t.Fatal(out)
		}
	}
	sign("a.pdf -o once.pdf")
	sign("once.pdf --profile pades -o twice.pdf --tsa " + r.URL) // the timestamp makes room for one
	sign("a.pdf --profile pades -o alone.pdf --tsa " + r.URL)
	same := func(b []byte) []byte { return b }
	read := func(name string) []byte {
		data, err := os.ReadFile(w.path(name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	w.write("stamped.pdf", string(documentTimestamp(t, r, read("twice.pdf"), same)))
	w.write("spoilt.pdf", string(documentTimestamp(t, r, read("twice.pdf"), func(b []byte) []byte { return b[1:] })))
	w.write("alone.pdf", string(documentTimestamp(t, r, read("alone.pdf"), same)))
	ca := " --tsa-ca " + filepath.Join(r.dir, "ca.pem")

	report, err := pdfsig.Verify(bytes.NewReader(read("twice.pdf")), int64(len(read("twice.pdf"))))
	if err != nil {
		t.Fatal(err)
	}
	signCA, _ := virtualcard.DemoCAs()
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: report.Signatures[0].CMS.Certificate.SerialNumber, RevocationTime: time.Now().Add(2 * time.Minute)}},
	}, signCA.Certificate, signCA.Key)
	if err != nil {
		t.Fatal(err)
	}
	w.write("soon.crl", string(list)) // after the claimed time, and not certainly after the stamped one

	for _, c := range []struct {
		line string
		exit int
		want []string // in this order
		not  string
	}{
		{"stamped.pdf --crl soon.crl" + ca, 9, []string{"Cannot be decided", "nothing proves that the signature is older"}, "Not genuine"},
		{"stamped.pdf" + ca, 0, []string{"Genuine (", "it existed on", "Since then", "Genuine timestamp", "document timestamp, nobody's signature", "Authority", "it existed on", "the whole document"}, "Signed at    Thu"},
		{"stamped.pdf", 0, []string{"Genuine (", "not trusted without --tsa-ca", "A timestamp that proves nothing here", "not under a CA of --tsa-ca"}, "existed"},
		{"stamped.pdf --profile touki" + ca, 0, []string{"What online registration (touki) asks for", "ok          No timestamp on the signature", "Genuine timestamp"}, "NOT OK"},
		{"spoilt.pdf" + ca, 8, []string{"Genuine (", "Not a genuine timestamp"}, "existed"},
		{"alone.pdf" + ca, 0, []string{"Genuine timestamp"}, "Signer"},
		{"alone.pdf", 9, []string{"A timestamp that proves nothing here"}, "Genuine"},
		{"alone.pdf --profile touki" + ca, 8, []string{"no signature in alone.pdf"}, "ok  "},
	} {
		exit, out := w.run("verify --trust demo "+c.line, "")
		if exit != c.exit || strings.Contains(out, c.not) {
			t.Errorf("%s: exit %d, want %d\n%s", c.line, exit, c.exit, out)
		}
		rest := out
		for _, want := range c.want {
			_, after, found := strings.Cut(rest, want)
			if !found {
				t.Errorf("%s: no %q at its place in\n%s", c.line, want, out)
				break
			}
			rest = after
		}
	}
	exit, out := w.run("verify --trust demo --json stamped.pdf"+ca, "")
	if exit != 0 || strings.Count(out, `"role": "document-timestamp"`) != 1 || strings.Count(out, `"believed": true`) != 2 || strings.Count(out, `"proven_time": "2`) != 2 {
		t.Errorf("exit %d:\n%s", exit, out)
	}
}

// stranger has a certificate that nobody issued.
func stranger(t *testing.T) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	ca, _ := virtualcard.DemoCAs()
	key := ca.Key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "A stranger"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

// countersign adds a counter-signature (RFC 5652, 11.4), without signed
// attributes, over the value of the only signature, and its certificate.
func countersign(t *testing.T, signature []byte, change func(value []byte) []byte) []byte {
	t.Helper()
	c, key := stranger(t)
	type signerInfo struct {
		Version            int
		SID                asn1.RawValue
		DigestAlgorithm    pkix.AlgorithmIdentifier
		Signed             asn1.RawValue `asn1:"optional,tag:0"`
		SignatureAlgorithm pkix.AlgorithmIdentifier
		Signature          []byte
		Unsigned           asn1.RawValue `asn1:"optional,tag:1"`
	}
	type signedData struct {
		Version      int
		Digests      asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Signers      []signerInfo  `asn1:"set"`
	}
	type contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
	must := func(der []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	var info contentInfo
	if _, err := asn1.Unmarshal(signature, &info); err != nil {
		t.Fatal(err)
	}
	sha := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	rsa := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, Parameters: asn1.NullRawValue}
	signer := &info.Content.Signers[0]
	digest := sha256.Sum256(change(bytes.Clone(signer.Signature)))
	value := must(key.Sign(rand.Reader, digest[:], crypto.SHA256))
	sid := must(asn1.Marshal(struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}{asn1.RawValue{FullBytes: c.RawIssuer}, c.SerialNumber}))
	counter := must(asn1.Marshal(signerInfo{Version: 1, SID: asn1.RawValue{FullBytes: sid}, DigestAlgorithm: sha, SignatureAlgorithm: rsa, Signature: value}))
	attribute := must(asn1.Marshal(struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}, []asn1.RawValue{{FullBytes: counter}}}))
	signer.Unsigned = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true, Bytes: attribute}
	certificates := &info.Content.Certificates
	certificates.Bytes = append(bytes.Clone(certificates.Bytes), c.Raw...)
	certificates.FullBytes = nil
	return must(asn1.Marshal(info))
}

// TestCountersignatures: they are judged like any other signature, and labelled
// as counter-signatures.
func TestCountersignatures(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	w.write("a.txt", "content")
	if exit, out := w.run("sign --card demo --pin-stdin a.txt", virtualcard.SignPIN+"\n"); exit != 0 {
		t.Fatal(out)
	}
	signature, err := os.ReadFile(w.path("a.txt.p7s"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		exit   int
		want   string
	}{
		"good, by somebody unknown": {func(b []byte) []byte { return b }, 9, "Cannot be decided"},
		"over something else":       {func(b []byte) []byte { return b[1:] }, 8, "Not genuine"},
	} {
		w.write("a.txt.p7s", string(countersign(t, signature, c.change)))
		exit, out := w.run("verify a.txt.p7s --trust demo", "")
		own, counter, found := strings.Cut(out, "Counter-signature, over this signature\n")
		if exit != c.exit || !found || !strings.Contains(own, "Genuine (") || !strings.Contains(counter, c.want) || !strings.Contains(counter, "A stranger") {
			t.Errorf("%s: exit %d\n%s", name, exit, out)
		}
		exit, out = w.run("verify a.txt.p7s --trust demo --json", "")
		if exit != c.exit || strings.Count(out, `"role": "counter-signature"`) != 1 {
			t.Errorf("%s: exit %d\n%s", name, exit, out)
		}
	}
}

// TestManyFiles: the results come in order, also for repeated files, and one
// file does not influence another.
func TestManyFiles(t *testing.T) {
	w := newWorld(t, "en")
	var sign strings.Builder
	for i := range 24 {
		w.write(fmt.Sprintf("%02d.txt", i), strings.Repeat("x", i*5000))
		fmt.Fprintf(&sign, " %02d.txt", i)
	}
	if exit, out := w.run("sign --card demo --pin-stdin"+sign.String(), virtualcard.SignPIN+"\n"); exit != 0 {
		t.Fatal(out)
	}
	w.write("07.txt", "changed")
	var files []string
	for i := range 60 {
		files = append(files, fmt.Sprintf("%02d.txt.p7s", i*7%24))
	}
	exit, out := w.run("verify --trust demo "+strings.Join(files, " "), "")
	reports, table, _ := strings.Cut(out, "\nFile ")
	if exit != 8 || !strings.HasSuffix(table, "60 files: 57 genuine (revocation not checked) (DEMO), 3 NOT genuine (DEMO)\n") {
		t.Errorf("exit %d\n%s", exit, table)
	}
	for _, part := range []string{reports, table} {
		names := regexp.MustCompile(`(?m)^\d\d\.txt\.p7s`).FindAllString(part, -1)
		if strings.Join(names, " ") != strings.Join(files, " ") {
			t.Errorf("in another order: %v", names)
		}
	}
	for report := range strings.SplitSeq(reports, "\n\n") {
		if bad := strings.HasPrefix(report, "07."); bad == strings.Contains(report, "Genuine") {
			t.Errorf("%s", report)
		}
	}
}

// TestFindAllEnds shows that FindAll ends at once with its context, never as a
// success, and with the first error of the function that receives the findings.
func TestFindAllEnds(t *testing.T) {
	var files []string
	for range 500 {
		files = append(files, "no such file")
	}
	a := newApp(command.Config{Getenv: func(string) string { return "" }, Now: time.Now})
	find := &judging.Finder{IO: a.IO, Now: time.Now, Many: true}
	for after := range 3 {
		ctx, cancel := context.WithCancelCause(t.Context())
		taken := 0
		if after == 0 {
			cancel(explain.Interrupted())
		}
		_, err := find.FindAll(ctx, judging.Named(files...), func(judging.FileFinding) error {
			if taken++; taken == after {
				cancel(explain.Interrupted())
			}
			return nil
		})
		if p, ok := problem.As(err); !ok || p.Code != problem.Interrupted || taken != after {
			t.Errorf("interrupted after %d: %v, %d taken", after, err, taken)
		}
	}
	full := errors.New("full")
	taken := 0
	_, err := find.FindAll(t.Context(), judging.Named(files...), func(judging.FileFinding) error {
		if taken++; taken == 100 {
			return full
		}
		return nil
	})
	if err != full || taken != 100 {
		t.Errorf("%v, %d taken", err, taken)
	}
}
