package token

import (
	"context"
	"errors"

	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// Errors of the owner with a return value of their own.
var (
	// ErrCancelled is an owner who declined.
	ErrCancelled = errors.New("token: declined")
	// ErrGone is a card that has left, or another in its place.
	ErrGone = errors.New("token: the card has gone")
	// ErrKept is a PIN that was not sent because too few tries are left.
	ErrKept = errors.New("token: the PIN was not sent, to keep the tries")
	// ErrRefusedBefore is a PIN that was wrong before.
	ErrRefusedBefore = errors.New("token: the PIN was refused before")
)

// failed returns the return value for an error, and reports the error to the
// owner.
func (c *Client) failed(err error) error {
	if rv, ok := errors.AsType[p11rpc.RV](err); ok {
		return rv
	}
	if !errors.Is(err, context.Canceled) {
		c.Owner.Report(err)
	}
	return rvOf(err)
}

func rvOf(err error) p11rpc.RV {
	if rule, ok := errors.AsType[*jpki.RuleError](err); ok {
		if rule.Rule == jpki.RuleLength {
			return p11rpc.PINLenRange
		}
		return p11rpc.PINInvalid
	}
	if wrong, ok := errors.AsType[*jpki.PINError](err); ok && wrong.Left > 0 {
		return p11rpc.PINIncorrect
	} else if ok {
		return p11rpc.PINLocked
	}
	if _, ok := errors.AsType[*jpki.BlockedError](err); ok {
		return p11rpc.PINLocked
	}
	for is, rv := range map[error]p11rpc.RV{
		ErrCancelled:          p11rpc.FunctionCanceled,
		ErrGone:               p11rpc.DeviceRemoved,
		ErrKept:               p11rpc.PINLocked,
		pcsc.ErrCardRemoved:   p11rpc.DeviceRemoved,
		jpki.ErrLastTry:       p11rpc.PINLocked,
		ErrRefusedBefore:      p11rpc.PINIncorrect,
		jpki.ErrNotJPKI:       p11rpc.TokenNotRecognized,
		jpki.ErrNoPSS:         p11rpc.MechanismInvalid,
		errors.ErrUnsupported: p11rpc.MechanismInvalid,
	} {
		if errors.Is(err, is) {
			return rv
		}
	}
	return p11rpc.DeviceError
}
