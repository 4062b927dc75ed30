package jpki_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestCost compares the commands that every operation sends with its limit:
// with and without short identifiers, and on connections with and without
// extended length.
func TestCost(t *testing.T) {
	certs := certificates(t, newCard(t, "adult", virtualcard.Options{}))
	r := map[jpki.Kind]int{} // reads of 256 bytes
	for k, c := range certs {
		if r[k] = (len(c.Raw) + 255) / 256; r[k] < 3 {
			t.Fatalf("%s takes %d reads: in extended length nothing would be saved", k, r[k])
		}
	}
	signing := func(n int, ca bool) operation {
		return operation{name: fmt.Sprintf("sign %d, CA certificate from the card: %v", n, ca), key: jpki.KeySign, use: func(s *jpki.Session) error {
			var err error
			if ca {
				_, _, err = signFile(s, n)
				return err
			}
			cert, err := s.Certificate(jpki.KindSign)
			for range n {
				_, sigErr := signature(s, cert)
				err = errors.Join(err, sigErr)
			}
			return err
		}}
	}
	const sign, auth, signCA = jpki.KindSign, jpki.KindAuth, jpki.KindSignCA
	for _, c := range []struct {
		op              operation
		short, extended int // files selected
		named, both     int // by short identifier, in short and in extended length
	}{
		{operationNamed(t, "cert export auth"), 2 + r[auth], 4, 1 + r[auth], 3},
		{operationNamed(t, "pin status"), 5, 5, 3, 3},
		{operationNamed(t, "status"), 11 + r[auth], 13, 6 + r[auth], 8},
		{operationNamed(t, "pin verify sign"), 5, 5, 5, 5},
		{operation{name: "pin verify auth", key: jpki.KeyAuth, use: nothing}, 5, 5, 5, 5},
		{operationNamed(t, "pin change sign"), 7, 7, 7, 7},
		{operation{name: "pin change auth", key: jpki.KeyAuth, use: func(s *jpki.Session) error { return s.ChangePIN(pin("5678")) }}, 7, 7, 7, 7},
		{operationNamed(t, "cert export sign"), 6 + r[sign], 8, 5 + r[sign], 7},
		{signing(1, true), 9 + r[sign] + r[signCA], 13, 6 + r[sign] + r[signCA], 10},
		{signing(2, true), 9 + r[sign] + r[signCA] + 1, 14, 6 + r[sign] + r[signCA] + 1, 11},
		{signing(5, true), 9 + r[sign] + r[signCA] + 4, 17, 6 + r[sign] + r[signCA] + 4, 14},
		{signing(1, false), 8 + r[sign], 10, 6 + r[sign], 8},
		{signing(5, false), 8 + r[sign] + 4, 14, 6 + r[sign] + 4, 12},
	} {
		for _, short := range []bool{false, true} {
			for _, named := range []bool{false, true} {
				o := virtualcard.Options{NoExtendedLength: short}
				if !named {
					o.NoShortIdentifiers = apdu.StatusIncorrectP1P2
				}
				want := map[[2]bool]int{{true, false}: c.short, {false, false}: c.extended, {true, true}: c.named, {false, true}: c.both}[[2]bool{short, named}]
				if c.op.key != 0 && !short && named {
					want++ // what kind of token it is, which the others found out before
				}
				s := newSlot(t, "adult", o)
				card := jpki.New(s)
				if short || !named { // what does not work is found out once
					find := operation{key: jpki.KeyAuth, use: func(session *jpki.Session) error {
						_, err := session.Certificate(auth)
						if err == nil {
							_, err = signature(session, certs[auth])
						}
						return errors.Join(err, bothTries(session.App))
					}}
					if err := find.run(context.Background(), card); err != nil {
						t.Fatal(err)
					}
				}
				s.sent = nil
				if err := c.op.run(context.Background(), card); err != nil || len(s.sent) != want {
					t.Errorf("%s, short %v, named %v: %d commands, want %d (error: %v)", c.op.name, short, named, len(s.sent), want, err)
				}
			}
		}
	}
}

// TestLimits shows that known limits of a reader are not probed again.
func TestLimits(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{NoExtendedLength: true})
	card := jpki.New(s)
	export := operationNamed(t, "cert export auth")
	if err := export.run(context.Background(), card); err != nil || card.Limits() != (jpki.Limits{ShortOnly: true}) {
		t.Fatalf("%+v, %v", card.Limits(), err)
	}
	first := len(s.sent)
	s.sent = nil
	again := jpki.New(s)
	again.SetLimits(card.Limits())
	if err := export.run(context.Background(), again); err != nil || len(s.sent) != first-1 {
		t.Errorf("%d commands after %d, %v", len(s.sent), first, err)
	}
	s.sent = nil
	again.SetLimits(jpki.Limits{LosesLong: true})
	if err := export.run(context.Background(), again); err != nil {
		t.Error(err)
	}
	for _, cmd := range s.sent {
		if cmd[1] == apdu.InsReadBinary && (len(cmd) != 5 || cmd[4] == 0 || cmd[4] > 128) {
			t.Errorf("READ % X over a reader that loses long answers", cmd)
		}
	}
}

// TestPersonas reads everything that each demo card lets a program read.
func TestPersonas(t *testing.T) {
	type want struct {
		sign, auth, signPIN, authPIN error // of the free certificate, and of a PIN session
		signTries, authTries         int
		presence                     jpki.Presence
		token                        jpki.Token
	}
	card := jpki.Token{Label: "JPKIAPICCTOKEN2", Kind: jpki.TokenCard}
	ordinary := want{sign: jpki.ErrNeedsPIN, signTries: 5, authTries: 3, presence: jpki.Presence{Sign: true, Auth: true}, token: card}
	wants := map[string]want{
		"adult": ordinary, "expiring": ordinary, "expired": ordinary, "foreign": ordinary,
		"child":       {sign: jpki.ErrNeedsPIN, signPIN: &jpki.BlockedError{}, authTries: 3, presence: jpki.Presence{Auth: true}, token: card},
		"no-pin":      {sign: jpki.ErrNeedsPIN, signPIN: &jpki.BlockedError{}, authPIN: &jpki.BlockedError{}, presence: jpki.Presence{Auth: true}, token: card},
		"locked-sign": {sign: jpki.ErrNeedsPIN, signPIN: &jpki.BlockedError{}, authTries: 3, presence: jpki.Presence{Sign: true, Auth: true}, token: card},
		"last-try":    {sign: jpki.ErrNeedsPIN, signTries: 1, authTries: 1, presence: jpki.Presence{Sign: true, Auth: true}, token: card},
		"android": {
			sign: jpki.ErrNeedsPIN, auth: jpki.ErrNeedsPIN, signTries: 5, authTries: 3,
			presence: jpki.Presence{Sign: true, Auth: true}, token: jpki.Token{Label: "JPKIAPGPSETOKEN", Kind: jpki.TokenAndroid},
		},
		"iphone": {
			sign: jpki.ErrNeedsPIN, auth: jpki.ErrNeedsPIN, signTries: 5, authTries: 3,
			presence: jpki.Presence{Sign: true, Auth: true}, token: jpki.Token{Label: "JPKIAPIOSTOKEN", Kind: jpki.TokenIPhone},
		},
		"juki": {
			sign: jpki.ErrNeedsPIN, signPIN: &jpki.TokenError{}, authPIN: &jpki.TokenError{}, signTries: 5, authTries: 3,
			presence: jpki.Presence{Sign: true, Auth: true}, token: jpki.Token{Label: "JPKIAPICCTOKEN", Kind: jpki.TokenJukiCard},
		},
	}
	if len(wants) != len(virtualcard.Personas()) {
		t.Errorf("%d personas are told of, there are %d", len(wants), len(virtualcard.Personas()))
	}
	for name, want := range wants {
		t.Run(name, func(t *testing.T) {
			s := newSlot(t, name, virtualcard.Options{})
			card := jpki.New(s)
			err := card.WithApp(context.Background(), func(a *jpki.App) error {
				for k, wantErr := range map[jpki.Kind]error{jpki.KindSign: want.sign, jpki.KindAuth: want.auth, jpki.KindSignCA: nil, jpki.KindAuthCA: nil} {
					c, err := a.Certificate(k)
					certErr := &jpki.CertificateError{}
					if !errors.Is(err, wantErr) || (err == nil) != (c != nil) || err != nil && (!errors.As(err, &certErr) || certErr.Kind != k) {
						t.Errorf("certificate %s: %v", k, err)
					}
				}
				for k, left := range map[jpki.Key]int{jpki.KeySign: want.signTries, jpki.KeyAuth: want.authTries} {
					if tries, err := a.Tries(k); err != nil || tries != (jpki.Tries{Left: left, Max: k.MaxTries()}) || tries.Blocked() != (left == 0) {
						t.Errorf("tries of %s: %+v, %v", k, tries, err)
					}
				}
				if p, err := a.Presence(); err != nil || p != want.presence {
					t.Errorf("presence %+v, %v", p, err)
				}
				if token, err := a.Token(); err != nil || token != want.token {
					t.Errorf("token %+v, %v", token, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			for k, wantErr := range map[jpki.Key]error{jpki.KeySign: want.signPIN, jpki.KeyAuth: want.authPIN} {
				s.sent = nil
				err := card.WithPIN(context.Background(), k, rightPIN(k), anyTry, func(s *jpki.Session) error {
					c, err := s.Certificate(k.Certificate())
					if err != nil {
						return err
					}
					_, err = signature(s, c)
					return err
				})
				if reflect.TypeOf(err) != reflect.TypeOf(wantErr) {
					t.Errorf("session of %s: %v", k, err)
				}
				if blocked := new(jpki.BlockedError); errors.As(err, &blocked) && (blocked.Key != k || withPIN(s.sent, apdu.InsVerify) != 0) {
					t.Errorf("%s: %v, and %d PINs were sent", k, err, withPIN(s.sent, apdu.InsVerify))
				}
				if open := openTo(t, s.card); open != nil {
					t.Errorf("another program can use %v", open)
				}
			}
		})
	}
}

// TestSwitches runs every operation on every reported kind of card and reader.
// The card must end in the same state.
func TestSwitches(t *testing.T) {
	for name, o := range map[string]virtualcard.Options{
		"none":              {},
		"Contact":           {Contact: true},
		"NoExtendedLength":  {NoExtendedLength: true},
		"T0":                {T0: true},
		"FirstCommandFails": {FirstCommandFails: true},
		"QueryCase2":        {QueryCase2: true},
		"QueryShowsOpen":    {QueryShowsOpen: true},
		"BlockedQuery":      {BlockedQuery: apdu.StatusAuthenticationBlocked},
		"BlockedVerify":     {BlockedVerify: apdu.StatusAuthenticationBlocked},
		"AnyPINFormat":      {AnyPINFormat: true},
		"ReselectDrops":     {ReselectDrops: true},
		"WarnEndOfFile":     {WarnEndOfFile: true},
		"PadFF":             {PadFF: true},
		"NoPSS":             {NoPSS: true},
		"NoCardData":        {CardLastDay: "20991231"},
		"NoShortIDs":        noShortIDs,
		"RefuseMF":          {RefuseMF: true},
		"NoIssuerDomain":    {NoIssuerDomain: true},
		"all that can be together": {
			Contact: true, NoExtendedLength: true, FirstCommandFails: true, QueryCase2: true, QueryShowsOpen: true,
			BlockedQuery: apdu.StatusReferenceDataUnusable, BlockedVerify: apdu.StatusAuthenticationBlocked, AnyPINFormat: true,
			ReselectDrops: true, WarnEndOfFile: true, PadFF: true, RefuseMF: true, NoIssuerDomain: true,
		},
	} {
		card := newCard(t, "adult", o)
		before := card.State()
		for _, op := range operations {
			card.PowerOff()
			if err := card.SetState(before); err != nil {
				t.Fatal(err)
			}
			s := &slot{card: card}
			err := op.run(context.Background(), jpki.New(s))
			if wrong := new(jpki.PINError); op.pin != "" {
				if !errors.As(err, &wrong) || *wrong != (jpki.PINError{Key: op.key, Left: op.key.MaxTries() - 1}) {
					t.Errorf("%s, %s: %v", name, op.name, err)
				}
			} else if err != nil && !(op.look != nil && o.NoIssuerDomain && errors.Is(err, jpki.ErrNotTold)) {
				t.Errorf("%s, %s: %v", name, op.name, err)
			}
			if after := s.card.State(); (after == before) != (op.pin == "" && op.new == "") {
				t.Errorf("%s, %s: state %+v", name, op.name, after)
			}
			if open := openTo(t, s.card); open != nil || len(s.misuse) > 0 {
				t.Errorf("%s, %s: another program can use %v; %q", name, op.name, open, s.misuse)
			}
		}
	}
}

// TestBlockedPIN shows that every answer of a card for a blocked PIN is
// reported as blocked, and that no PIN is sent.
func TestBlockedPIN(t *testing.T) {
	words := []apdu.Status{0x63C0, apdu.StatusAuthenticationBlocked, apdu.StatusReferenceDataUnusable}
	for _, query := range words {
		for _, verify := range words {
			s := newSlot(t, "locked-sign", virtualcard.Options{BlockedQuery: query, BlockedVerify: verify})
			card := jpki.New(s)
			var blocked *jpki.BlockedError
			err := card.WithPIN(context.Background(), jpki.KeySign, rightPIN(jpki.KeySign), nil, nothing)
			if !errors.As(err, &blocked) || blocked.Key != jpki.KeySign || withPIN(s.sent, apdu.InsVerify) != 0 || s.ends != 1 || s.unpowers != 0 {
				t.Errorf("query %04X: %v", uint16(query), err)
			}
			// A counter that another answer hid: the card looks at the PIN no more.
			s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
				if answer, err := run(); !isQuery(s.sent[n]) {
					return answer, err
				}
				return []byte{0x63, 0xC5}, nil
			}
			err = card.WithPIN(context.Background(), jpki.KeySign, rightPIN(jpki.KeySign), nil, nothing)
			wrong := new(jpki.PINError)
			if verify == 0x63C0 {
				if !errors.As(err, &wrong) || wrong.Left != 0 {
					t.Errorf("verify %04X: %v", uint16(verify), err)
				}
			} else if !errors.As(err, &blocked) {
				t.Errorf("verify %04X: %v", uint16(verify), err)
			}
			if withPIN(s.sent, apdu.InsVerify) != 1 || s.unpowers != 1 {
				t.Errorf("%d PINs sent, %d times unpowered", withPIN(s.sent, apdu.InsVerify), s.unpowers)
			}
		}
	}
}

func isQuery(cmd []byte) bool { return cmd[1] == apdu.InsVerify && len(cmd) <= 5 }

// answering makes a fault that answers commands beginning with prefix by raw.
// The card does not get them.
func answering(s *slot, prefix, raw string) func(int, func() ([]byte, error)) ([]byte, error) {
	return func(n int, run func() ([]byte, error)) ([]byte, error) {
		if bytes.HasPrefix(s.sent[n], []byte(prefix)) {
			return []byte(raw), nil
		}
		return run()
	}
}

func TestNotJPKI(t *testing.T) {
	for _, sw := range []apdu.Status{0x6A82, 0x6A81, 0x6A86, 0x6D00, 0x6E00, 0x6700, 0x6999, 0x6F00} {
		for _, op := range []operation{operationNamed(t, "pin status"), operationNamed(t, "pin verify sign")} {
			s := newSlot(t, "adult", virtualcard.Options{})
			s.fault = answering(s, "", string(apdu.Response{SW: sw}.Bytes()))
			err := op.run(context.Background(), jpki.New(s))
			if !errors.Is(err, jpki.ErrNotJPKI) || !errors.Is(err, sw) {
				t.Errorf("%s, %04X: %v", op.name, uint16(sw), err)
			}
			want := 1
			if sw == apdu.StatusNoInformation {
				want = 2 // the first command after power-up has a second chance
			}
			if len(s.sent) != want || s.ends != 1 || s.unpowers != 0 {
				t.Errorf("%s, %04X: %d commands, %d ended", op.name, uint16(sw), len(s.sent), s.ends)
			}
		}
	}
}

// TestErrorsOfTheConnection shows that errors of the connection are returned
// unchanged, the first one first, and that a transaction that did not begin is
// not ended.
func TestErrorsOfTheConnection(t *testing.T) {
	ctx := context.Background()
	begin, end, mine := errors.New("begin"), errors.New("end"), errors.New("mine")
	for _, op := range []operation{operationNamed(t, "pin status"), operationNamed(t, "pin verify sign")} {
		s := newSlot(t, "adult", virtualcard.Options{})
		s.beginErr = begin
		if err := op.run(ctx, jpki.New(s)); err != begin || s.ends+s.unpowers+len(s.sent) != 0 {
			t.Errorf("%s: %v", op.name, err)
		}
	}
	s := newSlot(t, "adult", virtualcard.Options{})
	s.endErr = end
	card := jpki.New(s)
	if err := card.WithApp(ctx, func(*jpki.App) error { return nil }); err != end {
		t.Errorf("Read: %v", err)
	}
	if err := card.WithApp(ctx, func(*jpki.App) error { return mine }); err != mine {
		t.Errorf("Read with an error of its own: %v", err)
	}
	if err := card.WithPIN(ctx, jpki.KeyAuth, rightPIN(jpki.KeyAuth), func(jpki.Tries) error { return mine }, nothing); err != mine {
		t.Errorf("WithPIN with an error of its own: %v", err)
	}
	// An End that fails although nothing else did cannot be hidden.
	s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) { return []byte{0x6A, 0x82}, nil }
	if err := card.WithPIN(ctx, jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, nothing); !errors.Is(err, jpki.ErrNotJPKI) || errors.Is(err, end) {
		t.Errorf("WithPIN: %v", err)
	}
}

// TestLostSelect shows that a file is selected again after a SELECT without an
// answer.
func TestLostSelect(t *testing.T) {
	s := newSlot(t, "adult", noShortIDs)
	once := true
	s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
		answer, err := run()
		if bytes.HasSuffix(s.sent[n], []byte{0x00, 0x06}) && once {
			once = false
			return nil, errReader
		}
		return answer, err
	}
	err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
		if _, err := a.Tries(jpki.KeyAuth); err != nil {
			t.Error(err)
		}
		if _, err := a.Token(); err != errReader {
			t.Errorf("the lost SELECT: %v", err)
		}
		tries, err := a.Tries(jpki.KeyAuth)
		if err != nil || tries.Left != 3 {
			t.Errorf("afterwards: %+v, %v", tries, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAppIsOver shows that an App sends nothing after the call that provided
// it.
func TestAppIsOver(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	var kept *jpki.App
	if err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error { kept = a; return nil }); err != nil {
		t.Fatal(err)
	}
	sent := len(s.sent)
	_, certErr := kept.Certificate(jpki.KindAuth)
	_, tokenErr := kept.Token()
	_, presenceErr := kept.Presence()
	_, triesErr := kept.Tries(jpki.KeySign)
	for i, err := range []error{certErr, tokenErr, presenceErr, triesErr} {
		if err != jpki.ErrSessionOver {
			t.Errorf("use %d: %v", i, err)
		}
	}
	if len(s.sent) != sent {
		t.Error("something was sent")
	}
}

// TestCancelledContext shows that the cause of the context is returned and that
// the transaction ends.
func TestCancelledContext(t *testing.T) {
	cause := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(context.Background())
	s := newSlot(t, "adult", noShortIDs)
	err := jpki.New(s).WithApp(ctx, func(a *jpki.App) error {
		if _, err := a.Token(); err != nil {
			t.Error(err)
		}
		cancel(cause)
		_, err := a.Token()
		return err
	})
	if err != cause || len(s.sent) != 4 || s.ends != 1 {
		t.Errorf("%v after %d commands, %d ended", err, len(s.sent), s.ends)
	}
	if err := jpki.New(s).WithApp(ctx, func(*jpki.App) error { return nil }); err != cause || s.begins != 1 {
		t.Errorf("begun all the same: %v", err)
	}
}

func TestTries(t *testing.T) {
	read := func(s *slot) (tries jpki.Tries, err error) {
		err = jpki.New(s).WithApp(context.Background(), func(a *jpki.App) (err error) {
			tries, err = a.Tries(jpki.KeySign)
			return err
		})
		return tries, err
	}
	const query = "\x00\x20\x00\x80"
	for raw, want := range map[string]jpki.Tries{
		"\x63\xC5": {Left: 5, Max: 5}, "\x63\xC1": {Left: 1, Max: 5}, "\x63\xC0": {Left: 0, Max: 5},
		"\x63\xCA": {Left: 10, Max: 10}, "\x69\x83": {Left: 0, Max: 5}, "\x69\x84": {Left: 0, Max: 5},
	} {
		s := newSlot(t, "adult", noShortIDs)
		s.fault = answering(s, query, raw)
		if tries, err := read(s); err != nil || tries != want || tries.Blocked() != (want.Left == 0) {
			t.Errorf("% X: %+v, %v", raw, tries, err)
		}
		if len(s.sent) != 4 { // one to find out that the card wants a SELECT
			t.Errorf("% X: %d commands", raw, len(s.sent))
		}
	}
	for raw, want := range map[string]error{
		"\x63\x00": apdu.Status(0x6300), "\x69\x82": apdu.StatusSecurityNotSatisfied, "\x6F\x00": apdu.StatusNoInformation,
		"\x67\x00": apdu.StatusWrongLength, "\x90\x00": apdu.StatusOK, "\x90": apdu.ErrResponseTooShort, "\x6C\x05": apdu.Status(0x6C05),
	} {
		s := newSlot(t, "adult", noShortIDs)
		s.fault = answering(s, query, raw)
		if tries, err := read(s); !errors.Is(err, want) || tries != (jpki.Tries{}) {
			t.Errorf("% X: %+v, %v", raw, tries, err)
		}
		if s.card.State().Sign.Left != 5 {
			t.Errorf("% X: a try was used", raw)
		}
	}
}

// TestQueryCase2 shows that the form of the counter query that the card accepts
// is found once and remembered, and only if it works.
func TestQueryCase2(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{QueryCase2: true})
	card := jpki.New(s)
	for i, want := range []int{4, 3} {
		s.sent = nil
		if err := card.WithApp(context.Background(), bothTries); err != nil || len(s.sent) != want {
			t.Errorf("time %d: %d commands, %v", i+1, len(s.sent), err)
		}
	}
	s = newSlot(t, "adult", virtualcard.Options{})
	card = jpki.New(s)
	s.fault = answering(s, "\x00\x20", "\x67\x00")
	if err := card.WithApp(context.Background(), bothTries); !errors.Is(err, apdu.StatusWrongLength) {
		t.Errorf("6700 to both: %v", err)
	}
	s.fault, s.sent = nil, nil
	if err := card.WithApp(context.Background(), bothTries); err != nil || len(s.sent) != 3 {
		t.Errorf("afterwards: %d commands, %v", len(s.sent), err)
	}
}

// TestLeftOpen shows that a PIN left open by another program is closed before
// the counter is read, if the card shows that it is open.
func TestLeftOpen(t *testing.T) {
	for _, o := range []virtualcard.Options{{QueryShowsOpen: true}, {QueryShowsOpen: true, NoIssuerDomain: true, QueryCase2: true}} {
		s := newSlot(t, "adult", o)
		s.card.PowerOn()
		leaveOpen(t, s.card, jpki.KeyAuth)
		err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
			tries, err := a.Tries(jpki.KeyAuth)
			if err != nil || tries.Left != 3 {
				t.Errorf("%+v, %v", tries, err)
			}
			return nil
		})
		if err != nil || len(openTo(t, s.card)) != 0 {
			t.Errorf("%v, open: %v", err, openTo(t, s.card))
		}
	}
	// Where the card cannot be made to leave, that is said and no PIN is sent.
	s := newSlot(t, "adult", virtualcard.Options{QueryShowsOpen: true})
	s.card.PowerOn()
	leaveOpen(t, s.card, jpki.KeyAuth)
	s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
		if leaves(s.sent[n]) {
			return []byte{0x6A, 0x82}, nil
		}
		return run()
	}
	err := operationNamed(t, "pin change auth, file moved").run(context.Background(), jpki.New(s))
	if !errors.Is(err, apdu.StatusNotFound) || withPIN(s.sent, apdu.InsVerify) != 0 || len(s.sent) != 6 {
		t.Errorf("%v after %d commands", err, len(s.sent))
	}
	// Nor where there is no way back.
	s = newSlot(t, "adult", virtualcard.Options{QueryShowsOpen: true})
	s.card.PowerOn()
	leaveOpen(t, s.card, jpki.KeyAuth)
	s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
		if n > 0 && bytes.Equal(s.sent[n], selectJPKI) {
			return []byte{0x6A, 0x82}, nil
		}
		return run()
	}
	err = operationNamed(t, "pin change auth, file moved").run(context.Background(), jpki.New(s))
	if !errors.Is(err, jpki.ErrNotJPKI) || withPIN(s.sent, apdu.InsVerify) != 0 || len(s.sent) != 6 {
		t.Errorf("%v after %d commands", err, len(s.sent))
	}
}

func TestUnknownKeyAndKind(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
		_, triesErr := a.Tries(0)
		_, certErr := a.Certificate(0)
		for _, err := range []error{triesErr, certErr} {
			if !errors.Is(err, apdu.StatusNotFound) {
				t.Error(err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	var rule *jpki.RuleError
	for _, p := range []string{"1234", "DEMO123", ""} {
		if err := jpki.New(s).WithPIN(context.Background(), 0, pin(p), nil, nothing); !errors.As(err, &rule) || s.begins != 1 {
			t.Errorf("PIN %s of no key: %v", p, err)
		}
	}
}

func TestNames(t *testing.T) {
	var got []string
	for _, k := range []jpki.Key{jpki.KeySign, jpki.KeyAuth, 0} {
		got = append(got, fmt.Sprint(k, k.MaxTries(), k.Certificate()))
	}
	for _, k := range append(jpki.Kinds(), 0) {
		got = append(got, fmt.Sprint(k, k.Key(), k.CA()))
	}
	for k := jpki.TokenUnknown; k <= jpki.TokenIPhone+1; k++ {
		got = append(got, k.String())
	}
	want := []string{
		"sign 5 sign", "auth 3 auth", "unknown 0 unknown", // no key has another's row
		"sign sign sign-ca", "auth auth auth-ca", "sign-ca sign sign-ca", "auth-ca auth auth-ca", "unknown unknown unknown",
		"unknown", "card", "juki-card", "android", "iphone", "unknown",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestPublicFile shows that only files without personal data, and only those of
// this application, count as public.
func TestPublicFile(t *testing.T) {
	aid := selectJPKI[5:]
	var public []uint16
	for ef := range 1 << 16 {
		if jpki.PublicFile(aid, uint16(ef)) {
			public = append(public, uint16(ef))
		}
		for _, other := range [][]byte{nil, selectIssuerDomain[5:], selectCardFace[5:], aid[:9]} {
			if jpki.PublicFile(other, uint16(ef)) {
				t.Fatalf("EF %04X of % X", ef, other)
			}
		}
	}
	if !slices.Equal(public, []uint16{0x0002, 0x0006, 0x0008, 0x000B}) {
		t.Errorf("public: %04X", public)
	}
}

// TestCertificatesAreThoseAskedFor shows that each kind returns the certificate
// of that kind.
func TestCertificatesAreThoseAskedFor(t *testing.T) {
	certs := certificates(t, newCard(t, "adult", virtualcard.Options{}))
	sign, auth := virtualcard.DemoCAs()
	for k, ca := range map[jpki.Kind]*x509.Certificate{jpki.KindSign: sign.Certificate, jpki.KindAuth: auth.Certificate} {
		if err := certs[k].CheckSignatureFrom(ca); err != nil {
			t.Errorf("%s: %v", k, err)
		}
		if !certs[k.CA()].Equal(ca) {
			t.Errorf("%s is another certificate", k.CA())
		}
	}
	if certs[jpki.KindSign].Equal(certs[jpki.KindAuth]) {
		t.Error("sign and auth are the same")
	}
}
