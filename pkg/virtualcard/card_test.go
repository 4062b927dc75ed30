package virtualcard

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// testNow is the reference date of the tests' cards.
var testNow = time.Date(2026, time.November, 22, 12, 0, 0, 0, jst)

func newCard(t testing.TB, persona string, o Options) *Card {
	t.Helper()
	p, ok := Lookup(persona)
	if !ok {
		t.Fatalf("no persona %q", persona)
	}
	c, err := New(p, testNow, o)
	if err != nil {
		t.Fatal(err)
	}
	c.PowerOn()
	return c
}

// shorthand abbreviates the commands that most scripts use.
var shorthand = strings.NewReplacer(
	"{jpki}", "00A4040C0AD392F000260100000001",
	"{issuer}", "00A4040C07A0000001510000",
	"{kenmen}", "00A4040C0AD3921000310001010402",
	"{query}", "00200080",
	"{sign ok}", "0020008007"+hex.EncodeToString([]byte(SignPIN)),
	"{sign bad}", "002000800744454D4F393939",
	"{auth ok}", "0020008004"+hex.EncodeToString([]byte(AuthPIN)),
	"{auth bad}", "002000800439393939",
	"{cert s}", "00A4020C020001",
	"{cert a}", "00A4020C02000A",
	"{key s}", "00A4020C02001A",
	"{pin s}", "00A4020C02001B",
	"{key a}", "00A4020C020017",
	"{pin a}", "00A4020C020018",
	"{read}", "00B0000004",
	"{pso}", "802A008004DEADBEEF00",
)

// play sends a script to the card. Each line has a command and the expected
// status word; "N:" before the status word also expects N bytes of data.
// "power" and "reset" act on the card.
func play(t testing.TB, c *Card, script string) {
	t.Helper()
	for n, line := range strings.Split(strings.TrimSpace(script), "\n") {
		line = strings.TrimSpace(line)
		switch line {
		case "power":
			c.PowerOff()
			c.PowerOn()
			continue
		case "reset":
			c.Reset()
			continue
		}
		fields := strings.Fields(shorthand.Replace(line))
		if len(fields) != 2 {
			t.Fatalf("line %d is no script: %q", n+1, line)
		}
		cmd, err := hex.DecodeString(fields[0])
		if err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		raw, err := c.Transmit(cmd)
		if err != nil {
			t.Fatalf("line %d (%s): %v", n+1, line, err)
		}
		r, err := apdu.ParseResponse(raw)
		if err != nil {
			t.Fatalf("line %d (%s): %v", n+1, line, err)
		}
		got := fmt.Sprintf("%04X", uint16(r.SW))
		if len(r.Data) > 0 {
			got = fmt.Sprintf("%d:%s", len(r.Data), got)
		}
		if got != fields[1] {
			t.Fatalf("line %d (%s): answer %s, want %s", n+1, line, got, fields[1])
		}
	}
}

func TestCommands(t *testing.T) {
	long := strings.Repeat("AA", 246)
	tests := []struct {
		name    string
		persona string // empty: adult
		options Options
		script  string
	}{
		{name: "nothing is selected at power-up but the issuer domain", script: `
			00B0000000 6986
			{query} 6986
			{pso} 6986
			002401800435363738 6986
			{cert a} 6A82`},
		{name: "every application", script: `
			{jpki} 9000
			{issuer} 9000
			00A4040C0AD3921000310001010401 9000
			{kenmen} 9000
			00A4040C0AD3921000310001010408 9000
			00A4040C0AD3921000310001010100 9000
			{cert a} 6A82
			{jpki} 9000
			{cert a} 9000`},
		{name: "application by part of its name, without name, by a longer one", script: `
			00A4040C09D392F0002601000000 6A82
			00A4040C0BD392F00026010000000100 6A82
			00A4040C 6700
			00A4040C11D392F00026010000000100000000000000 6700
			00A404000AD392F000260100000001 6A86
			00A4040007A0000003080000 6A82`},
		{name: "failed SELECT changes nothing", script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			00A4040C0AD392F000260100000002 6A82
			00A4020C020099 6A82
			{query} 63C3
			{key a} 9000
			{pso} 256:9000`},
		{name: "EF by P1=02 only", script: `
			{jpki} 9000
			00A4000C02000A 6A86
			00A4010C02000A 6A86
			00A4030C02000A 6A86
			00A4080C02000A 6A86
			00A4020002000A 6A86
			00A4020C010A 6700
			00A4020C 6700
			00A4020C03000A00 6700
			00A4020C02000A 9000`},
		{name: "MF does nothing", script: `
			00A40000 6A86
			{jpki} 9000
			{cert a} 9000
			00A40000 9000
			00A4000C 9000
			00A40000023F00 6A82
			00A4000C023F00 6A82
			00A4000002000A 6A86
			{read} 4:9000`},
		{name: "MF refused", options: Options{RefuseMF: true}, script: `
			{jpki} 9000
			{cert a} 9000
			00A40000 6A86
			00A40000023F00 6A86
			{read} 4:9000`},
		{name: "every EF", script: `
			{jpki} 9000
			{cert s} 9000
			00A4020C020002 9000
			00A4020C020006 9000
			00A4020C020008 9000
			{cert a} 9000
			00A4020C02000B 9000
			{key a} 9000
			{pin a} 9000
			{key s} 9000
			{pin s} 9000
			00A4020C020009 9000
			{read} 6982
			00A4020C020016 9000
			{pso} 6985
			00A4020C020003 6A82
			00A4020C023F00 6A82`},

		{name: "READ BINARY lengths and offsets", script: `
			{jpki} 9000
			{cert a} 9000
			00B0000000 256:9000
			00B0000001 1:9000
			00B00000FF 255:9000
			00B0070000 256:9000
			00B0078000 128:9000
			00B007FF00 1:9000
			00B0080000 6B00
			00B07FFF00 6B00
			00B0000001AA 6700
			00B00000 6700
			00B0000001AA01 6700
			00A4020C020006 9000
			00B0000000 160:9000
			00A4020C020008 9000
			00B0000000 3:9000`},
		{name: "READ BINARY in extended length", script: `
			{jpki} 9000
			{cert a} 9000
			00B00000000000 2048:9000
			00B00000000800 2048:9000
			00B00000000801 2048:9000
			00B00004000100 256:9000`},
		{name: "no extended length", options: Options{NoExtendedLength: true}, script: `
			{jpki} 9000
			{cert a} 9000
			00B00000000000 6700
			00A4040C00000AD392F000260100000001 6700
			00B0000000 256:9000`},
		{name: "end of file with warning", options: Options{WarnEndOfFile: true}, script: `
			{jpki} 9000
			00A4020C020008 9000
			00B0000003 3:9000
			00B0000004 3:6282
			00B0000300 6B00`},
		{name: "READ BINARY by short identifier", script: `
			{jpki} 9000
			00B0800004 6986
			00B0860000 160:9000
			00B0000004 4:9000
			00B0869F00 1:9000
			00B086A000 6B00
			00B0800000 160:9000
			00B0880003 3:9000
			00B0800000 3:9000
			00B08A0000 256:9000
			00B08B0000 256:9000
			00B0820000 256:9000
			00B0810000 6982
			00B0970000 6981
			00B0980000 6981
			00B09A0000 6981
			00B09B0000 6981
			00B0890000 6982
			00B0960000 6981
			00B0830000 6A82
			00B0C60000 6A86
			{issuer} 9000
			00B0860000 6A82`},
		{name: "PIN and key by short identifier", script: `
			{jpki} 9000
			0020009B 63C5
			00200098 63C3
			{query} 63C3
			802A009A04DEADBEEF00 6982
			802A009704DEADBEEF00 6982
			0020009B07` + hex.EncodeToString([]byte(SignPIN)) + ` 9000
			802A009A04DEADBEEF00 256:9000
			{pso} 256:9000
			002401980435363738 6982
			0020009804` + hex.EncodeToString([]byte(AuthPIN)) + ` 9000
			002401980435363738 9000
			00200098043536373A 63C2
			00200097 6981
			00200099 6A82
			002000D8 6A86
			802A009804DEADBEEF00 6981
			802A009604DEADBEEF00 6985
			802A008304DEADBEEF00 6A82
			{issuer} 9000
			00200098 6A82`},
		{name: "no short identifiers", options: Options{NoShortIdentifiers: 0x6A86}, script: `
			{jpki} 9000
			00B08A0000 6A86
			0020009B 6A86
			802A009A04DEADBEEF00 6A86
			{cert a} 9000
			00B0800000 256:9000
			{pin a} 9000
			{query} 63C3`},
		{name: "ways to sign", script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			802A019704DEADBEEF00 256:9000
			802A029704DEADBEEF00 6985
			802A029720` + strings.Repeat("55", 32) + `00 256:9000
			802A039704DEADBEEF00 256:9000
			802A049704DEADBEEF00 6985
			802A049720` + strings.Repeat("55", 32) + `00 256:9000
			802A059704DEADBEEF00 256:9000
			802A069704DEADBEEF00 6A86
			802AFF9704DEADBEEF00 6A86`},
		{name: "no PSS", options: Options{NoPSS: true}, script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			802A029720` + strings.Repeat("55", 32) + `00 256:9000
			802A049720` + strings.Repeat("55", 32) + `00 6A86
			802A059704DEADBEEF00 6A86`},
		{name: "data of the card itself", script: `
			00CA00F200 8:9000
			00CA00F208 8:9000
			00CA00F000 5:9000
			00CA004500 16:9000
			00CA5F5100 8:9000
			00CA00F300 6A88
			00CA00F2 6700
			00CA00F201AA00 6700
			{jpki} 9000
			{pin a} 9000
			00CA00F200 6D00
			{query} 63C3
			reset
			00CA00F200 8:9000`},
		{name: "no data of the card itself", options: Options{NoCardData: true}, script: `
			00CA00F200 6A88`},
		{name: "no data of a phone", persona: "android", script: `
			00CA00F200 6A88`},
		{name: "a PIN or key is never read", script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			{read} 6981
			{key a} 9000
			{read} 6981
			{pin s} 9000
			{sign ok} 9000
			{read} 6981
			{key s} 9000
			{read} 6981`},
		{name: "signing certificate is guarded by the signing PIN", script: `
			{jpki} 9000
			{cert s} 9000
			{read} 6982
			{pin a} 9000
			{auth ok} 9000
			{cert s} 9000
			{read} 6982
			{pin s} 9000
			{sign ok} 9000
			{cert s} 9000
			{read} 4:9000`},
		{name: "authentication certificate is free on a card", script: `
			{jpki} 9000
			{cert a} 9000
			{read} 4:9000`},
		{name: "authentication certificate is guarded on a phone", persona: "android", script: `
			{jpki} 9000
			{cert a} 9000
			{read} 6982
			{pin s} 9000
			{sign ok} 9000
			{cert a} 9000
			{read} 6982
			{pin a} 9000
			{auth ok} 9000
			{cert a} 9000
			{read} 4:9000`},
		{name: "a phone has no other applications", persona: "android", script: `
			{kenmen} 6A82
			{issuer} 9000`},

		{name: "query costs nothing and hides a verified PIN", script: `
			{jpki} 9000
			{pin s} 9000
			{query} 63C5
			{query} 63C5
			{sign ok} 9000
			{query} 63C5
			{pin a} 9000
			{query} 63C3
			{auth ok} 9000
			{query} 63C3`},
		{name: "query shows an open PIN", options: Options{QueryShowsOpen: true}, script: `
			{jpki} 9000
			{pin a} 9000
			{query} 63C3
			{auth ok} 9000
			{query} 9000
			{pin s} 9000
			{query} 63C5
			{issuer} 9000
			{jpki} 9000
			{pin a} 9000
			{query} 63C3`},
		{name: "query in case 1", script: `
			{jpki} 9000
			{pin a} 9000
			0020008000 6700
			{query} 63C3`},
		{name: "query in case 2", options: Options{QueryCase2: true}, script: `
			{jpki} 9000
			{pin a} 9000
			{query} 6700
			0020008000 63C3
			{auth ok} 9000`},
		{name: "other parameters of VERIFY", script: `
			{jpki} 9000
			{pin a} 9000
			00200000 6A86
			00200180 6A86
			00200081 6981
			{pin a} 9000
			00200000043132333400 6A86
			00200080043132333400 6700
			{query} 63C3
			{cert a} 9000
			{query} 6981
			{key a} 9000
			{auth ok} 6981
			{query} 6981`},
		{name: "the authentication PIN locks after three", script: `
			{jpki} 9000
			{pin a} 9000
			{auth bad} 63C2
			{query} 63C2
			{auth bad} 63C1
			{auth bad} 63C0
			{query} 63C0
			{auth bad} 6984
			{auth ok} 6984
			{query} 63C0
			power
			{jpki} 9000
			{pin a} 9000
			{auth ok} 6984
			{pin s} 9000
			{query} 63C5`},
		{name: "the signing PIN locks after five", script: `
			{jpki} 9000
			{pin s} 9000
			{sign bad} 63C4
			{sign bad} 63C3
			{sign bad} 63C2
			{sign bad} 63C1
			{sign bad} 63C0
			{sign ok} 6984
			{pin a} 9000
			{auth ok} 9000`},
		{name: "success resets the counter", script: `
			{jpki} 9000
			{pin s} 9000
			{sign bad} 63C4
			{sign bad} 63C3
			{sign ok} 9000
			{query} 63C5`},
		{name: "blocked in other words", options: Options{BlockedQuery: 0x6984, BlockedVerify: 0x6983}, script: `
			{jpki} 9000
			{pin a} 9000
			{auth bad} 63C2
			{auth bad} 63C1
			{auth bad} 63C0
			{query} 6984
			{auth ok} 6983`},
		{name: "blocked, 6983 to the query", persona: "locked-sign", options: Options{BlockedQuery: 0x6983, BlockedVerify: 0x63C0}, script: `
			{jpki} 9000
			{pin s} 9000
			{query} 6983
			{sign ok} 63C0`},
		{name: "a PIN of any wrong length is a wrong PIN", script: `
			{jpki} 9000
			{pin s} 9000
			002000800144 63C4
			002000800844454D4F31323300 63C3
			002000800764656D6F313233 63C2
			00200080000001FF 63C1
			{sign ok} 9000`},
		{name: "a failed VERIFY closes that PIN and no other", script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			{pin a} 9000
			{auth ok} 9000
			{auth bad} 63C2
			{key a} 9000
			{pso} 6982
			{key s} 9000
			{pso} 256:9000`},

		{name: "CHANGE needs VERIFY", script: `
			{jpki} 9000
			0024018004353637 6700
			002401800435363738 6986
			{cert a} 9000
			002401800435363738 6981
			{pin a} 9000
			002401800435363738 6982
			{auth ok} 9000
			002401800435363738 9000
			{auth bad} 63C2
			{auth ok} 63C1
			002000800435363738 9000`},
		{name: "other parameters of CHANGE", script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			002400800435363738 6A86
			002401000435363738 6A86
			00240180 6700
			00240180043536373800 6700
			0024018011414141414141414141414141414141414141 6700
			{auth ok} 9000`},
		{name: "CHANGE of one PIN is not opened by the other", script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			{pin a} 9000
			002401800435363738 6982`},
		{name: "the card takes any new PIN", options: Options{AnyPINFormat: true}, script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			002401800161 9000
			002000800161 9000
			{key a} 9000
			{pso} 256:9000`},
		{name: "the card enforces the form", script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			002401800161 6A80
			0024018003353637 6A80
			00240180053536373839 6A80
			002401800435363738 9000
			{pin s} 9000
			{sign ok} 9000
			0024018006414243444546 6A80
			0024018006313233343536 6A80
			0024018006616263313233 6A80
			00240180054142433132 6A80
			0024018006414243313233 9000
			0020008006414243313233 9000`},

		{name: "a signature needs its own PIN", script: `
			{jpki} 9000
			{key s} 9000
			{pso} 6982
			{pin a} 9000
			{auth ok} 9000
			{key s} 9000
			{pso} 6982
			{key a} 9000
			{pso} 256:9000
			{pso} 256:9000
			{pin s} 9000
			{pso} 6981
			{sign ok} 9000
			{key s} 9000
			{pso} 256:9000`},
		{name: "parameters and data of a signature", script: `
			{jpki} 9000
			{pin a} 9000
			{auth ok} 9000
			{key a} 9000
			802A9E9A04DEADBEEF00 6A86
			802A000004DEADBEEF00 6A86
			802A008000 6700
			802A0080 6700
			802A0080F5` + long[2:] + `00 256:9000
			802A0080F6` + long + `00 6A80
			802A00800000F6` + long + `0000 6A80
			802A0080000004DEADBEEF0000 256:9000
			802A0080000004DEADBEEF0100 256:9000
			802A008001AA00 256:9000
			802A008004DEADBEEF 6700
			802A008004DEADBEEFFF 6700
			002A008004DEADBEEF00 6E00`},

		{name: "another application closes both PINs", script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			{pin a} 9000
			{auth ok} 9000
			{issuer} 9000
			{jpki} 9000
			{key s} 9000
			{pso} 6982
			{key a} 9000
			{pso} 6982`},
		{name: "power-off closes both PINs", script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			{pin a} 9000
			{auth ok} 9000
			power
			{jpki} 9000
			{key s} 9000
			{pso} 6982
			{key a} 9000
			{pso} 6982`},
		{name: "a warm reset deselects and closes nothing", script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			reset
			{query} 6986
			{key s} 6A82
			{jpki} 9000
			{key s} 9000
			{pso} 256:9000`},
		{name: "selecting the application again closes nothing", script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			{jpki} 9000
			{pso} 6986
			{key s} 9000
			{pso} 256:9000`},
		{name: "selecting the application again closes", options: Options{ReselectDrops: true}, script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			{jpki} 9000
			{key s} 9000
			{pso} 6982`},
		{name: "no issuer domain", options: Options{NoIssuerDomain: true}, script: `
			{jpki} 9000
			{pin s} 9000
			{sign ok} 9000
			{issuer} 6A82
			{key s} 9000
			{pso} 256:9000
			{kenmen} 9000
			{jpki} 9000
			{key s} 9000
			{pso} 6982`},

		{name: "class and instruction", script: `
			00CA0000 6700
			00B2010400 6D00
			00C0000000 6D00
			00440000 6D00
			80CA000000 6E00
			80A4040C 6E00
			01A4040C 6881
			0CB0000000 69FC
			10200080 6E00
			FFCA000000 6E00`},
		{name: "malformed commands", script: `
			00 6700
			00A404 6700
			00A4040C0AD392 6700
			00A4040C0000 6700
			00A4040C000000AA 6700
			00A4040C000001 6700`},
		{name: "first command after power-up", options: Options{FirstCommandFails: true}, script: `
			{jpki} 6F00
			{jpki} 9000
			reset
			{jpki} 9000
			power
			{jpki} 6F00
			{jpki} 9000`},

		{name: "T=0", options: Options{T0: true}, script: `
			00C0000001 6985
			{jpki} 9000
			00A4020C020008 9000
			00B0000000 6C03
			00B0000003 3:9000
			00B00000 6C03
			00B00000000003 6700
			{cert a} 9000
			00B0000000 256:9000
			00B0078000 6C80
			00B0078080 128:9000
			{pin a} 9000
			{query} 63C3
			0020008000 63C3
			{auth bad} 63C2
			{auth ok} 9000
			{key a} 9000
			{pso} 6100
			00C0000000 256:9000
			00C0000000 6985
			802A008004DEADBEEF 6100
			00C0000010 16:61F0
			00C00000F1 6CF0
			00C00000F0 240:9000
			{pso} 6100
			{query} 6981
			00C0000000 6985
			{pso} 6100
			00C0010000 6A86
			00C0000001AA 6700
			00C00000 256:9000`},

		{name: "child", persona: "child", script: `
			{jpki} 9000
			{cert s} 9000
			{read} 6982
			{pin s} 9000
			{query} 63C0
			{sign ok} 6984
			{key s} 9000
			{pso} 6982
			{cert a} 9000
			{read} 4:9000
			{pin a} 9000
			{auth ok} 9000
			{key a} 9000
			{pso} 256:9000`},
		{name: "card without PINs", persona: "no-pin", script: `
			{jpki} 9000
			{pin s} 9000
			{query} 63C0
			{sign ok} 6984
			{pin a} 9000
			{query} 63C0
			{auth ok} 6984
			{cert a} 9000
			{read} 4:9000
			{cert s} 9000
			{read} 6982`},
		{name: "locked signing PIN", persona: "locked-sign", script: `
			{jpki} 9000
			{pin s} 9000
			{query} 63C0
			{sign ok} 6984
			{pin a} 9000
			{query} 63C3
			{auth ok} 9000`},
		{name: "last tries", persona: "last-try", script: `
			{jpki} 9000
			{pin s} 9000
			{query} 63C1
			{sign bad} 63C0
			{pin a} 9000
			{query} 63C1
			{auth ok} 9000
			{query} 63C3`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.persona == "" {
				tt.persona = "adult"
			}
			play(t, newCard(t, tt.persona, tt.options), tt.script)
		})
	}
}

// readFile reads a whole EF by its identifier, after the application was
// selected.
func readFile(t testing.TB, c *Card, ef uint16) []byte {
	t.Helper()
	play(t, c, fmt.Sprintf("00A4020C02%04X 9000", ef))
	raw, err := c.Transmit([]byte{0x00, 0xB0, 0, 0, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	r, err := apdu.ParseResponse(raw)
	if err != nil || r.SW != apdu.StatusOK {
		t.Fatalf("READ BINARY of %04X: %v %v", ef, r.SW, err)
	}
	return r.Data
}

func TestTokenInfoAndPresence(t *testing.T) {
	for persona, want := range map[string]struct {
		label    string
		presence []byte
	}{
		"adult":   {"JPKIAPICCTOKEN2", []byte{0x8F, 0x8F, 0}},
		"child":   {"JPKIAPICCTOKEN2", []byte{0, 0x8F, 0}},
		"no-pin":  {"JPKIAPICCTOKEN2", []byte{0, 0x8F, 0}},
		"android": {"JPKIAPGPSETOKEN", []byte{0x8F, 0x8F, 0}},
	} {
		c := newCard(t, persona, Options{})
		play(t, c, "{jpki} 9000")
		info := readFile(t, c, 0x0006)
		if len(info) != 160 {
			t.Errorf("%s: EF 0006 has %d bytes, want 160", persona, len(info))
		}
		if got := string(info[:32]); got != want.label+strings.Repeat(" ", 32-len(want.label)) {
			t.Errorf("%s: label %q", persona, got)
		}
		if got := readFile(t, c, 0x0008); !bytes.Equal(got, want.presence) {
			t.Errorf("%s: EF 0008 is % X, want % X", persona, got, want.presence)
		}
	}
}

func TestCertificateFilesAreFilledUp(t *testing.T) {
	for _, o := range []Options{{}, {PadFF: true}} {
		fill := byte(0)
		if o.PadFF {
			fill = 0xFF
		}
		c := newCard(t, "adult", o)
		play(t, c, "{jpki} 9000\n{pin s} 9000\n{sign ok} 9000")
		for _, ef := range []uint16{0x0001, 0x0002, 0x000A, 0x000B} {
			content := readFile(t, c, ef)
			if content[0] != 0x30 || content[1] != 0x82 {
				t.Fatalf("EF %04X is no certificate: % X", ef, content[:4])
			}
			der := 4 + int(content[2])<<8 + int(content[3])
			if len(content) <= der || len(bytes.Trim(content[der:], string([]byte{fill}))) > 0 {
				t.Errorf("EF %04X: %d bytes after the certificate are not all %02X", ef, len(content)-der, fill)
			}
		}
		// A file without certificate is filling only. No PIN opens it on such a
		// card, so look inside.
		child := newCard(t, "child", o)
		if content := child.files[0x0001].content; len(content) == 0 || len(bytes.Trim(content, string([]byte{fill}))) > 0 {
			t.Errorf("the absent certificate's file is not all %02X", fill)
		}
	}
}

func TestSetFile(t *testing.T) {
	c := newCard(t, "adult", Options{})
	for _, content := range [][]byte{{}, []byte("garbage"), bytes.Repeat([]byte{0x30}, MaxFileSize)} {
		if err := c.SetFile(0x000A, content); err != nil {
			t.Fatal(err)
		}
		play(t, c, "{jpki} 9000")
		if len(content) == 0 {
			play(t, c, "{cert a} 9000\n{read} 6B00")
		} else if got := readFile(t, c, 0x000A); !bytes.Equal(got, content) {
			t.Errorf("EF 000A holds %d other bytes than were set (%d)", len(got), len(content))
		}
	}
	play(t, c, "{cert a} 9000\n00B07FFF00 1:9000")
	if err := c.SetFile(0x0001, []byte("x")); err != nil {
		t.Fatal(err)
	}
	play(t, c, "{cert s} 9000\n{read} 6982")
	for _, ef := range []uint16{0x0017, 0x0018, 0x001A, 0x001B, 0x0003} {
		if err := c.SetFile(ef, nil); err == nil {
			t.Errorf("SetFile replaced EF %04X", ef)
		}
	}
	if err := c.SetFile(0x000A, make([]byte, MaxFileSize+1)); err == nil {
		t.Error("SetFile took more than a file holds")
	}
}

func TestUnpowered(t *testing.T) {
	c := newCard(t, "adult", Options{})
	c.PowerOff()
	c.Reset()
	if _, err := c.Transmit([]byte{0x00, 0xA4, 0x00, 0x00}); !errors.Is(err, ErrUnpowered) {
		t.Errorf("error %v, want ErrUnpowered", err)
	}
	c.PowerOn()
	play(t, c, "{jpki} 9000\n{pin s} 9000\n{sign ok} 9000")
	c.PowerOn() // a powered card notices nothing
	play(t, c, "{key s} 9000\n{pso} 256:9000")
}

func TestATR(t *testing.T) {
	contact := newCard(t, "adult", Options{Contact: true}).ATR()
	if want, _ := hex.DecodeString("3BE000FF8131FE4514"); !bytes.Equal(contact, want) {
		t.Errorf("contact ATR % X", contact)
	}
	for _, atr := range [][]byte{contact, newCard(t, "adult", Options{}).ATR()} {
		var tck byte // ISO/IEC 7816-3, 8.2.5: the bytes from T0 to TCK add up to 0
		for _, b := range atr[1:] {
			tck ^= b
		}
		if tck != 0 {
			t.Errorf("check byte of ATR % X is wrong", atr)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	adult, _ := Lookup("adult")
	label := adult
	label.Label = strings.Repeat("x", 33)
	tries := adult
	tries.SignTries = 6
	pin := adult
	pin.AuthPIN = strings.Repeat("1", 17)
	for name, p := range map[string]Persona{
		"no persona": {Name: "adult"}, "long label": label, "many tries": tries, "long PIN": pin,
	} {
		if _, err := New(p, testNow, Options{}); err == nil {
			t.Errorf("New made a card with %s", name)
		}
	}
	for _, o := range []Options{{BlockedQuery: 0x9000}, {BlockedVerify: 0x63C1}} {
		if _, err := New(adult, testNow, o); err == nil {
			t.Errorf("New took %+v", o)
		}
	}
}

// TestConcurrency lets several goroutines use one card, for the race detector.
func TestConcurrency(t *testing.T) {
	c := newCard(t, "adult", Options{})
	var recorder Recorder
	c.Observe(recorder.Observe)
	const each = 50
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range each {
				for _, aid := range []string{jpkiApplication.aid, issuerDomain.aid} {
					cmd := append([]byte{0x00, 0xA4, 0x04, 0x0C, byte(len(aid))}, aid...)
					if answer, err := c.Transmit(cmd); err != nil || string(answer) != "\x90\x00" {
						t.Errorf("answer % X, %v", answer, err)
					}
				}
				c.State()
				c.ATR()
			}
		})
	}
	all.Go(func() {
		for range each {
			if err := c.SetFile(0x0006, []byte("x")); err != nil {
				t.Error(err)
			}
			if err := c.SetState(c.State()); err != nil {
				t.Error(err)
			}
			c.Reset()
		}
	})
	all.Wait()
	if n := recorder.Total().Commands; n != 4*each {
		t.Errorf("%d commands were seen, want %d", n, 4*each)
	}
}
