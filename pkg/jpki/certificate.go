package jpki

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// maxFile is the size that READ BINARY's 15-bit offset can reach.
const maxFile = 1 << 15

// Certificate reads and parses one certificate. In [Card.WithApp] the signing
// certificate, and a phone's authentication certificate, answer [ErrNeedsPIN].
// So may a card that has none: its answer is not known, and [App.Presence]
// tells more. A failure is a *[CertificateError] or the connection's error.
//
// A file that cannot be read, or holds no certificate, is read once more, file
// selected and in small pieces, before it is called absent, damaged or
// unreadable. A CA certificate signs itself, and is damaged where that
// signature is wrong; the others are checked by [App.Issued].
func (a *App) Certificate(k Kind) (*x509.Certificate, error) {
	cert, err := a.readCertificate(k, a.certificateFile)
	if err == nil || !worthAnother(err) || a.alive() != nil {
		return cert, a.certificateError(k, err)
	}
	first := err
	if hiccup(err) {
		if recoverErr := a.recover(err, 0); recoverErr != nil && a.verified == 0 {
			return nil, recoverErr
		}
	}
	cert, err = a.readCertificate(k, a.certificateInPieces)
	if err != nil {
		if statusOrNil(first) || !statusOrNil(err) {
			err = first // says more than the second one
		}
		return nil, a.certificateError(k, err)
	}
	a.noteLimits(first)
	return cert, nil
}

// readCertificate names the fault in the content as its error.
func (a *App) readCertificate(k Kind, read func(ef uint16) ([]byte, error)) (*x509.Certificate, error) {
	der, err := read(certificateFiles[k])
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if k == k.CA() && !isWhole(cert) {
		return nil, fmt.Errorf("%w: its own signature does not fit it", ErrDamaged)
	}
	return cert, nil
}

// errEmptyRead is a READ that succeeded and brought nothing.
var errEmptyRead = errors.New("an empty answer to READ BINARY")

// worthAnother reports a failure to read that a second attempt may mend. The
// answer that the PIN is wanted is none.
func worthAnother(err error) bool {
	return hiccup(err) || errors.Is(err, errEmptyRead) || errors.Is(err, errNoDER) || errors.Is(err, ErrDamaged) ||
		statusOrNil(err) && !errors.Is(err, apdu.StatusSecurityNotSatisfied)
}

// noteLimits remembers that the reader loses long answers: a READ of 256 bytes
// failed with first, and one of fewer bytes brought the file.
func (a *App) noteLimits(first error) {
	switch {
	case hiccup(first):
		a.card.limits.LosesLong = a.verified == 0 // else it was tried only once
	case errors.Is(first, errEmptyRead):
		data, err := a.readCurrent(0, apdu.MaxShortNe)
		a.card.limits.LosesLong = err == nil && len(data) == 0
	}
}

// certificateError turns a failure to read k into its meaning.
func (a *App) certificateError(k Kind, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, apdu.StatusSecurityNotSatisfied) && a.verified != k.Key():
		return &CertificateError{k, fmt.Errorf("%w: %w", ErrNeedsPIN, err)}
	case errors.Is(err, ErrDamaged):
		return &CertificateError{k, err}
	case !statusOrNil(err) && !errors.Is(err, errNoDER) && !errors.Is(err, errEmptyRead):
		return err // the connection's
	}
	// The answer of a card without this certificate is not known; its report of
	// the certificates that it has is.
	present, presenceErr := a.Presence()
	cause := ErrUnreadable
	switch {
	case presenceErr != nil && (errors.Is(err, errNoDER) || errors.Is(err, apdu.StatusNotFound)):
		cause = ErrAbsent
	case presenceErr != nil:
	case !present.Has(k.Key()):
		cause = ErrAbsent
	case errors.Is(err, errNoDER):
		cause = ErrDamaged
	}
	return &CertificateError{k, fmt.Errorf("%w: %w", cause, err)}
}

// certificateFile reads a certificate's DER, without the padding behind it.
func (a *App) certificateFile(ef uint16) ([]byte, error) {
	return a.readDER(func(offset, n int) ([]byte, error) { return a.readMore(ef, offset, n) })
}

// certificateInPieces is certificateFile with commands that every reader and
// card takes.
func (a *App) certificateInPieces(ef uint16) ([]byte, error) {
	a.ef = 0 // whatever it is
	return a.readDER(func(offset, n int) ([]byte, error) { return a.readSelected(ef, offset, min(n, safeNe)) })
}

// readDER reads the DER SEQUENCE at the beginning of a file. read is asked for n
// bytes at an offset, and may give fewer.
func (a *App) readDER(read func(offset, n int) ([]byte, error)) ([]byte, error) {
	der, err := read(0, apdu.MaxShortNe)
	if err != nil {
		return nil, err
	}
	if len(der) == 0 {
		return nil, errEmptyRead
	}
	n, err := derLength(der)
	if err != nil {
		return nil, err
	}
	for len(der) < n {
		part, err := read(len(der), n-len(der))
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			return nil, fmt.Errorf("%w: it ends after %d of %d bytes", ErrDamaged, len(der), n)
		}
		der = append(der, part...)
	}
	return der[:n], nil
}

// readMore reads at most n bytes of ef from offset on: all of them with one
// extended-length command where reader and card can, else up to 256.
func (a *App) readMore(ef uint16, offset, n int) ([]byte, error) {
	limits := &a.card.limits
	if n > apdu.MaxShortNe && !limits.ShortOnly && !limits.LosesLong {
		part, err := a.read(ef, offset, n)
		if err == nil && len(part) > 0 {
			return part, nil
		}
		if dead := a.alive(); dead != nil {
			return nil, dead
		}
		if hiccup(err) && a.verified == 0 {
			if recoverErr := a.recover(err, 0); recoverErr != nil {
				return nil, recoverErr
			}
		}
		// A card answers 6700, a reader fails in its own way. Whatever it
		// was: a READ changes nothing and can be sent again.
		part, err = a.read(ef, offset, min(n, apdu.MaxShortNe))
		limits.ShortOnly = true
		return part, err
	}
	return a.read(ef, offset, min(n, limits.maxNe()))
}

// errNoDER is a file that begins with no DER SEQUENCE: it is filled, with zeros
// for one, and holds no certificate.
var errNoDER = errors.New("the file begins with no certificate")

// derLength gives the length of the DER SEQUENCE that begins a file, header
// included, or errNoDER where none begins. It is at most maxFile.
func derLength(head []byte) (int, error) {
	if len(head) < 2 || head[0] != ber.Sequence {
		return 0, errNoDER
	}
	h, err := ber.Decode(head)
	switch {
	case err != nil || h.Indefinite:
		return 0, fmt.Errorf("%w: its length is no certificate's", ErrDamaged)
	case h.Length > uint64(maxFile-h.Size):
		return 0, fmt.Errorf("%w: %d bytes do not fit a file", ErrDamaged, h.Length)
	}
	return h.Size + int(h.Length), nil
}
