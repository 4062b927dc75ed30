package pdfsig

import (
	"io"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// document is an open file with its catalog and its interactive form.
type document struct {
	*pdf.File
	root    pdf.Ref
	catalog pdf.Dict                    // 7.7.2
	form    pdf.Dict                    // the interactive form (12.7.2); nil where there is none
	locked  map[pdf.Ref]map[string]bool // field lists of locks already read, by object
}

func openDocument(r io.ReaderAt, size int64) (*document, error) {
	f, err := pdf.Open(r, size)
	if err != nil {
		return nil, err
	}
	return newDocument(f)
}

// newDocument reads the catalog. [pdf.Open] has already checked that Root is a
// reference.
func newDocument(f *pdf.File) (d *document, err error) {
	d = &document{File: f, root: f.Trailer()["Root"].(pdf.Ref)}
	if d.catalog, err = pdf.As[pdf.Dict](f, d.root); err != nil {
		return nil, err
	}
	if kind := d.catalog["Type"]; d.catalog == nil || kind != nil && kind != pdf.Name("Catalog") {
		return nil, pdf.Faultf(pdf.FaultCatalog, "the catalog's Type is %v", kind)
	}
	d.form, err = pdf.As[pdf.Dict](f, d.catalog["AcroForm"])
	return d, err
}

// refs returns the references in an array of the form or of the page tree;
// fault names the part for errors. It skips null items, as other readers do.
func (d *document) refs(o pdf.Object, fault pdf.Fault) ([]pdf.Ref, error) {
	o, err := d.Resolve(o)
	if err != nil {
		return nil, err
	}
	array, ok := o.(pdf.Array)
	if !ok && o != nil {
		return nil, pdf.Faultf(fault, "a list that is no array")
	}
	refs := make([]pdf.Ref, 0, len(array))
	for _, item := range array {
		ref, ok := item.(pdf.Ref)
		if !ok && item != nil {
			return nil, pdf.Faultf(fault, "a list with something else than references")
		}
		if ok {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}
