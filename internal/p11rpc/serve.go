package p11rpc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	// version is the one that the server offers. A client makes do with it
	// whatever its own.
	version = 0
	// maxFrame bounds a frame, options and body together.
	maxFrame = 1 << 20
	// maxCalls bounds the calls under way.
	maxCalls = 64
)

// Errors that end a connection.
var (
	errFrame     = errors.New("p11rpc: a frame is too long")
	errSignature = errors.New("p11rpc: a call has another signature than here")
)

// Serve answers one client until it goes away, which is no error, or ctx ends,
// which is ctx's. Calls under way are ended and waited for. Closing conn is its
// owner's business; until then a read of it may be left waiting.
func Serve(ctx context.Context, conn io.ReadWriter, m Module) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	frames := make(chan frame)
	go func() {
		for err := negotiateVersion(conn); ; {
			var f frame
			if err == nil {
				f, err = readFrame(conn)
			}
			if err != nil {
				cancel(ended{err})
				return
			}
			select {
			case frames <- f:
			case <-ctx.Done():
				return
			}
		}
	}()
	s := &server{conn: conn, module: m, free: make(chan struct{}, maxCalls), fail: func(err error) { cancel(ended{err}) }}
	defer s.calls.Wait()
	for {
		select {
		case <-ctx.Done():
			err := context.Cause(ctx)
			if e, ok := errors.AsType[ended](err); ok {
				err = e.error
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			cancel(nil)
			return err
		case f := <-frames:
			s.handle(ctx, f)
		}
	}
}

// ended is the end of a connection, as the cause of a context's.
type ended struct{ error }

// negotiateVersion agrees on the version of the protocol.
func negotiateVersion(conn io.ReadWriter) error {
	var highest [1]byte
	if _, err := io.ReadFull(conn, highest[:]); err != nil {
		return err
	}
	_, err := conn.Write([]byte{min(highest[0], version)})
	return err
}

// frame is a request, or its answer, which has the same number.
type frame struct {
	number uint32
	body   []byte
}

// readFrame reads one, and drops its options: the module's name.
func readFrame(r io.Reader) (f frame, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return f, err
	}
	options, body := uint64(binary.BigEndian.Uint32(head[4:])), uint64(binary.BigEndian.Uint32(head[8:]))
	if options+body > maxFrame {
		return f, errFrame
	}
	b := make([]byte, options+body)
	if _, err := io.ReadFull(r, b); err != nil {
		return f, unexpected(err)
	}
	return frame{binary.BigEndian.Uint32(head[:]), b[options:]}, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (f frame) bytes() []byte {
	b := binary.BigEndian.AppendUint32(nil, f.number)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(f.body)))
	return append(b, f.body...)
}

// server is one connection.
type server struct {
	conn   io.Writer
	module Module
	free   chan struct{}
	calls  sync.WaitGroup
	fail   func(error)
	write  sync.Mutex
}

// handle answers a request beside others: one may wait for a person, or for a
// card to come.
func (s *server) handle(ctx context.Context, f frame) {
	select {
	case s.free <- struct{}{}:
	case <-ctx.Done():
		return
	}
	s.calls.Go(func() {
		defer func() { <-s.free }()
		answer, err := answer(ctx, s.module, f.body)
		clear(f.body) // there may have been a PIN in it
		if err == nil {
			s.write.Lock()
			defer s.write.Unlock()
			_, err = s.conn.Write(frame{f.number, answer}.bytes())
		}
		if err != nil {
			s.fail(err)
		}
	})
}

// answer runs the call of a body and gives the body of its answer. The error is
// one after which nothing more is to be had from the client.
func answer(ctx context.Context, m Module, body []byte) ([]byte, error) {
	r := &reader{b: body}
	id, signature := r.uint32(), r.counted()
	if r.failed {
		return nil, errMalformed
	}
	c, known := calls[id]
	if known && string(signature) != c.request {
		return nil, fmt.Errorf("%w: %d", errSignature, id)
	}
	if !known || c.run == nil {
		return refusal(FunctionNotSupported), nil
	}
	w := &writer{}
	w.uint32(id)
	w.counted([]byte(c.answer))
	if err := run(ctx, c, m, r, w); err != nil {
		if errors.Is(err, errMalformed) {
			err = ArgumentsBad
		}
		return refusal(rvOf(err)), nil
	}
	return w.b, nil
}

// run runs a call, and returns its panic as an error.
func run(ctx context.Context, c call, m Module, r *reader, w *writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("p11rpc: panic: %v", p)
		}
	}()
	return c.run(ctx, m, r, w)
}

// refusal is the answer to a call that failed.
func refusal(rv RV) []byte {
	w := &writer{}
	w.uint32(0)
	w.counted([]byte("u"))
	w.ulongs(uint64(rv))
	return w.b
}
