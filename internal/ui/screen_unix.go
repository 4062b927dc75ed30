//go:build !windows

package ui

import (
	"os"
	"os/signal"
	"syscall"
)

// Addressable reports whether a terminal of this type can be written to
// anywhere on it.
func Addressable(termVariable string) bool { return termVariable != "" && termVariable != "dumb" }

// Understands reports whether an output takes control sequences. On Unix, TERM
// decides that.
func Understands(any) bool { return true }

// Sequences has nothing to do, as enableSequences.
func Sequences(...*os.File) (restore func()) { return func() {} }

// enableSequences has nothing to do: every terminal here understands them.
func enableSequences(*os.File) (restore func(), ok bool) { return func() {}, true }

// watchSize has the screen redrawn when the terminal changes its size, and left
// while the program is stopped.
func watchSize(s *Screen) {
	sizes, end := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(sizes, syscall.SIGWINCH)
	go func() {
		for {
			select {
			case <-sizes:
				s.redraw()
			case <-end:
				return
			}
		}
	}()
	restore := s.restore
	s.restore = func() {
		restore()
		signal.Stop(sizes)
		close(end)
	}
	processStopper.change(func() { processStopper.screen = s })
}

func unwatchSize(*Screen) { processStopper.change(func() { processStopper.screen = nil }) }
