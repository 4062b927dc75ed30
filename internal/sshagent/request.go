package sshagent

import (
	"bytes"
	"crypto"
	_ "crypto/sha256" // the two hashes
	_ "crypto/sha512"

	"golang.org/x/crypto/ssh"
)

// Request is something of a known kind to sign.
type Request struct {
	// Login is true for a log-in, false for a signature over data (SSHSIG).
	Login bool
	// User is the name to log in by. Namespace is the purpose of the signature:
	// "git" or "file", for example. Both are printable and bounded.
	User, Namespace string
	// Host is the server's key, if the client sent and proved it; otherwise
	// nil.
	Host ssh.PublicKey
	// Forwarded: the client is on another machine.
	Forwarded bool

	Algorithm string      // rsa-sha2-256 or rsa-sha2-512
	Hash      crypto.Hash // the hash of Digest
	Digest    []byte      // the digest to sign

	user      string // as sent
	sessionID []byte // of a log-in
	boundHost []byte // of a log-in bound to its host's key
}

// algorithms are those that are signed for, by the flags that ask for them.
// Without a flag it would be SHA-1 (RFC 8332).
var algorithms = map[uint32]struct {
	name string
	hash crypto.Hash
}{
	flagSHA256: {ssh.KeyAlgoRSASHA256, crypto.SHA256},
	flagSHA512: {ssh.KeyAlgoRSASHA512, crypto.SHA512},
}

// parseRequest finds out the kind of data that is to be signed with key.
func parseRequest(data []byte, flags uint32, key ssh.PublicKey) (*Request, error) {
	r, algorithm, err := recognise(data, key)
	if err != nil {
		return nil, err
	}
	a, ok := algorithms[flags]
	switch {
	case flags == 0 || algorithm == ssh.KeyAlgoRSA:
		return nil, refuse(ErrSHA1, "")
	case !ok || algorithm != "" && algorithm != a.name:
		return nil, refuse(ErrAlgorithm, algorithm)
	}
	r.Algorithm, r.Hash = a.name, a.hash
	h := r.Hash.New()
	h.Write(data)
	r.Digest = h.Sum(nil)
	return r, nil
}

// recognise reads data as one of the two things that are signed. algorithm is
// the one that a log-in names, "" where none is named.
func recognise(data []byte, key ssh.PublicKey) (r *Request, algorithm string, err error) {
	if blob, ok := bytes.CutPrefix(data, []byte(sshsigMagic)); ok {
		r, err := parseSignature(blob)
		return r, "", err
	}
	return parseLogin(data, key)
}

// sshsigMagic begins the data that SSHSIG signs (PROTOCOL.sshsig, section 3).
const sshsigMagic = "SSHSIG"

func parseSignature(blob []byte) (*Request, error) {
	var m struct {
		Namespace string
		Reserved  []byte
		Hash      string
		Digest    []byte
	}
	sizes := map[string]int{"sha256": crypto.SHA256.Size(), "sha512": crypto.SHA512.Size()}
	if ssh.Unmarshal(blob, &m) != nil || m.Namespace == "" || len(m.Digest) == 0 || sizes[m.Hash] != len(m.Digest) {
		return nil, refuse(ErrUnknownData, "")
	}
	return &Request{Namespace: printable(m.Namespace)}, nil
}

// Names of a log-in by public key, without and with the host's key.
const (
	methodPublicKey = "publickey"
	methodHostBound = "publickey-hostbound-v00@openssh.com"
)

// loginMessage is the data that the client signs (RFC 4252, section 7): the
// session's identifier and SSH_MSG_USERAUTH_REQUEST.
type loginMessage struct {
	SessionID    []byte
	Type         byte // 50
	User         string
	Service      string
	Method       string
	HasSignature byte // 1
	Algorithm    string
	Key          []byte
	Rest         []byte `ssh:"rest"`
}

func parseLogin(data []byte, key ssh.PublicKey) (*Request, string, error) {
	const userAuthRequest = 50
	var m loginMessage
	if ssh.Unmarshal(data, &m) != nil || len(m.SessionID) == 0 || m.Type != userAuthRequest ||
		m.Service != "ssh-connection" || m.HasSignature != 1 || !bytes.Equal(m.Key, key.Marshal()) {
		return nil, "", refuse(ErrUnknownData, "")
	}
	r := &Request{Login: true, User: printable(m.User), user: m.User, sessionID: m.SessionID}
	var host struct{ Key []byte }
	switch {
	case m.Method == methodPublicKey && len(m.Rest) == 0:
	case m.Method == methodHostBound && ssh.Unmarshal(m.Rest, &host) == nil && len(host.Key) > 0:
		r.boundHost = host.Key
	default:
		return nil, "", refuse(ErrUnknownData, m.Method)
	}
	return r, m.Algorithm, nil
}
