package pdfsig

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Statement holds the claims in the signature dictionary (12.8.1). Name and
// Time are required by the profile Touki; the rest is optional.
type Statement struct {
	Name     string    // name of the signer
	Time     time.Time // to the second; shown in Japanese time
	Reason   string
	Location string

	Appearance *Appearance // of a visible signature; nil for an invisible one

	// Timestamp reserves room for a timestamp over the signature. Add it with
	// [cms.AddTimestamp] to [Update.CMS], and embed the result again.
	Timestamp bool
	// Room is the number of bytes reserved for the CMS. 0 reserves enough for
	// the certificates of [Prepared.Sign], or for a few in [Prepared.Update].
	Room int
}

// fewCertificates is the room, in bytes, for certificates not known in advance.
const fewCertificates = 8 << 10

// Update is the part added to the file. It is complete except for the CMS.
type Update struct {
	from     *Prepared
	bytes    []byte   // everything after the original
	contents pdf.Span // in bytes: the hexadecimal string with its < and >
	digest   []byte
	cms      []byte // nil until Embed
}

// Sign makes the signature: it calls [Prepared.Update], makes a CMS for the
// profile, and calls [Update.Embed]. The times in Statement and s must agree if
// both are set. The profile decides s.WithoutTime. Sign uses the key once,
// after every other step that can fail. It also returns the errors of
// [cms.Signing.Detached].
func (p *Prepared) Sign(st Statement, s cms.Signing) (*Update, error) {
	if !p.hashed {
		return nil, ErrNotHashed
	}
	s, err := s.WithHash(p.hash)
	if err != nil {
		return nil, err
	}
	switch {
	case st.Time.IsZero():
		st.Time = s.Time
	case !s.Time.IsZero() && !s.Time.Equal(st.Time):
		return nil, fmt.Errorf("%w: the statement has another one", cms.ErrTime)
	}
	s.Time, s.WithoutTime = st.Time, false
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := p.profile.check(st, s.Certificate); err != nil {
		return nil, err
	}
	if st.Room == 0 {
		st.Room = contentsSize(append([]*x509.Certificate{s.Certificate}, s.CA...), st.Timestamp)
	}
	u, err := p.Update(st)
	if err != nil {
		return nil, err
	}
	s.WithoutTime = p.profile == PAdES
	signature, err := s.Detached(u.digest)
	if err != nil {
		return nil, err
	}
	return u, u.Embed(signature)
}

// check verifies that the signature will meet the profile, so that its own
// checklist ([Signature.Touki]) finds nothing missing.
func (p Profile) check(st Statement, c *x509.Certificate) error {
	switch {
	case p != Touki:
		return nil
	case strings.TrimSpace(st.Name) == "":
		return ErrToukiName
	case st.Time.IsZero():
		return ErrToukiTime
	case c.PublicKeyAlgorithm != x509.RSA:
		return ErrToukiKey
	case st.Timestamp:
		return ErrToukiTimestamp
	}
	return nil
}

// Update lays out the update and hashes it. The caller makes a CMS over
// [Update.Digest]. Update needs no key and is quick for a file of any size; it
// can be called again with another statement.
func (p *Prepared) Update(s Statement) (*Update, error) {
	if !p.hashed {
		return nil, ErrNotHashed
	}
	if s.Room <= 0 {
		s.Room = fewCertificates + contentsSize(nil, s.Timestamp)
	}
	u, err := p.layout(s)
	if err != nil {
		return nil, err
	}
	state, err := p.state.Clone()
	if err != nil {
		return nil, err
	}
	digest := state.(hash.Hash)
	digest.Write(u.bytes[:u.contents.Start])
	digest.Write(u.bytes[u.contents.End:])
	u.digest = digest.Sum(nil)
	return u, nil
}

func (p *Prepared) layout(s Statement) (*Update, error) {
	changes, err := p.appear(s.Appearance)
	if err != nil {
		return nil, err
	}
	b := &updateBuilder{file: p.doc.File, bytes: []byte(p.separator), base: p.doc.Size(), entries: map[int]tableEntry{}}
	contents, byteRange := b.signature(p, s)
	for _, c := range changes {
		b.add(c)
	}
	b.crossReference(p)
	u := &Update{from: p, bytes: b.bytes, contents: contents}
	// ByteRange counts from the first byte of the file, even if bytes precede
	// the header. Every reader does so, and no byte is left out.
	value := fmt.Sprintf("[0 %d %d %d]", p.size+contents.Start, p.size+contents.End, int64(len(b.bytes))-contents.End)
	copy(u.bytes[byteRange:], value)
	return u, nil
}

// Digest returns the hash of the covered bytes: all except the signature's
// Contents.
func (u *Update) Digest() []byte { return slices.Clone(u.digest) }

// Embed puts the CMS into Contents. It may be called again, for example after a
// timestamp: Contents is the only unsigned part.
func (u *Update) Embed(signature []byte) error {
	room := u.bytes[u.contents.Start+1 : u.contents.End-1]
	if len(signature) == 0 || len(signature) > len(room)/2 {
		return &ContentsError{len(signature), len(room) / 2}
	}
	n := hex.Encode(room, signature)
	for i := range room[n:] {
		room[n+i] = '0'
	}
	u.cms = slices.Clone(signature)
	return nil
}

// CMS returns the embedded CMS, or nil before Embed.
func (u *Update) CMS() []byte { return slices.Clone(u.cms) }

// WriteTo writes the signed file. It reads the original again, compares it with
// the hashed one, and appends the update. After an error, discard the output.
func (u *Update) WriteTo(w io.Writer) (int64, error) {
	if u.cms == nil {
		return 0, ErrNotEmbedded
	}
	var fingerprint maphash.Hash
	fingerprint.SetSeed(u.from.seed)
	original := io.NewSectionReader(u.from.original, 0, u.from.size)
	n, err := io.CopyBuffer(plainWriter{io.MultiWriter(w, &fingerprint)}, plainReader{original}, make([]byte, copyBuffer))
	if err != nil {
		return n, err
	}
	if n != u.from.size || fingerprint.Sum64() != u.from.sum {
		return n, ErrChanged
	}
	m, err := w.Write(u.bytes)
	return n + int64(m), err
}

// updateBuilder writes objects one after the other and records their offsets.
type updateBuilder struct {
	file    *pdf.File // the original, which also decides the encryption
	bytes   []byte
	base    int64 // offset of bytes in the file
	entries map[int]tableEntry
}

type tableEntry struct {
	offset     int64
	generation int
}

func (b *updateBuilder) begin(ref pdf.Ref) {
	b.entries[ref.Number] = tableEntry{b.base + int64(len(b.bytes)), ref.Generation}
	b.bytes = fmt.Appendf(b.bytes, "%d %d obj\n", ref.Number, ref.Generation)
}

func (b *updateBuilder) add(c indirect) {
	b.begin(c.ref)
	if c.data == nil {
		b.bytes = append(pdf.Append(b.bytes, b.file.Seal(c.object, c.ref)), "\nendobj\n"...)
		return
	}
	dict := c.object.(pdf.Dict).Clone()
	data := b.file.SealData(dict, c.data, c.ref)
	dict["Length"] = int64(len(data))
	sealed := pdf.Object(dict)
	if dict["Type"] != pdf.Name("XRef") { // strings of an XRef stream belong to the trailer and are not encrypted (7.5.8.2)
		sealed = b.file.Seal(dict, c.ref)
	}
	b.bytes = append(pdf.Append(b.bytes, sealed), "\nstream\n"...)
	b.bytes = append(append(b.bytes, data...), "\nendstream\nendobj\n"...)
}

// signature writes the signature dictionary. It returns the places of Contents
// and of ByteRange; the numbers of ByteRange are filled in after the rest is
// laid out.
func (b *updateBuilder) signature(p *Prepared, s Statement) (contents pdf.Span, byteRange int) {
	b.begin(p.signature)
	entry := func(key string, value pdf.Object) {
		b.bytes = fmt.Appendf(b.bytes, "/%s ", key)
		b.bytes = append(pdf.Append(b.bytes, b.file.Seal(value, p.signature)), '\n')
	}
	b.bytes = append(b.bytes, "<<\n"...)
	kind := pdf.Name("Sig")
	if p.profile == Timestamp {
		kind, s = "DocTimeStamp", Statement{Room: s.Room}
	}
	entry("Type", kind)
	entry("Filter", pdf.Name("Adobe.PPKLite"))
	entry("SubFilter", pdf.Name(p.profile))
	if p.profile != Timestamp {
		entry("Name", textString(s.Name))
		if b.file.Encrypted() {
			entry("M", pdf.String(date(s.Time)))
		} else {
			b.bytes = fmt.Appendf(b.bytes, "/M (%s)\n", date(s.Time)) // the format of the example by 登記
		}
	}
	if s.Reason != "" {
		entry("Reason", textString(s.Reason))
	}
	if s.Location != "" {
		entry("Location", textString(s.Location))
	}
	if p.reference != nil {
		entry("Reference", p.reference)
	}
	b.bytes = append(b.bytes, "/ByteRange "...)
	byteRange = len(b.bytes)
	b.bytes = append(b.bytes, bytes.Repeat([]byte(" "), len("[0    ]")+3*19)...) // three int64s
	b.bytes = append(b.bytes, "\n/Contents "...)
	contents.Start = int64(len(b.bytes))
	b.bytes = append(b.bytes, '<')
	b.bytes = append(b.bytes, bytes.Repeat([]byte("0"), 2*s.Room)...)
	b.bytes = append(b.bytes, '>')
	contents.End = int64(len(b.bytes))
	b.bytes = append(b.bytes, "\n>>\nendobj\n"...)
	return contents, byteRange
}
