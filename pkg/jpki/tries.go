package jpki

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Tries is the counter of a PIN.
type Tries struct{ Left, Max int }

// Blocked reports that no try is left.
func (t Tries) Blocked() bool { return t.Left == 0 }

// Tries asks for the counter of k's PIN; that never uses a try. A blocked PIN
// is no error: its Left is 0.
func (a *App) Tries(k Key) (Tries, error) {
	sw, err := a.counter(k)
	if err == nil && sw == apdu.StatusOK {
		// The PIN is open.
		if a.verified != 0 {
			// In a session that must stay so. The VERIFY that opened it
			// has made the counter full.
			return Tries{k.MaxTries(), k.MaxTries()}, nil
		}
		// Another program left it so. Close it and ask again.
		if err = a.leave(); err == nil {
			err = a.selectApplication()
		}
		if err == nil {
			// The PIN may be sent next: this is the file that it goes to.
			err = a.selectEF(keys[k].pin)
		}
		if err == nil {
			sw, err = a.counter(k)
		}
	}
	if err != nil {
		return Tries{}, err
	}
	left, ok := triesIn(sw)
	if !ok {
		return Tries{}, fmt.Errorf("counter of the %s PIN: %w", k, sw)
	}
	return Tries{left, max(left, k.MaxTries())}, nil
}

// counter gives the card's answer to the query for k's counter. The PIN is
// named by its short identifier where it is not the current EF and the card
// takes that, else selected.
func (a *App) counter(k Key) (apdu.Status, error) {
	ef, tried := keys[k].pin, false
	if a.ef != ef && ef != 0 && a.card.shortIDs.query != refused {
		tried = true
		sw, err := a.query(shortReference(ef))
		a.ef = 0 // the current EF is the PIN now, or the one before
		if err != nil {
			return 0, err
		}
		left, counts := sw.Tries()
		switch {
		case counts && 0 < left && left <= k.MaxTries():
			a.card.shortIDs.query = works
			return sw, nil
		case a.card.shortIDs.query == works:
			return sw, nil
		}
		// That a PIN is blocked or open is believed only of one that the card
		// is known to have understood.
	}
	if err := a.selectEF(ef); err != nil {
		return 0, err
	}
	sw, err := a.query(reference)
	if left, counts := triesIn(sw); tried && err == nil && counts && left > 0 {
		a.card.shortIDs.query = refused
	}
	return sw, err
}

// query sends the VERIFY without data that asks for the counter: the case 1
// command of ISO/IEC 7816-4, 11.6.6, or the case 2 command that some readers
// and cards want instead and tell by 6700.
func (a *App) query(p2 byte) (apdu.Status, error) {
	cmd := apdu.Command{INS: apdu.InsVerify, P2: p2}
	if a.card.queryCase2 {
		cmd.Ne = apdu.MaxShortNe
	}
	r, err := a.send(cmd)
	if err == nil && r.SW == apdu.StatusWrongLength && !a.card.queryCase2 {
		cmd.Ne = apdu.MaxShortNe
		r, err = a.send(cmd)
		a.card.queryCase2 = err == nil && r.SW != apdu.StatusWrongLength
	}
	return r.SW, err
}

// reference is P2 of the commands on a PIN or key: that of the current EF.
const reference = 0x80

// triesIn reads the tries left from an answer to VERIFY: 63Cx, and 6983 and
// 6984, which both mean blocked.
func triesIn(sw apdu.Status) (left int, ok bool) {
	if sw == apdu.StatusAuthenticationBlocked || sw == apdu.StatusReferenceDataUnusable {
		return 0, true
	}
	return sw.Tries()
}
