package jpki

import "github.com/jpki-tools/jpki/pkg/apdu"

// ChangePIN replaces the PIN that the session has verified by new, and has the
// card verify new to see that it is in force. Each of the two commands is sent
// once, and once the first has left, the second follows whatever becomes of the
// context: half a change helps nobody. A change that works uses no try.
//
// No error means changed and confirmed. A *[RuleError], a *[ChangeRefusedError]
// and every error that is not a *[UnconfirmedChangeError] mean that the old PIN
// is in force. After an UnconfirmedChangeError the session is over.
func (s *Session) ChangePIN(new PIN) error {
	k := s.verified
	if err := new.Check(k); err != nil {
		return err
	}
	if err := s.selectEF(keys[k].pin); err != nil {
		return err
	}
	if err := s.alive(); err != nil {
		return err
	}
	const newDataOnly = 0x01 // P1; the old one was verified (ISO/IEC 7816-4, 11.6.7)
	sw, err := s.sendPIN(apdu.InsChangeReferenceData, newDataOnly, new)
	switch {
	case err != nil:
		return s.unconfirmed(UnconfirmedChangeError{Err: err})
	case sw.Refused():
		return &ChangeRefusedError{k, sw}
	case sw != apdu.StatusOK:
		return s.unconfirmed(UnconfirmedChangeError{Err: sw})
	}
	sw, err = s.sendPIN(apdu.InsVerify, 0x00, new)
	switch {
	case err != nil:
		return s.unconfirmed(UnconfirmedChangeError{NewInForce: true, TryUsed: true, Err: err})
	case sw == apdu.StatusOK:
		return nil
	}
	_, counts := triesIn(sw)
	contradicts := counts || sw>>8 == 0x63 // the new PIN is wrong, it says
	return s.unconfirmed(UnconfirmedChangeError{NewInForce: !contradicts, TryUsed: !sw.Refused(), Err: sw})
}

// unconfirmed ends the session: with it not known which PIN is in force, nothing
// more is to be sent.
func (s *Session) unconfirmed(e UnconfirmedChangeError) error {
	s.dead = true
	e.Key = s.verified
	return &e
}
