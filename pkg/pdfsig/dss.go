package pdfsig

import (
	"crypto/sha1" // only names signatures in a VRI; not used for security
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Validation is the data for judging signatures later without a network:
// certificates, revocation lists and OCSP responses, each in DER. A file keeps
// it in its document security store (ISO 32000-2, 12.8.4.3).
type Validation struct {
	Certificates, CRLs, OCSPs [][]byte
}

// Empty reports whether v holds no data.
func (v Validation) Empty() bool { return len(v.Certificates)+len(v.CRLs)+len(v.OCSPs) == 0 }

// kinds lists the three arrays with their keys in a DSS and in a VRI.
func (v *Validation) kinds() []validationKind {
	return []validationKind{{"Certs", "Cert", &v.Certificates}, {"CRLs", "CRL", &v.CRLs}, {"OCSPs", "OCSP", &v.OCSPs}}
}

type validationKind struct {
	dss, vri pdf.Name
	all      *[][]byte
}

// Bounds for reading a store.
const (
	maxValidationItems = 512
	maxValidationSize  = 16 << 20 // octets, all together
)

// ErrValidation reports more validation data than the bounds of this package
// allow.
var ErrValidation = errors.New("pdfsig: too much validation data")

// storedData caches the streams of security stores by their offset. The stores
// of several revisions share most streams, and each is read once.
type storedData map[int64][]byte

func (s storedData) read(f *pdf.File, stream *pdf.Stream) ([]byte, bool) {
	if data, ok := s[stream.Offset]; ok {
		return data, data != nil
	}
	data, err := f.Decode(stream)
	if err != nil {
		data = nil
	}
	if s != nil {
		s[stream.Offset] = data
	}
	return data, data != nil
}

// validation reads the document's security store and skips anything unreadable:
// the store is not signed, so damage in it does not affect any signature.
func (d *document) validation(known storedData) (v Validation) {
	store, err := pdf.As[pdf.Dict](d.File, d.catalog["DSS"])
	if err != nil {
		return v
	}
	items, size := 0, 0
	for _, kind := range v.kinds() {
		array, err := pdf.As[pdf.Array](d.File, store[kind.dss])
		if err != nil {
			continue
		}
		for _, item := range array {
			if items++; items > maxValidationItems {
				return v
			}
			stream, err := pdf.As[*pdf.Stream](d.File, item)
			if err != nil || stream == nil {
				continue
			}
			data, ok := known.read(d.File, stream)
			if !ok {
				continue
			}
			if size += len(data); size > maxValidationSize {
				return v
			}
			*kind.all = append(*kind.all, data)
		}
	}
	return v
}

// SignatureValidation is the validation data for one signature. Contents
// identifies that signature.
type SignatureValidation struct {
	Contents []byte // [Signature.Contents]
	Validation
}

// Addition is an incremental update that adds validation data and no signature.
type Addition struct{ continued }

// AddValidation adds validation data to a file: PAdES B-LT (EN 319 142-1, 5.4).
// Data in the file's store stays there and is not added twice.
func AddValidation(r io.ReaderAt, size int64, signatures []SignatureValidation) (*Addition, error) {
	doc, err := openDocument(r, size)
	if err != nil {
		return nil, err
	}
	if !doc.Sections()[0].Stream && size > maxTable {
		return nil, ErrTooLarge
	}
	p := &Prepared{doc: doc, original: r, size: size, next: doc.NextNumber()}
	if err := p.findSeparator(); err != nil {
		return nil, err
	}
	if err := p.extendStore(signatures); err != nil {
		return nil, err
	}
	b := &updateBuilder{file: doc.File, bytes: []byte(p.separator), base: doc.Size(), entries: map[int]tableEntry{}}
	for _, c := range p.changes {
		b.add(c)
	}
	b.crossReference(p)
	return &Addition{continued{r, size, b.bytes}}, nil
}

// Size returns the size of the whole file, with the update.
func (a *Addition) Size() int64 { return a.size + int64(len(a.update)) }

// ReadAt reads from the whole file, with the update.
func (a *Addition) ReadAt(b []byte, at int64) (n int, err error) { return a.continued.ReadAt(b, at) }

// extendStore changes the store and the objects on the path to it.
func (p *Prepared) extendStore(signatures []SignatureValidation) error {
	store, err := pdf.As[pdf.Dict](p.doc.File, p.doc.catalog["DSS"])
	if err != nil {
		return err
	}
	store = store.Clone()
	if store == nil {
		store = pdf.Dict{"Type": pdf.Name("DSS")}
	}
	vri, err := pdf.As[pdf.Dict](p.doc.File, store["VRI"])
	if err != nil {
		return err
	}
	vri = vri.Clone()
	if vri == nil {
		vri = pdf.Dict{}
	}
	streams := map[string]pdf.Ref{} // by kind and content
	arrays := map[pdf.Name]pdf.Array{}
	for _, kind := range new(Validation).kinds() {
		if arrays[kind.dss], err = p.storedStreams(store[kind.dss], kind.dss, streams); err != nil {
			return err
		}
	}
	size := 0
	for _, s := range signatures {
		entry := pdf.Dict{}
		for _, kind := range s.kinds() {
			var refs pdf.Array
			for _, der := range *kind.all {
				if size += len(der); size > maxValidationSize {
					return ErrValidation
				}
				key := string(kind.dss) + "\x00" + string(der)
				ref, known := streams[key]
				if !known {
					ref = p.newRef()
					streams[key] = ref
					p.changes = append(p.changes, indirect{ref, pdf.Dict{"Filter": pdf.Name("FlateDecode")}, deflated(der)})
					arrays[kind.dss] = append(arrays[kind.dss], ref)
				}
				refs = append(refs, ref)
			}
			if refs != nil {
				entry[kind.vri] = refs
			}
		}
		if len(entry) > 0 {
			// ISO 32000-2, 12.8.4.4: the key is the digest of the whole
			// Contents, with its padding zeros.
			vri[pdf.Name(fmt.Sprintf("%X", sha1.Sum(s.Contents)))] = entry
		}
	}
	for name, array := range arrays {
		if len(array) > 0 {
			store[name] = array
		}
	}
	store["VRI"] = vri
	return p.putStore(store)
}

// putStore writes the store to its existing place in the catalog, or as a new
// object.
func (p *Prepared) putStore(store pdf.Dict) error {
	if ref, ok := p.doc.catalog["DSS"].(pdf.Ref); ok {
		return p.change(ref, store)
	}
	ref := p.newRef()
	if err := p.change(ref, store); err != nil {
		return err
	}
	catalog := p.doc.catalog.Clone()
	catalog["DSS"] = ref
	return p.change(p.doc.root, catalog)
}

// storedStreams reads one array of the store and records its streams in
// streams.
func (p *Prepared) storedStreams(o pdf.Object, kind pdf.Name, streams map[string]pdf.Ref) (pdf.Array, error) {
	array, err := pdf.As[pdf.Array](p.doc.File, o)
	if err != nil {
		return nil, err
	}
	if len(array) > maxValidationItems {
		return nil, ErrValidation
	}
	for _, item := range array {
		ref, ok := item.(pdf.Ref)
		if !ok {
			continue
		}
		stream, err := pdf.As[*pdf.Stream](p.doc.File, ref)
		if err != nil {
			return nil, err
		}
		if stream == nil {
			continue
		}
		if data, err := p.doc.Decode(stream); err == nil {
			streams[string(kind)+"\x00"+string(data)] = ref
		}
	}
	return slices.Clone(array), nil
}
