package application

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"

	"github.com/jpki-tools/jpki/internal/bundle"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

const (
	standard   = "../../testdata/gov/egov/standard"
	individual = "../../testdata/gov/egov/individual/999Z000000002000"
)

// folder copies files of a folder of testdata under names of their own.
func folder(t *testing.T, from string, names map[string]string) *bundle.Bundle {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "an application")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for source, name := range names {
		data, err := os.ReadFile(filepath.Join(from, source))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

const form = "見本がぎ届_01.xml"

func TestStandard(t *testing.T) {
	b := folder(t, standard, map[string]string{
		"kousei.xml": "kousei.xml", form: norm.NFD.String(form), "委任状.pdf": "委任状.pdf", "添付ぷり.txt": "memo.txt",
	})
	a, err := Find(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Parts) != 1 || a.Parts[0] != a.Main || a.Main.Name != "kousei.xml" || a.Folder() != "999Z000000001000" {
		t.Errorf("%+v in %q", a.Parts, a.Folder())
	}
	if !slices.Equal(a.Strays, []string{"memo.txt"}) {
		t.Errorf("strays: %q", a.Strays)
	}
	r, err := a.Open(form)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := a.Open("添付ぷり.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	// The copy has the form under the name that 構成情報 spells.
	var packed bytes.Buffer
	if err := b.WriteZIP(t.Context(), &packed, a.Folder(), a.Changes(map[*Part][]byte{a.Main: []byte("signed")})); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(name, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	z, err := bundle.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.Files {
		names = append(names, f.Name)
	}
	if !slices.Contains(names, form) || slices.Contains(names, norm.NFD.String(form)) || z.Folder != "999Z000000001000" {
		t.Errorf("%q in %q", names, z.Folder)
	}
	f, _ := z.Find("kousei.xml")
	opened, err := z.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(opened); string(got) != "signed" {
		t.Errorf("%q", got)
	}
}

func TestIndividual(t *testing.T) {
	all := map[string]string{}
	entries, err := os.ReadDir(individual)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all[e.Name()] = e.Name()
	}
	a, err := Find(folder(t, individual, all))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range a.Parts {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"kousei20260601093000001.xml", "kousei20260601093000002.xml"}) || len(a.Strays) != 0 || len(a.Unsigned()) != 0 {
		t.Errorf("parts %q, strays %q, unsigned %q", names, a.Strays, a.Unsigned())
	}
	// What kousei.xml names, which nobody signs, is not what somebody signed.
	a.Main.EGov.Attachments = append(a.Main.EGov.Attachments, xmlsig.EGovFile{Name: "余分.pdf"}, xmlsig.EGovFile{Name: "余分.pdf"})
	if got := a.Unsigned(); !slices.Equal(got, []string{"余分.pdf"}) {
		t.Errorf("unsigned %q", got)
	}
	delete(all, "kousei20260601093000002.xml")
	missing, ok := errors.AsType[*MissingPartError](func() error { _, err := Find(folder(t, individual, all)); return err }())
	if !ok || !slices.Equal(missing.Names, []string{"kousei20260601093000002.xml"}) {
		t.Errorf("a part that is missing: %v", missing)
	}
}

// TestWhichDocument: which document is the application's.
func TestWhichDocument(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		main  string
		fails bool
	}{
		"another name":         {map[string]string{"kousei.xml": "shinsei.xml", form: form}, "shinsei.xml", false},
		"a signed one beside":  {map[string]string{"kousei.xml": "kousei.xml", "kousei-signed.xml": "kousei-signed.xml", form: form}, "kousei.xml", false},
		"two, neither by name": {map[string]string{"kousei.xml": "a.xml", "kousei-other.xml": "b.xml", form: form}, "", true},
		"a form alone":         {map[string]string{form: form}, "", true},
	} {
		a, err := Find(folder(t, standard, c.files))
		if (err != nil) != c.fails || err == nil && a.Main.Name != c.main {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
	if _, err := Find(folder(t, standard, map[string]string{form: form})); !errors.Is(err, ErrNone) {
		t.Errorf("no 構成管理情報: %v", err)
	}
	// A kousei.xml that is none is named, with the reason.
	for name, broken := range map[string]bool{form: false, "委任状.pdf": true} {
		_, err := Find(folder(t, standard, map[string]string{name: "kousei.xml", "kousei.xml": "b.xml"}))
		unreadable, ok := errors.AsType[*UnreadableError](err)
		if !ok || unreadable.Name != "kousei.xml" || (unreadable.Err != nil) != broken || !errors.Is(err, ErrNone) {
			t.Errorf("%s as kousei.xml: %v", name, err)
		}
	}
}

// TestUTF16: a document is read in whatever encoding XML has it.
func TestUTF16(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(standard, "kousei.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, order := range map[string]binary.AppendByteOrder{"little endian": binary.LittleEndian, "big endian": binary.BigEndian} {
		src := order.AppendUint16(nil, 0xFEFF)
		for _, unit := range utf16.Encode([]rune(strings.Replace(string(text), "UTF-8", "UTF-16", 1))) {
			src = order.AppendUint16(src, unit)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "shinsei.xml"), src, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := Find(b); err != nil || len(a.Main.EGov.Forms) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
