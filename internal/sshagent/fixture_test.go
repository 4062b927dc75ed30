package sshagent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// demoCard is the virtual card in an imagined reader, used with its PIN.
type demoCard struct {
	*virtualcard.Card
	cert *x509.Certificate

	mu     sync.Mutex
	signed []Request
	forgot int
	now    int // uses at this moment
	// before is called before a signature, if it is not nil.
	before func(context.Context) error
}

func (c *demoCard) Begin(context.Context) error { c.PowerOn(); return nil }
func (c *demoCard) End() error                  { return nil }
func (c *demoCard) Unpower() error              { c.PowerOff(); return nil }

func insert(t testing.TB) *demoCard {
	t.Helper()
	p, _ := virtualcard.Lookup("adult")
	card, err := virtualcard.New(p, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), virtualcard.Options{})
	testkit.Must(t, err)
	c := &demoCard{Card: card}
	testkit.Must(t, jpki.New(c).WithApp(context.Background(), func(app *jpki.App) (err error) {
		c.cert, err = app.Certificate(jpki.KindAuth)
		return err
	}))
	return c
}

func (c *demoCard) key() ssh.PublicKey {
	k, err := ssh.NewPublicKey(c.cert.PublicKey)
	if err != nil {
		panic(err)
	}
	return k
}

func (c *demoCard) Key(context.Context) (ssh.PublicKey, error) { return c.key(), nil }

func (c *demoCard) Forget() { c.forgot++ }

var errTwice = errors.New("the card is used twice at a time")

func (c *demoCard) Sign(ctx context.Context, _ ssh.PublicKey, r Request) (sig []byte, err error) {
	c.mu.Lock()
	c.now++
	twice := c.now > 1
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.now--
		if err == nil {
			c.signed = append(c.signed, r)
		}
		c.mu.Unlock()
	}()
	if twice {
		return nil, errTwice
	}
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return nil, err
		}
	}
	pin := jpki.NewPIN([]byte(virtualcard.AuthPIN))
	err = jpki.New(c).WithPIN(ctx, jpki.KeyAuth, pin, nil, func(s *jpki.Session) (err error) {
		sig, err = s.Signer(c.cert).Sign(nil, r.Digest, r.Hash)
		return err
	})
	return sig, err
}

func (c *demoCard) signatures() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.signed)
}

// world is an agent for a card that listens on a socket.
type world struct {
	*Agent
	card   *demoCard
	socket string
	end    func() // ends the agent, as the end of the test does

	mu       sync.Mutex
	reported []error
}

func newWorld(t testing.TB, p Policy) *world { return newWorldBeside(t, p, nil) }

// newWorldBeside has another agent's keys beside the card's; nil for none.
func newWorldBeside(t testing.TB, p Policy, other Dial) *world {
	t.Helper()
	w := &world{card: insert(t), socket: newSocket(t)}
	w.Agent = &Agent{Card: w.card, Comment: "test", Policy: p, Other: other}
	w.Report = func(err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.reported = append(w.reported, err)
	}
	l, err := Listen(w.socket)
	testkit.Must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.Serve(ctx, l) }()
	w.end = sync.OnceFunc(func() {
		cancel()
		testkit.Must(t, <-ended)
	})
	t.Cleanup(w.end)
	return w
}

func (w *world) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := dialSocket(w.socket)
	testkit.Must(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (w *world) client(t testing.TB) agent.ExtendedAgent {
	t.Helper()
	return agent.NewClient(w.dial(t))
}

// takeReported returns the errors reported since the last call.
func (w *world) takeReported() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	reported := w.reported
	w.reported = nil
	return reported
}

// wantReported checks that one reason was reported, or nothing where it is nil.
func (w *world) wantReported(t testing.TB, reason error) {
	t.Helper()
	reported := w.takeReported()
	if reason == nil && len(reported) == 0 || len(reported) == 1 && errors.Is(reported[0], reason) {
		return
	}
	t.Errorf("told %v, want %v", reported, reason)
}

// login is the data that a client signs to log in.
func login(session []byte, user string, key ssh.PublicKey, change func(*loginMessage)) []byte {
	m := loginMessage{
		SessionID: session, Type: 50, User: user, Service: "ssh-connection", Method: methodPublicKey,
		HasSignature: 1, Algorithm: ssh.KeyAlgoRSASHA512, Key: key.Marshal(),
	}
	if change != nil {
		change(&m)
	}
	return ssh.Marshal(m)
}

// boundTo makes a log-in one that is bound to the host's key.
func boundTo(h *host) func(*loginMessage) {
	return func(m *loginMessage) {
		m.Method, m.Rest = methodHostBound, ssh.Marshal(struct{ Key []byte }{h.PublicKey().Marshal()})
	}
}

// sshsig is the data that a client signs for git or ssh-keygen -Y.
func sshsig(namespace string) []byte {
	return append([]byte(sshsigMagic), ssh.Marshal(struct {
		Namespace, Reserved, Hash string
		Digest                    []byte
	}{namespace, "", "sha512", make([]byte, 64)})...)
}

// host is a server's key.
type host struct{ ssh.Signer }

func newHost(t testing.TB, seed byte) *host {
	t.Helper()
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	testkit.Must(t, err)
	return &host{s}
}

// binding tells of a session with the host, as ssh does.
func (h *host) binding(t testing.TB, session string, forwarded bool) []byte {
	t.Helper()
	sig, err := h.Sign(nil, []byte(session))
	testkit.Must(t, err)
	return ssh.Marshal(sessionBindMessage{h.PublicKey().Marshal(), []byte(session), ssh.Marshal(sig), forwarded})
}
