package compare

import (
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// compareCatalogs compares the keys of the two catalogs (7.7.2). Their object
// must be the same.
func (c *comparison) compareCatalogs() error {
	if c.old.Root != c.new.Root {
		c.content(keyed("Root"), "the file has another catalog")
	}
	for _, key := range differing(c.old.Catalog, c.new.Catalog) {
		var err error
		switch now := c.new.Catalog[key]; key {
		case "AcroForm": // compareForms
		case "DSS":
			c.note(None, ValidationData, "validation data was added")
			err = c.checkValidation()
		case "Extensions":
			err = c.checkExtensions()
		case "Version":
			c.checkVersion(now)
		case "Metadata":
			err = c.checkMetadata(now)
		default:
			c.content(keyed(key), "%s of the catalog was changed", key)
		}
		if err != nil {
			return err
		}
	}
	return c.compareInfo()
}

// compareInfo allows a new document information dictionary (14.3.3), because it
// is not content.
func (c *comparison) compareInfo() error {
	was, is := c.old.Trailer()["Info"], c.new.Trailer()["Info"]
	if pdf.Equal(was, is) || is == nil {
		return nil
	}
	ref, ok := is.(pdf.Ref)
	if ok && c.roles.table.of(ref.Number)&^roleInfo == 0 {
		c.note(Signature, Metadata, "document information was changed")
	} else if ok || was != nil {
		c.content(keyed("Info"), "document information is something else now")
	}
	return nil
}

func (c *comparison) judgeInfo(pair) error {
	c.note(Signature, Metadata, "document information was changed")
	return nil
}

func (c *comparison) judgeMetadata(p pair) error {
	if _, isStream := p.new.(*pdf.Stream); !isStream && p.new != nil {
		c.content(keyed("Metadata"), "metadata is something else now")
	} else {
		c.note(Signature, Metadata, "metadata was changed")
	}
	return nil
}

// checkMetadata requires the new metadata to be a stream with no other role.
// Metadata may also be removed.
func (c *comparison) checkMetadata(now pdf.Object) error {
	if now == nil {
		c.note(Signature, Metadata, "metadata was removed")
		return nil
	}
	ref, isRef := now.(pdf.Ref)
	if _, err := pdf.As[*pdf.Stream](c.new.File, now); err != nil {
		return err
	}
	if !isRef || c.roles.table.of(ref.Number)&^roleMetadata != 0 {
		c.content(keyed("Metadata"), "metadata is something else now")
	} else {
		c.note(Signature, Metadata, "metadata was replaced")
	}
	return nil
}

// checkVersion requires a version of PDF (7.2.2).
func (c *comparison) checkVersion(now pdf.Object) {
	name, ok := now.(pdf.Name)
	if !ok && now != nil || ok && (len(name) != 3 || !strings.Contains("1.0 1.1 1.2 1.3 1.4 1.5 1.6 1.7 2.0", string(name))) {
		c.content(keyed("Version"), "Version of the catalog was changed")
		return
	}
	c.note(None, ValidationData, "Version of the catalog was changed")
}

func (c *comparison) judgeExtensions(pair) error { return c.checkExtensions() }

// checkExtensions requires a version and a level for each developer name (ISO
// 32000-2, 7.12), and no reference to objects with another role.
func (c *comparison) checkExtensions() error {
	all, err := pdf.As[pdf.Dict](c.new.File, c.new.Catalog["Extensions"])
	if err != nil {
		return err
	}
	for prefix, o := range all {
		if prefix == "Type" {
			continue
		}
		if o, err = c.new.Resolve(o); err != nil {
			return err
		}
		list, isList := o.(pdf.Array)
		if !isList {
			list = pdf.Array{o}
		}
		for _, item := range list {
			one, err := pdf.As[pdf.Dict](c.new.File, item)
			if err != nil {
				return err
			}
			for key := range one {
				if !slices.Contains([]pdf.Name{"Type", "BaseVersion", "ExtensionLevel", "ExtensionRevision", "URL"}, key) {
					c.content(keyed(key), "Extensions of the catalog have %s now", key)
				}
			}
		}
	}
	c.note(None, ValidationData, "Extensions of the catalog were changed")
	return nil
}

// judgeValidation allows changes to dictionaries and arrays of the document
// security store, but not to its streams.
func (c *comparison) judgeValidation(p pair) error {
	if _, isStream := p.old.(*pdf.Stream); isStream {
		c.content(object(p.ref.Number), "object %d of the validation data was changed", p.ref.Number)
		return nil
	}
	c.note(None, ValidationData, "validation data was added")
	return c.checkValidation()
}

// storeKeys are the keys of the document security store, and entryKeys those of
// an entry in its VRI (EN 319 142-1, 5.4.2). True marks a list of streams, or a
// stream.
var (
	storeKeys = map[pdf.Name]bool{"Type": false, "VRI": false, "Certs": true, "OCSPs": true, "CRLs": true}
	entryKeys = map[pdf.Name]bool{"Type": false, "TU": false, "Cert": true, "OCSP": true, "CRL": true, "TS": true}
)

// checkValidation checks that the document security store reaches only streams
// that have no other role.
func (c *comparison) checkValidation() error {
	store, err := pdf.As[pdf.Dict](c.new.File, c.new.Catalog["DSS"])
	if err != nil {
		return err
	}
	if err := c.checkStore(store, storeKeys); err != nil {
		return err
	}
	entries, err := pdf.As[pdf.Dict](c.new.File, store["VRI"])
	if err != nil {
		return err
	}
	c.checkOnly(store["VRI"])
	for key, o := range entries {
		if key == "Type" {
			continue
		}
		entry, err := pdf.As[pdf.Dict](c.new.File, o)
		if err != nil {
			return err
		}
		c.checkOnly(o)
		if err := c.checkStore(entry, entryKeys); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) checkStore(dict pdf.Dict, keys map[pdf.Name]bool) error {
	for key, value := range dict {
		streams, known := keys[key]
		if !known {
			c.content(keyed(key), "validation data has %s, which is none", key)
		}
		if !streams {
			continue
		}
		c.checkOnly(value)
		o, err := c.new.Resolve(value)
		if err != nil {
			return err
		}
		list, isList := o.(pdf.Array)
		if !isList {
			list = pdf.Array{value}
		}
		for _, item := range list {
			if _, err := pdf.As[*pdf.Stream](c.new.File, item); err != nil {
				return err
			}
			c.checkOnly(item)
		}
	}
	return nil
}

// checkOnly requires that a reference leads to a new object, or to an old
// object that was only validation data.
func (c *comparison) checkOnly(o pdf.Object) {
	if ref, ok := o.(pdf.Ref); ok && c.roles.table.of(ref.Number)&^roleDSS != 0 {
		c.content(object(ref.Number), "validation data refers to object %d, which is something else", ref.Number)
	}
}
