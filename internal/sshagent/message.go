package sshagent

// Numbers of the protocol's messages (draft-ietf-sshm-ssh-agent, section 5).
const (
	answerFailure             = 5
	answerSuccess             = 6
	requestIdentities         = 11
	requestSign               = 13
	requestAdd                = 17
	requestRemove             = 18
	requestRemoveAll          = 19
	requestAddCard            = 20
	requestRemoveCard         = 21
	requestLock               = 22
	requestUnlock             = 23
	requestAddConstrained     = 25
	requestAddCardConstrained = 26
	requestExtension          = 27
	answerExtensionFailure    = 28
)

// Flags of a request to sign.
const (
	flagSHA256 = 2
	flagSHA512 = 4
)

// The messages as package ssh marshals them. One with two numbers in its tag
// stands for both.

type identitiesAnswer struct {
	N    uint32 `sshtype:"12"`
	Keys []byte `ssh:"rest"`
}

type identity struct {
	Key     []byte
	Comment string
}

type signMessage struct {
	Key   []byte `sshtype:"13"`
	Data  []byte
	Flags uint32
}

type signAnswer struct {
	Signature []byte `sshtype:"14"`
}

type lockMessage struct {
	Passphrase []byte `sshtype:"22|23"`
}

type extensionMessage struct {
	Name     string `sshtype:"27"`
	Contents []byte `ssh:"rest"`
}

// sessionBind is the extension by which an OpenSSH client names the use of a
// connection (PROTOCOL.agent, section 1).
const sessionBind = "session-bind@openssh.com"

type sessionBindMessage struct {
	HostKey   []byte
	SessionID []byte
	Signature []byte
	Forwarded bool
}
