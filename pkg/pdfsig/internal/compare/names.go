package compare

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"iter"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// unused reports whether no drawn stream of a document contains one of these
// names. A stream that cannot be decoded may contain any.
func (r *roles) unused(d *Document, names []pdf.Name) (bool, error) {
	if len(names) == 0 {
		return true, nil
	}
	unused := true
	whole, err := r.contents(d, func(data []byte) bool {
		for name := range namesIn(data) {
			unused = unused && !slices.Contains(names, name)
		}
		return unused
	})
	return whole && unused, err
}

// usedNames returns the names in those drawn streams of a document that can be
// decoded.
func (r *roles) usedNames(d *Document) (map[pdf.Name]bool, error) {
	used := map[pdf.Name]bool{}
	_, err := r.contents(d, func(data []byte) bool {
		for name := range namesIn(data) {
			used[name] = true
		}
		return true
	})
	return used, err
}

// contents calls visit for the data of each stream that is drawn, and for the
// content of each page, until it returns false. whole is false if a stream
// cannot be decoded.
func (r *roles) contents(d *Document, visit func(data []byte) bool) (whole bool, err error) {
	whole = true
	for p, page := range r.table {
		if page == nil {
			continue
		}
		for i, role := range page {
			number := p*rolesPerPage + i
			if role&(roleContent|roleAppearance) == 0 || r.unread[number] {
				continue
			}
			_, o, err := d.live(number)
			if err != nil {
				return false, err
			}
			data, known, err := d.content(o)
			if err != nil {
				return false, err
			}
			whole = whole && known
			if data != nil && !visit(data) {
				return whole, nil
			}
		}
	}
	pages, err := d.pageContents(visit)
	return whole && pages, err
}

func damaged(err error) bool {
	_, is := errors.AsType[*pdf.DamagedError](err)
	return is
}

// content returns the data of an object that is a stream with operators, or
// nil. known is false if the stream, or a glyph of the font, cannot be decoded.
func (d *Document) content(o pdf.Object) (data []byte, known bool, err error) {
	switch o := o.(type) {
	case pdf.Dict:
		glyphs, err := pdf.As[pdf.Dict](d.File, o["CharProcs"])
		if damaged(err) {
			return nil, false, nil
		}
		for _, glyph := range glyphs {
			one, err := d.Resolve(glyph)
			if err != nil {
				return nil, false, err
			}
			if stream, ok := one.(*pdf.Stream); ok && isPicture(stream.Dict) {
				return nil, false, nil
			}
		}
		return nil, true, err
	case *pdf.Stream:
		if isPicture(o.Dict) {
			return nil, true, nil
		}
		data, err := d.decoded(o)
		return data, data != nil, err
	}
	return nil, true, nil
}

// decoded returns the data of a stream, or nil if it cannot be decoded.
func (d *Document) decoded(stream *pdf.Stream) ([]byte, error) {
	data, err := d.Decode(stream)
	if damaged(err) {
		return nil, nil
	}
	return append([]byte{}, data...), err
}

// pageContents calls visit for the content of each page as one piece, because
// some readers join a name that begins in one stream and ends in the next.
func (d *Document) pageContents(visit func(data []byte) bool) (whole bool, err error) {
	var failed error
	whole = true
	err = d.Pages(func(ref pdf.Ref) bool {
		var contents []byte
		page, err := pdf.As[pdf.Dict](d.File, ref)
		if err != nil {
			failed = err
			return false
		}
		list, err := d.items(page["Contents"])
		for _, o := range list {
			one, err := d.Resolve(o)
			if err != nil {
				failed = err
				return false
			}
			stream, ok := one.(*pdf.Stream)
			if !ok {
				continue
			}
			data, err := d.decoded(stream)
			if err != nil {
				failed = err
				return false
			}
			whole = whole && data != nil
			contents = append(contents, data...)
		}
		failed = err
		return failed == nil && visit(contents)
	})
	return whole, cmp.Or(failed, err)
}

// isPicture reports whether a stream is an image with an image encoding. Such a
// stream has no operators, unless it is used as something else.
func isPicture(dict pdf.Dict) bool {
	if dict["Subtype"] != pdf.Name("Image") {
		return false
	}
	filter := dict["Filter"]
	if array, ok := filter.(pdf.Array); ok && len(array) > 0 {
		filter = array[len(array)-1]
	}
	return filter == pdf.Name("DCTDecode") || filter == pdf.Name("JPXDecode")
}

// namesIn gives the names in the data of a content stream.
func namesIn(data []byte) iter.Seq[pdf.Name] {
	return func(yield func(pdf.Name) bool) {
		for {
			at := bytes.IndexByte(data, '/')
			if at < 0 {
				return
			}
			data = data[at+1:]
			end := bytes.IndexAny(data, "\x00\t\n\f\r ()<>[]{}/%")
			if end < 0 {
				end = len(data)
			}
			if !yield(pdf.Name(plain(data[:end]))) {
				return
			}
			data = data[end:]
		}
	}
}

// plain decodes the #xx of a name (7.3.5).
func plain(name []byte) string {
	if bytes.IndexByte(name, '#') < 0 {
		return string(name)
	}
	var out []byte
	for i := 0; i < len(name); i++ {
		if code, err := hex.DecodeString(string(name[min(i+1, len(name)):min(i+3, len(name))])); name[i] == '#' && err == nil && len(code) == 1 {
			out = append(out, code[0])
			i += 2
		} else {
			out = append(out, name[i])
		}
	}
	return string(out)
}
