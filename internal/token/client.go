package token

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"sync"

	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Asking is when the PIN is asked for.
type Asking int

const (
	// AskSignature: the token wants no log-in, and the owner is asked for
	// each signature.
	AskSignature Asking = iota
	// AskLogin: the token wants a log-in, for which the owner is asked (a
	// protected authentication path).
	AskLogin
	// AskProgram: the token wants a log-in with a PIN that the program has.
	AskProgram
)

// Purpose is the use that a PIN is asked for.
type Purpose int

// The purposes.
const (
	ForSignature Purpose = iota
	ForLogin
)

// Owner is the person who owns the card, as far as there is one.
type Owner interface {
	// PIN asks for the PIN, with so many tries left. The guard holds when
	// it is sent. Where a person has to agree first, they were asked.
	PIN(ctx context.Context, what Purpose, t jpki.Tries) (jpki.PIN, jpki.Guard, error)
	// Guard decides on a PIN that a program has sent.
	Guard(jpki.Tries) error
	// Refused is the error of a PIN that was refused before.
	Refused() error
	// Report tells why something was not done.
	Report(error)
}

// Client is the view of one program on a slot. The zero values of the fields
// make a token that asks its owner for each signature.
type Client struct {
	Slot    *Slot
	Owner   Owner
	Asking  Asking
	Version p11rpc.Version

	mu          sync.Mutex
	initialized bool
	sessions    map[p11rpc.Handle]*session
	last        p11rpc.Handle
	at          Insertion         // the card that the sessions are of
	cert        *x509.Certificate // its certificate, as far as the client has seen it
	login       *login            // nil: nobody has logged in
	seen        Insertion         // the insertion last reported by WaitForSlotEvent
	seenAny     bool
}

// session is a session of PKCS #11.
type session struct {
	rw      bool
	finding bool
	found   []p11rpc.Handle
	signing *signing
}

// slotID is the number of the only slot.
const slotID = 1

var _ p11rpc.Module = (*Client)(nil)

// names are the labels of a key in programs.
var names = map[jpki.Key]struct{ token, object string }{
	jpki.KeyAuth: {"JPKI authentication", "auth"},
	jpki.KeySign: {"JPKI digital signature", "sign"},
}

// manufacturer names this program, because the token is this program's view of
// a card.
const manufacturer = "jpki"

func (c *Client) Initialize() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.initialized {
		return p11rpc.CryptokiAlreadyInitialized
	}
	c.initialized, c.sessions = true, map[p11rpc.Handle]*session{}
	c.Slot.init()
	return nil
}

func (c *Client) Finalize() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.initialized {
		return p11rpc.CryptokiNotInitialized
	}
	c.initialized = false
	c.closeAll()
	return nil
}

// Close forgets the PIN of a client that has gone.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeAll()
}

func (c *Client) Info() p11rpc.Info {
	return p11rpc.Info{
		Cryptoki: p11rpc.Version{Major: 2, Minor: 40}, Manufacturer: manufacturer,
		Description: "My Number Card (JPKI)", Library: c.Version,
	}
}

// checkSlot refuses calls before C_Initialize, and for other slots.
func (c *Client) checkSlot(slot uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.initialized:
		return p11rpc.CryptokiNotInitialized
	case slot != slotID:
		return p11rpc.SlotIDInvalid
	}
	return nil
}

func (c *Client) Slots(present bool) ([]uint64, error) {
	if err := c.checkSlot(slotID); err != nil {
		return nil, err
	}
	if present {
		if _, ok := c.presentCard(); !ok {
			return nil, nil
		}
	}
	return []uint64{slotID}, nil
}

func (c *Client) SlotInfo(_ context.Context, slot uint64) (p11rpc.SlotInfo, error) {
	i := p11rpc.SlotInfo{Description: names[c.Slot.Key].token, Manufacturer: manufacturer, Flags: p11rpc.RemovableDevice | p11rpc.HardwareSlot}
	err := c.checkSlot(slot)
	if err != nil {
		return i, err
	}
	if at, ok := c.presentCard(); ok {
		i.Description, i.Flags = at.Reader, i.Flags|p11rpc.TokenPresent
	}
	return i, nil
}

// presentCard finds the present card. If it is not the card of the sessions, it
// ends them, and the log-in too.
func (c *Client) presentCard() (Insertion, bool) {
	at, ok := c.Slot.present()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok || at != c.at {
		c.closeAll()
		c.cert = nil
	}
	return at, ok
}

func (c *Client) TokenInfo(ctx context.Context, slot uint64) (p11rpc.TokenInfo, error) {
	var i p11rpc.TokenInfo
	if err := c.checkSlot(slot); err != nil {
		return i, err
	}
	at, ok := c.presentCard()
	if !ok {
		return i, p11rpc.TokenNotPresent
	}
	f, err := c.Slot.look(ctx, at, triesAge)
	if err != nil {
		return i, c.failed(err)
	}
	i = p11rpc.TokenInfo{
		Label: names[c.Slot.Key].token, Manufacturer: manufacturer, Model: "My Number Card",
		Flags:  p11rpc.WriteProtected | p11rpc.PINInitialized | p11rpc.TokenInitialized,
		MinPIN: jpki.AuthPINLength, MaxPIN: jpki.AuthPINLength,
	}
	if c.Slot.Key == jpki.KeySign {
		i.MinPIN, i.MaxPIN = jpki.SignPINMinLength, jpki.SignPINMaxLength
	}
	if f.cert != nil {
		// The same card after a renewal is another token to a program.
		i.Serial = hex.EncodeToString(keyID(f.cert)[:8])
	}
	if c.wantsLogin(f) {
		i.Flags |= p11rpc.LoginRequired
	}
	if c.Asking != AskProgram {
		i.Flags |= p11rpc.ProtectedPath
	}
	switch {
	case f.tries.Blocked():
		i.Flags |= p11rpc.PINBlocked
	case f.tries.Left == 1:
		i.Flags |= p11rpc.PINFinalTry | p11rpc.PINCountLow
	case f.tries.Left < f.tries.Max:
		i.Flags |= p11rpc.PINCountLow
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i.Sessions = uint64(len(c.sessions))
	return i, nil
}

// wantsLogin: a certificate that is behind the PIN can be had no other way.
func (c *Client) wantsLogin(f facts) bool { return c.Asking != AskSignature || f.behindPIN }

func (c *Client) Mechanisms(slot uint64) ([]p11rpc.MechanismType, error) {
	if err := c.checkSlot(slot); err != nil {
		return nil, err
	}
	var list []p11rpc.MechanismType
	for _, t := range mechanismOrder {
		if c.offers(mechanisms[t]) {
			list = append(list, t)
		}
	}
	return list, nil
}

// offers reports whether a mechanism can be had of the card that is there.
func (c *Client) offers(m mechanism) bool {
	if !m.pss {
		return true
	}
	at, ok := c.Slot.present()
	if !ok {
		return false
	}
	f, _ := c.Slot.fact(at, 0)
	return c.Slot.makesPSS(f.cert)
}

func (c *Client) MechanismInfo(slot uint64, t p11rpc.MechanismType) (p11rpc.MechanismInfo, error) {
	if err := c.checkSlot(slot); err != nil {
		return p11rpc.MechanismInfo{}, err
	}
	m, ok := mechanisms[t]
	if !ok || !c.offers(m) {
		return p11rpc.MechanismInfo{}, p11rpc.MechanismInvalid
	}
	i := p11rpc.MechanismInfo{MinKey: 2048, MaxKey: 4096, Flags: p11rpc.SignMechanism}
	if m.hash == 0 {
		i.Flags |= p11rpc.HardwareMechanism // the others hash here
	}
	return i, nil
}

func (c *Client) WaitForSlotEvent(ctx context.Context, block bool) (uint64, error) {
	if err := c.checkSlot(slotID); err != nil {
		return 0, err
	}
	for {
		cards, _ := c.Slot.Reader.Cards()
		at, ok := c.presentCard()
		c.mu.Lock()
		news := ok != c.seenAny || at != c.seen
		c.seen, c.seenAny = at, ok
		running := c.initialized
		c.mu.Unlock()
		switch {
		case !running:
			return 0, p11rpc.CryptokiNotInitialized
		case news:
			return slotID, nil
		case !block:
			return 0, p11rpc.NoEvent
		}
		if err := c.Slot.Reader.Wait(ctx, cards); err != nil {
			return 0, p11rpc.FunctionFailed
		}
	}
}

func (c *Client) OpenSession(_ context.Context, slot, flags uint64) (p11rpc.Handle, error) {
	if err := c.checkSlot(slot); err != nil {
		return 0, err
	}
	if flags&p11rpc.SerialSession == 0 {
		return 0, p11rpc.SessionSerialRequired
	}
	at, ok := c.presentCard()
	if !ok {
		return 0, p11rpc.TokenNotPresent
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) == maxSessions {
		return 0, p11rpc.SessionCount
	}
	c.at = at
	c.last++
	c.sessions[c.last] = &session{rw: flags&p11rpc.RWSession != 0}
	return c.last, nil
}

// maxSessions bounds the sessions of a client.
const maxSessions = 1024

func (c *Client) CloseSession(h p11rpc.Handle) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.session(h); err != nil {
		return err
	}
	delete(c.sessions, h)
	if len(c.sessions) == 0 {
		c.closeAll()
	}
	return nil
}

func (c *Client) CloseAllSessions(slot uint64) error {
	if err := c.checkSlot(slot); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeAll()
	return nil
}

// closeAll ends all sessions, and with them the log-in. The caller has mu.
func (c *Client) closeAll() {
	clear(c.sessions)
	c.logout()
}

// session returns a session. The caller holds mu.
func (c *Client) session(h p11rpc.Handle) (*session, error) {
	if !c.initialized {
		return nil, p11rpc.CryptokiNotInitialized
	}
	s, ok := c.sessions[h]
	if !ok {
		return nil, p11rpc.SessionHandleInvalid
	}
	return s, nil
}

func (c *Client) SessionInfo(h p11rpc.Handle) (p11rpc.SessionInfo, error) {
	c.presentCard()
	c.mu.Lock()
	defer c.mu.Unlock()
	i := p11rpc.SessionInfo{Slot: slotID, Flags: p11rpc.SerialSession}
	s, err := c.session(h)
	if err != nil {
		return i, err
	}
	if s.rw {
		i.Flags |= p11rpc.RWSession
		i.State = p11rpc.RWPublic
	}
	if c.login != nil {
		i.State++ // of the user
	}
	return i, nil
}
