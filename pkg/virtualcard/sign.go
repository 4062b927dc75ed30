package virtualcard

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// paddingOverhead is what PKCS #1 v1.5 block type 1 adds at least (RFC 8017,
// 9.2): 245 bytes fit a 2048-bit key.
const paddingOverhead = 11

// digestInfoSHA256 precedes a SHA-256 digest in a DigestInfo (RFC 8017, 9.2,
// note 1).
const digestInfoSHA256 = "\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"

// saltLength is that of the card's RSASSA-PSS signatures, in bytes.
const saltLength = sha256.Size

// A signatureMode is what P1 of PERFORM SECURITY OPERATION has the card make
// of the data. It gives the refusal of data that does not fit.
type signatureMode func(key *rsa.PrivateKey, data []byte) ([]byte, apdu.Status)

// signatureModes are the modes by P1, as a survey of test cards reports them.
var signatureModes = map[byte]signatureMode{
	0x00: signBlock,
	0x01: func(key *rsa.PrivateKey, data []byte) ([]byte, apdu.Status) {
		digest := sha256.Sum256(data)
		return signBlock(key, digest[:])
	},
	0x02: func(key *rsa.PrivateKey, data []byte) ([]byte, apdu.Status) {
		if len(data) != sha256.Size {
			return nil, apdu.StatusConditionsNotSatisfied
		}
		return signBlock(key, append([]byte(digestInfoSHA256), data...))
	},
	0x03: func(key *rsa.PrivateKey, data []byte) ([]byte, apdu.Status) {
		digest := sha256.Sum256(data)
		return signBlock(key, append([]byte(digestInfoSHA256), digest[:]...))
	},
	modePSS: func(key *rsa.PrivateKey, data []byte) ([]byte, apdu.Status) {
		if len(data) != sha256.Size {
			return nil, apdu.StatusConditionsNotSatisfied
		}
		return signPSS(key, data)
	},
	modeHashPSS: func(key *rsa.PrivateKey, data []byte) ([]byte, apdu.Status) {
		digest := sha256.Sum256(data)
		return signPSS(key, digest[:])
	},
}

// The modes that [Options.NoPSS] takes away.
const (
	modePSS     = 0x04
	modeHashPSS = 0x05
)

// computeSignature is PERFORM SECURITY OPERATION as the card knows it: it
// applies the key in the current EF, or the one that P2 names by its short
// identifier, to the data in the way that P1 says. The PIN stays verified.
func (c *Card) computeSignature(cmd apdu.Command) apdu.Response {
	sign := signatureModes[cmd.P1]
	if sign == nil || c.options.NoPSS && (cmd.P1 == modePSS || cmd.P1 == modeHashPSS) {
		return status(apdu.StatusIncorrectP1P2)
	}
	f, refusal := c.referenced(cmd.P2, keyEF)
	if f == nil {
		return status(refusal)
	}
	switch {
	case f.key == nil: // a key that signs nothing
		return status(apdu.StatusConditionsNotSatisfied)
	case !f.guard.verified:
		return status(apdu.StatusSecurityNotSatisfied)
	case len(cmd.Data) == 0:
		return status(apdu.StatusWrongLength)
	case cmd.Ne < f.key.Size() && !c.options.T0: // over T=0, Le comes with GET RESPONSE
		return status(apdu.StatusWrongLength)
	}
	signature, refusal := sign(f.key, cmd.Data)
	if signature == nil {
		return status(refusal)
	}
	return apdu.Response{Data: signature, SW: apdu.StatusOK}
}

// signBlock pads data with PKCS #1 v1.5 block type 1, whatever it is. That it
// is a DigestInfo is the client's business.
func signBlock(key *rsa.PrivateKey, data []byte) ([]byte, apdu.Status) {
	if len(data) > key.Size()-paddingOverhead {
		return nil, apdu.StatusWrongData
	}
	signature, err := rsa.SignPKCS1v15(nil, key, 0, data)
	if err != nil {
		return nil, apdu.StatusNoInformation
	}
	return signature, apdu.StatusOK
}

func signPSS(key *rsa.PrivateKey, digest []byte) ([]byte, apdu.Status) {
	signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: saltLength})
	if err != nil {
		return nil, apdu.StatusNoInformation
	}
	return signature, apdu.StatusOK
}
