package p11rpc

import "encoding/binary"

// AttributeType is a CK_ATTRIBUTE_TYPE.
type AttributeType uint32

// Attributes of PKCS #11 v3.0 that an object here can have.
const (
	AttrClass               AttributeType = 0x000
	AttrToken               AttributeType = 0x001
	AttrPrivate             AttributeType = 0x002
	AttrLabel               AttributeType = 0x003
	AttrValue               AttributeType = 0x011
	AttrCertificateType     AttributeType = 0x080
	AttrIssuer              AttributeType = 0x081
	AttrSerialNumber        AttributeType = 0x082
	AttrTrusted             AttributeType = 0x086
	AttrCertificateCategory AttributeType = 0x087
	AttrKeyType             AttributeType = 0x100
	AttrSubject             AttributeType = 0x101
	AttrID                  AttributeType = 0x102
	AttrSensitive           AttributeType = 0x103
	AttrEncrypt             AttributeType = 0x104
	AttrDecrypt             AttributeType = 0x105
	AttrWrap                AttributeType = 0x106
	AttrUnwrap              AttributeType = 0x107
	AttrSign                AttributeType = 0x108
	AttrSignRecover         AttributeType = 0x109
	AttrVerify              AttributeType = 0x10A
	AttrVerifyRecover       AttributeType = 0x10B
	AttrDerive              AttributeType = 0x10C
	AttrStartDate           AttributeType = 0x110
	AttrEndDate             AttributeType = 0x111
	AttrModulus             AttributeType = 0x120
	AttrModulusBits         AttributeType = 0x121
	AttrPublicExponent      AttributeType = 0x122
	AttrPrivateExponent     AttributeType = 0x123
	AttrPublicKeyInfo       AttributeType = 0x129
	AttrExtractable         AttributeType = 0x162
	AttrLocal               AttributeType = 0x163
	AttrNeverExtractable    AttributeType = 0x164
	AttrAlwaysSensitive     AttributeType = 0x165
	AttrModifiable          AttributeType = 0x170
	AttrCopyable            AttributeType = 0x171
	AttrAlwaysAuthenticate  AttributeType = 0x202
	AttrWrapWithTrusted     AttributeType = 0x210
)

// Attribute is one with its value, as a program on this machine sees it but for
// the byte order: a CK_ULONG is 8 bytes, big-endian. A nil Value has none.
type Attribute struct {
	Type  AttributeType
	Value []byte
}

// Ulong is the value of an attribute that is a CK_ULONG.
func Ulong(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// Bool is the value of an attribute that is a CK_BBOOL.
func Bool(v bool) []byte {
	if v {
		return []byte{1}
	}
	return []byte{0}
}

// form is the encoding of an attribute's value. Attributes missing from the
// table, such as those of a later p11-kit, are encoded as counted bytes.
type form int

const (
	counted form = iota
	oneByte
	oneUlong
	ulongArray
	attributeArray
)

var forms = map[AttributeType]form{
	AttrToken: oneByte, AttrPrivate: oneByte, AttrTrusted: oneByte, AttrSensitive: oneByte,
	AttrEncrypt: oneByte, AttrDecrypt: oneByte, AttrWrap: oneByte, AttrUnwrap: oneByte,
	AttrSign: oneByte, AttrSignRecover: oneByte, AttrVerify: oneByte, AttrVerifyRecover: oneByte,
	AttrDerive: oneByte, AttrExtractable: oneByte, AttrLocal: oneByte, AttrNeverExtractable: oneByte,
	AttrAlwaysSensitive: oneByte, AttrModifiable: oneByte, AttrCopyable: oneByte,
	AttrAlwaysAuthenticate: oneByte, AttrWrapWithTrusted: oneByte,
	0x200: oneByte, // CKA_SECONDARY_AUTH
	0x301: oneByte, // CKA_RESET_ON_INIT
	0x302: oneByte, // CKA_HAS_RESET
	0x405: oneByte, // CKA_COLOR
	0x633: oneByte, // CKA_ENCAPSULATE
	0x634: oneByte, // CKA_DECAPSULATE

	AttrClass: oneUlong, AttrCertificateType: oneUlong, AttrCertificateCategory: oneUlong,
	AttrKeyType: oneUlong, AttrModulusBits: oneUlong,
	0x088: oneUlong, // CKA_JAVA_MIDP_SECURITY_DOMAIN
	0x133: oneUlong, // CKA_PRIME_BITS
	0x134: oneUlong, // CKA_SUB_PRIME_BITS
	0x160: oneUlong, // CKA_VALUE_BITS
	0x161: oneUlong, // CKA_VALUE_LEN
	0x166: oneUlong, // CKA_KEY_GEN_MECHANISM
	0x201: oneUlong, // CKA_AUTH_PIN_FLAGS
	0x300: oneUlong, // CKA_HW_FEATURE_TYPE
	0x400: oneUlong, // CKA_PIXEL_X
	0x401: oneUlong, // CKA_PIXEL_Y
	0x402: oneUlong, // CKA_RESOLUTION
	0x403: oneUlong, // CKA_CHAR_ROWS
	0x404: oneUlong, // CKA_CHAR_COLUMNS
	0x406: oneUlong, // CKA_BITS_PER_PIXEL
	0x500: oneUlong, // CKA_MECHANISM_TYPE
	0x61D: oneUlong, // CKA_PARAMETER_SET

	0x40000600: ulongArray,     // CKA_ALLOWED_MECHANISMS
	0x40000211: attributeArray, // CKA_WRAP_TEMPLATE
	0x40000212: attributeArray, // CKA_UNWRAP_TEMPLATE
	0x40000213: attributeArray, // CKA_DERIVE_TEMPLATE
}

// Bounds for a client's requests.
const (
	maxAttributes = 4096
	maxNesting    = 8
)

// attributes reads an array of attributes with their values ("aA").
func (r *reader) attributes() []Attribute { return r.nested(0) }

func (r *reader) nested(depth int) []Attribute {
	n := r.uint32()
	r.failed = r.failed || n > maxAttributes || depth > maxNesting
	var all []Attribute
	for i := uint32(0); i < n && !r.failed; i++ {
		all = append(all, r.attribute(depth))
	}
	return all
}

func (r *reader) attribute(depth int) Attribute {
	a := Attribute{Type: AttributeType(r.uint32())}
	if r.byte() == 0 {
		return a
	}
	r.uint32() // its length on the client's machine
	switch forms[a.Type] {
	case oneByte:
		a.Value = r.take(1)
	case oneUlong:
		a.Value = r.take(8)
	case ulongArray:
		if n := r.uint32(); n <= maxAttributes {
			a.Value = r.take(8 * n)
		} else {
			r.failed = true
		}
	case attributeArray:
		r.nested(depth + 1) // no object here has one
		a.Value = []byte{}
	default:
		if a.Value = r.counted(); a.Value == nil {
			a.Value = []byte{}
		}
	}
	return a
}

// wanted reads the attributes that a client asks for, each with the size of its
// buffer ("fA"), up to the end of the message. The size is ignored: if a value
// does not fit, the client uses its length. From p11-kit 0.25.4 on, an array
// attribute is followed by the request for its elements; before, by nothing.
func (r *reader) wanted() []AttributeType {
	flat := *r
	types := r.wantedNested(0)
	if r.err() == nil {
		return types
	}
	*r = flat
	return r.wantedFlat()
}

func (r *reader) wantedNested(depth int) (types []AttributeType) {
	n := r.uint32()
	r.failed = r.failed || n > maxAttributes || depth > maxNesting
	for i := uint32(0); i < n && !r.failed; i++ {
		t := AttributeType(r.uint32())
		if room := r.uint32(); forms[t] == attributeArray && room > 0 {
			r.wantedNested(depth + 1)
		}
		types = append(types, t)
	}
	return types
}

func (r *reader) wantedFlat() (types []AttributeType) {
	n := r.uint32()
	r.failed = r.failed || n > maxAttributes
	for i := uint32(0); i < n && !r.failed; i++ {
		types = append(types, AttributeType(r.uint32()))
		r.uint32()
	}
	return types
}

// attributes writes values as the answer to those that were asked for.
func (w *writer) attributes(types []AttributeType, values [][]byte) {
	w.uint32(uint32(len(types)))
	for i, t := range types {
		w.uint32(uint32(t))
		var v []byte
		if i < len(values) {
			v = values[i]
		}
		f := forms[t]
		if v == nil || f == oneByte && len(v) != 1 || f == oneUlong && len(v) != 8 || f == ulongArray || f == attributeArray {
			w.byte(0)
			continue
		}
		w.byte(1)
		w.uint32(uint32(len(v)))
		if f == counted {
			w.counted(v)
		} else {
			w.b = append(w.b, v...)
		}
	}
}
