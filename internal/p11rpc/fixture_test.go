package p11rpc

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The files of testdata are what the clients of p11-kit sent, whole: VERSION-WHAT,
// where WHAT is list (p11tool --list-all), sign (p11tool --test-sign), pss (the same
// with --sign-params=RSA-PSS), tool (pkcs11-tool -O -M), toolsign (--sign -m
// SHA256-RSA-PKCS) and toollogin (--login --pin 1234 --sign -m SHA512-RSA-PKCS). They
// were recorded in Debian 12 (0.24.1) and 13 (0.25.5), between the client and
// jpki pkcs11 --card demo. The .txt files beside them are what they mean.
//
// 0.26.4 is of neither: its streams are made here of those of 0.25.5.

// module logs the calls that it gets and answers each.
type module struct {
	mu   sync.Mutex
	log  strings.Builder
	fail error
}

func (m *module) note(format string, args ...any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintf(&m.log, format+"\n", args...)
	return m.fail
}

func (m *module) Initialize() error { return m.note("Initialize") }
func (m *module) Finalize() error   { return m.note("Finalize") }
func (m *module) Info() Info        { m.note("Info"); return Info{} }
func (m *module) Slots(present bool) ([]uint64, error) {
	return []uint64{1}, m.note("Slots %t", present)
}
func (m *module) SlotInfo(_ context.Context, slot uint64) (SlotInfo, error) {
	return SlotInfo{}, m.note("SlotInfo %d", slot)
}
func (m *module) TokenInfo(_ context.Context, slot uint64) (TokenInfo, error) {
	return TokenInfo{}, m.note("TokenInfo %d", slot)
}
func (m *module) Mechanisms(slot uint64) ([]MechanismType, error) {
	return []MechanismType{RSAPKCS, RSAPSS}, m.note("Mechanisms %d", slot)
}
func (m *module) MechanismInfo(slot uint64, t MechanismType) (MechanismInfo, error) {
	return MechanismInfo{}, m.note("MechanismInfo %d %X", slot, t)
}
func (m *module) WaitForSlotEvent(_ context.Context, block bool) (uint64, error) {
	return 1, m.note("WaitForSlotEvent %t", block)
}
func (m *module) OpenSession(_ context.Context, slot, flags uint64) (Handle, error) {
	return 1, m.note("OpenSession %d %X", slot, flags)
}
func (m *module) CloseSession(s Handle) error        { return m.note("CloseSession %d", s) }
func (m *module) CloseAllSessions(slot uint64) error { return m.note("CloseAllSessions %d", slot) }
func (m *module) SessionInfo(s Handle) (SessionInfo, error) {
	return SessionInfo{}, m.note("SessionInfo %d", s)
}
func (m *module) Login(_ context.Context, s Handle, user uint64, pin []byte) error {
	return m.note("Login %d %d %q nil:%t", s, user, pin, pin == nil)
}
func (m *module) Logout(s Handle) error { return m.note("Logout %d", s) }
func (m *module) FindInit(_ context.Context, s Handle, template []Attribute) error {
	var parts []string
	for _, a := range template {
		parts = append(parts, fmt.Sprintf("%X=%X", a.Type, a.Value))
	}
	return m.note("FindInit %d %s", s, strings.Join(parts, " "))
}
func (m *module) Find(s Handle, most int) ([]Handle, error) {
	return []Handle{1, 2, 3}, m.note("Find %d %d", s, most)
}
func (m *module) FindFinal(s Handle) error { return m.note("FindFinal %d", s) }
func (m *module) Attributes(_ context.Context, s, object Handle, types []AttributeType) ([][]byte, error) {
	return make([][]byte, len(types)), m.note("Attributes %d %d %X", s, object, types)
}
func (m *module) SignInit(s Handle, mech Mechanism, key Handle) error {
	pss := ""
	if mech.PSS != nil {
		pss = fmt.Sprintf(" PSS %X %d %d", mech.PSS.Hash, mech.PSS.MGF, mech.PSS.Salt)
	}
	return m.note("SignInit %d %X%s %d parameter %X", s, mech.Type, pss, key, mech.Parameter)
}
func (m *module) SignatureSize(s Handle) (int, error) { return 256, m.fail }
func (m *module) Sign(_ context.Context, s Handle, data []byte) ([]byte, error) {
	if len(data) > 64 {
		return make([]byte, 256), m.note("Sign %d %d bytes", s, len(data))
	}
	return make([]byte, 256), m.note("Sign %d %X", s, data)
}
func (m *module) SignUpdate(s Handle, data []byte) error {
	return m.note("SignUpdate %d %d bytes", s, len(data))
}
func (m *module) SignFinal(_ context.Context, s Handle) ([]byte, error) {
	return make([]byte, 256), m.note("SignFinal %d", s)
}
func (m *module) Cancel(s Handle) error { return m.note("Cancel %d", s) }

// recorded gives the version byte and the frames of a file.
func recorded(t testing.TB, name string) (byte, []frame) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(b[1:])
	var frames []frame
	for r.Len() > 0 {
		f, err := readFrame(r)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
	return b[0], frames
}

// transcript is what the calls of frames came to. Every one must be served, but
// for those that are named.
func transcript(t *testing.T, frames []frame) string {
	t.Helper()
	m := &module{}
	for _, f := range frames {
		before := m.log.Len()
		got, err := answer(t.Context(), m, bytes.Clone(f.body))
		if err != nil {
			t.Fatalf("% X: %v", f.body, err)
		}
		r := &reader{b: got}
		if id := r.uint32(); id == 0 {
			asked := &reader{b: f.body}
			fmt.Fprintf(&m.log, "call %d refused\n", asked.uint32())
		} else if m.log.Len() == before {
			fmt.Fprintf(&m.log, "call %d, the size alone\n", id)
		}
	}
	return m.log.String()
}

// TestRecorded holds what is understood of each recording against what it means.
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob("testdata/*-*[a-z]")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d recordings: %v", len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			version, frames := recorded(t, name)
			if want := map[string]byte{"0.24.1": 0, "0.25.5": 1}[name[:6]]; version != want {
				t.Errorf("it begins with version %d, want %d", version, want)
			}
			got := transcript(t, frames)
			want, err := os.ReadFile(path + ".txt")
			if os.Getenv("P11RPC_WRITE") != "" {
				want, err = []byte(got), os.WriteFile(path+".txt", []byte(got), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("it means\n%s\nwant\n%s", got, want)
			}
			if newer := transcript(t, as026(t, frames)); newer != got {
				t.Errorf("as 0.26.4 sends it, it means\n%s\nwant\n%s", newer, got)
			}
		})
	}
}

// as026 has the mechanisms in the encoding of 0.25.6 and later.
func as026(t *testing.T, frames []frame) (newer []frame) {
	t.Helper()
	for _, f := range frames {
		r := &reader{b: f.body}
		if id, _ := r.uint32(), r.counted(); id == 42 {
			head := f.body[:len(f.body)-len(r.b)+8] // and the session
			m, key := r.b[8:len(r.b)-8], r.b[len(r.b)-8:]
			body := append(bytes.Clone(head), m[:4]...)
			if len(m) == 4+24 { // PSS
				body = append(append(body, 1), m[4:]...)
			} else if len(m) != 8 || !bytes.Equal(m[4:], []byte{0xFF, 0xFF, 0xFF, 0xFF}) && !bytes.Equal(m[4:], []byte{0, 0, 0, 0}) {
				t.Fatalf("what is the mechanism % X?", m)
			}
			f.body = append(body, key...)
		}
		newer = append(newer, f)
	}
	return newer
}

// TestMechanisms parses every known encoding of a mechanism.
func TestMechanisms(t *testing.T) {
	pss := "0000000000000250" + "0000000000000002" + "0000000000000020"
	want := PSS{SHA256, MGF1SHA256, 32}
	for name, c := range map[string]struct {
		hex  string
		want Mechanism
		ok   bool
	}{
		"0.24, no parameter":      {"00000001 ffffffff", Mechanism{Type: RSAPKCS}, true},
		"0.24, empty":             {"00000040 00000000", Mechanism{Type: SHA256RSAPKCS, Parameter: []byte{}}, true},
		"0.24, a parameter":       {"00000040 00000002 0102", Mechanism{Type: SHA256RSAPKCS, Parameter: []byte{1, 2}}, true},
		"0.24, PSS":               {"0000000d" + pss, Mechanism{Type: RSAPSS, PSS: &want}, true},
		"0.24, PSS of NULL":       {"0000000d ffffffff", Mechanism{Type: RSAPSS}, true},
		"0.26, no parameter":      {"00000001", Mechanism{Type: RSAPKCS}, true},
		"0.26, absent":            {"00000001 00", Mechanism{Type: RSAPKCS}, true},
		"0.26, PSS":               {"0000000d 01" + pss, Mechanism{Type: RSAPSS, PSS: &want}, true},
		"0.26, PSS without":       {"0000000d 00", Mechanism{Type: RSAPSS}, true},
		"0.26, cancel":            {"ffffffff", Mechanism{Type: noMechanism}, true},
		"cut":                     {"000000", Mechanism{}, false},
		"cancel and more":         {"ffffffff 00", Mechanism{}, false},
		"a parameter, cut":        {"00000040 00000003 0102", Mechanism{}, false},
		"a parameter, and more":   {"00000040 00000001 0102", Mechanism{}, false},
		"PSS, cut":                {"0000000d" + pss[:40], Mechanism{}, false},
		"a presence that is none": {"00000001 02", Mechanism{}, false},
	} {
		got, ok := parseMechanism(unhex(t, c.hex))
		if ok != c.ok || ok && fmt.Sprintf("%+v %v", got, got.PSS) != fmt.Sprintf("%+v %v", c.want, c.want.PSS) && (got.Type != c.want.Type || !bytes.Equal(got.Parameter, c.want.Parameter) || (got.PSS == nil) != (c.want.PSS == nil) || got.PSS != nil && *got.PSS != *c.want.PSS) {
			t.Errorf("%s: %+v, %t", name, got, ok)
		}
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var b []byte
	if _, err := fmt.Sscanf(strings.ReplaceAll(s, " ", ""), "%x", &b); err != nil {
		t.Fatal(err)
	}
	return b
}
