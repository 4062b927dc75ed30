// Package doctor finds out why a card cannot be read: the PC/SC service, the
// driver, the reader, the card, the settings of other programs, the clock, the
// terminal.
//
// Each check is a small function over an [Environment], the facts about the
// system and PC/SC. So every finding for every operating system is tested on
// one. A fact that cannot be known is called unknown, not guessed.
package doctor

import (
	"io/fs"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

type text = i18n.Text

// Environment holds the facts for the checks.
type Environment struct {
	OS     string // as runtime.GOOS
	Files  fs.FS  // the file system below /
	Getenv func(string) string
	// Run runs a program, by its absolute path, and gives its output.
	Run func(path string, args ...string) (string, error)

	Lang     i18n.Lang
	Terminal bool // standard output is one
	Now      time.Time
	Built    time.Time // when this program's source was committed; zero if unknown

	Demo    bool   // a demo card is used, and no PC/SC
	Backend string // how PC/SC is reached: [Backend]
	Service error  // why PC/SC does not answer, or nil
	// Socketed: it was tried to connect to pcscd's socket itself, which failed
	// with Socket.
	Socketed bool
	Socket   error
	Readers  []pcsc.ReaderState
	Cards    []Card // a look at each card that answers
}

// Card is the result of reading a card.
type Card struct {
	Reader string
	Err    error // nothing below was read
	inspect.Card
	CAs map[jpki.Kind]error // why a CA certificate could not be read, or nil

	Probes   []jpki.Probe // of a survey, where one was made
	Surveyed error        // why it ended early
}

// failure is why a certificate was not read: an error of package jpki, or nil.
func (c Card) failure(k jpki.Kind) error {
	if k == k.CA() {
		return c.CAs[k]
	}
	x := c.Sign.Certificate
	if k == jpki.KindAuth {
		x = c.Auth.Certificate
	}
	switch x.State {
	case inspect.Absent:
		return jpki.ErrAbsent
	case inspect.NeedsPIN:
		return jpki.ErrNeedsPIN
	}
	return x.Err
}

// Level says how severe a finding is.
type Level string

// Levels. Only warn and bad make the exit status.
const (
	OK      Level = "ok"      // as it should be
	Note    Level = "note"    // worth knowing
	Unknown Level = "unknown" // cannot be found out from here
	Warn    Level = "warn"    // works, or may, but can become trouble
	Bad     Level = "bad"     // does not work
)

// Finding is one thing that was found.
type Finding struct {
	Check string // the name of the check
	Name  string // of the finding, which never changes
	Level Level
	Code  problem.Code // of bad ones
	What  text
	Next  text // the next step; empty if there is none
}

func ok(name string, what text) Finding { return Finding{Name: name, Level: OK, What: what} }

func note(name string, what, next text) Finding {
	return Finding{Name: name, Level: Note, What: what, Next: next}
}

func unknown(name string, what, next text) Finding {
	return Finding{Name: name, Level: Unknown, What: what, Next: next}
}

func warn(name string, what, next text) Finding {
	return Finding{Name: name, Level: Warn, Code: problem.Attention, What: what, Next: next}
}

func bad(name string, code problem.Code, what, next text) Finding {
	return Finding{Name: name, Level: Bad, Code: code, What: what, Next: next}
}

// checks are made in this order: an earlier finding is the cause of a later
// one.
var checks = []struct {
	name string
	find func(*Environment) []Finding
}{
	{"service", checkService},
	{"backend", checkBackend},
	{"usb", checkUSB},
	{"reader", checkReaders},
	{"virtual-reader", checkVirtualReaders},
	{"in-use", checkInUse},
	{"card", checkCards},
	{"certificate", checkCertificates},
	{"programs", checkPrograms},
	{"clock", checkClock},
	{"locale", checkLocale},
	{"terminal", checkTerminal},
}

// Examine makes all checks.
func Examine(e *Environment) (findings []Finding) {
	for _, c := range checks {
		for _, f := range c.find(e) {
			f.Check = c.name
			findings = append(findings, f)
		}
	}
	return findings
}

// MostSevere returns the first bad finding, which is the cause of later ones, else the
// first warning. It is nil where all is well.
func MostSevere(findings []Finding) *Finding {
	for _, level := range []Level{Bad, Warn} {
		for i := range findings {
			if findings[i].Level == level {
				return &findings[i]
			}
		}
	}
	return nil
}

// system is a text for each operating system.
type system struct{ linux, darwin, windows, other text }

func (s system) on(os string) text {
	switch os {
	case "linux":
		return s.linux
	case "darwin":
		return s.darwin
	case "windows":
		return s.windows
	}
	return s.other
}
