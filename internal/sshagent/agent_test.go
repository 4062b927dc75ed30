package sshagent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// TestLogin logs in to a server with the key of the card, as x/crypto's client
// does it.
func TestLogin(t *testing.T) {
	w := newWorld(t, Policy{})
	client := w.client(t)
	keys, err := client.List()
	testkit.Must(t, err)
	if len(keys) != 1 || keys[0].Comment != "test" || !bytes.Equal(keys[0].Blob, w.card.key().Marshal()) {
		t.Fatalf("listed %v", keys)
	}
	server := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(key.Marshal(), w.card.key().Marshal()) {
			return nil, errors.New("another key")
		}
		return nil, nil
	}}
	server.AddHostKey(newHost(t, 1))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	defer l.Close()
	let := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, _, _, err = ssh.NewServerConn(conn, server)
		}
		let <- err
	}()
	conn, err := ssh.Dial("tcp", l.Addr().String(), &ssh.ClientConfig{
		User: "alice", Auth: []ssh.AuthMethod{ssh.PublicKeysCallback(client.Signers)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	testkit.Must(t, err)
	conn.Close()
	testkit.Must(t, <-let)
	if s := w.card.signed; len(s) != 1 || !s[0].Login || s[0].User != "alice" || s[0].Host != nil || s[0].Forwarded {
		t.Errorf("signed %+v", s)
	}
	w.wantReported(t, nil)
}

// TestSigned: both algorithms, for both things that are signed.
func TestSigned(t *testing.T) {
	w := newWorld(t, Policy{})
	client, key := w.client(t), w.card.key()
	for flags, algorithm := range map[agent.SignatureFlags]string{
		agent.SignatureFlagRsaSha256: ssh.KeyAlgoRSASHA256, agent.SignatureFlagRsaSha512: ssh.KeyAlgoRSASHA512,
	} {
		for _, data := range [][]byte{
			sshsig("git"),
			login([]byte("session"), "alice", key, func(m *loginMessage) { m.Algorithm = algorithm }),
			login([]byte("session"), "alice", key, func(m *loginMessage) {
				boundTo(newHost(t, 1))(m)
				m.Algorithm = algorithm
			}),
		} {
			sig, err := client.SignWithFlags(key, data, flags)
			testkit.Must(t, err)
			if sig.Format != algorithm {
				t.Errorf("signed with %s, want %s", sig.Format, algorithm)
			}
			testkit.Must(t, key.Verify(data, sig))
		}
	}
	if s := w.card.signed[0]; s.Login || s.Namespace != "git" || s.User != "" {
		t.Errorf("%+v", s)
	}
	w.wantReported(t, nil)
}

// TestRefused: a refused request never reaches the card.
func TestRefused(t *testing.T) {
	w := newWorld(t, Policy{})
	client, key := w.client(t), w.card.key()
	const sha256, sha512 = agent.SignatureFlagRsaSha256, agent.SignatureFlagRsaSha512
	good := func(change func(*loginMessage)) []byte { return login([]byte("session"), "alice", key, change) }
	for name, c := range map[string]struct {
		data   []byte
		flags  agent.SignatureFlags
		reason error
	}{
		"SHA-1 by default":       {good(nil), 0, ErrSHA1},
		"SHA-1 of a signature":   {sshsig("git"), 0, ErrSHA1},
		"SHA-1 named":            {good(func(m *loginMessage) { m.Algorithm = ssh.KeyAlgoRSA }), sha512, ErrSHA1},
		"another algorithm":      {good(nil), sha256, ErrAlgorithm},
		"both algorithms":        {good(nil), sha256 | sha512, ErrAlgorithm},
		"an unknown flag":        {good(nil), sha512 | 8, ErrAlgorithm},
		"a certificate's":        {good(func(m *loginMessage) { m.Algorithm = ssh.CertAlgoRSASHA512v01 }), sha512, ErrAlgorithm},
		"nothing":                {nil, sha512, ErrUnknownData},
		"a TLS challenge":        {[]byte(strings.Repeat(" ", 64) + "TLS 1.3, client CertificateVerify\x00"), sha512, ErrUnknownData},
		"a digest":               {make([]byte, 32), sha512, ErrUnknownData},
		"no session":             {login(nil, "alice", key, nil), sha512, ErrUnknownData},
		"another message":        {good(func(m *loginMessage) { m.Type = 51 }), sha512, ErrUnknownData},
		"another service":        {good(func(m *loginMessage) { m.Service = "ssh-userauth" }), sha512, ErrUnknownData},
		"host based":             {good(func(m *loginMessage) { m.Method = "hostbased" }), sha512, ErrUnknownData},
		"with half a signature":  {good(func(m *loginMessage) { m.HasSignature = 2 }), sha512, ErrUnknownData},
		"without signature":      {good(func(m *loginMessage) { m.HasSignature = 0 }), sha512, ErrUnknownData},
		"another key inside":     {good(func(m *loginMessage) { m.Key = newHost(t, 1).PublicKey().Marshal() }), sha512, ErrUnknownData},
		"something behind":       {append(good(nil), 0), sha512, ErrUnknownData},
		"bound to no host":       {good(func(m *loginMessage) { m.Method = methodHostBound }), sha512, ErrUnknownData},
		"bound, something after": {append(good(boundTo(newHost(t, 1))), 0), sha512, ErrUnknownData},
		"a signature for no use": {sshsig(""), sha512, ErrUnknownData},
		"a signature, cut":       {sshsig("git")[:40], sha512, ErrUnknownData},
		"a signature and more":   {append(sshsig("git"), 0), sha512, ErrUnknownData},
		"a magic alone":          {[]byte(sshsigMagic), sha512, ErrUnknownData},
	} {
		if sig, err := client.SignWithFlags(key, c.data, c.flags); err == nil {
			t.Errorf("%s: signed: %v", name, sig)
		}
		reported := w.takeReported()
		if len(reported) != 1 || !errors.Is(reported[0], c.reason) {
			t.Errorf("%s: told %v, want %v", name, reported, c.reason)
		}
	}
	if _, err := client.SignWithFlags(newHost(t, 1).PublicKey(), good(nil), sha512); err == nil {
		t.Error("signed for another key")
	}
	w.wantReported(t, ErrOtherKey)
	if n := w.card.signatures(); n != 0 {
		t.Errorf("%d signatures", n)
	}
	// The connection is as good as before.
	_, err := client.SignWithFlags(key, good(nil), sha512)
	testkit.Must(t, err)
}

// TestNames: a client's names are safe to show on a terminal.
func TestNames(t *testing.T) {
	w := newWorld(t, Policy{})
	client, key := w.client(t), w.card.key()
	_, err := client.SignWithFlags(key, login([]byte("s"), "al\x1b[2Jice\nroot\xff"+strings.Repeat("長", 100), key, nil), agent.SignatureFlagRsaSha512)
	testkit.Must(t, err)
	want := "al?[2Jice?root?" + strings.Repeat("長", maxShown-15) + "..."
	if got := w.card.signed[0].User; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
}

// TestNotAdded: the agent has the card's key, and no other.
func TestNotAdded(t *testing.T) {
	w := newWorld(t, Policy{})
	client := w.client(t)
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	for name, c := range map[string]struct {
		do     func() error
		reason error
	}{
		"add":    {func() error { return client.Add(agent.AddedKey{PrivateKey: &private}) }, ErrAdd},
		"remove": {func() error { return client.Remove(w.card.key()) }, ErrRemove},
		"a card": {func() error { return ask(t, w.dial(t), []byte{requestAddCard}) }, ErrAdd},
	} {
		if err := c.do(); err == nil {
			t.Errorf("%s: done", name)
		}
		w.wantReported(t, c.reason)
	}
	if _, err := client.Extension("query", nil); !errors.Is(err, agent.ErrExtensionUnsupported) {
		t.Errorf("an unknown extension: %v", err)
	}
	w.wantReported(t, nil)
}

// TestRemoveAll: ssh-add -D makes the agent forget the PIN, and the key stays.
func TestRemoveAll(t *testing.T) {
	w := newWorld(t, Policy{})
	client := w.client(t)
	testkit.Must(t, client.RemoveAll())
	if w.card.forgot != 1 {
		t.Errorf("forgotten %d times", w.card.forgot)
	}
	if keys, err := client.List(); err != nil || len(keys) != 1 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	w.wantReported(t, nil)
}

// TestWrongPassphraseStopsNobody: who guesses waits, and no other client does.
func TestWrongPassphraseStopsNobody(t *testing.T) {
	w := newWorld(t, Policy{})
	client, other := w.client(t), w.client(t)
	testkit.Must(t, client.Lock([]byte("right")))
	w.Agent.mu.Lock()
	w.Agent.lock.failures = 30 // the next one waits three seconds
	w.Agent.mu.Unlock()
	done := make(chan error, 1)
	go func() { done <- client.Unlock([]byte("wrong")) }()
	time.Sleep(300 * time.Millisecond)
	start := time.Now()
	if _, err := other.List(); err != nil || time.Since(start) > time.Second {
		t.Errorf("another client waited %v: %v", time.Since(start), err)
	}
	if err := <-done; err == nil {
		t.Error("a wrong passphrase unlocked")
	}
	w.wantReported(t, ErrPassphrase)
	testkit.Must(t, other.Unlock([]byte("right")))
}

// ask sends a request and gives nil where it is done.
func ask(t *testing.T, conn net.Conn, frame []byte) error {
	t.Helper()
	testkit.Must(t, writeFrame(conn, frame))
	answer, err := readFrame(conn)
	testkit.Must(t, err)
	if answer[0] != answerSuccess {
		return errors.New("refused")
	}
	return nil
}

func TestLock(t *testing.T) {
	w := newWorld(t, Policy{})
	client, key := w.client(t), w.card.key()
	testkit.Must(t, client.Lock([]byte("夏")))
	if w.card.forgot != 1 {
		t.Error("the PIN was not forgotten")
	}
	other := w.client(t)
	if keys, err := other.List(); err != nil || len(keys) != 0 {
		t.Errorf("listed %v, %v", keys, err)
	}
	if _, err := other.SignWithFlags(key, sshsig("git"), agent.SignatureFlagRsaSha512); err == nil {
		t.Error("signed")
	}
	w.wantReported(t, ErrLocked)
	for i, passphrase := range []string{"", "冬"} {
		start := time.Now()
		if err := other.Unlock([]byte(passphrase)); err == nil {
			t.Errorf("%q unlocks", passphrase)
		}
		w.wantReported(t, ErrPassphrase)
		if time.Since(start) < time.Duration(i+1)*lockDelay {
			t.Error("passphrases can be tried out fast")
		}
	}
	if err := other.Lock([]byte("春")); err == nil {
		t.Error("locked twice")
	}
	w.wantReported(t, ErrPassphrase)
	testkit.Must(t, other.Unlock([]byte("夏")))
	if err := other.Unlock([]byte("夏")); err == nil {
		t.Error("unlocked twice")
	}
	w.wantReported(t, ErrPassphrase)
	_, err := client.SignWithFlags(key, sshsig("git"), agent.SignatureFlagRsaSha512)
	testkit.Must(t, err)
}

// TestLockFromElsewhere: who may not use the key from another machine does not
// lock or unlock it from there either.
func TestLockFromElsewhere(t *testing.T) {
	for _, forward := range []bool{false, true} {
		w := newWorld(t, Policy{Forward: forward})
		there := w.dial(t)
		testkit.Must(t, ask(t, there, ssh.Marshal(extensionMessage{sessionBind, newHost(t, 1).binding(t, "session", true)})))
		err := agent.NewClient(there).Lock([]byte("夏"))
		if (err == nil) != forward || w.locked() != forward {
			t.Errorf("forwarding %t: %v, locked: %t", forward, err, w.locked())
		}
		if !forward {
			w.wantReported(t, ErrForwarded)
		}
	}
}

// TestLockedMeanwhile: who waits for its turn when the agent is locked waits in
// vain, and who comes later does not even wait.
func TestLockedMeanwhile(t *testing.T) {
	w := newWorld(t, Policy{})
	key := w.card.key()
	held, hold := make(chan bool), make(chan bool)
	w.card.before = func(context.Context) error {
		held <- true
		<-hold
		return nil
	}
	sign := func(client agent.ExtendedAgent) error {
		_, err := client.SignWithFlags(key, sshsig("git"), agent.SignatureFlagRsaSha512)
		return err
	}
	first, waiting := make(chan error), make(chan error)
	a, b := w.client(t), w.client(t)
	go func() { first <- sign(a) }()
	<-held
	go func() { waiting <- sign(b) }()
	time.Sleep(20 * time.Millisecond)
	testkit.Must(t, w.client(t).Lock([]byte("夏")))
	if err := sign(w.client(t)); err == nil {
		t.Error("signed while locked")
	}
	close(hold)
	testkit.Must(t, <-first) // the PIN was entered before
	if err := <-waiting; err == nil {
		t.Error("signed after it was locked")
	}
	if reported := w.takeReported(); len(reported) != 2 || !errors.Is(reported[0], ErrLocked) || !errors.Is(reported[1], ErrLocked) {
		t.Errorf("told %v", reported)
	}
}

// TestGone: nothing is signed for a client that has gone, be it that a person
// is being asked for it or that it still waits for its turn.
func TestGone(t *testing.T) {
	w := newWorld(t, Policy{})
	key := w.card.key()
	request := ssh.Marshal(signMessage{key.Marshal(), sshsig("git"), flagSHA512})
	asked, answered := make(chan bool), make(chan error)
	w.card.before = func(ctx context.Context) error {
		asked <- true
		<-ctx.Done()
		answered <- ctx.Err()
		return nil // as if the answer came at the same time
	}
	first, second := w.dial(t), w.dial(t)
	testkit.Must(t, writeFrame(first, request))
	<-asked
	testkit.Must(t, writeFrame(second, request))
	time.Sleep(20 * time.Millisecond) // it waits for the first
	second.Close()
	time.Sleep(20 * time.Millisecond)
	first.Close()
	if err := <-answered; err == nil {
		t.Error("the question did not end")
	}
	w.card.mu.Lock()
	w.card.before = nil
	w.card.mu.Unlock()
	_, err := w.client(t).SignWithFlags(key, sshsig("git"), agent.SignatureFlagRsaSha512)
	testkit.Must(t, err)
	if n := w.card.signatures(); n != 1 {
		t.Errorf("%d signatures, want 1", n)
	}
	w.wantReported(t, nil)
}

// TestTogether: clients at the same time come one after the other, and may see
// the key meanwhile.
func TestTogether(t *testing.T) {
	w := newWorld(t, Policy{})
	key := w.card.key()
	held, hold := make(chan bool), make(chan bool)
	var once sync.Once
	w.card.before = func(context.Context) error {
		once.Do(func() {
			close(held)
			<-hold
		})
		return nil
	}
	_, err := w.client(t).List()
	testkit.Must(t, err)
	var clients sync.WaitGroup
	for range 10 {
		client := w.client(t)
		clients.Go(func() {
			if _, err := client.SignWithFlags(key, sshsig("git"), agent.SignatureFlagRsaSha512); err != nil {
				t.Error(err)
			}
		})
	}
	<-held
	if keys, err := w.client(t).List(); err != nil || len(keys) != 1 {
		t.Errorf("listed %v, %v", keys, err)
	}
	close(hold)
	clients.Wait()
	w.wantReported(t, nil)
	if n := w.card.signatures(); n != 10 {
		t.Errorf("%d signatures", n)
	}
}

// TestEnd: the agent ends even with connected clients and requests under way,
// and leaves no goroutine.
func TestEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	w := newWorld(t, Policy{})
	key := w.card.key()
	w.card.before = func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	idle, busy, half := w.dial(t), w.dial(t), w.dial(t)
	testkit.Must(t, writeFrame(busy, ssh.Marshal(signMessage{key.Marshal(), sshsig("git"), flagSHA512})))
	_, err := half.Write([]byte{0, 0, 1})
	testkit.Must(t, err)
	time.Sleep(20 * time.Millisecond)
	w.end()
	for _, conn := range []net.Conn{idle, busy, half} {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("a client was left: %v", err)
		}
	}
	if _, err := dialSocket(w.socket); err == nil {
		t.Error("the socket is still there")
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// TestFrames: a request of an impossible length ends its connection, and no
// other.
func TestFrames(t *testing.T) {
	w := newWorld(t, Policy{})
	other := w.client(t)
	for _, bytes := range [][]byte{{0, 0, 0, 0}, {0xFF, 0xFF, 0xFF, 0xFF}, binary.BigEndian.AppendUint32(nil, maxFrame+1)} {
		conn := w.dial(t)
		_, err := conn.Write(bytes)
		testkit.Must(t, err)
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("% X was answered", bytes)
		}
	}
	if keys, err := other.List(); err != nil || len(keys) != 1 {
		t.Errorf("listed %v, %v", keys, err)
	}
}

// TestSilentConnections: however many clients say nothing, the next one is served.
func TestSilentConnections(t *testing.T) {
	w := newWorld(t, Policy{})
	for range maxClients + 5 {
		w.dial(t)
	}
	done := make(chan error, 1)
	client := w.client(t)
	go func() {
		_, err := client.List()
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("shut out by those who say nothing")
	}
}

// TestRequestIsWiped: a passphrase or a private key that a client sent does not
// stay in memory, whatever the answer was.
func TestRequestIsWiped(t *testing.T) {
	w := newWorld(t, Policy{})
	c := &client{agent: w.Agent}
	for name, frame := range map[string][]byte{
		"lock":           ssh.Marshal(lockMessage{Passphrase: []byte("passphrase")}),
		"add":            append([]byte{requestAdd}, "a private key"...),
		"malformed":      append([]byte{requestLock}, "passphrase"...),
		"unknown":        append([]byte{250}, "anything"...),
		"extension":      append([]byte{requestExtension}, "anything"...),
		"not understood": append([]byte{requestSign}, "anything"...),
	} {
		if name == "lock" {
			frame[0] = requestLock
		}
		if len(c.answer(t.Context(), frame)) == 0 {
			t.Errorf("%s: no answer", name)
		}
		if !bytes.Equal(frame, make([]byte, len(frame))) {
			t.Errorf("%s: %q is left", name, frame)
		}
	}
}
