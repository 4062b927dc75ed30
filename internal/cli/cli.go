// Package cli is the command line of jpki: a cobra tree with one file a
// command. A command is an options struct, which its flags fill in, and a
// method on app that runs it. What a run derives from the options is a value of
// its own (call, finder, examiner), and takes of app what it needs: the streams
// and language ([ui.IO]), the environment and clock ([env.Env]), or the opener
// of cards.
package cli

import (
	"cmp"
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/ui"
)

type text = i18n.Text

// Config is what the program takes from its surroundings.
type Config struct {
	Args           []string // without the program's name
	Stdin          *os.File
	Stdout, Stderr *os.File
	Getenv         func(string) string
	Now            func() time.Time
	OwnWindow      bool // the window closes with the program
}

// Main runs the program and returns its exit status.
func Main() int {
	// What this program holds is small whatever the size of a file: collecting
	// often costs nothing to speak of and keeps the memory small too.
	debug.SetGCPercent(25)
	return Run(Config{
		Args:      os.Args[1:],
		Stdin:     os.Stdin,
		Stdout:    os.Stdout,
		Stderr:    os.Stderr,
		Getenv:    os.Getenv,
		Now:       time.Now,
		OwnWindow: ownWindow(),
	})
}

// Run runs the program with the given surroundings and returns its exit status.
func Run(cfg Config) int {
	outliveReader()
	ctx, stop := interruptible()
	defer stop()
	a := newApp(cfg)
	if cfg.OwnWindow {
		defer a.holdWindow(ctx)
		if len(cfg.Args) == 0 {
			a.welcome()
			return 0
		}
	}
	return a.finish(a.execute(ctx, cfg.Args))
}

// interruptible gives a context that ends with the first signal that asks the
// program to end. Later ones are swallowed: a verified PIN is closed before the
// program ends, and that takes no longer than a few commands to the card.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endingSignals()...)
	go func() {
		for range signals {
			cancel(explain.Interrupted())
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// app is what cobra's commands are made of: the streams, the surroundings, the
// way to a card, and the flags of every command.
type app struct {
	cfg   Config
	io    *ui.IO
	env   env.Env
	cards *cards.Opener

	late map[*cobra.Command]func() text // texts of commands that are written when somebody reads them

	json       bool // --json
	noRemember bool // --no-remember, of the commands that have it
}

func newApp(cfg Config) *app {
	lang := i18n.Detect(cfg.Getenv, i18n.System)
	if l, ok := i18n.Parse(flagValue(cfg.Args, "lang")); ok {
		lang = l
	}
	a := &app{cfg: cfg, env: env.Env{Getenv: cfg.Getenv, Now: cfg.Now}}
	a.io = &ui.IO{In: cfg.Stdin, Out: ui.NewOutput(cfg.Stdout), Err: cfg.Stderr, Lang: lang}
	a.cards = &cards.Opener{IO: a.io, Env: a.env, CAs: caMemory{a}, Trace: &cards.Trace{}}
	a.json = slices.Contains(cfg.Args, "--json") // for complaints about the line itself
	a.setColor("auto")
	return a
}

// flagValue looks for a flag before the command line is parsed: the language
// decides the words of the help and of every complaint about the line itself.
func flagValue(args []string, name string) string {
	for i, arg := range args {
		if arg == "--" {
			return ""
		}
		if v, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			return v
		}
		if arg == "--"+name && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

func (a *app) setColor(when string) {
	switch when {
	case "always":
		a.io.Color = true
	case "never":
		a.io.Color = false
	default:
		a.io.Color = ui.IsTerminal(a.io.Out) && a.env.Getenv("NO_COLOR") == "" && ui.Addressable(a.env.Getenv("TERM"))
	}
}

// finish reports an error and gives the exit status. What standard output did
// not take is one, for whatever command.
func (a *app) finish(err error) int {
	if p, ok := problem.As(err); err == nil || ok && p.Silent {
		err = cmp.Or(a.io.WriteError(), err)
	}
	if err == nil {
		return 0
	}
	p := explain.Error(err)
	if !p.Silent {
		a.report(p)
	}
	return p.Exit()
}

// report writes a problem to Err, in words or as JSON.
func (a *app) report(p *problem.Problem) {
	if a.json {
		_ = ui.WriteJSON(a.io.Err, map[string]problemJSON{"error": problemDocument(a.io, p)})
		return
	}
	a.io.Complain(text{JA: "エラー: %s", EN: "Error: %s"}.With(p.What))
	if !p.Next.IsZero() {
		a.io.Complain(text{JA: "次の手順: %s", EN: "Next: %s"}.With(p.Next))
	}
}

func problemDocument(io *ui.IO, p *problem.Problem) problemJSON {
	return problemJSON{p.Code, io.Text(p.What), io.Text(p.Next), p.Left, p.TryUsed, p.Also}
}

type problemJSON struct {
	Code      problem.Code   `json:"code"`
	Message   string         `json:"message"`
	Hint      string         `json:"hint"`
	TriesLeft *int           `json:"tries_left"`
	TryUsed   bool           `json:"try_used"`
	Also      []problem.Code `json:"also,omitempty"` // what else went wrong
}

// memory is where things are remembered; nil where they are not: on a tour,
// which keeps nothing, and where there is no folder for it.
func (a *app) memory() *state.Store {
	if a.noRemember || a.cards.Tour != nil {
		return nil
	}
	store, err := state.Open(a.env.Getenv)
	if err != nil {
		return nil
	}
	return store
}

// seen is what is remembered of signing certificates.
func (a *app) seen() *inspect.Memory {
	return &inspect.Memory{IO: a.io, Now: a.env.Now, Store: a.memory()}
}
