package virtualcard

import "github.com/jpki-tools/jpki/pkg/apdu"

// readBinary is READ BINARY (ISO/IEC 7816-4, 11.3.3): of the current EF with an
// offset of 15 bits, or of the EF of a short identifier with one of 8 bits. Ne
// is the most that is wanted; the card returns what the file has.
func (c *Card) readBinary(cmd apdu.Command) apdu.Response {
	if cmd.Ne == 0 || len(cmd.Data) > 0 {
		return status(apdu.StatusWrongLength)
	}
	f, offset := c.ef, int(cmd.P1)<<8|int(cmd.P2)
	if cmd.P1&0x80 != 0 {
		offset = int(cmd.P2)
		if cmd.P1 != 0x80 { // which stands for the current EF
			var refusal apdu.Status
			if f, refusal = c.shortIdentifier(cmd.P1); f == nil {
				return status(refusal)
			}
		}
	}
	switch {
	case f == nil:
		return status(apdu.StatusNoCurrentEF)
	case f.kind != transparentEF:
		return status(statusIncompatibleFile)
	case f.hidden || f.guard != nil && !f.guard.verified:
		return status(apdu.StatusSecurityNotSatisfied)
	case offset >= len(f.content):
		return status(apdu.StatusWrongOffset)
	}
	c.ef = f
	data := f.content[offset:]
	if len(data) >= cmd.Ne {
		return apdu.Response{Data: data[:cmd.Ne], SW: apdu.StatusOK}
	}
	if c.options.WarnEndOfFile {
		return apdu.Response{Data: data, SW: apdu.StatusEndOfFile}
	}
	return apdu.Response{Data: data, SW: apdu.StatusOK}
}
