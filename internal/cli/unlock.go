package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// unlockOptions are the flags of every command that needs a PIN: where it
// comes from, and what must hold before it is sent.
type unlockOptions struct {
	sources      []pin.Flag
	allowLastTry bool
	minTries     int
	exact        bool
}

// sourceFlag makes a flag that names a PIN source. Flags keep their order, so
// that two of them are noticed, whichever they are.
type sourceFlag struct {
	opt  *unlockOptions
	kind pin.Kind
}

func (s sourceFlag) String() string { return "" }
func (s sourceFlag) Type() string {
	if s.kind == pin.Stdin {
		return "bool" // it takes no value
	}
	return "string"
}
func (s sourceFlag) Set(v string) error {
	if s.kind == pin.Stdin {
		if v != "true" {
			return errors.New("takes no value")
		}
		v = ""
	}
	s.opt.sources = append(s.opt.sources, pin.Flag{Kind: s.kind, Value: v})
	return nil
}

func (a *app) addUnlockFlags(cmd *cobra.Command, o *unlockOptions) {
	f := cmd.Flags()
	source := func(kind pin.Kind, name string, help text) {
		f.Var(sourceFlag{o, kind}, name, a.io.Text(help))
	}
	source(pin.Stdin, "pin-stdin", text{JA: "暗証番号を標準入力から1行読む", EN: "read the PIN from standard input, one line"})
	f.Lookup("pin-stdin").NoOptDefVal = "true"
	source(pin.Descriptor, "pin-fd", text{JA: "暗証番号をファイル記述子`N`から読む", EN: "read the PIN from file descriptor `N`"})
	source(pin.File, "pin-file", text{JA: "暗証番号を`FILE`から読む(本人だけが読めるファイル)", EN: "read the PIN from `FILE`, which only you may read"})
	source(pin.Command, "pin-command", text{JA: "暗証番号を`CMD`の出力から読む", EN: "read the PIN from what `CMD` prints"})
	source(pin.Credential, "pin-credential", text{JA: "systemdのクレデンシャル`NAME`を使う", EN: "use the systemd credential `NAME`"})
	source(pin.Pinentry, "pinentry", text{JA: "pinentryの`PROGRAM`で尋ねる", EN: "ask with the pinentry `PROGRAM`"})
	f.BoolVar(&o.allowLastTry, "allow-last-try", false, a.io.Text(text{JA: "残り1回でも送る(間違えるとロックされる)", EN: "send the PIN even with one try left (a mistake then blocks it)"}))
	f.IntVar(&o.minTries, "min-tries", 0, a.io.Text(text{JA: "残りが`N`回より少なければ送らない", EN: "do not send the PIN with fewer than `N` tries left"}))
	f.BoolVar(&o.exact, "pin-exact", false, a.io.Text(text{JA: "署名用パスワードの小文字を大文字に直さない", EN: "do not turn lower case of the signing password into upper case"}))
}

// unlocker is a PIN source that was found fit to be asked.
type unlocker struct {
	*unlockOptions
	cards   *opener
	sources *pin.Sources
	tty     *ui.Terminal // nil without one
	purpose text         // what the PIN is for, where a person may not know
	agreed  jpki.Key     // whose last try the person agreed to spend; 0 for none
}

// newUnlocker checks the flags. Nothing is read or asked yet. It must be closed.
func newUnlocker(cards *opener, o *unlockOptions, change bool) (*unlocker, error) {
	if o.minTries < 0 {
		return nil, problem.Misuse(text{JA: "--min-tries は0以上です。", EN: "--min-tries is not negative."})
	}
	// Without it a crash could leave the PIN in a file. Where the system does
	// not allow it, that is no reason not to work.
	_ = pin.Harden()
	u := &unlocker{unlockOptions: o, cards: cards}
	env := pin.Env{Stdin: cards.io.In, Stderr: cards.io.Err, Getenv: cards.env.Getenv}
	if tty, err := cards.terminal(); err == nil {
		u.tty = tty
		env.Terminal = tty
	}
	sources, err := pin.Choose(pin.Options{Flags: o.sources, Change: change, NoInput: cards.noInput}, env)
	if err != nil {
		u.Close()
		return nil, err
	}
	u.sources = sources
	return u, nil
}

// Close wipes what was read and closes the terminal.
func (u *unlocker) Close() {
	if u.sources != nil {
		u.sources.Close()
	}
	if u.tty != nil {
		u.tty.Close()
	}
}

// readsStdin reports whether the PIN takes standard input for itself.
func (u *unlocker) readsStdin() bool { return u.sources.CurrentKind() == pin.Stdin }

// withPIN opens the card, has its PIN verified, and runs use. A PIN that needs
// nobody to be asked is read and checked before the card is touched; a person
// is asked only after the counter was looked at, and outside the transaction.
// Either way the counter is looked at again right before the PIN is sent, and
// the PIN is sent at most once.
func (u *unlocker) withPIN(ctx context.Context, k jpki.Key, use func(*openedCard, *jpki.Session) error) error {
	return u.withCurrentPIN(ctx, k, nil, use)
}

// withCurrentPIN is withPIN with a step between having the PIN and sending it:
// where prepare fails nothing is sent.
func (u *unlocker) withCurrentPIN(ctx context.Context, k jpki.Key, prepare func(*openedCard, jpki.PIN) error, use func(*openedCard, *jpki.Session) error) error {
	interactive := u.sources.CurrentKind().Interactive()
	var p jpki.PIN
	var err error
	if !interactive {
		if p, err = u.read(ctx, k, u.sources.Current, pin.Ask{}); err != nil {
			return err
		}
		defer p.Wipe()
	}
	card, err := u.cards.open(ctx)
	if err != nil {
		return err
	}
	defer card.Close()

	guard := func(t jpki.Tries) error { return u.guard(k, t) }
	if interactive {
		seen, err := lookAtCounter(ctx, card, k)
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
		return whyBlocked(ctx, card, k, err)
	}
	return err
}

// pinAtHand gets the PIN for a card at hand whose counter shows seen, and the
// guard that goes with it: a person who was asked must have been told the truth.
func (u *unlocker) pinAtHand(ctx context.Context, k jpki.Key, seen jpki.Tries) (p jpki.PIN, guard jpki.Guard, err error) {
	if !u.sources.CurrentKind().Interactive() {
		if err = u.guard(k, seen); err == nil {
			p, err = u.read(ctx, k, u.sources.Current, pin.Ask{})
		}
		return p, func(t jpki.Tries) error { return u.guard(k, t) }, err
	}
	if err = u.confirm(ctx, k, seen); err == nil {
		p, err = u.ask(ctx, k, seen)
	}
	return p, func(t jpki.Tries) error { return u.unchanged(k, seen, t) }, err
}

// lookAtCounter reads the counter before a person is asked; a blocked PIN is
// never asked for.
func lookAtCounter(ctx context.Context, card *openedCard, k jpki.Key) (t jpki.Tries, err error) {
	err = card.Read(ctx, func(app *jpki.App) (err error) {
		t, err = app.Tries(k)
		return err
	})
	if err == nil && t.Blocked() {
		err = whyBlocked(ctx, card, k, &jpki.BlockedError{Key: k})
	}
	return t, err
}

// whyBlocked tells a blocked signing password from a card without signing
// certificate, whose password never worked, an authentication PIN that was
// blocked from one that may never have worked, and a card from a phone.
func whyBlocked(ctx context.Context, card *openedCard, k jpki.Key, blocked error) error {
	var present jpki.Presence
	var token jpki.Token
	err := card.Read(ctx, func(app *jpki.App) (err error) {
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
	case token.Kind == jpki.TokenAndroid:
		return withNext(blocked, terms.AboutPhone)
	case !present.Sign:
		return withNext(blocked, withoutPINHint)
	}
	return blocked
}

// withNext explains a blocked PIN with another next step than the usual one. A
// graver problem keeps its own.
func withNext(blocked error, next text) error {
	p := explain.Error(blocked)
	if p.Code == problem.PINBlocked {
		p.Next = next
	}
	return p
}

// withoutPINHint keeps the holder of a face-authentication card, whose PIN looks
// blocked from the beginning, from going to the counter for it. A convenience
// store unlocks nothing on a card without signing certificate.
var withoutPINHint = text{
	JA: "顔認証マイナンバーカードなら、使えないままで正常です。そうでなければ、カードを持って市区町村の窓口で解除してください(パソコンでは解除できません)。詳しくは jpki guide locked",
	EN: "On a face-authentication card it is right that no PIN works. On any other, take the card to the municipal counter to have it unlocked (no program on a PC can). More: jpki guide locked",
}

// read gets the current or the new PIN once, ready to be sent.
func (u *unlocker) read(ctx context.Context, k jpki.Key, from func(context.Context, pin.Ask) (jpki.PIN, error), ask pin.Ask) (jpki.PIN, error) {
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
func (u *unlocker) fit(k jpki.Key, p jpki.PIN) error {
	if k == jpki.KeySign && !u.exact && p.UpperCase() {
		u.cards.io.Note(text{
			JA: "小文字を大文字に直しました(そのまま送るには --pin-exact)。",
			EN: "Lower-case letters were turned into upper case (--pin-exact sends them as they are).",
		})
	}
	return p.Check(k)
}

// attempts is how often a person is asked again for a PIN that was not sent.
const attempts = 3

// ask has a person enter the PIN, again where it breaks a rule: that costs no
// try.
func (u *unlocker) ask(ctx context.Context, k jpki.Key, seen jpki.Tries) (p jpki.PIN, err error) {
	question := pin.Ask{
		Title:       u.cards.io.Text(terms.Capital(terms.PINNames[k])),
		Description: u.cards.io.Text(text{JA: "%s(%s)を入力してください。%s", EN: "Enter the %s (%s). %s"}.With(terms.PINNames[k], terms.PINForms[k], terms.Capital(terms.Tries(seen)))),
		Prompt:      u.cards.io.Text(text{JA: "%s: ", EN: "%s: "}.With(terms.Capital(terms.PINNames[k]))),
		OK:          u.cards.io.Text(okLabel),
		Cancel:      u.cards.io.Text(cancelLabel),
	}
	if !u.purpose.IsZero() {
		question.Description = u.cards.io.Text(terms.Capital(u.purpose)) + "\n" + question.Description
	}
	for range attempts {
		if p, err = u.read(ctx, k, u.sources.Current, question); err == nil {
			return p, nil
		}
		if !notSent(err) {
			return p, err
		}
		e := explain.Error(err)
		question.Error = u.cards.io.Text(text{JA: "%s%s", EN: "%s %s"}.With(e.What, e.Next))
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

// agrees has a person agree to what they are told: in so many letters on the
// terminal, or in the window of the pinentry that asks for the PIN.
func (u *unlocker) agrees(ctx context.Context, question, prompt text) (bool, error) {
	if u.sources.CurrentKind() == pin.Pinentry {
		said := []text{terms.Capital(u.purpose), question}
		return u.sources.Confirm(ctx, pin.Ask{
			Title:       "jpki",
			Description: u.cards.io.Text(i18n.Join(i18n.Same("\n"), said...)),
			OK:          u.cards.io.Text(okLabel),
			Cancel:      u.cards.io.Text(cancelLabel),
		})
	}
	if !u.purpose.IsZero() {
		u.tty.Println(u.cards.io.Text(terms.Capital(u.purpose)))
	}
	u.tty.Println(u.cards.io.Text(question))
	return u.typed(ctx, prompt)
}

// confirm has a person agree to spend the last try.
func (u *unlocker) confirm(ctx context.Context, k jpki.Key, t jpki.Tries) error {
	if err := u.guard(k, t); err == nil || t.Left != 1 || u.minTries > 1 || u.tty == nil && u.sources.CurrentKind() != pin.Pinentry {
		return err
	}
	agreed, err := u.agrees(ctx, text{
		JA: "%sは残り1回です。間違えるとロックされ、パソコンでは解除できません(市区町村の窓口などでの手続きが必要です)。控えを確かめてください。",
		EN: "One try is left for the %s. A mistake blocks it, and no program on a PC can unlock it (the municipal counter can). Check your note.",
	}.With(terms.PINNames[k]), goOnPrompt)
	if err != nil {
		return err
	}
	if agreed {
		u.agreed = k
	}
	return u.guard(k, t)
}

// typedYes has a person agree to what they were told, in so many letters.
func (u *unlocker) typedYes(ctx context.Context) (bool, error) { return u.typed(ctx, goOnPrompt) }

var goOnPrompt = text{JA: "それでも続けるなら yes と入力してください: ", EN: "Type yes to go on all the same: "}

func (u *unlocker) typed(ctx context.Context, prompt text) (bool, error) {
	answer, err := u.tty.Line(ctx, u.cards.io.Text(prompt))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return answer == "yes", err
}

// guard decides whether a PIN may be sent with so many tries left.
func (u *unlocker) guard(k jpki.Key, t jpki.Tries) error {
	if t.Left < u.minTries {
		return problem.New(problem.MinTries,
			text{JA: "%sの残りは%d回で、--min-tries の%d回より少ないため送りませんでした。", EN: "The %s has %d tries left, fewer than the %d of --min-tries. It was not sent."}.With(terms.PINNames[k], t.Left, u.minTries),
			text{JA: "暗証番号の控えを確かめてください。", EN: "Check your note of the PIN."}).WithTries(t.Left)
	}
	if t.Left == 1 && !u.allowLastTry && u.agreed != k {
		return problem.New(problem.LastTry,
			text{JA: "%sは残り1回なので送りませんでした。間違えるとロックされます。", EN: "The %s has one try left and was not sent. A mistake would block it."}.With(terms.PINNames[k]),
			text{JA: "確かな場合だけ --allow-last-try を付けて実行してください。", EN: "If you are sure of it, run this again with --allow-last-try."}).WithTries(1)
	}
	return nil
}

// unchanged is the guard after a person was asked: what they were told must
// still be so.
func (u *unlocker) unchanged(k jpki.Key, seen, now jpki.Tries) error {
	if now.Left < seen.Left {
		return problem.New(problem.TriesChanged,
			text{JA: "入力中に%sの残り回数が%d回から%d回に減ったため、送りませんでした。", EN: "While you typed, the tries left for the %s went from %d to %d. It was not sent."}.With(terms.PINNames[k], seen.Left, now.Left),
			text{JA: "ほかのプログラムが間違った暗証番号を送っていないか確かめてください。", EN: "See whether another program sends a wrong PIN."}).WithTries(now.Left)
	}
	return u.guard(k, now)
}
