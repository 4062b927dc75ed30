package pcsc

import (
	"errors"
	"fmt"
)

// Errors for errors.Is. An [Error] is one of them by its code.
var (
	ErrNoLibrary     = errors.New("the PC/SC library cannot be loaded")
	ErrNoService     = errors.New("the PC/SC service does not answer")
	ErrAccess        = errors.New("access to the reader or to the PC/SC service is denied")
	ErrNoReader      = errors.New("no such card reader")
	ErrReaderGone    = errors.New("the card reader was disconnected")
	ErrNoCard        = errors.New("no card in the reader")
	ErrCardRemoved   = errors.New("the card was removed")
	ErrCardReset     = errors.New("the card was reset")
	ErrCardMute      = errors.New("the card does not answer")
	ErrInUse         = errors.New("the card is in use by another program")
	ErrCommunication = errors.New("the communication with the card failed")
	ErrClosed        = errors.New("already closed")
)

// ErrMismatch is an [ErrNoService] in which the service answered, and turned this
// program away: pcscd does so where it speaks another version of its protocol than
// the library, Windows while the service is stopped.
var ErrMismatch = fmt.Errorf("%w: it was stopped, or does not fit its library", ErrNoService)

// errNoTransaction is the caller's mistake, not something that happens.
var errNoTransaction = errors.New("pcsc: Transmit, End and Unpower need an open transaction")

// Error is the error of a PC/SC function.
type Error struct {
	Op   string // the function: SCardConnect
	Code uint32 // its result: 0x8010000C
}

// Codes this package acts upon. The 0x8010xxxx ones are the same on every
// system; where Windows has the only one, it is an error of the system.
const (
	codeSuccess            uint32 = 0
	codeInvalidHandle      uint32 = 0x80100003
	codeInvalidValue       uint32 = 0x80100011
	codeUnknownReader      uint32 = 0x80100009
	codeTimeout            uint32 = 0x8010000A
	codeNoSmartcard        uint32 = 0x8010000C
	codeProtoMismatch      uint32 = 0x8010000F
	codeCommError          uint32 = 0x80100013
	codeNotTransacted      uint32 = 0x80100016
	codeNoReadersAvailable uint32 = 0x8010002E
	codeUnpoweredCard      uint32 = 0x80100067
	codeResetCard          uint32 = 0x80100068
	codeSecurityViolation  uint32 = 0x8010006A
	codeServiceStopped     uint32 = 0x8010001E
	codeCommDataLost       uint32 = 0x8010002F
	codeDeviceTimeout      uint32 = 121  // ERROR_SEM_TIMEOUT
	codeDeviceIO           uint32 = 1117 // ERROR_IO_DEVICE
)

// meaning is the text of a code, and the error above that it is, if any.
type meaning struct {
	text string
	is   error
}

// meanings follows winscard.h and, for the small numbers, winerror.h. A text
// of its own is only needed where the sentinel does not say it.
var meanings = map[uint32]meaning{
	0x80100001:             {"internal error", nil},
	0x80100002:             {"cancelled", nil},
	codeInvalidHandle:      {"invalid handle", nil},
	0x80100004:             {"invalid parameter", nil},
	0x80100005:             {"invalid target", nil},
	0x80100006:             {"out of memory", nil},
	0x80100008:             {"insufficient buffer", nil},
	codeUnknownReader:      {"", ErrNoReader},
	codeTimeout:            {"timeout", nil},
	0x8010000B:             {"", ErrInUse},
	codeNoSmartcard:        {"", ErrNoCard},
	0x8010000D:             {"unknown card", nil},
	codeProtoMismatch:      {"no common protocol with the card", ErrCardMute},
	0x80100010:             {"reader or card not ready", ErrCommunication},
	codeInvalidValue:       {"invalid value", nil},
	0x80100012:             {"cancelled by the system", nil},
	codeCommError:          {"connection to the PC/SC service lost", ErrNoService},
	0x80100014:             {"unknown internal error", nil},
	codeNotTransacted:      {"", ErrCommunication},
	0x80100017:             {"", ErrReaderGone},
	0x80100018:             {"the PC/SC service is shutting down", ErrNoService},
	0x8010001C:             {"unsupported card", ErrCardMute},
	0x8010001D:             {"", ErrNoService},
	codeServiceStopped:     {"the PC/SC service was stopped", ErrNoService},
	0x8010001F:             {"unexpected error, or not supported", nil},
	0x80100022:             {"not supported", nil},
	0x80100027:             {"", ErrAccess},
	0x8010002B:             {"unknown error of the PC/SC service", ErrNoService},
	codeNoReadersAvailable: {"no card reader", ErrNoReader},
	codeCommDataLost:       {"data lost", ErrCommunication},
	0x80100031:             {"the PC/SC service is too busy", ErrNoService},
	0x80100065:             {"unsupported card", ErrCardMute},
	0x80100066:             {"", ErrCardMute},
	codeUnpoweredCard:      {"the card has no power", ErrCardMute},
	codeResetCard:          {"", ErrCardReset},
	0x80100069:             {"", ErrCardRemoved},
	codeSecurityViolation:  {"", ErrAccess},

	5:                 {"", ErrAccess},
	6:                 {"no PC/SC service in this session", ErrNoService},
	22:                {"the reader refused the command", ErrCommunication},
	31:                {"the reader does not work", ErrCommunication},
	109:               {"no PC/SC service in this session", ErrNoService},
	codeDeviceTimeout: {"the reader did not answer in time", ErrCommunication},
	codeDeviceIO:      {"input or output error of the reader", ErrCommunication},
	1167:              {"", ErrReaderGone},
}

// onCard gives the meaning of these codes for a card that is already connected.
// pcsc-lite forgets the handles of a reader that was unplugged; the handles of
// a context that is no more are invalid everywhere.
var onCard = map[uint32]error{
	codeNoSmartcard:   ErrCardRemoved,
	codeInvalidHandle: ErrNoService,
	codeInvalidValue:  ErrReaderGone,
	codeUnknownReader: ErrReaderGone,
}

// The functions, as [Error] names them.
const (
	opEstablish       = "SCardEstablishContext"
	opRelease         = "SCardReleaseContext"
	opCancel          = "SCardCancel"
	opListReaders     = "SCardListReaders"
	opGetStatusChange = "SCardGetStatusChange"
	opConnect         = "SCardConnect"
	opReconnect       = "SCardReconnect"
	opDisconnect      = "SCardDisconnect"
	opBegin           = "SCardBeginTransaction"
	opEnd             = "SCardEndTransaction"
	opTransmit        = "SCardTransmit"
)

func (e *Error) meaning() meaning {
	if e.Op == opEstablish && e.Code == codeServiceStopped {
		return meaning{"", ErrMismatch}
	}
	switch e.Op {
	case opEstablish, opConnect: // where access is granted
		return meanings[e.Code]
	case opReconnect, opDisconnect, opBegin, opEnd, opTransmit: // on a connected card
		if is := onCard[e.Code]; is != nil {
			return meaning{"", is}
		}
	}
	if e.Code == codeSecurityViolation {
		// pcsc-lite says so of every connection that pcscd resets. It does
		// that to refuse a client, and later when it dies.
		return meanings[codeCommError]
	}
	return meanings[e.Code]
}

// Unwrap gives which of this package's errors it is, or nil.
func (e *Error) Unwrap() error { return e.meaning().is }

// temporary are the codes of hiccups: a bad contact, a card that moved in the
// field, another program that reset the card or cut its power.
var temporary = map[uint32]bool{
	codeCommError:     true, // one call was lost; where it was the service, the next says so
	codeNotTransacted: true,
	codeCommDataLost:  true,
	codeUnpoweredCard: true,
	codeResetCard:     true,
	codeProtoMismatch: true, // pcscd has just cut its power, for a client that died
	codeDeviceIO:      true,
	codeDeviceTimeout: true,
}

// Temporary reports that the same work, begun again, may well succeed. Whether
// it may be repeated is another question: the card can have done it.
func (e *Error) Temporary() bool { return temporary[e.Code] }

// hiccup reports an [Error] that is temporary.
func hiccup(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Temporary()
}

// Error names the function, the fault, and the code to search for.
func (e *Error) Error() string {
	m := e.meaning()
	switch {
	case m.text == "" && m.is == nil:
		m.text = "error"
	case m.text == "":
		m.text = m.is.Error()
	}
	return fmt.Sprintf("pcsc: %s: %s (0x%08X)", e.Op, m.text, e.Code)
}

// result is the error of a function that returned code, nil for success.
func result(op string, code uint32) error {
	if code == codeSuccess {
		return nil
	}
	return &Error{op, code}
}

// hasCode reports whether err is an [Error] with this code.
func hasCode(err error, code uint32) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}
