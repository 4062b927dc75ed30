//go:build !windows

package ui

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// stopper handles Ctrl-Z from the first question, live view or held card to the
// end of the program. It stays in place because Go cannot give SIGTSTP back its
// default action after catching it.
type stopper struct {
	once     sync.Once
	mu       sync.Mutex
	held     int       // Unstoppable calls in force
	question *question // a terminal without echo; nil if there is none
	screen   *Screen   // a live view; nil without one
}

type question struct {
	fd      int
	before  *term.State
	resumed func()
}

// The signal is the process's own, so there is one stopper.
var processStopper stopper

func (s *stopper) change(f func()) {
	s.once.Do(func() {
		stops, resumes := make(chan os.Signal, 1), make(chan os.Signal, 1)
		signal.Notify(stops, syscall.SIGTSTP)
		signal.Notify(resumes, syscall.SIGCONT)
		go s.run(stops, resumes)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *stopper) run(stops, resumes chan os.Signal) {
	for range stops {
		s.mu.Lock()
		if s.held == 0 {
			s.screen.around(func() {
				s.question.around(func() {
					clearPending(resumes)
					_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)
					<-resumes // the stop comes a moment after Kill
				})
			})
		}
		s.mu.Unlock()
	}
}

func clearPending(c chan os.Signal) {
	select {
	case <-c:
	default:
	}
}

// around stops with the terminal as it was before the question, and puts it
// back as the question needs it.
func (q *question) around(stop func()) {
	if q == nil {
		stop()
		return
	}
	now, err := term.GetState(q.fd)
	if err != nil {
		return
	}
	_ = term.Restore(q.fd, q.before)
	stop()
	_ = term.Restore(q.fd, now)
	q.resumed()
}

// suspendable lets Ctrl-Z stop the program in the middle of a question without
// leaving the shell with a terminal that shows nothing. resumed is called when
// the program goes on. The function that is returned ends this.
func suspendable(fd int, before *term.State, resumed func()) func() {
	processStopper.change(func() { processStopper.question = &question{fd, before, resumed} })
	return func() { processStopper.change(func() { processStopper.question = nil }) }
}

// Unstoppable keeps Ctrl-Z from stopping the program until the function that is
// returned is called: in the middle of a card's transaction the card would stay
// taken, and a verified PIN open.
func Unstoppable() func() {
	processStopper.change(func() { processStopper.held++ })
	return func() { processStopper.change(func() { processStopper.held-- }) }
}

// around leaves the terminal to others while f runs.
func (s *Screen) around(f func()) {
	if s == nil {
		f()
		return
	}
	s.leave()
	f()
	s.enter()
	s.redraw()
}
