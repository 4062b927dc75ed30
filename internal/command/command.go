// Package command has the common parts of all commands: the streams, the
// environment and the opener of cards, descriptions in both languages, and
// shared flags.
package command

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

type text = i18n.Text

// Store is where CA certificates are kept.
func (a *App) Store() (*castore.Store, error) {
	docs, err := state.Open(a.Env.Getenv)
	if err != nil {
		return nil, err
	}
	return castore.Open(docs), nil
}

func (a *App) knownCAs(ctx context.Context) []*x509.Certificate {
	known := slices.Clone(a.given)
	if store, err := a.Store(); err == nil && a.Cards.Tour == nil {
		stored, _ := store.CAs(ctx)
		for _, ca := range stored {
			known = append(known, ca.Certificate)
		}
	}
	sign, auth := virtualcard.DemoCAs()
	return append(known, sign.Certificate, auth.Certificate)
}

func (m CAMemory) Keep(ctx context.Context, ca *x509.Certificate) {
	if docs := m.App.Memory(); docs != nil {
		judging.KeepCAs(ctx, castore.Open(docs), m.App.Env.Now(), ca)
	}
}

// Config is the program's environment.
type Config struct {
	Args           []string // without the program's name
	Stdin          *os.File
	Stdout, Stderr *os.File
	Getenv         func(string) string
	Now            func() time.Time
	OwnWindow      bool // the window closes with the program
}

// App is the common part of cobra's commands: the streams, the environment, the
// way to a card, and the flags of every command.
type App struct {
	Config Config
	IO     *ui.IO
	Env    env.Env
	Cards  *cards.Opener

	// Meant suggests commands in place of a word that c does not have.
	Meant func(c *cobra.Command, word string) text

	late map[*cobra.Command]func() text // texts of commands that are written when somebody reads them

	JSON       bool // --json
	NoRemember bool // --no-remember, of the commands that have it

	cardCAs []string            // --ca, of the commands that have it for the card
	given   []*x509.Certificate // the certificates in these files
}

// Report writes a problem to Err, in words or as JSON.
func (a *App) Report(p *problem.Problem) {
	if a.JSON {
		_ = ui.WriteJSON(a.IO.Err, map[string]ProblemJSON{"error": ProblemDocument(a.IO, p)})
		return
	}
	a.IO.Complain(text{JA: "エラー: %s", EN: "Error: %s"}.With(p.What))
	if !p.Next.IsZero() {
		a.IO.Complain(text{JA: "次の手順: %s", EN: "Next: %s"}.With(p.Next))
	}
}

func ProblemDocument(io *ui.IO, p *problem.Problem) ProblemJSON {
	return ProblemJSON{p.Code, io.Text(p.What), io.Text(p.Next), p.Left, p.TryUsed, p.Also}
}

type ProblemJSON struct {
	Code      problem.Code   `json:"code"`
	Message   string         `json:"message"`
	Hint      string         `json:"hint"`
	TriesLeft *int           `json:"tries_left"`
	TryUsed   bool           `json:"try_used"`
	Also      []problem.Code `json:"also,omitempty"` // codes of further errors
}

// Memory is the store of the program's state. It is nil on a tour, because a
// tour keeps nothing, and without a folder for it.
func (a *App) Memory() *state.Store {
	if a.NoRemember || a.Cards.Tour != nil {
		return nil
	}
	store, err := state.Open(a.Env.Getenv)
	if err != nil {
		return nil
	}
	return store
}

// Seen is the memory of signing certificates.
func (a *App) Seen() *inspect.Memory {
	return &inspect.Memory{IO: a.IO, Now: a.Env.Now, Store: a.Memory()}
}

// InBoth writes a table in both languages.
func InBoth(table func(say func(text) string) string) text {
	return text{
		JA: table(func(t text) string { return t.JA }),
		EN: table(func(t text) string { return t.EN }),
	}
}

// Spec describes a cobra command in both languages.
type Spec struct {
	Use      string
	Short    text
	Long     text
	LateLong func() text // instead of long, one with tables: they cost more than all else at the start
	Examples []Example
	Args     cobra.PositionalArgs
	Files    bool // Args are, or can be, names of files
	Run      func(ctx context.Context, args []string) error
}

type Example struct {
	Line  string
	About text
}

func (a *App) New(c Spec) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   c.Use,
		Short:                 a.IO.Text(c.Short),
		Long:                  a.IO.Text(c.Long),
		Args:                  c.Args,
		DisableFlagsInUseLine: true,
	}
	if c.LateLong != nil {
		if a.late == nil {
			a.late = map[*cobra.Command]func() text{}
		}
		a.late[cmd] = c.LateLong
	}
	var lines []string
	for _, e := range c.Examples {
		lines = append(lines, fmt.Sprintf("\t%s\n      %s", e.Line, a.IO.Text(e.About)))
	}
	cmd.Example = strings.Join(lines, "\n")
	if c.Run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args) }
		if c.Files {
			takeFiles(cmd, c)
		}
		return cmd
	}
	// A command with only subcommands shows its help without arguments, and
	// reports an unknown subcommand.
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return a.NoCommand(cmd, args[0])
	}
	return cmd
}

// NoCommand is the problem of a command that c does not have.
func (a *App) NoCommand(c *cobra.Command, word string) error {
	return problem.Misuse(text{JA: "「%s」というコマンドはありません。", EN: "There is no command %q."}.With(word)).WithNext(a.Meant(c, word))
}

// takeFiles expands the arguments to file names, checks their number, and
// passes them to the command.
func takeFiles(cmd *cobra.Command, c Spec) {
	var files []string
	cmd.Args = func(cmd *cobra.Command, args []string) (err error) {
		if files, err = input.Names(args); err != nil {
			return err
		}
		return c.Args(cmd, files)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return c.Run(cmd.Context(), files) }
}

// WriteLong fills in the long text of a command with tables. It is called only
// when somebody reads the text.
func (a *App) WriteLong(c *cobra.Command) {
	if late, ok := a.late[c]; ok {
		c.Long = a.IO.Text(late())
	}
}

func HelpHint(c *cobra.Command) text {
	return text{JA: "使い方は %s --help で見られます。", EN: "See %s --help."}.With(c.CommandPath())
}

// exactArgs, at most and at least: cobra's own checks speak English only.
func (a *App) ArgCount(least, most int, want text) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		return problem.Misuse(want).WithNext(HelpHint(c))
	}
}

func (a *App) NoArgs() cobra.PositionalArgs {
	return a.ArgCount(0, 0, text{JA: "このコマンドに引数はありません。", EN: "This command takes no arguments."})
}

// Alone marks a command that holds others and does something without them, too.
const Alone = "alone"
