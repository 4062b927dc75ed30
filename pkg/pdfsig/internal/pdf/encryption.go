package pdf

import (
	"bytes"
	"errors"
)

var (
	// ErrPassword reports an encrypted file that needs a password to open.
	ErrPassword = errors.New("pdf: the file opens with a password only")
	// ErrEncryption reports a file encrypted for certificates, or with an
	// algorithm that this package does not support.
	ErrEncryption = errors.New("pdf: the file is encrypted in an unknown way")
)

// Access is the set of permissions for users without the owner's password: the
// bits of P, counted from 1 (7.6.3.2, table 22).
type Access uint32

// Bits of P.
const (
	MayModify   Access = 1 << 3 // 4: every change without a bit of its own
	MayAnnotate Access = 1 << 5 // 6: add notes, fill in and sign form fields
	MayFill     Access = 1 << 8 // 9: fill in and sign form fields, regardless of bit 6

	mayAll Access = 1<<32 - 1
)

// method is the algorithm of a crypt filter (7.6.5).
type method string

const (
	identity method = ""
	rc4v2    method = "V2"
	aesv2    method = "AESV2"
	aesv3    method = "AESV3"
)

// encryption is the state of an encrypted file that was opened with the empty
// user password, by the standard security handler of revisions 2 to 6 (7.6.3;
// ISO 32000-2, 7.6.4). It is nil for a file without encryption.
type encryption struct {
	key      []byte
	access   Access
	filters  map[Name]method
	streams  Name // crypt filters
	strings  Name
	embedded Name
	metadata bool // metadata is encrypted
	except   Ref  // the encryption dictionary, if it is an object of its own
}

// Encrypted reports whether the file is encrypted.
func (f *File) Encrypted() bool { return f.crypt != nil }

// Access returns the permissions for users without the owner's password.
func (f *File) Access() Access {
	if f.crypt == nil {
		return mayAll
	}
	return f.crypt.access
}

// decrypt opens the file with the empty password. All sections with an Encrypt
// entry must agree, including those of a later revision; otherwise readers that
// begin at different sections would see different documents. Encrypt may be
// missing in the oldest section, because linearized files leave it out there
// (annex F.3.4).
func (f *File) decrypt(later *File) error {
	entry := f.Trailer()["Encrypt"]
	for _, s := range f.sections {
		if s.Trailer["Encrypt"] != nil && !Equal(s.Trailer["Encrypt"], entry) {
			return within(damaged(s.Offset, "the sections differ about the encryption"), FaultTwice, 0)
		}
	}
	if entry != nil {
		dict, err := As[Dict](f, entry)
		if err != nil {
			return err
		}
		if f.crypt, err = f.encryption(dict); err != nil {
			return err
		}
		f.crypt.except, _ = entry.(Ref)
	}
	switch {
	case later == nil:
	case (later.crypt == nil) != (f.crypt == nil), f.crypt != nil && !bytes.Equal(f.crypt.key, later.crypt.key):
		return within(damaged(-1, "the encryption was changed"), FaultTwice, 0)
	default:
		f.crypt = later.crypt
	}
	return nil
}

// encryption reads the encryption dictionary (7.6.1, 7.6.3.2).
func (f *File) encryption(dict Dict) (*encryption, error) {
	if dict["Filter"] != Name("Standard") {
		return nil, ErrEncryption
	}
	h := standardHandler{metadata: true, length: 40}
	for key, to := range map[Name]*int64{"V": &h.version, "R": &h.revision, "P": &h.permissions, "Length": &h.length} {
		if dict[key] == nil {
			continue
		}
		n, err := As[int64](f, dict[key])
		if err != nil {
			return nil, err
		}
		*to = n
	}
	for key, to := range map[Name]*string{"O": &h.owner, "U": &h.user, "OE": &h.ownerKey, "UE": &h.userKey, "Perms": &h.perms} {
		s, err := As[String](f, dict[key])
		if err != nil {
			return nil, err
		}
		*to = string(s)
	}
	if encrypted, err := f.Resolve(dict["EncryptMetadata"]); err != nil {
		return nil, err
	} else if encrypted == false {
		h.metadata = false
	}
	if id, err := As[Array](f, f.Trailer()["ID"]); err != nil {
		return nil, err
	} else if len(id) > 0 {
		first, err := As[String](f, id[0])
		if err != nil {
			return nil, err
		}
		h.id = string(first)
	}
	key, access, err := h.open()
	if err != nil {
		return nil, err
	}
	e := &encryption{key: key, access: access, metadata: h.metadata, filters: map[Name]method{}}
	if h.version < 4 {
		e.streams, e.strings, e.embedded = "all", "all", "all"
		e.filters["all"] = rc4v2
		return e, nil
	}
	return e, f.cryptFilters(dict, e)
}

// cryptFilters reads the crypt filters and their use for strings and streams
// (7.6.5).
func (f *File) cryptFilters(dict Dict, e *encryption) error {
	filters, err := As[Dict](f, dict["CF"])
	if err != nil {
		return err
	}
	for name, o := range filters {
		filter, err := As[Dict](f, o)
		if err != nil {
			return err
		}
		switch m, _ := filter["CFM"].(Name); method(m) {
		case rc4v2, aesv2, aesv3:
			e.filters[name] = method(m)
		case "None", "":
			e.filters[name] = identity
		default:
			return ErrEncryption
		}
	}
	e.filters["Identity"] = identity
	e.streams, e.strings = "Identity", "Identity"
	for key, to := range map[Name]*Name{"StmF": &e.streams, "StrF": &e.strings} {
		if name, ok := dict[key].(Name); ok {
			*to = name
		}
	}
	e.embedded = e.streams
	if name, ok := dict["EFF"].(Name); ok {
		e.embedded = name
	}
	for _, name := range []Name{e.streams, e.strings, e.embedded} {
		m, known := e.filters[name]
		if !known || (m == aesv3) != (len(e.key) == 32) && m != identity {
			return ErrEncryption
		}
	}
	return nil
}

// open returns a copy of an object with decrypted strings; a stream gets the
// cipher for its data.
func (e *encryption) open(o Object, ref Ref) Object {
	if e == nil || ref == e.except {
		return o
	}
	if s, ok := o.(*Stream); ok {
		if s.Dict["Type"] == Name("XRef") {
			return o
		}
		opened := *s
		opened.Dict = e.treated(s.Dict, ref, (*cipherOf).open).(Dict)
		opened.crypt = e.cipher(e.filterOf(s.Dict), ref)
		return &opened
	}
	return e.treated(o, ref, (*cipherOf).open)
}

// filterOf returns the crypt filter of a stream (7.4.10, 7.6.5).
func (e *encryption) filterOf(dict Dict) Name {
	filter, parms := dict["Filter"], dict["DecodeParms"]
	if list, ok := filter.(Array); ok && len(list) > 0 {
		filter = list[0]
		if all, ok := parms.(Array); ok && len(all) > 0 {
			parms = all[0]
		}
	}
	if filter == Name("Crypt") {
		own, _ := parms.(Dict)
		if name, ok := own["Name"].(Name); ok {
			return name
		}
		return "Identity"
	}
	switch {
	case dict["Type"] == Name("Metadata") && !e.metadata:
		return "Identity"
	case dict["Type"] == Name("EmbeddedFile"):
		return e.embedded
	}
	return e.streams
}

// treated applies treat to every string of an object, except the Contents of a
// signature, which is never encrypted (7.6.1).
func (e *encryption) treated(o Object, ref Ref, treat func(*cipherOf, string) string) Object {
	c := e.cipher(e.strings, ref)
	if c == nil {
		return o
	}
	return c.each(o, treat)
}

func (c *cipherOf) each(o Object, treat func(*cipherOf, string) string) Object {
	switch v := o.(type) {
	case String:
		return String(treat(c, string(v)))
	case Array:
		all := make(Array, len(v))
		for i, item := range v {
			all[i] = c.each(item, treat)
		}
		return all
	case Dict:
		all := make(Dict, len(v))
		for key, item := range v {
			if key == "Contents" && isSignature(v) {
				all[key] = item
			} else {
				all[key] = c.each(item, treat)
			}
		}
		return all
	}
	return o
}

// isSignature reports whether d is a signature dictionary (12.8.1).
func isSignature(d Dict) bool {
	kind := d["Type"]
	return d["ByteRange"] != nil && (kind == nil || kind == Name("Sig") || kind == Name("DocTimeStamp"))
}

// Seal encrypts the strings of an object to be written, except the Contents of
// a signature. It changes nothing in a file without encryption.
func (f *File) Seal(o Object, ref Ref) Object {
	if f.crypt == nil {
		return o
	}
	return f.crypt.treated(o, ref, (*cipherOf).seal)
}

// SealData encrypts the data of a stream to be written.
func (f *File) SealData(dict Dict, data []byte, ref Ref) []byte {
	if f.crypt == nil || dict["Type"] == Name("XRef") {
		return data
	}
	if c := f.crypt.cipher(f.crypt.filterOf(dict), ref); c != nil {
		return []byte(c.seal(string(data)))
	}
	return data
}
