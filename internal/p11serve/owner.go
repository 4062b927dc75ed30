package p11serve

import (
	"context"
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/p11host"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/token"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/printable"
)

type text = i18n.Text

// owner is the owner of the card.
type owner struct {
	server *Server
	who    p11host.Program
}

func (o *owner) key() jpki.Key { return o.server.Slot.Key }

// PIN asks where the flags say so: else in a window, or on the terminal.
func (o *owner) PIN(ctx context.Context, what token.Purpose, t jpki.Tries) (jpki.PIN, jpki.Guard, error) {
	u, err := o.unlocker()
	if err != nil {
		return jpki.PIN{}, nil, o.nowhere(err)
	}
	defer u.Close()
	if !u.MayAsk() {
		return jpki.PIN{}, nil, problem.New(problem.NoTerminal,
			text{JA: "プログラムがバックグラウンドにあるため、端末で暗証番号を尋ねられません。", EN: "The program is in the background, where the PIN cannot be asked for on the terminal."},
			text{JA: "pinentryを入れるか、プログラムを前に戻してください。", EN: "Install a pinentry, or bring the program back."})
	}
	u.Purpose = o.describe(what)
	p, guard, err := u.PINFor(ctx, o.key(), t)
	switch {
	case errors.Is(err, pin.ErrCancelled):
		err = errors.Join(err, token.ErrCancelled)
	case err != nil && notSent(err):
		err = kept(err)
	}
	return p, func(t jpki.Tries) error { return kept(guard(t)) }, err
}

// notSent reports a PIN that was not asked for because of its counter.
func notSent(err error) bool {
	p, ok := problem.As(err)
	return ok && (p.Code == problem.LastTry || p.Code == problem.MinTries)
}

// unlocker takes the window of a pinentry where the flags name no source and
// there is a screen for one.
func (o *owner) unlocker() (*unlock.Unlocker, error) {
	opt := *o.server.Unlock
	if program := pin.FindPinentry(o.server.Cards.Env.Getenv); len(opt.Flags) == 0 && program != "" {
		opt.Flags = []pin.Flag{{Kind: pin.Pinentry, Value: program}}
	}
	return unlock.New(o.server.Cards, &opt, false)
}

// nowhere explains that there is nothing to ask in.
func (o *owner) nowhere(err error) error {
	if !errors.Is(err, pin.ErrNoSource) {
		return err
	}
	return problem.New(problem.NoTerminal,
		text{JA: "暗証番号を尋ねるウィンドウも端末もありません。", EN: "There is neither a window nor a terminal to ask for the PIN."},
		text{JA: "pinentryを入れてください(Debianでは pinentry-gnome3 か pinentry-qt)。", EN: "Install a pinentry (Debian: pinentry-gnome3 or pinentry-qt)."}).Because(err)
}

func (o *owner) Guard(t jpki.Tries) error {
	u := &unlock.Unlocker{Options: o.server.Unlock}
	return kept(u.Guard(o.key(), t))
}

// kept marks a PIN that was not sent because of its counter.
func kept(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(err, token.ErrKept)
}

func (o *owner) Refused() error {
	return errors.Join(problem.New(problem.PINSource,
		text{JA: "この%sは前に間違っていたため、もう送りません。", EN: "This %s was wrong before, and is not sent again."}.With(terms.PINNames[o.key()]),
		text{JA: "控えを確かめてください。", EN: "Check your note of it."}), token.ErrRefusedBefore)
}

// Report reports an error unless the person knows it already.
func (o *owner) Report(err error) {
	if !errors.Is(err, token.ErrCancelled) {
		o.server.report(err)
	}
}

// describe names the program, as far as the system tells which it is.
func (o *owner) describe(what token.Purpose) text {
	who := text{JA: "ほかのプログラム", EN: "another program"}
	if o.who.Path != "" {
		who = i18n.Same(fmt.Sprintf("%s (PID %d)", printable.Line(o.who.Path), o.who.PID))
	}
	key := keyNames[o.key()]
	if what == token.ForLogin {
		return text{JA: "%sが、%sを使い続けようとしています。終わるまで、尋ねずに署名できるようになります。", EN: "%s wants to use the %s. It can then sign without asking until it ends."}.With(who, key)
	}
	return text{JA: "%sが、%sで署名しようとしています。", EN: "%s wants to sign with the %s."}.With(who, key)
}

var keyNames = map[jpki.Key]text{
	jpki.KeyAuth: {JA: "利用者証明用の鍵", EN: "authentication key"},
	jpki.KeySign: {JA: "署名用の鍵", EN: "signing key"},
}
