package cardcmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

func NewPIN(a *command.App) *cobra.Command {
	cmd := a.New(command.Spec{
		Use:   "pin",
		Short: text{JA: "暗証番号の残り回数を見る、確かめる、変更する", EN: "look at the PIN counters, check a PIN, change it"},
		Long: text{
			JA: "署名用パスワードは5回、利用者証明用パスワード(数字4桁)は3回続けて間違えるとロックされます。\n正しく入力すると回数は元に戻ります。",
			EN: "The signing password locks after 5 wrong entries in a row, the authentication PIN (4 digits) after 3.\nA correct entry resets the counter.",
		},
	})
	cmd.AddCommand(newPINStatus(a), newPINVerify(a), newPINChange(a))
	return cmd
}

func newPINStatus(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "status",
		Short: text{JA: "残り回数を見る(回数は減りません)", EN: "see the tries left (uses none)"},
		Examples: []command.Example{
			{Line: "jpki pin status", About: text{JA: "2つの暗証番号の残り回数を見る", EN: "see both counters"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return runPINStatus(ctx, a) },
	})
}

func runPINStatus(ctx context.Context, a *command.App) error {
	card, err := a.Cards.Open(ctx)
	if err != nil {
		return err
	}
	defer card.Close()
	var s inspect.Card
	blocked := func(k inspect.Key) bool { return k.PIN.Err == nil && k.PIN.Tries.Blocked() }
	err = card.WithApp(ctx, func(app *jpki.App) error {
		err := s.ReadCounters(app)
		if err == nil && slices.ContainsFunc(s.Keys(), blocked) {
			err = s.ReadPresence(app) // a PIN without its certificate looks so, too
		}
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		err := a.IO.JSON(struct {
			Schema string    `json:"schema"`
			PINs   []pinJSON `json:"pins"`
		}{"jpki.pin-status/v1", pinsJSON(s.Sign.PIN, s.Auth.PIN)})
		return cmp.Or(err, unreadStatus(s.Unread()))
	}
	var rows [][]string
	for _, k := range s.Keys() {
		rows = append(rows, counterRow(a.IO, s, k))
	}
	fmt.Fprint(a.IO.Out, a.IO.Rows(0, rows))
	if slices.ContainsFunc(s.Keys(), blocked) {
		a.IO.Note(text{JA: "次にすることは jpki status で分かります。", EN: "What to do next: jpki status"})
	}
	return unreadStatus(s.Unread())
}

func newPINVerify(a *command.App) *cobra.Command {
	var opt unlock.Options
	cmd := a.New(command.Spec{
		Use:   "verify [sign|auth]",
		Short: text{JA: "暗証番号が正しいか確かめる", EN: "see whether a PIN is right"},
		Long: text{
			JA: "暗証番号をカードに確かめます。正しければ残り回数は元に戻り、違えば1回減ります。\n文字数や文字の種類が違うものは送らずに断るので、回数は減りません。",
			EN: "Has the card check a PIN. A right one resets its counter, a wrong one uses a try.\nWhat cannot be the PIN is refused before it is sent and uses none.",
		},
		Examples: []command.Example{
			{Line: "jpki pin verify auth", About: text{JA: "利用者証明用パスワードを確かめる", EN: "check the authentication PIN"}},
			{Line: "jpki pin verify sign --pin-stdin < pin.txt", About: text{JA: "スクリプトから", EN: "from a script"}},
		},
		Args: keyArgs,
		Run: func(ctx context.Context, args []string) error {
			u, err := unlock.New(a.Cards, &opt, false)
			if err != nil {
				return err
			}
			defer u.Close()
			return runPINVerify(ctx, a, u, args)
		},
	})
	a.AddUnlockFlags(cmd, &opt)
	return cmd
}

func runPINVerify(ctx context.Context, a *command.App, u *unlock.Unlocker, args []string) error {
	k, err := keyArgument(ctx, a, u, args)
	if err != nil {
		return err
	}
	var after jpki.Tries
	err = u.WithPIN(ctx, k, func(*cards.Card, *jpki.Session) error {
		after = jpki.Tries{Left: k.MaxTries(), Max: k.MaxTries()} // a right PIN resets its counter
		return nil
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.IO.JSON(struct {
			Schema   string  `json:"schema"`
			Verified bool    `json:"verified"`
			PIN      pinJSON `json:"pin"`
		}{"jpki.pin-verify/v1", true, pinsJSON(inspect.PIN{Key: k, Tries: after})[0]})
	}
	a.IO.Say(text{JA: "%sは正しいです。%s。", EN: "The %s is right. %s."}.With(terms.PINNames[k], terms.Capital(terms.Tries(after))))
	return nil
}

var keysNamed = map[string]jpki.Key{"sign": jpki.KeySign, "auth": jpki.KeyAuth}

// keyArgs checks the argument that names a key.
func keyArgs(_ *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 1 && keysNamed[args[0]] != 0 {
		return nil
	}
	return problem.Misuse(text{JA: "引数は sign(署名用)か auth(利用者証明用)の1つです。", EN: "The argument is sign or auth."}).WithNext(NoPINHere)
}

// NoPINHere is for a command line that may have a PIN in it, which is not
// repeated.
var NoPINHere = text{
	JA: "暗証番号はコマンドラインに書けません(渡し方: jpki help pin)。書いてしまったときは、シェルの履歴から消してください。",
	EN: "A PIN cannot be written on the command line (jpki help pin has the ways to give one). If it was, remove it from the shell's history.",
}

// keyArgument gives the key that the argument names, or asks for it.
func keyArgument(ctx context.Context, a *command.App, u *unlock.Unlocker, args []string) (jpki.Key, error) {
	if len(args) > 0 {
		return keysNamed[args[0]], nil
	}
	if u.Terminal == nil {
		return 0, problem.Misuse(text{JA: "sign(署名用)か auth(利用者証明用)を指定してください。", EN: "Say which: sign or auth."})
	}
	for range 3 {
		answer, err := u.Terminal.Line(ctx, a.IO.Text(text{
			JA: "どちらの暗証番号ですか。 1 署名用(英数字)  2 利用者証明用(数字4桁): ",
			EN: "Which PIN?  1 signing (letters and digits)  2 authentication (4 digits): ",
		}))
		if err != nil {
			return 0, err
		}
		switch strings.TrimSpace(answer) {
		case "1", "１", "sign":
			return jpki.KeySign, nil
		case "2", "２", "auth":
			return jpki.KeyAuth, nil
		}
		u.Terminal.Println(a.IO.Text(text{JA: "1か2を入力してください(やめるときは Ctrl-C)。", EN: "Enter 1 or 2 (Ctrl-C to leave)."}))
	}
	return 0, problem.Misuse(text{JA: "どちらの暗証番号か分かりませんでした。", EN: "Which PIN is meant was not answered."}).
		WithNext(text{JA: "コマンドの最後に sign(署名用)か auth(利用者証明用)を付けて実行してください。", EN: "Name it in the command: sign or auth."})
}
