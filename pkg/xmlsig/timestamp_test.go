package xmlsig

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// stamped returns a signature with a timestamp that is not a token.
func stamped(t *testing.T, src []byte, c Canonicalizer) (signed []byte, content []byte) {
	t.Helper()
	p, err := mustParse(t, src).Prepare(Options{XAdES: true, C14N: c})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Sign(fixture().signer.signing())
	if err != nil {
		t.Fatal(err)
	}
	if content, err = s.TimestampContent(); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"first", "a token"} {
		if err := s.AddTimestamp([]byte(token)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), content
}

func TestTimestamp(t *testing.T) {
	for _, c := range []Canonicalizer{{Method: C14N10}, {Method: C14N11}, {ExcC14N10, []string{"u"}}} {
		signed, content := stamped(t, []byte(taxReturn), c)
		results := mustParse(t, signed).Verify(Verification{})
		if err := results.Err(); err != nil {
			t.Fatal(err)
		}
		stamps := results[0].Timestamps
		if len(stamps) != 1 || !errors.Is(stamps[0].Err, cms.FormatFailure) || !bytes.Equal(stamps[0].Content, content) || len(results[0].Warnings) > 0 {
			t.Errorf("%+v", results[0])
		}
		if !bytes.HasPrefix(content, []byte("<ds:SignatureValue xmlns")) || !bytes.Contains(content, []byte(between(t, signed, "-value\">", "</ds:SignatureValue>"))) {
			t.Errorf("content %s", content)
		}
	}
}

// TestUnreadableTimestamp shows that an unreadable timestamp, which is not
// signed, does not make the signature invalid.
func TestUnreadableTimestamp(t *testing.T) {
	signed, _ := stamped(t, []byte(taxReturn), Canonicalizer{})
	for name, forged := range map[string][]byte{
		"no base64":        replaced(t, signed, base64Of([]byte("a token")), "?"),
		"canonicalisation": replaced(t, signed, "<ds:CanonicalizationMethod Algorithm=\""+string(C14N10)+"\"></ds:CanonicalizationMethod><xades:E", "<ds:CanonicalizationMethod Algorithm=\"x\"></ds:CanonicalizationMethod><xades:E"),
		"Include":          replaced(t, signed, "<xades:EncapsulatedTimeStamp>", "<xades:Include/><xades:EncapsulatedTimeStamp>"),
	} {
		results := mustParse(t, forged).Verify(Verification{})
		if err := results.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if stamps := results[0].Timestamps; len(stamps) != 1 || stamps[0].Timestamp != nil || !errors.Is(stamps[0].Err, cms.FormatFailure) {
			t.Errorf("%s: %+v", name, stamps)
		}
	}
	evil := replaced(t, signed, "<xades:UnsignedProperties>", "<DATA/><xades:UnsignedProperties>")
	if err := verdict(evil, Verification{}); !errors.Is(err, cms.FormatFailure) {
		t.Errorf("something else in the properties: %v", err)
	}
	evil = replaced(t, signed, "<xades:SignatureTimeStamp", "<DATA/><xades:SignatureTimeStamp")
	if err := verdict(evil, Verification{}); !errors.Is(err, cms.SigConstraintsFailure) {
		t.Errorf("something unsigned in the unsigned properties: %v", err)
	}
	if strings.Contains(string(signed), base64Of([]byte("first"))) {
		t.Error("the first token is still there")
	}
}

func TestTimestampWithoutXAdES(t *testing.T) {
	s, err := mustPrepare(t, taxReturn, Options{}).Sign(fixture().signer.signing())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.TimestampContent(); !errors.Is(err, ErrNoProperties) {
		t.Error(err)
	}
	if err := s.AddTimestamp([]byte("x")); !errors.Is(err, ErrNoProperties) {
		t.Error(err)
	}
}
