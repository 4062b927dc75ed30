package checklist

import (
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// every item of package pdfsig with one answer.
func every(answer pdfsig.Answer) (list []pdfsig.Requirement) {
	for _, r := range (pdfsig.Signature{}).Touki() {
		list = append(list, pdfsig.Requirement{Item: r.Item, Answer: answer})
	}
	return list
}

func names(list []Item, with ...pdfsig.Answer) (found []string) {
	for _, i := range list {
		if slices.Contains(with, i.Answer) {
			found = append(found, i.Name)
		}
	}
	return found
}

func certificate(bits int) *x509.Certificate {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return &x509.Certificate{
		NotBefore: time.Date(2021, 11, 4, 0, 0, 0, 0, cert.JST), NotAfter: time.Date(2026, 11, 3, 23, 59, 59, 0, cert.JST),
		PublicKey: &rsa.PublicKey{N: n, E: 65537},
	}
}

// TestEveryItemHasItsWords: no item is shown without what it asks and what to
// do, in both languages.
func TestEveryItemHasItsWords(t *testing.T) {
	for _, p := range Profiles() {
		list := p.For(Subject{File: strings.Repeat("①-", 20) + ".a.pdf", Size: 1 << 40, Requirements: every(pdfsig.NotMet), Certificate: certificate(1024)})
		if len(list) < 17 {
			t.Errorf("%s: %d items", p, len(list))
		}
		for _, i := range append(list, p.For(Subject{File: "a.pdf", Requirements: every(pdfsig.CannotSay), SavedAgain: true})...) {
			if i.What.JA == "" || i.What.EN == "" || i.Todo.JA == "" || i.Todo.EN == "" || i.Answer == "" {
				t.Errorf("%s: %s: %+v", p, i.Name, i)
			}
		}
	}
}

// TestSavedAgain: one cause, one piece of advice, and no word of what can no
// longer be told.
func TestSavedAgain(t *testing.T) {
	requirements := every(pdfsig.CannotSay)
	for i, r := range requirements {
		switch r.Item {
		case pdfsig.ToukiByteRange:
			requirements[i].Answer = pdfsig.NotMet
		case pdfsig.ToukiType, pdfsig.ToukiName:
			requirements[i].Answer = pdfsig.Met
		}
	}
	list := Touki.For(Subject{File: "a.pdf", Requirements: requirements, SavedAgain: true})
	if open := names(list, pdfsig.NotMet, pdfsig.CannotSay); !slices.Equal(open, []string{string(pdfsig.ToukiByteRange)}) {
		t.Errorf("open: %q", open)
	}
	for _, i := range list {
		if i.Answer == pdfsig.NotMet && strings.Contains(i.Todo.EN+i.What.EN, "forged") {
			t.Errorf("%s: %s", i.What.EN, i.Todo.EN)
		}
	}
	if Unmet(list) != 1 {
		t.Errorf("%d not met", Unmet(list))
	}
}

func TestFile(t *testing.T) {
	const mega = 1 << 20
	for _, c := range []struct {
		name            string
		size            int64
		touki, koshonin []string // not met, or cannot say
	}{
		{"teikan.pdf", mega, nil, nil},
		{"folder-①/teikan.pdf", mega, nil, nil},
		{"teikan-signed.pdf", mega, nil, []string{FileNameHyphen}},
		{"議事録①.pdf", mega, []string{FileName}, []string{FileName}},
		{"か\u3099.pdf", mega, []string{FileName}, []string{FileName}},
		{"0123456789012345678901234567.pdf", mega, []string{FileNameLength}, []string{FileNameLength}},
		{"a.b.pdf", mega, nil, []string{FileNameDots}},
		{"teikan.pdf", 11 * mega, []string{FileSize}, []string{FileSize}},
		{"teikan.pdf", 21 * mega, []string{FileSize}, []string{FileSize}},
	} {
		for p, want := range map[Profile][]string{Touki: c.touki, Koshonin: c.koshonin} {
			list := p.OfFile(c.name, c.size)
			if got := names(list, pdfsig.NotMet, pdfsig.CannotSay); !slices.Equal(got, want) {
				t.Errorf("%s, %s of %d: %q, want %q", p, c.name, c.size, got, want)
			}
		}
	}
	// A space would not be seen among the characters that are found.
	if found := Touki.OfFile("定款 ①　.pdf", mega)[0].Found; found != "\" \"①\"\u3000\"" {
		t.Errorf("found %s", found)
	}
	// Where nothing certain is published the answer is not no.
	for name, size := range map[string]int64{"0123456789012345678901234567.pdf": mega, "か\u3099.pdf": mega, "a.pdf": 11 * mega} {
		if n := Unmet(Touki.OfFile(name, size)); n != 0 {
			t.Errorf("%s of %d: %d not met", name, size, n)
		}
	}
	if n := Unmet(Koshonin.OfFile("a.pdf", 11*mega)); n != 1 {
		t.Errorf("the notary takes 11 MB: %d", n)
	}
}

// TestCertificate: a certificate is in force until midnight, to the last
// fraction of its last second, and the notary takes RSA 2048 alone.
func TestCertificate(t *testing.T) {
	find := func(list []Item, name string) pdfsig.Answer {
		return list[slices.IndexFunc(list, func(i Item) bool { return i.Name == name })].Answer
	}
	c := certificate(2048)
	midnight := c.NotAfter.Add(time.Second)
	for now, want := range map[time.Time]pdfsig.Answer{
		c.NotBefore.Add(-time.Nanosecond): pdfsig.NotMet,
		c.NotBefore:                       pdfsig.Met,
		midnight.Add(-time.Nanosecond):    pdfsig.Met,
		midnight:                          pdfsig.NotMet,
	} {
		if got := find(Touki.For(Subject{Certificate: c, Now: now}), CertificateInForce); got != want {
			t.Errorf("at %v: %s, want %s", now, got, want)
		}
	}
	for bits, want := range map[int]pdfsig.Answer{1024: pdfsig.NotMet, 2048: pdfsig.Met, 3072: pdfsig.NotMet} {
		if got := find(Koshonin.For(Subject{Certificate: certificate(bits)}), KeySize); got != want {
			t.Errorf("RSA %d: %s, want %s", bits, got, want)
		}
	}
	for state, want := range map[trust.Revocation]pdfsig.Answer{trust.RevocationGood: pdfsig.Met, trust.RevocationRevoked: pdfsig.NotMet, trust.RevocationNotChecked: pdfsig.CannotSay} {
		if got := find(Touki.For(Subject{Certificate: c, Verdict: trust.Verdict{Revocation: state}}), NotRevoked); got != want {
			t.Errorf("%v: %s, want %s", state, got, want)
		}
	}
}
