package cert

import (
	"crypto/x509"
	"time"
)

// Validity is the time from which to which a certificate is valid, both
// included (RFC 5280, 4.1.2.5). JPKI's end at 23:59:59 in Japan.
type Validity struct{ NotBefore, NotAfter time.Time }

// ValidityOf is the validity of c.
func ValidityOf(c *x509.Certificate) Validity { return Validity{c.NotBefore, c.NotAfter} }

// State says where a time lies in the life of an end entity's certificate.
type State int

// The states, in the order in which they pass.
const (
	NotYetValid State = iota
	Valid
	RenewalOpen // valid, and the municipal counter renews it
	Expired
)

// String is "not-yet-valid", "valid", "renewal-open" or "expired".
func (s State) String() string {
	switch s {
	case NotYetValid:
		return "not-yet-valid"
	case Valid:
		return "valid"
	case RenewalOpen:
		return "renewal-open"
	}
	return "expired"
}

// State is the state at now. A CA's certificate knows no renewal: ask
// [Validity.Contains] of it.
func (v Validity) State(now time.Time) State {
	switch {
	case v.isBefore(now):
		return NotYetValid
	case v.isOver(now):
		return Expired
	case DateOf(now).Compare(v.RenewalOpens()) >= 0:
		return RenewalOpen
	}
	return Valid
}

// Contains reports whether t is within the validity.
func (v Validity) Contains(t time.Time) bool { return !v.isBefore(t) && !v.isOver(t) }

func (v Validity) isBefore(t time.Time) bool { return t.Before(v.NotBefore) }

// isOver compares whole seconds, because certificates count in seconds: one that
// ends at 23:59:59 is valid until midnight.
func (v Validity) isOver(t time.Time) bool { return t.Truncate(time.Second).After(v.NotAfter) }

// LastDay is the last day of validity in Japan, 有効期間満了日.
func (v Validity) LastDay() Date { return DateOf(v.NotAfter) }

// DaysLeft is the number of days from today in Japan to the last day: 0 on the
// last day itself, negative after it.
func (v Validity) DaysLeft(now time.Time) int { return DateOf(now).DaysUntil(v.LastDay()) }

// RenewalOpens is the first day on which the certificate can be renewed.
func (v Validity) RenewalOpens() Date { return RenewalOpens(v.LastDay()) }

// RenewalOpens is the first day of renewal for a certificate with this last
// day: the day after the day three months before it, and where that month has
// no such day, after its end. 07-15 gives 04-16, and 05-31 gives 03-01.
//
// time.AddDate would be wrong: it carries the 31st of February into March.
func RenewalOpens(lastDay Date) Date {
	year, month := lastDay.Year, lastDay.Month-3
	if month < time.January {
		year, month = year-1, month+12
	}
	return Date{year, month, min(lastDay.Day, daysIn(year, month))}.AddDays(1)
}
