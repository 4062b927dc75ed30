package virtualcard

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Options are the differences between cards, readers and reports of them. The
// zero value is an ordinary card held to a contactless reader, with extended
// length.
type Options struct {
	// Contact gives the ATR of the contact interface.
	Contact bool
	// NoExtendedLength refuses every command in extended length with 6700.
	NoExtendedLength bool
	// T0 has the card talk as over the T=0 protocol: a command with data
	// announces its answer with 61xx and wants GET RESPONSE, a wrong Le is
	// answered with 6Cxx, and extended length does not exist.
	T0 bool
	// FirstCommandFails answers 6F00 to the first command after power-up, as
	// some reader and card pairs do.
	FirstCommandFails bool

	// QueryCase2 wants the retry counter query as case 2, 00 20 00 80 00, and
	// answers 6700 to case 1. Otherwise it is the other way round.
	QueryCase2 bool
	// QueryShowsOpen answers 9000 to the retry counter query while that PIN is
	// verified, instead of 63Cx.
	QueryShowsOpen bool
	// BlockedQuery answers the query of a blocked PIN: 63C0 (also when zero),
	// 6983 or 6984.
	BlockedQuery apdu.Status
	// BlockedVerify answers a VERIFY of a blocked PIN: 6984 (also when zero),
	// 6983 or 63C0. The try that blocks is always answered with 63C0.
	BlockedVerify apdu.Status
	// AnyPINFormat has the card take a new PIN of any form. Otherwise it
	// refuses one of the wrong form with 6A80, as test cards do.
	AnyPINFormat bool
	// ReselectDrops has a SELECT of the JPKI application drop the PIN state
	// even if it was selected already.
	ReselectDrops bool

	// WarnEndOfFile answers 6282 instead of 9000 to a READ BINARY that wants
	// more than the file has left.
	WarnEndOfFile bool
	// PadFF fills certificate files with FF after the certificate, instead of
	// 00; a file without certificate is filling only.
	PadFF bool

	// NoShortIdentifiers answers every command that names its file by a short
	// identifier with this status. Zero: they work.
	NoShortIdentifiers apdu.Status
	// NoPSS refuses RSASSA-PSS signatures with 6A86.
	NoPSS bool
	// CardLastDay is the last day of the card itself, YYYYMMDD. Empty: the
	// persona's.
	CardLastDay string
	// NoCardData refuses GET DATA for the card's last day with 6A88.
	NoCardData bool

	// RefuseMF answers 6A86 to a SELECT of the MF in any application.
	RefuseMF bool
	// NoIssuerDomain answers 6A82 to a SELECT of the issuer domain by name. It
	// is still what power-up selects.
	NoIssuerDomain bool

	// Like has the card answer as a report says, also where that contradicts
	// the options above. The persona should be [Report.Persona].
	Like *Report
}

// check fills in the defaults and refuses what no card was seen to answer.
func (o *Options) check() error {
	if o.Like != nil && o.Like.case2 {
		o.QueryCase2 = true
	}
	if o.BlockedQuery == 0 {
		o.BlockedQuery = blockedNow
	}
	if o.BlockedVerify == 0 {
		o.BlockedVerify = apdu.StatusReferenceDataUnusable
	}
	if sw := o.NoShortIdentifiers; sw != 0 && !sw.Refused() {
		return fmt.Errorf("virtualcard: %04X refuses no short identifier", uint16(sw))
	}
	for _, sw := range []apdu.Status{o.BlockedQuery, o.BlockedVerify} {
		switch sw {
		case blockedNow, apdu.StatusAuthenticationBlocked, apdu.StatusReferenceDataUnusable:
		default:
			return fmt.Errorf("virtualcard: no card answers %04X for a blocked PIN", uint16(sw))
		}
	}
	return nil
}
