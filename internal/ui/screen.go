package ui

import (
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// Screen is a live view. It takes over the whole terminal, and restores it at
// the end. Its methods can be called by many goroutines.
type Screen struct {
	f       *os.File
	restore func() // the terminal's mode
	redraw  func() // called after the terminal changed its size or came back

	mu     sync.Mutex
	active bool
}

// The terminal's other screen, without cursor and without wrapping long lines
// (xterm's control sequences, which all terminals of today know).
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
)

// Screen takes over Out. ok is false if Out is no terminal, or a terminal of
// unknown type. Screen calls redraw when the terminal changes its size, and
// when the program continues after Ctrl-Z.
func (o *IO) Screen(termVariable string, redraw func()) (*Screen, bool) {
	out, ok := o.Out.(*Output)
	if !ok || !IsTerminal(out) || !Addressable(termVariable) {
		return nil, false
	}
	restore, ok := enableSequences(out.file)
	if !ok {
		return nil, false
	}
	s := &Screen{f: out.file, restore: restore, redraw: redraw}
	s.enter()
	watchSize(s)
	return s, true
}

// Draw shows these lines, as many as there is room for.
func (s *Screen) Draw(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.active {
		return
	}
	if _, height, err := term.GetSize(int(s.f.Fd())); err == nil && len(lines) > height {
		lines = lines[:height]
	}
	_, _ = io.WriteString(s.f, "\x1b[H"+strings.Join(lines, "\x1b[K\r\n")+"\x1b[K\x1b[J")
}

// Close gives the terminal back.
func (s *Screen) Close() {
	unwatchSize(s)
	s.leave()
	s.restore()
}

func (s *Screen) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = true
	_, _ = io.WriteString(s.f, enterScreen)
}

func (s *Screen) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active {
		s.active = false
		_, _ = io.WriteString(s.f, leaveScreen)
	}
}
