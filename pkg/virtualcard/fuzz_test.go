package virtualcard

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// spread sets the options that matter after New by the bits of n.
func spread(n uint16) Options {
	bit := func(i int) bool { return n>>i&1 != 0 }
	o := Options{
		NoExtendedLength: bit(0), T0: bit(1), FirstCommandFails: bit(2), QueryCase2: bit(3), QueryShowsOpen: bit(4),
		AnyPINFormat: bit(5), ReselectDrops: bit(6), WarnEndOfFile: bit(7), RefuseMF: bit(8), NoIssuerDomain: bit(9),
	}
	if err := o.check(); err != nil {
		panic(err)
	}
	return o
}

// encodeScript joins commands for the fuzz target: each follows its length in
// one byte.
func encodeScript(commands ...string) (script []byte) {
	for _, s := range commands {
		cmd, err := hex.DecodeString(shorthand.Replace(s))
		if err != nil {
			panic(err)
		}
		script = append(append(script, byte(len(cmd))), cmd...)
	}
	return script
}

// FuzzTransmit sends sessions to a card with unknown PINs. The card must answer
// every command, must not return anything that a PIN protects, and must not
// give a try back.
func FuzzTransmit(f *testing.F) {
	f.Add(uint16(0), encodeScript("{jpki}", "{pin s}", "{query}", "{sign ok}", "{cert s}", "{read}", "{key s}", "{pso}"))
	f.Add(uint16(0), encodeScript("{jpki}", "{pin a}", "{auth bad}", "{auth bad}", "{auth bad}", "{auth bad}", "{query}", "002401800435363738"))
	f.Add(uint16(2), encodeScript("{jpki}", "{cert a}", "00B0078000", "{key a}", "{pso}", "00C0000000"))
	f.Add(uint16(0), encodeScript("{jpki}", "00B08A0000000000", "00B0810000", "00B07FFF00", "00A40000", "{issuer}", "00B0000000000100"))
	for _, read := range []string{"00B0000020", "00B0006420", "00B0810000", "00B00000000800"} {
		f.Add(uint16(0), encodeScript("{jpki}", "{cert s}", read))
		f.Add(uint16(0), encodeScript("{jpki}", "{cert a}", read))
	}
	f.Add(uint16(0x3FF), encodeScript("", "00", "00A4", "00A40400FF", "00A4040C00000A", "80CA00000000"))
	adult, _ := Lookup("adult")
	secret := newReference("not a PIN there.").String()
	guarded := adult.signCertificate(testNow)
	signCA, authCA := DemoCAs()
	free := bytes.Join([][]byte{adult.authCertificate(testNow), signCA.Certificate.Raw, authCA.Certificate.Raw}, nil)
	c := newCard(f, "adult", Options{}) // one for all sessions: its certificates take long to make
	f.Fuzz(func(t *testing.T, options uint16, script []byte) {
		c.PowerOff()
		c.options = spread(options)
		if err := c.SetState(State{stateVersion, "adult", PINState{secret, 5}, PINState{secret, 3}}); err != nil {
			t.Fatal(err)
		}
		c.PowerOn()
		for len(script) > 0 {
			n := min(int(script[0]), len(script)-1)
			cmd := script[1 : 1+n]
			script = script[1+n:]
			before := c.State()
			raw, err := c.Transmit(cmd)
			if err != nil {
				t.Fatalf("% X: %v", cmd, err)
			}
			r, err := apdu.ParseResponse(raw)
			if err != nil || len(r.Data) > apdu.MaxExtendedNe {
				t.Fatalf("% X: answer of %d bytes, %v", cmd, len(raw), err)
			}
			after := c.State()
			if after.Sign.Left > before.Sign.Left || after.Auth.Left > before.Auth.Left || after.Sign.PIN != secret || after.Auth.PIN != secret {
				t.Fatalf("% X: state %+v became %+v without a PIN", cmd, before, after)
			}
			if len(cmd) > 1 && (cmd[1] == apdu.InsPerformSecurityOperation || cmd[1] == apdu.InsGetResponse) && len(r.Data) > 0 {
				t.Fatalf("% X: a signature without a PIN", cmd)
			}
			if part := r.Data[:min(len(r.Data), 200)]; len(part) >= 16 && bytes.Contains(guarded, part) && !bytes.Contains(free, part) {
				t.Fatalf("% X: the signing certificate without a PIN", cmd)
			}
		}
	})
}

// FuzzServe sends arbitrary bytes in place of a reader's messages.
func FuzzServe(f *testing.F) {
	f.Add([]byte("\x00\x01\x04\x00\x01\x01\x00\x04\x00\xA4\x00\x00\x00\x01\x02\x00\x01\x00"))
	f.Add([]byte("\x00\x04\x00\xA4\x00\x00"))
	f.Add([]byte("\xFF\xFF"))
	f.Add([]byte("\x00\x00\x00"))
	c := newCard(f, "adult", Options{})
	f.Fuzz(func(t *testing.T, messages []byte) {
		c.PowerOff()
		reader := struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(messages), io.Discard}
		err := serve(reader, c, func() {})
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrUnpowered) {
			t.Errorf("error %v", err)
		}
	})
}

// FuzzSetState restores states that may have been changed on disk.
func FuzzSetState(f *testing.F) {
	f.Add([]byte(`{"version":2,"persona":"adult","sign":{"pin":"` + initialReference(SignPIN).String() + `","left":5},"auth":{"pin":"` + initialReference(AuthPIN).String() + `","left":3}}`))
	f.Add([]byte(`{"version":2,"persona":"adult","sign":{"pin":"","left":-1},"auth":{"pin":"zz","left":300}}`))
	c := newCard(f, "adult", Options{})
	f.Fuzz(func(t *testing.T, document []byte) {
		var s State
		if json.Unmarshal(document, &s) != nil {
			return
		}
		before := c.State()
		if err := c.SetState(s); err != nil {
			if c.State() != before {
				t.Errorf("a refused state changed the card: %v", err)
			}
			return
		}
		s.Sign.PIN, s.Auth.PIN = strings.ToLower(s.Sign.PIN), strings.ToLower(s.Auth.PIN)
		if c.State() != s {
			t.Errorf("the card took %+v and says %+v", s, c.State())
		}
	})
}

// FuzzParseReport shows that every accepted report makes a card that answers
// commands.
func FuzzParseReport(f *testing.F) {
	f.Add([]byte(`{"schema":"jpki.report/v1","cards":[{"atr":"3B80800101","presence":"8F008F","token":{"label":"X"},"speed":{"ms_per_command":0.1},` +
		`"probes":[{"probe":"select-application","status":"9000"},{"probe":"read-short-id-000B","status":"6A86"},{"probe":"read-0002","status":"9000","bytes":0},` +
		`{"probe":"query-0018","status":"6700"},{"probe":"query-case-2-0018","status":"63C1"},{"probe":"query-001B","status":"63CF"},{"probe":"read-extended","status":null}]}]}`))
	f.Add([]byte(`{"schema":"jpki.report/v1","cards":[{"speed":{"ms_per_command":1e300}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := ParseReport(data)
		if err != nil {
			return
		}
		report.command, report.per256 = min(report.command, 0), min(report.per256, 0) // nobody has the time
		card, err := New(report.Persona(), testNow, Options{Like: report})
		if err != nil {
			t.Fatal(err)
		}
		card.PowerOn()
		card.ATR()
		for _, cmd := range []string{
			"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", "\x00\xB0\x8B\x00\x00", "\x00\xA4\x02\x0C\x02\x00\x0B", "\x00\xB0\x00\x00\x00",
			"\x00\xB0\x00\x00\x00\x03\x00", "\x00\xB0\x7F\x00\x01", "\x00\x20\x00\x98", "\x00\xA4\x02\x0C\x02\x00\x18", "\x00\x20\x00\x80", "\x00\xCA\x00\xF2\x00",
		} {
			if answer, err := card.Transmit([]byte(cmd)); err != nil || len(answer) < 2 {
				t.Errorf("% X: % X, %v", cmd, answer, err)
			}
		}
	})
}
