package jpki

import (
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Limits are the messages that the way to the card was found unable to carry.
// It is a property of the reader rather than of the card: whoever keeps it by
// the reader's name saves finding it out again ([Card.SetLimits]).
type Limits struct {
	// ShortOnly: commands in extended length fail.
	ShortOnly bool
	// LosesLong: an answer of 256 bytes does not arrive. Such a reader cannot
	// bring a signature either.
	LosesLong bool
}

// safeNe is how many bytes are read at once over a reader that loses long
// answers.
const safeNe = 128

func (l Limits) maxNe() int {
	if l.LosesLong {
		return safeNe
	}
	return apdu.MaxShortNe
}

// Limits gives the limits found so far.
func (c *Card) Limits() Limits { return c.limits }

// SetLimits has the card take limits for granted.
func (c *Card) SetLimits(l Limits) { c.limits = l }

// read reads at most n bytes of an EF from offset on, none past its end. The EF
// is named by its short identifier where it is not the current one and the card
// takes that, else selected.
func (a *App) read(ef uint16, offset, n int) ([]byte, error) {
	if a.ef == ef && ef != 0 {
		data, err := a.readCurrent(offset, n)
		if a.selected || !notCurrent(err) {
			return data, err
		}
		a.card.shortIDs.read = refused // to name it did not make it the current one
		return a.readSelected(ef, offset, n)
	}
	if offset > maxShortIDOffset || ef == 0 || a.card.shortIDs.read == refused {
		return a.readSelected(ef, offset, n)
	}
	data, err := a.readBinary(apdu.Command{P1: shortReference(ef), P2: byte(offset), Ne: n})
	switch {
	case err == nil && len(data) > 0:
		a.ef, a.selected, a.card.shortIDs.read = ef, false, works
		return data, nil
	case a.card.shortIDs.read == works || !statusOrNil(err):
		a.ef = 0
		return data, err
	}
	// Whether the card refuses the file or the way to name it shows when it is
	// selected.
	if data, err = a.readSelected(ef, offset, n); err == nil && len(data) > 0 {
		a.card.shortIDs.read = refused
	}
	return data, err
}

// readSelected is read of a file that is selected first, if it was not yet.
func (a *App) readSelected(ef uint16, offset, n int) ([]byte, error) {
	if err := a.selectEF(ef); err != nil {
		return nil, err
	}
	return a.readCurrent(offset, n)
}

// readCurrent reads at most n bytes of the current EF, none past its end.
func (a *App) readCurrent(offset, n int) ([]byte, error) {
	return a.readBinary(apdu.Command{P1: byte(offset >> 8), P2: byte(offset), Ne: n})
}

func (a *App) readBinary(cmd apdu.Command) ([]byte, error) {
	cmd.INS = apdu.InsReadBinary
	repeats := maxRepeats
	if cmd.Ne >= apdu.MaxShortNe {
		repeats-- // the last repetition is of a shorter one
	}
	r, err := a.sendRepeating(cmd, repeats)
	if err != nil {
		return nil, err
	}
	switch {
	case r.SW == apdu.StatusOK, r.SW == apdu.StatusEndOfFile && len(r.Data) > 0:
		return r.Data, nil
	case r.SW == apdu.StatusWrongOffset:
		return nil, nil
	}
	return nil, fmt.Errorf("READ BINARY: %w", r.SW)
}

// readAll reads the first n bytes of an EF, or all where it has fewer.
func (a *App) readAll(ef uint16, n int) ([]byte, error) {
	var all []byte
	for len(all) < n {
		want := min(n-len(all), a.card.limits.maxNe())
		part, err := a.read(ef, len(all), want)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if len(part) < want {
			break
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("EF %04X: %w: it is empty", ef, ErrUnreadable)
	}
	return all, nil
}

// notCurrent reports that a READ found no current EF, or one that cannot be
// read: it is not the one that was named before.
func notCurrent(err error) bool {
	return errors.Is(err, apdu.StatusNoCurrentEF) || errors.Is(err, statusIncompatibleFile)
}

const statusIncompatibleFile apdu.Status = 0x6981

// statusOrNil reports that the card answered.
func statusOrNil(err error) bool {
	_, status := errors.AsType[apdu.Status](err)
	return err == nil || status
}
