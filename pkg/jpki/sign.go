package jpki

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Signer signs with the session's key. cert must be that key's certificate:
// its public key says what a signature looks like, and every signature is
// checked against it. The signer is dead once the session's call returns, and
// for one goroutine at a time.
//
// Its signatures are RSASSA-PKCS1-v1_5 over a SHA-256, SHA-384 or SHA-512
// digest; anything else is [errors.ErrUnsupported], and the card not asked.
// Other errors are [ErrKeyMismatch], [ErrSessionOver], the connection's, and an
// [apdu.Status]. The random source is not used and can be nil.
func (s *Session) Signer(cert *x509.Certificate) crypto.Signer { return &signer{s, cert} }

// Signer signs with k in a PIN session of its own for each signature, as
// [Card.WithPIN] holds it: for protocols that want a signature in the middle of
// a conversation, such as TLS, during which the card must not be held. cert must
// be k's certificate. ctx, p and guard serve every signature; p is not wiped.
// Several goroutines can ask for signatures, which are made one after the other;
// nothing else may use the Card at that time. The errors are those of WithPIN
// and [Session.Signer]. A PIN that was not accepted is never sent again: every
// further signature has the same error.
//
// For crypto/tls the card's PKCS #1 v1.5 signatures mean TLS 1.2 and no other
// version: TLS 1.3 takes RSASSA-PSS only (RFC 8446, section 4.2.3), so
// tls.Config's MaxVersion has to be tls.VersionTLS12, and the certificate's
// SupportedSignatureAlgorithms the tls.PKCS1WithSHA ones.
func (c *Card) Signer(ctx context.Context, k Key, cert *x509.Certificate, p PIN, guard Guard) crypto.Signer {
	var one sync.Mutex
	var refused error // what came of the PIN, where it was not accepted
	return &sessionSigner{cert.PublicKey, func(digest []byte, opts crypto.SignerOpts) (sig []byte, err error) {
		if _, _, err := toSign(cert, digest, opts); err != nil {
			return nil, err // no PIN is sent for what cannot be signed
		}
		one.Lock() // an HTTP client, for one, can be in several handshakes
		defer one.Unlock()
		if refused != nil {
			return nil, refused
		}
		err = c.WithPIN(ctx, k, p, guard, func(s *Session) (err error) {
			sig, err = s.Signer(cert).Sign(nil, digest, opts)
			return err
		})
		if notAccepted(err) {
			refused = err
		}
		return sig, err
	}}
}

// notAccepted reports the end of a PIN session whose PIN was sent in vain, or
// may have been.
func notAccepted(err error) bool {
	_, wrong := errors.AsType[*PINError](err)
	_, blocked := errors.AsType[*BlockedError](err)
	_, unanswered := errors.AsType[*UnansweredError](err)
	return wrong || blocked || unanswered
}

type sessionSigner struct {
	public crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (g *sessionSigner) Public() crypto.PublicKey { return g.public }

func (g *sessionSigner) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return g.sign(digest, opts)
}

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
	info, pub, err := toSign(g.cert, digest, opts)
	if err != nil {
		return nil, err
	}
	sig, err := g.session.computeSignature(info, pub.Size())
	if err != nil {
		return nil, err
	}
	if rsa.VerifyPKCS1v15(pub, opts.HashFunc(), digest, sig) != nil {
		return nil, ErrKeyMismatch
	}
	return sig, nil
}

// toSign gives the DigestInfo that the card signs, and the key that verifies
// the signature.
func toSign(cert *x509.Certificate, digest []byte, opts crypto.SignerOpts) (info []byte, pub *rsa.PublicKey, err error) {
	pub, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, nil, fmt.Errorf("jpki: %w: keys of type %T", errors.ErrUnsupported, cert.PublicKey)
	}
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, nil, fmt.Errorf("jpki: %w: the card makes PKCS #1 v1.5 signatures only, not PSS", errors.ErrUnsupported)
	}
	hash := opts.HashFunc()
	prefix, ok := digestInfo[hash]
	if !ok {
		return nil, nil, fmt.Errorf("jpki: %w: signatures with %v", errors.ErrUnsupported, hash)
	}
	if len(digest) != hash.Size() {
		return nil, nil, fmt.Errorf("jpki: a digest of %d bytes is not one of %v", len(digest), hash)
	}
	return append(prefix[:len(prefix):len(prefix)], digest...), pub, nil
}

// computeSignature runs PSO: COMPUTE DIGITAL SIGNATURE over data, which the
// card pads, with the session's key. A signature has size bytes.
func (s *Session) computeSignature(data []byte, size int) ([]byte, error) {
	if err := s.selectEF(keyFiles[s.verified].key); err != nil {
		return nil, err
	}
	r, err := s.send(apdu.Command{
		CLA: 0x80, INS: apdu.InsPerformSecurityOperation, P2: reference,
		Data: data, Ne: max(size, apdu.MaxShortNe),
	})
	if err != nil {
		return nil, err
	}
	if r.SW != apdu.StatusOK {
		return nil, fmt.Errorf("COMPUTE DIGITAL SIGNATURE: %w", r.SW)
	}
	return r.Data, nil
}
