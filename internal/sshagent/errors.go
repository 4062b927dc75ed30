package sshagent

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

var errFrame = errors.New("sshagent: a request of an impossible length")

// Reasons of a [*Refusal].
var (
	ErrMalformed   = errors.New("the request is malformed")
	ErrUnknownData = errors.New("neither a log-in nor an SSHSIG signature")
	ErrSHA1        = errors.New("ssh-rsa signatures (SHA-1) are not made")
	ErrAlgorithm   = errors.New("the algorithm is none of rsa-sha2-256 and rsa-sha2-512, or differs from the one in the data")
	ErrOtherKey    = errors.New("not the key of this card")
	ErrLocked      = errors.New("the agent is locked")
	ErrPassphrase  = errors.New("wrong passphrase, or nothing to lock or unlock")
	ErrAdd         = errors.New("keys are not added")
	ErrRemove      = errors.New("keys are not removed")
	ErrBinding     = errors.New("the connection's session could not be verified")
	ErrSession     = errors.New("the log-in is of another session than the connection")
	ErrForwarded   = errors.New("the connection is forwarded from another machine")
	ErrUnbound     = errors.New("the client does not tell where it logs in to")
	ErrProxy       = errors.New("the other agent does not answer")
	ErrDestination = errors.New("not one of the destinations")
)

// Refusal is a request that was refused without asking anybody.
type Refusal struct {
	Reason error  // one of the reasons above
	Detail string // of the request, printable; may be empty
}

func (e *Refusal) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("sshagent: %v", e.Reason)
	}
	return fmt.Sprintf("sshagent: %v: %s", e.Reason, e.Detail)
}

func (e *Refusal) Unwrap() error { return e.Reason }

func refuse(reason error, detail string) error { return &Refusal{reason, printable(detail)} }

// maxShown bounds, in characters, the parts of a client's request that errors
// show.
const maxShown = 64

// printable makes text of a client fit to be shown: on one line, bounded, and
// without anything that a terminal acts upon.
func printable(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxShown {
			b.WriteString("...")
			break
		}
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}
