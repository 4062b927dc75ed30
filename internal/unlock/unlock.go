// Package unlock is the one way a PIN gets to a card: from a person or a program,
// only after the tries were looked at, and at most once.
package unlock

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type text = i18n.Text

// Options are the flags of every command that needs a PIN: the source of the
// PIN, and the conditions for sending it.
type Options struct {
	Flags        []pin.Flag
	AllowLastTry bool
	MinTries     int
	Exact        bool
}

// Unlocker is a PIN source that was found fit to be asked.
type Unlocker struct {
	*Options
	cards    *cards.Opener
	Sources  *pin.Sources
	Terminal *ui.Terminal // nil without one
	Purpose  text         // the use of the PIN, if the person may not know it
	change   bool         // a new PIN is asked for, too
	agreed   jpki.Key     // the key with one try left that the person agreed to spend; 0 for none
}

// New checks the flags. Nothing is read or asked yet. It must be closed.
func New(opener *cards.Opener, o *Options, change bool) (*Unlocker, error) {
	if o.MinTries < 0 {
		return nil, problem.Misuse(text{JA: "--min-tries は0以上です。", EN: "--min-tries is not negative."})
	}
	// Without it a crash could write the PIN to a file. If the system does
	// not allow it, the program works all the same.
	_ = pin.Harden()
	u := &Unlocker{Options: o, cards: opener, change: change}
	env := pin.Env{Stdin: opener.IO.In, Stderr: opener.IO.Err, Getenv: opener.Env.Getenv}
	if tty, err := opener.Terminal(); err == nil {
		u.Terminal = tty
		env.Terminal = tty
	}
	sources, err := pin.Choose(pin.Options{Flags: o.Flags, Change: change, NoInput: opener.NoInput}, env)
	if err != nil {
		u.Close()
		return nil, err
	}
	u.Sources = sources
	return u, nil
}

// Close wipes the input and closes the terminal.
func (u *Unlocker) Close() {
	if u.Sources != nil {
		u.Sources.Close()
	}
	if u.Terminal != nil {
		u.Terminal.Close()
	}
}

// MayAsk reports whether a question would reach the person. In the background,
// a question would stop the program. MayAsk also discards earlier input: an
// answer to a question that ended early is no answer to the next.
func (u *Unlocker) MayAsk() bool {
	if u.Sources.CurrentKind() == pin.Pinentry || u.Terminal == nil {
		return true
	}
	if !u.Terminal.Foreground() {
		return false
	}
	u.Terminal.Discard()
	return true
}

// ReadsStdin reports whether the PIN takes standard input for itself.
func (u *Unlocker) ReadsStdin() bool { return u.Sources.CurrentKind() == pin.Stdin }

// WithPIN opens the card, has its PIN verified, and runs use. A PIN that needs
// nobody to be asked is read and checked before the card is touched; a person
// is asked only after the counter was looked at, and outside the transaction.
// Either way the counter is looked at again right before the PIN is sent, and
// the PIN is sent at most once.
func (u *Unlocker) WithPIN(ctx context.Context, k jpki.Key, use func(*cards.Card, *jpki.Session) error) error {
	return u.WithCurrentPIN(ctx, k, nil, use)
}

// WithCurrentPIN is WithPIN with a step between having the PIN and sending it:
// where prepare fails nothing is sent.
func (u *Unlocker) WithCurrentPIN(ctx context.Context, k jpki.Key, prepare func(*cards.Card, jpki.PIN) error, use func(*cards.Card, *jpki.Session) error) error {
	interactive := u.Sources.CurrentKind().Interactive()
	var p jpki.PIN
	var err error
	if !interactive {
		if p, err = u.ReadPIN(ctx, k, u.Sources.Current, pin.Ask{}); err != nil {
			return err
		}
		defer p.Wipe()
	}
	card, err := u.cards.Open(ctx)
	if err != nil {
		return err
	}
	defer card.Close()

	guard := func(t jpki.Tries) error { return u.Guard(k, t) }
	if interactive {
		seen, err := readTries(ctx, card, k)
		if err != nil {
			return err
		}
		if err := u.confirm(ctx, k, seen); err != nil {
			return err
		}
		if p, err = u.ask(ctx, k, seen); err != nil {
			return err
		}
		defer p.Wipe()
		guard = func(t jpki.Tries) error { return u.unchanged(k, seen, t) }
	}
	if prepare != nil {
		if err := prepare(card, p); err != nil {
			return err
		}
	}
	defer ui.Unstoppable()()
	err = card.WithPIN(ctx, k, p, guard, func(s *jpki.Session) error { return use(card, s) })
	if blocked := (*jpki.BlockedError)(nil); errors.As(err, &blocked) {
		return WhyBlocked(ctx, card, k, err)
	}
	return err
}

// PINFor returns the PIN for a card, and the guard to send it under. seen is
// the counter that the card showed. If a person was asked, the guard makes sure
// that the counter they were told still holds.
func (u *Unlocker) PINFor(ctx context.Context, k jpki.Key, seen jpki.Tries) (p jpki.PIN, guard jpki.Guard, err error) {
	if !u.Sources.CurrentKind().Interactive() {
		if err = u.Guard(k, seen); err == nil {
			p, err = u.ReadPIN(ctx, k, u.Sources.Current, pin.Ask{})
		}
		return p, func(t jpki.Tries) error { return u.Guard(k, t) }, err
	}
	if err = u.confirm(ctx, k, seen); err == nil {
		p, err = u.ask(ctx, k, seen)
	}
	return p, func(t jpki.Tries) error { return u.unchanged(k, seen, t) }, err
}

// readTries reads the counter before a person is asked. It returns an error for
// a blocked PIN, and for a token that takes no PIN from this program.
func readTries(ctx context.Context, card *cards.Card, k jpki.Key) (t jpki.Tries, err error) {
	err = card.WithApp(ctx, func(app *jpki.App) (err error) {
		if err = app.CheckToken(); err == nil {
			t, err = app.Tries(k)
		}
		return err
	})
	if err == nil && t.Blocked() {
		err = WhyBlocked(ctx, card, k, &jpki.BlockedError{Key: k})
	}
	return t, err
}

// WhyBlocked gives the cause of a blocked PIN where the card allows it. It
// knows a signing password of a card without signing certificate, which never
// worked; an authentication PIN that may never have worked; and a card in a
// phone.
func WhyBlocked(ctx context.Context, card *cards.Card, k jpki.Key, blocked error) error {
	var present jpki.Presence
	var token jpki.Token
	err := card.WithApp(ctx, func(app *jpki.App) (err error) {
		if present, err = app.Presence(); err == nil {
			token, err = app.Token()
		}
		return err
	})
	switch {
	case err != nil:
		return blocked
	case !present.Has(k):
		return &jpki.CertificateError{Kind: k.Certificate(), Err: jpki.ErrAbsent}
	case token.Kind.OnPhone():
		return withNext(blocked, terms.AboutPhone)
	case !present.Sign:
		return withNext(blocked, withoutPINHint)
	}
	return blocked
}

// withNext explains a blocked PIN with another next step than the usual one. A
// more serious problem keeps its own.
func withNext(blocked error, next text) error {
	p := explain.Error(blocked)
	if p.Code == problem.PINBlocked {
		p.Next = next
	}
	return p
}

// withoutPINHint is for the holder of a face-authentication card. Its PIN looks
// blocked from the beginning, and a visit to the municipal office would not
// help. Nor can a convenience store unlock a card without signing certificate.
var withoutPINHint = text{
	JA: "顔認証マイナンバーカードなら、使えないままで正常です。そうでなければ、カードを持って市区町村の窓口で解除してください(パソコンでは解除できません)。詳しくは jpki guide locked",
	EN: "On a face-authentication card that is normal: its PINs cannot be used. On any other, take the card to the municipal counter to have it unlocked (no program on a PC can). More: jpki guide locked",
}

// ReadPIN gets the current or the new PIN once, ready to be sent.
func (u *Unlocker) ReadPIN(ctx context.Context, k jpki.Key, from func(context.Context, pin.Ask) (jpki.PIN, error), ask pin.Ask) (jpki.PIN, error) {
	p, err := from(ctx, ask)
	if err != nil {
		return p, err
	}
	if err := u.fit(k, p); err != nil {
		p.Wipe()
		return jpki.PIN{}, err
	}
	return p, nil
}

// fit upper-cases a signing password, which on a card is always upper case, and
// holds the PIN against the rules.
func (u *Unlocker) fit(k jpki.Key, p jpki.PIN) error {
	if k == jpki.KeySign && !u.Exact && p.UpperCase() {
		u.cards.IO.Note(text{
			JA: "小文字を大文字に直しました(そのまま送るには --pin-exact)。",
			EN: "Lower-case letters were turned into upper case (--pin-exact sends them as they are).",
		})
	}
	return p.Check(k)
}

// attempts is how often a person is asked again for a PIN that was not sent.
const attempts = 3

// ask asks a person for the PIN, and repeats the question if the answer breaks
// a rule, because that costs no try.
func (u *Unlocker) ask(ctx context.Context, k jpki.Key, seen jpki.Tries) (p jpki.PIN, err error) {
	name := terms.PINNames[k]
	if u.change {
		name = text{JA: "現在の%s", EN: "current %s"}.With(name)
	}
	question := pin.Ask{
		Title:       u.cards.IO.Text(terms.Capital(name)),
		Description: u.cards.IO.Text(text{JA: "%s(%s)を入力してください。%s", EN: "Enter the %s (%s). %s"}.With(name, terms.PINForms[k], terms.Capital(terms.Tries(seen)))),
		Prompt:      u.cards.IO.Text(text{JA: "%s: ", EN: "%s: "}.With(terms.Capital(name))),
		OK:          u.cards.IO.Text(okLabel),
		Cancel:      u.cards.IO.Text(cancelLabel),
	}
	if !u.Purpose.IsZero() {
		question.Description = u.cards.IO.Text(terms.Capital(u.Purpose)) + "\n" + question.Description
	}
	for range attempts {
		if p, err = u.ReadPIN(ctx, k, u.Sources.Current, question); err == nil {
			return p, nil
		}
		if !notSent(err) {
			return p, err
		}
		e := explain.Error(err)
		question.Error = u.cards.IO.Text(text{JA: "%s%s", EN: "%s %s"}.With(e.What, e.Next))
	}
	return p, err
}

// notSent reports an entry that a person may repeat: it broke a rule.
func notSent(err error) bool {
	var rule *jpki.RuleError
	var bad *pin.TextError
	return errors.As(err, &rule) || errors.As(err, &bad)
}

// Labels of buttons.
var (
	okLabel     = text{JA: "OK", EN: "OK"}
	cancelLabel = text{JA: "キャンセル", EN: "Cancel"}
)

// Agrees asks a person for consent: for a typed yes on the terminal, or in the
// pinentry window that asks for the PIN.
func (u *Unlocker) Agrees(ctx context.Context, question, prompt text) (bool, error) {
	if u.Sources.CurrentKind() == pin.Pinentry {
		said := []text{terms.Capital(u.Purpose), question}
		return u.Sources.Confirm(ctx, pin.Ask{
			Title:       "jpki",
			Description: u.cards.IO.Text(i18n.Join(i18n.Same("\n"), said...)),
			OK:          u.cards.IO.Text(okLabel),
			Cancel:      u.cards.IO.Text(cancelLabel),
		})
	}
	if !u.Purpose.IsZero() {
		u.Terminal.Println(u.cards.IO.Text(terms.Capital(u.Purpose)))
	}
	u.Terminal.Println(u.cards.IO.Text(question))
	return u.Typed(ctx, prompt)
}

// confirm has a person agree to spend the last try.
func (u *Unlocker) confirm(ctx context.Context, k jpki.Key, t jpki.Tries) error {
	if err := u.Guard(k, t); err == nil || t.Left != 1 || u.MinTries > 1 || u.Terminal == nil && u.Sources.CurrentKind() != pin.Pinentry {
		return err
	}
	agreed, err := u.Agrees(ctx, text{
		JA: "%sは残り1回です。間違えるとロックされ、パソコンでは解除できません(市区町村の窓口などでの手続きが必要です)。控えを確かめてください。",
		EN: "One try is left for the %s. A mistake blocks it, and no program on a PC can unlock it (the municipal counter can). Check your note.",
	}.With(terms.PINNames[k]), goOnPrompt)
	if err != nil {
		return err
	}
	if !agreed {
		return problem.New(problem.LastTry,
			text{JA: "取りやめました。%sは送っていません。残り1回のままです。", EN: "Cancelled. The %s was not sent: its last try is still there."}.With(terms.PINNames[k]),
			text{JA: "控えを確かめてから、もう一度実行してください。", EN: "Check your note, then run this again."}).WithTries(1)
	}
	u.agreed = k
	return u.Guard(k, t)
}

// TypedYes asks a person to type yes in full.
func (u *Unlocker) TypedYes(ctx context.Context) (bool, error) { return u.Typed(ctx, goOnPrompt) }

var goOnPrompt = text{JA: "それでも続けるなら「はい」か yes と入力してください: ", EN: "Type yes to go on all the same: "}

func (u *Unlocker) Typed(ctx context.Context, prompt text) (bool, error) {
	answer, err := u.Terminal.Line(ctx, u.cards.IO.Text(prompt))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return saysYes(answer), err
}

// saysYes reports a yes in full, in either language and in each script that an
// input method produces. A single letter is not enough, because the action
// cannot be undone.
func saysYes(answer string) bool {
	answer = strings.ToLower(strings.Trim(answer, " \t\u3000"))
	return slices.Contains([]string{yesWord.EN, "ｙｅｓ", yesWord.JA}, answer)
}

var yesWord = text{JA: "はい", EN: "yes"}

// Guard decides whether a PIN may be sent with so many tries left.
func (u *Unlocker) Guard(k jpki.Key, t jpki.Tries) error {
	if t.Left < u.MinTries {
		return problem.New(problem.MinTries,
			text{JA: "%sの残りは%d回で、--min-tries の%d回より少ないため送りませんでした。", EN: "The %s has %d tries left, fewer than the %d of --min-tries. It was not sent."}.With(terms.PINNames[k], t.Left, u.MinTries),
			text{JA: "暗証番号の控えを確かめてください。", EN: "Check your note of the PIN."}).WithTries(t.Left)
	}
	if t.Left == 1 && !u.AllowLastTry && u.agreed != k {
		return problem.New(problem.LastTry,
			text{JA: "%sは残り1回なので送りませんでした。間違えるとロックされます。", EN: "The %s has one try left and was not sent. A mistake would block it."}.With(terms.PINNames[k]),
			text{JA: "確かな場合だけ --allow-last-try を付けて実行してください。", EN: "If you are sure of it, run this again with --allow-last-try."}).WithTries(1)
	}
	return nil
}

// unchanged is the guard after a question: the counter must still have the
// value that the person saw.
func (u *Unlocker) unchanged(k jpki.Key, seen, now jpki.Tries) error {
	if now.Left < seen.Left {
		return problem.New(problem.TriesChanged,
			text{JA: "入力中に%sの残り回数が%d回から%d回に減ったため、送りませんでした。", EN: "While you typed, the tries left for the %s went from %d to %d. It was not sent."}.With(terms.PINNames[k], seen.Left, now.Left),
			text{JA: "ほかのプログラムが間違った暗証番号を送っていないか確かめてください。", EN: "See whether another program sends a wrong PIN."}).WithTries(now.Left)
	}
	return u.Guard(k, now)
}
