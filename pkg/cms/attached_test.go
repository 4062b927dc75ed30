package cms

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// attached makes a signature with its content inside.
func (h holder) attached(t testing.TB, hash crypto.Hash, text string) []byte {
	t.Helper()
	return attach(t, h.signing(hash).must(t, text), text)
}

func attach(t testing.TB, signature []byte, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteAttached(&out, signature, strings.NewReader(text), int64(len(text))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func inPEM(t testing.TB, encoded []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewPEMWriter(&out)
	if _, err := io.Copy(w, iotest.OneByteReader(bytes.NewReader(encoded))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWriteAttached shows that the streamed file has the same DER as one
// encoded in memory.
func TestWriteAttached(t *testing.T) {
	for _, size := range []int{0, 1, 100, 127, 128, 255, 256, 65_535, 65_536, 1 << 24} {
		text := strings.Repeat("x", size)
		got := fixture().rsa.attached(t, crypto.SHA256, text)
		e, rest, err := split(got, 0)
		if err != nil || len(rest) > 0 {
			t.Fatal(err)
		}
		if der, err := e.der(); err != nil || !bytes.Equal(der, got) {
			t.Errorf("%d octets: not DER: %v", size, err)
		}
		sd := parsed(t, got)
		var inside bytes.Buffer
		if err := sd.WriteContent(&inside); err != nil || inside.String() != text {
			t.Errorf("%d octets inside, want %d: %v", inside.Len(), size, err)
		}
		if err := sd.Verify(nil).Err(); err != nil {
			t.Errorf("%d octets: %v", size, err)
		}
		if !IsSignedData(got[:20]) || !IsSignedData(toBER(got, 1)) || IsSignedData([]byte("%PDF-1.7")) || IsSignedData(got[1:]) || IsSignedData(nil) {
			t.Error("not told from other files")
		}
	}
}

func TestWriteAttachedFails(t *testing.T) {
	signature := fixture().rsa.sign(t, crypto.SHA256)
	gone := errors.New("disk gone")
	for name, c := range map[string]struct {
		content io.Reader
		err     error
	}{
		"shorter":    {strings.NewReader(content[1:]), io.ErrUnexpectedEOF},
		"empty":      {strings.NewReader(""), io.ErrUnexpectedEOF},
		"unreadable": {iotest.ErrReader(gone), gone},
	} {
		if err := WriteAttached(io.Discard, signature, c.content, int64(len(content))); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, notDetached := range [][]byte{nil, {0x30, 0}, signature[:100], fixture().rsa.attached(t, crypto.SHA256, content), fixture().ca.cert.Raw} {
		if err := WriteAttached(io.Discard, notDetached, strings.NewReader(content), int64(len(content))); !errors.Is(err, FormatFailure) {
			t.Errorf("%.10x: %v", notDetached, err)
		}
	}
	for room := range 5 {
		if err := WriteAttached(&fullWriter{room * 100}, signature, strings.NewReader(content), int64(len(content))); !errors.Is(err, errFull) {
			t.Errorf("room for %d: %v", room*100, err)
		}
	}
}

var errFull = errors.New("no space left")

type fullWriter struct{ room int }

func (w *fullWriter) Write(b []byte) (int, error) {
	if w.room -= len(b); w.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestAttachedAfterTimestamp shows that a timestamp stays valid when the
// content is moved into the file.
func TestAttachedAfterTimestamp(t *testing.T) {
	signature := fixture().rsa.sign(t, crypto.SHA256)
	unsigned := retagged(tagExplicit|1, setOf(newAttribute(oidSignatureTimestamp, derNull)))
	stamped, ok := appendTo(signature, signerInfoPath, unsigned)
	if !ok {
		t.Fatal("no place for a timestamp")
	}
	sd := parsed(t, attach(t, stamped, content))
	results := sd.Verify(nil)
	if err := results.Err(); err != nil || len(sd.Signers[0].Unsigned) != 1 {
		t.Errorf("%d unsigned attributes: %v", len(sd.Signers[0].Unsigned), err)
	}
	// That one says nothing, which says nothing of the signature.
	stamps := results[0].Timestamps
	if len(stamps) != 1 || stamps[0].Timestamp != nil || !errors.Is(stamps[0].Err, FormatFailure) {
		t.Fatalf("timestamps %+v", stamps)
	}
	if _, err := stamps[0].Verify(); !errors.Is(err, FormatFailure) {
		t.Error(err)
	}
	if _, err := (SignatureTimestamp{}).Verify(); err == nil {
		t.Error("no timestamp is a good one")
	}
}

// TestNoPlaceForTimestamp shows that data that only resembles a signature is
// refused.
func TestNoPlaceForTimestamp(t *testing.T) {
	around := func(signers ...[]byte) []byte {
		return sequence(oidSignedData.der(), explicit(0, sequence(integer(big.NewInt(1)), setOf(signers...))))
	}
	for name, in := range map[string][]byte{
		"nothing": nil, "no signer": around(), "an empty signer": around(sequence()), "no signature value": around(sequence(derNull)),
		"no content": sequence(oidSignedData.der(), explicit(0, nil)), "an empty ContentInfo": sequence(),
	} {
		if _, ok := appendTo(in, signerInfoPath, derNull); ok {
			t.Errorf("%s: has a place", name)
		}
	}
}

// encodings returns the same signature in several encodings.
func encodings(t testing.TB, der []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"DER": der, "PEM": inPEM(t, der)}
	for levels := 1; levels < 5; levels++ {
		all["BER "+strings.Repeat("I", levels)] = toBER(der, levels)
	}
	all["BER in PEM"] = inPEM(t, toBER(der, 4))
	return all
}

// TestRead shows that Read finds what Parse finds, and passes the content on.
func TestRead(t *testing.T) {
	for name, encoded := range encodings(t, fixture().rsa.attached(t, crypto.SHA384, content)) {
		for _, r := range []io.Reader{bytes.NewReader(encoded), iotest.OneByteReader(bytes.NewReader(encoded)), iotest.DataErrReader(bytes.NewReader(encoded))} {
			var inside bytes.Buffer
			sd, err := Read(r, &inside)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if sd.Detached() || inside.String() != content || len(sd.Certificates) != 2 {
				t.Errorf("%s: detached %v, content %q", name, sd.Detached(), &inside)
			}
			if err := sd.Verify(nil).Err(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := sd.Verify(hashed(t, content, crypto.SHA384)).Err(); !errors.Is(err, SigConstraintsFailure) {
				t.Errorf("%s, content given as well: %v", name, err)
			}
			if err := sd.WriteContent(io.Discard); !errors.Is(err, ErrDetached) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, encoded := range encodings(t, fixture().rsa.sign(t, crypto.SHA256)) {
		sd, err := Read(bytes.NewReader(encoded), nil)
		if err != nil || !sd.Detached() {
			t.Fatalf("%s: %v", name, err)
		}
		if err := sd.Verify(hashed(t, content, sd.Hashes()...)).Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReadFinds shows that Read and Parse refuse the same damaged files.
func TestReadFinds(t *testing.T) {
	other := fixture().rsa.attached(t, crypto.SHA256, content)
	i := bytes.Index(other, []byte(content))
	other[i] ^= 1
	sd, err := Read(bytes.NewReader(other), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sd.Verify(nil).Err(); !errors.Is(err, HashFailure) {
		t.Errorf("changed content: %v", err)
	}
	segments := func(parts ...[]byte) []byte { return tlv(tagOctetString|constructed, parts...) }
	whole := octetString([]byte(content))
	deep := whole
	for range maxDepth + 1 {
		deep = segments(deep)
	}
	for name, change := range map[string]func(*forge){
		"good": func(f *forge) { f.eContent = whole },
		"segments": func(f *forge) {
			f.eContent = segments(octetString([]byte(content[:7])), octetString(nil), segments(octetString([]byte(content[7:]))))
		},
		"no OCTET STRING":            func(f *forge) { f.eContent = sequence(whole) },
		"another segment":            func(f *forge) { f.eContent = segments(sequence()) },
		"two":                        func(f *forge) { f.eContent = slices.Concat(whole, whole) },
		"none":                       func(f *forge) { f.eContent = []byte{} },
		"deep":                       func(f *forge) { f.eContent = deep },
		"more after it":              func(f *forge) { f.eContent, f.afterContent = whole, derNull },
		"longer than what is around": func(f *forge) { f.eContent = ber.Append(nil, tagOctetString, 1<<20) },
		"longer than a file":         func(f *forge) { f.eContent = ber.Append(nil, tagOctetString, 1<<62) },
		"length of nine octets":      func(f *forge) { f.eContent = []byte{tagOctetString, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0} },
		"end-of-contents outside": func(f *forge) {
			f.eContent, f.afterContent = slices.Concat([]byte{tagOctetString | constructed, 0x80}, whole), []byte{0, 0}
		},
		"end-of-contents before time": func(f *forge) { f.eContent = []byte{0, 0} },
		"other hash announced":        func(f *forge) { f.eContent, f.digestAlgorithms = whole, [][]byte{derNull} },
		"no hash announced":           func(f *forge) { f.eContent, f.digestAlgorithms = whole, nil },
		"more at the end":             func(f *forge) { f.eContent, f.after = whole, derNull },
	} {
		f := newForge()
		change(f)
		encoded := f.encode()
		whole, wantErr := Parse(encoded)
		got, err := Read(bytes.NewReader(encoded), nil)
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s: %v, and to Parse %v", name, err, wantErr)
			continue
		}
		if err != nil {
			if !errors.Is(err, FormatFailure) || got != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if want, got := whole.Verify(nil).Err(), got.Verify(nil).Err(); (want == nil) != (got == nil) {
			t.Errorf("%s: %v, and to Parse %v", name, got, want)
		}
	}
}

// TestReadCutAndExtended shows that a file that is cut off or has trailing data
// is refused.
func TestReadCutAndExtended(t *testing.T) {
	for name, encoded := range encodings(t, fixture().rsa.attached(t, crypto.SHA256, content)) {
		each(len(encoded), func(n int) {
			if n > 120 && n < len(encoded)-80 && n%97 != 0 {
				return
			}
			if name == "PEM" || name == "BER in PEM" {
				if len(bytes.TrimSpace(encoded[n:])) == 0 {
					return // only the last line's end is gone
				}
			}
			if sd, err := Read(bytes.NewReader(encoded[:n]), nil); !errors.Is(err, FormatFailure) || sd != nil {
				t.Errorf("%s, %d octets: %v", name, n, err)
			}
			gone := errors.New("disk gone")
			if _, err := Read(io.MultiReader(bytes.NewReader(encoded[:n]), iotest.ErrReader(gone)), nil); !errors.Is(err, gone) {
				t.Errorf("%s, unreadable after %d octets: %v", name, n, err)
			}
		})
		if _, err := Read(bytes.NewReader(append(slices.Clone(encoded), "x"...)), nil); !errors.Is(err, FormatFailure) {
			t.Errorf("%s, extended: %v", name, err)
		}
		if _, err := Read(bytes.NewReader(encoded), &fullWriter{3}); !errors.Is(err, errFull) {
			t.Errorf("%s, nowhere to write: %v", name, err)
		}
	}
}

// TestAttachedConstantMemory shows that 16 MiB of content pass through both
// ways in constant memory, and that a claimed length of 2⁶² octets costs none.
func TestAttachedConstantMemory(t *testing.T) {
	const size = 16 << 20
	content, err := HashContent(zeros(size), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := fixture().rsa.signing(crypto.SHA256).Detached(content.Digest(crypto.SHA256))
	if err != nil {
		t.Fatal(err)
	}
	for _, inPEM := range []bool{false, true} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, w := io.Pipe()
		go func() {
			to := io.WriteCloser(w)
			if inPEM {
				to = NewPEMWriter(w)
			}
			err := WriteAttached(to, signature, zeros(size), content.Size())
			w.CloseWithError(errors.Join(err, to.Close()))
		}()
		sd, err := Read(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := sd.Verify(nil).Err(); err != nil {
			t.Error(err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20 {
			t.Errorf("PEM %v: %d octets allocated", inPEM, n)
		}
	}
	if _, err := Read(io.MultiReader(bytes.NewReader([]byte{0x30, 0x87, 0x40, 0, 0, 0, 0, 0, 0, 0x02, 0x86, 0x40, 0, 0, 0, 0, 0}), zeros(1<<40)), nil); !errors.Is(err, FormatFailure) {
		t.Error(err)
	}
}

func TestPEMLines(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 47, 48, 49, 95, 96, 97, 1000} {
		text := string(inPEM(t, bytes.Repeat([]byte{0xAA}, size)))
		lines := strings.Split(text, "\n")
		if len(lines) < 3 || lines[0] != "-----BEGIN CMS-----" || lines[len(lines)-2] != "-----END CMS-----" || lines[len(lines)-1] != "" {
			t.Fatalf("%d octets:\n%s", size, text)
		}
		body := lines[1 : len(lines)-2]
		if len(body) != (size+47)/48 {
			t.Errorf("%d octets: %d lines", size, len(body))
		}
		for i, line := range body {
			if len(line) != 64 && i+1 < len(body) || line == "" || len(line) > 64 {
				t.Errorf("%d octets: line %q", size, line)
			}
		}
	}
	for room := range 3 {
		w := NewPEMWriter(&fullWriter{room * 10})
		_, _ = w.Write(make([]byte, 5000))
		if err := w.Close(); !errors.Is(err, errFull) {
			t.Errorf("room for %d: %v", room*10, err)
		}
	}
}

func TestPEMReads(t *testing.T) {
	signature := fixture().rsa.sign(t, crypto.SHA256)
	good := string(inPEM(t, signature))
	body := strings.TrimSuffix(strings.TrimPrefix(good, "-----BEGIN CMS-----\n"), "-----END CMS-----\n")
	long := strings.ReplaceAll(body, "\n", "") + "\n"
	for name, c := range map[string]struct {
		text string
		good bool
	}{
		"ours":             {good, true},
		"CR LF":            {strings.ReplaceAll(good, "\n", "\r\n"), true},
		"PKCS7":            {strings.ReplaceAll(good, "CMS", "PKCS7"), true},
		"gpgsm":            {strings.ReplaceAll(good, "CMS", "SIGNED MESSAGE"), true},
		"in front":         {"subject=\nissuer=\n\n" + good, true},
		"white space":      {" \n\n" + strings.ReplaceAll(good, "\n", " \t\n") + "\n \n", true},
		"one line":         {"-----BEGIN CMS-----\n" + long + "-----END CMS-----", true},
		"one very long":    {"-----BEGIN CMS-----\n" + strings.Repeat(" ", 100_000) + long + "-----END CMS-----", true},
		"other label":      {strings.ReplaceAll(good, "CMS", "CERTIFICATE"), false},
		"other last label": {strings.Replace(good, "END CMS", "END PKCS7", 1), false},
		"no end":           {strings.Replace(good, "-----END CMS-----\n", "", 1), false},
		"twice":            {good + good, false},
		"after":            {good + "x", false},
		"header":           {strings.Replace(good, "\n", "\nProc-Type: 4,ENCRYPTED\n\n", 1), false},
		"no base64":        {strings.Replace(good, "M", "*", 1), false},
		"padding":          {"-----BEGIN CMS-----\nMA=\n-----END CMS-----\n", false},
		"nothing":          {"", false},
		"empty":            {"-----BEGIN CMS-----\n-----END CMS-----\n", false},
		"far away":         {strings.Repeat("x\n", pemPreface) + good, false},
	} {
		sd, err := Read(strings.NewReader(c.text), nil)
		if (err == nil) != c.good || err != nil && !errors.Is(err, FormatFailure) {
			t.Errorf("%s: %v", name, err)
		}
		if c.good && err == nil && sd.Verify(hashed(t, content, crypto.SHA256)).Err() != nil {
			t.Errorf("%s: reads something else", name)
		}
	}
}

// FuzzRead shows that a stream is read like the same data in memory, with the
// same content inside.
func FuzzRead(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
		f.Add(inPEM(f, seed))
	}
	for _, encoded := range encodings(f, fixture().rsa.attached(f, crypto.SHA256, content)) {
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var passed, inside bytes.Buffer
		sd, err := Read(bytes.NewReader(in), &passed)
		if err != nil {
			if sd != nil {
				t.Error("result beside an error")
			}
			if !errors.Is(err, FormatFailure) {
				t.Errorf("not a FormatFailure: %v", err)
			}
		}
		if len(in) == 0 || in[0] != tagSequence {
			return // PEM
		}
		whole, wantErr := Parse(in)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%v, and to Parse %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if !whole.Detached() {
			if err := whole.WriteContent(&inside); err != nil {
				t.Fatal(err)
			}
		}
		if sd.Detached() != whole.Detached() || !bytes.Equal(passed.Bytes(), inside.Bytes()) {
			t.Errorf("detached %v with content %x, and to Parse %v with %x", sd.Detached(), &passed, whole.Detached(), &inside)
		}
		c := (*Content)(nil)
		if sd.Detached() {
			c = hashed(t, content, sd.Hashes()...)
		}
		if got, want := sd.Verify(c).Err(), whole.Verify(c).Err(); (got == nil) != (want == nil) {
			t.Errorf("%v, and to Parse %v", got, want)
		}
	})
}
