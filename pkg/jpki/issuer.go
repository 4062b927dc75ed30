package jpki

import (
	"bytes"
	"crypto/x509"
	"fmt"
)

// ErrIssuer is a certificate that its CA certificate does not fit, also when both
// were read once more. It is [ErrDamaged].
var ErrIssuer = fmt.Errorf("%w: it is not signed by the CA certificate beside it", ErrDamaged)

// Issued reads the certificate of a key and gives with it the CA certificate
// that issued it. own has been checked against ca, bit by bit: by the CA's
// signature over it. ca is one of known, if one fits by name, key identifier and
// signature, and nothing more is read; else it is the card's.
//
// A signature that does not verify is read once more before it is called
// damaged. Where own is fine and the card's CA certificate cannot be read, both
// own and the error are given, a *[CertificateError] of the CA's kind. All
// other errors are those of [App.Certificate].
func (a *App) Issued(k Key, known ...*x509.Certificate) (own, ca *x509.Certificate, err error) {
	kind := k.Certificate()
	if own, err = a.Certificate(kind); err != nil {
		return nil, nil, err
	}
	if ca = issuerOf(own, known); ca != nil {
		return own, ca, nil
	}
	ca, err = a.Certificate(kind.CA())
	if err != nil {
		return own, nil, err
	}
	if isIssuer(ca, own) {
		return own, ca, nil
	}
	return a.issuedAgain(kind, known)
}

// issuedAgain reads both certificates once more, in pieces.
func (a *App) issuedAgain(kind Kind, known []*x509.Certificate) (own, ca *x509.Certificate, err error) {
	if own, err = a.readCertificate(kind, a.certificateInPieces); err != nil {
		return nil, nil, a.certificateError(kind, err)
	}
	if ca = issuerOf(own, known); ca != nil {
		return own, ca, nil
	}
	ca, err = a.readCertificate(kind.CA(), a.certificateInPieces)
	switch {
	case err != nil:
		return own, nil, a.certificateError(kind.CA(), err)
	case !isIssuer(ca, own):
		return nil, nil, &CertificateError{kind, ErrIssuer}
	}
	return own, ca, nil
}

// issuerOf finds the issuer of own.
func issuerOf(own *x509.Certificate, known []*x509.Certificate) *x509.Certificate {
	for _, ca := range known {
		if isIssuer(ca, own) {
			return ca
		}
	}
	return nil
}

// isIssuer reports whether ca issued own.
func isIssuer(ca, own *x509.Certificate) bool {
	named := len(own.AuthorityKeyId) == 0 || bytes.Equal(ca.SubjectKeyId, own.AuthorityKeyId)
	return named && bytes.Equal(ca.RawSubject, own.RawIssuer) && signed(ca, own)
}

// isWhole reports whether a CA certificate, which signs itself, is as it was
// issued.
func isWhole(ca *x509.Certificate) bool {
	return bytes.Equal(ca.RawSubject, ca.RawIssuer) && signed(ca, ca)
}

// signed reports whether ca's key made the signature of c.
func signed(ca, c *x509.Certificate) bool {
	return ca.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}
