// Package p11rpc is the server's end of p11-kit's protocol for PKCS #11 modules
// in another process: frames, the table of calls and their signatures, and the
// encoding of values, attributes and mechanisms. It knows PKCS #11 and nothing
// of cards. A [Module] carries out the calls.
//
// The protocol is p11-kit's own and documented only by its sources. This
// implementation follows recordings of 0.24.1, 0.25.5 and 0.26.4 in testdata.
//
// Requests are bounded: 1 MiB a frame, 64 calls under way, 4096 attributes a
// call. A panic in a call ends only that call.
package p11rpc

import "context"

// Handle is a session's or an object's number. A module gives out none that is 0.
type Handle uint64

// Module carries out the calls of a client. An error other than an [RV] reaches
// the client as [GeneralError]. Several calls can be under way at the same
// time, and ctx ends when the client disconnects.
type Module interface {
	Initialize() error
	Finalize() error
	Info() Info

	Slots(present bool) ([]uint64, error)
	SlotInfo(ctx context.Context, slot uint64) (SlotInfo, error)
	TokenInfo(ctx context.Context, slot uint64) (TokenInfo, error)
	Mechanisms(slot uint64) ([]MechanismType, error)
	MechanismInfo(slot uint64, m MechanismType) (MechanismInfo, error)
	// WaitForSlotEvent gives the slot of the next insertion or removal.
	WaitForSlotEvent(ctx context.Context, block bool) (slot uint64, err error)

	OpenSession(ctx context.Context, slot, flags uint64) (Handle, error)
	CloseSession(s Handle) error
	CloseAllSessions(slot uint64) error
	SessionInfo(s Handle) (SessionInfo, error)

	// Login gets nil for the PIN of a protected authentication path. The
	// bytes are overwritten when it returns.
	Login(ctx context.Context, s Handle, user uint64, pin []byte) error
	Logout(s Handle) error

	FindInit(ctx context.Context, s Handle, template []Attribute) error
	Find(s Handle, most int) ([]Handle, error)
	FindFinal(s Handle) error
	// Attributes gives the values of these attributes of an object, in their
	// order, nil for one that is not there or not to be seen. The error says
	// which of the two it is; the values are sent with it.
	Attributes(ctx context.Context, s, object Handle, types []AttributeType) ([][]byte, error)

	SignInit(s Handle, m Mechanism, key Handle) error
	// SignatureSize is how many bytes the signature under way will have.
	SignatureSize(s Handle) (int, error)
	Sign(ctx context.Context, s Handle, data []byte) ([]byte, error)
	SignUpdate(s Handle, data []byte) error
	SignFinal(ctx context.Context, s Handle) ([]byte, error)
	// Cancel ends the operation of a session (C_SessionCancel, and
	// C_SignInit without a mechanism).
	Cancel(s Handle) error
}

// Version is a CK_VERSION.
type Version struct{ Major, Minor byte }

// Info is a CK_INFO. Texts are cut or padded to their lengths.
type Info struct {
	Cryptoki     Version
	Manufacturer string // 32 bytes
	Description  string // 32 bytes
	Library      Version
}

// SlotInfo is a CK_SLOT_INFO.
type SlotInfo struct {
	Description  string // 64 bytes
	Manufacturer string // 32 bytes
	Flags        uint64
}

// Flags of a slot.
const (
	TokenPresent    = 1 << 0
	RemovableDevice = 1 << 1
	HardwareSlot    = 1 << 2
)

// TokenInfo is a CK_TOKEN_INFO, without the sizes of the card's memory.
type TokenInfo struct {
	Label        string // 32 bytes
	Manufacturer string // 32 bytes
	Model        string // 16 bytes
	Serial       string // 16 bytes
	Flags        uint64
	Sessions     uint64
	MinPIN       uint64
	MaxPIN       uint64
}

// Flags of a token.
const (
	WriteProtected    = 1 << 1
	LoginRequired     = 1 << 2
	PINInitialized    = 1 << 3
	ProtectedPath     = 1 << 8
	TokenInitialized  = 1 << 10
	PINCountLow       = 1 << 16
	PINFinalTry       = 1 << 17
	PINBlocked        = 1 << 18
	unavailable       = ^uint64(0) // CK_UNAVAILABLE_INFORMATION
	unlimitedSessions = 0          // CK_EFFECTIVELY_INFINITE
)

// SessionInfo is a CK_SESSION_INFO.
type SessionInfo struct {
	Slot  uint64
	State uint64
	Flags uint64
}

// States and flags of a session.
const (
	ROPublic = 0
	ROUser   = 1
	RWPublic = 2
	RWUser   = 3

	RWSession     = 1 << 1
	SerialSession = 1 << 2
)

// Users of C_Login.
const (
	SecurityOfficer = 0
	User            = 1
	ContextSpecific = 2
)
