package token

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"

	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

func (c *Client) SignInit(h p11rpc.Handle, m p11rpc.Mechanism, key p11rpc.Handle) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.session(h)
	switch {
	case err != nil:
		return err
	case s.signing != nil:
		return p11rpc.OperationActive
	case key == publicKeyObject || key == certificateObject:
		return p11rpc.KeyFunctionNotPermitted
	case key != privateKeyObject:
		return p11rpc.KeyHandleInvalid
	}
	f, _ := c.Slot.fact(c.at, 0)
	cert := c.certificate()
	switch {
	case c.login == nil && c.wantsLogin(f):
		return p11rpc.UserNotLoggedIn
	case cert == nil:
		return p11rpc.KeyHandleInvalid
	}
	next, err := newSigning(m)
	if err == nil && next.mechanism.pss && !c.Slot.makesPSS(cert) {
		err = p11rpc.MechanismInvalid
	}
	if err == nil {
		s.signing = next
	}
	return err
}

// certificate is the certificate of the sessions' card, nil if it was not read
// yet. The caller holds mu.
func (c *Client) certificate() *x509.Certificate {
	if c.cert == nil {
		f, _ := c.Slot.fact(c.at, 0)
		c.cert = f.cert
	}
	return c.cert
}

// currentSigning returns the signature under way in a session. The caller holds mu.
func (c *Client) currentSigning(h p11rpc.Handle) (*session, *signing, error) {
	s, err := c.session(h)
	if err != nil {
		return nil, nil, err
	}
	if s.signing == nil {
		return nil, nil, p11rpc.OperationNotInitialized
	}
	return s, s.signing, nil
}

func (c *Client) SignatureSize(h p11rpc.Handle) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, _, err := c.currentSigning(h); err != nil {
		return 0, err
	}
	cert := c.certificate()
	if cert == nil {
		return 0, p11rpc.KeyHandleInvalid
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return 0, p11rpc.KeyHandleInvalid
	}
	return key.Size(), nil
}

func (c *Client) SignUpdate(h p11rpc.Handle, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, signing, err := c.currentSigning(h)
	if err != nil {
		return err
	}
	signing.updated = true
	if err = signing.write(data); err != nil {
		s.signing = nil
	}
	return err
}

func (c *Client) Sign(ctx context.Context, h p11rpc.Handle, data []byte) ([]byte, error) {
	c.mu.Lock()
	s, signing, err := c.currentSigning(h)
	if err == nil && signing.updated {
		err = p11rpc.OperationActive
	} else if err == nil {
		s.signing = nil
		err = signing.write(data)
	}
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return c.sign(ctx, signing)
}

func (c *Client) SignFinal(ctx context.Context, h p11rpc.Handle) ([]byte, error) {
	c.mu.Lock()
	s, signing, err := c.currentSigning(h)
	if err == nil {
		s.signing = nil
	}
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return c.sign(ctx, signing)
}

func (c *Client) Cancel(h p11rpc.Handle) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.session(h)
	if err == nil {
		s.signing, s.finding, s.found = nil, false, nil
	}
	return err
}

// sign makes a signature in a PIN session of its own, with the PIN of the
// log-in, or else with the owner's answer.
func (c *Client) sign(ctx context.Context, s *signing) ([]byte, error) {
	digest, opts, err := s.finish()
	if err != nil {
		return nil, err
	}
	if _, ok := c.presentCard(); !ok {
		return nil, p11rpc.DeviceRemoved
	}
	done, err := c.Slot.acquire(ctx)
	if err != nil {
		return nil, p11rpc.FunctionFailed
	}
	defer done()
	c.mu.Lock()
	at, login, cert := c.at, c.login, c.certificate()
	c.mu.Unlock()
	if cert == nil {
		return nil, p11rpc.KeyHandleInvalid
	}
	sig, err := c.signature(ctx, at, cert, login, digest, opts)
	if errors.Is(err, jpki.ErrNoPSS) && c.Slot.OnNoPSS != nil {
		c.Slot.OnNoPSS(cert)
	}
	if err != nil {
		return nil, c.failed(err)
	}
	return sig, nil
}

func (c *Client) signature(ctx context.Context, at Insertion, cert *x509.Certificate, l *login, digest []byte, opts crypto.SignerOpts) (sig []byte, err error) {
	use := func(s *jpki.Session) (err error) {
		sig, err = s.Signer(cert).Sign(nil, digest, opts)
		return err
	}
	if l != nil {
		err = c.signLoggedIn(ctx, at, l, use)
		return sig, err
	}
	card, err := c.Slot.open(ctx, at)
	if err != nil {
		return nil, err
	}
	defer card.Close()
	for {
		asked, _ := c.Slot.fact(at, 0)
		p, guard, err := c.ask(ctx, card, at, ForSignature)
		if err != nil {
			return nil, err
		}
		fewer := false
		err = c.withPIN(ctx, card, at, p, func(t jpki.Tries) error {
			fewer = !asked.at.IsZero() && t.Left < asked.tries.Left
			return guard(t)
		}, use)
		p.Wipe()
		if !fewer || !notSent(err) || ctx.Err() != nil {
			return sig, err
		}
		// The owner saw a counter that was too high: ask again.
	}
}

// notSent reports the end of a PIN session in which the guard kept the PIN.
func notSent(err error) bool {
	_, wrong := errors.AsType[*jpki.PINError](err)
	_, unanswered := errors.AsType[*jpki.UnansweredError](err)
	_, blocked := errors.AsType[*jpki.BlockedError](err)
	return err != nil && !wrong && !unanswered && !blocked
}

// errChanged: since the log-in somebody has entered a wrong PIN, or another one
// is in force.
var errChanged = errors.New("token: tries were lost since the log-in")

// signLoggedIn uses the PIN of the log-in. With fewer tries than it left behind
// it is not sent: it may have been changed.
func (c *Client) signLoggedIn(ctx context.Context, at Insertion, l *login, use func(*jpki.Session) error) error {
	c.mu.Lock()
	p := l.pin.Clone() // a log-out during the call wipes its own
	c.mu.Unlock()
	if p.IsZero() {
		return p11rpc.UserNotLoggedIn
	}
	defer p.Wipe()
	err := c.withPIN(ctx, l.card, at, p, func(t jpki.Tries) error {
		if t.Left < t.Max {
			return errChanged
		}
		return nil
	}, use)
	_, wrong := errors.AsType[*jpki.PINError](err)
	if wrong || errors.Is(err, errChanged) {
		c.mu.Lock()
		if c.login == l {
			c.logout()
		}
		c.mu.Unlock()
	}
	if errors.Is(err, errChanged) {
		return p11rpc.UserNotLoggedIn
	}
	return err
}
