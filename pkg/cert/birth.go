package cert

import (
	"errors"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/printable"
)

// Sex is the holder's sex, as the certificate has it.
type Sex string

// The values with a meaning known here; others are kept as they are.
const (
	Male   Sex = "1"
	Female Sex = "2"
)

// String is "male", "female", or the value itself, fit for a terminal.
func (s Sex) String() string {
	switch s {
	case Male:
		return "male"
	case Female:
		return "female"
	}
	return printable.Line(string(s))
}

// Birth is a date of birth as far as it is known: Year, Month and Day are 0
// where the register does not have them.
type Birth struct {
	Era   Era // as the certificate says it; it need not fit the year
	Year  int // Gregorian
	Month time.Month
	Day   int
}

// String is ISO 8601 as far as the date is known: 1980-02-17, 1980-02, 1980, or
// "".
func (b Birth) String() string {
	switch {
	case b.Year == 0:
		return ""
	case b.Month == 0:
		return fmt.Sprintf("%04d", b.Year)
	case b.Day == 0:
		return fmt.Sprintf("%04d-%02d", b.Year, b.Month)
	}
	return Date{b.Year, b.Month, b.Day}.String()
}

// Wareki writes the date with its era, and unknown parts as the resident
// register does: 昭和55年2月17日, 昭和55年2月日不詳, 昭和55年月日不詳.
func (b Birth) Wareki() string {
	switch {
	case b.Year == 0:
		return ""
	case b.Month == 0:
		return b.Era.year(b.Year) + "月日不詳"
	case b.Day == 0:
		return fmt.Sprintf("%s%d月日不詳", b.Era.year(b.Year), b.Month)
	}
	return fmt.Sprintf("%s%d月%d日", b.Era.year(b.Year), b.Month, b.Day)
}

// MarshalText is [Birth.String].
func (b Birth) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// parseBirth reads EYYYYMMDD: the number of the era, then the Gregorian date.
func parseBirth(s string) (Birth, error) {
	if len(s) != 9 {
		return Birth{}, errors.New("the date of birth is not EYYYYMMDD")
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return Birth{}, errors.New("the date of birth is not EYYYYMMDD")
		}
	}
	number := func(digits string) (n int) {
		for _, c := range []byte(digits) {
			n = 10*n + int(c-'0')
		}
		return n
	}
	b := Birth{
		Era:   Era(number(s[:1])),
		Year:  number(s[1:5]),
		Month: time.Month(number(s[5:7])),
		Day:   number(s[7:]),
	}
	if b.Month > time.December || b.Day > 31 || b.Year > 0 && b.Month > 0 && b.Day > daysIn(b.Year, b.Month) {
		return Birth{}, errors.New("the date of birth is no day")
	}
	return b, nil
}
