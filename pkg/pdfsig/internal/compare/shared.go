package compare

import (
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
		if only, err = c.roles.unused(c.old, added); err != nil {
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
