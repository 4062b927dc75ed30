package jpki

import "bytes"

// Applications by their AID. The issuer domain and 券面 are only ever selected
// to leave the JPKI application.
var (
	aidJPKI         = []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
	aidIssuerDomain = []byte{0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00}
	aidCardFace     = []byte{0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02}
	aidCommon       = []byte{0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00} // 共通; asked for by a survey alone
)

// Elementary files of the JPKI application. None has the identifier 0, so that
// a Key or Kind that is none of ours selects nothing.
const (
	efToken    = 0x0006
	efPresence = 0x0008

	tokenSize    = 160
	presenceSize = 3
)

var certificateFiles = map[Kind]uint16{
	KindSign:   0x0001,
	KindSignCA: 0x0002,
	KindAuth:   0x000A,
	KindAuthCA: 0x000B,
}

// PublicFile reports whether an EF is one of the JPKI application that holds
// nothing personal: an [apdu.Tracer] may show its content.
func PublicFile(aid []byte, ef uint16) bool {
	if !bytes.Equal(aid, aidJPKI) {
		return false
	}
	switch ef {
	case efToken, efPresence, certificateFiles[KindSignCA], certificateFiles[KindAuthCA]:
		return true
	}
	return false
}
