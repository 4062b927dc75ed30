package jpki_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

const (
	efSignCert, efToken, efPresence, efAuthCert = 0x0001, 0x0006, 0x0008, 0x000A

	maxFile = 1 << 15
)

func setFile(t testing.TB, card *virtualcard.Card, ef uint16, content []byte) {
	t.Helper()
	if err := card.SetFile(ef, content); err != nil {
		t.Fatal(err)
	}
}

// readAuth reads the authentication certificate.
func readAuth(s *slot) (c *x509.Certificate, err error) {
	err = jpki.New(s).WithApp(context.Background(), func(a *jpki.App) (err error) {
		c, err = a.Certificate(jpki.KindAuth)
		return err
	})
	return c, err
}

// certificateOf returns a certificate of exactly size bytes.
func certificateOf(t testing.TB, size int) []byte {
	t.Helper()
	ca, _ := virtualcard.DemoCAs()
	padding := size - 800
	for range 10 {
		der, err := x509.CreateCertificate(nil, &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "DEMO"}, NotBefore: now, NotAfter: now.Add(time.Hour),
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999}, Value: bytes.Repeat([]byte{4}, padding)}},
		}, ca.Certificate, &ca.Key.PublicKey, ca.Key)
		if err != nil {
			t.Fatal(err)
		}
		if len(der) == size {
			return der
		}
		padding += size - len(der)
	}
	t.Fatalf("no certificate has %d bytes", size)
	return nil
}

// TestCertificateSizes reads certificates whose ends fall around the limits of
// a READ, with and without padding, up to the longest file.
func TestCertificateSizes(t *testing.T) {
	cards := map[virtualcard.Options]*virtualcard.Card{}
	for _, o := range []virtualcard.Options{{}, {NoExtendedLength: true}, {WarnEndOfFile: true}, {T0: true}} {
		cards[o] = newCard(t, "adult", o)
	}
	for _, size := range []int{1023, 1024, 1025, 1279, 1280, 1281, 9999, maxFile - 1, maxFile} {
		der := certificateOf(t, size)
		for o, card := range cards {
			for _, padding := range []int{0, 1, 500} {
				if size+padding > maxFile {
					continue
				}
				s := &slot{card: card}
				setFile(t, card, efAuthCert, append(bytes.Clone(der), bytes.Repeat([]byte{0x30}, padding)...))
				if c, err := readAuth(s); err != nil || !bytes.Equal(c.Raw, der) {
					t.Errorf("%d bytes, %d padding, %+v: %v", size, padding, o, err)
				}
				if want := 1 + (size+255)/256; !o.T0 && o.NoExtendedLength && len(s.sent) != want+1 || o == (virtualcard.Options{}) && len(s.sent) != 3 {
					t.Errorf("%d bytes, %d padding, %+v: %d commands", size, padding, o, len(s.sent))
				}
				for _, cmd := range s.sent {
					// The files are padded: no more is asked for than is wanted.
					if apdu.IsExtended(cmd) && !bytes.Equal(cmd, []byte{0, 0xB0, 1, 0, 0, byte((size - 256) >> 8), byte(size - 256)}) {
						t.Errorf("%d bytes: READ % X", size, cmd)
					}
				}
			}
		}
	}
}

// TestCertificateFiles reads certificate files with damaged or foreign content.
func TestCertificateFiles(t *testing.T) {
	good := certificateOf(t, 1500)
	begin := func(s string, n int) []byte { return append([]byte(s), bytes.Repeat([]byte{0x30}, n)...) }
	for name, c := range map[string]struct {
		content []byte
		want    error // where the card reports a certificate
		reads   int   // of the first attempt, of which the longest takes all of a long file
		absent  bool  // there is none where the card reports none
	}{
		"empty":                         {nil, jpki.ErrUnreadable, 2, true},
		"one byte":                      {[]byte{0x30}, jpki.ErrDamaged, 1, true},
		"zeros":                         {make([]byte, 2048), jpki.ErrDamaged, 1, true},
		"FF":                            {bytes.Repeat([]byte{0xFF}, 2048), jpki.ErrDamaged, 1, true},
		"a SET":                         {begin("\x31\x82\x05\xD8", 1500), jpki.ErrDamaged, 1, true},
		"an empty SEQUENCE":             {begin("\x30\x00", 100), jpki.ErrDamaged, 1, false},
		"a short SEQUENCE":              {begin("\x30\x7F", 200), jpki.ErrDamaged, 1, false},
		"indefinite length":             {begin("\x30\x80", 200), jpki.ErrDamaged, 1, false},
		"indefinite length, short":      {begin("\x30\x80", 50), jpki.ErrDamaged, 1, false},
		"length 81":                     {begin("\x30\x81\xFC", 300), jpki.ErrDamaged, 1, false},
		"length 81 and one block more":  {begin("\x30\x81\xFE", 300), jpki.ErrDamaged, 2, false},
		"length 82":                     {begin("\x30\x82\x05\xD8", 1600), jpki.ErrDamaged, 2, false},
		"length of three bytes":         {begin("\x30\x83\x00\x05\xD8", 1600), jpki.ErrDamaged, 1, false},
		"length of four bytes":          {begin("\x30\x84\x00\x00\x05\xD8", 1600), jpki.ErrDamaged, 1, false},
		"length 81 cut":                 {[]byte("\x30\x81"), jpki.ErrDamaged, 1, false},
		"length 82 cut":                 {[]byte("\x30\x82\x05"), jpki.ErrDamaged, 1, false},
		"as long as a file can be":      {begin("\x30\x82\x7F\xFC", maxFile-4), jpki.ErrDamaged, 2, false},
		"one byte longer":               {begin("\x30\x82\x7F\xFD", maxFile-4), jpki.ErrDamaged, 1, false},
		"as long as 82 can say":         {begin("\x30\x82\xFF\xFF", maxFile-4), jpki.ErrDamaged, 1, false},
		"cut in the first block":        {good[:200], jpki.ErrDamaged, 3, false},
		"cut after the first block":     {good[:256], jpki.ErrDamaged, 3, false},
		"cut in the second block":       {good[:300], jpki.ErrDamaged, 4, false},
		"the last byte is missing":      {good[:1499], jpki.ErrDamaged, 3, false},
		"one bit wrong in the encoding": {append([]byte{0x30, 0x82, 0x05, 0xD8, 0x31}, good[5:]...), jpki.ErrDamaged, 2, false},
		"good":                          {good, nil, 2, false},
		"good, one byte behind":         {append(bytes.Clone(good), 1), nil, 2, false},
	} {
		for _, reported := range []bool{true, false} {
			want := c.want
			s := newSlot(t, "adult", virtualcard.Options{})
			if !reported {
				setFile(t, s.card, efPresence, []byte{0x8F, 0x00, 0x00})
				if c.absent {
					want = jpki.ErrAbsent
				}
			}
			setFile(t, s.card, efAuthCert, c.content)
			cert, err := readAuth(s)
			if !errors.Is(err, want) || (cert != nil) != (want == nil) {
				t.Errorf("%s, reported %v: %v", name, reported, err)
			}
			if want == nil {
				if got := count(s.sent, apdu.InsReadBinary); got != c.reads {
					t.Errorf("%s: %d reads, want %d", name, got, c.reads)
				}
				continue
			}
			e, causes := errorAs[*jpki.CertificateError](t, err), 0
			for _, cause := range []error{jpki.ErrAbsent, jpki.ErrDamaged, jpki.ErrUnreadable, jpki.ErrNeedsPIN} {
				if errors.Is(err, cause) {
					causes++
				}
			}
			if e.Kind != jpki.KindAuth || causes != 1 {
				t.Errorf("%s: %v, which has %d causes", name, err, causes)
			}
			// The second attempt reads 128 bytes at a time, and the presence
			// takes one READ.
			if got, most := count(s.sent, apdu.InsReadBinary), c.reads+2+1+len(c.content)/128; got <= c.reads || got > most {
				t.Errorf("%s: %d reads, want up to %d", name, got, most)
			}
		}
	}
}

// TestCertificateStatus shows how a refusal to read is reported. How cards
// without a certificate answer is not known, so the presence file decides
// between absent and unreadable, and only one answer means that a PIN is
// needed.
func TestCertificateStatus(t *testing.T) {
	const selectIt, readIt, readPresence = "\x00\xA4\x02\x0C\x02\x00\x0A", "\x00\xB0", "\x00\xB0\x88"
	words := []apdu.Status{0x6200, 0x6281, 0x6282, 0x6283, 0x6300, 0x6400, 0x6581, 0x6700, 0x6981, 0x6982, 0x6985, 0x6986, 0x6A80, 0x6A82, 0x6A83, 0x6A88, 0x6B00, 0x6D00, 0x6F00, 0x9000}
	for _, command := range []string{selectIt, readIt} {
		for _, presence := range []string{"reported", "not reported", "not to be had"} {
			for _, sw := range words {
				o := virtualcard.Options{}
				if command == selectIt {
					if sw == apdu.StatusOK {
						continue
					}
					o.NoShortIdentifiers = apdu.StatusIncorrectP1P2
				}
				s := newSlot(t, "adult", o)
				if presence == "not reported" {
					setFile(t, s.card, efPresence, []byte{0x8F, 0x00, 0x00})
				}
				answer := apdu.Response{SW: sw}.Bytes()
				presenceNow := false // the presence is being read
				s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
					cmd := string(s.sent[n])
					if strings.HasPrefix(cmd, "\x00\xA4\x02\x0C\x02\x00\x08") || strings.HasPrefix(cmd, readPresence) {
						presenceNow = true
					}
					switch {
					case presenceNow && presence == "not to be had":
						return []byte{0x6F, 0x00}, nil
					case !presenceNow && strings.HasPrefix(cmd, command):
						return answer, nil
					}
					return run()
				}
				_, err := readAuth(s)
				want := jpki.ErrUnreadable
				switch {
				case sw == apdu.StatusSecurityNotSatisfied:
					want = jpki.ErrNeedsPIN
				case presence == "not reported", presence == "not to be had" && sw == apdu.StatusNotFound:
					want = jpki.ErrAbsent
				}
				if e := errorAs[*jpki.CertificateError](t, err); e.Kind != jpki.KindAuth || !errors.Is(err, want) {
					t.Errorf("%q answered %04X, presence %s: %v", command, uint16(sw), presence, err)
				}
				noWord := sw == apdu.StatusOK || command == readIt && sw == apdu.StatusWrongOffset
				if errors.Is(err, sw) == noWord {
					t.Errorf("%q answered %04X: %v", command, uint16(sw), err)
				}
			}
		}
	}
	// A failure that says nothing about the certificate comes out as it is.
	for _, raw := range []string{"", "\x90", "\x61\x00"} {
		s := newSlot(t, "adult", virtualcard.Options{})
		s.fault = answering(s, readIt, raw)
		if raw == "\x61\x00" {
			s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
				if c := s.sent[n][1]; c == apdu.InsReadBinary || c == apdu.InsGetResponse {
					return []byte(raw), nil
				}
				return run()
			}
		}
		if _, err := readAuth(s); err == nil || errors.As(err, new(*jpki.CertificateError)) {
			t.Errorf("% X: %v", raw, err)
		}
	}
}

// TestRefusedInASession shows how 6982 is reported although the PIN was
// verified: the presence file decides between absent and unreadable.
func TestRefusedInASession(t *testing.T) {
	const readIt, readPresence = "\x00\xB0\x81\x00\x00", "\x00\xB0\x88\x00\x03"
	for name, c := range map[string]struct {
		presence []byte
		broken   bool // the presence cannot be read
		absent   bool
	}{
		"reported":           {[]byte{0x8F, 0x8F, 0x00}, false, false},
		"not reported":       {[]byte{0x00, 0x8F, 0x00}, false, true},
		"reported otherwise": {[]byte{0x80, 0x8F, 0x00}, false, true},
		"not to be had":      {[]byte{0x00, 0x8F, 0x00}, true, false},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		setFile(t, s.card, efPresence, c.presence)
		s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			switch cmd := string(s.sent[n]); {
			case cmd == readIt, cmd == "\x00\xB0\x00\x00\x00": // by its short identifier, and selected
				return []byte{0x69, 0x82}, nil
			case cmd == readPresence && c.broken:
				return nil, errReader
			}
			return run()
		}
		err := operationNamed(t, "cert export sign").run(context.Background(), jpki.New(s))
		if e := errorAs[*jpki.CertificateError](t, err); e.Kind != jpki.KindSign || errors.Is(err, jpki.ErrAbsent) != c.absent ||
			errors.Is(err, jpki.ErrNeedsPIN) || !errors.Is(err, apdu.StatusSecurityNotSatisfied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The other key's PIN is still needed: a phone's authentication certificate.
	s := newSlot(t, "android", virtualcard.Options{})
	err := jpki.New(s).WithPIN(context.Background(), jpki.KeySign, rightPIN(jpki.KeySign), nil, func(session *jpki.Session) error {
		_, err := session.Certificate(jpki.KindAuth)
		return err
	})
	if !errors.Is(err, jpki.ErrNeedsPIN) {
		t.Errorf("the other certificate: %v", err)
	}
}

// TestNoSigningCertificate reads a card whose signing PIN works and whose
// certificate file is empty.
func TestNoSigningCertificate(t *testing.T) {
	for _, content := range [][]byte{nil, make([]byte, 2048), bytes.Repeat([]byte{0xFF}, 2048)} {
		s := newSlot(t, "adult", virtualcard.Options{})
		setFile(t, s.card, efSignCert, content)
		setFile(t, s.card, efPresence, []byte{0x00, 0x8F, 0x00})
		err := operationNamed(t, "sign").run(context.Background(), jpki.New(s))
		if e := errorAs[*jpki.CertificateError](t, err); e.Kind != jpki.KindSign || !errors.Is(err, jpki.ErrAbsent) {
			t.Errorf("%v", err)
		}
	}
}

// TestExtendedLength shows that a reader or card without extended length is
// recognised at the first READ, once, and remembered for the connection.
func TestExtendedLength(t *testing.T) {
	der := certificateOf(t, 1500)
	short := 1 + 6
	for name, c := range map[string]struct {
		answer func(run func() ([]byte, error)) ([]byte, error)
		costs  [2]int // the first and the second time
	}{
		"works":         {func(run func() ([]byte, error)) ([]byte, error) { return run() }, [2]int{3, 3}},
		"6700":          {func(func() ([]byte, error)) ([]byte, error) { return []byte{0x67, 0x00}, nil }, [2]int{short + 1, short}},
		"6F00":          {func(func() ([]byte, error)) ([]byte, error) { return []byte{0x6F, 0x00}, nil }, [2]int{short + 1, short}},
		"reader fails":  {func(func() ([]byte, error)) ([]byte, error) { return nil, errReader }, [2]int{short + 1, short}},
		"answer cut":    {func(func() ([]byte, error)) ([]byte, error) { return []byte{0x90}, nil }, [2]int{short + 1, short}},
		"no data":       {func(func() ([]byte, error)) ([]byte, error) { return []byte{0x90, 0x00}, nil }, [2]int{short + 1, short}},
		"too much data": {func(func() ([]byte, error)) ([]byte, error) { return make([]byte, 3000), nil }, [2]int{short + 1, short}},
		"at most 700 bytes": {func(run func() ([]byte, error)) ([]byte, error) {
			answer, err := run()
			return append(answer[:min(len(answer)-2, 700)], 0x90, 0x00), err
		}, [2]int{4, 4}},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		setFile(t, s.card, efAuthCert, append(der, make([]byte, 500)...))
		s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			if apdu.IsExtended(s.sent[n]) {
				return c.answer(run)
			}
			return run()
		}
		card := jpki.New(s)
		for i, want := range c.costs {
			s.sent = nil
			err := card.WithApp(context.Background(), func(a *jpki.App) error {
				got, err := a.Certificate(jpki.KindAuth)
				if err == nil && !bytes.Equal(got.Raw, der) {
					err = errors.New("another certificate")
				}
				return err
			})
			if err != nil || len(s.sent) != want {
				t.Errorf("%s, time %d: %d commands, want %d (error: %v)", name, i+1, len(s.sent), want, err)
			}
		}
	}
}

// TestExtendedReadOfACancelledContext shows that a cancelled READ is not taken
// for missing extended length.
func TestExtendedReadOfACancelledContext(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	card := jpki.New(s)
	ctx, cancel := context.WithCancel(context.Background())
	s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
		if apdu.IsExtended(s.sent[n]) {
			cancel()
			return nil, errReader
		}
		return run()
	}
	if err := operationNamed(t, "cert export auth").run(ctx, card); err != context.Canceled {
		t.Errorf("%v", err)
	}
	s.fault, s.sent = nil, nil
	if err := operationNamed(t, "cert export auth").run(context.Background(), card); err != nil || len(s.sent) != 3 {
		t.Errorf("afterwards: %d commands, %v", len(s.sent), err)
	}
}

func TestToken(t *testing.T) {
	label := func(s string) []byte { return append([]byte(s+strings.Repeat(" ", 32-len(s))), make([]byte, 128)...) }
	s := newSlot(t, "adult", virtualcard.Options{})
	setFile(t, s.card, efToken, nil)
	err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
		_, err := a.Token()
		return err
	})
	if !errors.Is(err, jpki.ErrUnreadable) {
		t.Errorf("an empty file: %v", err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    jpki.Token
	}{
		"card":            {label("JPKIAPICCTOKEN2"), jpki.Token{Label: "JPKIAPICCTOKEN2", Kind: jpki.TokenCard}},
		"juki card":       {label("JPKIAPICCTOKEN"), jpki.Token{Label: "JPKIAPICCTOKEN", Kind: jpki.TokenJukiCard}},
		"Android":         {label("JPKIAPGPSETOKEN"), jpki.Token{Label: "JPKIAPGPSETOKEN", Kind: jpki.TokenAndroid}},
		"iPhone":          {label("JPKIAPIOSTOKEN"), jpki.Token{Label: "JPKIAPIOSTOKEN", Kind: jpki.TokenIPhone}},
		"another":         {label("JPKIAPICCTOKEN3"), jpki.Token{Label: "JPKIAPICCTOKEN3"}},
		"padded with 00":  {append([]byte("JPKIAPICCTOKEN2"), make([]byte, 145)...), jpki.Token{Label: "JPKIAPICCTOKEN2", Kind: jpki.TokenCard}},
		"32 characters":   {append(bytes.Repeat([]byte("x"), 32), "yyyy"...), jpki.Token{Label: strings.Repeat("x", 32)}},
		"short file":      {[]byte("JPKIAPICCTOKEN2"), jpki.Token{Label: "JPKIAPICCTOKEN2", Kind: jpki.TokenCard}},
		"not printable":   {[]byte("a\x1b[2J\x7f\xff\x00b~"), jpki.Token{Label: "a?[2J???b~"}},
		"leading space":   {label(" JPKIAPICCTOKEN2"), jpki.Token{Label: " JPKIAPICCTOKEN2"}},
		"another letters": {label("日本"), jpki.Token{Label: "??"}},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		setFile(t, s.card, efToken, c.content)
		err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
			if got, err := a.Token(); err != nil || got != c.want {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestPresence(t *testing.T) {
	for content, want := range map[string]jpki.Presence{
		"\x8F\x8F\x00": {Sign: true, Auth: true}, "\x8F\x00\x00": {Sign: true}, "\x00\x8F\x8F": {Auth: true},
		"\x0F\x8E\xFF": {}, "\x8F": {Sign: true}, "\x8F\x8F": {Sign: true, Auth: true},
		"\x8F\x8F\x8F\x8F\x8F": {Sign: true, Auth: true},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		setFile(t, s.card, efPresence, []byte(content))
		err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
			got, err := a.Presence()
			if err != nil || got != want || got.Has(jpki.KeySign) != want.Sign || got.Has(jpki.KeyAuth) != want.Auth {
				t.Errorf("% X: %+v, %v", content, got, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	for _, ef := range []string{"\x00\x06", "\x00\x08"} {
		for _, command := range []string{"\x00\xA4\x02\x0C\x02" + ef, "\x00\xB0"} {
			s := newSlot(t, "adult", virtualcard.Options{NoShortIdentifiers: apdu.StatusIncorrectP1P2})
			s.fault = answering(s, command, "\x69\x85")
			err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
				token, tokenErr := a.Token()
				presence, presenceErr := a.Presence()
				if token != (jpki.Token{}) && tokenErr != nil || presence != (jpki.Presence{}) && presenceErr != nil {
					t.Error("a result beside an error")
				}
				return errors.Join(tokenErr, presenceErr)
			})
			if !errors.Is(err, apdu.StatusConditionsNotSatisfied) {
				t.Errorf("%q: %v", command, err)
			}
		}
	}
}
