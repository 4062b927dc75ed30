//go:build foreign

package xmlsig

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTimestampContentAgainstJDK shows that a timestamp covers the
// SignatureValue in the JDK's canonical form.
func TestTimestampContentAgainstJDK(t *testing.T) {
	dir := t.TempDir()
	var jobs []string
	var contents [][]byte
	for i, m := range []C14NMethod{C14N10, C14N11, ExcC14N10} {
		signed, content := stamped(t, []byte(taxReturn), Canonicalizer{Method: m})
		path := write(t, dir, string(rune('a'+i))+".xml", signed)
		jobs = append(jobs, strings.Join([]string{path, string(m), "", "signature-1-value"}, "\t"))
		contents = append(contents, content)
	}
	for i, theirs := range jdkCanonical(t, jobs) {
		if !bytes.Equal(theirs, contents[i]) {
			t.Errorf("%s\nours   %s\ntheirs %s", jobs[i], contents[i], theirs)
		}
	}
}

// TestOpenSSLTimestamp shows that a token by OpenSSL can be taken out of a
// document and verifies over the reported content, and that xmlsec1 accepts the
// document.
func TestOpenSSLTimestamp(t *testing.T) {
	dir := t.TempDir()
	signed, openssl := stampedByOpenSSL(t, dir)
	results := mustParse(t, signed).Verify(Verification{})
	if err := results.Err(); err != nil || len(results[0].Timestamps) != 1 {
		t.Fatalf("%v, %d timestamps", err, len(results[0].Timestamps))
	}
	stamp := results[0].Timestamps[0]
	if by, err := stamp.Verify(); err != nil || by.Subject.CommonName != "TSA" {
		t.Errorf("by %v: %v", by, err)
	}
	write(t, dir, "token.out", stamp.Timestamp.Token)
	write(t, dir, "content.out", stamp.Content)
	openssl("ts", "-verify", "-data", "content.out", "-in", "token.out", "-token_in", "-CAfile", "tsa.pem")
	if err := xmlsecVerify(certificateFile(t, fixture().ca.cert), write(t, dir, "signed.xml", signed)); err != nil {
		t.Error(err)
	}
}

// TestTimestampInJDK shows that the JDK accepts a document with a timestamp.
func TestTimestampInJDK(t *testing.T) {
	dir := t.TempDir()
	signed, _ := stampedByOpenSSL(t, dir)
	if answer := jdk(t, []string{"verify\t" + write(t, dir, "signed.xml", signed)})[0]; answer != "valid 1" {
		t.Error(answer)
	}
}

// stampedByOpenSSL returns a signed document with a token by OpenSSL. The
// authority's files are in dir, where openssl runs.
func stampedByOpenSSL(t *testing.T, dir string) (document []byte, openssl func(...string)) {
	t.Helper()
	openssl = func(args ...string) {
		t.Helper()
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v %s", args, err, out)
		}
	}
	write(t, dir, "tsa.cnf", []byte("[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\nextendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\n"+
		"[tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\ncrypto_device=builtin\n"))
	openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.pem", "-subj", "/CN=TSA", "-days", "30", "-config", "tsa.cnf")

	s, err := mustPrepare(t, taxReturn, Options{XAdES: true}).Sign(fixture().signer.signing())
	if err != nil {
		t.Fatal(err)
	}
	content, err := s.TimestampContent()
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "content", content)
	openssl("ts", "-query", "-data", "content", "-sha256", "-cert", "-out", "query")
	openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "tsa.key", "-token_out", "-out", "token")
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddTimestamp(token); err != nil {
		t.Fatal(err)
	}
	var signed bytes.Buffer
	if _, err := s.WriteTo(&signed); err != nil {
		t.Fatal(err)
	}
	return signed.Bytes(), openssl
}
