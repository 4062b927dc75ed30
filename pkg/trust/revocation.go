package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Revocation is the state of a certificate's revocation, at the moment that it
// is judged for. A certificate that is revoked then, or that a source proves
// nothing about, has a [Reason] for it.
type Revocation int

// The states of knowledge.
const (
	RevocationNotChecked    Revocation = iota // no source was given that covers it
	RevocationGood                            // proven not to be revoked
	RevocationNotApplicable                   // a trust anchor: nobody but the user revokes it
	RevocationUnknown                         // a source was asked, and proves nothing
	RevocationRevoked                         // proven to be revoked
	RevocationRevokedLater                    // proven to be revoked, but only after the proven time
)

// String is "not-checked", "good", "not-applicable", "unknown", "revoked" or
// "revoked-later".
func (r Revocation) String() string {
	switch r {
	case RevocationGood:
		return "good"
	case RevocationNotApplicable:
		return "not-applicable"
	case RevocationUnknown:
		return "unknown"
	case RevocationRevoked:
		return "revoked"
	case RevocationRevokedLater:
		return "revoked-later"
	}
	return "not-checked"
}

// RevocationReason is a CRLReason (RFC 5280, 5.3.1).
type RevocationReason int

// The reasons that make a difference here.
const (
	affiliationChanged   RevocationReason = 3
	superseded           RevocationReason = 4
	cessationOfOperation RevocationReason = 5
	certificateHold      RevocationReason = 6
	removeFromCRL        RevocationReason = 8
)

var revocationReasons = map[RevocationReason]string{
	0: "unspecified", 1: "keyCompromise", 2: "cACompromise", affiliationChanged: "affiliationChanged",
	superseded: "superseded", cessationOfOperation: "cessationOfOperation", certificateHold: "certificateHold",
	removeFromCRL: "removeFromCRL", 9: "privilegeWithdrawn", 10: "aACompromise",
}

// String is the name of RFC 5280.
func (r RevocationReason) String() string {
	if name, ok := revocationReasons[r]; ok {
		return name
	}
	return fmt.Sprintf("CRLReason %d", int(r))
}

// Source is the kind of a source of revocation.
type Source string

// The sources.
const (
	SourceCRL  Source = "crl"
	SourceOCSP Source = "ocsp"
)

// Evidence is the statement of a source about a certificate, from a signer that
// was verified. Whether it is recent enough is decided with the moment that the
// certificate is judged for, in [Verdict.WithRevocation].
type Evidence struct {
	Certificate *x509.Certificate
	Source      Source
	From        string // file or address, for people; set by whoever got it
	DER         []byte // the list or response, set by whoever got it
	// AsOf is when the information is proven to have existed, by a timestamp
	// over it; zero for now. A list in force then is judged as of then.
	AsOf time.Time

	// Err is why the source proves nothing. The fields below are then not set.
	Err error

	State      Revocation // RevocationGood, RevocationRevoked, or RevocationUnknown to the responder
	RevokedAt  time.Time
	Since      time.Time // from when the key is not to be trusted: RevokedAt, or an invalidityDate before it
	Reason     RevocationReason
	ThisUpdate time.Time
	NextUpdate time.Time // zero: an OCSP responder that always has newer information

	// Responder is a delegated responder that may itself be revoked: its
	// certificate has no id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1). Whoever
	// checks it sets ResponderState.
	Responder      *x509.Certificate
	ResponderState Revocation

	// kept is from when on the source still lists certificates that have
	// expired; zero where it does not say.
	kept time.Time
}

// Errors inside a [Reason] about revocation, and inside [Evidence].
var (
	ErrRevoked          = errors.New("the certificate is revoked")
	ErrStale            = errors.New("the revocation information is out of date")
	ErrFuture           = errors.New("the revocation information is dated in the future")
	ErrUnknownToSource  = errors.New("the responder does not know the certificate")
	ErrExpiredNotListed = errors.New("the certificate has expired, and the source does not say that it still lists expired ones")
	ErrNotRevocation    = errors.New("this is no CRL or OCSP response")
	ErrTooLarge         = errors.New("it is too large")
	ErrSourceSignature  = errors.New("the signature on the revocation information is wrong")
	ErrSourceSigner     = errors.New("the revocation information is signed by neither the CA nor a responder that it authorized")
	ErrSourceScope      = errors.New("the revocation information does not cover every reason")
	ErrDeltaCRL         = errors.New("a delta CRL says nothing without its base")
	ErrIndirectCRL      = errors.New("indirect CRLs are not believed: JPKI's CAs sign their own")
	ErrNoNextUpdate     = errors.New("the CRL does not say until when it holds (nextUpdate)")
	ErrOtherCertificate = errors.New("the OCSP response is about another certificate")
	ErrNonce            = errors.New("the OCSP response answers another request (nonce)")
	ErrNotChecked       = errors.New("revocation was not checked")
	ErrResponder        = errors.New("the responder's own certificate can be revoked, and nobody looked")
)

// RevokedError is the error in the reason of a certificate that is revoked.
type RevokedError struct{ Evidence }

func (e *RevokedError) Error() string {
	return fmt.Sprintf("%v since %s (%s)", ErrRevoked, e.Since.UTC().Format(time.RFC3339), e.Reason)
}

// Unwrap makes errors.Is find [ErrRevoked].
func (e *RevokedError) Unwrap() error { return ErrRevoked }

const (
	// skew is how far the clocks of this machine and of a source may be apart.
	skew = 5 * time.Minute
	// freshFor is how long an OCSP response holds that does not say so itself.
	freshFor = time.Hour
)

// Current reports whether the evidence is in force at a time.
func (e Evidence) Current(at time.Time) bool {
	until := e.NextUpdate
	if until.IsZero() {
		until = e.ThisUpdate.Add(freshFor)
	}
	return !at.After(until.Add(skew))
}

// judge gives the meaning of the evidence for a certificate used at a moment,
// or the reason why it has none.
//
// That a certificate is not revoked is proven for a moment by information in
// force now, or by any that is later than a proven moment: nobody revokes into
// the past. A revocation, once proven, does not go out of date, except for one
// that was on hold.
func (e Evidence) judge(at Moment, now time.Time) (Revocation, error) {
	if !e.AsOf.IsZero() && e.AsOf.Before(now) {
		now = e.AsOf
	}
	latest := now
	if at.Time.After(now) {
		latest = at.Time // a question about the future
	}
	current := e.Current(latest)
	switch {
	case e.Err != nil:
		return RevocationUnknown, e.Err
	case e.ThisUpdate.After(now.Add(skew)):
		return RevocationUnknown, ErrFuture
	case e.State == RevocationRevoked && (current || e.Reason != certificateHold):
		if at.Proven && at.Time.Add(skew).Before(e.Since) && !e.Since.After(now.Add(skew)) {
			return RevocationRevokedLater, nil
		}
		return RevocationRevoked, nil
	case !current && !(at.Proven && !e.ThisUpdate.Before(at.Time)), e.State == RevocationRevoked:
		return RevocationUnknown, ErrStale
	case e.State == RevocationUnknown:
		return RevocationUnknown, ErrUnknownToSource
	}
	if end := e.Certificate.NotAfter; e.ThisUpdate.After(end) && (e.kept.IsZero() || e.kept.After(end)) {
		return RevocationUnknown, ErrExpiredNotListed
	}
	return RevocationGood, nil
}

// WithRevocation is the verdict with the evidence of sources about the
// certificates of its chain; the anchor at the chain's end is nobody's but the
// user's to revoke. Without a chain nothing can be said. now is the time it is.
// With no evidence the verdict stays as it was.
//
// Of several sources one that says "revoked" beats every other, and one that
// proves the opposite beats those that prove nothing. The consequences of a
// revocation have the names of EN 319 102-1:
//
//   - Revoked later than a proven moment, the certificate was good then:
//     RevocationRevokedLater, and no reason.
//   - Revoked at a proven moment or before it: REVOKED, invalid, unless that
//     is only the latest one. So is a signature whose own signer claims a time
//     at which the certificate was revoked already: either it was made then, or
//     the claim is a lie.
//   - Without proof that a signature was made later it may be older than the
//     revocation: REVOKED_NO_POE, indeterminate. A signing certificate of JPKI
//     is revoked whenever its holder moves house, and that does not make what
//     was signed before a forgery; but nothing shows that it was before.
//   - A source that was asked and proves nothing: TRY_LATER, indeterminate.
func (v Verdict) WithRevocation(evidence []Evidence, now time.Time) Verdict {
	if len(v.Chain) < 2 {
		return v
	}
	v.Evidence, v.UncheckedResponders = evidence, nil
	v.Revocation = RevocationGood
	for i, c := range v.Chain[:len(v.Chain)-1] {
		state, reason := v.revocationOf(c, evidence, now)
		reason.CA = i > 0
		switch {
		case state == RevocationRevoked:
			if reason.CA && reason.Code == RevokedNoPOE {
				reason.Code = RevokedCANoPOE
			}
			v.Reasons = append([]Reason{reason}, v.Reasons...)
		case state == RevocationUnknown:
			v = v.With(reason)
		}
		if weight[state] > weight[v.Revocation] {
			v.Revocation = state
		}
		if state == RevocationGood || state == RevocationRevokedLater {
			v.UncheckedResponders = append(v.UncheckedResponders, v.uncheckedResponder(c, now)...)
		}
	}
	return v
}

// uncheckedResponder is the responder that is the only source for a
// certificate's state and was not checked itself; none where there is better
// evidence.
func (v Verdict) uncheckedResponder(c *x509.Certificate, now time.Time) (found []*x509.Certificate) {
	for _, e := range v.Evidence {
		if !e.Certificate.Equal(c) {
			continue
		}
		if said, _ := e.judge(v.At, now); said != RevocationGood && said != RevocationRevokedLater {
			continue
		}
		if e.Responder == nil || e.ResponderState == RevocationGood {
			return nil
		}
		found = []*x509.Certificate{e.Responder}
	}
	return found
}

// weight orders the states of a chain's certificates: the heaviest is the
// chain's.
var weight = map[Revocation]int{
	RevocationGood: 0, RevocationRevokedLater: 1, RevocationNotChecked: 2, RevocationUnknown: 3, RevocationRevoked: 4,
}

// revocationOf is the state of a certificate by all evidence together.
func (v Verdict) revocationOf(c *x509.Certificate, evidence []Evidence, now time.Time) (state Revocation, reason Reason) {
	for _, e := range evidence {
		if !e.Certificate.Equal(c) {
			continue
		}
		said, err := e.judge(v.At, now)
		if said == RevocationRevokedLater && v.authority && !slices.Contains(keySafe, e.Reason) {
			said = RevocationRevoked
		}
		switch said {
		case RevocationRevoked:
			return RevocationRevoked, Reason{Code: v.At.revoked(e.Since), Err: &RevokedError{e}}
		case RevocationUnknown:
			if state == RevocationNotChecked {
				state, reason = said, Reason{Code: TryLater, Err: err}
			}
		case RevocationRevokedLater:
			state = said
		case RevocationGood:
			if state != RevocationRevokedLater {
				state = said
			}
		}
	}
	return state, reason
}

// revoked is the code for a certificate that is revoked since a time.
func (m Moment) revoked(since time.Time) Code {
	if m.Proven && !m.Latest || !m.Claimed.IsZero() && !m.Claimed.Before(since) {
		return Revoked
	}
	return RevokedNoPOE
}
