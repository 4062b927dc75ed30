package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
	testsigners "github.com/jpki-tools/jpki/pkg/internal/signers"
)

// answered returns the items of the checklist with this answer.
func answered(list []Requirement, with Answer) (items []ToukiItem) {
	for _, r := range list {
		if r.Answer == with {
			items = append(items, r.Item)
		}
	}
	return items
}

// ofCMS are the items that need a CMS.
var ofCMS = []ToukiItem{ToukiCertificate, ToukiDigest, ToukiAttributes, ToukiNoTimestamp}

func TestToukiChecklist(t *testing.T) {
	const name, m = "/Name <FEFF5C71> ", "/M (D:20261122163005+09'00') "
	const good = "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached " + name + m
	type answers struct{ not, unknown []ToukiItem }
	for replace, want := range map[[2]string]answers{
		{}:                  {},
		{"/Type /Sig ", ""}: {not: []ToukiItem{ToukiType}},
		{"/Filter /Adobe.PPKLite", "/Filter /MOJSignDoc"}: {},
		{"/Filter /Adobe.PPKLite ", ""}:                   {unknown: []ToukiItem{ToukiFilter}},
		{"adbe.pkcs7.detached", "ETSI.CAdES.detached"}:    {not: []ToukiItem{ToukiSubFilter}},
		{name, ""}:                {not: []ToukiItem{ToukiName}},
		{name, "/Name (Yamada) "}: {not: []ToukiItem{ToukiName}},
		{name, "/Name <FEFF> "}:   {not: []ToukiItem{ToukiName}},
		{m, ""}:                   {not: []ToukiItem{ToukiTime}},
		{"+09'00'", "Z"}:          {not: []ToukiItem{ToukiTime}},
		{"20261122", "20261322"}:  {not: []ToukiItem{ToukiTime}},
		{"adbe.pkcs7.detached", "adbe.x509.rsa_sha1"}: {
			not:     []ToukiItem{ToukiSubFilter},
			unknown: slices.Concat([]ToukiItem{ToukiByteRange, ToukiCMS}, ofCMS, []ToukiItem{ToukiIntact}),
		},
	} {
		c := crafted("")
		c.objects[2].body = "<<" + strings.Replace(good, replace[0], replace[1], 1) + " %s>>"
		list := mustVerify(t, c.sign(t, formFile(table))).Signatures[0].Touki()
		if not, unknown := answered(list, NotMet), answered(list, CannotSay); !slices.Equal(not, want.not) || !slices.Equal(unknown, want.unknown) {
			t.Errorf("%q: not met %v, cannot say %v; want %v", replace, not, unknown, want)
		}
	}
	for name, c := range map[string]struct {
		list []Requirement
		want answers
	}{
		"our own":            {mustVerify(t, mustSign(t, formFile(table), Options{})).Signatures[0].Touki(), answers{}},
		"changed afterwards": {mustVerify(t, attacks(t)["content changed"].file).Signatures[0].Touki(), answers{not: []ToukiItem{ToukiName, ToukiTime, ToukiIntact}}},
		"gap too wide":       {mustVerify(t, attacks(t)["gap begins early"].file).Signatures[0].Touki(), answers{not: []ToukiItem{ToukiName, ToukiTime, ToukiByteRange, ToukiIntact}, unknown: slices.Concat([]ToukiItem{ToukiCMS}, ofCMS)}},
		"no CMS":             {mustVerify(t, attacks(t)["Contents is garbage"].file).Signatures[0].Touki(), answers{not: []ToukiItem{ToukiName, ToukiTime, ToukiCMS, ToukiIntact}, unknown: ofCMS}},
	} {
		if not, unknown := answered(c.list, NotMet), answered(c.list, CannotSay); !slices.Equal(not, c.want.not) || !slices.Equal(unknown, c.want.unknown) {
			t.Errorf("%s: not met %v, cannot say %v; want %v", name, not, unknown, c.want)
		}
	}
	if zero := (Signature{}).Touki(); len(zero) != 12 || len(answered(zero, CannotSay)) != 12 {
		t.Errorf("the zero signature: %v", zero)
	}
}

// TestToukiKeepsItsPromise checks that Sign refuses a signature that the
// profile does not allow.
func TestToukiKeepsItsPromise(t *testing.T) {
	p, err := Prepare(bytes.NewReader(formFile(table)), int64(len(formFile(table))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	ec := testsigners.ECDSA(elliptic.P256())
	onEC := cms.Signing{Certificate: testsigners.Certify(ec, "EC", 7), Key: ec, Hash: crypto.SHA256}
	good := Statement{Name: holder, Time: clock}
	for name, c := range map[string]struct {
		change func(*Statement)
		by     cms.Signing
		want   error
	}{
		"all":       {func(*Statement) {}, signer(), nil},
		"no name":   {func(s *Statement) { s.Name = "\u3000" }, signer(), ErrToukiName},
		"EC key":    {func(*Statement) {}, onEC, ErrToukiKey},
		"timestamp": {func(s *Statement) { s.Timestamp = true }, signer(), ErrToukiTimestamp},
	} {
		statement := good
		c.change(&statement)
		if _, err := p.Sign(statement, c.by); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestSavedAgain checks a file that another program rewrote, so that its
// ByteRange does not fit. This differs from a ByteRange that leaves out more
// than Contents, and the signer can still be read.
func TestSavedAgain(t *testing.T) {
	moved := crafted("/Name <FEFF5C71> /M (D:20261122163005+09'00')")
	moved.byteRange = func(start, end, size int) string {
		return fmt.Sprintf("/ByteRange [0 %d %d %d]", start+900, end+900, size-end)
	}
	again := moved.sign(t, formFile(table))
	s := mustVerify(t, again).Signatures[0]
	if !s.SavedAgain() {
		t.Errorf("not noticed: %v", s.Err())
	}
	if c := s.ClaimedSigner(); c == nil || !c.Equal(signer().Certificate) {
		t.Errorf("the signer is %v", c)
	}
	if not := answered(s.Touki(), NotMet); !slices.Equal(not, []ToukiItem{ToukiByteRange}) {
		t.Errorf("not met: %v", not)
	}
	for _, name := range []string{"gap begins early", "content changed"} {
		if s := mustVerify(t, attacks(t)[name].file).Signatures[0]; s.SavedAgain() {
			t.Errorf("%s: no program saves a file so", name)
		}
	}
	if s := mustVerify(t, mustSign(t, formFile(table), Options{})).Signatures[0]; s.SavedAgain() {
		t.Error("the signed file itself")
	}
}
