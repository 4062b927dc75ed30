package sshagent

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"
)

// signer is a card that signs nothing: a fuzzer has no time for RSA.
type signer struct {
	key    ssh.PublicKey
	signed []Request
}

func (s *signer) Key(context.Context) (ssh.PublicKey, error) { return s.key, nil }
func (s *signer) Forget()                                    {}
func (s *signer) Sign(_ context.Context, _ ssh.PublicKey, r Request) ([]byte, error) {
	s.signed = append(s.signed, r)
	return []byte("signature"), nil
}

// FuzzServe sends the agent whole connections of arbitrary bytes. Every
// complete request gets a well-formed answer, in order, and the signed data is
// always the data that was recognised.
func FuzzServe(f *testing.F) {
	key := insert(f).key()
	gate := newHost(f, 1)
	frames := func(all ...[]byte) (b []byte) {
		for _, frame := range all {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(frame))), frame...)
		}
		return b
	}
	sign := func(data []byte, flags uint32) []byte { return ssh.Marshal(signMessage{key.Marshal(), data, flags}) }
	bind := ssh.Marshal(extensionMessage{sessionBind, gate.binding(f, "1", false)})
	f.Add(frames([]byte{requestIdentities}))
	f.Add(frames(bind, []byte{requestIdentities}, sign(login([]byte("1"), "alice", key, boundTo(gate)), flagSHA512)))
	f.Add(frames(sign(sshsig("git"), flagSHA512), sign(sshsig("git"), 0), sign(nil, flagSHA256)))
	f.Add(frames(ssh.Marshal(extensionMessage{sessionBind, gate.binding(f, "1", true)}), sign(sshsig("git"), flagSHA512)))
	f.Add(frames([]byte{requestLock, 0, 0, 0, 1, 'x'}, []byte{requestIdentities}, sign(sshsig("git"), flagSHA512)))
	f.Add(frames([]byte{requestAdd}, []byte{requestRemove}, []byte{requestExtension}, []byte{requestSign}, []byte{255}))
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 1})
	f.Fuzz(func(t *testing.T, sent []byte) {
		want := complete(sent)
		if slices.ContainsFunc(want, func(r byte) bool { return r == requestUnlock }) {
			return // it is slow on purpose
		}
		card := &signer{key: key}
		a := &Agent{Card: card, Comment: "test"}
		server, client := net.Pipe()
		served := make(chan bool)
		go func() {
			a.serveConn(t.Context(), server)
			close(served)
		}()
		go func() { _, _ = client.Write(sent) }()
		for i, request := range want {
			answer, err := readFrame(client)
			if err != nil {
				if i == len(want)-1 && impossible(sent) {
					break // later requests came after the end of the connection
				}
				t.Fatalf("request %d of %d has no answer: %v", i, len(want), err)
			}
			checkAnswer(t, request, answer)
		}
		client.Close()
		<-served
		for _, r := range card.signed {
			if r.Algorithm != ssh.KeyAlgoRSASHA256 && r.Algorithm != ssh.KeyAlgoRSASHA512 || len(r.Digest) != r.Hash.Size() ||
				r.Login == (r.Namespace != "") || r.Forwarded {
				t.Fatalf("signed %+v", r)
			}
		}
	})
}

// complete gives the numbers of the requests that are in b as a whole.
func complete(b []byte) (requests []byte) {
	r := bytes.NewReader(b)
	for {
		frame, err := readFrame(r)
		if err != nil {
			return requests
		}
		requests = append(requests, frame[0])
	}
}

// impossible reports whether b ends with a request of an impossible length.
func impossible(b []byte) bool {
	r := bytes.NewReader(b)
	for {
		if _, err := readFrame(r); err != nil {
			return errors.Is(err, errFrame)
		}
	}
}

func checkAnswer(t *testing.T, request byte, answer []byte) {
	t.Helper()
	good := false
	switch answer[0] {
	case answerFailure:
		good = len(answer) == 1
	case answerExtensionFailure:
		good = len(answer) == 1 && request == requestExtension
	case answerSuccess:
		good = len(answer) == 1 && (request == requestLock || request == requestExtension)
	case 12:
		var m identitiesAnswer
		good = request == requestIdentities && ssh.Unmarshal(answer, &m) == nil && m.N <= 1
	case 14:
		var m signAnswer
		var sig ssh.Signature
		good = request == requestSign && ssh.Unmarshal(answer, &m) == nil && ssh.Unmarshal(m.Signature, &sig) == nil
	}
	if !good {
		t.Fatalf("request %d was answered % X", request, answer)
	}
}

// FuzzRecognise: a recognised request is parsed, and writing it again gives the
// same bytes.
func FuzzRecognise(f *testing.F) {
	key := insert(f).key()
	f.Add(sshsig("git"))
	f.Add(login([]byte("1"), "alice", key, nil))
	f.Add(login([]byte("1"), "alice", key, boundTo(newHost(f, 1))))
	f.Add(make([]byte, 32))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, algorithm, err := recognise(data, key)
		if err != nil {
			var refused *Refusal
			if !errors.As(err, &refused) || refused.Reason != ErrUnknownData {
				t.Fatal(err)
			}
			return
		}
		if !r.Login {
			if !bytes.HasPrefix(data, []byte(sshsigMagic)) || algorithm != "" {
				t.Fatalf("%q is no signature", data)
			}
			return
		}
		again := login(r.sessionID, r.user, key, func(m *loginMessage) {
			m.Algorithm = algorithm
			if r.boundHost != nil {
				m.Method, m.Rest = methodHostBound, ssh.Marshal(struct{ Key []byte }{r.boundHost})
			}
		})
		if !bytes.Equal(again, data) {
			t.Fatalf("% X was read as % X", data, again)
		}
	})
}
