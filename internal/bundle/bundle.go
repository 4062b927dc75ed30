// Package bundle reads and writes the files of an e-Gov application in the form
// for transport: a folder, or a ZIP that holds one folder. It does not
// interpret the files.
//
// A ZIP may come from anyone. Therefore the package checks all of it before it
// unpacks a byte. It refuses names that lead outside, duplicate names, links,
// overlapping entries, archives that unpack to far more than their size, and
// archives in which other programs would see other files.
package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// Reasons why a folder or ZIP is refused: the Reason of an [*Error].
var (
	ErrNotZIP     = errors.New("this is no ZIP archive, or a damaged one")
	ErrName       = errors.New("the name leads out of the folder or is none")
	ErrNested     = errors.New("the file lies in a folder of its own")
	ErrFolders    = errors.New("there is more than one folder")
	ErrTwice      = errors.New("the name comes twice")
	ErrLink       = errors.New("this is a link or no regular file")
	ErrEncrypted  = errors.New("the entry is encrypted")
	ErrMethod     = errors.New("the entry is compressed in a way other than deflate")
	ErrOverlap    = errors.New("the entry lies over another one")
	ErrReadings   = errors.New("programs see different files or names in it")
	ErrTooLarge   = errors.New("the archive unpacks to too much")
	ErrTooMany    = errors.New("there are too many files")
	ErrEmpty      = errors.New("there are no files")
	ErrCharacters = errors.New("the name is neither UTF-8 nor Shift_JIS")
)

// Error says which entry is refused, and why.
type Error struct {
	Path   string // of the folder or ZIP
	Entry  string // "" where it is the whole
	Reason error
}

func (e *Error) Error() string {
	if e.Entry == "" {
		return fmt.Sprintf("bundle: %s: %v", e.Path, e.Reason)
	}
	return fmt.Sprintf("bundle: %s: %q: %v", e.Path, e.Entry, e.Reason)
}

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Reason }

// Limits for unpacking. The sum of all files may be 200 times the size of the
// archive, and 128 MiB in any case.
const (
	maxFiles = 2000
	maxTotal = 2 << 30
	maxRatio = 200
	anyRatio = 128 << 20
)

// Bundle is a folder or ZIP that is open for reading.
type Bundle struct {
	// Path is the folder or ZIP as it was named.
	Path string
	// Folder is the name of the folder in a ZIP, or of the folder itself.
	// It is "" for a ZIP with its files at the top.
	Folder string
	// Files are in the order of the archive, those of a folder by name.
	Files []*File
	// Inner is the name of the only folder in a folder, where the files lie in
	// that; else "".
	Inner string
	// LeftOut are entries that systems add on their own, such as __MACOSX and
	// Thumbs.db. They are no files of the bundle.
	LeftOut []string

	zip    io.ReaderAt // nil of a folder
	closer io.Closer   // closes the archive after Open
}

// File is one file of a bundle.
type File struct {
	// Name has no folder, as the bundle spells it.
	Name string
	Size int64

	path  string // in a folder
	entry *zip.File
}

// IsZIP reports whether a file begins as a ZIP archive does.
func IsZIP(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// Open opens a folder, or a ZIP archive. The error is an [*Error] or one of the
// system.
func Open(name string) (*Bundle, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Path: name}
	if info.IsDir() {
		return b.checked(b.openFolder(name))
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	b.closer = file
	return b.checked(b.openZIP(file, info.Size()))
}

// ReadZIP opens a ZIP archive that is open already; name is for messages.
func ReadZIP(r io.ReaderAt, size int64, name string) (*Bundle, error) {
	b := &Bundle{Path: name}
	return b.checked(b.openZIP(r, size))
}

func (b *Bundle) checked(err error) (*Bundle, error) {
	if err == nil {
		err = b.checkNames()
	}
	if err == nil && len(b.Files) == 0 {
		err = b.refuse("", ErrEmpty)
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close lets the archive go.
func (b *Bundle) Close() {
	if b.closer != nil {
		b.closer.Close()
	}
}

// IsFolder reports whether the bundle is a folder.
func (b *Bundle) IsFolder() bool { return b.zip == nil }

func (b *Bundle) refuse(entry string, reason error) error { return &Error{b.Path, entry, reason} }

// openFolder lists the files of a folder, or of the only folder in it where it
// has no files itself, as an unpacked ZIP leaves it.
func (b *Bundle) openFolder(name string) error {
	entries, err := os.ReadDir(name)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		added := AddedBySystem(e.Name())
		if added {
			b.LeftOut = append(b.LeftOut, e.Name())
		}
		return added
	})
	if len(entries) == 1 && entries[0].IsDir() && b.Inner == "" {
		b.Inner = entries[0].Name()
		return b.openFolder(filepath.Join(name, b.Inner))
	}
	if b.Folder = b.Inner; b.Folder == "" {
		absolute, err := filepath.Abs(name)
		if err != nil {
			return err
		}
		b.Folder = filepath.Base(absolute)
	}
	for _, e := range entries {
		switch {
		case e.IsDir():
			return b.refuse(e.Name(), ErrNested)
		case !e.Type().IsRegular():
			return b.refuse(e.Name(), ErrLink)
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if err := b.add(&File{Name: e.Name(), Size: info.Size(), path: filepath.Join(name, e.Name())}); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bundle) add(f *File) error {
	if len(b.Files) == maxFiles {
		return b.refuse("", ErrTooMany)
	}
	b.Files = append(b.Files, f)
	return nil
}

// checkNames refuses names that come twice. Those that differ only in Unicode's
// form or in case are one name on some systems.
func (b *Bundle) checkNames() error {
	seen := map[string]bool{}
	for _, f := range b.Files {
		key := strings.ToLower(norm.NFC.String(f.Name))
		if seen[key] {
			return b.refuse(f.Name, ErrTwice)
		}
		seen[key] = true
	}
	return nil
}

func (b *Bundle) openZIP(r io.ReaderAt, size int64) error {
	b.zip = r
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return b.refuse("", ErrNotZIP)
	}
	if len(archive.File) > 2*maxFiles {
		return b.refuse("", ErrTooMany)
	}
	folders := map[string]bool{}
	var total uint64
	for _, e := range archive.File {
		folder, f, err := b.entry(e)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		if total += e.UncompressedSize64; e.UncompressedSize64 > maxTotal || total > maxTotal ||
			total > anyRatio && total > maxRatio*uint64(size) {
			return b.refuse(f.Name, ErrTooLarge)
		}
		folders[folder] = true
		b.Folder = folder
		if err := b.add(f); err != nil {
			return err
		}
	}
	if len(folders) > 1 {
		return b.refuse("", ErrFolders)
	}
	return b.checkPlaces(archive.File, size)
}

// entry checks one entry of a ZIP. f is nil for a folder, and for a file that
// an operating system added.
func (b *Bundle) entry(e *zip.File) (folder string, f *File, err error) {
	name, err := b.entryName(e)
	if err != nil {
		return "", nil, err
	}
	isFolder := strings.HasSuffix(name, "/")
	name = strings.TrimSuffix(name, "/")
	parts := strings.Split(name, "/")
	for _, part := range parts {
		if !IsName(part) {
			return "", nil, b.refuse(name, ErrName)
		}
	}
	if slices.ContainsFunc(parts, AddedBySystem) {
		b.LeftOut = append(b.LeftOut, name)
		return "", nil, nil
	}
	switch mode := e.Mode(); {
	case isFolder && len(parts) > 1, len(parts) > 2:
		return "", nil, b.refuse(name, ErrNested)
	case isFolder:
		return "", nil, nil
	case !mode.IsRegular():
		return "", nil, b.refuse(name, ErrLink)
	case e.Flags&1 != 0:
		return "", nil, b.refuse(name, ErrEncrypted)
	case e.Method != zip.Store && e.Method != zip.Deflate:
		return "", nil, b.refuse(name, ErrMethod)
	case e.UncompressedSize64 > maxTotal || e.CompressedSize64 > maxTotal:
		return "", nil, b.refuse(name, ErrTooLarge)
	}
	if len(parts) == 2 {
		folder = parts[0]
	}
	return folder, &File{Name: parts[len(parts)-1], Size: int64(e.UncompressedSize64), entry: e}, nil
}

// entryName decodes a name: UTF-8, or Shift_JIS as Windows' own ZIPs have it.
func (b *Bundle) entryName(e *zip.File) (string, error) {
	name := e.Name
	if !utf8.ValidString(name) {
		var err error
		name, err = japanese.ShiftJIS.NewDecoder().String(e.Name)
		if err != nil || strings.ContainsRune(name, utf8.RuneError) {
			return "", b.refuse(fmt.Sprintf("%+q", e.Name), ErrCharacters)
		}
	}
	if hasOtherName(e, name) {
		return "", b.refuse(name, ErrReadings)
	}
	return name, nil
}

// IsName reports whether a name is one of a file here, on every system.
func IsName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= 255 &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F || strings.ContainsRune(`\:`, r) })
}

// AddedBySystem reports names of files that systems put into folders and
// archives unasked.
func AddedBySystem(name string) bool {
	switch strings.ToLower(name) {
	case "__macosx", ".ds_store", "thumbs.db", "desktop.ini":
		return true
	}
	return strings.HasPrefix(name, "._")
}

// Open opens a file of the bundle. Reading ends with [ErrNotZIP] where an entry
// unpacks to more or less than the archive says, or to something else.
func (b *Bundle) Open(f *File) (io.ReadCloser, error) {
	if f.entry == nil {
		return openRegular(f.path)
	}
	r, err := f.entry.Open()
	if err != nil {
		return nil, b.refuse(f.Name, ErrNotZIP)
	}
	return &entryReader{r, b, f}, nil
}

// openRegular opens a file that is still a regular file.
func openRegular(name string) (*os.File, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{name, "", ErrLink}
	}
	return os.Open(name)
}

// entryReader names the entry that cannot be unpacked. That it has the size and
// the checksum of the archive is checked by package zip.
type entryReader struct {
	io.ReadCloser
	bundle *Bundle
	file   *File
}

func (r *entryReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = r.bundle.refuse(r.file.Name, ErrNotZIP)
	}
	return n, err
}

// Find returns the file of a name, by canonical equivalence: macOS hands out
// names in Unicode's form NFD. It returns nil where there is none, and
// [ErrTwice] where two differ in nothing else.
func (b *Bundle) Find(name string) (*File, error) {
	var found *File
	want := norm.NFC.String(name)
	for _, f := range b.Files {
		if norm.NFC.String(f.Name) != want {
			continue
		}
		if found != nil {
			return nil, b.refuse(name, ErrTwice)
		}
		found = f
	}
	return found, nil
}

// HasEntry reports whether an archive, even a damaged one, has an entry of this
// name in some folder. It tells an intended application from any other archive.
func HasEntry(r io.ReaderAt, size int64, name string) bool {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(archive.File, func(e *zip.File) bool {
		return e.Name[strings.LastIndexAny(e.Name, `/\`)+1:] == name
	})
}
