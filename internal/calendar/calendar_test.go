package calendar

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jpki-tools/jpki/pkg/cert"
)

var sample = Calendar{
	Product: "-//example//test//JA",
	Events: []Event{
		{
			UID: "1-last@example", Stamp: time.Date(2026, 11, 22, 12, 0, 0, 0, cert.JST), Sequence: 7,
			Day:         cert.Date{Year: 2028, Month: 2, Day: 29},
			Summary:     `更新; カード, 暗証番号 \ 窓口`,
			Description: "一行目\n" + strings.Repeat("カードを持って市区町村の窓口へ。", 8),
			Alarms:      []Alarm{{30}, {1}, {0}},
		},
		{
			UID: "2@example", Stamp: time.Date(2026, 11, 22, 12, 0, 0, 0, cert.JST),
			Day: cert.Date{Year: 2026, Month: 12, Day: 31}, Summary: "year's end",
		},
	},
}

func TestEncode(t *testing.T) {
	want := "BEGIN:VCALENDAR\n" +
		"VERSION:2.0\n" +
		"PRODID:-//example//test//JA\n" +
		"CALSCALE:GREGORIAN\n" +
		"BEGIN:VEVENT\n" +
		"UID:1-last@example\n" +
		"DTSTAMP:20261122T030000Z\n" +
		"SEQUENCE:7\n" +
		"DTSTART;VALUE=DATE:20280229\n" +
		"DTEND;VALUE=DATE:20280301\n" +
		`SUMMARY:更新\; カード\, 暗証番号 \\ 窓口` + "\n" +
		`DESCRIPTION:一行目\nカードを持って市区町村の窓口へ。カ` + "\n" +
		" ードを持って市区町村の窓口へ。カードを持って市区\n" +
		" 町村の窓口へ。カードを持って市区町村の窓口へ。カ\n" +
		" ードを持って市区町村の窓口へ。カードを持って市区\n" +
		" 町村の窓口へ。カードを持って市区町村の窓口へ。カ\n" +
		" ードを持って市区町村の窓口へ。\n" +
		"CLASS:PRIVATE\n" +
		"TRANSP:TRANSPARENT\n" +
		alarm("-P29DT15H") + alarm("-PT15H") + alarm("PT9H") +
		"END:VEVENT\n" +
		"BEGIN:VEVENT\n" +
		"UID:2@example\n" +
		"DTSTAMP:20261122T030000Z\n" +
		"SEQUENCE:0\n" +
		"DTSTART;VALUE=DATE:20261231\n" +
		"DTEND;VALUE=DATE:20270101\n" +
		"SUMMARY:year's end\n" +
		"DESCRIPTION:\n" +
		"CLASS:PRIVATE\n" +
		"TRANSP:TRANSPARENT\n" +
		"END:VEVENT\n" +
		"END:VCALENDAR\n"
	if got := string(sample.Encode()); got != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func alarm(trigger string) string {
	return "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:" + trigger + "\n" +
		`DESCRIPTION:更新\; カード\, 暗証番号 \\ 窓口` + "\nEND:VALARM\n"
}

// FuzzText has any text come back from a line as it went in, and every line
// keep the rules.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", `\n;,\`, "改行\nあり", strings.Repeat("あ", 60), strings.Repeat("a", 200), "\x00\r\t\x7f", "\xff\xfe", "\U00020BB7野", strings.Repeat("x", 66) + "あ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := string(Calendar{Events: []Event{{Description: s}}}.Encode())
		if !utf8.ValidString(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
		for line := range strings.SplitSeq(out, "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
				t.Errorf("a line of %d octets: %q", len(line), line)
			}
		}
		_, rest, _ := strings.Cut(strings.ReplaceAll(out, "\r\n ", ""), "\r\nDESCRIPTION:")
		value, _, _ := strings.Cut(rest, "\r\n")
		if got, want := unescape(value), clean(s); got != want {
			t.Errorf("%q came back as %q", want, got)
		}
	})
}

// unescape reads a TEXT value, one character after the other.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out.WriteByte(s[i])
			continue
		}
		if i++; s[i] == 'n' {
			out.WriteByte('\n')
		} else {
			out.WriteByte(s[i])
		}
	}
	return out.String()
}

// clean is s without what no file may have.
func clean(s string) string {
	var out strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if r == '\n' || r == '\t' || r >= ' ' && r < 0x7F || r > 0x9F {
			out.WriteRune(r)
		}
	}
	return out.String()
}
