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

// Signer signs with the session's key. cert must be that key's certificate: its
// public key tells the size of a signature, and every signature is checked
// against it. The signer is dead once the session's call returns, and for one
// goroutine at a time.
//
// Its signatures are RSASSA-PKCS1-v1_5 over a SHA-256, SHA-384 or SHA-512
// digest or, with *[rsa.PSSOptions], RSASSA-PSS over a SHA-256 digest with a
// salt of 32 bytes; the options' SaltLength is 32, [rsa.PSSSaltLengthEqualsHash]
// or [rsa.PSSSaltLengthAuto]. Anything else is [errors.ErrUnsupported], and the
// card is not asked.
//
// PSS is reported to work on test cards; a card that refuses it gives
// [ErrNoPSS]. Other errors are [ErrKeyMismatch], [ErrSessionOver], the
// connection's, and an [apdu.Status]. The random source is not used and can be
// nil.
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
// For crypto/tls, the certificate's SupportedSignatureAlgorithms have to be
// tls.PSSWithSHA256 and the tls.PKCS1WithSHA ones. TLS 1.3 takes RSASSA-PSS only
// (RFC 8446, section 4.2.3): for a card that gives [ErrNoPSS], leave that one out
// and set tls.Config's MaxVersion to tls.VersionTLS12.
func (c *Card) Signer(ctx context.Context, k Key, cert *x509.Certificate, p PIN, guard Guard) crypto.Signer {
	var one sync.Mutex
	var refused error // the error of a PIN that was not accepted
	return &sessionSigner{cert.PublicKey, func(digest []byte, opts crypto.SignerOpts) (sig []byte, err error) {
		if _, err := newSigning(cert, digest, opts); err != nil {
			return nil, err // no PIN is sent for a digest that cannot be signed
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

// notAccepted reports whether a PIN was sent in vain, or may have been.
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

// Sign signs a digest as [Session.Signer] says.
func (g *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	what, err := newSigning(g.cert, digest, opts)
	if err != nil {
		return nil, err
	}
	sig, err := g.session.computeSignature(what.mode, what.data, what.key.Size())
	if err != nil {
		return nil, err
	}
	if err := what.check(sig); err != nil {
		return nil, err
	}
	return sig, nil
}

// Values of P1 of the signing command: how the card pads the data.
const (
	modeBlock byte = 0x00 // a PKCS #1 v1.5 block of whatever the data is
	modePSS   byte = 0x04 // RSASSA-PSS over the data, a SHA-256 digest
)

// pssSaltLength is the length of the card's salt, in bytes.
const pssSaltLength = 32

// signing is one signature that the card can make.
type signing struct {
	mode  byte
	data  []byte
	key   *rsa.PublicKey         // that verifies it
	check func(sig []byte) error // nil for a signature as it should be
}

func newSigning(cert *x509.Certificate, digest []byte, opts crypto.SignerOpts) (signing, error) {
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return signing{}, fmt.Errorf("jpki: %w: keys of type %T", errors.ErrUnsupported, cert.PublicKey)
	}
	hash := opts.HashFunc()
	prefix, ok := digestInfo[hash]
	if !ok {
		return signing{}, fmt.Errorf("jpki: %w: signatures with %v", errors.ErrUnsupported, hash)
	}
	if len(digest) != hash.Size() {
		return signing{}, fmt.Errorf("jpki: a digest of %d bytes is not one of %v", len(digest), hash)
	}
	if pss, ok := opts.(*rsa.PSSOptions); ok {
		return newPSS(key, digest, pss)
	}
	return signing{
		mode: modeBlock, data: append(prefix[:len(prefix):len(prefix)], digest...), key: key,
		check: func(sig []byte) error {
			if rsa.VerifyPKCS1v15(key, hash, digest, sig) != nil {
				return ErrKeyMismatch
			}
			return nil
		},
	}, nil
}

func newPSS(key *rsa.PublicKey, digest []byte, opts *rsa.PSSOptions) (signing, error) {
	if opts.Hash != crypto.SHA256 {
		return signing{}, fmt.Errorf("jpki: %w: RSASSA-PSS with %v", errors.ErrUnsupported, opts.Hash)
	}
	switch opts.SaltLength {
	case pssSaltLength, rsa.PSSSaltLengthEqualsHash, rsa.PSSSaltLengthAuto:
	default:
		return signing{}, fmt.Errorf("jpki: %w: RSASSA-PSS with a salt of %d bytes", errors.ErrUnsupported, opts.SaltLength)
	}
	verify := func(sig []byte, salt int) error {
		return rsa.VerifyPSS(key, opts.Hash, digest, sig, &rsa.PSSOptions{SaltLength: salt})
	}
	return signing{
		mode: modePSS, data: digest, key: key,
		check: func(sig []byte) error {
			switch {
			case verify(sig, pssSaltLength) == nil:
				return nil
			case verify(sig, rsa.PSSSaltLengthAuto) != nil:
				return ErrKeyMismatch
			}
			// The salt's length was inferred by who reported it. With another
			// one the signature is no use where 32 is required.
			return fmt.Errorf("%w: its salt is not of %d bytes", ErrNoPSS, pssSaltLength)
		},
	}, nil
}

// computeSignature runs PSO: COMPUTE DIGITAL SIGNATURE over data with the
// session's key. A signature has size bytes. The key is named by its short
// identifier, or selected where the card does not take that. A command that was
// carried out, or may have been, is not repeated.
func (s *Session) computeSignature(mode byte, data []byte, size int) ([]byte, error) {
	ef, tried := keys[s.verified].file, false
	cmd := apdu.Command{
		CLA: 0x80, INS: apdu.InsPerformSecurityOperation, P1: mode, P2: reference,
		Data: data, Ne: max(size, apdu.MaxShortNe),
	}
	if s.ef != ef && s.card.shortIDs.sign != refused {
		tried, cmd.P2 = true, shortReference(ef)
		r, err := s.send(cmd)
		s.ef = 0 // the current EF is the key now, or the one before
		switch {
		case err != nil:
			return nil, err
		case r.SW == apdu.StatusOK:
			s.card.shortIDs.sign = works
			return r.Data, nil
		case s.card.shortIDs.sign == works || !refusesName(r.SW):
			return nil, signatureError(mode, r.SW)
		}
		cmd.P2 = reference
	}
	if err := s.selectEF(ef); err != nil {
		return nil, err
	}
	r, err := s.send(cmd)
	if err != nil {
		return nil, err
	}
	if r.SW != apdu.StatusOK {
		return nil, signatureError(mode, r.SW)
	}
	if tried {
		s.card.shortIDs.sign = refused
	}
	return r.Data, nil
}

// refusesName reports a refusal that can be one of the short identifier: the
// card did nothing, and can be asked in another way.
func refusesName(sw apdu.Status) bool {
	switch sw {
	case statusIncompatibleFile, apdu.StatusNoCurrentEF, apdu.StatusFunctionNotSupported, apdu.StatusNotFound,
		apdu.StatusIncorrectP1P2, apdu.StatusReferenceDataNotFound, apdu.StatusWrongOffset:
		return true
	}
	return false
}

// signatureError tells a card that does not know the way to sign from other
// refusals.
func signatureError(mode byte, sw apdu.Status) error {
	if mode == modePSS && (sw == apdu.StatusIncorrectP1P2 || sw == apdu.StatusFunctionNotSupported) {
		return fmt.Errorf("%w: %w", ErrNoPSS, sw)
	}
	return fmt.Errorf("COMPUTE DIGITAL SIGNATURE: %w", sw)
}
