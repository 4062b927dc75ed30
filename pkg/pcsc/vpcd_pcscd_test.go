//go:build pcscd

package pcsc

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The control messages of vpcd, one byte each.
const (
	ctrlOff   = 0
	ctrlOn    = 1
	ctrlReset = 2
	ctrlATR   = 4
)

var testATR = []byte{0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14}

// testCard is a card in a reader of vpcd, whose two slots listen on the ports
// 35963 and 35964. It records what reaches it.
type testCard struct {
	atr    []byte                  // testATR if nil
	answer func(cmd []byte) []byte // 9000 to everything if nil; itself nil for no answer
	conn   *net.TCPConn

	mu  sync.Mutex
	log []string // off, on, reset, and the commands in hexadecimal
}

// insert puts a card into a slot and waits until pcscd has seen the last one
// removed and this one inserted.
func insert(t *testing.T, pc *Context, slot int, card *testCard) *testCard {
	t.Helper()
	waitFor(t, pc, slot, false)
	insertUnseen(t, slot, card)
	waitFor(t, pc, slot, true)
	return card
}

func insertUnseen(t *testing.T, slot int, card *testCard) *testCard {
	t.Helper()
	if card.atr == nil {
		card.atr = testATR
	}
	var err error
	card.conn, err = net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 35963 + slot})
	if err != nil {
		t.Fatal(err)
	}
	if err := card.conn.SetNoDelay(true); err != nil {
		t.Fatal(err)
	}
	go card.serve()
	t.Cleanup(card.pull)
	return card
}

// pull takes the card out.
func (c *testCard) pull() { _ = c.conn.Close() }

// remove takes the card out and waits until pcscd has seen it.
func (c *testCard) remove(t *testing.T, pc *Context, slot int) {
	t.Helper()
	c.pull()
	waitFor(t, pc, slot, false)
}

func (c *testCard) serve() {
	for {
		c.quickACK()
		var length [2]byte
		if _, err := io.ReadFull(c.conn, length[:]); err != nil {
			return
		}
		message := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c.conn, message); err != nil {
			return
		}
		if len(message) == 1 {
			switch message[0] {
			case ctrlOff:
				c.note("off")
			case ctrlOn:
				c.note("on")
			case ctrlReset:
				c.note("reset")
			case ctrlATR:
				c.send(c.atr)
			}
			continue
		}
		c.note(fmt.Sprintf("%X", message))
		answer := []byte{0x90, 0x00}
		if c.answer != nil {
			answer = c.answer(message)
		}
		if answer != nil {
			c.send(answer)
		}
	}
}

func (c *testCard) send(message []byte) {
	_, _ = c.conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
}

// quickACK sends acknowledgements at once. Linux would delay them by 40 ms, and
// vpcd waits for them.
func (c *testCard) quickACK() {
	raw, err := c.conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}

func (c *testCard) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, what)
}

// seen gives what reached the card since the last call.
func (c *testCard) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	log := c.log
	c.log = nil
	return log
}

// sent returns the commands only: pcscd switches the power as it likes while no
// program is connected.
func (c *testCard) sent() []string {
	return slices.DeleteFunc(c.seen(), func(what string) bool { return slices.Contains([]string{"off", "on", "reset"}, what) })
}

func reader(t *testing.T, pc *Context, slot int) ReaderState {
	t.Helper()
	states, err := pc.Readers(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	name := slotName(slot)
	i := slices.IndexFunc(states, func(r ReaderState) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no reader %q in %v", name, states)
	}
	return states[i]
}

func slotName(slot int) string { return fmt.Sprintf("Virtual PCD 00 %02d", slot) }

func waitFor(t *testing.T, pc *Context, slot int, present bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("card present: %v", present), func() bool {
		return reader(t, pc, slot).Present == present
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("not in 10 s: %s", what)
		}
	}
}
