package sshagent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// otherAgent is another agent with one key. It records its requests.
type otherAgent struct {
	path string
	key  ssh.PublicKey

	mu    sync.Mutex
	l     net.Listener
	conns []net.Conn
	binds int
}

func newOther(t *testing.T) *otherAgent {
	t.Helper()
	o := &otherAgent{path: newSocket(t)}
	o.start(t)
	return o
}

func (o *otherAgent) start(t *testing.T) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	keys := agent.NewKeyring().(agent.ExtendedAgent)
	testkit.Must(t, keys.Add(agent.AddedKey{PrivateKey: &private, Comment: "other"}))
	all, err := keys.List()
	testkit.Must(t, err)
	o.key, err = ssh.ParsePublicKey(all[0].Blob)
	testkit.Must(t, err)
	l, err := Listen(o.path)
	testkit.Must(t, err)
	o.mu.Lock()
	o.l = l
	o.mu.Unlock()
	t.Cleanup(o.stop)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			o.mu.Lock()
			o.conns = append(o.conns, conn)
			o.mu.Unlock()
			go func() { _ = agent.ServeAgent(bindCounter{keys, o}, conn) }()
		}
	}()
}

func (o *otherAgent) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.l.Close()
	for _, c := range o.conns {
		c.Close()
	}
	o.conns = nil
}

// bindCounter takes session-binds.
type bindCounter struct {
	agent.ExtendedAgent
	o *otherAgent
}

func (b bindCounter) Extension(name string, contents []byte) ([]byte, error) {
	if name != sessionBind {
		return nil, agent.ErrExtensionUnsupported
	}
	b.o.mu.Lock()
	defer b.o.mu.Unlock()
	b.o.binds++
	return []byte{answerSuccess}, nil
}

func (o *otherAgent) bound() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.binds
}

func proxyWorld(t *testing.T, p Policy) (*world, *otherAgent) {
	t.Helper()
	o := newOther(t)
	return newWorldBeside(t, p, To(o.path)), o
}

// TestProxy: the other agent's keys are listed after the card's and can be
// used. Keys are added to and removed from the other agent.
func TestProxy(t *testing.T) {
	w, o := proxyWorld(t, Policy{})
	client := w.client(t)
	keys, err := client.List()
	if err != nil || len(keys) != 2 || !bytes.Equal(keys[0].Blob, w.card.key().Marshal()) || keys[1].Comment != "other" {
		t.Fatalf("%v, %v", keys, err)
	}
	data := []byte("anything: it is the other agent's affair what its key signs")
	sig, err := client.Sign(o.key, data)
	if err != nil || o.key.Verify(data, sig) != nil {
		t.Errorf("the other key: %v", err)
	}
	if _, err := client.SignWithFlags(w.card.key(), sshsig("git"), agent.SignatureFlagRsaSha512); err != nil {
		t.Errorf("the card's key: %v", err)
	}
	if n := w.card.signatures(); n != 1 {
		t.Errorf("the card signed %d times", n)
	}
	w.wantReported(t, nil)
	if _, err := client.SignWithFlags(w.card.key(), data, agent.SignatureFlagRsaSha512); err == nil {
		t.Error("the card signed what nobody knows")
	}
	w.wantReported(t, ErrUnknownData)
	more := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	testkit.Must(t, client.Add(agent.AddedKey{PrivateKey: &more, Comment: "more"}))
	if keys, err := client.List(); err != nil || len(keys) != 3 {
		t.Errorf("after adding: %v, %v", keys, err)
	}
	testkit.Must(t, client.Remove(o.key))
	if keys, err := client.List(); err != nil || len(keys) != 2 || keys[1].Comment != "more" {
		t.Errorf("after removing: %v, %v", keys, err)
	}
	if err := client.Remove(w.card.key()); err == nil {
		t.Error("the card's key was removed")
	}
	testkit.Must(t, client.RemoveAll())
	if keys, err := client.List(); err != nil || len(keys) != 1 || w.card.forgot != 1 {
		t.Errorf("after removing all: %v, %v", keys, err)
	}
}

// TestProxyLocked: a lock is this agent's, and no key is left while it holds.
func TestProxyLocked(t *testing.T) {
	w, o := proxyWorld(t, Policy{})
	client := w.client(t)
	testkit.Must(t, client.Lock([]byte("夏")))
	if keys, err := client.List(); err != nil || len(keys) != 0 {
		t.Errorf("%v, %v", keys, err)
	}
	more := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	for name, do := range map[string]func() error{
		"sign":   func() error { _, err := client.Sign(o.key, []byte("x")); return err },
		"add":    func() error { return client.Add(agent.AddedKey{PrivateKey: &more}) },
		"remove": func() error { return client.Remove(o.key) },
	} {
		if do() == nil {
			t.Errorf("%s: done", name)
		}
		w.wantReported(t, ErrLocked)
	}
	direct, err := net.Dial("unix", o.path)
	testkit.Must(t, err)
	defer direct.Close()
	if keys, err := agent.NewClient(direct).List(); err != nil || len(keys) != 1 {
		t.Errorf("the other agent itself: %v, %v", keys, err)
	}
	testkit.Must(t, client.Unlock([]byte("夏")))
	if keys, err := client.List(); err != nil || len(keys) != 2 {
		t.Errorf("unlocked: %v, %v", keys, err)
	}
}

// TestProxyGone: without the other agent the card's key is there all the same, and
// with it again so are the others, over the same connection.
func TestProxyGone(t *testing.T) {
	w, o := proxyWorld(t, Policy{})
	client := w.client(t)
	if keys, err := client.List(); err != nil || len(keys) != 2 {
		t.Fatalf("%v, %v", keys, err)
	}
	h := newHost(t, 3)
	_, err := client.Extension(sessionBind, h.binding(t, "session", false))
	testkit.Must(t, err)
	if n := o.bound(); n != 1 {
		t.Errorf("%d binds", n)
	}
	o.stop()
	if keys, err := client.List(); err != nil || len(keys) != 1 {
		t.Errorf("without the other: %v, %v", keys, err)
	}
	w.wantReported(t, ErrProxy)
	if _, err := client.Sign(o.key, []byte("x")); err == nil {
		t.Error("signed")
	}
	w.wantReported(t, ErrProxy)
	o.start(t)
	if keys, err := client.List(); err != nil || len(keys) != 2 {
		t.Errorf("with it again: %v, %v", keys, err)
	}
	if n := o.bound(); n != 2 {
		t.Errorf("%d binds: the new connection is not bound", n)
	}
	w.wantReported(t, nil)
}

// TestProxyForwarded: the rules for connections hold for the other keys, too.
func TestProxyForwarded(t *testing.T) {
	h := newHost(t, 3)
	for name, c := range map[string]struct {
		policy Policy
		keys   int
		login  bool // over the forwarded connection
	}{
		"refused": {Policy{}, 0, false},
		"forward": {Policy{Forward: true}, 2, true},
	} {
		w, o := proxyWorld(t, c.policy)
		client := w.client(t)
		_, err := client.Extension(sessionBind, h.binding(t, "hop", true))
		testkit.Must(t, err)
		if keys, err := client.List(); err != nil || len(keys) != c.keys {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
		data := login([]byte("session"), "hanako", o.key, func(m *loginMessage) { m.Algorithm = ssh.KeyAlgoED25519 })
		if _, err := client.Sign(o.key, data); (err == nil) != c.login {
			t.Errorf("%s: a log-in: %v", name, err)
		}
		if _, err := client.Sign(o.key, sshsig("git")); err == nil {
			t.Errorf("%s: signed for another machine", name)
		}
		more := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
		if client.Add(agent.AddedKey{PrivateKey: &more}) == nil {
			t.Errorf("%s: another machine added a key", name)
		}
	}
}

// TestProxySilent: an agent that says nothing keeps the card's key from nobody for
// long, and a client that goes lets go of it.
func TestProxySilent(t *testing.T) {
	ours, theirs := net.Pipe()
	w := newWorldBeside(t, Policy{}, func(context.Context) (io.ReadWriteCloser, error) { return ours, nil })
	gone := make(chan struct{})
	go func() { // takes everything, answers nothing
		_, _ = io.Copy(io.Discard, theirs)
		close(gone)
	}()
	start := time.Now()
	if keys, err := w.client(t).List(); err != nil || len(keys) != 1 || time.Since(start) > 2*proxyLimit {
		t.Errorf("%v, %v after %v", keys, err, time.Since(start))
	}
	w.wantReported(t, ErrProxy)
	select {
	case <-gone:
	case <-time.After(time.Second):
		t.Error("the connection is still held")
	}
}

// TestProxyNonsense: an answer that is none breaks nothing.
func TestProxyNonsense(t *testing.T) {
	for name, answer := range map[string][]byte{
		"failure": {answerFailure}, "a million keys": ssh.Marshal(identitiesAnswer{1 << 20, nil}), "cut": append(ssh.Marshal(identitiesAnswer{1, nil}), 0, 0, 1, 0),
	} {
		w := newWorldBeside(t, Policy{}, func(context.Context) (io.ReadWriteCloser, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				for {
					if _, err := readFrame(theirs); err != nil {
						return
					}
					if writeFrame(theirs, answer) != nil {
						return
					}
				}
			}()
			return ours, nil
		})
		if keys, err := w.client(t).List(); err != nil || len(keys) != 1 {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
		if reported := w.takeReported(); len(reported) != 1 || errors.Is(reported[0], ErrLocked) {
			t.Errorf("%s: told %v", name, reported)
		}
	}
}
