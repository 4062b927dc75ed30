package p11rpc

import (
	"encoding/binary"
	"errors"
)

// errMalformed is a body that does not match its signature.
var errMalformed = errors.New("p11rpc: malformed message")

// absent is the length of a NULL pointer, and the type of a NULL mechanism.
const absent = 0xFFFFFFFF

// reader takes values off a body. The first that is not there makes it fail,
// and all that follow are zero.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) take(n uint32) []byte {
	if r.failed || uint64(n) > uint64(len(r.b)) {
		r.failed, r.b = true, nil
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// err is errMalformed unless everything was there and nothing more.
func (r *reader) err() error {
	if r.failed || len(r.b) > 0 {
		return errMalformed
	}
	return nil
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// ulong is a CK_ULONG.
func (r *reader) ulong() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// counted is a length and so many bytes, nil for a NULL pointer.
func (r *reader) counted() []byte {
	n := r.uint32()
	if n == absent || r.failed {
		return nil
	}
	if b := r.take(n); b != nil {
		return b
	}
	return nil
}

// bytes is an array of bytes ("ay"): nil for a NULL pointer, and where the
// client has sent the length alone.
func (r *reader) bytes() []byte {
	if r.byte() == 0 {
		r.uint32()
		return nil
	}
	return r.counted()
}

// room is how many elements the client has room for ("fy", "fu"); 0 asks for
// the number alone.
func (r *reader) room() int { return int(r.uint32()) }

// writer builds a body.
type writer struct{ b []byte }

func (w *writer) byte(v byte)     { w.b = append(w.b, v) }
func (w *writer) uint32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }

func (w *writer) ulongs(values ...uint64) {
	for _, v := range values {
		w.b = binary.BigEndian.AppendUint64(w.b, v)
	}
}

func (w *writer) version(v Version) { w.b = append(w.b, v.Major, v.Minor) }

func (w *writer) counted(b []byte) {
	w.uint32(uint32(len(b)))
	w.b = append(w.b, b...)
}

// padded writes a text of exactly n bytes: one of another length makes a client
// end the call. It is cut between characters.
func (w *writer) padded(s string, n int) {
	for len(s) > n {
		cut := n
		for cut > 0 && s[cut]&0xC0 == 0x80 {
			cut--
		}
		s = s[:cut]
	}
	w.uint32(uint32(n))
	w.b = append(w.b, s...)
	for range n - len(s) {
		w.byte(' ')
	}
}

// bytesInto answers a client that has room for so many bytes: with all, or with
// their number.
func (w *writer) bytesInto(room int, b []byte) {
	if room < len(b) {
		w.tooSmall(len(b))
		return
	}
	w.byte(1)
	w.counted(b)
}

// tooSmall tells how much room it takes.
func (w *writer) tooSmall(n int) {
	w.byte(0)
	w.uint32(uint32(n))
}

// ulongsInto does the same for an array of CK_ULONG.
func (w *writer) ulongsInto(room int, values []uint64) {
	if room < len(values) {
		w.tooSmall(len(values))
		return
	}
	w.byte(1)
	w.uint32(uint32(len(values)))
	w.ulongs(values...)
}
