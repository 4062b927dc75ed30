package jpki

import (
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

var (
	// ErrNotJPKI is a card without the JPKI application.
	ErrNotJPKI = errors.New("jpki: the card has no JPKI application")
	// ErrSessionOver is the use of an App, a Session or a signer after the
	// call that gave it has returned.
	ErrSessionOver = errors.New("jpki: used after its transaction ended")
	// ErrLastTry is a PIN that was not sent because only one try is left: see
	// [Guard].
	ErrLastTry = errors.New("jpki: only one try is left, and it is kept")
	// ErrKeyMismatch is a signature of the card's key that the certificate's
	// public key does not verify.
	ErrKeyMismatch = errors.New("jpki: the card's key does not belong to the certificate")
	// ErrNoPSS is an RSASSA-PSS signature that this card does not make.
	// PKCS #1 v1.5 is left.
	ErrNoPSS = errors.New("jpki: this card makes no RSASSA-PSS signatures")
	// ErrNotTold is something about the card that it does not tell.
	ErrNotTold = errors.New("jpki: this card does not tell that")
)

// Causes of a [CertificateError].
var (
	// ErrAbsent is a certificate that the card does not report to hold, and
	// that could not be read.
	ErrAbsent = errors.New("no certificate in this file of the card")
	// ErrNeedsPIN is a certificate that is readable only in a PIN session.
	ErrNeedsPIN = errors.New("the card wants the PIN before it shows this certificate")
	// ErrDamaged is a certificate file without a certificate in it, also when
	// it was read once more.
	ErrDamaged = errors.New("the certificate file on the card is damaged")
	// ErrUnreadable is a certificate that the card reports to hold, or says
	// nothing about, and that could not be read, also in a second attempt. So is
	// another file that could not be read.
	ErrUnreadable = errors.New("the file on the card could not be read")
)

// CertificateError is a certificate that could not be had from the card. Its
// cause is [ErrAbsent], [ErrNeedsPIN], [ErrDamaged] or [ErrUnreadable], with the
// [apdu.Status] where there was one.
type CertificateError struct {
	Kind Kind
	Err  error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("jpki: certificate %s: %v", e.Kind, e.Err)
}
func (e *CertificateError) Unwrap() error { return e.Err }

// PINError is a PIN that the card refused: one try was used.
type PINError struct {
	Key  Key
	Left int // tries left now; 0 means blocked
}

func (e *PINError) Error() string {
	return fmt.Sprintf("jpki: wrong PIN (%s), %d tries left", e.Key, e.Left)
}

// BlockedError is a PIN without tries left. No PIN was sent, or the card did
// not look at it.
type BlockedError struct{ Key Key }

func (e *BlockedError) Error() string { return fmt.Sprintf("jpki: PIN blocked (%s)", e.Key) }

// UnansweredError is a VERIFY without an answer, or with one that says nothing
// about the PIN: the card may have counted a try.
type UnansweredError struct {
	Key Key
	Err error // of the connection, or an [apdu.Status]
}

func (e *UnansweredError) Error() string {
	return fmt.Sprintf("jpki: no answer to VERIFY (%s), a try may have been used: %v", e.Key, e.Err)
}
func (e *UnansweredError) Unwrap() error { return e.Err }

// ChangeRefusedError is a PIN change that the card refused: the old PIN is in
// force.
type ChangeRefusedError struct {
	Key    Key
	Status apdu.Status
}

func (e *ChangeRefusedError) Error() string {
	return fmt.Sprintf("jpki: the card refused the new PIN (%s), the old one is in force: %v", e.Key, e.Status)
}
func (e *ChangeRefusedError) Unwrap() error { return e.Status }

// UnconfirmedChangeError is a PIN change that may have succeeded or failed.
type UnconfirmedChangeError struct {
	Key Key
	// NewInForce: the card acknowledged the change, and nothing it said
	// since speaks against it. Otherwise either PIN may be in force.
	NewInForce bool
	// TryUsed: the VERIFY that should confirm the new PIN may have used a
	// try. Otherwise none was used.
	TryUsed bool
	Err     error // of the connection, or an [apdu.Status]
}

func (e *UnconfirmedChangeError) Error() string {
	inForce := "the old or the new one is in force"
	if e.NewInForce {
		inForce = "the new one is in force"
	}
	return fmt.Sprintf("jpki: the change of the PIN (%s) could not be confirmed, %s: %v", e.Key, inForce, e.Err)
}
func (e *UnconfirmedChangeError) Unwrap() error { return e.Err }

// Verified is whether a PIN was verified when its session was to be closed.
type Verified int

// Whether it was.
const (
	NotVerified   Verified = iota // the card answered that it was not
	MaybeVerified                 // VERIFY was sent and not answered
	WasVerified
)

// NotClosedError is a PIN session that could not be closed although the card is
// still there: unless no PIN was verified, another program could use the key
// until the card is taken out. It unwraps to both causes.
type NotClosedError struct {
	Key      Key
	Verified Verified
	Err      error // why it could not be closed
	After    error // an earlier failure, nil for none: it is not to be hidden
}

func (e *NotClosedError) Error() string {
	what := map[Verified]string{
		NotVerified:   "the session of a PIN (%s) that was not verified could not be closed: %v",
		MaybeVerified: "the PIN (%s), which may have been verified, could not be closed: %v",
		WasVerified:   "the verified PIN (%s) could not be closed: %v",
	}[e.Verified]
	text := "jpki: " + fmt.Sprintf(what, e.Key, e.Err)
	if e.After != nil {
		return e.After.Error() + "; " + text
	}
	return text
}

// Unwrap gives the earlier failure, if any, then the reason why it was not
// closed.
func (e *NotClosedError) Unwrap() []error {
	if e.After == nil {
		return []error{e.Err}
	}
	return []error{e.After, e.Err}
}
