// Package application finds the parts of an e-Gov application in a folder or
// ZIP (package bundle): its kousei.xml, the 構成管理情報 to be signed, and the files
// that they name. It goes by the structure of the documents (package xmlsig),
// not by file names.
package application

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/jpki-tools/jpki/internal/bundle"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// ErrNone is a folder or ZIP without a 構成管理情報.
var ErrNone = errors.New("application: there is no kousei.xml or its like")

// UnreadableError is a folder or ZIP with a kousei.xml that is no 構成管理情報. It is
// an [ErrNone], too, because the folder may have another purpose.
type UnreadableError struct {
	Name string
	Err  error // why it cannot be read as XML, nil where its shape is another
}

func (e *UnreadableError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("application: %s has another shape", e.Name)
	}
	return fmt.Sprintf("application: %s: %v", e.Name, e.Err)
}

// Unwrap gives ErrNone and Err.
func (e *UnreadableError) Unwrap() []error { return []error{ErrNone, e.Err} }

// SeveralError is a folder or ZIP with several 構成管理情報, none of them called
// kousei.xml. Nothing tells which one is the application's.
type SeveralError struct{ Names []string }

func (e *SeveralError) Error() string {
	return fmt.Sprintf("application: several documents could be the kousei.xml: %q", e.Names)
}

// MissingPartError tells of small files of 個別署名形式 that kousei.xml names and
// that are not there, or are none.
type MissingPartError struct{ Names []string }

func (e *MissingPartError) Error() string {
	return fmt.Sprintf("application: files to be signed are missing: %q", e.Names)
}

// Application is the content of a folder or ZIP.
type Application struct {
	Bundle *bundle.Bundle
	// Main is kousei.xml. In 個別署名形式 it is not signed.
	Main *Part
	// Parts are the documents that signatures go into: Main alone in 標準形式,
	// the small files in 個別署名形式.
	Parts []*Part
	// Strays are files that no document of the application names.
	Strays []string

	spelling map[*bundle.File]string // of names, as the documents have them
}

// Part is one 構成管理情報.
type Part struct {
	File *bundle.File
	Name string // as the application spells it
	Doc  *xmlsig.Document
	EGov *xmlsig.EGov
}

// mainName is e-Gov's file name for the 構成管理情報 of an application.
const mainName = "kousei.xml"

// Find reads the documents of a bundle. The error is [ErrNone], an
// [*UnreadableError], a [*SeveralError], a [*MissingPartError], or one of the bundle.
func Find(b *bundle.Bundle) (*Application, error) {
	a := &Application{Bundle: b, spelling: map[*bundle.File]string{}}
	var all []*Part
	var unreadable *UnreadableError
	for _, f := range b.Files {
		p, why, err := read(b, f)
		switch {
		case err != nil:
			return nil, err
		case p != nil:
			all = append(all, p)
		case f.Name == mainName:
			unreadable = &UnreadableError{f.Name, why}
		}
	}
	if unreadable != nil {
		return nil, unreadable
	}
	var err error
	if a.Main, err = mainOf(all); err != nil {
		return nil, err
	}
	a.Parts = []*Part{a.Main}
	if a.Main.EGov.Kind == xmlsig.EGovIndividual {
		if a.Parts, err = partsOf(a.Main, all); err != nil {
			return nil, err
		}
	}
	return a, a.spell()
}

// LooksLike reports whether a folder or ZIP that cannot be taken has a kousei.xml
// somewhere: then it is not just any other folder or ZIP.
func LooksLike(name string) bool {
	info, err := os.Stat(name)
	if err != nil {
		return false
	}
	if info.IsDir() {
		for _, pattern := range []string{mainName, filepath.Join("*", mainName)} {
			if found, _ := fs.Glob(os.DirFS(name), filepath.ToSlash(pattern)); len(found) > 0 {
				return true
			}
		}
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return bundle.HasEntry(f, info.Size(), mainName)
}

// read parses a file as 構成管理情報. It returns nil for any other file; why is then
// the fault in its XML, if there is one.
func read(b *bundle.Bundle, f *bundle.File) (p *Part, why, err error) {
	if f.Size > int64(xmlsig.DefaultLimits().Size) {
		return nil, nil, nil
	}
	r, err := b.Open(f)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	// The root element stands at the beginning, so other files need not be
	// read to the end.
	head := make([]byte, 16<<10)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if head = head[:n]; f.Name != mainName && !bytes.Contains(asASCII(head), []byte("<DataRoot")) {
		return nil, nil, nil
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	doc, why := xmlsig.Parse(append(head, rest...))
	if why != nil {
		return nil, why, nil // not XML, so not a 構成管理情報
	}
	g, err := doc.EGov()
	if err != nil {
		return nil, nil, nil
	}
	return &Part{File: f, Name: f.Name, Doc: doc, EGov: g}, nil, nil
}

// asASCII is the beginning of a text, as far as it is ASCII: in UTF-16 there is
// a zero for each of those characters.
func asASCII(head []byte) []byte { return bytes.ReplaceAll(head, []byte{0}, nil) }

func mainOf(all []*Part) (*Part, error) {
	if len(all) == 0 {
		return nil, ErrNone
	}
	var names []string
	for _, p := range all {
		if p.File.Name == mainName {
			return p, nil
		}
		names = append(names, p.File.Name)
	}
	if len(all) > 1 {
		return nil, &SeveralError{names}
	}
	return all[0], nil
}

// partsOf finds the small files that the kousei.xml of 個別署名形式 names.
func partsOf(main *Part, all []*Part) (parts []*Part, err error) {
	var missing []string
	for _, name := range main.EGov.Parts() {
		i := slices.IndexFunc(all, func(p *Part) bool { return p != main && same(p.File.Name, name) })
		if i < 0 {
			missing = append(missing, name)
			continue
		}
		all[i].Name = name
		parts = append(parts, all[i])
	}
	if len(missing) > 0 {
		return nil, &MissingPartError{missing}
	}
	return parts, nil
}

// same compares names by canonical equivalence.
func same(a, b string) bool { return norm.NFC.String(a) == norm.NFC.String(b) }

// spell records how the documents spell the names of files, and the files that
// none of them names.
func (a *Application) spell() error {
	a.spelling[a.Main.File] = a.Main.Name
	for _, p := range append([]*Part{a.Main}, a.Parts...) {
		for _, named := range slices.Concat(p.EGov.Forms, p.EGov.Attachments) {
			f, err := a.Bundle.Find(named.Name)
			if err != nil {
				return err
			}
			if f != nil {
				a.spelling[f] = named.Name
			}
		}
	}
	for _, f := range a.Bundle.Files {
		if _, known := a.spelling[f]; !known {
			a.Strays = append(a.Strays, f.Name)
		}
	}
	return nil
}

// Unsigned are the files of 個別署名形式 that kousei.xml names and that no
// signature of a small file can be over.
func (a *Application) Unsigned() (names []string) {
	if a.Main.EGov.Kind != xmlsig.EGovIndividual {
		return nil
	}
	var signed []string
	for _, p := range a.Parts {
		signed = append(append(signed, p.Name), p.EGov.ToSign()...)
	}
	for _, f := range a.Main.EGov.Attachments {
		known := func(name string) bool { return same(name, f.Name) }
		if !slices.ContainsFunc(signed, known) && !slices.ContainsFunc(names, known) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Open opens a file by its name in a document. The error is fs.ErrNotExist
// where it is missing.
func (a *Application) Open(name string) (io.ReadCloser, error) {
	f, err := a.Bundle.Find(name)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, fs.ErrNotExist
	}
	return a.Bundle.Open(f)
}

// Folder is the name that e-Gov wants for the folder in a ZIP: the 手続ID. Where
// that cannot be a name of a folder it is the one that there is.
func (a *Application) Folder() string {
	if id := a.Main.EGov.ProcedureID; bundle.IsName(id) {
		return id
	}
	if a.Bundle.Folder != "" {
		return a.Bundle.Folder
	}
	return "application"
}

// Changes are the changes to the bundle that give signed documents their new
// content and every file the name that the documents spell.
func (a *Application) Changes(signed map[*Part][]byte) map[*bundle.File]bundle.Change {
	changes := map[*bundle.File]bundle.Change{}
	for f, name := range a.spelling {
		if name != f.Name {
			changes[f] = bundle.Change{Name: name}
		}
	}
	for p, content := range signed {
		c := changes[p.File]
		c.Content = content
		changes[p.File] = c
	}
	return changes
}
