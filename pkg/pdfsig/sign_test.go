package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// found is a signature found in the text of a file, without the code of this
// package.
type found struct {
	dict      string // from << to >>, without Contents
	byteRange [4]int
	contents  []byte // with its padding zeros
}

var signaturePattern = regexp.MustCompile(`(?s)obj\s*(<<\s*/Type /Sig\s.*?/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]\s*/Contents )<([0-9a-fA-F]*)>\s*>>\s*endobj`)

func find(t testing.TB, file []byte) (all []found) {
	t.Helper()
	for _, m := range signaturePattern.FindAllSubmatch(file, -1) {
		f := found{dict: string(m[1])}
		for i := range f.byteRange {
			f.byteRange[i], _ = strconv.Atoi(string(m[2+i]))
		}
		var err error
		if f.contents, err = hex.DecodeString(string(m[6])); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// der returns the CMS without its padding zeros.
func (f found) der(t testing.TB) []byte {
	t.Helper()
	var cms asn1.RawValue
	rest, err := asn1.Unmarshal(f.contents, &cms)
	if err != nil || len(bytes.Trim(rest, "\x00")) > 0 {
		t.Fatalf("Contents: %v", err)
	}
	return cms.FullBytes
}

// check verifies the CMS over the bytes that the ByteRange names.
func (f found) check(t testing.TB, file []byte) {
	t.Helper()
	r := f.byteRange
	covered := io.MultiReader(bytes.NewReader(file[r[0]:r[0]+r[1]]), bytes.NewReader(file[r[2]:r[2]+r[3]]))
	if gap := file[r[1]:r[2]]; gap[0] != '<' || gap[len(gap)-1] != '>' || len(gap) != 2*len(f.contents)+2 {
		t.Errorf("the gap is not Contents: %.20q", gap)
	}
	sd, err := cms.Parse(f.der(t))
	if err != nil {
		t.Fatal(err)
	}
	content, err := cms.HashContent(covered, sd.Hashes()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := sd.Verify(content).Err(); err != nil {
		t.Error(err)
	}
}

func TestSignEveryStructureThreeTimes(t *testing.T) {
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			file := s.bytes()
			before := len(find(t, file))
			for n := 1; n <= 3; n++ {
				signed := mustSign(t, file, Options{})
				if !bytes.HasPrefix(signed, file) {
					t.Fatal("the original bytes are not all there")
				}
				all := find(t, signed)
				if len(all) != before+n {
					t.Fatalf("%d signatures, want %d", len(all), before+n)
				}
				for _, f := range all[before:] {
					f.check(t, signed)
				}
				last := all[len(all)-1].byteRange
				if last[0] != 0 || last[2]+last[3] != len(signed) {
					t.Errorf("ByteRange %v in a file of %d", last, len(signed))
				}
				checkStructure(t, signed, file)
				file = signed
			}
		})
	}
}

// checkStructure checks the required parts of a signed file besides its
// signature.
func checkStructure(t *testing.T, signed, before []byte) {
	t.Helper()
	now, err := openDocument(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	old, err := openDocument(bytes.NewReader(before), int64(len(before)))
	if err != nil {
		t.Fatal(err)
	}
	newest, previous := now.Sections()[0], now.Sections()[1]
	if newest.Stream != old.Sections()[0].Stream {
		t.Error("the update has another kind of cross-reference than the file")
	}
	if previous.Offset != old.Sections()[0].Offset || newest.Trailer["Prev"] != previous.Offset {
		t.Errorf("Prev is %v, want %d", newest.Trailer["Prev"], old.Sections()[0].Offset)
	}
	for _, key := range []pdf.Name{"ID", "Root", "Info"} {
		if !pdf.Equal(newest.Trailer[key], old.Trailer()[key]) {
			t.Errorf("%s of the trailer is %v, was %v", key, newest.Trailer[key], old.Trailer()[key])
		}
	}
	if newest.Trailer["Size"] != int64(now.NextNumber()) {
		t.Errorf("Size is %v, want %d", newest.Trailer["Size"], now.NextNumber())
	}
	if now.form["SigFlags"] != int64(3) {
		t.Errorf("SigFlags is %v", now.form["SigFlags"])
	}
	names, oldNames := fieldNames(t, now), fieldNames(t, old)
	if len(names) != len(oldNames)+1 || !strings.HasPrefix(strings.Join(names, "\n"), strings.Join(oldNames, "\n")) {
		t.Errorf("fields %q, were %q", names, oldNames)
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			t.Errorf("two fields are named %q", n)
		}
		seen[n] = true
	}
	checkWidget(t, now, old)
}

func fieldNames(t *testing.T, d *document) (names []string) {
	t.Helper()
	if err := d.fields(func(f *field) error { names = append(names, f.name); return nil }); err != nil {
		t.Fatal(err)
	}
	return names
}

// checkWidget checks that the newest field's widget is the last annotation on
// its page.
func checkWidget(t *testing.T, now, old *document) {
	t.Helper()
	var last *field
	now.fields(func(f *field) error { last = f; return nil })
	on, err := now.page(1)
	if err != nil {
		t.Fatal(err)
	}
	if last.dict["P"] != on.ref || len(last.widgets) != 1 || last.kind != pdf.Name("Sig") {
		t.Errorf("the widget is %v, the page %v", last.dict, on.ref)
	}
	annots, _ := pdf.As[pdf.Array](now.File, on.dict["Annots"])
	oldPage, _ := old.page(1)
	oldAnnots, _ := pdf.As[pdf.Array](old.File, oldPage.dict["Annots"])
	if len(annots) != len(oldAnnots)+1 || annots[len(annots)-1] != last.ref || len(oldAnnots) > 0 && !pdf.Equal(annots[:len(oldAnnots)], oldAnnots) {
		t.Errorf("Annots is %v, was %v", annots, oldAnnots)
	}
}

// TestTouki checks each requirement of 登記・供託オンライン申請 on the text of the
// file and on the CMS.
func TestTouki(t *testing.T) {
	file := mustSign(t, sample{objects: documentOf()}.bytes(), Options{})
	all := find(t, file)
	if len(all) != 1 {
		t.Fatalf("%d signatures", len(all))
	}
	f := all[0]
	for _, want := range []string{"/Type /Sig\n", "/Filter /Adobe.PPKLite\n", "/SubFilter /adbe.pkcs7.detached\n", "/M (D:20261122163005+09'00')\n",
		"/Name <FEFF" + "516C7684" + "0020" + "500B4EBA" + "D842DFB7" + ">\n"} {
		if strings.Count(f.dict, want) != 1 {
			t.Errorf("the dictionary has not one %q: %s", want, f.dict)
		}
	}
	r := f.byteRange
	if r[0] != 0 || r[2]+r[3] != len(file) || r[2]-r[1] != 2*len(f.contents)+2 {
		t.Errorf("ByteRange %v does not cover all but Contents", r)
	}
	f.check(t, file)
	sd, err := cms.Parse(f.der(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(sd.Signers) != 1 || !sd.Detached() || len(sd.Certificates) == 0 || !sd.Certificates[0].Equal(signer().Certificate) {
		t.Errorf("%d signers, detached %v, %d certificates", len(sd.Signers), sd.Detached(), len(sd.Certificates))
	}
	content, _ := cms.HashContent(strings.NewReader(""), crypto.SHA256)
	result := sd.Verify(content)[0]
	if result.Algorithm.Hash != crypto.SHA256 || !result.SigningTime.Equal(clock) || !result.CertificateSigned {
		t.Errorf("%v at %v, certificate signed: %v", result.Algorithm, result.SigningTime, result.CertificateSigned)
	}
}

func TestPAdESSubFilter(t *testing.T) {
	file := mustSign(t, sample{objects: documentOf()}.bytes(), Options{Profile: PAdES})
	if f := find(t, file)[0]; !strings.Contains(f.dict, "/SubFilter /ETSI.CAdES.detached\n") {
		t.Error(f.dict)
	}
	// EN 319 142-1, 6.3: the time is in the dictionary, and not in the CMS.
	report, err := Verify(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if s := report.Signatures[0]; !s.CMS.SigningTime.IsZero() || !s.ClaimedTime.Equal(clock) {
		t.Errorf("signing time %v, M %v", s.CMS.SigningTime, s.ClaimedTime)
	}
}

// countingKey counts its uses: each would be a request to a card.
type countingKey struct {
	crypto.Signer
	used *int
}

func (k countingKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	*k.used++
	return k.Signer.Sign(nil, digest, opts)
}

// TestSignUsesTheKeyLast checks that every refusal comes before the key is
// used.
func TestSignUsesTheKeyLast(t *testing.T) {
	in := sample{objects: documentOf()}.bytes()
	used := 0
	signing := signer()
	signing.Key = countingKey{signing.Key, &used}
	signing.Time, signing.Hash = time.Time{}, 0 // the statement's time, and the hash of Hash
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	stranger := signing
	stranger.Key = countingKey{other, &used}
	good := Statement{Name: holder, Time: clock}
	for name, c := range map[string]struct {
		options   Options
		statement Statement
		signing   cms.Signing
		want      error
		used      int
	}{
		"good":          {Options{}, good, signing, nil, 1},
		"PAdES":         {Options{Profile: PAdES}, good, signing, nil, 1},
		"no time":       {Options{}, Statement{Name: holder}, signing, cms.ErrTime, 0},
		"PAdES no time": {Options{Profile: PAdES}, Statement{Name: holder}, signing, cms.ErrTime, 0},
		"another key":   {Options{}, good, stranger, cms.ErrKeyMismatch, 0},
		"no key":        {Options{}, good, cms.Signing{Certificate: signing.Certificate}, cms.ErrKeyMismatch, 0},
		"no appearance": {Options{Visible: &Placement{Corner: TopLeft, Width: 100, Height: 100}}, good, signing, ErrAppearance, 0},
	} {
		p, err := Prepare(bytes.NewReader(in), int64(len(in)), c.options)
		if err != nil {
			t.Fatal(err)
		}
		used = 0
		if _, err := p.Sign(c.statement, c.signing); !errors.Is(err, ErrNotHashed) {
			t.Errorf("%s, before Hash: %v", name, err)
		}
		if err := p.Hash(crypto.SHA256); err != nil {
			t.Fatal(err)
		}
		u, err := p.Sign(c.statement, c.signing)
		if !errors.Is(err, c.want) || used != c.used {
			t.Errorf("%s: %v, and the key was used %d times", name, err, used)
		}
		if err == nil && len(u.CMS()) == 0 {
			t.Errorf("%s: no CMS", name)
		}
	}
}

// TestRoomForTimestamp checks that an announced timestamp fits, and that an
// impossible number of bytes does no harm.
func TestRoomForTimestamp(t *testing.T) {
	in := sample{objects: documentOf()}.bytes()
	p, err := Prepare(bytes.NewReader(in), int64(len(in)), Options{Profile: PAdES})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, -1} {
		for _, timestamp := range []bool{false, true} {
			u, err := p.Update(Statement{Name: holder, Time: clock, Timestamp: timestamp, Room: room})
			if err != nil {
				t.Fatal(err)
			}
			if err := u.Embed(make([]byte, 20<<10)); (err == nil) != timestamp {
				t.Errorf("room %d, timestamp %v: 20 KiB: %v", room, timestamp, err)
			}
		}
	}
}

func TestUnknownProfile(t *testing.T) {
	if _, err := sign(sample{objects: documentOf()}.bytes(), Options{Profile: "adbe.pkcs7.sha1"}); !errors.Is(err, ErrProfile) {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	catalog := func(s string) []object {
		return documentOf(object{1, 0, "<</Type /Catalog /Pages 2 0 R " + s + ">>"})
	}
	for name, c := range map[string]struct {
		s    sample
		want error // nil: a DamagedError
	}{
		"certified":           {sample{objects: certified("/P 1")}, ErrCertified},
		"certified, no field": {sample{objects: append(catalog("/Perms <</DocMDP 6 0 R>>"), certified("/P 1")[5])}, ErrCertified},
		"encrypted":           {sample{objects: documentOf(), trailer: "/Encrypt <</Filter /Foo>>"}, ErrEncryption},
		"encrypted, stream":   {sample{objects: documentOf(), trailer: "/Encrypt <</Filter /Foo>>", kind: stream}, ErrEncryption},
		"dynamic form":        {sample{objects: catalog("/NeedsRendering true")}, ErrDynamicForm},
		"no pages":            {sample{objects: documentOf(object{2, 0, "<</Type /Pages /Kids [] /Count 0>>"})}, ErrEmpty},
		"page tree loop":      {sample{objects: documentOf(object{2, 0, "<</Type /Pages /Kids [2 0 R] /Count 1>>"})}, nil},
		"no Pages":            {sample{objects: documentOf(object{1, 0, "<</Type /Catalog>>"})}, nil},
		"another Type":        {sample{objects: documentOf(object{1, 0, "<</Type /Catalogue /Pages 2 0 R>>"})}, nil},
		"field loop":          {sample{objects: append(catalog("/AcroForm <</Fields [5 0 R]>>"), object{5, 0, "<</T (a) /Kids [5 0 R]>>"})}, nil},
		"direct field":        {sample{objects: catalog("/AcroForm <</Fields [<</T (a)>>]>>")}, nil},
		"Annots is a number":  {sample{objects: documentOf(object{3, 0, "<</Type /Page /Annots 5>>"})}, nil},
		"tangle":              {sample{objects: append(catalog("/AcroForm 3 0 R"), object{5, 0, "[]"})}, nil},
		"certified, no Perms": {sample{objects: documentOf(append(certified("/P 1")[4:], object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [5 0 R]>>>>"})...)}, ErrCertified},
	} {
		in := c.s.bytes()
		_, err := sign(in, Options{})
		var d *DamagedError
		if c.want != nil && !errors.Is(err, c.want) || c.want == nil && !errors.As(err, &d) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := sign([]byte("hello"), Options{}); !errors.Is(err, ErrNotPDF) {
		t.Errorf("no PDF: %v", err)
	}
}

// fieldFile returns a file with one empty, nested signature field, which has
// further entries.
func fieldFile(entries string, k kind) []byte {
	return sample{kind: k, objects: documentOf(
		object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm 5 0 R>>"},
		object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [7 0 R]>>"},
		object{5, 0, "<</Fields [6 0 R] /SigFlags 1>>"},
		object{6, 0, "<</T (\xfe\xff\x75\x32) /FT /Sig /Kids [7 0 R]>>"},
		object{7, 0, "<</T (sign) /Parent 6 0 R /Type /Annot /Subtype /Widget /Rect [10 40 100 60] /P 3 0 R /F 4 " + entries + ">>"},
	)}.bytes()
}

func TestExistingField(t *testing.T) {
	for _, k := range []kind{table, stream, hybrid} {
		file := fieldFile("", k)
		signed := mustSign(t, file, Options{Field: "甲.sign"})
		all := find(t, signed)
		if len(all) != 1 {
			t.Fatalf("%d signatures", len(all))
		}
		all[0].check(t, signed)
		d, err := openDocument(bytes.NewReader(signed), int64(len(signed)))
		if err != nil {
			t.Fatal(err)
		}
		if names := fieldNames(t, d); len(names) != 1 || d.form["SigFlags"] != int64(3) {
			t.Errorf("fields %q, SigFlags %v", names, d.form["SigFlags"])
		}
		if _, err := sign(signed, Options{Field: "甲.sign"}); !errors.Is(err, ErrFieldSigned) {
			t.Errorf("signed again: %v", err)
		}
		if _, err := sign(file, Options{Field: "乙"}); !errors.Is(err, ErrNoField) {
			t.Errorf("no such field: %v", err)
		}
	}
}

func TestFieldDemands(t *testing.T) {
	for entries, want := range map[string]error{
		"/V null":                              nil,
		"/SV <</Ff 0 /Reasons [(a)]>>":         nil,
		"/SV <</Ff 1 /Filter /Adobe.PPKLite>>": nil,
		"/SV <</Ff 1 /Filter /Other>>":         ErrFieldDemands,
		"/SV <</Ff 2 /SubFilter [/adbe.pkcs7.sha1 /adbe.pkcs7.detached]>>": nil,
		"/SV <</Ff 2 /SubFilter [/adbe.pkcs7.sha1]>>":                      ErrFieldDemands,
		"/SV <</Ff 8 /Reasons [(a)]>>":                                     ErrFieldDemands,
		"/SV <</MDP <</P 0>>>>":                                            ErrFieldDemands,
		"/Lock <</Action /All /P 1>>":                                      ErrFieldDemands,
		"/Lock <</Action /All>>":                                           nil,
		"/Lock <</Action /Include /Fields [(x)]>>":                         nil,
	} {
		signed, err := sign(fieldFile(entries, table), Options{Field: "甲.sign"})
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", entries, err, want)
		}
		if err == nil && strings.Contains(entries, "/Lock") && !strings.Contains(find(t, signed)[0].dict, "/TransformMethod /FieldMDP") {
			t.Errorf("%s: no FieldMDP in %s", entries, signed)
		}
	}
}

func TestLockedField(t *testing.T) {
	file := sample{objects: documentOf(
		object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [5 0 R 6 0 R]>>>>"},
		object{5, 0, "<</T (a) /FT /Sig /Lock <</Action /Exclude /Fields [(c)]>>>>"},
		object{6, 0, "<</T (b) /FT /Sig>>"})}.bytes()
	signed := mustSign(t, file, Options{Field: "a"})
	if _, err := sign(signed, Options{Field: "b"}); !errors.Is(err, ErrFieldLocked) {
		t.Errorf("locked field: %v", err)
	}
	mustSign(t, signed, Options{})
}

func TestSteps(t *testing.T) {
	in := sample{objects: documentOf()}.bytes()
	p, err := Prepare(bytes.NewReader(in), int64(len(in)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Update(Statement{Room: 10}); !errors.Is(err, ErrNotHashed) {
		t.Errorf("Update before Hash: %v", err)
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	u, err := p.Update(Statement{Room: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.WriteTo(io.Discard); !errors.Is(err, ErrNotEmbedded) {
		t.Errorf("WriteTo before Embed: %v", err)
	}
	var size *ContentsError
	if err := u.Embed(make([]byte, 11)); !errors.As(err, &size) || *size != (ContentsError{11, 10}) {
		t.Errorf("Embed of 11 bytes: %v", err)
	}
	if err := u.Embed(nil); err == nil {
		t.Error("nothing was embedded without an error")
	}
	if err := u.Embed([]byte("0123456789")); err != nil {
		t.Error(err)
	}
	if err := u.Embed([]byte("\x30\x01")); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	if n, err := u.WriteTo(&out); err != nil || n != int64(out.Len()) || !bytes.Contains(out.Bytes(), []byte("/Contents <3001"+strings.Repeat("0", 16)+">")) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestChangedBetween changes each byte of the original after it was hashed.
func TestChangedBetween(t *testing.T) {
	in := sample{objects: documentOf(), leading: "xy"}.bytes()
	p, err := Prepare(bytes.NewReader(in), int64(len(in)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	u, err := p.Update(Statement{Room: 10})
	if err != nil {
		t.Fatal(err)
	}
	u.Embed([]byte{1})
	for i := range in {
		in[i] ^= 1
		if _, err := u.WriteTo(io.Discard); !errors.Is(err, ErrChanged) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		in[i] ^= 1
	}
	if _, err := u.WriteTo(io.Discard); err != nil {
		t.Error(err)
	}
}

func TestExistingSignatures(t *testing.T) {
	once := mustSign(t, sample{objects: documentOf()}.bytes(), Options{})
	p, err := Prepare(bytes.NewReader(once), int64(len(once)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Signatures) != 1 || p.Signatures[0].Field != "Signature1" || !bytes.Equal(p.Signatures[0].Contents, find(t, once)[0].contents) {
		t.Errorf("existing signatures: %+v", p.Signatures)
	}
	if p.Field != "Signature2" {
		t.Errorf("the new field is %q", p.Field)
	}
}

func TestDates(t *testing.T) {
	want := date(clock)
	for _, s := range []string{want, "D:20261122163005+09'00", "D:20261122073005Z", "D:20261122073005Z00'00'", "20261122073005", "D:20261122023005-05'00'"} {
		if got, ok := parseDate(s); !ok || date(got) != want {
			t.Errorf("%s reads as %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "D:", "D:20261322", "D:2026112216300", "yesterday", "D:20261122163005+9"} {
		if got, ok := parseDate(s); ok {
			t.Errorf("%q reads as %v", s, got)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[pdf.String]string{
		textString(holder): holder, "plain": "plain", "\xEF\xBB\xBF名": "名", "\xa0\x80\xe9\x18": "€•é˘", "\xFE\xFF\xD8\x42": "\uFFFD",
	} {
		if got := text(in); got != want {
			t.Errorf("%q reads as %q, want %q", string(in), got, want)
		}
	}
}
