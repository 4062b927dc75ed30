package virtualcard

import (
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Tags of GET DATA (ISO/IEC 7816-4, 11.5.3) at the card manager, as a survey
// of test cards reports them. A tag that is not here does not exist.
const (
	tagCardNumber   = 0x0045
	tagMunicipality = 0x00F0
	tagLastDay      = 0x00F2
	tagATR          = 0x5F51
)

// getData is GET DATA. Only the card manager, the issuer's security domain, has
// any data, and no PIN guards it.
func (c *Card) getData(cmd apdu.Command) apdu.Response {
	switch {
	case c.app != issuerDomain:
		return status(apdu.StatusInstructionNotSupported)
	case cmd.Ne == 0 || len(cmd.Data) > 0:
		return status(apdu.StatusWrongLength)
	}
	data := c.cardData[uint16(cmd.P1)<<8|uint16(cmd.P2)]
	if data == nil {
		return status(apdu.StatusReferenceDataNotFound)
	}
	return apdu.Response{Data: data[:min(len(data), cmd.Ne)], SW: apdu.StatusOK}
}

// newCardData makes the answer of GET DATA. The numbers are of nobody.
func newCardData(p Persona, o Options, now time.Time) map[uint16][]byte {
	if p.Phone || p.Label == labelJuki || o.NoCardData {
		return nil
	}
	lastDay := o.CardLastDay
	if lastDay == "" {
		lastDay = p.CardLastDay(now).Format("20060102")
	}
	return map[uint16][]byte{
		tagCardNumber:   []byte("0000000000000000"),
		tagMunicipality: []byte("00000"),
		tagLastDay:      []byte(lastDay),
		tagATR:          contactATR[1:],
	}
}

// CardLastDay is the last day of the card itself, which is another one than the
// certificates': the tenth birthday after issue, the fifth of a holder under 18,
// or the end of the stay. It is midnight JST.
func (p Persona) CardLastDay(now time.Time) time.Time {
	l := p.lifeAt(now)
	if p.birthUnknown != "" || l.issued.Before(l.born.AddDate(18, 0, 0)) {
		return l.last
	}
	return l.last.AddDate(5, 0, 0)
}
