package judging

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/jpki-tools/jpki/internal/companion"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/xmltext"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

func (f *Finder) findXML(ctx context.Context, path string, file *os.File) ([]Found, error) {
	src, err := readWhole(ctx, file)
	if err != nil {
		return nil, err
	}
	doc, err := xmlsig.Parse(src)
	if err != nil {
		return nil, err
	}
	files := companions{ctx: ctx, named: f.Content}
	defer files.close()
	if f.Folder != "" {
		folder, err := companion.Open(f.Folder)
		if err != nil {
			return nil, err
		}
		files.folders = append(files.folders, folder)
	}
	files.beside = filepath.Dir(path)
	files.folders = append(files.folders, companion.At(files.beside))
	var all []Found
	for _, r := range doc.Verify(xmlsig.Verification{Open: files.open}) {
		all = append(all, xmlFinding(r))
	}
	if len(all) == 0 {
		return nil, noSignature(f.target.shown(path))
	}
	for i := range all {
		all[i].over = files.opened // what each of them covers is told by itself
	}
	return all, nil
}

// companions are the files that a signature in a document can cover. Named
// files come first, then the files in a named folder, then those next to the
// document.
type companions struct {
	ctx     context.Context
	named   []string
	folders []*companion.Folder
	beside  string   // the last folder
	opened  []string // of the files in it
}

func (c *companions) close() {
	for _, f := range c.folders {
		f.Close()
	}
}

// open opens a file by its name in the signature.
func (c *companions) open(name string) (io.ReadCloser, error) {
	for _, n := range c.named {
		if norm.NFC.String(filepath.Base(n)) == norm.NFC.String(path.Base(name)) {
			f, err := input.Open(n)
			if err != nil {
				return nil, err
			}
			return c.cancellable(f), nil
		}
	}
	for i, folder := range c.folders {
		f, err := folder.Open(name)
		switch {
		case err == nil:
			if info, err := f.Stat(); err == nil && i == len(c.folders)-1 { // as the folder spells it
				c.opened = append(c.opened, filepath.Join(c.beside, filepath.FromSlash(path.Dir(name)), info.Name()))
			}
			return c.cancellable(f), nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return nil, fs.ErrNotExist
}

func (c *companions) cancellable(f fs.File) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{input.Cancellable(c.ctx, f), f}
}

func xmlFinding(r xmlsig.Result) Found {
	found := newFound("xmldsig", r.Outcome, r.Err())
	found.Form, found.Where = r.Profile, printable.Line(r.ID)
	found.Covers, found.Outside, found.Left = xmltext.Covers(r), xmltext.Outside(r.Outside), r.Outside
	if r.XAdES {
		found.Format = "xades"
	}
	if r.Embedded {
		found.Role = RoleEmbedded
	}
	if len(found.Covers) == 0 {
		found.Covers = []text{coverageUnknown}
	}
	if slices.Contains(r.Warnings, xmlsig.EnvelopedElsewhere) {
		found.Notes = append(found.Notes, text{
			JA: "署名が中にない要素に「enveloped」の変換が付いています(公文書の形で、取り除くものはありません)",
			EN: "an enveloped transform is for an element that the signature is not in, where it takes nothing out (official documents have that)",
		})
	}
	return found
}
