package jpki

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Session is the application with one PIN verified.
type Session struct {
	*App
	key Key
}

// Guard decides on the counter, as it stands right before a PIN would be sent.
// An error keeps the PIN from being sent.
type Guard func(Tries) error

// WithPIN verifies p as k's PIN, calls use, and closes what the PIN opened. In
// one transaction it selects the application, asks for the counter, lets guard
// decide, and sends the PIN at most once.
//
// The error is a *[RuleError] or guard's where nothing was sent; a
// *[BlockedError]; a *[PINError] where a try was used; an *[UnansweredError]
// where that is not known; a *[NotClosedError], alone or joined to another; or
// what the connection or use returned. The PIN is not wiped: that is its
// owner's to do.
func (c *Card) WithPIN(ctx context.Context, k Key, p PIN, guard Guard, use func(*Session) error) (err error) {
	if err := p.Check(k); err != nil {
		return err
	}
	if err := c.conn.Begin(ctx); err != nil {
		return err
	}
	app, sent := (*App)(nil), false
	defer func() {
		if !sent {
			err = errors.Join(err, c.conn.End())
			return
		}
		app.die()
		// Either of the two drops the PIN; both are done, because what a
		// card keeps over a power cycle of its reader is not always power.
		leaveErr := app.leave()
		if unpowerErr := c.conn.Unpower(); unpowerErr != nil {
			err = errors.Join(err, &NotClosedError{errors.Join(leaveErr, unpowerErr)})
		}
	}()
	if app, err = c.open(ctx); err != nil {
		return err
	}
	tries, err := app.Tries(k)
	if err != nil {
		return err
	}
	if tries.Blocked() {
		return &BlockedError{k}
	}
	if guard != nil {
		if err := guard(tries); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	sent = true
	if err := app.verify(k, p); err != nil {
		return err
	}
	return use(&Session{App: app, key: k})
}

// verify sends VERIFY once. The PIN's EF is the current one. It goes past
// [App.send], so that an error always means that the command left.
func (a *App) verify(k Key, p PIN) error {
	r, err := apdu.Send(a.card.conn, apdu.Command{INS: apdu.InsVerify, P2: 0x80, Data: p.bytes()})
	if err != nil {
		return &UnansweredError{k, err}
	}
	if r.SW == apdu.StatusOK {
		return nil
	}
	if left, ok := r.SW.Tries(); ok {
		return &PINError{k, left}
	}
	if _, blocked := triesIn(r.SW); blocked {
		return &BlockedError{k}
	}
	return fmt.Errorf("VERIFY (%s): %w", k, r.SW)
}

// Key is the key whose PIN is verified.
func (s *Session) Key() Key { return s.key }

// Signer signs with the session's key. cert must be that key's certificate:
// its public key says what a signature looks like, and every signature is
// checked against it. The signer is dead once the session's call returns.
func (s *Session) Signer(cert *x509.Certificate) crypto.Signer { return &signer{s, cert} }

type signer struct {
	session *Session
	cert    *x509.Certificate
}

func (g *signer) Public() crypto.PublicKey { return g.cert.PublicKey }

// digestInfo holds the DER of DigestInfo (RFC 8017, 9.2, note 1) up to the
// digest itself, with the NULL parameters that the standard wants.
var digestInfo = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// Sign makes an RSASSA-PKCS1-v1_5 signature over a SHA-256, SHA-384 or SHA-512
// digest. The card does the padding, whatever it is given, so the DigestInfo is
// built here and the result checked before it is returned. The reader is not
// used. RSASSA-PSS is refused: the card cannot do it.
func (g *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	pub, ok := g.cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("jpki: keys of type %T are not supported", g.cert.PublicKey)
	}
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, errors.New("jpki: the card makes PKCS #1 v1.5 signatures only, not PSS")
	}
	hash := opts.HashFunc()
	prefix, ok := digestInfo[hash]
	if !ok {
		return nil, fmt.Errorf("jpki: signatures with %v are not made", hash)
	}
	if len(digest) != hash.Size() {
		return nil, fmt.Errorf("jpki: a digest of %d bytes is not one of %v", len(digest), hash)
	}
	info := append(append([]byte(nil), prefix...), digest...)
	sig, err := g.session.computeSignature(info, pub.Size())
	if err != nil {
		return nil, err
	}
	if err := rsa.VerifyPKCS1v15(pub, hash, digest, sig); err != nil {
		return nil, ErrKeyMismatch
	}
	return sig, nil
}

// computeSignature runs PSO: COMPUTE DIGITAL SIGNATURE over data, which the
// card pads, with the session's key.
func (s *Session) computeSignature(data []byte, size int) ([]byte, error) {
	if err := s.selectEF(s.key.ef()); err != nil {
		return nil, err
	}
	r, err := s.send(apdu.Command{CLA: 0x80, INS: apdu.InsPerformSecurityOperation, P2: 0x80, Data: data, Ne: max(size, apdu.MaxShortNe)})
	if err != nil {
		return nil, err
	}
	if r.SW != apdu.StatusOK {
		return nil, fmt.Errorf("COMPUTE DIGITAL SIGNATURE: %w", r.SW)
	}
	return r.Data, nil
}
