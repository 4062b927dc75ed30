package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"

	"github.com/jpki-tools/jpki/internal/testkit"
)

const folder = "999Z000000001000"

// entry is one entry of an archive to make.
type entry struct {
	name, content string
	change        func(*zip.FileHeader)
}

// archive writes a ZIP into a new folder.
func archive(t testing.TB, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.change != nil {
			e.change(h)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return save(t, b.Bytes())
}

func save(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func names(b *Bundle) (list []string) {
	for _, f := range b.Files {
		list = append(list, f.Name)
	}
	return list
}

func content(t testing.TB, b *Bundle, name string) string {
	t.Helper()
	f, err := b.Find(name)
	if err != nil || f == nil {
		t.Fatalf("%s: %v, %v", name, f, err)
	}
	r, err := b.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestZIP(t *testing.T) {
	sjis, err := japanese.ShiftJIS.NewEncoder().String(folder + "/見本届_01.xml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		entries []entry
		folder  string
		names   []string
		leftOut int
	}{
		"as e-Gov has it": {[]entry{{folder + "/", "", nil}, {folder + "/kousei.xml", "k", nil}, {folder + "/見本届_01.xml", "f", nil}}, folder, []string{"kousei.xml", "見本届_01.xml"}, 0},
		"no folder":       {[]entry{{"kousei.xml", "k", nil}}, "", []string{"kousei.xml"}, 0},
		"of Windows":      {[]entry{{folder + "/kousei.xml", "k", nil}, {sjis, "f", func(h *zip.FileHeader) { h.NonUTF8 = true }}}, folder, []string{"kousei.xml", "見本届_01.xml"}, 0},
		"of macOS":        {[]entry{{folder + "/kousei.xml", "k", nil}, {"__MACOSX/" + folder + "/._kousei.xml", "m", nil}, {folder + "/.DS_Store", "d", nil}}, folder, []string{"kousei.xml"}, 2},
	} {
		b, err := Open(archive(t, c.entries...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		defer b.Close()
		if b.Folder != c.folder || !slices.Equal(names(b), c.names) || len(b.LeftOut) != c.leftOut || b.IsFolder() {
			t.Errorf("%s: folder %q, %q, left out %q", name, b.Folder, names(b), b.LeftOut)
		}
		if got := content(t, b, "kousei.xml"); got != "k" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestHostileZIP(t *testing.T) {
	good := entry{folder + "/kousei.xml", "k", nil}
	for name, c := range map[string]struct {
		entries []entry
		want    error
	}{
		"..":                 {[]entry{good, {"../evil", "x", nil}}, ErrName},
		".. inside":          {[]entry{good, {folder + "/../evil", "x", nil}}, ErrName},
		"absolute":           {[]entry{good, {"/etc/evil", "x", nil}}, ErrName},
		"drive":              {[]entry{good, {"C:evil", "x", nil}}, ErrName},
		"backslash":          {[]entry{good, {`..\evil`, "x", nil}}, ErrName},
		"no name":            {[]entry{good, {folder + "//x", "x", nil}}, ErrName},
		"control character":  {[]entry{good, {folder + "/a\x1b[2J", "x", nil}}, ErrName},
		"deep":               {[]entry{good, {folder + "/a/b", "x", nil}}, ErrNested},
		"deep folder":        {[]entry{good, {folder + "/a/", "", nil}}, ErrNested},
		"two folders":        {[]entry{good, {"999Z000000002000/kousei.xml", "x", nil}}, ErrFolders},
		"beside the folder":  {[]entry{good, {"x.xml", "x", nil}}, ErrFolders},
		"twice":              {[]entry{good, {folder + "/kousei.xml", "x", nil}}, ErrTwice},
		"twice but for case": {[]entry{good, {folder + "/KOUSEI.xml", "x", nil}}, ErrTwice},
		"twice but for form": {[]entry{{folder + "/が", "x", nil}, {folder + "/" + norm.NFD.String("が"), "x", nil}}, ErrTwice},
		"link":               {[]entry{good, {folder + "/x", "/etc/passwd", func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }}}, ErrLink},
		"device":             {[]entry{good, {folder + "/x", "", func(h *zip.FileHeader) { h.SetMode(fs.ModeDevice | 0o666) }}}, ErrLink},
		"encrypted":          {[]entry{good, {folder + "/x", "x", func(h *zip.FileHeader) { h.Flags |= 1 }}}, ErrEncrypted},
		"nothing":            {nil, ErrEmpty},
		"only a folder":      {[]entry{{folder + "/", "", nil}}, ErrEmpty},
		"bomb":               {[]entry{good, {folder + "/x", strings.Repeat("\x00", anyRatio+1), nil}}, ErrTooLarge},
	} {
		b, err := Open(archive(t, c.entries...))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if b != nil {
			b.Close()
		}
	}
	// A hundred megabytes that compress well are no bomb: a scanned attachment
	// may be mostly white.
	b, err := Open(archive(t, good, entry{folder + "/x", strings.Repeat("\x00", 100<<20), nil}))
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

// TestLyingZIP: what an archive says of itself is not believed.
func TestLyingZIP(t *testing.T) {
	whole, err := os.ReadFile(archive(t, entry{folder + "/kousei.xml", strings.Repeat("k", 5000), nil}, entry{folder + "/b", strings.Repeat("b", 5000), nil}))
	if err != nil {
		t.Fatal(err)
	}
	directory := bytes.Index(whole, []byte("PK\x01\x02"))
	second := directory + 4 + bytes.Index(whole[directory+4:], []byte("PK\x01\x02"))
	for name, c := range map[string]struct {
		change func(b []byte)
		want   error
		atOpen bool
	}{
		"larger than it says":       {func(b []byte) { binary.LittleEndian.PutUint32(b[directory+24:], 100) }, ErrNotZIP, false},
		"smaller than it says":      {func(b []byte) { binary.LittleEndian.PutUint32(b[directory+24:], 6000) }, ErrNotZIP, false},
		"of another sum":            {func(b []byte) { b[directory+16] ^= 1 }, ErrNotZIP, false},
		"two entries, one place":    {func(b []byte) { binary.LittleEndian.PutUint32(b[second+42:], 0) }, ErrOverlap, true},
		"an entry outside the file": {func(b []byte) { binary.LittleEndian.PutUint32(b[second+42:], 0x7FFFFF) }, ErrNotZIP, true},
	} {
		data := bytes.Clone(whole)
		c.change(data)
		b, err := Open(save(t, data))
		if c.atOpen {
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		defer b.Close()
		r, err := b.Open(b.Files[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); !errors.Is(err, c.want) {
			t.Errorf("%s: read: %v, want %v", name, err, c.want)
		}
	}
	if _, err := Open(save(t, []byte("PK\x03\x04 and nothing more"))); !errors.Is(err, ErrNotZIP) {
		t.Errorf("no archive: %v", err)
	}
}

// write writes files below a folder.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		testkit.Write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
}

func TestFolder(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		link  string
		want  error
	}{
		"flat":           {map[string]string{folder + "/kousei.xml": "k", folder + "/a.pdf": "p", folder + "/Thumbs.db": "t"}, "", nil},
		"one below":      {map[string]string{folder + "/" + folder + "/kousei.xml": "k", folder + "/" + folder + "/a.pdf": "p"}, "", nil},
		"files and more": {map[string]string{folder + "/kousei.xml": "k", folder + "/more/a.pdf": "p"}, "", ErrNested},
		"nothing":        {map[string]string{folder + "/.DS_Store": ""}, "", ErrEmpty},
		"link":           {map[string]string{folder + "/kousei.xml": "k"}, folder + "/x", ErrLink},
	} {
		dir := t.TempDir()
		write(t, dir, c.files)
		if c.link != "" {
			if runtime.GOOS == "windows" {
				continue // a right of its own there, and Wine shows what a link leads to
			}
			if err := os.Symlink("kousei.xml", filepath.Join(dir, c.link)); err != nil {
				t.Fatal(err)
			}
		}
		b, err := Open(filepath.Join(dir, folder))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil {
			continue
		}
		if b.Folder != folder || !b.IsFolder() || !slices.Equal(names(b), []string{"a.pdf", "kousei.xml"}) {
			t.Errorf("%s: %q %q", name, b.Folder, names(b))
		}
		if got := content(t, b, "kousei.xml"); got != "k" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestWrite: a name of 構成情報 finds the file that macOS wrote, and the copy
// is spelt as there.
func TestWrite(t *testing.T) {
	decomposed := norm.NFD.String("見本がぎ届_01.xml")
	attachment := strings.Repeat("white paper ", 20000)
	source := t.TempDir()
	files := map[string]string{"kousei.xml": "k", decomposed: "form", "添付ぷり.txt": attachment}
	write(t, filepath.Join(source, folder), files)
	var entries []entry
	for name, data := range files {
		entries = append(entries, entry{folder + "/" + name, data, nil})
	}
	for _, from := range []string{filepath.Join(source, folder), archive(t, entries...)} {
		b, err := Open(from)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		kousei, _ := b.Find("kousei.xml")
		form, err := b.Find("見本がぎ届_01.xml")
		if err != nil || form == nil {
			t.Fatalf("%s: %v, %v", from, form, err)
		}
		changes := map[*File]Change{kousei: {Content: []byte("signed")}, form: {Name: "見本がぎ届_01.xml"}}
		var packed bytes.Buffer
		if err := b.WriteZIP(t.Context(), &packed, folder, changes); err != nil {
			t.Fatal(err)
		}
		unpacked := filepath.Join(t.TempDir(), "out", folder)
		if err := os.MkdirAll(unpacked, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := b.WriteFolder(t.Context(), unpacked, changes); err != nil {
			t.Fatal(err)
		}
		zipped := save(t, packed.Bytes())
		for _, result := range []string{zipped, unpacked} {
			c, err := Open(result)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			got := names(c)
			slices.Sort(got)
			if !slices.Equal(got, []string{"kousei.xml", "添付ぷり.txt", "見本がぎ届_01.xml"}) || c.Folder != folder {
				t.Errorf("%s: %q in %q", result, got, c.Folder)
			}
			if content(t, c, "kousei.xml") != "signed" || content(t, c, "見本がぎ届_01.xml") != "form" ||
				sha256.Sum256([]byte(content(t, c, "添付ぷり.txt"))) != sha256.Sum256([]byte(attachment)) {
				t.Errorf("%s: other contents", result)
			}
		}
		archived, err := zip.OpenReader(zipped)
		if err != nil {
			t.Fatal(err)
		}
		defer archived.Close()
		for _, e := range archived.File {
			if e.NonUTF8 || e.Flags&0x800 == 0 {
				t.Errorf("%s is not marked as UTF-8", e.Name)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	data, err := os.ReadFile(archive(f, entry{folder + "/kousei.xml", "k", nil}, entry{folder + "/a", strings.Repeat("a", 100), nil}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Open(save(t, data))
		if err != nil {
			return
		}
		defer b.Close()
		for _, file := range b.Files {
			if !IsName(file.Name) {
				t.Errorf("%q", file.Name)
			}
			if r, err := b.Open(file); err == nil {
				n, err := io.Copy(io.Discard, r)
				if err == nil && n != file.Size {
					t.Errorf("%s: %d bytes of %d", file.Name, n, file.Size)
				}
				r.Close()
			}
		}
	})
}
