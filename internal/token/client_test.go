package token

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestCost counts the commands that the usual operations of a program send to
// the card.
func TestCost(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	most := func(what string, want int) {
		t.Helper()
		if got := len(d.commands()); got > want || got == 0 != (want == 0) {
			t.Errorf("%s: %d commands, want at most %d", what, got, want)
		}
	}
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	for range 100 { // as NSS does
		_, err := p.Slots(true)
		p.must(err)
		_, err = p.SlotInfo(t.Context(), slotID)
		p.must(err)
	}
	s := p.open()
	_, err := p.SessionInfo(s)
	p.must(err)
	most("nothing asked of the card", 0)
	s = p.list()
	most("a list", 5)
	p.list()
	d.later(time.Minute)
	p.readCertificate(s)
	most("the same again", 0)
	p.must(p.signs(s))
	most("a signature after the list", 8)
	for range 3 {
		p.must(p.signs(s))
		most("a further signature", 6)
	}
	d.later(time.Minute)
	p.must(p.signs(s))
	most("a signature of which a person is told how many tries are left", 8)
	p = d.program(d.slot(jpki.KeyAuth), AskSignature)
	p.must(p.signs(p.list()))
	most("list and first signature", 12)

	p = d.program(d.slot(jpki.KeySign), AskLogin)
	s = p.list()
	p.must(p.logsIn(s, ""))
	p.readCertificate(s)
	p.must(p.signs(s))
	most("log-in and first signature", 18)
	d.later(time.Minute)
	p.must(p.signs(s))
	most("a further one in the log-in", 6)
}

// TestCounterAge shows that the counter is read again after two seconds, and
// not before.
func TestCounterAge(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	for i, step := range []time.Duration{0, time.Second, time.Second, time.Second} {
		d.later(step)
		_, err := p.TokenInfo(t.Context(), slotID)
		p.must(err)
		if got := len(d.commands()) > 0; got != (i == 0 || i == 3) {
			t.Errorf("look %d: commands: %t", i, got)
		}
	}
}

// TestMechanismsOfTheCard shows that every listed mechanism makes signatures
// that verify, in one part and in several.
func TestMechanismsOfTheCard(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	key := p.readCertificate(s).PublicKey.(*rsa.PublicKey)
	h256, h384, h512 := sha256.Sum256(message), sha512.Sum384(message), sha512.Sum512(message)
	info := func(h crypto.Hash, digest []byte) []byte {
		return append(append([]byte{}, digestInfos[h]...), digest...)
	}
	pss := &p11rpc.PSS{Hash: p11rpc.SHA256, MGF: p11rpc.MGF1SHA256, Salt: 32}
	verify := func(h crypto.Hash, digest []byte) func([]byte) error {
		return func(sig []byte) error { return rsa.VerifyPKCS1v15(key, h, digest, sig) }
	}
	verifyPSS := func(sig []byte) error {
		return rsa.VerifyPSS(key, crypto.SHA256, h256[:], sig, &rsa.PSSOptions{SaltLength: 32})
	}
	listed, err := p.Mechanisms(slotID)
	p.must(err)
	if len(listed) != len(mechanisms) {
		t.Errorf("%d mechanisms are listed", len(listed))
	}
	for _, c := range []struct {
		mechanism p11rpc.Mechanism
		data      []byte
		verify    func([]byte) error
	}{
		{p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, info(crypto.SHA256, h256[:]), verify(crypto.SHA256, h256[:])},
		{p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, info(crypto.SHA384, h384[:]), verify(crypto.SHA384, h384[:])},
		{p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, info(crypto.SHA512, h512[:]), verify(crypto.SHA512, h512[:])},
		{p11rpc.Mechanism{Type: p11rpc.SHA256RSAPKCS}, message, verify(crypto.SHA256, h256[:])},
		{p11rpc.Mechanism{Type: p11rpc.SHA384RSAPKCS}, message, verify(crypto.SHA384, h384[:])},
		{p11rpc.Mechanism{Type: p11rpc.SHA512RSAPKCS}, message, verify(crypto.SHA512, h512[:])},
		{p11rpc.Mechanism{Type: p11rpc.RSAPSS, PSS: pss}, h256[:], verifyPSS},
		{p11rpc.Mechanism{Type: p11rpc.SHA256RSAPSS, PSS: pss}, message, verifyPSS},
	} {
		i, err := p.MechanismInfo(slotID, c.mechanism.Type)
		p.must(err)
		if i.Flags&p11rpc.SignMechanism == 0 {
			t.Errorf("%X does not sign", c.mechanism.Type)
		}
		p.must(p.SignInit(s, c.mechanism, privateKeyObject))
		if err := p.SignInit(s, c.mechanism, privateKeyObject); err != p11rpc.OperationActive {
			t.Errorf("begun twice: %v", err)
		}
		n, err := p.SignatureSize(s)
		p.must(err)
		sig, err := p.Sign(t.Context(), s, c.data)
		p.must(err)
		if err := c.verify(sig); err != nil || n != len(sig) {
			t.Errorf("%X: %d bytes, said %d: %v", c.mechanism.Type, len(sig), n, err)
		}
		p.must(p.SignInit(s, c.mechanism, privateKeyObject))
		for _, b := range c.data {
			p.must(p.SignUpdate(s, []byte{b}))
		}
		if _, err := p.Sign(t.Context(), s, c.data); err != p11rpc.OperationActive {
			t.Errorf("in one part after several: %v", err)
		}
		sig, err = p.SignFinal(t.Context(), s)
		p.must(err)
		if err := c.verify(sig); err != nil {
			t.Errorf("%X in parts: %v", c.mechanism.Type, err)
		}
		if _, err := p.SignFinal(t.Context(), s); err != p11rpc.OperationNotInitialized {
			t.Errorf("ended twice: %v", err)
		}
	}
}

// TestNotSigned shows that data that is no SHA-2 digest is refused without
// asking for the PIN.
func TestNotSigned(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	d.commands()
	digest := sha256.Sum256(message)
	info := append(append([]byte{}, digestInfos[crypto.SHA256]...), digest[:]...)
	good := p11rpc.PSS{Hash: p11rpc.SHA256, MGF: p11rpc.MGF1SHA256, Salt: 32}
	for name, c := range map[string]struct {
		mechanism p11rpc.Mechanism
		key       p11rpc.Handle
		data      []byte
		want      error
	}{
		"100 bytes":            {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, privateKeyObject, make([]byte, 100), p11rpc.DataInvalid},
		"300 bytes":            {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, privateKeyObject, make([]byte, 300), p11rpc.DataLenRange},
		"nothing":              {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, privateKeyObject, nil, p11rpc.DataInvalid},
		"a bare digest":        {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, privateKeyObject, digest[:], p11rpc.DataInvalid},
		"a digest, cut":        {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, privateKeyObject, info[:len(info)-1], p11rpc.DataInvalid},
		"a digest, and more":   {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, privateKeyObject, append(info, 0), p11rpc.DataInvalid},
		"SHA-1":                {p11rpc.Mechanism{Type: 0x6}, privateKeyObject, message, p11rpc.MechanismInvalid},
		"ECDSA":                {p11rpc.Mechanism{Type: 0x1041}, privateKeyObject, message, p11rpc.MechanismInvalid},
		"a parameter":          {p11rpc.Mechanism{Type: p11rpc.RSAPKCS, Parameter: []byte{1}}, privateKeyObject, info, p11rpc.MechanismParamInvalid},
		"PSS without":          {p11rpc.Mechanism{Type: p11rpc.RSAPSS}, privateKeyObject, digest[:], p11rpc.MechanismParamInvalid},
		"PSS with SHA-384":     {p11rpc.Mechanism{Type: p11rpc.RSAPSS, PSS: &p11rpc.PSS{Hash: 0x260, MGF: 3, Salt: 48}}, privateKeyObject, digest[:], p11rpc.MechanismParamInvalid},
		"PSS, another salt":    {p11rpc.Mechanism{Type: p11rpc.RSAPSS, PSS: &p11rpc.PSS{Hash: p11rpc.SHA256, MGF: p11rpc.MGF1SHA256, Salt: 20}}, privateKeyObject, digest[:], p11rpc.MechanismParamInvalid},
		"PSS, no digest":       {p11rpc.Mechanism{Type: p11rpc.RSAPSS, PSS: &good}, privateKeyObject, message, p11rpc.DataLenRange},
		"the public key":       {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, publicKeyObject, info, p11rpc.KeyFunctionNotPermitted},
		"a key that is not":    {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, 99, info, p11rpc.KeyHandleInvalid},
		"a session that's not": {p11rpc.Mechanism{Type: p11rpc.RSAPKCS}, 0, info, p11rpc.SessionHandleInvalid},
	} {
		in, key := s, c.key
		if key == 0 {
			in, key = 77, privateKeyObject
		}
		err := p.SignInit(in, c.mechanism, key)
		if err == nil {
			_, err = p.Sign(t.Context(), in, c.data)
		}
		if err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if len(d.commands()) > 0 || len(p.owner.asked) > 0 {
		t.Error("the card, or its owner, was bothered")
	}
}

// TestObjects compares the objects and their attributes with what the token
// should show.
func TestObjects(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	auth := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := auth.list()
	for class, want := range map[uint64]int{classCertificate: 1, classPublicKey: 1, classPrivateKey: 1, 0: 0} {
		if got := auth.find(s, class); len(got) != want {
			t.Errorf("%d objects of class %d, want %d", len(got), class, want)
		}
	}
	values, err := auth.Attributes(t.Context(), s, privateKeyObject, []p11rpc.AttributeType{p11rpc.AttrPrivateExponent, p11rpc.AttrAlwaysAuthenticate, p11rpc.AttrPrivate})
	if err != p11rpc.AttributeSensitive || values[0] != nil || values[1][0] != 0 || values[2][0] != 0 {
		t.Errorf("the private key: %X, %v", values, err)
	}
	if _, err := auth.Attributes(t.Context(), s, certificateObject, []p11rpc.AttributeType{p11rpc.AttrValue, p11rpc.AttrModulus}); err != p11rpc.AttributeTypeInvalid {
		t.Errorf("a certificate's modulus: %v", err)
	}
	if _, err := auth.Attributes(t.Context(), s, 99, nil); err != p11rpc.ObjectHandleInvalid {
		t.Errorf("no such object: %v", err)
	}

	with := d.slot(jpki.KeyAuth)
	with.CA = true
	if got := d.program(with, AskSignature); len(got.find(got.list(), classCertificate)) != 2 {
		t.Error("the CA's certificate is not there on request")
	}

	// The signing key shows nothing before the log-in, and nothing after it.
	sign := d.program(d.slot(jpki.KeySign), AskLogin)
	s = sign.list()
	i, err := sign.TokenInfo(t.Context(), slotID)
	sign.must(err)
	if i.Flags&(p11rpc.LoginRequired|p11rpc.ProtectedPath) != p11rpc.LoginRequired|p11rpc.ProtectedPath || i.Serial != "" {
		t.Errorf("%+v", i)
	}
	wants := func(when string, n int) {
		t.Helper()
		if got := sign.find(s, classCertificate); len(got) != n {
			t.Errorf("%s: %d signing certificates", when, len(got))
		}
	}
	wants("before the log-in", 0)
	sign.must(sign.logsIn(s, ""))
	wants("logged in", 1)
	if c := sign.readCertificate(s); c.Subject.String() == auth.cert.Subject.String() {
		t.Error("it is the other certificate")
	}
	sign.must(sign.signs(s))
	sign.must(sign.Logout(s))
	wants("logged out", 0)
	if _, err := sign.Attributes(t.Context(), s, certificateObject, []p11rpc.AttributeType{p11rpc.AttrValue}); err != p11rpc.ObjectHandleInvalid {
		t.Errorf("by its handle: %v", err)
	}
	if err := sign.signs(s); err != p11rpc.UserNotLoggedIn {
		t.Errorf("signs logged out: %v", err)
	}

	// With the certificate from a file it is a token like the other.
	slot := d.slot(jpki.KeySign)
	slot.Certificate = sign.Slot.known[sign.at].cert
	p := d.program(slot, AskSignature)
	p.must(p.signs(p.list()))
}

// TestPhone shows that the token of a phone asks for a log-in, because a phone
// needs the PIN to show its certificate.
func TestPhone(t *testing.T) {
	d := newDesk(t)
	d.insert("android", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	i, err := p.TokenInfo(t.Context(), slotID)
	p.must(err)
	if i.Flags&p11rpc.LoginRequired == 0 || len(p.find(s, classCertificate)) != 0 {
		t.Errorf("%+v", i)
	}
	p.must(p.logsIn(s, ""))
	p.readCertificate(s)
	p.must(p.signs(s))
}

// TestFlags shows that the PIN flags of the token (low, final try, locked)
// follow the counter.
func TestFlags(t *testing.T) {
	const all = p11rpc.PINCountLow | p11rpc.PINFinalTry | p11rpc.PINBlocked
	for left, want := range map[int]uint64{3: 0, 2: p11rpc.PINCountLow, 1: p11rpc.PINCountLow | p11rpc.PINFinalTry, 0: p11rpc.PINBlocked} {
		d := newDesk(t)
		card := d.insert("adult", virtualcard.Options{})
		state := card.State()
		state.Auth.Left = left
		if err := card.SetState(state); err != nil {
			t.Fatal(err)
		}
		i, err := d.program(d.slot(jpki.KeyAuth), AskSignature).TokenInfo(t.Context(), slotID)
		if err != nil || i.Flags&all != want {
			t.Errorf("%d tries: flags %X, %v", left, i.Flags&all, err)
		}
	}
}

// TestPINs tries each kind of PIN that a program or a person can give.
func TestPINs(t *testing.T) {
	for name, c := range map[string]struct {
		key    jpki.Key
		pins   []string // one after the other
		want   error    // of the last
		sent   int
		left   int
		before int // tries before; 0: all
	}{
		"right":                     {jpki.KeyAuth, []string{"1234"}, nil, 1, 3, 0},
		"wrong":                     {jpki.KeyAuth, []string{"0000"}, p11rpc.PINIncorrect, 1, 2, 0},
		"the same wrong one again":  {jpki.KeyAuth, []string{"0000", "0000", "0000"}, p11rpc.PINIncorrect, 1, 2, 0},
		"two wrong ones":            {jpki.KeyAuth, []string{"0000", "1111"}, p11rpc.PINIncorrect, 2, 1, 0},
		"three wrong ones":          {jpki.KeyAuth, []string{"0000", "1111", "2222"}, p11rpc.PINLocked, 2, 1, 0},
		"wrong, then right":         {jpki.KeyAuth, []string{"0000", "1234"}, nil, 2, 3, 0},
		"the last try":              {jpki.KeyAuth, []string{"1234"}, p11rpc.PINLocked, 0, 1, 1},
		"too long":                  {jpki.KeyAuth, []string{"12345"}, p11rpc.PINLenRange, 0, 3, 0},
		"of the other token":        {jpki.KeyAuth, []string{"ABC123"}, p11rpc.PINInvalid, 0, 3, 0},
		"of the other token, too":   {jpki.KeySign, []string{"1234"}, p11rpc.PINLenRange, 0, 5, 0},
		"digits alone":              {jpki.KeySign, []string{"123456"}, p11rpc.PINInvalid, 0, 5, 0},
		"small letters":             {jpki.KeySign, []string{strings.ToLower(virtualcard.SignPIN)}, nil, 1, 5, 0},
		"signing, wrong then right": {jpki.KeySign, []string{"WRONG1", virtualcard.SignPIN}, nil, 2, 5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			card := d.insert("adult", virtualcard.Options{})
			state := card.State()
			if c.before > 0 {
				state.Auth.Left = c.before
				if err := card.SetState(state); err != nil {
					t.Fatal(err)
				}
			}
			p := d.program(d.slot(c.key), AskProgram)
			s := p.list()
			var err error
			for _, pin := range c.pins {
				err = p.logsIn(s, pin)
			}
			if err != c.want && (err != nil || c.want != nil) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if n := verifies(d.commands()); n != c.sent {
				t.Errorf("%d PINs were sent, want %d", n, c.sent)
			}
			left := card.State().Auth.Left
			if c.key == jpki.KeySign {
				left = card.State().Sign.Left
			}
			if left != c.left {
				t.Errorf("%d tries left, want %d", left, c.left)
			}
			if err == nil {
				p.must(p.signs(s))
			}
		})
	}
}

// TestBlocked shows that nobody is asked for a blocked PIN.
func TestBlocked(t *testing.T) {
	d := newDesk(t)
	d.insert("locked-sign", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeySign), AskLogin)
	s := p.list()
	if err := p.logsIn(s, ""); err != p11rpc.PINLocked || len(p.owner.asked) > 0 || len(p.owner.reports) != 1 {
		t.Errorf("%v, asked %v, told %v", err, p.owner.asked, p.owner.reports)
	}
	if err := p.logsIn(s, virtualcard.SignPIN); err != p11rpc.PINLocked {
		t.Error(err)
	}
	if n := verifies(d.commands()); n != 0 {
		t.Errorf("%d PINs were sent", n)
	}
}

// TestLastTry shows that the last try is used only if the person agrees.
func TestLastTry(t *testing.T) {
	d := newDesk(t)
	d.insert("last-try", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	if err := p.signs(s); err != p11rpc.PINLocked || verifies(d.commands()) != 0 {
		t.Errorf("without agreement: %v", err)
	}
	p.owner.agrees = true
	p.must(p.signs(s))
}

// TestDeclined shows that declining ends the call without using a try.
func TestDeclined(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	p.owner.err = ErrCancelled
	if err := p.signs(s); err != p11rpc.FunctionCanceled || verifies(d.commands()) != 0 {
		t.Error(err)
	}
	p.owner.err = nil
	p.must(p.signs(s))
}

// TestFewerTries shows that the person is asked again, with the new number of
// tries, if another program used one since the counter was read.
func TestFewerTries(t *testing.T) {
	d := newDesk(t)
	card := d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	state := card.State()
	state.Auth.Left = 2
	if err := card.SetState(state); err != nil {
		t.Fatal(err)
	}
	p.must(p.signs(s))
	if got := fmt.Sprint(p.owner.asked); got != "[{3 3} {2 3}]" {
		t.Errorf("asked with %s", got)
	}
	if n := verifies(d.commands()); n != 1 {
		t.Errorf("%d PINs were sent", n)
	}
}

// TestChangedSinceLogin shows that the PIN kept since the log-in is not sent if
// tries have gone since.
func TestChangedSinceLogin(t *testing.T) {
	d := newDesk(t)
	card := d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskProgram)
	s := p.list()
	p.must(p.logsIn(s, virtualcard.AuthPIN))
	state := card.State()
	state.Auth.Left = 2
	if err := card.SetState(state); err != nil {
		t.Fatal(err)
	}
	d.commands()
	if err := p.signs(s); err != p11rpc.UserNotLoggedIn || verifies(d.commands()) != 0 {
		t.Error(err)
	}
	if i, _ := p.SessionInfo(s); i.State != p11rpc.ROPublic {
		t.Errorf("state %d", i.State)
	}
}

// TestForgotten shows that everything that ends a log-in also wipes its PIN.
func TestForgotten(t *testing.T) {
	for name, end := range map[string]func(*program, p11rpc.Handle){
		"log-out":        func(p *program, s p11rpc.Handle) { p.must(p.Logout(s)) },
		"last session":   func(p *program, s p11rpc.Handle) { p.must(p.CloseSession(s)) },
		"all sessions":   func(p *program, s p11rpc.Handle) { p.must(p.CloseAllSessions(slotID)) },
		"finalize":       func(p *program, s p11rpc.Handle) { p.must(p.Finalize()) },
		"end of input":   func(p *program, s p11rpc.Handle) { p.Close() },
		"card taken out": func(p *program, s p11rpc.Handle) { p.desk.remove() },
		"another card":   func(p *program, s p11rpc.Handle) { p.desk.remove(); p.desk.insert("adult", virtualcard.Options{}) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.insert("adult", virtualcard.Options{})
			p := d.program(d.slot(jpki.KeyAuth), AskProgram)
			s := p.list()
			p.must(p.logsIn(s, virtualcard.AuthPIN))
			p.mu.Lock()
			kept := p.login.pin
			p.mu.Unlock()
			if kept.IsZero() {
				t.Fatal("nothing was kept")
			}
			end(p, s)
			for start := time.Now(); ; time.Sleep(time.Millisecond) {
				p.mu.Lock()
				gone := p.login == nil && kept.IsZero()
				p.mu.Unlock()
				d.mu.Lock()
				open := d.opened
				d.mu.Unlock()
				if gone && open == 0 {
					break
				}
				if time.Since(start) > 10*time.Second {
					t.Fatalf("the PIN is gone: %t, %d connections are open", gone, open)
				}
			}
			if s, err := p.OpenSession(t.Context(), slotID, p11rpc.SerialSession); err == nil {
				if i, err := p.SessionInfo(s); err != nil || i.State != p11rpc.ROPublic {
					t.Errorf("state %d, %v", i.State, err)
				}
			}
		})
	}
}

// TestCardChanges shows that removing the card ends its sessions, and that
// nothing read from it is reported for the next card.
func TestCardChanges(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	first := p.readCertificate(s)
	d.remove()
	if got, err := p.Slots(true); len(got) != 0 || err != nil {
		t.Errorf("an empty reader: %v, %v", got, err)
	}
	if i, err := p.SlotInfo(t.Context(), slotID); err != nil || i.Flags&p11rpc.TokenPresent != 0 {
		t.Errorf("%+v, %v", i, err)
	}
	if _, err := p.TokenInfo(t.Context(), slotID); err != p11rpc.TokenNotPresent {
		t.Error(err)
	}
	if err := p.signs(s); err != p11rpc.SessionHandleInvalid {
		t.Error(err)
	}
	d.insert("foreign", virtualcard.Options{})
	if _, err := p.SessionInfo(s); err != p11rpc.SessionHandleInvalid {
		t.Error(err)
	}
	s = p.list()
	if second := p.readCertificate(s); second.Equal(first) {
		t.Error("it is the first card's certificate")
	}
	p.must(p.signs(s))
	if got := fmt.Sprint(p.owner.asked); got != "[{3 3}]" {
		t.Errorf("asked with %s", got)
	}

	// Pulled while the person is asked.
	p.owner.before = func(context.Context) { d.remove() }
	if err := p.signs(s); err != p11rpc.DeviceRemoved {
		t.Error(err)
	}
	if n := verifies(d.commands()); n != 1 {
		t.Errorf("%d PINs were sent, want the first one alone", n)
	}
}

// TestSwapped shows that a PIN typed for one card is not sent to a card that
// replaced it in the meantime.
func TestSwapped(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	p.owner.before = func(context.Context) {
		d.remove()
		d.insert("foreign", virtualcard.Options{})
	}
	if err := p.signs(s); err != p11rpc.DeviceRemoved || verifies(d.commands()) != 0 {
		t.Error(err)
	}
}

// TestNoService shows that the slot is empty without the PC/SC service, and
// that what was read before is dropped.
func TestNoService(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	s := p.list()
	d.change(func() { d.broken = true })
	if got, err := p.Slots(true); len(got) != 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if err := p.signs(s); err != p11rpc.SessionHandleInvalid {
		t.Error(err)
	}
	d.change(func() { d.broken = false })
	p.must(p.signs(p.list()))
}

// TestForeignCard shows that a card without the application is looked at once
// and then reported as no token.
func TestForeignCard(t *testing.T) {
	d := newDesk(t)
	at := Insertion{"reader", 1, true}
	d.change(func() { d.order = []Insertion{at} })
	slot := d.slot(jpki.KeyAuth)
	slot.Reader = otherCard{d}
	p := d.program(slot, AskSignature)
	if _, err := p.TokenInfo(t.Context(), slotID); err != p11rpc.TokenNotRecognized {
		t.Error(err)
	}
	if got, err := p.Slots(true); len(got) != 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

type otherCard struct{ *desk }

func (o otherCard) Open(context.Context, Insertion) (Card, error) { return noJPKI{}, nil }

type noJPKI struct{}

func (noJPKI) WithApp(context.Context, func(*jpki.App) error) error { return jpki.ErrNotJPKI }
func (noJPKI) WithPIN(context.Context, jpki.Key, jpki.PIN, jpki.Guard, func(*jpki.Session) error) error {
	return jpki.ErrNotJPKI
}
func (noJPKI) Token() jpki.TokenKind   { return jpki.TokenUnknown }
func (noJPKI) SetToken(jpki.TokenKind) {}
func (noJPKI) Close()                  {}

// TestNoPSS shows that a card that refuses RSA-PSS is asked for it once only.
func TestNoPSS(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{NoPSS: true})
	slot := d.slot(jpki.KeyAuth)
	refused := false
	slot.NoPSS = func(*x509.Certificate) bool { return refused }
	slot.OnNoPSS = func(*x509.Certificate) { refused = true }
	p := d.program(slot, AskSignature)
	s := p.list()
	digest := sha256.Sum256(message)
	pss := p11rpc.Mechanism{Type: p11rpc.RSAPSS, PSS: &p11rpc.PSS{Hash: p11rpc.SHA256, MGF: p11rpc.MGF1SHA256, Salt: 32}}
	p.must(p.SignInit(s, pss, privateKeyObject))
	if _, err := p.Sign(t.Context(), s, digest[:]); err != p11rpc.MechanismInvalid || !refused {
		t.Errorf("%v, noted: %t", err, refused)
	}
	d.closed()
	if listed, _ := p.Mechanisms(slotID); len(listed) != 4 {
		t.Errorf("%X are listed", listed)
	}
	if err := p.SignInit(s, pss, privateKeyObject); err != p11rpc.MechanismInvalid {
		t.Error(err)
	}
	p.must(p.signs(s))
}

// TestEvents shows that C_WaitForSlotEvent reports an inserted and a removed
// card.
func TestEvents(t *testing.T) {
	d := newDesk(t)
	p := d.program(d.slot(jpki.KeyAuth), AskSignature)
	if _, err := p.WaitForSlotEvent(t.Context(), false); err != p11rpc.NoEvent {
		t.Error(err)
	}
	heard := make(chan error)
	go func() {
		_, err := p.WaitForSlotEvent(t.Context(), true)
		heard <- err
	}()
	d.insert("adult", virtualcard.Options{})
	if err := <-heard; err != nil {
		t.Error(err)
	}
	if _, err := p.WaitForSlotEvent(t.Context(), false); err != p11rpc.NoEvent {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := p.WaitForSlotEvent(ctx, true)
		heard <- err
	}()
	cancel()
	if err := <-heard; err == nil {
		t.Error("an event without any")
	}
}

// TestTogether shows that programs that share a slot are served one after the
// other, each with its own log-in.
func TestTogether(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	slot := d.slot(jpki.KeyAuth)
	var all sync.WaitGroup
	for range 4 {
		p := d.program(slot, AskProgram)
		all.Go(func() {
			s, err := p.OpenSession(t.Context(), slotID, p11rpc.SerialSession)
			if err == nil {
				err = p.FindInit(t.Context(), s, nil)
			}
			if err == nil {
				err = p.SignInit(s, p11rpc.Mechanism{Type: p11rpc.SHA256RSAPKCS}, privateKeyObject)
			}
			if err != p11rpc.UserNotLoggedIn {
				t.Errorf("the log-in of another: %v", err)
			}
			err = p.Login(t.Context(), s, p11rpc.User, []byte(virtualcard.AuthPIN))
			for i := 0; i < 5 && err == nil; i++ {
				if err = p.SignInit(s, p11rpc.Mechanism{Type: p11rpc.SHA256RSAPKCS}, privateKeyObject); err == nil {
					_, err = p.Sign(t.Context(), s, message)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	d.closed()
}

// TestLeftWaiting shows that a program that disconnects during the question
// gets no signature and does not block the next one.
func TestLeftWaiting(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	slot := d.slot(jpki.KeyAuth)
	p, other := d.program(slot, AskSignature), d.program(slot, AskSignature)
	s := p.list()
	p.must(p.SignInit(s, p11rpc.Mechanism{Type: p11rpc.SHA256RSAPKCS}, privateKeyObject))
	ctx, cancel := context.WithCancel(t.Context())
	p.owner.before = func(ctx context.Context) {
		// What was known before is told meanwhile.
		if _, err := other.TokenInfo(t.Context(), slotID); err != nil {
			t.Error(err)
		}
		cancel()
	}
	p.owner.err = context.Canceled
	if _, err := p.Sign(ctx, s, message); err == nil {
		t.Error("signed")
	}
	other.must(other.signs(other.list()))
	if len(p.owner.reports) > 0 {
		t.Errorf("told %v", p.owner.reports)
	}
}

// TestOrder shows the errors of calls in the wrong order.
func TestOrder(t *testing.T) {
	d := newDesk(t)
	d.insert("adult", virtualcard.Options{})
	p := &program{&Client{Slot: d.slot(jpki.KeyAuth), Owner: &person{}}, t, d, nil}
	if _, err := p.Slots(false); err != p11rpc.CryptokiNotInitialized {
		t.Error(err)
	}
	p.must(p.Initialize())
	s := p.open()
	_, noSerial := p.OpenSession(t.Context(), slotID, 0)
	_, otherSlot := p.OpenSession(t.Context(), 7, p11rpc.SerialSession)
	_, find := p.Find(s, 1)
	_, size := p.SignatureSize(s)
	for what, c := range map[string]struct{ got, want error }{
		"initialized twice": {p.Initialize(), p11rpc.CryptokiAlreadyInitialized},
		"parallel":          {noSerial, p11rpc.SessionSerialRequired},
		"another slot":      {otherSlot, p11rpc.SlotIDInvalid},
		"find":              {find, p11rpc.OperationNotInitialized},
		"find final":        {p.FindFinal(s), p11rpc.OperationNotInitialized},
		"size":              {size, p11rpc.OperationNotInitialized},
		"update":            {p.SignUpdate(s, nil), p11rpc.OperationNotInitialized},
		"log-out":           {p.Logout(s), p11rpc.UserNotLoggedIn},
		"officer":           {p.Login(t.Context(), s, p11rpc.SecurityOfficer, nil), p11rpc.UserTypeInvalid},
		"context":           {p.Login(t.Context(), s, p11rpc.ContextSpecific, nil), p11rpc.OperationNotInitialized},
		"no session":        {p.CloseSession(s + 1), p11rpc.SessionHandleInvalid},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	p.must(p.Finalize())
	if err := p.Finalize(); err != p11rpc.CryptokiNotInitialized {
		t.Error(err)
	}
}
