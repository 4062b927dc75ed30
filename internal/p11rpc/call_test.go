package p11rpc

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"
)

// distinct is a module whose answers have another value in every member.
type distinct struct{ module }

func (*distinct) Info() Info {
	return Info{Cryptoki: Version{3, 1}, Manufacturer: "M", Description: "D", Library: Version{5, 6}}
}

func (m *distinct) SlotInfo(_ context.Context, slot uint64) (SlotInfo, error) {
	return SlotInfo{Description: "D", Manufacturer: "M", Flags: 7}, m.note("SlotInfo %d", slot)
}

func (m *distinct) TokenInfo(_ context.Context, slot uint64) (TokenInfo, error) {
	return TokenInfo{Label: "L", Manufacturer: "M", Model: "O", Serial: "S", Flags: 7, Sessions: 8, MaxPIN: 9, MinPIN: 10}, m.note("TokenInfo %d", slot)
}

func (m *distinct) MechanismInfo(slot uint64, t MechanismType) (MechanismInfo, error) {
	return MechanismInfo{MinKey: 7, MaxKey: 8, Flags: 9}, m.note("MechanismInfo %d %d", slot, t)
}

func (m *distinct) SessionInfo(s Handle) (SessionInfo, error) {
	return SessionInfo{Slot: 7, State: 8, Flags: 9}, m.note("SessionInfo %d", s)
}

// TestCalls sends the calls that no recording has, and those whose answer has
// several members, and compares what the module is asked and what the client
// gets with the order of the members in PKCS #11.
func TestCalls(t *testing.T) {
	const none = ^uint64(0) // CK_UNAVAILABLE_INFORMATION
	padded := func(s string, n int) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(n)), s+strings.Repeat(" ", n-len(s))...)
	}
	counted := func(s string) []byte { return append(binary.BigEndian.AppendUint32([]byte{1}, uint32(len(s))), s...) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		id        uint32
		arguments []byte
		asked     string
		values    []byte
	}{
		"C_GetInfo":     {3, nil, "", join([]byte{3, 1}, padded("M", 32), ulongs(0), padded("D", 32), []byte{5, 6})},
		"C_GetSlotInfo": {5, ulongs(2), "SlotInfo 2\n", join(padded("D", 64), padded("M", 32), ulongs(7), []byte{0, 0, 0, 0})},
		"C_GetTokenInfo": {6, ulongs(2), "TokenInfo 2\n", join(padded("L", 32), padded("M", 32), padded("O", 16), padded("S", 16),
			ulongs(7, 0, 8, 0, 0, 9, 10, none, none, none, none), []byte{0, 0, 0, 0}, padded("", 16))},
		"C_GetMechanismInfo":                 {8, ulongs(2, 3), "MechanismInfo 2 3\n", ulongs(7, 8, 9)},
		"C_CloseAllSessions":                 {12, ulongs(2), "CloseAllSessions 2\n", nil},
		"C_GetSessionInfo":                   {13, ulongs(2), "SessionInfo 2\n", ulongs(7, 8, 9, 0)},
		"C_Logout":                           {19, ulongs(2), "Logout 2\n", nil},
		"C_SignUpdate":                       {44, join(ulongs(2), counted("abc")), "SignUpdate 2 3 bytes\n", nil},
		"C_SignFinal":                        {45, join(ulongs(2), []byte{0, 0, 1, 0}), "SignFinal 2\n", counted(strings.Repeat("\x00", 256))},
		"C_SignFinal, for the size":          {45, join(ulongs(2), []byte{0, 0, 0, 0}), "", []byte{0, 0, 0, 1, 0}},
		"C_SignInit without a mechanism":     {42, join(ulongs(2), []byte{0xFF, 0xFF, 0xFF, 0xFF}, ulongs(3)), "Cancel 2\n", nil},
		"C_WaitForSlotEvent":                 {65, ulongs(0), "WaitForSlotEvent true\n", ulongs(1)},
		"C_WaitForSlotEvent, CKF_DONT_BLOCK": {65, ulongs(1), "WaitForSlotEvent false\n", ulongs(1)},
		"C_SessionCancel":                    {67, ulongs(2, 0x800), "Cancel 2\n", nil},
	} {
		m := &distinct{}
		client := connect(t, m)
		client.send(request(16, c.id, c.arguments...))
		if _, id, values := client.answer(); id != c.id || !bytes.Equal(values, c.values) {
			t.Errorf("%s: answer %d % X, want % X", name, id, values, c.values)
		}
		if m.mu.Lock(); m.log.String() != c.asked {
			t.Errorf("%s: the module was asked %q, want %q", name, &m.log, c.asked)
		}
		m.mu.Unlock()
		client.Close()
		client.end(nil)
	}
}
