// Package cli is the command line of jpki: the tree of commands, help and its
// topics, completion, the guide and the demo. The commands themselves are in
// packages by subject (cardcmd, signcmd, logincmd); package command has their
// common parts. Package explain turns each error into a message with a next
// step.
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

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

type text = i18n.Text

// Main runs the program and returns its exit status.
func Main() int {
	// The heap stays small for files of any size. Frequent collection costs
	// little and keeps memory use low.
	debug.SetGCPercent(25)
	return Run(interruptible(), command.Config{
		Args:      os.Args[1:],
		Stdin:     os.Stdin,
		Stdout:    os.Stdout,
		Stderr:    os.Stderr,
		Getenv:    os.Getenv,
		Now:       time.Now,
		OwnWindow: ownWindow(),
	})
}

// Run runs the program with the given surroundings until ctx ends, and returns
// its exit status.
func Run(ctx context.Context, cfg command.Config) int {
	surviveBrokenPipe()
	defer ui.Sequences(cfg.Stdout, cfg.Stderr)()
	a := newApp(cfg)
	if cfg.OwnWindow {
		defer holdWindow(ctx, a)
		if len(cfg.Args) == 0 {
			welcome(a)
			return 0
		}
		if dropped(cfg.Args) {
			return takeDropped(ctx, a, cfg.Args)
		}
	}
	return finish(a, execute(ctx, a, cfg.Args))
}

// interruptible returns a context that ends with the first signal to stop the
// program. It ignores later signals, because the program must still close a
// verified PIN, which takes only a few commands to the card, and end with its own
// exit status: so until the process is gone.
func interruptible() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endingSignals()...)
	go func() {
		for range signals {
			cancel(explain.Interrupted())
		}
	}()
	return ctx
}

func newApp(cfg command.Config) *command.App {
	lang := i18n.Detect(cfg.Getenv, i18n.System)
	if l, ok := i18n.Parse(flagValue(cfg.Args, "lang")); ok {
		lang = l
	}
	a := &command.App{Config: cfg, Env: env.Env{Getenv: cfg.Getenv, Now: cfg.Now}, Meant: meant}
	a.IO = &ui.IO{In: cfg.Stdin, Out: ui.NewOutput(cfg.Stdout), Err: cfg.Stderr, Lang: lang}
	a.Cards = &cards.Opener{IO: a.IO, Env: a.Env, CAs: command.CAMemory{App: a}, Trace: &cards.Trace{}}
	a.JSON = slices.Contains(cfg.Args, "--json") // for complaints about the line itself
	setColor(a, "auto")
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

func setColor(a *command.App, when string) {
	switch when {
	case "always":
		a.IO.Color = true
	case "never":
		a.IO.Color = false
	default:
		a.IO.Color = ui.IsTerminal(a.IO.Out) && a.Env.Getenv("NO_COLOR") == "" && ui.Addressable(a.Env.Getenv("TERM")) && ui.Understands(a.IO.Out)
	}
}

// finish reports an error and returns the exit status. A failed write to
// standard output is an error of every command.
func finish(a *command.App, err error) int {
	defer a.Cards.Trace.Close()
	if p, ok := problem.As(err); err == nil || ok && p.Silent {
		err = cmp.Or(a.IO.WriteError(), err)
	}
	if err == nil {
		return 0
	}
	p := explain.Error(err)
	if !p.Silent {
		a.Report(p)
	}
	return p.Exit()
}
