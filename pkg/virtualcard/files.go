package virtualcard

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"time"
)

// EFs of the JPKI application. The short identifier of each is its last byte.
const (
	efSignCertificate   uint16 = 0x0001
	efSignCACertificate uint16 = 0x0002
	efTokenInfo         uint16 = 0x0006
	efPresence          uint16 = 0x0008
	efHidden            uint16 = 0x0009 // it can be selected, and never read
	efAuthCertificate   uint16 = 0x000A
	efAuthCACertificate uint16 = 0x000B
	efTerminalKey       uint16 = 0x0016 // for terminal certificates: it signs nothing
	efAuthKey           uint16 = 0x0017
	efAuthPIN           uint16 = 0x0018
	efSignKey           uint16 = 0x001A
	efSignPIN           uint16 = 0x001B
)

// MaxFileSize is the size that the 15-bit offset of READ BINARY can reach.
const MaxFileSize = 1 << 15

// labelSize is the size of the label at the start of EF 0006.
const labelSize = 32

// certificateFileSize is the size of every certificate file: the certificate,
// then filling.
const certificateFileSize = 2048

type fileKind int

const (
	transparentEF fileKind = iota
	pinEF
	keyEF
)

// file is an EF.
type file struct {
	kind    fileKind
	content []byte          // of a transparent EF
	guard   *pin            // must be verified to read the content or use the key; nil: free
	hidden  bool            // the content is never read
	pin     *pin            // of a PIN EF
	key     *rsa.PrivateKey // of a key EF
}

// newFiles makes the EFs of a new card.
func newFiles(c *Card, now time.Time) map[uint16]*file {
	keys := demoKeys()
	signCA, authCA := DemoCAs()
	var signDER []byte
	if c.persona.SignCertificate {
		signDER = c.persona.signCertificate(now)
	}
	files := map[uint16]*file{
		efSignCertificate:   {content: signDER, guard: c.sign},
		efSignCACertificate: {content: signCA.Certificate.Raw},
		efAuthCertificate:   {content: c.persona.authCertificate(now)},
		efAuthCACertificate: {content: authCA.Certificate.Raw},
		efTokenInfo:         {content: tokenInfo(c.persona.Label)},
		efPresence:          {content: c.options.Like.presenceBytes(presence(c.persona.SignCertificate, true))},
		efHidden:            {hidden: true},
		efTerminalKey:       {kind: keyEF},
		efAuthKey:           {kind: keyEF, key: keys.auth, guard: c.auth},
		efAuthPIN:           {kind: pinEF, pin: c.auth},
		efSignKey:           {kind: keyEF, key: keys.sign, guard: c.sign},
		efSignPIN:           {kind: pinEF, pin: c.sign},
	}
	if c.persona.Phone {
		files[efAuthCertificate].guard = c.auth
	}
	filling := byte(0x00)
	if c.options.PadFF {
		filling = 0xFF
	}
	for _, ef := range []uint16{efSignCertificate, efSignCACertificate, efAuthCertificate, efAuthCACertificate} {
		f := files[ef]
		room := certificateFileSize - len(f.content)
		f.content = append(bytes.Clone(f.content), bytes.Repeat([]byte{filling}, room)...)
	}
	return files
}

// tokenInfo is EF 0006: a CK_TOKEN_INFO of PKCS #11 in which an unsigned long
// has 4 bytes. Only its label is known to matter; the rest is made up.
func tokenInfo(label string) []byte {
	text := func(s string, width int) string { return fmt.Sprintf("%-*s", width, s) }
	var b bytes.Buffer
	b.WriteString(text(label, labelSize))
	b.WriteString(text("DEMO - not a real card", 32)) // manufacturerID
	b.WriteString(text("DEMO", 16))                   // model
	b.WriteString(text("DEMO", 16))                   // serialNumber
	b.Write(make([]byte, 4+10*4))                     // flags, then session, PIN and memory limits
	b.Write([]byte{1, 0, 1, 0})                       // hardwareVersion, firmwareVersion
	b.WriteString(text("", 16))                       // utcTime
	return b.Bytes()
}

// presence is EF 0008: which certificates the card says it has. What stands
// there for an absent one is unknown; here it is 00.
func presence(sign, auth bool) []byte {
	content := make([]byte, 3)
	for i, present := range []bool{sign, auth} {
		if present {
			content[i] = 0x8F
		}
	}
	return content
}
