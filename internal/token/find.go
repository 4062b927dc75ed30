package token

import (
	"context"
	"slices"

	"github.com/jpki-tools/jpki/internal/p11rpc"
)

// objects are those that the client may see of the card of its sessions.
func (c *Client) objects(ctx context.Context) ([]object, error) {
	c.mu.Lock()
	at, loggedIn := c.at, c.login != nil
	c.mu.Unlock()
	f, _ := c.Slot.fact(at, 0)
	if f.at.IsZero() {
		var err error
		if f, err = c.Slot.look(ctx, at, triesAge); err != nil {
			return nil, err
		}
	}
	switch {
	case f.behindPIN && !loggedIn:
		return nil, nil // a certificate that the PIN has shown is behind it again
	case f.certErr != nil:
		c.Owner.Report(f.certErr)
	}
	c.mu.Lock()
	if c.at == at {
		c.cert = f.cert
	}
	c.mu.Unlock()
	all := objects(f.cert, f.ca, names[c.Slot.Key].object, c.wantsLogin(f))
	return slices.DeleteFunc(all, func(o object) bool { return o.private && !loggedIn }), nil
}

func (c *Client) FindInit(ctx context.Context, h p11rpc.Handle, template []p11rpc.Attribute) error {
	c.presentCard()
	c.mu.Lock()
	s, err := c.session(h)
	if err == nil && s.finding {
		err = p11rpc.OperationActive
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	all, err := c.objects(ctx)
	if err != nil {
		return c.failed(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.finding, s.found = true, nil
	for _, o := range all {
		if o.matches(template) {
			s.found = append(s.found, o.handle)
		}
	}
	return nil
}

func (c *Client) Find(h p11rpc.Handle, most int) ([]p11rpc.Handle, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.session(h)
	if err != nil {
		return nil, err
	}
	if !s.finding {
		return nil, p11rpc.OperationNotInitialized
	}
	n := min(most, len(s.found))
	found := s.found[:n]
	s.found = s.found[n:]
	return found, nil
}

func (c *Client) FindFinal(h p11rpc.Handle) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.session(h)
	if err != nil {
		return err
	}
	if !s.finding {
		return p11rpc.OperationNotInitialized
	}
	s.finding, s.found = false, nil
	return nil
}

func (c *Client) Attributes(ctx context.Context, h, object p11rpc.Handle, types []p11rpc.AttributeType) ([][]byte, error) {
	c.mu.Lock()
	_, err := c.session(h)
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	all, err := c.objects(ctx)
	if err != nil {
		return nil, c.failed(err)
	}
	for _, o := range all {
		if o.handle == object {
			return o.values(types)
		}
	}
	return nil, p11rpc.ObjectHandleInvalid
}
