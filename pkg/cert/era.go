package cert

import (
	"fmt"
	"time"
)

// Era is a Japanese era (元号), numbered as the date of birth in a certificate
// numbers it. 0 is unknown; a number above [Reiwa] is an era that had no name
// when this was written.
type Era int

// The eras since the Gregorian calendar is in use.
const (
	EraUnknown Era = iota
	Meiji
	Taisho
	Showa
	Heisei
	Reiwa
)

// eras gives each era its name and its first day. The day on which the era
// changes belongs to the new one, as official documents have it.
var eras = []struct {
	name  string
	start Date
}{
	Meiji:  {"明治", Date{1868, time.January, 25}}, // declared in October, counted from the new year
	Taisho: {"大正", Date{1912, time.July, 30}},
	Showa:  {"昭和", Date{1926, time.December, 25}},
	Heisei: {"平成", Date{1989, time.January, 8}},
	Reiwa:  {"令和", Date{2019, time.May, 1}},
}

// String is the era's name, 令和, and "" where there is none.
func (e Era) String() string {
	if e < Meiji || int(e) >= len(eras) {
		return ""
	}
	return eras[e].name
}

// year writes a Gregorian year in the era: 令和7年, and 令和元年 for the first.
// A year before the era began, or without an era, is written as 2025年.
func (e Era) year(gregorian int) string {
	if e.String() == "" || gregorian < eras[e].start.Year {
		return fmt.Sprintf("%d年", gregorian)
	}
	if gregorian == eras[e].start.Year {
		return e.String() + "元年"
	}
	return fmt.Sprintf("%s%d年", e, gregorian-eras[e].start.Year+1)
}

// Era is the era d lies in, EraUnknown before 明治.
func (d Date) Era() Era {
	e := Reiwa
	for e > EraUnknown && d.Compare(eras[e].start) < 0 {
		e--
	}
	return e
}

// Wareki writes the date with its era, 和暦: 令和11年9月14日.
func (d Date) Wareki() string {
	return fmt.Sprintf("%s%d月%d日", d.Era().year(d.Year), d.Month, d.Day)
}
