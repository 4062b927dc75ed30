package virtualcard

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// reference is the card's record of a PIN: salt and PBKDF2 of it, not the PIN
// itself. A demo card's PINs are public, but its state lies in a file, and
// somebody may have changed a PIN to one they use elsewhere. A 4-digit PIN is
// found by trying all the same. The empty reference is an unusable PIN.
type reference string

const (
	saltSize   = 16
	iterations = 1000
)

func newReference(pin string) reference {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	return reference(salt) + derive(salt, []byte(pin))
}

// initialReference is that of a new card: the same each time, so that the same
// card has the same state.
func initialReference(pin string) reference {
	if pin == "" {
		return ""
	}
	salt := sha256.Sum256([]byte("jpki demo card"))
	return reference(salt[:saltSize]) + derive(salt[:saltSize], []byte(pin))
}

// derive puts the length in front: HMAC takes a key with zeros behind it for
// the same key.
func derive(salt, pin []byte) reference {
	key, err := pbkdf2.Key(sha256.New, string(append([]byte{byte(len(pin))}, pin...)), salt, iterations, sha256.Size)
	return reference(must(key, err))
}

// matches compares as a card does: byte by byte, whatever the length.
func (r reference) matches(pin []byte) bool {
	return r != "" && bytes.Equal([]byte(derive([]byte(r[:saltSize]), pin)), []byte(r[saltSize:]))
}

func (r reference) String() string { return hex.EncodeToString([]byte(r)) }

var errReference = errors.New("not the salted hash of a PIN")

func parseReference(s string) (reference, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 0 && len(b) != saltSize+sha256.Size {
		return "", errReference
	}
	return reference(b), nil
}
