package virtualcard

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// slot is a reader's side of the vpcd protocol.
type slot struct {
	t    *testing.T
	conn net.Conn
}

func (s slot) send(message ...byte) {
	s.t.Helper()
	raw := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	if _, err := s.conn.Write(append(raw, message...)); err != nil {
		s.t.Fatal(err)
	}
}

func (s slot) ask(message ...byte) []byte {
	s.t.Helper()
	s.send(message...)
	var size [2]byte
	if _, err := io.ReadFull(s.conn, size[:]); err != nil {
		s.t.Fatal(err)
	}
	answer := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(s.conn, answer); err != nil {
		s.t.Fatal(err)
	}
	return answer
}

// insert connects a card to a slot of its own. ended receives the error of
// Serve.
func insert(t *testing.T, ctx context.Context, c *Card) (s slot, noticed chan bool, ended chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	noticed, ended = make(chan bool, 1), make(chan error, 1)
	go func() { ended <- Serve(ctx, listener.Addr().String(), c, func() { noticed <- true }) }()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return slot{t, conn}, noticed, ended
}

func TestServe(t *testing.T) {
	ctx, remove := context.WithCancel(t.Context())
	defer remove()
	c := newCard(t, "adult", Options{})
	s, noticed, ended := insert(t, ctx, c)

	if atr := s.ask(controlATR); !bytes.Equal(atr, c.ATR()) {
		t.Errorf("ATR % X", atr)
	}
	<-noticed
	s.send(controlPowerOn)
	selectJPKI := []byte("\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01")
	verified := func() {
		t.Helper()
		for _, cmd := range []string{string(selectJPKI), "\x00\xA4\x02\x0C\x02\x00\x18", "\x00\x20\x00\x80\x041234"} {
			if answer := s.ask([]byte(cmd)...); string(answer) != "\x90\x00" {
				t.Fatalf("answer % X to % X", answer, cmd)
			}
		}
	}
	open := func() bool {
		t.Helper()
		s.ask(selectJPKI...)
		s.ask([]byte("\x00\xA4\x02\x0C\x02\x00\x17")...)
		return len(s.ask([]byte("\x80\x2A\x00\x80\x01x\x00")...)) == 256+2
	}
	verified()
	if !open() {
		t.Error("no signature after VERIFY")
	}
	s.send(controlReset)
	s.send() // an empty message and unknown control bytes mean nothing
	s.send(3)
	s.send(controlPowerOn)
	if !open() {
		t.Error("a warm reset closed the PIN")
	}
	s.send(controlPowerOff)
	s.send(controlPowerOn)
	if open() {
		t.Error("power-off left the PIN open")
	}

	verified()
	remove()
	if err := <-ended; err != nil {
		t.Errorf("Serve ended by its context: %v", err)
	}
	if _, err := c.Transmit(selectJPKI); !errors.Is(err, ErrUnpowered) {
		t.Errorf("the removed card has power: %v", err)
	}
}

func TestServeWithoutReader(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	err = Serve(t.Context(), listener.Addr().String(), newCard(t, "adult", Options{}), nil)
	if !errors.Is(err, ErrNoReader) {
		t.Errorf("error %v, want ErrNoReader", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := Serve(ended, listener.Addr().String(), newCard(t, "adult", Options{}), nil); err != nil {
		t.Errorf("error %v with a context that had ended", err)
	}
}

func TestServeReaderGoes(t *testing.T) {
	s, _, ended := insert(t, t.Context(), newCard(t, "adult", Options{}))
	s.ask(controlATR)
	s.conn.Close()
	if err := <-ended; !errors.Is(err, ErrReaderGone) {
		t.Errorf("error %v, want ErrReaderGone", err)
	}
}

func TestServeCommandWithoutPower(t *testing.T) {
	s, _, ended := insert(t, t.Context(), newCard(t, "adult", Options{}))
	s.send(0x00, 0xA4, 0x00, 0x00)
	if err := <-ended; !errors.Is(err, ErrUnpowered) {
		t.Errorf("error %v, want ErrUnpowered", err)
	}
}

// TestServeSlotTaken shows that a reader that never speaks counts as a taken
// slot.
func TestServeSlotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent, conn := net.Pipe()
		defer silent.Close()
		if err := attach(t.Context(), conn, newCard(t, "adult", Options{}), nil); !errors.Is(err, ErrSlotTaken) {
			t.Errorf("error %v, want ErrSlotTaken", err)
		}
	})
}

// TestServeIsPrompt shows that TCP_NODELAY and TCP_QUICKACK are set: a reader
// that writes a message in two parts would otherwise wait about 40 ms a command
// for a delayed acknowledgement.
func TestServeIsPrompt(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has TCP_QUICKACK")
	}
	s, _, _ := insert(t, t.Context(), newCard(t, "adult", Options{}))
	if err := s.conn.(*net.TCPConn).SetNoDelay(false); err != nil {
		t.Fatal(err)
	}
	const rounds = 50
	start := time.Now()
	for range rounds {
		if _, err := s.conn.Write([]byte{0}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.conn.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.conn.Write([]byte{controlATR}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(s.conn, make([]byte, 2+13)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took > rounds*20*time.Millisecond {
		t.Errorf("%d exchanges took %v", rounds, took)
	}
}
