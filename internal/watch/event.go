package watch

import (
	"time"

	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Kind is the kind of an event. The values are published: they stand in the
// JSON of every event and in the environment of every command that is run.
type Kind string

// The kinds of events.
const (
	ServiceLost        Kind = "service-lost"        // the PC/SC service went away; Err says how
	ServiceBack        Kind = "service-back"        // and answers again
	ReaderConnected    Kind = "reader-connected"    // or was there at the beginning
	ReaderDisconnected Kind = "reader-disconnected" //
	CardInserted       Kind = "card-inserted"       // a card lies in the reader; nothing is known of it yet
	CardRead           Kind = "card-read"           // Card is the result
	CardUnreadable     Kind = "card-unreadable"     // Err says why
	CardRemoved        Kind = "card-removed"        //
	TriesLowered       Kind = "tries-lowered"       // wrong entries of the PIN Key were counted
	TriesRestored      Kind = "tries-restored"      // a correct entry, or unlocking the PIN, reset it
	CertificateChanged Kind = "certificate-changed" // Certificate came into another state, as State says
)

// Kinds lists them all.
var Kinds = []Kind{
	ServiceLost, ServiceBack, ReaderConnected, ReaderDisconnected, CardInserted, CardRead,
	CardUnreadable, CardRemoved, TriesLowered, TriesRestored, CertificateChanged,
}

// Card is the result of reading a card.
type Card = inspect.Card

// Event is something that happened.
type Event struct {
	Kind   Kind
	Time   time.Time // when it was noticed
	Reader string    // its name; empty for events of the service
	Card   *Card     // of card-read, and of events of a card that was read before
	Err    error

	// Of tries-lowered and tries-restored: the PIN, its counter when last
	// seen (at Since), and its counter now.
	Key           jpki.Key
	Before, After jpki.Tries
	Since         time.Time

	// Of certificate-changed.
	Certificate jpki.Kind
	State       inspect.State

	// Of card-removed: when the card was last looked at, zero if never.
	LastLook time.Time
}
