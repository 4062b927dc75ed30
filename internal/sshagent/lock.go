package sshagent

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"
)

// lock keeps a digest that recognises a passphrase.
type lock struct {
	salt, key []byte
	failures  int
}

func derive(passphrase, salt []byte) ([]byte, error) {
	const rounds = 1 << 16
	return pbkdf2.Key(sha256.New, string(passphrase), salt, rounds, sha256.Size)
}

func (a *Agent) locked() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lock != nil
}

// setLock locks the agent. The PIN is forgotten.
func (a *Agent) setLock(passphrase []byte) error {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := derive(passphrase, salt)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lock != nil {
		return refuse(ErrPassphrase, "")
	}
	a.lock = &lock{salt: salt, key: key}
	a.Card.Forget()
	return nil
}

// Wrong passphrases make the next attempt slower, up to a limit.
const (
	lockDelay    = 100 * time.Millisecond
	lockDelayMax = 5 * time.Second
)

func (a *Agent) unlock(ctx context.Context, passphrase []byte) error {
	a.guess.Lock()
	defer a.guess.Unlock()
	a.mu.Lock()
	now := a.lock
	a.mu.Unlock()
	if now == nil {
		return refuse(ErrPassphrase, "")
	}
	key, err := derive(passphrase, now.salt)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(key, now.key) == 1 {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.lock = nil
		return nil
	}
	now.failures++ // guess is held
	select {       // the others who guess wait, and nobody else
	case <-time.After(min(time.Duration(now.failures)*lockDelay, lockDelayMax)):
	case <-ctx.Done():
	}
	return refuse(ErrPassphrase, "")
}
