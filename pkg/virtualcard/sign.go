package virtualcard

import (
	"crypto/rsa"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// paddingOverhead is what PKCS #1 v1.5 block type 1 adds at least (RFC 8017,
// 9.2): 245 bytes fit a 2048-bit key.
const paddingOverhead = 11

// computeSignature is PERFORM SECURITY OPERATION as the card knows it: it pads
// whatever it is given with PKCS #1 v1.5 block type 1 and applies the key in
// the current EF. That the data is a DigestInfo is the client's business. The
// PIN stays verified.
func (c *Card) computeSignature(cmd apdu.Command) apdu.Response {
	if cmd.P1 != 0x00 || cmd.P2 != 0x80 {
		return status(apdu.StatusIncorrectP1P2)
	}
	f, refusal := c.current(keyEF)
	if f == nil {
		return status(refusal)
	}
	size := f.key.Size()
	switch {
	case !f.guard.verified:
		return status(apdu.StatusSecurityNotSatisfied)
	case len(cmd.Data) == 0:
		return status(apdu.StatusWrongLength)
	case len(cmd.Data) > size-paddingOverhead:
		return status(apdu.StatusWrongData)
	case cmd.Ne < size && !c.options.T0: // over T=0, Le comes with GET RESPONSE
		return status(apdu.StatusWrongLength)
	}
	signature, err := rsa.SignPKCS1v15(nil, f.key, 0, cmd.Data)
	if err != nil {
		return status(apdu.StatusNoInformation)
	}
	return apdu.Response{Data: signature, SW: apdu.StatusOK}
}
