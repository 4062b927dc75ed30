package virtualcard

import "time"

// jst is the zone JPKI's dates are in, on every machine.
var jst = time.FixedZone("JST", 9*60*60)

// Years in which every persona is in the state it is named for.
const (
	firstYear = 2024
	lastYear  = 2045
)

// life holds the dates a persona's certificates depend on, each midnight JST.
// The last day is the fifth birthday after issue, or the end of the stay.
type life struct{ born, issued, last time.Time }

// date is midnight JST. Months beyond December run into the next year.
func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, jst)
}

// lifeAt gives the dates of the card that a person has at the time now.
func (p Persona) lifeAt(now time.Time) life {
	if p.life == nil { // none of Personas
		return life{}
	}
	year, month, _ := now.In(jst).Date()
	switch {
	case year < firstYear:
		year, month = firstYear, time.January
	case year > lastYear:
		year, month = lastYear, time.December
	}
	return p.life(year, month)
}

// eraDate writes a date of birth as the certificates do: the era's digit, then
// the Gregorian date.
func eraDate(t time.Time) string {
	era := "3" // 昭和; nobody here is older
	switch {
	case !t.Before(date(2019, 5, 1)):
		era = "5" // 令和
	case !t.Before(date(1989, 1, 8)):
		era = "4" // 平成
	}
	return era + t.Format("20060102")
}
