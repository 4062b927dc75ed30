package pdfsig

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func prepare(file []byte, o Options) (*Prepared, error) {
	p, err := Prepare(bytes.NewReader(file), int64(len(file)), o)
	if err != nil {
		return nil, err
	}
	return p, p.Hash(crypto.SHA256)
}

// hiddenBefore adds an object without a cross-reference to a file, and repeats
// the last startxref after it.
func hiddenBefore(file []byte, hidden string) []byte {
	end := file[bytes.LastIndex(file, []byte("startxref")):]
	return []byte(string(file) + hidden + string(end))
}

// TestForeseen checks that an unsuitable file is refused before signing.
func TestForeseen(t *testing.T) {
	hidden := "4 0 obj\n" + streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 999 yen) Tj ET") + "\nendobj\n"
	plain := sample{objects: documentOf()}.bytes()
	signed := mustSign(t, plain, Options{})
	content := object{4, 0, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 999 yen) Tj ET")}
	for name, c := range map[string]struct {
		file    []byte
		rule    string // of the UpdateError; "" for none
		already bool   // Already of the EarlierError
		broken  error  // error of the earlier signature that does not affect the new one
	}{
		"plain":                             {plain, "", false, nil},
		"signed":                            {signed, "", false, nil},
		"hidden":                            {hiddenBefore(plain, hidden), "hidden", false, nil},
		"hidden, stream":                    {hiddenBefore(sample{kind: stream, objects: documentOf()}.bytes(), hidden), "hidden", false, nil},
		"hidden after a signature":          {hiddenBefore(signed, hidden), "bytes", true, nil},
		"hidden, and signed by others":      {crafted("").sign(t, hiddenBefore(formFile(table), hidden)), "hidden", true, nil},
		"blanks after a signature":          {append(bytes.Clone(signed), bytes.Repeat([]byte(" "), 3000)...), "", false, nil}, // the new update puts the end in range again
		"content changed after a signature": {extend(t, signed, "", content), "", false, ErrChangedLater},
		"ByteRange moved":                   {bytes.Replace(signed, []byte("/ByteRange [0 "), []byte("/ByteRange [1 "), 1), "", false, errAny},
		"what is hidden is replaced by us":  {hiddenBefore(plain, "1 0 obj\n<</Type/Catalog>>\nendobj\n"), "", false, nil},
	} {
		p, err := prepare(c.file, Options{})
		if c.rule == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, s := range p.Signatures {
				if c.broken == nil && s.Err != nil || c.broken != nil && !errors.Is(s.Err, c.broken) && (c.broken != errAny || s.Err == nil) {
					t.Errorf("%s: the earlier signature is %v, want %v", name, s.Err, c.broken)
				}
			}
			continue
		}
		var inexact *UpdateError
		var earlier *EarlierError
		if !errors.As(err, &inexact) || inexact.Rule != c.rule {
			t.Errorf("%s: %v, want an UpdateError for %s", name, err, c.rule)
		}
		if errors.As(err, &earlier) && earlier.Already != c.already || earlier == nil && c.already {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

// TestForeseenGeneration has a page that refers to its content by a wrong
// generation.
func TestForeseenGeneration(t *testing.T) {
	file := bytes.Replace(sample{objects: documentOf()}.bytes(), []byte("/Contents 4 0 R"), []byte("/Contents 4 1 R"), 1)
	_, err := prepare(file, Options{})
	if inexact, ok := errors.AsType[*UpdateError](err); !ok || inexact.Rule != "generation" || inexact.Object != 4 || !inexact.Signed {
		t.Errorf("%v, want an UpdateError for generation", err)
	}
}

// TestForeseenOriginal has an original with an inexact end, so that some
// readers find an object hidden in a stream. The new update ends exactly.
func TestForeseenOriginal(t *testing.T) {
	hidden := "4 0 obj\n" + streamBody("", "0 g") + "\nendobj\n"
	file := sample{objects: append(documentOf(), object{20, 0, streamBody("", hidden)})}.bytes()
	if _, err := prepare(file, Options{}); err != nil {
		t.Error(err)
	}
	at := bytes.LastIndex(file, []byte("startxref\n")) + len("startxref\n")
	n, err := strconv.Atoi(strings.Fields(string(file[at:]))[0])
	if err != nil {
		t.Fatal(err)
	}
	inexact := fmt.Appendf(bytes.Clone(file[:at]), "%d\n%%%%EOF\n", n+1)
	_, err = prepare(inexact, Options{})
	if differs, ok := errors.AsType[*UpdateError](err); !ok || differs.Rule != "hidden" || !differs.Signed {
		t.Errorf("%v, want an UpdateError for hidden", err)
	}
}

// TestForeseenMissing has a page tree that refers to a missing object. Some
// readers then rebuild the cross-references.
func TestForeseenMissing(t *testing.T) {
	hidden := "4 0 obj\n" + streamBody("", "0 g") + "\nendobj\n"
	tree := strings.Replace(documentOf()[1].body, "/Count 1", "/Count 1 /A 99 0 R", 1)
	file := sample{objects: documentOf(object{2, 0, tree}, object{20, 0, streamBody("", hidden)})}.bytes()
	_, err := prepare(file, Options{})
	if differs, ok := errors.AsType[*UpdateError](err); !ok || differs.Rule != "hidden" {
		t.Errorf("%v, want an UpdateError for hidden", err)
	}
}

// TestLaterGeneration has an exact update to a signed file with a page that
// refers to its content by a wrong generation.
func TestLaterGeneration(t *testing.T) {
	file := sample{objects: documentOf(object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 1 R>>"})}.bytes()
	file = extend(t, crafted("").sign(t, file), "", object{30, 0, "<</Nothing true>>"})
	err := mustVerify(t, file).Err()
	if inexact, ok := errors.AsType[*UpdateError](err); !ok || inexact.Rule != "generation" {
		t.Errorf("%v, want an UpdateError for generation", err)
	}
}

// TestForeseenPastTheEnd has a cross-reference for the page's content past the
// end of the file.
func TestForeseenPastTheEnd(t *testing.T) {
	file := sample{objects: documentOf()}.bytes()
	at := fmt.Sprintf("%010d 00000 n", bytes.Index(file, []byte("4 0 obj")))
	file = bytes.Replace(file, []byte(at), []byte("0000999999 00000 n"), 1)
	var damaged *DamagedError
	if _, err := prepare(file, Options{}); !errors.As(err, &damaged) {
		t.Errorf("%v, want a DamagedError", err)
	}
}

var errAny = errors.New("any")

// TestForeseenIsWhatComes checks that the prediction before signing agrees with
// the later verification, and that a signed file can be signed again.
func TestForeseenIsWhatComes(t *testing.T) {
	for name, s := range samples() {
		file := s.bytes()
		for n := range 4 {
			o := Options{Profile: []Profile{Touki, PAdES}[n%2]}
			if n == 2 && !strings.HasPrefix(name, "certified") {
				o.Visible = &Placement{Width: 100, Height: 40}
			}
			p, err := prepare(file, o)
			if err != nil {
				t.Errorf("%s, signature %d: %v", name, n+1, err)
				break
			}
			file = mustSign(t, file, o)
			r := mustVerify(t, file)
			for _, foreseen := range p.Signatures {
				for _, s := range r.Signatures {
					if s.Field == foreseen.Field && s.Kind != Certification && (fmt.Sprint(s.Changes) != fmt.Sprint(foreseen.Changes) || foreseen.Err != nil || s.Err() != nil) {
						t.Errorf("%s, signature %d: of %s %v, %v was foreseen, and %v, %v came", name, n+1, s.Field, foreseen.Changes, foreseen.Err, s.Changes, s.Err())
					}
				}
			}
		}
	}
}
