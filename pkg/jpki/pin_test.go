package jpki_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Structs as a program may have them.
type (
	exported   struct{ PIN jpki.PIN }
	unexported struct{ pin jpki.PIN }
	pointer    struct{ pin *jpki.PIN }
	nested     struct {
		list []unexported
		m    map[string]jpki.PIN
		any  any
	}
)

// TestPINHidesItself prints and encodes a PIN in every way and searches the
// output for it in every form.
func TestPINHidesItself(t *testing.T) {
	const secret = "QX7ZKJ9W"
	p := pin(secret)
	values := map[string]any{
		"PIN": p, "*PIN": &p, "exported": exported{p}, "*exported": &exported{p}, "unexported": unexported{p},
		"*unexported": &unexported{p}, "pointer": pointer{&p}, "slice": []jpki.PIN{p}, "array": [1]jpki.PIN{p},
		"map": map[string]jpki.PIN{"a": p}, "key": map[jpki.PIN]int{p: 1}, "channel": func() any { c := make(chan jpki.PIN, 1); c <- p; return c }(),
		"nested": nested{[]unexported{{p}}, map[string]jpki.PIN{"a": p}, unexported{p}}, "any": any(p),
		"error":       fmt.Errorf("bad PIN %v %s %x", p, p, p),
		"rule error":  p.Check(jpki.KeyAuth),
		"joined":      errors.Join(p.Check(jpki.KeyAuth), fmt.Errorf("%+v", unexported{p})),
		"the builtin": unexported{p}.pin,
	}
	var out bytes.Buffer
	for name, v := range values {
		for verb := rune('!'); verb <= '~'; verb++ {
			for _, flags := range []string{"", "+", "#", "-20", "020.3", " ", "+#"} {
				fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", v)
			}
		}
		fmt.Fprintln(&out, v)
		if b, err := json.Marshal(v); err == nil {
			out.Write(b)
		}
		if b, err := xml.Marshal(v); err == nil {
			out.Write(b)
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("message", name, v, slog.Group("group", "v", v))
		}
		log.New(&out, "", 0).Print(v)
		if err := gob.NewEncoder(&out).Encode(v); err == nil && strings.Contains(name, "xported") && strings.TrimPrefix(name, "*") == "exported" {
			t.Errorf("%s was encoded by gob", name)
		}
		_ = template.Must(template.New("").Parse("{{.}} {{printf `%v %x` . .}} {{html .}} {{js .}}\n")).Execute(&out, v)
	}
	fmt.Fprint(&out, p.String(), p.GoString(), p.LogValue())

	everything := strings.ToLower(out.String())
	reversed := []byte(secret)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	var decimal, utf16 strings.Builder
	for i, c := range []byte(secret) {
		if i > 0 {
			decimal.WriteByte(' ')
		}
		fmt.Fprint(&decimal, c)
		utf16.WriteString(string(rune(c)) + "\x00")
	}
	for name, form := range map[string]string{
		"as it is": secret, "in hexadecimal": hex.EncodeToString([]byte(secret)), "in hexadecimal with spaces": fmt.Sprintf("% x", secret),
		"in base64": base64.StdEncoding.EncodeToString([]byte(secret))[:8], "in decimal": decimal.String(), "reversed": string(reversed),
		"in UTF-16": utf16.String(), "the first half": secret[:4], "the second half": secret[4:], "as Go bytes": "0x51, 0x58",
	} {
		if i := strings.Index(everything, strings.ToLower(form)); i >= 0 {
			t.Errorf("%s, in %q", name, everything[max(0, i-60):min(len(everything), i+60)])
		}
	}
	if strings.Count(everything, "[pin]") < 1000 {
		t.Error("the PIN was hardly printed at all")
	}
}

// TestPINShown shows the text printed in place of a PIN.
func TestPINShown(t *testing.T) {
	p := pin("1234")
	js, _ := json.Marshal(map[string]any{"pin": p, "in": exported{p}})
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("", "pin", p)
	for _, c := range [][2]string{
		{fmt.Sprint(p), "[PIN]"}, {fmt.Sprintf("%x|%d|%q|%#v|%+v|%s", p, p, p, p, p, p), "[PIN]|[PIN]|[PIN]|[PIN]|[PIN]|[PIN]"},
		{fmt.Sprintf("%v", exported{p}), "{[PIN]}"}, {fmt.Sprint(&p), "[PIN]"}, {string(js), `{"in":{"PIN":"[PIN]"},"pin":"[PIN]"}`},
		{p.String(), "[PIN]"}, {p.GoString(), "[PIN]"}, {fmt.Sprint(jpki.PIN{}), "[PIN]"}, {fmt.Sprint((*jpki.PIN)(nil)), "<nil>"},
		{logged.String()[strings.Index(logged.String(), "pin="):], "pin=[PIN]\n"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(p); err == nil {
		t.Error("encoded by gob")
	}
	// Nothing reads a PIN back from what is shown in its place.
	//lint:ignore SA9005 this is the point
	if err := json.Unmarshal([]byte(`"[PIN]"`), &p); err == nil {
		t.Error("decoded from JSON")
	}
}

// TestWipe shows that a PIN uses its owner's buffer, and that wiping it wipes
// every copy.
func TestWipe(t *testing.T) {
	b := []byte("DEMO123")
	p := jpki.NewPIN(b)
	q := p
	if p.IsZero() || !p.Equal(q) {
		t.Error("not there")
	}
	p.Wipe()
	if !bytes.Equal(b, make([]byte, 7)) || !p.IsZero() || !q.IsZero() {
		t.Errorf("left: %q", b)
	}
	p.Wipe()
	jpki.PIN{}.Wipe()
	if !(jpki.PIN{}).IsZero() || !jpki.NewPIN(nil).IsZero() {
		t.Error("nothing is something")
	}
	if p.UpperCase() || (jpki.PIN{}).UpperCase() {
		t.Error("nothing was turned into upper case")
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b jpki.PIN
		want bool
	}{
		{pin("1234"), pin("1234"), true}, {pin("1234"), pin("1235"), false}, {pin("1234"), pin("12345"), false},
		{pin(""), jpki.PIN{}, true}, {pin("1"), jpki.PIN{}, false}, {pin("demo123"), pin("DEMO123"), false},
	} {
		if c.a.Equal(c.b) != c.want || c.b.Equal(c.a) != c.want {
			t.Errorf("not %v", c.want)
		}
	}
}

// TestUpperCase shows that exactly a to z are changed, in the owner's buffer.
func TestUpperCase(t *testing.T) {
	for c := range 256 {
		b := []byte{'A', byte(c), '1'}
		changed := jpki.NewPIN(b).UpperCase()
		want := byte(c)
		if c >= 'a' && c <= 'z' {
			want = byte(c) - 32
		}
		if changed != (want != byte(c)) || !bytes.Equal(b, []byte{'A', want, '1'}) {
			t.Errorf("%02X became %02X, changed %v", c, b[1], changed)
		}
	}
	b := []byte("demo123ABC")
	if !jpki.NewPIN(b).UpperCase() || string(b) != "DEMO123ABC" {
		t.Errorf("%q", b)
	}
}

// TestCheck tries every length and every byte at every place.
func TestCheck(t *testing.T) {
	broken := func(k jpki.Key, p string) jpki.Rule {
		err := pin(p).Check(k)
		if err == nil {
			return 0
		}
		e := errorAs[*jpki.RuleError](t, err)
		if e.Key != k {
			t.Errorf("a rule of %s", e.Key)
		}
		return e.Rule
	}
	want := func(k jpki.Key, p string, rule jpki.Rule) {
		t.Helper()
		if got := broken(k, p); got != rule {
			t.Errorf("%s %q: rule %d, want %d", k, p, got, rule)
		}
	}
	for n := range 40 {
		mixed := strings.Repeat("A1", 20)[:n]
		switch {
		case n < 6 || n > 16:
			want(jpki.KeySign, mixed, jpki.RuleLength)
			want(jpki.KeySign, strings.Repeat("A", n), jpki.RuleLength)
		default:
			want(jpki.KeySign, mixed, 0)
			want(jpki.KeySign, strings.Repeat("A", n), jpki.RuleMixed)
			want(jpki.KeySign, strings.Repeat("1", n), jpki.RuleMixed)
			want(jpki.KeySign, strings.Repeat("A", n-1)+"0", 0)
			want(jpki.KeySign, strings.Repeat("9", n-1)+"Z", 0)
		}
		if n == 4 {
			want(jpki.KeyAuth, "0000", 0)
			want(jpki.KeyAuth, "9999", 0)
		} else {
			want(jpki.KeyAuth, strings.Repeat("1", n), jpki.RuleLength)
		}
	}
	for c := range 256 {
		digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
		for at := range 7 {
			b := []byte("AB12CD3")
			b[at] = byte(c)
			rule := jpki.RuleCharacters
			if digit || letter {
				rule = 0
			}
			want(jpki.KeySign, string(b), rule)
		}
		for at := range 4 {
			b := []byte("1234")
			b[at] = byte(c)
			rule := jpki.RuleCharacters
			if digit {
				rule = 0
			}
			want(jpki.KeyAuth, string(b), rule)
		}
	}
	for _, k := range []jpki.Key{0, 3, -1} {
		want(k, "1234", jpki.RuleCharacters)
		want(k, "DEMO123", jpki.RuleCharacters)
	}
}

func TestErrorTexts(t *testing.T) {
	cause := errors.New("cause")
	for want, err := range map[string]error{
		"jpki: the authentication PIN is exactly 4 digits":                                                                                     &jpki.RuleError{Key: jpki.KeyAuth, Rule: jpki.RuleLength},
		"jpki: the signing password has upper-case letters A-Z and digits only":                                                                &jpki.RuleError{Key: jpki.KeySign, Rule: jpki.RuleCharacters},
		"jpki: the signing password has 6 to 16 characters":                                                                                    &jpki.RuleError{Key: jpki.KeySign, Rule: jpki.RuleLength},
		"jpki: the signing password has at least one letter and one digit":                                                                     &jpki.RuleError{Key: jpki.KeySign, Rule: jpki.RuleMixed},
		"jpki: wrong PIN (auth), 2 tries left":                                                                                                 &jpki.PINError{Key: jpki.KeyAuth, Left: 2},
		"jpki: PIN blocked (sign)":                                                                                                             &jpki.BlockedError{Key: jpki.KeySign},
		"jpki: certificate sign: cause":                                                                                                        &jpki.CertificateError{Kind: jpki.KindSign, Err: cause},
		"jpki: no answer to VERIFY (sign), a try may have been used: cause":                                                                    &jpki.UnansweredError{Key: jpki.KeySign, Err: cause},
		"jpki: the verified PIN (sign) could not be closed: cause":                                                                             &jpki.NotClosedError{Key: jpki.KeySign, Verified: jpki.WasVerified, Err: cause},
		"jpki: the session of a PIN (auth) that was not verified could not be closed: cause":                                                   &jpki.NotClosedError{Key: jpki.KeyAuth, Err: cause},
		"before; jpki: the PIN (auth), which may have been verified, could not be closed: cause":                                               &jpki.NotClosedError{Key: jpki.KeyAuth, Verified: jpki.MaybeVerified, Err: cause, After: errors.New("before")},
		"jpki: the card refused the new PIN (auth), the old one is in force: card status 6A80: incorrect parameters in the command data field": &jpki.ChangeRefusedError{Key: jpki.KeyAuth, Status: 0x6A80},
		"jpki: the change of the PIN (auth) could not be confirmed, the old or the new one is in force: cause":                                 &jpki.UnconfirmedChangeError{Key: jpki.KeyAuth, Err: cause},
		"jpki: the change of the PIN (auth) could not be confirmed, the new one is in force: cause":                                            &jpki.UnconfirmedChangeError{Key: jpki.KeyAuth, NewInForce: true, Err: cause},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
