package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// standardHandler holds the entries of the encryption dictionary for the
// standard security handler (7.6.3.2, table 21; ISO 32000-2, table 21).
type standardHandler struct {
	version, revision   int64 // V, R
	permissions, length int64
	owner, user         string // O, U
	ownerKey, userKey   string // OE, UE
	perms               string
	id                  string // the first string of the file's ID
	metadata            bool
}

// padding fills a password up to 32 bytes (7.6.3.3, algorithm 2).
const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

// open derives the file's key from the empty user password and returns the
// permissions. It allows everything if the owner's password is also empty.
func (h standardHandler) open() (key []byte, access Access, err error) {
	access = Access(uint32(h.permissions))
	switch {
	case h.revision >= 2 && h.revision <= 4 && (h.version == 1 || h.version == 2 || h.version == 4):
		if len(h.owner) < 32 || len(h.user) < 32 {
			return nil, 0, ErrEncryption
		}
		for _, n := range h.lengths() {
			if key = h.key(padding, n); !h.isUser(key) {
				continue
			}
			if h.isOwner(n) {
				access = mayAll
			}
			return key, access, nil
		}
		return nil, 0, ErrPassword
	case h.version == 5 && (h.revision == 5 || h.revision == 6):
		if len(h.owner) < 48 || len(h.user) < 48 || len(h.userKey) < 32 {
			return nil, 0, ErrEncryption
		}
		if key = h.key256(); key == nil {
			return nil, 0, ErrPassword
		}
		if !h.isKey(key) {
			return nil, 0, ErrEncryption
		}
		owner := h.owner[:48]
		if h.hash(owner[32:40], h.user[:48]) == owner[:32] {
			access = mayAll
		}
	default:
		return nil, 0, ErrEncryption
	}
	return key, access, nil
}

// lengths returns the possible key lengths, in bytes. If Length is missing or
// wrong, some programs use defaults other than the standard's. Trying several
// lengths is safe, because a wrong key is detected.
func (h standardHandler) lengths() []int {
	n := int(h.length / 8)
	switch {
	case h.version == 1 || h.revision == 2:
		return []int{5}
	case h.version == 4:
		return []int{16}
	case n < 5 || n > 16:
		return []int{5, 16}
	}
	return []int{n, 16, 5}
}

// key is algorithm 2 (7.6.3.3).
func (h standardHandler) key(password string, n int) []byte {
	d := md5.New()
	d.Write([]byte(password))
	d.Write([]byte(h.owner[:32]))
	d.Write(binary.LittleEndian.AppendUint32(nil, uint32(h.permissions)))
	d.Write([]byte(h.id))
	if h.revision >= 4 && !h.metadata {
		d.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	}
	key := d.Sum(nil)
	if h.revision >= 3 {
		for range 50 {
			sum := md5.Sum(key[:n])
			key = sum[:]
		}
	}
	return key[:n]
}

// isUser is algorithm 6: it checks that the key belongs to the user's password.
func (h standardHandler) isUser(key []byte) bool {
	if h.revision == 2 {
		return xorRC4(key, []byte(padding), 1) == h.user[:32]
	}
	sum := md5.Sum([]byte(padding + h.id))
	return xorRC4(key, sum[:], 20) == h.user[:16]
}

// isOwner is algorithm 7 with the empty password: O must decrypt to the user's
// password, which is empty.
func (h standardHandler) isOwner(n int) bool {
	sum := md5.Sum([]byte(padding))
	key := sum[:]
	rounds := 1
	if h.revision >= 3 {
		for range 50 {
			sum = md5.Sum(key[:n])
			key = sum[:]
		}
		rounds = 20
	}
	return xorRC4(key[:n], []byte(padding), rounds) == h.owner[:32]
}

// xorRC4 encrypts several times, each round with the key XORed with the round
// number. RC4 decrypts the same way, so the order of the rounds does not
// matter.
func xorRC4(key, data []byte, rounds int) string {
	out := bytes.Clone(data)
	for round := range rounds {
		changed := make([]byte, len(key))
		for i := range key {
			changed[i] = key[i] ^ byte(round)
		}
		c, err := rc4.NewCipher(changed)
		if err != nil {
			return ""
		}
		c.XORKeyStream(out, out)
	}
	return string(out)
}

// key256 is algorithm 2.A with the empty user password. It returns nil if the
// password is not empty.
func (h standardHandler) key256() []byte {
	user := h.user[:48]
	if h.hash(user[32:40], "") != user[:32] {
		return nil
	}
	block, err := aes.NewCipher([]byte(h.hash(user[40:48], "")))
	if err != nil {
		return nil
	}
	key := []byte(h.userKey[:32])
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(key, key)
	return key
}

// isKey is the part of algorithm 13 that proves the key. It ignores the copy of
// the permissions in Perms, because readers disagree about it; the permissions
// in P are used.
func (h standardHandler) isKey(key []byte) bool {
	block, err := aes.NewCipher(key)
	if err != nil || len(h.perms) < aes.BlockSize {
		return false
	}
	perms := make([]byte, aes.BlockSize)
	block.Decrypt(perms, []byte(h.perms[:aes.BlockSize]))
	return string(perms[9:12]) == "adb"
}

// hash is algorithm 2.B for the empty password. For revision 5, the predecessor
// of 2.B, it is SHA-256 alone.
func (h standardHandler) hash(salt, user string) string {
	sum := sha256.Sum256([]byte(salt + user))
	k := sum[:]
	if h.revision == 5 {
		return string(k)
	}
	for round := 1; ; round++ {
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return ""
		}
		e := bytes.Repeat(append(bytes.Clone(k), user...), 64)
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, e)
		remainder := 0 // of the first 16 bytes as a number; 256 is 1 modulo 3
		for _, b := range e[:16] {
			remainder += int(b)
		}
		switch remainder % 3 {
		case 0:
			sum := sha256.Sum256(e)
			k = sum[:]
		case 1:
			sum := sha512.Sum384(e)
			k = sum[:]
		case 2:
			sum := sha512.Sum512(e)
			k = sum[:]
		}
		if round >= 64 && int(e[len(e)-1]) <= round-32 {
			return string(k[:32])
		}
	}
}
