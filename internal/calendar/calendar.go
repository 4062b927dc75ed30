// Package calendar writes iCalendar files (RFC 5545) of all-day events, the
// little that reminders of a certificate's dates need.
package calendar

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// Calendar is an iCalendar object (RFC 5545, 3.4).
type Calendar struct {
	Product string // PRODID: who made it
	Events  []Event
}

// Event lasts one whole day, wherever the calendar is read.
//
// Importing an event of a known UID again updates it where Sequence, or Stamp
// of the same Sequence, is higher (RFC 5546, 2.1.5).
type Event struct {
	UID         string
	Stamp       time.Time
	Sequence    int
	Day         cert.Date
	Summary     string
	Description string
	Alarms      []Alarm
}

// Alarm rings at nine in the morning, so many days before its event.
type Alarm struct{ DaysBefore int }

// Encode gives the calendar as a file has it.
func (c Calendar) Encode() []byte {
	var w writer
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", escape(c.Product))
	w.line("CALSCALE", "GREGORIAN")
	for _, e := range c.Events {
		w.event(e)
	}
	w.line("END", "VCALENDAR")
	return []byte(w.String())
}

type writer struct{ strings.Builder }

func (w *writer) event(e Event) {
	const day = "20060102"
	w.line("BEGIN", "VEVENT")
	w.line("UID", escape(e.UID))
	w.line("DTSTAMP", e.Stamp.UTC().Format("20060102T150405Z"))
	w.line("SEQUENCE", fmt.Sprint(e.Sequence))
	w.line("DTSTART;VALUE=DATE", e.Day.Start().Format(day))
	w.line("DTEND;VALUE=DATE", e.Day.AddDays(1).Start().Format(day)) // exclusive
	w.line("SUMMARY", escape(e.Summary))
	w.line("DESCRIPTION", escape(e.Description))
	w.line("CLASS", "PRIVATE")      // nobody's business in a shared calendar
	w.line("TRANSP", "TRANSPARENT") // it takes no time of the day
	for _, a := range e.Alarms {
		w.line("BEGIN", "VALARM")
		w.line("ACTION", "DISPLAY")
		w.line("TRIGGER", a.trigger())
		w.line("DESCRIPTION", escape(e.Summary))
		w.line("END", "VALARM")
	}
	w.line("END", "VEVENT")
}

// trigger is a duration (3.3.6) from the midnight with which the event begins.
func (a Alarm) trigger() string {
	switch before := a.DaysBefore - 1; {
	case before < 0:
		return "PT9H"
	case before == 0:
		return "-PT15H"
	default:
		return fmt.Sprintf("-P%dDT15H", before)
	}
}

// maxLine is how many octets a line may have, its end not counted (3.1).
const maxLine = 75

// line writes a content line, and folds a long one: each continuation line
// begins with a space. It cuts no character in two.
func (w *writer) line(name, value string) {
	rest := name + ":" + value
	for room := maxLine; len(rest) > room; room = maxLine - 1 {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		w.WriteString(rest[:cut] + "\r\n ")
		rest = rest[cut:]
	}
	w.WriteString(rest + "\r\n")
}

// escape writes a value of type TEXT (3.3.11), without the control characters
// that none may have.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}
