package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/pkg/strength"
)

// Signing says who signs, with which key, how and when. It means the same in
// packages pdfsig and xmlsig, where the content was digested before: a Hash or a
// Time that is not the one used there is refused.
type Signing struct {
	Certificate *x509.Certificate   // of Key
	CA          []*x509.Certificate // put in beside Certificate, so that others can build the chain
	Key         crypto.Signer       // RSA from 2048 bits, P-256, P-384 or P-521; only Public and Sign are called, without random bytes but for PSS
	Hash        crypto.Hash         // SHA256, SHA384 or SHA512; 0 is the one of the digest, SHA256 where that says nothing
	Time        time.Time           // the signing time that is claimed, to the second
	// PSS makes RSASSA-PSS signatures with a salt as long as the hash (RFC 4056),
	// instead of PKCS #1 v1.5. Key is then given *[rsa.PSSOptions].
	PSS bool
	// WithoutTime leaves the signingTime attribute out, as PAdES wants it (EN
	// 319 142-1, 6.3): there the PDF claims the time. Time is not used then.
	WithoutTime bool
}

// Errors of signing. None of them but ErrBadSignature has used the key.
var (
	ErrHash         = errors.New("cms: signatures are made with SHA-256, SHA-384 or SHA-512")
	ErrDigest       = errors.New("cms: digest of a length that is not the hash's")
	ErrKey          = errors.New("cms: neither an RSA key of 2048 bits or more nor one on P-256, P-384 or P-521")
	ErrKeyMismatch  = errors.New("cms: the key is not the certificate's")
	ErrTime         = errors.New("cms: signing time missing or out of range")
	ErrBadSignature = errors.New("cms: the key made a signature that does not verify")
)

// Check gives the error that [Signing.Detached] would give before it uses the
// key.
func (s Signing) Check() error {
	if s.Certificate == nil || s.Key == nil {
		return ErrKeyMismatch
	}
	switch s.hash() {
	case crypto.SHA256, crypto.SHA384, crypto.SHA512:
	default:
		return ErrHash
	}
	public, ok := s.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return ErrKey
	}
	if !public.Equal(s.Key.Public()) {
		return ErrKeyMismatch
	}
	if _, err := s.Algorithm(); err != nil {
		return err
	}
	if y := s.Time.UTC().Year(); !s.WithoutTime && (s.Time.IsZero() || y < 1 || y > 9999) {
		return ErrTime
	}
	return nil
}

// WithHash is s for a digest that was made with h. The error is ErrHash where s
// asks for another hash.
func (s Signing) WithHash(h crypto.Hash) (Signing, error) {
	if s.Hash != 0 && s.Hash != h {
		return s, ErrHash
	}
	s.Hash = h
	return s, nil
}

// hash is the one to sign with.
func (s Signing) hash() crypto.Hash {
	if s.Hash == 0 {
		return crypto.SHA256
	}
	return s.Hash
}

// Detached signs content with this digest, made with s.Hash, and gives the
// whole file: a ContentInfo with SignedData in DER, CAdES-B-B (ETSI EN 319
// 122-1, 6). The signature has been checked against the certificate's key.
func (s Signing) Detached(digest []byte) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if len(digest) != s.hash().Size() {
		return nil, ErrDigest
	}
	return s.detached(digest)
}

func (s Signing) detached(digest []byte) ([]byte, error) {
	signerInfo, err := s.signerInfo(digest)
	if err != nil {
		return nil, err
	}
	return sequence(oidSignedData.der(), explicit(0, sequence(
		integer(big.NewInt(1)),
		setOf(s.digestAlgorithm()),
		sequence(oidData.der()),
		retagged(tagExplicit, setOf(s.certificates()...)),
		setOf(signerInfo),
	))), nil
}

func (s Signing) signerInfo(digest []byte) ([]byte, error) {
	algorithm, err := s.Algorithm()
	if err != nil {
		return nil, err
	}
	attributes := s.attributes(digest)
	toSign := sum(s.hash(), attributes)
	signature, err := s.Value(toSign)
	if err != nil {
		return nil, err
	}
	return sequence(
		integer(big.NewInt(1)),
		sequence(s.Certificate.RawIssuer, integer(s.Certificate.SerialNumber)),
		s.digestAlgorithm(),
		retagged(tagExplicit, attributes),
		algorithm.identifier(),
		octetString(signature),
	), nil
}

// Value has the key sign a digest, made with s.Hash, and checks the signature
// against the certificate's key. Of ECDSA it is in DER.
func (s Signing) Value(digest []byte) ([]byte, error) {
	algorithm, err := s.Algorithm()
	if err != nil {
		return nil, err
	}
	var random io.Reader
	if algorithm.Scheme == PSS { // the others need none
		random = rand.Reader
	}
	signature, err := s.Key.Sign(random, digest, algorithm.options())
	if err != nil {
		return nil, fmt.Errorf("cms: signing: %w", err)
	}
	// A key that errs must not reach a file: a faulty RSA signature can even
	// give the private key away.
	if f := algorithm.verify(s.Certificate.PublicKey, digest, signature); f != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSignature, f)
	}
	return signature, nil
}

// attributes encodes the signed attributes as the signature covers them: a SET
// OF (RFC 5652, 5.4).
func (s Signing) attributes(digest []byte) []byte {
	all := [][]byte{
		newAttribute(oidContentType, oidData.der()),
		newAttribute(oidMessageDigest, octetString(digest)),
		newAttribute(oidSigningCertificateV2, newSigningCertificate(s.Certificate, s.hash())),
	}
	if !s.WithoutTime {
		all = append(all, newAttribute(oidSigningTime, newTime(s.Time)))
	}
	return setOf(all...)
}

// certificates gives the encodings to put in, each once.
func (s Signing) certificates() [][]byte {
	all := [][]byte{s.Certificate.Raw}
	for _, ca := range s.CA {
		if !slices.ContainsFunc(all, func(raw []byte) bool { return string(raw) == string(ca.Raw) }) {
			all = append(all, ca.Raw)
		}
	}
	return all
}

// Algorithm is the algorithm of the certificate's key, or ErrKey.
func (s Signing) Algorithm() (Algorithm, error) {
	if strength.Of(s.Certificate.PublicKey) != strength.Good {
		return Algorithm{}, ErrKey
	}
	switch s.Certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		if s.PSS {
			return Algorithm{Scheme: PSS, Hash: s.hash(), SaltLength: s.hash().Size()}, nil
		}
		return Algorithm{Scheme: PKCS1v15, Hash: s.hash()}, nil
	case *ecdsa.PublicKey:
		if s.PSS {
			return Algorithm{}, ErrKey
		}
		return Algorithm{Scheme: ECDSA, Hash: s.hash()}, nil
	}
	return Algorithm{}, ErrKey
}

// digestAlgorithm leaves the parameters out, as RFC 5754, 2, wants it.
func (s Signing) digestAlgorithm() []byte {
	id, _ := digestOID(s.hash())
	return sequence(id.der())
}

// options are the options that a key gets for an algorithm.
func (a Algorithm) options() crypto.SignerOpts {
	if a.Scheme == PSS {
		return &rsa.PSSOptions{Hash: a.Hash, SaltLength: a.SaltLength}
	}
	return a.Hash
}

// identifier encodes an algorithm that [Signing] makes: with NULL for RSA
// (RFC 5754, 3.2), without parameters for ECDSA (3.3), with all that is no
// default for RSASSA-PSS (RFC 4055, 3.1).
func (a Algorithm) identifier() []byte {
	if a.Scheme == PSS {
		id, _ := digestOID(a.Hash)
		hash := sequence(id.der(), derNull)
		return sequence(oidRSASSAPSS.der(), sequence(
			explicit(0, hash),
			explicit(1, sequence(oidMGF1.der(), hash)),
			explicit(2, integer(big.NewInt(int64(a.SaltLength)))),
		))
	}
	for _, s := range signatureAlgorithms {
		if s.scheme != a.Scheme || s.hash != a.Hash {
			continue
		}
		if a.Scheme == ECDSA {
			return sequence(s.oid.der())
		}
		return sequence(s.oid.der(), derNull)
	}
	return nil
}
