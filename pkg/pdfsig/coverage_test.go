package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// TestSignatureOfAnOlderObject has two objects for the signature: one in the
// signed revision, and an older one that the current file uses. The ByteRange
// fits the older one.
func TestSignatureOfAnOlderObject(t *testing.T) {
	c := crafted("")
	c.objects[0] = form20("")
	c.behind = func(file []byte) []byte { // the signed bytes hide the signature
		return extend(t, file, "", object{21, 0, "<</Type /Sig /SubFilter /adbe.pkcs7.detached>>"})
	}
	signed := c.sign(t, sample{objects: documentOf()}.bytes())
	at := bytes.Index(signed, []byte("\n21 0 obj")) + 1
	start := len(signed)
	now := fmt.Appendf(bytes.Clone(signed), "xref\n21 1\n%010d 00000 n \ntrailer\n<</Size 30 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, lastStartxref(signed), start)
	s := mustVerify(t, now).Signatures[0]
	if !slices.ContainsFunc(s.Failures, func(f *cms.Failure) bool {
		return f.Code == cms.FormatFailure && strings.Contains(f.Detail, "not in the file where it is now")
	}) {
		t.Errorf("%v", s.Err())
	}
}

// withoutAttributes returns a CMS over content without signed attributes, so it
// does not identify the certificate.
func withoutAttributes(t *testing.T, der, content []byte) []byte {
	t.Helper()
	var info struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version                       int
			Digests, Content, Certificate asn1.RawValue
			Signers                       []struct {
				Version   int
				ID        asn1.RawValue
				Digest    asn1.RawValue
				Signed    asn1.RawValue `asn1:"optional,tag:0"`
				Algorithm asn1.RawValue
				Signature []byte
			} `asn1:"set"`
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(content)
	signature, err := signer().Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	s := &info.Content.Signers[0]
	s.Signed, s.Signature = asn1.RawValue{}, signature
	out, err := asn1.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPAdESNamesItsCertificate accepts a CMS without a signing-certificate
// attribute for the older kind of signature, but not for PAdES (EN 319 142-1,
// 6.3).
func TestPAdESNamesItsCertificate(t *testing.T) {
	for subFilter, good := range map[Profile]bool{Touki: true, PAdES: false} {
		c := crafted("")
		c.objects[0] = form20("")
		c.objects[2].body = strings.Replace(c.objects[2].body, string(Touki), string(subFilter), 1)
		c.contents = func(der, covered []byte) []byte { return withoutAttributes(t, der, covered) }
		err := mustVerify(t, c.sign(t, sample{objects: documentOf()}.bytes())).Err()
		if good != (err == nil) || !good && !errors.Is(err, cms.SigConstraintsFailure) {
			t.Errorf("%s: %v", subFilter, err)
		}
	}
}
