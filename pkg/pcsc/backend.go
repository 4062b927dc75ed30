package pcsc

import "time"

// backend is the PC/SC of the running system: ebfe/scard where cgo is there
// (backend_scard.go), functions loaded at run time elsewhere
// (backend_loaded.go). Both are a thin skin; whatever needs thought stands
// above, once. A method is named like the function it calls and returns an
// [*Error] for every result but success.
//
// One context serves one call at a time, cancel excepted: libpcsclite holds
// the lock of a context during a call and the lock of the whole library while
// it waits for that one, so a second call on a busy context would block every
// context of the process, and SCardCancel with them.
type backend interface {
	establishContext() (backendContext, error)
}

type backendContext interface {
	releaseContext() error
	cancel() error
	listReaders() ([]string, error)
	// getStatusChange compares current with the truth, waits until one
	// differs, and fills in event and atr. readers is not empty.
	getStatusChange(timeout time.Duration, readers []readerStatus) error
	// connect is shared, with T=0 or T=1. With any other protocol there is a
	// card to disconnect, and an error.
	connect(reader string) (backendCard, error)
}

type backendCard interface {
	beginTransaction() error
	endTransaction(disposition) error
	reconnect(disposition) error
	disconnect(disposition) error
	// transmit sends cmd, which is not empty, once. The answer is the
	// caller's own.
	transmit(cmd []byte) ([]byte, error)
}

// readerStatus is SCARD_READERSTATE.
type readerStatus struct {
	name           string
	current, event uint32
	atr            []byte
}

// Flags of readerStatus. The high word of event counts insertions and
// removals where the platform does that.
const (
	stateUnaware     = 0x0000
	stateChanged     = 0x0002
	stateUnknown     = 0x0004
	stateUnavailable = 0x0008
	statePresent     = 0x0020
	stateExclusive   = 0x0080
	stateInUse       = 0x0100
	stateMute        = 0x0200
)

// disposition is the treatment of the card at the end.
type disposition uint32

const (
	leaveCard   disposition = 0
	unpowerCard disposition = 2
)

// Arguments that never vary.
const (
	scopeSystem     = 2
	shareShared     = 2
	protocolT0      = 1
	protocolT1      = 2
	protocolT0OrT1  = protocolT0 | protocolT1
	maxResponseSize = 65536 + 2 // extended Le of 65536, SW1-SW2
)

// pnpNotification is the reader that stands for the list of readers.
const pnpNotification = `\\?PnP?\Notification`

// platform holds the differences between the PC/SC services of the systems.
type platform struct {
	// countsInsertions: the high word of a reader's event state grows with
	// each insertion and removal, and with nothing else.
	countsInsertions bool
	// notifiesReaders: a wait for pnpNotification ends when a reader comes or
	// goes.
	notifiesReaders bool
	// serviceFollowsReaders: the service runs only while there is a reader.
	serviceFollowsReaders bool
	// onlyRelease: connections end with their context, and not before.
	// SCardDisconnect of libpcsclite walks through the lists of all contexts
	// without their lock; while another thread establishes or releases one,
	// that crashes the program (seen with 1.9.9, and not mended in 2.3).
	// SCardReleaseContext does the same under the lock.
	onlyRelease bool
}

// platformOf gives the platform of a GOOS; other systems run pcsc-lite.
func platformOf(goos string) platform {
	switch goos {
	case "darwin":
		// Without the count, a swapped card and one that another program
		// reset look the same there (Apple reports both as a reset).
		return platform{}
	case "windows":
		return platform{countsInsertions: true, notifiesReaders: true, serviceFollowsReaders: true}
	}
	return platform{countsInsertions: true, notifiesReaders: true, onlyRelease: true}
}

// checkProtocol refuses a protocol other than T=0 and T=1: a reader's driver
// can report something else, and no command could be sent.
func checkProtocol(op string, protocol uint32) error {
	if protocol != protocolT0 && protocol != protocolT1 {
		return &Error{op, codeProtoMismatch}
	}
	return nil
}
