package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"
)

// plain writes an archive whose sizes stand in the headers of its entries, in
// one folder.
func plain(t testing.TB, comment string, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: folder + "/" + e.name, CRC32: crc32.ChecksumIEEE([]byte(e.content))}
		h.CompressedSize64, h.UncompressedSize64 = uint64(len(e.content)), uint64(len(e.content))
		if e.change != nil {
			e.change(h)
		}
		f, err := w.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// named gives an entry a second name, in UTF-8, for the name whose sum is of.
func named(other, of string) func(*zip.FileHeader) {
	return func(h *zip.FileHeader) {
		field := binary.LittleEndian.AppendUint16(nil, unicodePath)
		field = binary.LittleEndian.AppendUint16(field, uint16(5+len(other)))
		field = binary.LittleEndian.AppendUint32(append(field, 1), crc32.ChecksumIEEE([]byte(of)))
		h.Extra = append(field, other...)
	}
}

// TestReadings: an archive that another program would unpack to other files is
// refused; one that is merely unusual is not.
func TestReadings(t *testing.T) {
	const a, b = folder + "/kousei.xml", folder + "/b.xml"
	good := []entry{{"kousei.xml", "signed", nil}, {"b.xml", "form", nil}}
	whole, evil := plain(t, "", good...), plain(t, "", entry{"kousei.xml", "forged", nil})
	change := func(f func(z []byte)) []byte {
		z := bytes.Clone(whole)
		f(z)
		return z
	}
	second := bytes.Index(whole[1:], []byte(localSignature)) + 1
	directory := bytes.Index(whole, []byte(centralSignature))
	left := directory + 46 + len(a) // of the directory, without its first entry
	hidden := slices.Concat(whole[:directory], whole[left:])
	end := len(hidden) - endLength
	binary.LittleEndian.PutUint16(hidden[end+8:], 1)
	binary.LittleEndian.PutUint16(hidden[end+10:], 1)
	binary.LittleEndian.PutUint32(hidden[end+12:], uint32(end-directory))
	streamed, err := os.ReadFile(archive(t, entry{a, "signed", nil}, entry{b, "form", nil}))
	if err != nil {
		t.Fatal(err)
	}
	other := entry{"b.xml", "form", named(folder+"/c.xml", b)}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"as it is":                       {whole, nil},
		"sizes behind":                   {streamed, nil},
		"a comment":                      {plain(t, "見本", good...), nil},
		"bytes behind":                   {append(bytes.Clone(whole), "\r\n"...), nil},
		"an archive in it":               {plain(t, "", append(good, entry{"a.zip", string(evil), nil})...), nil},
		"the same name twice":            {plain(t, "", good[0], entry{"b.xml", "form", named(b, b)}), nil},
		"a second name for another":      {plain(t, "", good[0], entry{"b.xml", "form", named(folder+"/c.xml", "x")}), nil},
		"a second name":                  {plain(t, "", good[0], other), ErrReadings},
		"another name at the file":       {change(func(z []byte) { copy(z[second+localLength:], strings.ToUpper(b)) }), ErrReadings},
		"another method at the file":     {change(func(z []byte) { z[second+8] = 8 }), ErrReadings},
		"another size at the file":       {change(func(z []byte) { z[second+18]++ }), ErrReadings},
		"encrypted at the file":          {change(func(z []byte) { z[second+6] |= flagEncrypted }), ErrReadings},
		"another archive before":         {slices.Concat(evil, whole), ErrReadings},
		"another archive in the comment": {plain(t, string(evil), good...), ErrReadings},
		"an entry before all others":     {hidden, ErrReadings},
	} {
		b, err := Open(save(t, c.data))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if b != nil {
			if got := content(t, b, "kousei.xml"); got != "signed" {
				t.Errorf("%s: %q", name, got)
			}
			b.Close()
		}
	}
	// The second name that only the file's own header has.
	z := plain(t, "", good[0], entry{"b.xml", "form", named(b, b)})
	at := bytes.Index(z, []byte(b)) + len(b) + 4 + 5 // of the second name in it
	copy(z[at:], folder+"/c.xml")
	if _, err := Open(save(t, z)); !errors.Is(err, ErrReadings) {
		t.Errorf("a second name at the file: %v", err)
	}
}
