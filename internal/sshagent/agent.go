// Package sshagent is the agent's end of the OpenSSH agent protocol
// (draft-ietf-sshm-ssh-agent), for one RSA key on a card: list, sign, lock,
// unlock and session-bind@openssh.com. It adds and removes no keys itself. With
// [Agent.Other] it passes such requests on to another agent.
//
// A card's key signs any data. Therefore the agent parses a request completely
// before it signs. It accepts a log-in by public key (RFC 4252, section 7, and
// its publickey-hostbound-v00@openssh.com) and an SSHSIG blob (OpenSSH's
// PROTOCOL.sshsig), for rsa-sha2-256 or rsa-sha2-512 (RFC 8332). Other data
// could be the challenge of another protocol.
//
// x/crypto/ssh/agent has a server too. It prints to the standard logger, parses
// private keys sent to it, and does not notice when a client leaves while a
// person is still being asked. This project uses only its client, in tests.
package sshagent

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Card is where the key lies. Its methods are called one at a time, but for
// Forget.
type Card interface {
	// Key returns the public key of the present card.
	Key(ctx context.Context) (ssh.PublicKey, error)
	// Sign makes the RSASSA-PKCS1-v1_5 signature over r.Digest with the
	// private key that belongs to key. It asks the person for consent if
	// that is needed. ctx ends when the client disconnects.
	Sign(ctx context.Context, key ssh.PublicKey, r Request) ([]byte, error)
	// Forget wipes the PIN that is kept for the card.
	Forget()
}

// Agent serves the key of one card to many clients.
type Agent struct {
	Card    Card
	Comment string // of the key
	Policy  Policy
	// Other connects to another agent; nil for none. Its keys are offered
	// and used beside the card's, and added keys go there.
	Other Dial
	// Report receives the reason of each failed request, in any goroutine:
	// a *[Refusal], or an error of the card.
	Report func(error)

	once  sync.Once
	turn  chan struct{} // held by who uses the card
	guess sync.Mutex    // held by who tries to unlock: one after the other
	mu    sync.Mutex    // guards the fields below
	lock  *lock         // nil: not locked
	known ssh.PublicKey // the key last seen
}

// Policy limits the use of the key by connections. The zero value allows every
// kind of signature to connections from this machine.
type Policy struct {
	// Forward permits log-ins over forwarded connections. Signatures other
	// than log-ins are always limited to this machine.
	Forward bool
	// Destinations, if there are any, limit the permitted log-ins, on
	// forwarded connections too. Other signatures are then refused.
	Destinations []Destination
}

const (
	// maxFrame bounds a request, as OpenSSH's agent does.
	maxFrame = 256 << 10
	// maxClients bounds the connections that are served at a time.
	maxClients = 64
	// writeLimit is how long a client may take to read an answer.
	writeLimit = 10 * time.Second
)

func (a *Agent) init() { a.once.Do(func() { a.turn = make(chan struct{}, 1) }) }

// Serve answers the connections that l accepts until ctx ends, which closes l.
// It returns when every request has come to its end; the error is one of
// accepting, nil for the end of ctx.
func (a *Agent) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var clients sync.WaitGroup
	defer clients.Wait()
	free := make(chan struct{}, maxClients)
	quiet := silences{conns: map[*heardConn]time.Time{}}
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			cancel()
			return err
		}
		if !quiet.makeRoom(ctx, free) {
			conn.Close()
			return nil
		}
		heard := quiet.watch(conn)
		clients.Go(func() {
			defer func() { <-free }()
			defer quiet.forget(heard)
			a.serveConn(ctx, heard)
		})
	}
}

// serveConn answers one connection until it ends or ctx does, and closes it.
func (a *Agent) serveConn(ctx context.Context, conn net.Conn) {
	a.init()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	// The next request is read while one is answered: that is how the end of
	// the connection is noticed.
	frames := make(chan []byte)
	go func() {
		defer cancel()
		for {
			frame, err := readFrame(conn)
			if err != nil {
				return
			}
			select {
			case frames <- frame:
			case <-ctx.Done():
				return
			}
		}
	}()
	c := &client{agent: a}
	if a.Other != nil {
		c.other = &proxied{dial: a.Other}
		defer c.other.close()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case frame := <-frames:
			if heard, ok := conn.(*heardConn); ok {
				heard.all.forget(heard) // until it has its answer
			}
			answer := c.answer(ctx, frame)
			_ = conn.SetWriteDeadline(time.Now().Add(writeLimit))
			if ctx.Err() != nil || writeFrame(conn, answer) != nil {
				return
			}
		}
	}
}

func readFrame(r io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 || n > maxFrame {
		return nil, errFrame
	}
	frame := make([]byte, n)
	_, err := io.ReadFull(r, frame)
	return frame, err
}

func writeFrame(w io.Writer, frame []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
	return err
}

// acquireCard waits for the card. The returned function releases it.
func (a *Agent) acquireCard(ctx context.Context) (func(), error) {
	select {
	case a.turn <- struct{}{}:
		return func() { <-a.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// offered returns the key of the present card, or nil. While the card is in use
// or absent, it returns the last known key, so that a log-in can ask for its
// card.
func (a *Agent) offered(ctx context.Context) ssh.PublicKey {
	a.mu.Lock()
	known := a.known
	a.mu.Unlock()
	select {
	case a.turn <- struct{}{}:
	default:
		if known != nil {
			return known
		}
		select {
		case a.turn <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
	}
	defer func() { <-a.turn }()
	key, err := a.Card.Key(ctx)
	if err != nil {
		if known == nil {
			a.report(err)
		}
		return known
	}
	a.mu.Lock()
	a.known = key
	a.mu.Unlock()
	return key
}

func (a *Agent) report(err error) {
	if a.Report != nil && err != nil {
		a.Report(err)
	}
}

// client is the state of one connection.
type client struct {
	agent *Agent
	bound bindings
	other *proxied // nil: no other agent
}

// answer carries out a request. It then wipes the request, because it may hold
// a passphrase or a private key. The protocol has no field for the reason of a
// refusal; answer reports it to the agent's owner.
func (c *client) answer(ctx context.Context, frame []byte) []byte {
	defer clear(frame)
	answer, err := c.handle(ctx, frame)
	if err == nil {
		return answer
	}
	if ctx.Err() == nil { // otherwise the client has gone
		c.agent.report(err)
	}
	if frame[0] == requestExtension {
		return []byte{answerExtensionFailure}
	}
	return []byte{answerFailure}
}

func (c *client) handle(ctx context.Context, frame []byte) ([]byte, error) {
	switch frame[0] {
	case requestIdentities:
		return c.list(ctx), nil
	case requestSign:
		return c.sign(ctx, frame)
	case requestLock, requestUnlock:
		var m lockMessage
		if ssh.Unmarshal(frame, &m) != nil {
			return nil, refuse(ErrMalformed, "")
		}
		if err := c.bound.permit(c.agent.Policy, nil); err != nil {
			return nil, err
		}
		if frame[0] == requestLock {
			return []byte{answerSuccess}, c.agent.setLock(m.Passphrase)
		}
		return []byte{answerSuccess}, c.agent.unlock(ctx, m.Passphrase)
	case requestExtension:
		var m extensionMessage
		if ssh.Unmarshal(frame, &m) != nil {
			return nil, refuse(ErrMalformed, "")
		}
		if m.Name != sessionBind {
			return []byte{answerFailure}, nil // "not supported"
		}
		err := c.bound.bind(m.Contents)
		c.passBind(ctx, frame)
		return []byte{answerSuccess}, err
	case requestAdd, requestAddConstrained, requestAddCard, requestAddCardConstrained:
		return c.passOn(ctx, frame, ErrAdd)
	case requestRemoveAll: // ssh-add -D: the key stays on its card, and the agent forgets the PIN
		if err := c.bound.permit(c.agent.Policy, nil); err != nil {
			return nil, err
		}
		c.agent.Card.Forget()
		if c.other != nil {
			return c.passOn(ctx, frame, ErrRemove)
		}
		return []byte{answerSuccess}, nil
	case requestRemove, requestRemoveCard:
		return c.passOn(ctx, frame, ErrRemove)
	}
	return []byte{answerFailure}, nil
}

func (c *client) list(ctx context.Context) []byte {
	if c.agent.locked() {
		return ssh.Marshal(identitiesAnswer{}) // as if there were none
	}
	if err := c.bound.permit(c.agent.Policy, nil); err != nil {
		c.agent.report(err)
		return ssh.Marshal(identitiesAnswer{})
	}
	var all []identity
	key := c.agent.offered(ctx)
	if key != nil {
		all = append(all, identity{key.Marshal(), c.agent.Comment})
	}
	all = append(all, c.foreign(ctx, key)...)
	var keys []byte
	for _, id := range all {
		keys = append(keys, ssh.Marshal(id)...)
	}
	return ssh.Marshal(identitiesAnswer{uint32(len(all)), keys})
}

func (c *client) sign(ctx context.Context, frame []byte) ([]byte, error) {
	var m signMessage
	if ssh.Unmarshal(frame, &m) != nil {
		return nil, refuse(ErrMalformed, "")
	}
	if c.agent.locked() {
		return nil, refuse(ErrLocked, "")
	}
	c.agent.mu.Lock()
	known := c.agent.known
	c.agent.mu.Unlock()
	if known == nil { // a client that does not ask which keys there are
		known = c.agent.offered(ctx)
	}
	if known == nil || !bytes.Equal(known.Marshal(), m.Key) {
		if c.other != nil {
			return c.signForeign(ctx, frame, &m)
		}
		return nil, refuse(ErrOtherKey, "")
	}
	r, err := parseRequest(m.Data, m.Flags, known)
	if err != nil {
		return nil, err
	}
	if err := c.bound.permit(c.agent.Policy, r); err != nil {
		return nil, err
	}
	done, err := c.agent.acquireCard(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if c.agent.locked() { // meanwhile
		return nil, refuse(ErrLocked, "")
	}
	blob, err := c.agent.Card.Sign(ctx, known, *r)
	if err != nil {
		return nil, err
	}
	return ssh.Marshal(signAnswer{ssh.Marshal(ssh.Signature{Format: r.Algorithm, Blob: blob})}), nil
}
