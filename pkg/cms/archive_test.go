package cms

import (
	"bytes"
	"crypto"
	"errors"
	"strings"
	"testing"
)

// archive adds an archive timestamp over a signature.
func (a authority) archive(signature []byte, h crypto.Hash) []byte {
	a.t.Helper()
	digests, err := HashContent(strings.NewReader(content), crypto.SHA256, crypto.SHA384)
	if err != nil {
		a.t.Fatal(err)
	}
	archiving, err := NewArchiving(signature, digests, h)
	if err != nil {
		a.t.Fatal(err)
	}
	request, err := NewTimestampRequest(h, archiving.Content)
	if err != nil {
		a.t.Fatal(err)
	}
	stamp, _, err := request.Answer(a.answer(request.DER()))
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := archiving.Add(stamp.Token)
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// stamped adds a signature timestamp.
func (a authority) stamped(signature []byte) []byte {
	a.t.Helper()
	value, err := SignatureValue(signature)
	if err != nil {
		a.t.Fatal(err)
	}
	request, err := NewTimestampRequest(crypto.SHA256, value)
	if err != nil {
		a.t.Fatal(err)
	}
	stamp, _, err := request.Answer(a.answer(request.DER()))
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := AddSignatureTimestamp(signature, stamp.Token)
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// verifyOnly verifies a detached signature over text that must have one signer.
func verifyOnly(t *testing.T, signature []byte, text string) Result {
	t.Helper()
	sd, err := Parse(signature)
	if err != nil {
		t.Fatal(err)
	}
	c, err := HashContent(strings.NewReader(text), sd.Hashes()...)
	if err != nil {
		t.Fatal(err)
	}
	results := sd.Verify(c)
	if len(results) != 1 {
		t.Fatalf("%d signers", len(results))
	}
	return results[0]
}

// TestArchive makes B-T, B-LT and B-LTA, renews the archive timestamp, and
// changes each protected part.
func TestArchive(t *testing.T) {
	tsa := newAuthority(t, nil)
	bt := tsa.stamped(fixture().rsa.sign(t, crypto.SHA256))
	crl, response := sequence(octetString([]byte("a list"))), sequence(octetString([]byte("a response")))
	lt, err := AddValidation(bt, [][]byte{tsa.cert.Raw}, [][]byte{crl}, [][]byte{response})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := AddValidation(lt, [][]byte{tsa.cert.Raw}, [][]byte{crl}, [][]byte{response}); err != nil || !bytes.Equal(again, lt) {
		t.Errorf("what is there is added once more: %v", err)
	}
	if same, err := AddValidation(bt, nil, nil, nil); err != nil || !bytes.Equal(same, bt) {
		t.Errorf("nothing added, and it changed: %v", err)
	}
	lta := tsa.archive(lt, crypto.SHA256)
	renewed := tsa.archive(lta, crypto.SHA256)
	for name, signature := range map[string][]byte{"T": bt, "LT": lt, "LTA": lta, "renewed": renewed} {
		r := verifyOnly(t, signature, content)
		if err := r.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := map[string]int{"T": 1, "LT": 1, "LTA": 2, "renewed": 3}[name]
		if len(r.Timestamps) != want {
			t.Fatalf("%s: %d timestamps", name, len(r.Timestamps))
		}
		for i, s := range r.Timestamps {
			if by, err := s.Verify(); err != nil || !by.Equal(tsa.cert) || s.Archive != (i > 0) {
				t.Errorf("%s, timestamp %d: %v, archive %v", name, i, err, s.Archive)
			}
		}
		sd, _ := Parse(signature)
		crls, ocsps := sd.Revocations()
		if name != "T" && (len(crls) != 1 || !bytes.Equal(crls[0], crl) || len(ocsps) != 1 || !bytes.Equal(ocsps[0], response) || sd.Version != 5) {
			t.Errorf("%s: %d lists, %d responses, version %d", name, len(crls), len(ocsps), sd.Version)
		}
	}
	failing := func(what string, signature []byte, text string, want error) {
		t.Helper()
		r := verifyOnly(t, signature, text)
		_, err := r.Timestamps[len(r.Timestamps)-1].Verify()
		if want == nil && err != nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	failing("another content", lta, content+"x", ErrOtherContent)
	// Whoever adds something afterwards does no harm; what is missing does.
	more, err := AddValidation(lta, [][]byte{fixture().p256.cert.Raw}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	failing("a certificate more", more, content, nil)
	failing("a timestamp more", tsa.stamped(lta), content, errIncomplete)
	without, err := editSignedData(lta, func(parts [][]byte) ([][]byte, bool) {
		parts[3] = bytes.Replace(parts[3], tsa.cert.Raw, fixture().p384.cert.Raw, 1)
		all, ok := children(parts[3])
		_ = ok
		parts[3] = retagged(tagExplicit, setOf(append(all[:0:0], fixture().rsa.cert.Raw, fixture().p384.cert.Raw)...))
		return parts, true
	})
	if err != nil {
		t.Fatal(err)
	}
	failing("a certificate missing", without, content, HashFailure)
	if r := verifyOnly(t, without, content); r.Err() != nil {
		t.Errorf("the signature itself: %v", r.Err())
	}
	// The index is not signed: another one is another imprint.
	failing("another list", bytes.Replace(lta, []byte("a list"), []byte("b list"), 1), content, HashFailure)
	sha384 := tsa.archive(fixture().rsa.sign(t, crypto.SHA256), crypto.SHA384)
	failing("another digest", sha384, content, nil)
}

// TestArchivingAttached shows that attached content is digested inside the
// file.
func TestArchivingAttached(t *testing.T) {
	tsa := newAuthority(t, nil)
	var attached bytes.Buffer
	if err := WriteAttached(&attached, fixture().rsa.sign(t, crypto.SHA256), strings.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	lta := tsa.archive(attached.Bytes(), crypto.SHA256)
	for name, read := range map[string]func() (*SignedData, error){
		"parsed": func() (*SignedData, error) { return Parse(lta) }, "streamed": func() (*SignedData, error) { return Read(bytes.NewReader(lta), nil) },
	} {
		sd, err := read()
		if err != nil {
			t.Fatal(err)
		}
		r := sd.Verify(nil)[0]
		if r.Err() != nil || len(r.Timestamps) != 1 {
			t.Fatalf("%s: %v, %d timestamps", name, r.Err(), len(r.Timestamps))
		}
		if _, err := r.Timestamps[0].Verify(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestArchivingRefuses shows that archiving refuses two signers and an unknown
// digest algorithm.
func TestArchivingRefuses(t *testing.T) {
	signature := fixture().rsa.sign(t, crypto.SHA256)
	digests, err := HashContent(strings.NewReader(content), crypto.SHA256, crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []crypto.Hash{crypto.SHA512, crypto.SHA1} {
		if _, err := NewArchiving(signature, digests, h); !errors.Is(err, ErrHash) {
			t.Errorf("%v: %v", h, err)
		}
	}
	if _, err := NewArchiving([]byte("no CMS"), digests, crypto.SHA256); !errors.Is(err, FormatFailure) {
		t.Errorf("%v", err)
	}
}

// TestOpenSSLAcceptsArchive shows that openssl still verifies a signature with
// everything that archiving adds.
func TestOpenSSLAcceptsArchive(t *testing.T) {
	tsa := newAuthority(t, nil)
	lt, err := AddValidation(tsa.stamped(fixture().rsa.sign(t, crypto.SHA256)), [][]byte{tsa.cert.Raw}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	tsa.write("lta.p7s", tsa.archive(lt, crypto.SHA256))
	tsa.must("openssl cms -verify -binary -inform DER -in lta.p7s -content content -CAfile ca.pem -purpose any -out out")
}

// TestTimestampResponse shows that we read openssl's .tsr files and openssl
// reads ours.
func TestTimestampResponse(t *testing.T) {
	tsa := newAuthority(t, nil)
	request, err := NewDigestTimestampRequest(crypto.SHA256, sum(crypto.SHA256, []byte(content)))
	if err != nil {
		t.Fatal(err)
	}
	answer := tsa.answer(request.DER())
	stamp, err := ParseTimestampResponse(answer)
	if err != nil || !IsTimestamp(answer[:64]) {
		t.Fatalf("%v, recognized: %v", err, IsTimestamp(answer[:64]))
	}
	if _, err := stamp.Verify([]byte(content)); err != nil {
		t.Error(err)
	}
	ours := TimestampResponse(stamp.Token)
	if _, err := ParseTimestampResponse(ours); err != nil {
		t.Error(err)
	}
	tsa.write("ours.tsr", ours)
	tsa.must("openssl ts -verify -in ours.tsr -data content -CAfile ca.pem")
	if err := tsa.run("openssl ts -verify -in ours.tsr -data changed -CAfile ca.pem"); err == nil {
		t.Error("openssl verifies it over something else")
	}
	for what, bad := range map[string][]byte{
		"refused":  sequence(sequence([]byte{tagInteger, 1, 2})),
		"no token": sequence(sequence([]byte{tagInteger, 1, 0})),
		"trailing": append(bytes.Clone(ours), 0),
		"a CMS":    fixture().rsa.sign(t, crypto.SHA256),
	} {
		if got, err := ParseTimestampResponse(bad); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if IsTimestamp(fixture().rsa.sign(t, crypto.SHA256)) || IsTimestamp(nil) || IsTimestamp(stamp.Token) {
		t.Error("a signature is taken for a response")
	}
	if _, err := NewDigestTimestampRequest(crypto.SHA256, make([]byte, 20)); !errors.Is(err, ErrDigest) {
		t.Errorf("a short digest: %v", err)
	}
}
