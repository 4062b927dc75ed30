package virtualcard

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// DefaultAddr is where vpcd waits for the card of its first slot. The second
// slot's port is one more.
const DefaultAddr = "127.0.0.1:35963"

// Errors of [Serve].
var (
	// ErrNoReader: nothing listens at the address. vpcd listens while pcscd
	// runs with it as a reader driver; a pcscd that starts on demand runs only
	// while a program uses it.
	ErrNoReader = errors.New("virtualcard: no vpcd reader there")
	// ErrSlotTaken: vpcd's port accepted the connection, but no reader spoke.
	// It serves one card at a time, so another one is probably in the slot.
	ErrSlotTaken = errors.New("virtualcard: the reader does not speak, another card may be in its slot")
	// ErrReaderGone: the reader ended the connection; pcscd has stopped.
	ErrReaderGone = errors.New("virtualcard: the reader is gone")
)

const (
	dialTimeout = 5 * time.Second
	// firstWord is how long a reader may take to speak: vpcd asks for the ATR
	// whenever pcscd polls it, several times a second.
	firstWord = 5 * time.Second
)

// Control bytes of the vpcd protocol: messages of one byte. Only the request
// for the ATR is answered; every other message is a command APDU.
const (
	controlPowerOff = 0
	controlPowerOn  = 1
	controlReset    = 2
	controlATR      = 4
)

// Serve puts the card into the reader that vpcd emulates at addr, and calls
// inserted (nil for none) once the reader has noticed. It takes the card out
// and returns nil when ctx ends.
//
// It does not reconnect: when the reader goes away it returns [ErrReaderGone],
// and calling it again is putting the card in again. The card has no power
// before and after.
func Serve(ctx context.Context, addr string, c *Card, inserted func()) error {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("%w: %w", ErrNoReader, err)
	}
	if err := attach(ctx, prompt{conn}, c, inserted); err != nil {
		return fmt.Errorf("%w (%s)", err, addr)
	}
	return nil
}

// attach is [Serve] on a connection, which it closes.
func attach(ctx context.Context, conn net.Conn, c *Card, inserted func()) error {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c.PowerOff()
	defer c.PowerOff()

	spoke := false
	silence := time.AfterFunc(firstWord, func() { conn.Close() })
	err := serve(conn, c, func() {
		spoke = silence.Stop()
		if inserted != nil {
			inserted()
		}
	})
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, ErrUnpowered):
		return err
	case !spoke && !silence.Stop():
		return ErrSlotTaken
	}
	return fmt.Errorf("%w: %w", ErrReaderGone, err)
}

// serve answers vpcd's messages until the connection fails. A message is its
// length in two bytes, then that many bytes. spoke is called at the first.
func serve(conn io.ReadWriter, c *Card, spoke func()) error {
	buffer := make([]byte, 1<<16)
	for first := true; ; first = false {
		if _, err := io.ReadFull(conn, buffer[:2]); err != nil {
			return err
		}
		message := buffer[:binary.BigEndian.Uint16(buffer)]
		if _, err := io.ReadFull(conn, message); err != nil {
			return err
		}
		if first {
			spoke()
		}
		answer, err := answerReader(c, message)
		clear(message) // it can hold a PIN
		if err != nil {
			return err
		}
		if answer == nil {
			continue
		}
		out := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(answer)), uint16(len(answer)))
		if _, err := conn.Write(append(out, answer...)); err != nil {
			return err
		}
	}
}

// answerReader carries out one message. A nil answer means that the reader
// expects none.
func answerReader(c *Card, message []byte) ([]byte, error) {
	if len(message) == 0 {
		return nil, nil
	}
	if len(message) > 1 {
		return c.Transmit(message) // at most MaxFileSize and a status word: the length fits
	}
	switch message[0] {
	case controlPowerOff:
		c.PowerOff()
	case controlPowerOn:
		c.PowerOn()
	case controlReset:
		c.Reset()
	case controlATR:
		return c.ATR(), nil
	}
	return nil, nil
}

// prompt is a connection that acknowledges at once. vpcd writes a message and
// waits, and Go's connections have TCP_NODELAY set; with delayed
// acknowledgements every second message would still wait 40 ms.
type prompt struct{ net.Conn }

func (p prompt) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if tcp, ok := p.Conn.(*net.TCPConn); ok {
		acknowledgeNow(tcp)
	}
	return n, err
}
