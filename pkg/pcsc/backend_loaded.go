//go:build !cgo || windows

package pcsc

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
)

// This backend finds its functions when the program runs, so that a program
// built without a C compiler reaches the readers, and one on a machine without
// PC/SC still starts. The differences of the systems stand in
// loaded_{linux,darwin,windows}.go: the sizes of a DWORD and of a handle, the
// end of SCARD_READERSTATE, and whether text is bytes or UTF-16.

// loadBackend loads the library once in the life of the program.
var loadBackend = sync.OnceValues(func() (backend, error) {
	symbol, err := openLibrary()
	if err != nil {
		return nil, fmt.Errorf("pcsc: %w: %w", ErrNoLibrary, err)
	}
	b := loadedBackend{}
	for _, op := range []string{
		opEstablish, opRelease, opCancel, opListReaders, opGetStatusChange,
		opConnect, opReconnect, opDisconnect, opBegin, opEnd, opTransmit,
	} {
		if b[op], err = symbol(op); err != nil {
			return nil, fmt.Errorf("pcsc: %w: %w", ErrNoLibrary, err)
		}
	}
	return b, nil
})

// loadedBackend holds the address of each function.
type loadedBackend map[string]uintptr

// call calls the C function op. Arguments that were pointers stay where they
// are, and alive, until it returns.
//
//go:uintptrescapes
func (b loadedBackend) call(op string, args ...uintptr) error {
	code, _, _ := purego.SyscallN(b[op], args...)
	return result(op, uint32(code)) // a LONG, of 64 bits on Linux
}

func (b loadedBackend) establishContext() (backendContext, error) {
	var h handle
	if err := b.call(opEstablish, scopeSystem, 0, 0, uintptr(unsafe.Pointer(&h))); err != nil {
		return nil, err
	}
	return loadedContext{b, h}, nil
}

type loadedContext struct {
	loadedBackend
	handle handle
}

func (c loadedContext) releaseContext() error { return c.call(opRelease, uintptr(c.handle)) }

func (c loadedContext) cancel() error { return c.call(opCancel, uintptr(c.handle)) }

func (c loadedContext) listReaders() ([]string, error) {
	// Far more than the systems allow: 16 readers on Linux, and 10 Windows
	// promises.
	list := make([]char, 16*1024)
	n := dword(len(list))
	err := c.call(opListReaders, uintptr(c.handle), 0,
		uintptr(unsafe.Pointer(&list[0])), uintptr(unsafe.Pointer(&n)))
	if err != nil {
		return nil, err
	}
	var names []string // each ends with a zero, the list with another
	for rest := list[:min(int(n), len(list))]; len(rest) > 0 && rest[0] != 0; {
		end := slices.Index(rest, 0)
		if end < 0 {
			break
		}
		names = append(names, decode(rest[:end]))
		rest = rest[end+1:]
	}
	return names, nil
}

// readerState is SCARD_READERSTATE. In an array it takes readerStateSize
// bytes, which on macOS are fewer than Go's.
type readerState struct {
	reader         uintptr // of its name
	userData       uintptr
	current, event dword
	atrLength      dword
	atr            [maxATRSize]byte
}

func (c loadedContext) getStatusChange(timeout time.Duration, readers []readerStatus) error {
	var pinned runtime.Pinner // C sees the names only through the array
	defer pinned.Unpin()
	array := make([]byte, len(readers)*readerStateSize)
	for i, r := range readers {
		name, err := encode(r.name)
		if err != nil {
			return &Error{opGetStatusChange, codeUnknownReader}
		}
		pinned.Pin(&name[0])
		s := readerState{reader: uintptr(unsafe.Pointer(&name[0])), current: dword(r.current)}
		copy(array[i*readerStateSize:(i+1)*readerStateSize], s.bytes())
	}
	err := c.call(opGetStatusChange, uintptr(c.handle), uintptr(timeout.Milliseconds()),
		uintptr(unsafe.Pointer(&array[0])), uintptr(len(readers)))
	if err != nil {
		return err
	}
	for i := range readers {
		var s readerState
		copy(s.bytes(), array[i*readerStateSize:(i+1)*readerStateSize])
		readers[i].event = uint32(s.event)
		readers[i].atr = slices.Clone(s.atr[:min(int(s.atrLength), len(s.atr))])
	}
	return nil
}

func (s *readerState) bytes() []byte {
	return (*[unsafe.Sizeof(*s)]byte)(unsafe.Pointer(s))[:]
}

func (c loadedContext) connect(reader string) (backendCard, error) {
	name, err := encode(reader)
	if err != nil {
		return nil, &Error{opConnect, codeUnknownReader}
	}
	card := &loadedCard{loadedBackend: c.loadedBackend}
	err = c.call(opConnect, uintptr(c.handle), uintptr(unsafe.Pointer(&name[0])),
		shareShared, protocolT0OrT1,
		uintptr(unsafe.Pointer(&card.handle)), uintptr(unsafe.Pointer(&card.protocol)))
	if err != nil {
		return nil, err
	}
	return card, checkProtocol(opConnect, uint32(card.protocol))
}

type loadedCard struct {
	loadedBackend
	handle   handle
	protocol dword
	answer   [maxResponseSize]byte // every command's
}

func (c *loadedCard) beginTransaction() error { return c.call(opBegin, uintptr(c.handle)) }

func (c *loadedCard) endTransaction(d disposition) error {
	return c.call(opEnd, uintptr(c.handle), uintptr(d))
}

func (c *loadedCard) disconnect(d disposition) error {
	return c.call(opDisconnect, uintptr(c.handle), uintptr(d))
}

func (c *loadedCard) reconnect(d disposition) error {
	err := c.call(opReconnect, uintptr(c.handle), shareShared, protocolT0OrT1,
		uintptr(d), uintptr(unsafe.Pointer(&c.protocol)))
	if err != nil {
		return err
	}
	return checkProtocol(opReconnect, uint32(c.protocol))
}

// ioRequest is SCARD_IO_REQUEST.
type ioRequest struct{ protocol, length dword }

func (c *loadedCard) transmit(cmd []byte) ([]byte, error) {
	pci := ioRequest{protocol: c.protocol, length: dword(unsafe.Sizeof(ioRequest{}))}
	n := dword(len(c.answer))
	err := c.call(opTransmit, uintptr(c.handle), uintptr(unsafe.Pointer(&pci)),
		uintptr(unsafe.Pointer(&cmd[0])), uintptr(len(cmd)),
		0, uintptr(unsafe.Pointer(&c.answer[0])), uintptr(unsafe.Pointer(&n)))
	if err != nil {
		return nil, err
	}
	answer := c.answer[:min(int(n), len(c.answer))]
	defer clear(answer)
	return slices.Clone(answer), nil
}
