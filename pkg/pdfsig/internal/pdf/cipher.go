package pdf

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"io"
	"strings"
)

// cipherOf encrypts the strings and streams of one object (7.6.2).
type cipherOf struct {
	method method
	key    []byte
}

// cipher returns the cipher of a crypt filter for an object. It returns nil if
// the filter is missing or does not encrypt.
func (e *encryption) cipher(filter Name, ref Ref) *cipherOf {
	m := e.filters[filter]
	switch m {
	case identity:
		return nil
	case aesv3:
		return &cipherOf{m, e.key}
	}
	n, g := ref.Number, ref.Generation // algorithm 1
	salted := append(append([]byte{}, e.key...), byte(n), byte(n>>8), byte(n>>16), byte(g), byte(g>>8))
	if m == aesv2 {
		salted = append(salted, "sAlT"...)
	}
	sum := md5.Sum(salted)
	return &cipherOf{m, sum[:min(len(e.key)+5, 16)]}
}

// open decrypts a string.
func (c *cipherOf) open(s string) string {
	data, err := io.ReadAll(c.reader(strings.NewReader(s), int64(len(s))))
	if err != nil {
		return ""
	}
	return string(data)
}

// seal encrypts a string.
func (c *cipherOf) seal(s string) string {
	if c.method == rc4v2 {
		return c.open(s)
	}
	pad := aes.BlockSize - len(s)%aes.BlockSize
	b := make([]byte, aes.BlockSize, aes.BlockSize+len(s)+pad)
	rand.Read(b)
	b = append(b, s...)
	for range pad {
		b = append(b, byte(pad))
	}
	cipher.NewCBCEncrypter(c.block(), b[:aes.BlockSize]).CryptBlocks(b[aes.BlockSize:], b[aes.BlockSize:])
	return string(b)
}

func (c *cipherOf) block() cipher.Block {
	block, err := aes.NewCipher(c.key)
	if err != nil {
		panic(err) // both versions give a valid AES key length
	}
	return block
}

// reader decrypts size bytes from r.
func (c *cipherOf) reader(r io.Reader, size int64) io.Reader {
	if c.method == rc4v2 {
		stream, err := rc4.NewCipher(c.key)
		if err != nil {
			panic(err) // the key has 5 to 16 bytes
		}
		return cipher.StreamReader{S: stream, R: r}
	}
	return &blockReader{block: c.block(), from: r, left: size}
}

// blockReader decrypts AES in CBC mode. It takes the first block as the
// initialisation vector and removes the PKCS #7 padding.
type blockReader struct {
	block cipher.Block
	from  io.Reader
	left  int64
	mode  cipher.BlockMode
	ready []byte
}

func (r *blockReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for len(r.ready) == 0 {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

func (r *blockReader) fill() error {
	const most = 16 << 10
	n := min(r.left, most)
	if r.mode == nil {
		n = min(r.left, aes.BlockSize)
	}
	n -= n % aes.BlockSize // ignore an incomplete block
	if n == 0 {
		return io.EOF
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r.from, data); err != nil {
		return err
	}
	r.left -= n
	if r.mode == nil {
		r.mode = cipher.NewCBCDecrypter(r.block, data)
		return nil
	}
	r.mode.CryptBlocks(data, data)
	if r.left < aes.BlockSize {
		if pad := int(data[n-1]); pad >= 1 && pad <= aes.BlockSize {
			data = data[:int(n)-pad]
		}
	}
	r.ready = data
	return nil
}
