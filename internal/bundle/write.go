package bundle

import (
	"archive/zip"
	"context"
	"io"
	"path/filepath"

	"github.com/jpki-tools/jpki/internal/output"
)

// Change describes a file's change in a copy.
type Change struct {
	// Name is the new name; "" keeps it.
	Name string
	// Content is the new content; nil keeps it byte for byte.
	Content []byte
}

// WriteZIP writes a ZIP with one folder and the files in it, names in UTF-8.
// Files that no change gives a new content keep their bytes, compressed ones as
// they are.
func (b *Bundle) WriteZIP(ctx context.Context, w io.Writer, folder string, changes map[*File]Change) error {
	archive := zip.NewWriter(w)
	for _, f := range b.Files {
		change := changes[f]
		name := folder + "/" + f.name(change)
		var err error
		switch {
		case change.Content != nil:
			err = addEntry(archive, f, name, change.Content)
		case f.entry != nil:
			err = copyEntry(ctx, archive, f.entry, name)
		default:
			err = b.compress(ctx, archive, f, name)
		}
		if err != nil {
			return err
		}
	}
	return archive.Close()
}

func (f *File) name(c Change) string {
	if c.Name != "" {
		return c.Name
	}
	return f.Name
}

func header(name string, from *zip.File) *zip.FileHeader {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Flags: 0x800} // bit 11: the name is UTF-8
	if from != nil {
		h.Modified = from.Modified
	}
	return h
}

func addEntry(archive *zip.Writer, f *File, name string, content []byte) error {
	w, err := archive.CreateHeader(header(name, f.entry))
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// copyEntry copies the compressed bytes of an entry under a new name.
func copyEntry(ctx context.Context, archive *zip.Writer, from *zip.File, name string) error {
	h := from.FileHeader
	h.Name, h.NonUTF8, h.Comment, h.Extra = name, false, "", nil
	h.Flags = h.Flags&^0x8 | 0x800 // sizes stand in the header
	r, err := from.OpenRaw()
	if err != nil {
		return err
	}
	w, err := archive.CreateRaw(&h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, contextReader{ctx, r})
	return err
}

func (b *Bundle) compress(ctx context.Context, archive *zip.Writer, f *File, name string) error {
	r, err := b.Open(f)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := archive.CreateHeader(header(name, nil))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, contextReader{ctx, r})
	return err
}

// WriteFolder writes the files into a folder that exists, each to the disk.
func (b *Bundle) WriteFolder(ctx context.Context, folder string, changes map[*File]Change) error {
	for _, f := range b.Files {
		change := changes[f]
		target := filepath.Join(folder, f.name(change))
		if change.Content != nil {
			if err := output.WriteFile(ctx, target, change.Content, output.Options{}); err != nil {
				return err
			}
			continue
		}
		if err := b.copyFile(ctx, f, target); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bundle) copyFile(ctx context.Context, f *File, target string) error {
	r, err := b.Open(f)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := output.Create(ctx, target, output.Options{})
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, contextReader{ctx, r}); err != nil {
		return err
	}
	return w.Commit()
}

// contextReader ends a long copy with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
