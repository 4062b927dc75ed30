package cardcmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type changeOptions struct {
	unlock unlock.Options
	force  bool
	dryRun bool
}

func newPINChange(a *command.App) *cobra.Command {
	var opt changeOptions
	cmd := a.New(command.Spec{
		Use:   "change [sign|auth]",
		Short: text{JA: "暗証番号を変更する", EN: "change a PIN"},
		Long: text{
			JA: "現在の暗証番号を確かめ、新しいものに変え、変わったことを確かめます。うまくいけば残り回数は減りません。\n" +
				"スクリプトからは、1行目に現在の、2行目に新しい暗証番号を渡します(jpki help pin)。\n" +
				"推測されやすいもの(1234、同じ文字の繰り返し、誕生日など)は、端末で確かめるか --force を付けたときだけ使えます。",
			EN: "Checks the current PIN, changes it to the new one and checks that one. If all goes well no try is used.\n" +
				"A script gives the current PIN on the first line and the new one on the second (jpki help pin).\n" +
				"One that is easily guessed (1234, repeated characters, a birthday) needs your word on the terminal, or --force.",
		},
		Examples: []command.Example{
			{Line: "jpki pin change auth", About: text{JA: "利用者証明用パスワードを変更する", EN: "change the authentication PIN"}},
			{Line: "jpki pin change sign --pin-command 'pass show jpki/old' --new-pin-command 'pass show jpki/new'", About: text{JA: "スクリプトから変更する", EN: "from a script"}},
		},
		Args: keyArgs,
		Run:  func(ctx context.Context, args []string) error { return runPINChange(ctx, a, &opt, args) },
	})
	a.AddUnlockFlags(cmd, &opt.unlock)
	f := cmd.Flags()
	f.Var(command.SourceFlag{Opt: &opt.unlock, Kind: pin.NewFile}, "new-pin-file", a.IO.Text(text{JA: "新しい暗証番号を`FILE`から読む", EN: "read the new PIN from `FILE`"}))
	f.Var(command.SourceFlag{Opt: &opt.unlock, Kind: pin.NewCommand}, "new-pin-command", a.IO.Text(text{JA: "新しい暗証番号を`CMD`の出力から読む", EN: "read the new PIN from what `CMD` prints"}))
	f.BoolVar(&opt.force, "force", false, a.IO.Text(text{JA: "推測されやすい暗証番号でも変更する", EN: "change it even to one that is easily guessed"}))
	f.BoolVar(&opt.dryRun, "dry-run", false, a.IO.Text(text{JA: "変更以外をすべて行う(現在の暗証番号は確かめる)", EN: "do everything but the change (the current PIN is checked)"}))
	return cmd
}

func runPINChange(ctx context.Context, a *command.App, opt *changeOptions, args []string) error {
	u, err := unlock.New(a.Cards, &opt.unlock, true)
	if err != nil {
		return err
	}
	defer u.Close()
	k, err := keyArgument(ctx, a, u, args)
	if err != nil {
		return err
	}
	var fresh jpki.PIN
	if !u.Sources.NewKind().Interactive() && !u.Sources.CurrentKind().Interactive() {
		// Both without a person: every rule is checked before the card is touched.
		if fresh, err = u.ReadPIN(ctx, k, u.Sources.New, pin.Ask{}); err != nil {
			return err
		}
	}
	defer func() { fresh.Wipe() }()
	prepare := func(card *cards.Card, current jpki.PIN) error {
		if fresh.IsZero() {
			if fresh, err = u.ChooseNew(ctx, k, current); err != nil {
				return err
			}
		}
		if fresh.Equal(current) {
			return unlock.SamePIN(k)
		}
		return acceptWeak(ctx, a, opt, u, card, k, fresh)
	}
	err = u.WithCurrentPIN(ctx, k, prepare, func(_ *cards.Card, s *jpki.Session) error {
		if opt.dryRun {
			return nil
		}
		return s.ChangePIN(fresh)
	})
	if err != nil {
		return err
	}
	announceChange(a, opt, k)
	failed := a.IO.WriteError()
	if opt.dryRun || failed == nil {
		return nil
	}
	return problem.New(problem.Output,
		text{JA: "%sを変更し、新しいものを確かめましたが、それを標準出力に書けませんでした。", EN: "The %s is changed, and the new one was checked, but that could not be written to standard output."}.With(terms.PINNames[k]),
		text{JA: "変更は済んでいます。これからは新しいものを使ってください。", EN: "The change is done: use the new one from now on."}).Because(failed)
}

// announceChange says that the PIN was changed.
func announceChange(a *command.App, opt *changeOptions, k jpki.Key) {
	switch {
	case a.JSON:
		_ = a.IO.JSON(struct { // see [ui.IO.WriteError]
			Schema    string `json:"schema"`
			Key       string `json:"key"`
			DryRun    bool   `json:"dry_run"`
			Changed   bool   `json:"changed"`
			Confirmed bool   `json:"confirmed"`
			Tries     int    `json:"tries"`
		}{"jpki.pin-change/v1", k.String(), opt.dryRun, !opt.dryRun, !opt.dryRun, k.MaxTries()})
	case opt.dryRun:
		a.IO.Say(text{JA: "現在の%sは正しく、変更できます。変更はしていません。", EN: "The current %s is right and can be changed. Nothing was changed."}.With(terms.PINNames[k]))
	default:
		a.IO.Say(text{JA: "%sを変更し、新しいものを確かめました。", EN: "The %s is changed, and the new one was checked."}.With(terms.PINNames[k]))
	}
}

var weaknessTexts = map[jpki.Weakness]text{
	jpki.WeakRepeated: {JA: "同じ文字の繰り返しです", EN: "it repeats the same characters"},
	jpki.WeakRunning:  {JA: "続き番号や並びの文字です", EN: "its characters run one after the other"},
	jpki.WeakDate:     {JA: "証明書の満了日(ふつう誕生日)が入っています", EN: "it holds the certificate's last day, usually a birthday"},
}

// acceptWeak has a person, or --force, stand by a PIN that is easily guessed.
func acceptWeak(ctx context.Context, a *command.App, opt *changeOptions, u *unlock.Unlocker, card *cards.Card, k jpki.Key, fresh jpki.PIN) error {
	weak := fresh.Weakness()
	if weak == jpki.NotWeak && fresh.MayContainDate() {
		if month, day, ok := lastDay(ctx, card); ok && fresh.ContainsDate(month, day) {
			weak = jpki.WeakDate
		}
	}
	if weak == jpki.NotWeak || opt.force {
		return nil
	}
	refused := problem.New(problem.WeakPIN,
		text{JA: "新しい%sは推測されやすいものです(%s)。何も変更していません。", EN: "The new %s is easily guessed: %s. Nothing was changed."}.With(terms.PINNames[k], weaknessTexts[weak]),
		text{JA: "別のものを選ぶか、それでよければ --force を付けてください。", EN: "Choose another one, or insist with --force."})
	if u.Terminal == nil {
		return refused
	}
	u.Terminal.Println(a.IO.Text(text{JA: "新しい%sは推測されやすいものです(%s)。", EN: "The new %s is easily guessed: %s."}.With(terms.PINNames[k], weaknessTexts[weak])))
	agreed, err := u.TypedYes(ctx)
	if err != nil || agreed {
		return err
	}
	return refused
}

// lastDay gives the day on which the authentication certificate ends, normally
// the holder's birthday, where the card shows it freely.
func lastDay(ctx context.Context, card *cards.Card) (month time.Month, day int, ok bool) {
	err := card.WithApp(ctx, func(app *jpki.App) error {
		c, err := app.Certificate(jpki.KindAuth)
		if err != nil {
			return err
		}
		last := cert.ValidityOf(c).LastDay()
		month, day = last.Month, last.Day
		return nil
	})
	return month, day, err == nil
}
