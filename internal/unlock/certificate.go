package unlock

import (
	"context"
	"crypto/x509"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Certificate reads a certificate in a session of its PIN, and checks it
// against the certificate of its CA. Then also, if not nil, reads the files
// that need no PIN.
func Certificate(ctx context.Context, from *cards.Opener, opt *Options, kind jpki.Kind, also func(*jpki.App) error) (c *x509.Certificate, err error) {
	u, err := New(from, opt, false)
	if err != nil {
		return nil, err
	}
	defer u.Close()
	known := from.KnownCAs(ctx)
	var ca *x509.Certificate
	err = u.WithPIN(ctx, kind.Key(), func(_ *cards.Card, s *jpki.Session) (err error) {
		if c, ca, err = cards.Checked(s.App, kind, known); err == nil && also != nil {
			err = also(s.App)
		}
		return err
	})
	if err == nil {
		from.KeepCA(ctx, known, ca)
	}
	return c, err
}
