package compare

import (
	"bytes"
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
			stream, ok := o.(*pdf.Stream)
			if !ok || isPicture(stream.Dict) {
				continue
			}
			data, err := c.old.Decode(stream)
			if _, damaged := errors.AsType[*pdf.DamagedError](err); damaged {
				return false, nil
			}
			if err != nil {
				return false, err
			}
			if uses(data, names) {
				return false, nil
			}
		}
	}
	return true, nil
}

// isPicture reports whether a stream has an image encoding. Such a stream has
// no operators.
func isPicture(dict pdf.Dict) bool {
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
