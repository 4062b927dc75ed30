package companion

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/jpki-tools/jpki/internal/testkit"
)

const name = "見本がぎ届_01.xml" // decomposes

func folder(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func read(t *testing.T, f *Folder, name string) (string, error) {
	t.Helper()
	file, err := f.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	b, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), nil
}

func TestEquivalence(t *testing.T) {
	nfd := norm.NFD.String(name)
	if nfd == name {
		t.Fatal("the name does not decompose")
	}
	dir := t.TempDir()
	testkit.Write(t, filepath.Join(dir, nfd), "form")
	testkit.Write(t, filepath.Join(dir, norm.NFD.String("がぎ"), "x"), "below")
	f := folder(t, dir)
	for asked, want := range map[string]string{name: "form", nfd: "form", "がぎ/x": "below"} {
		if got, err := read(t, f, asked); err != nil || got != want {
			t.Errorf("%q: %q, %v", asked, got, err)
		}
	}
}

// TestTwins: two files that differ in how their names are written only. Other
// systems than those of Linux may have no such pair.
func TestTwins(t *testing.T) {
	dir := t.TempDir()
	testkit.Write(t, filepath.Join(dir, norm.NFD.String(name)), "one")
	testkit.Write(t, filepath.Join(dir, name), "other")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		if runtime.GOOS == "linux" {
			t.Fatalf("%v, %v", entries, err)
		}
		t.Skip("this file system takes both for one name")
	}
	for _, asked := range []string{name, norm.NFD.String(name)} {
		_, err := read(t, folder(t, dir), asked)
		if twins, ok := errors.AsType[*AmbiguousError](err); !ok || len(twins.Files) != 2 {
			t.Errorf("%q: %v", asked, err)
		}
	}
}

func TestNotReached(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links are a right of its own there, and Wine shows what they lead to")
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "dir")
	testkit.Write(t, filepath.Join(parent, "secret"), "secret")
	testkit.Write(t, filepath.Join(dir, "sub", "file"), "file")
	for link, to := range map[string]string{"out": "../secret", "absolute": filepath.Join(parent, "secret"), "up": "..", "in": "sub/file"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	f := folder(t, dir)
	for _, asked := range []string{"../secret", "/secret", "..", ".", "", "sub/../../secret", `sub\file`, "sub//file", "out", "absolute", "up/secret", "sub", "sub/file/x", "none", "none/x"} {
		if got, err := read(t, f, asked); err == nil {
			t.Errorf("%q: %q", asked, got)
		}
	}
	for _, asked := range []string{"none", "none/x", "sub/file/x"} {
		if _, err := f.Open(asked); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", asked, err)
		}
	}
	if got, err := read(t, f, "in"); err != nil || got != "file" {
		t.Errorf("a link inside: %q, %v", got, err)
	}
}

// TestAt: a folder that cannot be opened is an error to who looks in it.
func TestAt(t *testing.T) {
	dir := t.TempDir()
	testkit.Write(t, filepath.Join(dir, name), "form")
	there := At(dir)
	defer there.Close()
	if got, err := read(t, there, name); err != nil || got != "form" {
		t.Errorf("%q, %v", got, err)
	}
	gone := At(filepath.Join(dir, "gone"))
	if _, err := read(t, gone, name); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := gone.Close(); err != nil {
		t.Error(err)
	}
}

func TestArchive(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range []string{"999Z/" + norm.NFD.String(name), "999Z/kousei.xml"} {
		e, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(e, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sub, err := fs.Sub(r, "999Z")
	if err != nil {
		t.Fatal(err)
	}
	f := folderOf(sub)
	if got, err := read(t, f, name); err != nil || got != "999Z/"+norm.NFD.String(name) {
		t.Errorf("%q, %v", got, err)
	}
	if names, err := f.list("."); err != nil || !slices.Contains(names, "kousei.xml") {
		t.Error(names, err)
	}
}
