package compare

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// judgeShared judges default resources of the form that are also resources of
// pages, as LibreOffice writes them. Names may be added if no stream in the
// file uses them.
func (c *comparison) judgeShared(p pair) error {
	roles := c.roles.table.of(p.ref.Number)
	forForm := roles & (roleResources | roleCategory | roleXObjects)
	added, only, err := c.addedNames(p, roles&(roleResources|roleDrawnBy) != 0)
	if err != nil {
		return err
	}
	if only && forForm != 0 {
		if only, err = c.unused(added); err != nil {
			return err
		}
	}
	if !only || forForm == 0 {
		c.content(object(p.ref.Number), "object %d, which pages are drawn with, was changed", p.ref.Number)
		return nil
	}
	c.settings("the form's default resources were added to")
	return nil
}

// addedNames returns the names that were added to resources; only is false if
// anything else changed.
func (c *comparison) addedNames(p pair, categories bool) (added []pdf.Name, only bool, err error) {
	old, ok1 := p.old.(pdf.Dict)
	now, ok2 := p.new.(pdf.Dict)
	if !ok1 || !ok2 {
		return nil, false, nil
	}
	for _, key := range differing(old, now) {
		if !categories {
			if old[key] != nil || strings.HasPrefix(string(key), "Default") { // content uses Default color spaces without naming them (8.6.5.6)
				return nil, false, nil
			}
			added = append(added, key)
			continue
		}
		was, err := c.old.Resolve(old[key])
		if err != nil {
			return nil, false, err
		}
		is, err := c.new.Resolve(now[key])
		if err != nil {
			return nil, false, err
		}
		before, ok1 := was.(pdf.Dict)
		after, ok2 := is.(pdf.Dict)
		if !ok2 || !ok1 && was != nil {
			return nil, false, nil
		}
		more, only, err := c.addedNames(pair{p.ref, before, after}, false)
		if err != nil || !only {
			return nil, false, err
		}
		added = append(added, more...)
	}
	return added, true, nil
}

// unused reports whether no drawn stream contains one of these names. A stream
// that cannot be decoded may contain any.
func (c *comparison) unused(names []pdf.Name) (bool, error) {
	if len(names) == 0 {
		return true, nil
	}
	for p, page := range c.roles.table {
		if page == nil {
			continue
		}
		for i, r := range page {
			if r&(roleContent|roleAppearance) == 0 {
				continue
			}
			_, o, err := c.old.live(p*rolesPerPage + i)
			if err != nil {
				return false, err
			}
			if unused, err := c.unusedBy(o, names); !unused || err != nil {
				return false, err
			}
		}
	}
	return c.unusedByPages(names)
}

// unusedBy reports whether an object is no stream with one of these names, and
// no font with a glyph that is one.
func (c *comparison) unusedBy(o pdf.Object, names []pdf.Name) (bool, error) {
	switch o := o.(type) {
	case pdf.Dict:
		glyphs, err := pdf.As[pdf.Dict](c.old.File, o["CharProcs"])
		if _, damaged := errors.AsType[*pdf.DamagedError](err); damaged {
			return false, nil
		}
		for _, glyph := range glyphs {
			one, err := c.old.Resolve(glyph)
			if err != nil {
				return false, err
			}
			if stream, ok := one.(*pdf.Stream); ok && isPicture(stream.Dict) {
				return false, nil
			}
		}
		return true, err
	case *pdf.Stream:
		if isPicture(o.Dict) {
			return true, nil
		}
		data, err := c.decoded(o)
		return data != nil && !uses(data, names), err
	}
	return true, nil
}

// decoded returns the data of a stream, or nil if it cannot be decoded.
func (c *comparison) decoded(stream *pdf.Stream) ([]byte, error) {
	data, err := c.old.Decode(stream)
	if _, damaged := errors.AsType[*pdf.DamagedError](err); damaged {
		return nil, nil
	}
	return append([]byte{}, data...), err
}

// unusedByPages looks for names that begin in one content stream of a page and
// end in the next. Some readers join the two parts.
func (c *comparison) unusedByPages(names []pdf.Name) (unused bool, err error) {
	var failed error
	unused = true
	err = c.old.Pages(func(ref pdf.Ref) bool {
		var contents []byte
		page, err := pdf.As[pdf.Dict](c.old.File, ref)
		if err != nil {
			failed = err
			return false
		}
		list, err := c.old.items(page["Contents"])
		for _, o := range list {
			one, err := c.old.Resolve(o)
			if err != nil {
				failed = err
				return false
			}
			stream, ok := one.(*pdf.Stream)
			if !ok {
				continue
			}
			data, err := c.decoded(stream)
			if err != nil || data == nil {
				failed, unused = err, false
				return false
			}
			contents = append(contents, data...)
		}
		failed, unused = err, !uses(contents, names)
		return failed == nil && unused
	})
	return unused, cmp.Or(failed, err)
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

// uses reports whether the data contains one of these names, after decoding
// #xx.
func uses(data []byte, names []pdf.Name) bool {
	for {
		at := bytes.IndexByte(data, '/')
		if at < 0 {
			return false
		}
		data = data[at+1:]
		end := bytes.IndexAny(data, "\x00\t\n\f\r ()<>[]{}/%")
		if end < 0 {
			end = len(data)
		}
		name := pdf.Name(plain(data[:end]))
		if slices.Contains(names, name) {
			return true
		}
		data = data[end:]
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
