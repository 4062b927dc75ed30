package pdfsig_test

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"log"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var clock = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// page is a PDF file with an empty page.
func page() []byte {
	var file bytes.Buffer
	var offsets []int
	file.WriteString("%PDF-1.7\n")
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
	} {
		offsets = append(offsets, file.Len())
		fmt.Fprintf(&file, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := file.Len()
	file.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, offset := range offsets {
		fmt.Fprintf(&file, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&file, "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", at)
	return file.Bytes()
}

// Sign a PDF with a card, and verify it. All slow steps and all checks of the
// file come before the PIN.
func Example() {
	in := page()
	p, err := pdfsig.Prepare(bytes.NewReader(in), int64(len(in)), pdfsig.Options{Profile: pdfsig.PAdES})
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		log.Fatal(err)
	}

	adult, _ := virtualcard.Lookup("adult")
	emulated, err := virtualcard.New(adult, clock, virtualcard.Options{})
	if err != nil {
		log.Fatal(err)
	}
	pin := jpki.NewPIN([]byte(virtualcard.SignPIN))
	defer pin.Wipe()
	var update *pdfsig.Update
	err = jpki.New(virtualcard.Slot{Card: emulated}).WithPIN(context.Background(), jpki.KeySign, pin, nil, func(s *jpki.Session) error {
		certificate, err := s.Certificate(jpki.KindSign)
		if err != nil {
			return err
		}
		update, err = p.Sign(
			pdfsig.Statement{Name: "デモ 太郎", Time: clock, Reason: "同意します"},
			cms.Signing{Certificate: certificate, Key: s.Signer(certificate)},
		)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := update.WriteTo(&out); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the original is unchanged inside:", bytes.HasPrefix(out.Bytes(), in))

	report, err := pdfsig.Verify(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		log.Fatal(err) // ErrNoSignature, too
	}
	for _, s := range report.Signatures {
		fmt.Println(s.Field, s.Kind, s.Name, "covers all:", s.Whole, "changes later:", len(s.Changes))
	}
	if err := report.Err(); err != nil {
		fmt.Println("not good:", err)
	}
	// Output:
	// the original is unchanged inside: true
	// Signature1 approval デモ 太郎 covers all: true changes later: 0
}
