package cms

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestReadTexts reads signatures in PEM and bare base64, with all kinds of line
// ends, headers and prefaces.
func TestReadTexts(t *testing.T) {
	der, err := os.ReadFile("testdata/rsa-sha256.p7s")
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.IndexByte(der, '-'); i == 0 {
		t.Fatal("the sample is no DER")
	}
	plain := base64.StdEncoding.EncodeToString(der)
	var folded strings.Builder
	for i := 0; i < len(plain); i += 76 {
		folded.WriteString(plain[i:min(i+76, len(plain))] + "\r\n")
	}
	var pem bytes.Buffer
	w := NewPEMWriter(&pem)
	if _, err := w.Write(der); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	const mark = "\xEF\xBB\xBF"
	for what, text := range map[string]string{
		"one line":           plain,
		"lines":              folded.String(),
		"lines and blanks":   "\r\n " + strings.ReplaceAll(folded.String(), "\r\n", " \t\r\n") + strings.Repeat(" ", 200<<10),
		"mark, lines":        mark + folded.String(),
		"mark, PEM":          mark + pem.String(),
		"PEM of Windows":     strings.ReplaceAll(pem.String(), "\n", "\r\n"),
		"mark, PEM, a title": mark + "Signature of the contract\r\n" + pem.String(),
	} {
		sd, err := Read(strings.NewReader(text), nil)
		if err != nil || len(sd.Signers) != 1 {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, text := range map[string]string{
		"cut short":     plain[:len(plain)-8],
		"one character": plain[:len(plain)-4] + "*" + plain[len(plain)-3:],
		"more behind":   plain + "MAAA",
		"only a mark":   mark,
		"only M":        "M",
	} {
		if _, err := Read(strings.NewReader(text), nil); !errors.Is(err, FormatFailure) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
