package sshagent

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

// Dial connects to another agent, to offer its keys too.
type Dial func(ctx context.Context) (io.ReadWriteCloser, error)

// Time limit for the other agent. It does not apply to signatures: a person may
// need time to agree, and the wait ends when the client disconnects.
const proxyLimit = 5 * time.Second

// proxied is the other agent as one client sees it. Each client has its own
// connection, so that its bindings hold in the other agent, too.
type proxied struct {
	dial  Dial
	conn  io.ReadWriteCloser // nil: none yet, or it broke
	binds [][]byte           // the client's session-binds, for the next connection
}

func (p *proxied) close() {
	if p.conn != nil {
		p.conn.Close()
		p.conn = nil
	}
}

// exchange returns the other agent's answer to a request. It reconnects once if the
// connection broke since the last request.
func (p *proxied) exchange(ctx context.Context, frame []byte, limit time.Duration) ([]byte, error) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if p.conn != nil {
		if answer, err := p.ask(ctx, frame); err == nil || ctx.Err() != nil {
			return answer, err
		}
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return nil, refuse(ErrProxy, err.Error())
	}
	p.conn = conn
	for _, bind := range p.binds {
		if _, err := p.ask(ctx, bind); err != nil {
			return nil, err
		}
	}
	return p.ask(ctx, frame)
}

// ask sends a request over the connection, which a failure closes.
func (p *proxied) ask(ctx context.Context, frame []byte) (answer []byte, err error) {
	if p.conn == nil {
		return nil, refuse(ErrProxy, "")
	}
	conn := p.conn
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer func() {
		if stopped := stop(); err != nil || !stopped {
			p.close()
		}
		if err != nil {
			err = refuse(ErrProxy, err.Error())
		}
	}()
	// Write in two pieces, to avoid a copy: the request can hold a private
	// key.
	if _, err := conn.Write(binary.BigEndian.AppendUint32(nil, uint32(len(frame)))); err != nil {
		return nil, err
	}
	if _, err := conn.Write(frame); err != nil {
		return nil, err
	}
	return readFrame(conn)
}

// identities reads an answer to [requestIdentities].
func identities(answer []byte) (all []identity, err error) {
	var m identitiesAnswer
	if err := ssh.Unmarshal(answer, &m); err != nil {
		return nil, err
	}
	for rest := m.Keys; m.N > 0; m.N-- {
		var next struct {
			Key     []byte
			Comment string
			Rest    []byte `ssh:"rest"`
		}
		if err := ssh.Unmarshal(rest, &next); err != nil {
			return nil, err
		}
		all, rest = append(all, identity{next.Key, next.Comment}), next.Rest
	}
	return all, nil
}

// foreign lists the keys of the other agent, but for the card's own. That it
// cannot be asked is reported.
func (c *client) foreign(ctx context.Context, own ssh.PublicKey) (all []identity) {
	if c.other == nil {
		return nil
	}
	answer, err := c.other.exchange(ctx, []byte{requestIdentities}, proxyLimit)
	if err == nil {
		all, err = identities(answer)
	}
	if err != nil {
		if ctx.Err() == nil {
			c.agent.report(err)
		}
		return nil
	}
	others := all[:0]
	for _, id := range all {
		if own == nil || !bytes.Equal(own.Marshal(), id.Key) {
			others = append(others, id)
		}
	}
	return others
}

// signForeign passes on a request to sign with a key of the other agent. The
// destination rules of a connection hold for these keys, too. A local
// connection without rules may have any data signed, as far as the other agent
// allows it.
func (c *client) signForeign(ctx context.Context, frame []byte, m *signMessage) ([]byte, error) {
	if c.bound.forwarded() || len(c.agent.Policy.Destinations) > 0 {
		key, err := ssh.ParsePublicKey(m.Key)
		if err != nil {
			return nil, refuse(ErrUnknownData, "")
		}
		r, _, err := recognise(m.Data, key)
		if err != nil {
			return nil, err
		}
		if err := c.bound.permit(c.agent.Policy, r); err != nil {
			return nil, err
		}
	} else if c.bound.failed {
		return nil, refuse(ErrBinding, "")
	}
	return c.other.exchange(ctx, frame, 0)
}

// passOn passes on a request about the other agent's keys: only of a client on
// this machine, and not while the agent is locked.
func (c *client) passOn(ctx context.Context, frame []byte, otherwise error) ([]byte, error) {
	switch {
	case c.other == nil:
		return nil, refuse(otherwise, "")
	case c.agent.locked():
		return nil, refuse(ErrLocked, "")
	case c.bound.forwarded():
		return nil, refuse(ErrForwarded, "")
	}
	return c.other.exchange(ctx, frame, 0)
}

// passBind passes the binding of the connection on to the other agent. It
// ignores a refusal, because the other agent may not know this request.
func (c *client) passBind(ctx context.Context, frame []byte) {
	if c.other == nil || c.bound.failed {
		return
	}
	c.other.binds = append(c.other.binds, bytes.Clone(frame))
	if c.other.conn != nil { // else with the first request
		_, _ = c.other.exchange(ctx, frame, proxyLimit)
	}
}

// To returns a Dial for the agent at a path.
func To(path string) Dial {
	return func(ctx context.Context) (io.ReadWriteCloser, error) {
		conn, err := dialPath(ctx, path)
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err // the person knows the path
		}
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
}
