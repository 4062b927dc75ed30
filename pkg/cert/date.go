package cert

import (
	"cmp"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/jst"
)

// JST is the zone of every date in this package: certificates end at midnight
// in Japan, wherever the machine stands. Japan has had no summer time since
// 1951.
var JST = jst.Zone

// Date is a day of the Gregorian calendar in Japan. The zero Date is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day it is in Japan at t.
func DateOf(t time.Time) Date {
	y, m, d := t.In(JST).Date()
	return Date{y, m, d}
}

// String is ISO 8601: 2029-09-14.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText is [Date.String], so that JSON has a date and no object.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Start is the first instant of the day.
func (d Date) Start() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, JST) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Start().Weekday() }

// AddDays is the day n days later, earlier where n is negative.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, JST))
}

// DaysUntil is the number of days from d to e: 0 on the same day, negative when
// e is earlier.
func (d Date) DaysUntil(e Date) int {
	const day = 24 * 60 * 60 // of every day, in a zone without summer time
	return int((e.Start().Unix() - d.Start().Unix()) / day)
}

// Compare is -1, 0 or +1 as d is before, on or after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// daysIn is the number of days of a month.
func daysIn(year int, m time.Month) int { return time.Date(year, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }
