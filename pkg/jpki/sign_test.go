package jpki_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	"crypto/sha256"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// inSession runs use in a session with k's PIN.
func inSession(t testing.TB, s *slot, k jpki.Key, use func(*jpki.Session) error) {
	t.Helper()
	if err := jpki.New(s).WithPIN(context.Background(), k, rightPIN(k), nil, use); err != nil {
		t.Fatal(err)
	}
}

// TestSignatures shows that the signed block is exactly the DigestInfo of RFC
// 8017, 9.2, with its NULL, in padding of type 1.
func TestSignatures(t *testing.T) {
	for _, o := range []virtualcard.Options{{}, {T0: true}} {
		for _, k := range []jpki.Key{jpki.KeySign, jpki.KeyAuth} {
			s := newSlot(t, "adult", o)
			inSession(t, s, k, func(session *jpki.Session) error {
				cert, err := session.Certificate(k.Certificate())
				if err != nil {
					return err
				}
				signer := session.Signer(cert)
				pub := signer.Public().(*rsa.PublicKey)
				if !pub.Equal(cert.PublicKey) {
					t.Error("another public key")
				}
				for hash, oid := range map[crypto.Hash]asn1.ObjectIdentifier{
					crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
					crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
					crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
				} {
					h := hash.New()
					h.Write([]byte("デモ"))
					digest := h.Sum(nil)
					sig, err := signer.Sign(rand.Reader, digest, hash)
					if err != nil {
						t.Errorf("%s, %v: %v", k, hash, err)
						continue
					}
					if err := rsa.VerifyPKCS1v15(pub, hash, digest, sig); err != nil {
						t.Errorf("%s, %v: %v", k, hash, err)
					}
					if want := encoded(t, pub.Size(), oid, digest); !bytes.Equal(raw(pub, sig), want) {
						t.Errorf("%s, %v signed\n% X, want\n% X", k, hash, raw(pub, sig), want)
					}
				}
				return nil
			})
		}
	}
}

// raw is the RSA operation with a public key (RFC 8017, 5.2.2).
func raw(pub *rsa.PublicKey, sig []byte) []byte {
	m := new(big.Int).Exp(new(big.Int).SetBytes(sig), big.NewInt(int64(pub.E)), pub.N)
	return m.FillBytes(make([]byte, pub.Size()))
}

// encoded is EMSA-PKCS1-v1_5 (RFC 8017, 9.2).
func encoded(t testing.TB, size int, oid asn1.ObjectIdentifier, digest []byte) []byte {
	t.Helper()
	info, err := asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}{pkix.AlgorithmIdentifier{Algorithm: oid, Parameters: asn1.NullRawValue}, digest})
	if err != nil {
		t.Fatal(err)
	}
	em := append([]byte{0x00, 0x01}, bytes.Repeat([]byte{0xFF}, size-len(info)-3)...)
	return append(append(em, 0x00), info...)
}

// TestKeyMismatch shows that a signature that does not verify with the
// certificate is never returned, whether the key, the certificate or the answer
// is wrong.
func TestKeyMismatch(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	certs := certificates(t, newCard(t, "adult", virtualcard.Options{}))
	digest := make([]byte, 32)
	inSession(t, s, jpki.KeySign, func(session *jpki.Session) error {
		for _, k := range []jpki.Kind{jpki.KindAuth, jpki.KindSignCA} {
			if sig, err := session.Signer(certs[k]).Sign(nil, digest, crypto.SHA256); err != jpki.ErrKeyMismatch || sig != nil {
				t.Errorf("with the certificate %s: %v", k, err)
			}
		}
		signer := session.Signer(certs[jpki.KindSign])
		good, err := signer.Sign(nil, digest, crypto.SHA256)
		if err != nil {
			return err
		}
		for name, answer := range map[string][]byte{
			"nothing": nil, "zeros": make([]byte, 256), "short": good[1:], "one bit": append(bytes.Clone(good[:255]), good[255]^1),
		} {
			s.fault = answering(s, "\x80\x2A", string(answer)+"\x90\x00")
			if sig, err := signer.Sign(nil, digest, crypto.SHA256); err != jpki.ErrKeyMismatch || sig != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.fault = answering(s, "\x80\x2A", string(append(good, 0))+"\x90\x00")
		if sig, err := signer.Sign(nil, digest, crypto.SHA256); !errors.Is(err, apdu.ErrResponseTooLong) || sig != nil {
			t.Errorf("too long: %v", err)
		}
		return nil
	})
}

// TestSignRefused shows that requests that the card cannot or must not sign are
// not sent.
func TestSignRefused(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	cert := certificates(t, newCard(t, "adult", virtualcard.Options{}))[jpki.KindSign]
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	inSession(t, s, jpki.KeySign, func(session *jpki.Session) error {
		sent := len(s.sent)
		for name, c := range map[string]struct {
			cert   *x509.Certificate
			digest int
			opts   crypto.SignerOpts
		}{
			"PSS with SHA-384":         {cert, 48, &rsa.PSSOptions{Hash: crypto.SHA384}},
			"PSS with a salt of 20":    {cert, 32, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: 20}},
			"PSS with no salt":         {cert, 32, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: -2}},
			"PSS, no hash":             {cert, 32, &rsa.PSSOptions{}},
			"SHA-1":                    {cert, 20, crypto.SHA1},
			"SHA-224":                  {cert, 28, crypto.SHA224},
			"no hash":                  {cert, 32, crypto.Hash(0)},
			"a short digest":           {cert, 31, crypto.SHA256},
			"a long digest":            {cert, 33, crypto.SHA256},
			"another digest":           {cert, 32, crypto.SHA512},
			"no digest":                {cert, 0, crypto.SHA256},
			"an elliptic key":          {&x509.Certificate{PublicKey: &ec.PublicKey}, 48, crypto.SHA384},
			"a certificate of nothing": {&x509.Certificate{}, 32, crypto.SHA256},
		} {
			sig, err := session.Signer(c.cert).Sign(nil, make([]byte, c.digest), c.opts)
			if err == nil || sig != nil {
				t.Errorf("%s was signed", name)
			}
			if fits := strings.HasSuffix(name, "digest"); errors.Is(err, errors.ErrUnsupported) == fits {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(s.sent) != sent {
			t.Errorf("%d commands were sent", len(s.sent)-sent)
		}
		return nil
	})
}

// TestPSS shows that RSASSA-PSS signatures have the form that TLS 1.3 requires,
// and that a card without them is recognised and still signs with PKCS #1 v1.5.
func TestPSS(t *testing.T) {
	digest := sha256.Sum256([]byte("見本"))
	cert := certificates(t, newCard(t, "adult", virtualcard.Options{}))[jpki.KindAuth]
	public := cert.PublicKey.(*rsa.PublicKey)
	for _, salt := range []int{32, rsa.PSSSaltLengthEqualsHash, rsa.PSSSaltLengthAuto} {
		opts := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: salt}
		for _, o := range []virtualcard.Options{{}, noShortIDs, {T0: true}} {
			inSession(t, newSlot(t, "adult", o), jpki.KeyAuth, func(s *jpki.Session) error {
				sig, err := s.Signer(cert).Sign(nil, digest[:], opts)
				if err != nil || rsa.VerifyPSS(public, crypto.SHA256, digest[:], sig, &rsa.PSSOptions{SaltLength: 32}) != nil {
					t.Errorf("%+v, salt %d: %v", o, salt, err)
				}
				return nil
			})
		}
	}
	pss := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}
	for _, o := range []virtualcard.Options{{NoPSS: true}, {NoPSS: true, NoShortIdentifiers: apdu.StatusNotFound}} {
		inSession(t, newSlot(t, "adult", o), jpki.KeyAuth, func(s *jpki.Session) error {
			if sig, err := s.Signer(cert).Sign(nil, digest[:], pss); !errors.Is(err, jpki.ErrNoPSS) || !errors.Is(err, apdu.StatusIncorrectP1P2) || sig != nil {
				t.Errorf("refused: %v", err)
			}
			_, err := signature(s, cert)
			return err
		})
	}
	// Answers that are no such signature.
	other, err := rsa.SignPSS(rand.Reader, testKey(t), crypto.SHA256, digest[:], pss)
	if err != nil {
		t.Fatal(err)
	}
	salt20, err := rsa.SignPSS(rand.Reader, testKey(t), crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: 20})
	if err != nil {
		t.Fatal(err)
	}
	ours := &x509.Certificate{PublicKey: &testKey(t).PublicKey}
	for name, c := range map[string]struct {
		cert   *x509.Certificate
		answer []byte
		want   error
	}{
		"another key's": {cert, other, jpki.ErrKeyMismatch}, "salt of 20 bytes": {ours, salt20, jpki.ErrNoPSS}, "right": {ours, other, nil},
		"zeros": {ours, make([]byte, 256), jpki.ErrKeyMismatch}, "short": {ours, other[:255], jpki.ErrKeyMismatch},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		s.fault = answering(s, "\x80\x2A\x04", string(c.answer)+"\x90\x00")
		inSession(t, s, jpki.KeyAuth, func(s *jpki.Session) error {
			if sig, err := s.Signer(c.cert).Sign(nil, digest[:], pss); !errors.Is(err, c.want) || (err == nil) != (sig != nil) {
				t.Errorf("%s: %v", name, err)
			}
			return nil
		})
	}
}

// testKey returns a key that is on no card.
var testKey = func() func(testing.TB) *rsa.PrivateKey {
	made := sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	return func(t testing.TB) *rsa.PrivateKey {
		key, err := made()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
}()

// exclusive is a reader that reports a transaction inside another one.
type exclusive struct {
	virtualcard.Slot
	open, overlaps atomic.Int32
}

func (x *exclusive) Begin(ctx context.Context) error {
	if x.open.Add(1) > 1 {
		x.overlaps.Add(1)
	}
	time.Sleep(time.Millisecond) // so that others could come in between
	return x.Slot.Begin(ctx)
}

func (x *exclusive) Unpower() error {
	x.open.Add(-1)
	return x.Slot.Unpower()
}

// TestSignerForMany shows that an HTTP client can sign in several handshakes at
// once.
func TestSignerForMany(t *testing.T) {
	x := &exclusive{Slot: virtualcard.Slot{Card: newCard(t, "adult", virtualcard.Options{})}}
	pin := jpki.NewPIN([]byte(virtualcard.AuthPIN))
	cert := certificates(t, newCard(t, "adult", virtualcard.Options{}))[jpki.KindAuth]
	signer := jpki.New(x).Signer(context.Background(), jpki.KeyAuth, cert, pin, nil)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			digest := bytes.Repeat([]byte{byte(i)}, 32)
			sig, err := signer.Sign(nil, digest, crypto.SHA256)
			if err != nil || rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, digest, sig) != nil {
				t.Errorf("signature %d: %v", i, err)
			}
		})
	}
	all.Wait()
	if n := x.overlaps.Load(); n > 0 {
		t.Errorf("%d transactions began inside another one", n)
	}
}

// TestSignerSendsAWrongPINOnce shows that a client that retries or opens
// several connections does not block the PIN.
func TestSignerSendsAWrongPINOnce(t *testing.T) {
	cert := certificates(t, newCard(t, "adult", virtualcard.Options{}))[jpki.KindAuth]
	lost := func(s *slot) { // the answer to VERIFY
		s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			answer, err := run()
			if isPIN(s.sent[n], apdu.InsVerify) {
				return nil, errGone
			}
			return answer, err
		}
	}
	for name, c := range map[string]struct {
		pin    string
		change func(*slot)
		left   int
	}{
		"wrong":    {"0000", nil, 2},
		"no reply": {virtualcard.AuthPIN, lost, 3},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		if c.change != nil {
			c.change(s)
		}
		pin := jpki.NewPIN([]byte(c.pin))
		signer := jpki.New(s).Signer(context.Background(), jpki.KeyAuth, cert, pin, nil)
		var first error
		for range 3 {
			_, err := signer.Sign(nil, make([]byte, 32), crypto.SHA256)
			if first == nil {
				first = err
			}
			if err == nil || err != first {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n, left := withPIN(s.sent, apdu.InsVerify), s.card.State().Auth.Left; n != 1 || left != c.left {
			t.Errorf("%s: the PIN was sent %d times, %d tries are left", name, n, left)
		}
	}
}

// TestSignStatus shows that the card's refusal to sign is returned and that the
// command is not repeated.
func TestSignStatus(t *testing.T) {
	for _, sw := range []apdu.Status{0x6982, 0x6985, 0x6A80, 0x6700, 0x6F00, 0x6282} {
		s := newSlot(t, "adult", virtualcard.Options{})
		s.fault = answering(s, "\x80\x2A", string(apdu.Response{SW: sw}.Bytes()))
		err := operationNamed(t, "log in").run(context.Background(), jpki.New(s))
		if !errors.Is(err, sw) {
			t.Errorf("%04X: %v", uint16(sw), err)
		}
		if n := count(s.sent, apdu.InsPerformSecurityOperation); n != 1 {
			t.Errorf("%04X: sent %d times", uint16(sw), n)
		}
	}
	s := newSlot(t, "adult", noShortIDs)
	s.fault = answering(s, string(selectAuthKey), "\x6A\x82")
	if err := operationNamed(t, "log in").run(context.Background(), jpki.New(s)); !errors.Is(err, apdu.StatusNotFound) || count(s.sent, apdu.InsPerformSecurityOperation) != 1 {
		t.Errorf("without a key: %v", err)
	}
}

func count(cmds [][]byte, ins byte) (n int) {
	for _, c := range cmds {
		if c[1] == ins {
			n++
		}
	}
	return n
}

// TestLongerKeys shows that the length of a signature is taken from the
// certificate, for cards with longer keys.
func TestLongerKeys(t *testing.T) {
	modulus := new(big.Int).SetBit(big.NewInt(1), 3071, 1)
	cert := &x509.Certificate{PublicKey: &rsa.PublicKey{N: modulus, E: 65537}}
	s := newSlot(t, "adult", virtualcard.Options{})
	s.fault = answering(s, "\x80\x2A", string(make([]byte, 384))+"\x90\x00")
	inSession(t, s, jpki.KeySign, func(session *jpki.Session) error {
		if _, err := session.Signer(cert).Sign(nil, make([]byte, 32), crypto.SHA256); err != jpki.ErrKeyMismatch {
			t.Errorf("%v", err) // 384 zeros are no signature, but an answer
		}
		return nil
	})
	if pso := s.sent[len(s.sent)-2]; !bytes.HasSuffix(pso, []byte{0x01, 0x80}) {
		t.Errorf("sent % X", pso)
	}
}
