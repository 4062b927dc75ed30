package jpki

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// maxFile is the end of what READ BINARY's 15-bit offset can reach.
const maxFile = 1 << 15

// Certificate reads and parses one certificate. In [Card.Read] the signing
// certificate, and a phone's authentication certificate, answer [ErrNeedsPIN]. So
// may a card that has none: what it answers is not known, and [App.Presence]
// tells more. A failure is a *[CertificateError] or the connection's error.
func (a *App) Certificate(k Kind) (*x509.Certificate, error) {
	der, err := a.certificateFile(k)
	if err != nil {
		return nil, a.certificateError(k, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, &CertificateError{k, fmt.Errorf("%w: %w", ErrDamaged, err)}
	}
	return cert, nil
}

// certificateError says what the failure to read k means.
func (a *App) certificateError(k Kind, err error) error {
	var status apdu.Status
	switch {
	case errors.Is(err, ErrAbsent), errors.Is(err, ErrDamaged):
	case !errors.As(err, &status):
		return err
	case status != apdu.StatusSecurityNotSatisfied:
		// What a card without this certificate answers is not known.
		err = fmt.Errorf("%w: %w", ErrAbsent, err)
	case a.verified != k.Key():
		err = fmt.Errorf("%w: %w", ErrNeedsPIN, err)
	default:
		// The PIN did not help: either nothing is there, or something is wrong.
		present, presenceErr := a.Presence()
		if presenceErr == nil && !present.Has(k.Key()) {
			err = fmt.Errorf("%w: %w", ErrAbsent, err)
		}
	}
	return &CertificateError{k, err}
}

// certificateFile reads a certificate's DER, without the padding behind it.
func (a *App) certificateFile(k Kind) ([]byte, error) {
	if err := a.selectEF(certificateFiles[k]); err != nil {
		return nil, err
	}
	der, err := a.readBinary(0, apdu.MaxShortNe)
	if err != nil {
		return nil, err
	}
	n, err := derLength(der)
	if err != nil {
		return nil, err
	}
	for len(der) < n {
		part, err := a.readMore(len(der), n-len(der))
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

// readMore reads at most n bytes from offset on: all of them with one
// extended-length command where reader and card can, else up to 256.
func (a *App) readMore(offset, n int) ([]byte, error) {
	if n > apdu.MaxShortNe && !a.card.shortOnly {
		part, err := a.readBinary(offset, n)
		if err == nil && len(part) > 0 {
			return part, nil
		}
		if dead := a.alive(); dead != nil {
			return nil, dead
		}
		// A card answers 6700, a reader fails in its own way. Whatever it
		// was: a READ changes nothing and can be sent again.
		a.card.shortOnly = true
	}
	return a.readBinary(offset, min(n, apdu.MaxShortNe))
}

// readBinary reads at most n bytes of the current EF, none past its end.
func (a *App) readBinary(offset, n int) ([]byte, error) {
	r, err := a.send(apdu.Command{INS: apdu.InsReadBinary, P1: byte(offset >> 8), P2: byte(offset), Ne: n})
	if err != nil {
		return nil, err
	}
	switch r.SW {
	case apdu.StatusOK, apdu.StatusEndOfFile:
		return r.Data, nil
	case apdu.StatusWrongOffset:
		return nil, nil
	}
	return nil, fmt.Errorf("READ BINARY: %w", r.SW)
}

// derLength gives the length of the DER SEQUENCE that begins a file, header
// included, or [ErrAbsent] where none begins. It is at most maxFile.
func derLength(head []byte) (int, error) {
	if len(head) < 2 || head[0] != 0x30 {
		return 0, ErrAbsent
	}
	n, header := int(head[1]), 2
	switch {
	case n == 0x81 && len(head) >= 3:
		n, header = int(head[2]), 3
	case n == 0x82 && len(head) >= 4:
		n, header = int(head[2])<<8|int(head[3]), 4
	case n >= 0x80:
		return 0, fmt.Errorf("%w: its length is no certificate's", ErrDamaged)
	}
	if header+n > maxFile {
		return 0, fmt.Errorf("%w: %d bytes do not fit a file", ErrDamaged, header+n)
	}
	return header + n, nil
}
