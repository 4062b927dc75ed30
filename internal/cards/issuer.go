package cards

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// CAs is this computer's store of CA certificates. One that is known is not
// read from the card.
type CAs interface {
	Known(ctx context.Context) []*x509.Certificate
	// Keep keeps those that are pinned.
	Keep(ctx context.Context, ca *x509.Certificate)
}

// KnownCAs lists the CA certificates that are known, none without a memory.
func (o *Opener) KnownCAs(ctx context.Context) []*x509.Certificate {
	if o.CAs == nil {
		return nil
	}
	return o.CAs.Known(ctx)
}

// KeepCA has a CA certificate known from now on, if it is not. nil is none.
func (o *Opener) KeepCA(ctx context.Context, known []*x509.Certificate, ca *x509.Certificate) {
	if ca != nil && o.CAs != nil && !slices.ContainsFunc(known, ca.Equal) {
		o.CAs.Keep(ctx, ca)
	}
}

// Checked reads a certificate and, of a holder's, checks it against its CA's: one
// of known, or the card's, which is given, too. A CA certificate that cannot be
// read checks nothing.
func Checked(app *jpki.App, kind jpki.Kind, known []*x509.Certificate) (own, ca *x509.Certificate, err error) {
	if kind == kind.CA() {
		own, err = app.Certificate(kind)
		return own, own, err
	}
	own, ca, err = app.Issued(kind.Key(), known...)
	if own != nil && !Fatal(err) {
		err = nil
	}
	return own, ca, err
}

// Certificate reads a certificate that needs no PIN, checked, and lets also, if it
// is not nil, read more.
func (o *Opener) Certificate(ctx context.Context, kind jpki.Kind, also func(*jpki.App) error) (c *x509.Certificate, err error) {
	known := o.KnownCAs(ctx)
	var ca *x509.Certificate
	err = o.WithApp(ctx, func(app *jpki.App) (err error) {
		if c, ca, err = Checked(app, kind, known); err == nil && also != nil {
			err = also(app)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	o.KeepCA(ctx, known, ca)
	return c, nil
}
