package p11rpc

import "encoding/binary"

// MechanismType is a CK_MECHANISM_TYPE.
type MechanismType uint32

// Mechanisms of PKCS #11 v3.0 that sign. A client passes on those that it knows:
// of those with PSS that is RSAPSS alone, and none with ECDSA and a hash before
// 0.25.
const (
	RSAPKCS       MechanismType = 0x001
	RSAPSS        MechanismType = 0x00D
	SHA256RSAPKCS MechanismType = 0x040
	SHA384RSAPKCS MechanismType = 0x041
	SHA512RSAPKCS MechanismType = 0x042
	SHA256RSAPSS  MechanismType = 0x043
	SHA256        MechanismType = 0x250 // in the parameters of PSS

	MGF1SHA256 = 0x002 // CKG_MGF1_SHA256

	noMechanism MechanismType = absent
)

// MechanismInfo is a CK_MECHANISM_INFO.
type MechanismInfo struct {
	MinKey, MaxKey uint64 // in bits
	Flags          uint64
}

// Flags of a mechanism.
const (
	HardwareMechanism = 1 << 0
	SignMechanism     = 1 << 11
)

// Mechanism is a CK_MECHANISM.
type Mechanism struct {
	Type MechanismType
	PSS  *PSS // of those with PSS; nil for none
	// Parameter is the parameter of all others, usually empty.
	Parameter []byte
}

// PSS is a CK_RSA_PKCS_PSS_PARAMS.
type PSS struct {
	Hash MechanismType
	MGF  uint64
	Salt uint64 // bytes
}

func (t MechanismType) pss() bool { return t == RSAPSS || 0x043 <= t && t <= 0x045 }

// parseMechanism reads a mechanism ("M") that fills all of b. Up to 0.25.5 the
// parameter is counted bytes, or where its structure is known the fields
// alone. From 0.25.6 on, one byte before it tells whether there is one, and of
// mechanisms without parameters nothing follows the type. The version on which
// both sides agree at the start does not tell these apart: the number of bytes
// does.
func parseMechanism(b []byte) (m Mechanism, ok bool) {
	r := reader{b: b}
	m.Type = MechanismType(r.uint32())
	if r.failed {
		return m, false
	}
	if m.Type == noMechanism {
		return m, len(r.b) == 0
	}
	const pssSize = 3 * 8
	present := len(r.b) == 1 && r.b[0] == 0 || m.Type.pss() && len(r.b) == pssSize+1 && r.b[0] == 1
	switch {
	case present:
		r.byte()
	case len(r.b) >= 4 && binary.BigEndian.Uint32(r.b) == absent:
		r.uint32()
	}
	switch {
	case len(r.b) == 0:
	case m.Type.pss() && len(r.b) == pssSize:
		m.PSS = &PSS{MechanismType(r.ulong()), r.ulong(), r.ulong()}
	default:
		m.Parameter = r.counted()
	}
	return m, r.err() == nil
}
