package pdfsig

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var clock = time.Date(2026, 11, 22, 7, 30, 5, 0, time.UTC)

const holder = "公的 個人𠮷"

// signer signs in every test, with a key of the demo cards.
var signer = sync.OnceValue(func() cms.Signing {
	demo, _ := virtualcard.DemoCAs()
	key := demo.Key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(42), Subject: pkix.Name{CommonName: "pdfsig test signer"},
		NotBefore: clock.AddDate(-1, 0, 0), NotAfter: clock.AddDate(4, 0, 0),
		SubjectKeyId: []byte("key of the test signer"),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cms.Signing{Certificate: certificate, Key: key, Hash: crypto.SHA256, Time: clock}
})

// sample describes a test file: its numbered objects and its structure.
type sample struct {
	version  string // "" means "1.7"
	leading  string
	trailing string // after %%EOF; "-" omits its end of line
	objects  []object
	trailer  string // more entries
	kind     kind
	shift    int // error added to startxref
}

type kind int

const (
	table kind = iota
	stream
	hybrid
)

type object struct {
	number, generation int
	body               string
}

// documentOf returns the objects of a one-page file: 1 catalog, 2 pages, 3
// page, 4 content. more replaces or adds objects.
func documentOf(more ...object) []object {
	objects := []object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R>>"},
		{2, 0, "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 200] /Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>>"},
		{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R>>"},
		{4, 0, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 100 yen) Tj ET")},
	}
next:
	for _, m := range more {
		for i, o := range objects {
			if o.number == m.number {
				objects[i] = m
				continue next
			}
		}
		objects = append(objects, m)
	}
	return objects
}

func streamBody(dict, data string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

func isStream(body string) bool { return strings.HasSuffix(body, "endstream") }

// bytes writes the file.
func (s sample) bytes() []byte {
	var b bytes.Buffer
	version := s.version
	if version == "" {
		version = "1.7"
	}
	fmt.Fprintf(&b, "%%PDF-%s\n%%\xe3\x81\x82\xe3\n", version)
	s.trailer += " /ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]"
	w := sampleWriter{Buffer: &b, sample: s, at: map[int]int{}}
	startxref := w.revision(0) + s.shift
	fmt.Fprintf(&b, "startxref\n%d\n%%%%EOF", startxref)
	if s.trailing != "-" {
		b.WriteString("\n" + s.trailing)
	}
	return append([]byte(s.leading), b.Bytes()...)
}

type sampleWriter struct {
	*bytes.Buffer
	sample
	at map[int]int
}

// revision writes the objects and their cross-references.
func (w *sampleWriter) revision(prev int) (startxref int) {
	size := 0
	var packed []object
	for _, o := range w.objects {
		size = max(size, o.number+1)
		if w.kind != table && !isStream(o.body) && o.generation == 0 && (w.kind == stream || o.number != 1) {
			packed = append(packed, o)
			continue
		}
		w.write(o)
	}
	trailer := fmt.Sprintf("/Root %d %d R %s", w.objects[0].number, w.objects[0].generation, w.trailer)
	if prev > 0 {
		trailer += fmt.Sprintf(" /Prev %d", prev)
	}
	switch w.kind {
	case table:
		return w.table(size, trailer, nil)
	case stream:
		return w.xrefStream(size, trailer, packed, true)
	}
	hidden := w.xrefStream(size, "", packed, false)
	return w.table(size+2, fmt.Sprintf("%s /XRefStm %d", trailer, hidden), packed)
}

func (w *sampleWriter) write(o object) {
	w.at[o.number] = w.Len()
	fmt.Fprintf(w, "%d %d obj\n%s\nendobj\n", o.number, o.generation, o.body)
}

func (w *sampleWriter) generation(number int) int {
	for _, o := range w.objects {
		if o.number == number {
			return o.generation
		}
	}
	return 0
}

// table lists every object except the hidden ones of a hybrid file: some readers
// require that these have no entry at all.
func (w *sampleWriter) table(size int, trailer string, hidden []object) int {
	at := w.Len()
	w.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for n := 1; n < size; n++ {
		if slices.ContainsFunc(hidden, func(o object) bool { return o.number == n }) {
			continue
		}
		if w.at[n] == 0 {
			fmt.Fprintf(w, "%d 1\n%010d %05d f \n", n, 0, 0)
			continue
		}
		fmt.Fprintf(w, "%d 1\n%010d %05d n \n", n, w.at[n], w.generation(n))
	}
	fmt.Fprintf(w, "trailer\n<</Size %d %s>>\n", size, trailer)
	return at
}

// xrefStream writes the packed objects as object stream number size, and the
// cross-reference stream as size + 1.
func (w *sampleWriter) xrefStream(size int, trailer string, packed []object, all bool) int {
	var head, bodies strings.Builder
	index := map[int]int{}
	for i, o := range packed {
		index[o.number] = i
		fmt.Fprintf(&head, "%d %d ", o.number, bodies.Len())
		bodies.WriteString(o.body + "\n")
	}
	w.write(object{size, 0, streamBody(fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", len(packed), head.Len()), deflate(head.String()+bodies.String()))})
	at := w.Len()
	w.at[size+1] = at
	var data strings.Builder
	for n := range size + 2 {
		i, isPacked := index[n]
		switch {
		case isPacked:
			fmt.Fprintf(&data, "\x02%c%c%c", size>>8, size&0xFF, i)
		case w.at[n] > 0:
			data.Write([]byte{1, byte(w.at[n] >> 8), byte(w.at[n]), byte(w.generation(n))})
		default:
			data.WriteString("\x00\x00\x00\x00")
		}
	}
	w.write(object{size + 1, 0, streamBody(fmt.Sprintf("/Type /XRef /W [1 2 1] /Size %d /Filter /FlateDecode %s", size+2, trailer), deflate(data.String()))})
	return at
}

func deflate(data string) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(data))
	w.Close()
	return z.String()
}

// sign signs a file as the program does.
func sign(in []byte, o Options) ([]byte, error) {
	return signInto(0, in, o)
}

func signInto(room int, in []byte, o Options) ([]byte, error) {
	p, err := Prepare(bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		return nil, err
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		return nil, err
	}
	statement := Statement{Name: holder, Time: clock, Room: room}
	if o.Visible != nil {
		statement.Appearance = blackBox(p.Space())
	}
	u, err := p.Sign(statement, signer())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = u.WriteTo(&out)
	return out.Bytes(), err
}

// blackBox returns an appearance with a black upper left quarter. It is a third
// as wide as its space, or fills an exact space.
func blackBox(s Space) *Appearance {
	w, h := s.Width, s.Height
	if !s.Exact {
		w, h = s.Width/3, s.Height/2
	}
	return &Appearance{w, h, fmt.Appendf(nil, "0 %.3f %.3f %.3f re f", h/2, w/2, h/2)}
}

func mustSign(t testing.TB, in []byte, o Options) []byte {
	t.Helper()
	out, err := sign(in, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
