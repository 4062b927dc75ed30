package inspect

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// record keeps the result of reading the certificate.
func (c *Certificate) record(read *x509.Certificate, err error, now time.Time) {
	switch {
	case err == nil:
		c.Cert, c.State, c.Issuer = read, States[cert.ValidityOf(read).State(now)], issuerOf(read)
	case errors.Is(err, jpki.ErrNeedsPIN):
		c.State = NeedsPIN
	case errors.Is(err, jpki.ErrAbsent):
		c.State = Absent
	default:
		c.State, c.Err = Unreadable, err
	}
}
