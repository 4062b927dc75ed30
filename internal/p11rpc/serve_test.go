package p11rpc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// client speaks to a server as p11-kit does.
type client struct {
	t *testing.T
	net.Conn
	ended chan error
}

func connect(t *testing.T, m Module) *client {
	t.Helper()
	here, there := net.Pipe()
	c := &client{t, here, make(chan error, 1)}
	go func() { c.ended <- Serve(t.Context(), there, m) }()
	_ = here.SetDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { here.Close() })
	c.send([]byte{2})
	if got := c.read(1); got[0] != 0 {
		t.Errorf("version %d", got[0])
	}
	return c
}

func (c *client) send(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read(n int) []byte {
	c.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		c.t.Fatal(err)
	}
	return b
}

// request is a frame with a call of these arguments.
func request(number, id uint32, arguments ...byte) []byte {
	w := &writer{}
	w.uint32(id)
	w.counted([]byte(calls[id].request))
	w.b = append(w.b, arguments...)
	return frame{number, w.b}.bytes()
}

func ulongs(values ...uint64) []byte {
	w := &writer{}
	w.ulongs(values...)
	return w.b
}

// answer reads a frame. The values are those behind the signature.
func (c *client) answer() (number, id uint32, values []byte) {
	c.t.Helper()
	head := c.read(12)
	r := &reader{b: c.read(int(binary.BigEndian.Uint32(head[8:])))}
	id = r.uint32()
	signature := string(r.counted())
	if want := calls[id].answer; id != 0 && signature != want || id == 0 && signature != "u" {
		c.t.Errorf("the answer to %d has the signature %q", id, signature)
	}
	return binary.BigEndian.Uint32(head), id, r.b
}

// refused reads a refusal.
func (c *client) refused(want RV) {
	c.t.Helper()
	if _, id, values := c.answer(); id != 0 || !bytes.Equal(values, ulongs(uint64(want))) {
		c.t.Errorf("answer %d % X, want the error %v", id, values, want)
	}
}

// end checks how the server ended.
func (c *client) end(want error) {
	c.t.Helper()
	select {
	case err := <-c.ended:
		if !errors.Is(err, want) {
			c.t.Errorf("it ended with %v, want %v", err, want)
		}
	case <-time.After(10 * time.Second):
		c.t.Error("it does not end")
	}
}

// texts is a module with texts of every length.
type texts struct {
	module
	s string
}

func (m *texts) Info() Info { return Info{Manufacturer: m.s, Description: m.s} }
func (m *texts) SlotInfo(context.Context, uint64) (SlotInfo, error) {
	return SlotInfo{Description: m.s, Manufacturer: m.s}, nil
}
func (m *texts) TokenInfo(context.Context, uint64) (TokenInfo, error) {
	return TokenInfo{Label: m.s, Manufacturer: m.s, Model: m.s, Serial: m.s}, nil
}

// TestLengths shows that texts are answered with the lengths of PKCS #11,
// whatever the text: clients refuse other lengths.
func TestLengths(t *testing.T) {
	for _, s := range []string{"", "x", strings.Repeat("長", 40)} {
		c := connect(t, &texts{s: s})
		for id, want := range map[uint32]int{
			3: 2 + 36 + 8 + 36 + 2,
			5: 68 + 36 + 8 + 4,
			6: 2*36 + 2*20 + 11*8 + 4 + 20,
		} {
			argument := ulongs(1)
			if id == 3 {
				argument = nil
			}
			c.send(request(16, id, argument...))
			if _, got, values := c.answer(); got != id || len(values) != want {
				t.Errorf("call %d with %q: answer %d of %d bytes, want %d", id, s, got, len(values), want)
			} else if bytes.Contains(values, []byte{0xE9, ' '}) || bytes.Contains(values, []byte{0x95, ' '}) {
				t.Errorf("a character was cut in % X", values)
			}
		}
		c.Close()
		c.end(nil)
	}
}

// TestRefusals shows that a call that is not served is refused and that the
// connection goes on.
func TestRefusals(t *testing.T) {
	c := connect(t, &module{})
	for _, id := range []uint32{9, 14, 15, 20, 29, 37, 48, 58, 63, 64} {
		c.send(request(20, id))
		c.refused(FunctionNotSupported)
	}
	unknown := &writer{}
	unknown.uint32(300)
	unknown.counted([]byte("uu"))
	c.send(frame{21, unknown.b}.bytes())
	c.refused(FunctionNotSupported)
	c.send(request(22, 5)) // no slot
	c.refused(ArgumentsBad)
	c.send(request(23, 5, append(ulongs(1), 0)...)) // something behind
	c.refused(ArgumentsBad)
	c.send(request(24, 5, ulongs(1)...))
	if number, id, _ := c.answer(); number != 24 || id != 5 {
		t.Errorf("number %d, call %d", number, id)
	}
}

// TestHostile shows that the server closes the connection to a client that does
// not follow the protocol.
func TestHostile(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		want  error
	}{
		"options too long":  {[]byte{0, 0, 0, 1, 0, 16, 0, 1, 0, 0, 0, 0}, errFrame},
		"sum too long":      {[]byte{0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, errFrame},
		"empty":             {[]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, errMalformed},
		"no signature":      {frame{1, []byte{0, 0, 0, 5, 0, 0, 0, 9, 'u'}}.bytes(), errMalformed},
		"another signature": {frame{1, []byte{0, 0, 0, 5, 0, 0, 0, 1, 'v', 0, 0, 0, 0, 0, 0, 0, 1}}.bytes(), errSignature},
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, &module{})
			conn.send(c.bytes)
			conn.end(c.want)
		})
	}
	c := connect(t, &module{})
	c.send([]byte{0, 0, 0})
	c.Close()
	c.end(io.ErrUnexpectedEOF)
}

// panickingModule waits, and panics.
type panickingModule struct {
	module
	waiting, ended chan bool
}

func (m *panickingModule) WaitForSlotEvent(ctx context.Context, _ bool) (uint64, error) {
	m.waiting <- true
	<-ctx.Done()
	m.ended <- true
	return 0, ctx.Err()
}
func (m *panickingModule) SessionInfo(Handle) (SessionInfo, error) { panic("a mistake") }

// TestBeside shows that a waiting call does not hold up others, that a panic
// ends only its call, and that calls end with their client.
func TestBeside(t *testing.T) {
	m := &panickingModule{waiting: make(chan bool), ended: make(chan bool, 1)}
	c := connect(t, m)
	c.send(request(16, 65, ulongs(0)...))
	<-m.waiting
	c.send(request(17, 13, ulongs(1)...))
	c.refused(GeneralError)
	c.send(request(18, 4, 1, 0, 0, 0, 0))
	if number, id, values := c.answer(); number != 18 || id != 4 || !bytes.Equal(values, []byte{0, 0, 0, 0, 1}) {
		t.Errorf("number %d, call %d, % X", number, id, values)
	}
	c.Close()
	c.end(nil)
	if len(m.ended) != 1 {
		t.Error("the call goes on without its client")
	}
}

// TestRoom shows that a client without room for a signature gets its length,
// and that nothing is signed.
func TestRoom(t *testing.T) {
	m := &module{}
	c := connect(t, m)
	data := append([]byte{1, 0, 0, 0, 1}, 'x')
	for room, want := range map[uint32][]byte{0: {0, 0, 0, 1, 0}, 255: {0, 0, 0, 1, 0}} {
		arguments := binary.BigEndian.AppendUint32(append(ulongs(1), data...), room)
		c.send(request(1, 43, arguments...))
		if _, _, values := c.answer(); !bytes.Equal(values, want) || m.log.Len() > 0 {
			t.Errorf("room for %d: % X, and %s", room, values, &m.log)
		}
	}
	c.send(request(1, 43, binary.BigEndian.AppendUint32(append(ulongs(1), data...), 256)...))
	if _, _, values := c.answer(); len(values) != 1+4+256 || m.log.String() != "Sign 1 78\n" {
		t.Errorf("% X, and %s", values, &m.log)
	}
}

// TestWiped shows that a request is wiped after its call.
func TestWiped(t *testing.T) {
	var seen []byte
	m := &pinKeeper{kept: &seen}
	c := connect(t, m)
	arguments := append(ulongs(1, 1), 1, 0, 0, 0, 4, '1', '2', '3', '4')
	c.send(request(1, 18, arguments...))
	c.answer()
	c.Close()
	c.end(nil)
	if len(seen) != 4 || !bytes.Equal(seen, make([]byte, 4)) {
		t.Errorf("left: %q", seen)
	}
}

type pinKeeper struct {
	module
	kept *[]byte
}

func (m *pinKeeper) Login(_ context.Context, _ Handle, _ uint64, pin []byte) error {
	*m.kept = pin
	return nil
}

// TestAttributes shows that values are encoded by the kind of their attribute,
// and that missing ones are marked.
func TestAttributes(t *testing.T) {
	w := &writer{}
	w.attributes([]AttributeType{AttrToken, AttrClass, AttrLabel, AttrValue, 0x40000211}, [][]byte{Bool(true), Ulong(3), []byte("ab"), nil, {}})
	want := unhex(t, "00000005"+
		"00000001 01 00000001 01"+
		"00000000 01 00000008 0000000000000003"+
		"00000003 01 00000002 00000002 6162"+
		"00000011 00"+
		"40000211 00")
	if !bytes.Equal(w.b, want) {
		t.Errorf("% X\nwant % X", w.b, want)
	}
	r := &reader{b: want}
	got := r.attributes()
	if r.err() != nil || len(got) != 5 || !bytes.Equal(got[1].Value, Ulong(3)) || string(got[2].Value) != "ab" || got[3].Value != nil {
		t.Errorf("read back: %v, %v", got, r.err())
	}
}

// TestNested shows both ways to ask for attributes that are arrays.
func TestNested(t *testing.T) {
	for name, hex := range map[string]string{
		"0.24":            "00000002 40000211 00000030 00000003 00000000",
		"0.25.4":          "00000002 40000211 00000030 00000001 00000003 00000010 00000003 00000000",
		"0.25.4, no room": "00000002 40000211 00000000 00000003 00000000",
	} {
		r := &reader{b: unhex(t, hex)}
		got := r.wanted()
		if r.err() != nil || len(got) != 2 || got[0] != 0x40000211 || got[1] != AttrLabel {
			t.Errorf("%s: %X, %v", name, got, r.err())
		}
	}
	deep := strings.Repeat("00000001 40000211 00000030", 20)
	r := &reader{b: unhex(t, deep)}
	if got := r.wanted(); r.err() == nil {
		t.Errorf("twenty deep: %X", got)
	}
}
