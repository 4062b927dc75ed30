package sshagent

import (
	"bytes"

	"golang.org/x/crypto/ssh"
)

// binding is an SSH session that a connection serves: to log in, or as a hop of
// a forwarding.
type binding struct {
	id        []byte
	host      ssh.PublicKey
	forwarded bool
}

// bindings are the hops of one connection, beginning at this machine. A client
// without bindings is on this machine, or older than OpenSSH 8.9.
type bindings struct {
	all    []binding
	failed bool // one could not be verified
}

// maxBindings bounds the hops, as OpenSSH's agent does.
const maxBindings = 16

// bind takes a session-bind@openssh.com. The server's host key has signed the
// session's identifier, so the client cannot make a session up.
func (b *bindings) bind(contents []byte) error {
	next, err := parseBinding(bytes.Clone(contents)) // the request is wiped
	if err == nil {
		err = b.add(next)
	}
	if err != nil {
		b.failed = true
	}
	return err
}

func parseBinding(contents []byte) (next binding, err error) {
	var m sessionBindMessage
	var sig ssh.Signature
	if ssh.Unmarshal(contents, &m) != nil || len(m.SessionID) == 0 || ssh.Unmarshal(m.Signature, &sig) != nil {
		return next, refuse(ErrBinding, "")
	}
	host, err := ssh.ParsePublicKey(m.HostKey)
	if err != nil {
		return next, refuse(ErrBinding, err.Error())
	}
	if err := host.Verify(m.SessionID, &sig); err != nil {
		return next, refuse(ErrBinding, err.Error())
	}
	return binding{m.SessionID, host, m.Forwarded}, nil
}

func (b *bindings) add(next binding) error {
	for _, old := range b.all {
		sameID, sameHost := bytes.Equal(old.id, next.id), sameKey(old.host, next.host)
		switch {
		case !old.forwarded:
			return refuse(ErrBinding, "bound to a log-in already")
		case sameID && sameHost:
			return nil
		case sameID:
			return refuse(ErrBinding, "one session with two host keys")
		}
	}
	if len(b.all) == maxBindings {
		return refuse(ErrBinding, "too many hops")
	}
	b.all = append(b.all, next)
	return nil
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// forwarded reports a connection from another machine.
func (b *bindings) forwarded() bool { return len(b.all) > 0 && b.all[0].forwarded }

// permit decides whether the connection may use the key for r. If r is nil, it
// decides whether the connection may see the key. permit fills in the fields of
// r about the host.
func (b *bindings) permit(p Policy, r *Request) error {
	if b.failed {
		return refuse(ErrBinding, "")
	}
	if b.forwarded() && (r != nil && !r.Login || !p.Forward && len(p.Destinations) == 0) {
		return refuse(ErrForwarded, "")
	}
	if r != nil && r.Login {
		if err := b.match(r); err != nil {
			return err
		}
	}
	if len(p.Destinations) == 0 {
		return nil
	}
	return b.permitDestination(p.Destinations, r)
}

// match holds a log-in against the session that was bound last: ssh does so
// right before it logs in.
func (b *bindings) match(r *Request) error {
	r.Forwarded = b.forwarded()
	if len(b.all) == 0 {
		return nil
	}
	last := b.all[len(b.all)-1]
	if last.forwarded {
		return nil // the client at the end of the forwarding does not bind
	}
	if !bytes.Equal(r.sessionID, last.id) || r.boundHost != nil && !bytes.Equal(r.boundHost, last.host.Marshal()) {
		return refuse(ErrSession, "")
	}
	r.Host = last.host
	return nil
}
