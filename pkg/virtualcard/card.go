// Package virtualcard is an emulated マイナンバーカード with the JPKI
// application: in process, as an [apdu.Transmitter], and in a real PC/SC
// reader, as a client of vpcd ([Serve]).
//
// It behaves as the cards do, refusals, retry counters and access conditions
// included; what is known to differ between cards and readers is a switch in
// [Options]. Where nothing is known of real cards it answers as ISO/IEC 7816-4
// has it, and nobody should build on that: what a card without signing
// certificate has in that file and in EF 0008, and the refusals of commands that
// no client sends. A [Persona] is a card with its holder: an adult, a child, somebody
// whose password is locked. Keys, PINs and certification authorities are public
// and say DEMO wherever a person could look.
//
// # As a test double
//
// Whoever writes a program for the card can test it on this one; a mistake with
// a PIN costs a counter in memory. A program in Go that takes a jpki.Conn, which
// is a *pcsc.Card otherwise, takes a [Slot]:
//
//	func TestWrongPIN(t *testing.T) {
//		adult, _ := virtualcard.Lookup("adult")
//		card, err := virtualcard.New(adult, time.Now(), virtualcard.Options{})
//		if err != nil {
//			t.Fatal(err)
//		}
//		if err := login(t.Context(), virtualcard.Slot{Card: card}, "0000"); err == nil {
//			t.Error("logged in with a wrong PIN")
//		}
//		if left := card.State().Auth.Left; left != 2 {
//			t.Errorf("%d tries left: it was sent more than once, or never", left)
//		}
//	}
//
// [Card.State] tells what the program left, [Recorder] what it sent, PINs
// blotted out, and from [Card.Observe] a test can pull the card at any command.
// [Personas] and [Options] make the card one of the awkward ones. By the clock
// given to [New], certificates are in the state of their persona's name.
// Package trust believes them where trust.Anchors.Demo is set, and with the
// keys of [DemoCAs] a test signs revocation lists and certificates of its own.
// A program that does not use package jpki sends its commands with
// [Card.Transmit], after [Card.PowerOn].
//
// # In a reader
//
// A program in any language, and any program that is there already, meets the
// card in a virtual reader: vsmartcard's vpcd makes one for pcscd. Without a
// smart card, a reader or a desktop, as in CI, on Debian or Ubuntu:
//
//	sudo apt-get install pcscd vsmartcard-vpcd
//	sudo systemctl stop pcscd.socket pcscd.service # one that starts on demand stops too early
//	sudo pcscd --foreground --disable-polkit &     # the second flag where pcscd --help has it
//	go install github.com/jpki-tools/jpki/cmd/jpki@latest
//	jpki demo serve --persona last-try &           # puts the card in, until it is killed
//	jpki status --wait 10s                         # or the program to be tested
//
// [Serve] is the same in Go, with any [Options]. vpcd listens on all addresses of
// the machine. It has two slots, the second at port 35964. This is tested on
// Linux; elsewhere, or where a test needs many cards at once, there is [Slot].
//
// The package shares no table with package jpki, which is tested with it: file
// identifiers and OIDs are written out here once more, and a mistake in one of
// the two cannot hide itself.
//
// Not emulated: the contents of the card's other applications (they can be
// selected, which drops the PIN state, and hold no file), secure messaging and
// logical channels.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package virtualcard

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// ErrUnpowered is the answer to a command while the card has no power: before
// [Card.PowerOn], after [Card.PowerOff]. [Serve] returns it where an observer
// pulled the card.
var ErrUnpowered = errors.New("virtualcard: the card has no power")

// Card is one emulated card. It starts without power, as a card lying on the
// table. All methods are safe for concurrent use.
type Card struct {
	persona Persona
	options Options

	exchange sync.Mutex // one command at a time; held while callbacks run

	mu         sync.Mutex // guards everything below; never held while callbacks run
	powered    bool
	woken      bool // a command was answered since power-up
	files      map[uint16]*file
	cardData   map[uint16][]byte // what GET DATA finds, by tag
	sign, auth *pin
	app        *application // the selected application
	ef         *file        // the current EF; nil: none
	rest       []byte       // what GET RESPONSE brings; T0 only
	onChange   func(State) error
	observers  []func(cmd, resp []byte)
}

// New makes the persona's card as it left the counter: certificates with dates
// relative to now, PINs and retry counters fresh. The same persona and the same
// month of now always give the same bytes.
func New(p Persona, now time.Time, o Options) (*Card, error) {
	if p.life == nil {
		return nil, fmt.Errorf("virtualcard: persona %q is not one of Personas", p.Name)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Card{
		persona: p,
		options: o,
		sign:    newPIN(p.SignPIN, p.SignTries, maxSignTries, signFormat),
		auth:    newPIN(p.AuthPIN, p.AuthTries, maxAuthTries, authFormat),
	}
	if len(p.Label) > labelSize {
		return nil, fmt.Errorf("virtualcard: token label of %d bytes, not up to %d", len(p.Label), labelSize)
	}
	if max(len(p.SignPIN), len(p.AuthPIN)) > maxPINLength {
		return nil, fmt.Errorf("virtualcard: a PIN of more than %d bytes", maxPINLength)
	}
	if err := c.accepts(c.state()); err != nil {
		return nil, err
	}
	c.files, c.cardData = newFiles(c, now), newCardData(p, o, now)
	return c, nil
}

// PowerOn powers the card up, as a reader does when it connects to one. On a
// powered card it does nothing.
func (c *Card) PowerOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.powered {
		c.powered, c.woken = true, false
		c.restart()
	}
}

// PowerOff takes the power away: the PIN state is gone. Called from an observer
// it pulls the card in the middle of something: the command ran, and its answer
// is lost.
func (c *Card) PowerOff() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powered = false
	c.dropPINs()
}

// Reset is a warm reset. It deselects, but keeps the PIN state: whoever
// verified a PIN cannot close it this way.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.restart()
}

// restart puts the card where power-up and reset leave it: in the issuer's
// security domain, with no current EF.
func (c *Card) restart() {
	c.app, c.ef, c.rest = issuerDomain, nil, nil
}

func (c *Card) dropPINs() {
	c.sign.verified, c.auth.verified = false, false
}

// ATR is the answer to reset: that of [Options.Like]; with [Options.Contact] one of the two known of
// the contact interface, otherwise the one a reader makes up for an ISO/IEC
// 14443 Type B card (PC/SC part 3, 3.1.3.2.3.2).
func (c *Card) ATR() []byte {
	if like := c.options.Like; like != nil && len(like.ATR) > 0 {
		return bytes.Clone(like.ATR)
	}
	if c.options.Contact {
		return bytes.Clone(contactATR)
	}
	return []byte{0x3B, 0x88, 0x80, 0x01, 0, 0, 0, 0, 0x33, 0x81, 0x81, 0, 0x3A}
}

// contactATR is one of the two known of the contact interface.
var contactATR = []byte{0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14}

// OnChange has f called whenever a command changed a PIN or a retry counter,
// before the answer leaves the card: a try must not be forgotten when the
// process dies. When f fails the change does not happen, and the card answers
// 6581 (memory failure). f may call the card's methods, but not Transmit.
func (c *Card) OnChange(f func(State) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onChange = f
}

// Observe has f see every exchange, after the command ran and before its
// answer leaves. It is meant for tests: f sees PINs in the clear. It must not
// keep or change the slices, may call the card's methods, but not Transmit. See
// [Recorder] for a ready one.
func (c *Card) Observe(f func(cmd, resp []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observers = append(c.observers, f)
}

// Transmit answers one command APDU. Whatever the bytes are, there is an
// answer; the only error is [ErrUnpowered], before the command or, when an
// observer took the power away, after it.
func (c *Card) Transmit(cmd []byte) ([]byte, error) {
	c.exchange.Lock()
	defer c.exchange.Unlock()

	c.mu.Lock()
	if !c.powered {
		c.mu.Unlock()
		return nil, ErrUnpowered
	}
	before := c.state()
	r := c.answer(cmd)
	after := c.state()
	onChange, observers := c.onChange, c.observers
	c.mu.Unlock()

	if after != before && onChange != nil {
		if err := onChange(after); err != nil {
			c.mu.Lock()
			c.restore(before)
			c.mu.Unlock()
			r = status(statusMemoryFailure)
		}
	}
	raw := r.Bytes()
	time.Sleep(c.options.Like.takes(len(raw)))
	for _, f := range observers {
		f(cmd, raw)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.powered {
		return nil, ErrUnpowered
	}
	return raw, nil
}

// commands lists the commands that the card knows, by class and instruction.
var commands = []struct {
	cla, ins byte
	run      func(*Card, apdu.Command) apdu.Response
}{
	{0x00, apdu.InsSelect, (*Card).selectFile},
	{0x00, apdu.InsReadBinary, (*Card).readBinary},
	{0x00, apdu.InsGetData, (*Card).getData},
	{0x00, apdu.InsVerify, (*Card).verify},
	{0x00, apdu.InsChangeReferenceData, (*Card).changePIN},
	{0x80, apdu.InsPerformSecurityOperation, (*Card).computeSignature},
}

// answer runs one command.
func (c *Card) answer(raw []byte) apdu.Response {
	if !c.woken {
		c.woken = true
		if c.options.FirstCommandFails {
			return status(apdu.StatusNoInformation)
		}
	}
	if apdu.IsExtended(raw) && (c.options.NoExtendedLength || c.options.T0) {
		return status(apdu.StatusWrongLength)
	}
	cmd, err := apdu.Parse(raw)
	if err != nil {
		return status(apdu.StatusWrongLength)
	}
	if c.options.T0 {
		return c.answerT0(cmd)
	}
	r := c.run(cmd)
	if c.options.Like != nil && c.options.Like.loses && len(r.Data) >= apdu.MaxShortNe {
		r.Data = nil
	}
	return r
}

func (c *Card) run(cmd apdu.Command) apdu.Response {
	switch {
	case cmd.CLA&^0x83 == 0 && cmd.CLA&0x03 != 0:
		return status(statusNoLogicalChannels)
	case cmd.CLA&^0x8C == 0 && cmd.CLA&0x0C != 0:
		return status(statusNoSecureMessaging)
	}
	if cmd.CLA != 0x00 && cmd.CLA != 0x80 {
		return status(apdu.StatusClassNotSupported)
	}
	if sw, refused := c.refusal(cmd); refused {
		return status(sw)
	}
	refusal := apdu.StatusInstructionNotSupported
	for _, known := range commands {
		if known.ins != cmd.INS {
			continue
		}
		if known.cla == cmd.CLA {
			return known.run(c, cmd)
		}
		refusal = apdu.StatusClassNotSupported
	}
	return status(refusal)
}

// status is a response without data.
func status(sw apdu.Status) apdu.Response { return apdu.Response{SW: sw} }

// Status words that only this side of the interface gives.
const (
	statusMemoryFailure    apdu.Status = 0x6581
	statusIncompatibleFile apdu.Status = 0x6981 // command incompatible with file structure

	statusNoLogicalChannels apdu.Status = 0x6881
	statusNoSecureMessaging apdu.Status = 0x69FC // as the JPKI application of test cards answers
)

// SetFile replaces the content of a transparent EF of the JPKI application, for
// tests with garbage, truncated, oversized or empty files. Access conditions
// stay. A file holds at most [MaxFileSize] bytes.
func (c *Card) SetFile(ef uint16, content []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.files[ef]
	if f == nil || f.kind != transparentEF {
		return fmt.Errorf("virtualcard: %04X is no transparent EF of the JPKI application", ef)
	}
	if len(content) > MaxFileSize {
		return fmt.Errorf("virtualcard: %d bytes are more than an EF can hold (%d)", len(content), MaxFileSize)
	}
	f.content = bytes.Clone(content)
	return nil
}
