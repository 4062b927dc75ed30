// Package ui is how the program talks to a person: streams, colour, columns
// that line up in Japanese, prompts on the terminal, and progress.
package ui

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// IO is the program's streams and how to write to them. Data goes to Out,
// everything else to Err.
type IO struct {
	In       *os.File
	Out, Err io.Writer
	Lang     i18n.Lang
	Color    bool // on Out; see [IO.Paint]
	Quiet    bool // notes are left out: Err carries JSON

	progress bool // a line of progress stands on Err, to be wiped
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(descriptor)
	return ok && term.IsTerminal(int(f.Fd()))
}

// descriptor is a file, or an [Output] to one.
type descriptor interface{ Fd() uintptr }

// Width is the width for lines on Out.
func (o *IO) Width() int {
	if f, ok := o.Out.(descriptor); ok && IsTerminal(f) {
		return columns(f)
	}
	return maxLine
}

// Text gives a text in the person's language.
func (o *IO) Text(t i18n.Text) string { return t.In(o.Lang) }

// Row is a row of a table for Out: a label and a value.
func (o *IO) Row(tone Tone, label, value i18n.Text) []string {
	return []string{o.Text(label), o.Paint(tone, o.Text(value))}
}

// Say writes a line to Out.
func (o *IO) Say(t i18n.Text) { fmt.Fprintln(o.Out, fit(o.Out, t.In(o.Lang))) }

// Note writes a sentence to Err, unless Err carries JSON.
func (o *IO) Note(t i18n.Text) {
	if !o.Quiet {
		o.Complain(t)
	}
}

// Complain writes a sentence to Err.
func (o *IO) Complain(t i18n.Text) {
	o.wipe()
	fmt.Fprintln(o.Err, fit(o.Err, t.In(o.Lang)))
}

// maxLine is the longest line that reads well.
const maxLine = 100

// fit breaks the lines of a text for a terminal; for anything else it stays one line,
// which is easier to search.
func fit(stream any, s string) string {
	f, ok := stream.(descriptor)
	if !ok || !IsTerminal(f) {
		return s
	}
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, Wrap(line, columns(f), "  "))
	}
	return strings.Join(lines, "\n")
}

// columns is the width of lines on a terminal.
func columns(f descriptor) int {
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w < 20 {
		w = 80
	}
	return min(w-1, maxLine) // some terminals wrap a full line
}

// Tone is the meaning a colour carries; the words carry it too.
type Tone int

// Tones.
const (
	Plain Tone = iota
	Good
	Warn
	Bad
	Strong
	Faint
)

// Basic colours only: every terminal theme, light or dark, keeps them legible.
var sgr = map[Tone]string{Good: "32", Warn: "33", Bad: "31;1", Strong: "1", Faint: "2"}

// endColour goes back to the terminal's own.
const endColour = "\x1b[0m"

// Paint colours s for Out, where colour is wanted.
func (o *IO) Paint(t Tone, s string) string {
	if !o.Color || sgr[t] == "" || s == "" {
		return s
	}
	return "\x1b[" + sgr[t] + "m" + s + endColour
}
