package virtualcard

import "github.com/jpki-tools/jpki/pkg/apdu"

// answerT0 runs one command as over the T=0 protocol (ISO/IEC 7816-3, 12.2).
// There P3 = 00 is both "no data" and "256 bytes": a command of case 1 and one
// of case 2 with Le = 00 are the same bytes.
func (c *Card) answerT0(cmd apdu.Command) apdu.Response {
	if len(cmd.Data) == 0 && cmd.Ne == 0 {
		cmd.Ne = apdu.MaxShortNe
	}
	if cmd.CLA == 0x00 && cmd.INS == apdu.InsGetResponse {
		return c.getResponse(cmd)
	}
	c.rest = nil
	r := c.run(cmd)
	switch {
	case len(r.Data) == 0:
		return r
	case len(cmd.Data) > 0:
		c.rest = r.Data
		return status(moreData(len(r.Data)))
	case len(r.Data) < cmd.Ne:
		return status(wrongLe(len(r.Data)))
	}
	return r
}

// getResponse is GET RESPONSE (ISO/IEC 7816-4, 11.7.1).
func (c *Card) getResponse(cmd apdu.Command) apdu.Response {
	switch {
	case cmd.P1 != 0 || cmd.P2 != 0:
		return status(apdu.StatusIncorrectP1P2)
	case len(cmd.Data) > 0:
		return status(apdu.StatusWrongLength)
	case len(c.rest) == 0:
		return status(apdu.StatusConditionsNotSatisfied)
	case cmd.Ne > len(c.rest):
		return status(wrongLe(len(c.rest)))
	}
	r := apdu.Response{Data: c.rest[:cmd.Ne], SW: apdu.StatusOK}
	if c.rest = c.rest[cmd.Ne:]; len(c.rest) > 0 {
		r.SW = moreData(len(c.rest))
	}
	return r
}

// moreData is 61xx and wrongLe 6Cxx, where xx = 00 is 256 bytes. No answer in
// short length has more.
func moreData(n int) apdu.Status { return 0x6100 | apdu.Status(n&0xFF) }
func wrongLe(n int) apdu.Status  { return 0x6C00 | apdu.Status(n&0xFF) }
