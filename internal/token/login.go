package token

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// login is a log-in: a PIN that was right, with the connection to its card. A
// PIN is never sent to another one.
type login struct {
	card Card
	pin  jpki.PIN
	done func() // gives back the resources of the log-in
}

// Login has the PIN verified, and keeps it until the log-in ends: the card is
// closed in between.
func (c *Client) Login(ctx context.Context, h p11rpc.Handle, user uint64, pin []byte) error {
	at, _ := c.presentCard()
	c.mu.Lock()
	_, err := c.session(h)
	switch {
	case err != nil:
	case user == p11rpc.ContextSpecific:
		err = p11rpc.OperationNotInitialized
	case user != p11rpc.User:
		err = p11rpc.UserTypeInvalid
	case c.login != nil:
		err = p11rpc.UserAlreadyLoggedIn
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	done, err := c.Slot.acquire(ctx)
	if err != nil {
		return p11rpc.FunctionFailed
	}
	defer done()
	card, err := c.Slot.open(ctx, at)
	if err != nil {
		return c.failed(err)
	}
	p, cert, err := c.verify(ctx, card, at, pin)
	if err != nil {
		card.Close()
		return c.failed(err)
	}
	if cert != nil {
		c.Slot.noteCertificate(at, cert)
	}
	c.keep(h, at, card, p)
	return nil
}

// keep keeps a PIN for the life of a log-in, unless the session that asked for it
// has ended meanwhile. Its card is watched: it takes the log-in with it.
func (c *Client) keep(h p11rpc.Handle, at Insertion, card Card, p jpki.PIN) {
	ctx, cancel := context.WithCancel(context.Background())
	p, free := lockInMemory(p)
	l := &login{card, p, func() {
		cancel()
		free()
		go func() { // who uses the card now comes to an end first
			c.Slot.turn <- struct{}{}
			card.Close()
			<-c.Slot.turn
		}()
	}}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.session(h); err != nil || c.login != nil {
		p.Wipe()
		l.done()
		return
	}
	c.login = l
	go func() {
		for ctx.Err() == nil {
			cards, err := c.Slot.Reader.Cards()
			if err != nil || !slices.Contains(cards, at) {
				c.presentCard()
				return
			}
			if c.Slot.Reader.Wait(ctx, cards) != nil && ctx.Err() == nil {
				c.presentCard()
				return
			}
		}
	}()
}

// verify has the card verify a PIN, and closes it again. The PIN is the one
// that the program sent, or else the owner's answer. verify also reads a
// certificate that needs the PIN.
func (c *Client) verify(ctx context.Context, card Card, at Insertion, sent []byte) (p jpki.PIN, cert *x509.Certificate, err error) {
	var guard jpki.Guard
	switch {
	case len(sent) > 0:
		p, guard = jpki.NewPIN(slices.Clone(sent)), c.Owner.Guard
		if c.Slot.Key == jpki.KeySign {
			p.UpperCase() // a lower-case letter would cost a try
		}
		err = p.Check(c.Slot.Key)
	case c.Asking == AskProgram:
		err = p.Check(c.Slot.Key) // nothing is too short
	default:
		p, guard, err = c.ask(ctx, card, at, ForLogin)
	}
	if err != nil {
		p.Wipe()
		return p, nil, err
	}
	f, _ := c.Slot.fact(at, 0)
	err = c.withPIN(ctx, card, at, p, guard, func(s *jpki.Session) (err error) {
		if f.cert == nil {
			cert, err = s.Certificate(c.Slot.Key.Certificate())
		}
		return err
	})
	if err != nil {
		p.Wipe()
	}
	return p, cert, err
}

// ask asks the owner for the PIN, and tells the number of tries left. A count
// up to two seconds old is good enough here, because the guard checks it again.
func (c *Client) ask(ctx context.Context, card Card, at Insertion, what Purpose) (jpki.PIN, jpki.Guard, error) {
	f, _ := c.Slot.fact(at, 0)
	if f.at.IsZero() || c.Slot.Now().Sub(f.at) > triesAge {
		var err error
		if f, err = c.Slot.read(ctx, card, at); err != nil {
			return jpki.PIN{}, nil, err
		}
	}
	if f.tries.Blocked() {
		return jpki.PIN{}, nil, &jpki.BlockedError{Key: c.Slot.Key}
	}
	return c.Owner.PIN(ctx, what, f.tries)
}

// withPIN is a PIN session that learns from its end.
func (c *Client) withPIN(ctx context.Context, card Card, at Insertion, p jpki.PIN, guard jpki.Guard, use func(*jpki.Session) error) error {
	sent := false
	err := card.WithPIN(ctx, c.Slot.Key, p, func(t jpki.Tries) error {
		c.Slot.counted(at, t)
		if c.Slot.refused.has(p, t) {
			return c.Owner.Refused()
		}
		if err := guard(t); err != nil {
			return err
		}
		sent = true
		return nil
	}, use)
	_, unanswered := errors.AsType[*jpki.UnansweredError](err)
	wrong, isWrong := errors.AsType[*jpki.PINError](err)
	most := c.Slot.Key.MaxTries()
	switch {
	case isWrong:
		c.Slot.refused.add(p, true)
		c.Slot.counted(at, jpki.Tries{Left: wrong.Left, Max: most})
	case unanswered:
		c.Slot.refused.add(p, false)
		c.Slot.forget(at)
	case sent:
		c.Slot.counted(at, jpki.Tries{Left: most, Max: most}) // so a right PIN leaves it
	}
	return err
}

func (c *Client) Logout(h p11rpc.Handle) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.session(h); err != nil {
		return err
	}
	if c.login == nil {
		return p11rpc.UserNotLoggedIn
	}
	c.logout()
	return nil
}

// logout forgets the PIN. The caller has mu.
func (c *Client) logout() {
	if c.login == nil {
		return
	}
	l := c.login
	c.login = nil
	l.pin.Wipe()
	l.done()
}
