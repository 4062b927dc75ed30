package virtualcard

import (
	"bytes"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// application is one of the card's applications, selected by its AID.
type application struct {
	aid     string
	onPhone bool // a phone's secure element has it too
}

var (
	jpkiApplication = &application{"\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", true}
	issuerDomain    = &application{"\xA0\x00\x00\x01\x51\x00\x00", true} // selected at power-up

	applications = []*application{
		jpkiApplication,
		issuerDomain,
		{"\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x01", false}, // 住基
		{"\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02", false}, // 券面
		{"\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08", false}, // 券面事項入力補助
		{commonAID, false}, // 共通
	}
)

// noResponseData is P2 of every SELECT that is known to work: the first or only
// occurrence, no response data.
const noResponseData = 0x0C

// selectFile is SELECT (ISO/IEC 7816-4, 11.2.2). Applications are selected by
// name (P1=04), EFs by identifier under the application (P1=02); nothing else is
// known to work on a card. A SELECT that fails changes nothing.
func (c *Card) selectFile(cmd apdu.Command) apdu.Response {
	switch {
	case cmd.P1 == 0x00:
		return c.selectMF(cmd)
	case cmd.P1 == 0x04:
		return c.selectApplication(cmd.Data, cmd.P2)
	case cmd.P1 == 0x02 && cmd.P2 == noResponseData:
		return c.selectEF(cmd.Data)
	}
	return status(apdu.StatusIncorrectP1P2)
}

// selectMF answers as a survey of test cards reports: there is no MF by its
// identifier; without one the command succeeds inside an application, and does
// nothing.
func (c *Card) selectMF(cmd apdu.Command) apdu.Response {
	switch {
	case c.options.RefuseMF || c.app == issuerDomain || cmd.P2 != 0x00 && cmd.P2 != noResponseData:
		return status(apdu.StatusIncorrectP1P2)
	case bytes.Equal(cmd.Data, []byte{0x3F, 0x00}):
		return status(apdu.StatusNotFound)
	case len(cmd.Data) > 0:
		return status(apdu.StatusIncorrectP1P2)
	}
	return status(apdu.StatusOK)
}

func (c *Card) selectApplication(aid []byte, p2 byte) apdu.Response {
	if len(aid) == 0 || len(aid) > 16 {
		return status(apdu.StatusWrongLength)
	}
	for _, app := range applications {
		if app.aid != string(aid) || !c.has(app) {
			continue
		}
		if p2 != noResponseData {
			return status(apdu.StatusIncorrectP1P2)
		}
		if app != jpkiApplication || c.options.ReselectDrops {
			c.dropPINs()
		}
		c.app, c.ef = app, nil
		return status(apdu.StatusOK)
	}
	return status(apdu.StatusNotFound)
}

func (c *Card) has(app *application) bool {
	if app == issuerDomain && c.options.NoIssuerDomain {
		return false
	}
	return app.onPhone || !c.persona.Phone
}

func (c *Card) selectEF(id []byte) apdu.Response {
	if len(id) != 2 {
		return status(apdu.StatusWrongLength)
	}
	f := c.find(uint16(id[0])<<8 | uint16(id[1]))
	if f == nil {
		return status(apdu.StatusNotFound)
	}
	c.ef = f
	return status(apdu.StatusOK)
}

// find gives an EF of the selected application, nil if it has none of that
// identifier. Only the JPKI application has any.
func (c *Card) find(ef uint16) *file {
	if c.app != jpkiApplication {
		return nil
	}
	return c.files[ef]
}

// referenced gives the EF that P2 of a command on a PIN or key refers to: the
// current one (80), or that of a short identifier (80 + SFI), which becomes the
// current one. It has to be of the kind that the command works on; otherwise
// there is only the refusal.
func (c *Card) referenced(p2 byte, k fileKind) (*file, apdu.Status) {
	f := c.ef
	if p2 != 0x80 {
		var refusal apdu.Status
		if f, refusal = c.shortIdentifier(p2); f == nil {
			return nil, refusal
		}
	}
	switch {
	case f == nil:
		return nil, apdu.StatusNoCurrentEF
	case f.kind != k:
		return nil, statusIncompatibleFile
	}
	c.ef = f
	return f, apdu.StatusOK
}

// shortIdentifier gives the EF of a short identifier in the low five bits of
// p, of which the first of the others is set and no further one. Here the short
// identifier is the last byte of the identifier.
func (c *Card) shortIdentifier(p byte) (*file, apdu.Status) {
	switch {
	case p&0xE0 != 0x80:
		return nil, apdu.StatusIncorrectP1P2
	case c.options.NoShortIdentifiers != 0:
		return nil, c.options.NoShortIdentifiers
	}
	f := c.find(uint16(p & 0x1F))
	if f == nil {
		return nil, apdu.StatusNotFound
	}
	return f, apdu.StatusOK
}
