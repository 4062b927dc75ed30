package jpki

import (
	"context"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/jst"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Sheet is the card's answer about itself at its card manager, without a PIN
// and outside the JPKI application. The answer is reported of test cards.
type Sheet struct {
	// LastDay is the card's own last day, another one than its certificates':
	// midnight in Japan. It is zero where Err is not nil.
	LastDay time.Time
	// Err is [ErrNotTold] for a card that does not tell, with the
	// [apdu.Status] it gave, or the connection's error.
	Err error
}

// tagLastDay is the tag of GET DATA (ISO/IEC 7816-4, 11.5.3) for it.
const tagLastDay = 0x00F2

// WithSheet is [Card.WithApp] with the card's sheet. It is looked at before the
// application is selected, and where that needs the card manager to be
// selected, every PIN that any program has verified is closed.
func (c *Card) WithSheet(ctx context.Context, use func(*App, Sheet) error) error {
	return c.withAppAfter(ctx, func(a *App) Sheet { return a.sheet() }, use)
}

func (a *App) sheet() (s Sheet) {
	s.LastDay, s.Err = a.lastDay(false)
	for a.canRecover(s.Err) {
		if s.Err = a.beginAgain(s.Err); s.Err == nil {
			s.LastDay, s.Err = a.lastDay(false)
		}
	}
	return s
}

// lastDay asks the card manager: the one that is selected since power-up or,
// where something refuses the question, the one that is selected now.
func (a *App) lastDay(selected bool) (day time.Time, err error) {
	if selected {
		r, err := a.transmit(selectCommand(byName, aidIssuerDomain))
		if err == nil && r.SW != apdu.StatusOK {
			err = fmt.Errorf("%w: %w", ErrNotTold, r.SW)
		}
		if err != nil {
			return day, err
		}
	}
	r, err := a.transmit(apdu.Command{INS: apdu.InsGetData, P1: tagLastDay >> 8, P2: tagLastDay & 0xFF, Ne: apdu.MaxShortNe})
	switch {
	case err != nil:
		return day, err
	case r.SW != apdu.StatusOK && !selected:
		return a.lastDay(true)
	case r.SW != apdu.StatusOK:
		return day, fmt.Errorf("%w: %w", ErrNotTold, r.SW)
	}
	day, err = time.ParseInLocation("20060102", string(r.Data), jst.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %d bytes that are no date", ErrNotTold, len(r.Data))
	}
	return day, nil
}
