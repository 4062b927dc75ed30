package logincmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/p11setup"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

type setupOptions struct {
	key      string
	ask      string
	pinentry string
	shown    string // the file of a certificate
	hide     bool
	remove   bool
	dryRun   bool
}

func newPKCS11Setup(a *command.App) *cobra.Command {
	var opt setupOptions
	cmd := a.New(command.Spec{
		Use:   "setup",
		Short: text{JA: "このユーザーのプログラムに設定する", EN: "set up the programs of this user"},
		Long: text{
			JA: "p11-kitの設定ファイル(~/.config/pkcs11/modules/jpki.module)を作り、FirefoxとChromiumの証明書データベースに" +
				"p11-kitを登録します。ほかのプログラムは、このファイルだけで使えるようになります。変えるのはこのユーザーの設定だけです。\n" +
				"--remove は、この設定だけを元に戻します。\n\n" +
				"--key sign は署名用の鍵のファイルを作ります。ブラウザーには提供しません。\n" +
				"OpenSCのモジュールがあると同じカードが2つ見えます。--hide-opensc で、このユーザーには見えなくします(ほかの種類の" +
				"カードもOpenSCからは使えなくなります)。\n\n" +
				"rootとsetuidのプログラムは、ユーザーのファイルを読みません。",
			EN: "Writes p11-kit's file for this program (~/.config/pkcs11/modules/jpki.module) and adds p11-kit to the certificate " +
				"databases of Firefox and Chromium. The other programs need the file alone. Only settings of this user change; " +
				"--remove takes back what this command did and nothing else.\n\n" +
				"--key sign writes the file for the signing key, which browsers are not shown.\n" +
				"With OpenSC's module installed the card shows twice. --hide-opensc hides OpenSC's from this user, and with it other " +
				"kinds of cards that OpenSC reads.\n\n" +
				"Root and setuid programs do not read a user's files.",
		},
		Examples: []command.Example{
			{Line: "jpki pkcs11 setup --dry-run", About: text{JA: "何をするか見る", EN: "see what it would do"}},
			{Line: "jpki pkcs11 setup", About: text{JA: "利用者証明用の鍵を使えるようにする", EN: "set the authentication key up"}},
			{Line: "jpki pkcs11 setup --remove", About: text{JA: "元に戻す", EN: "take it back"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return pkcs11Setup(ctx, a, &opt) },
	})
	f := cmd.Flags()
	f.StringVar(&opt.key, "key", "", a.IO.Text(text{JA: "提供する鍵: `KEY` は auth(省略時)か sign", EN: "which key: `KEY` is auth (the default) or sign"}))
	f.StringVar(&opt.ask, "ask", "", a.IO.Text(text{JA: "暗証番号を尋ねるとき: `WHEN` は signature、login、program(プログラムが尋ねる)", EN: "when the PIN is asked for: `WHEN` is signature, login, or program, where the program asks"}))
	f.StringVar(&opt.pinentry, "pinentry", "", a.IO.Text(text{JA: "pinentryの`PROGRAM`で尋ねる", EN: "ask with the pinentry `PROGRAM`"}))
	f.StringVar(&opt.shown, "certificate", "", a.IO.Text(text{JA: "カードの代わりに`FILE`の証明書を提供する(cert exportの出力)", EN: "show the certificate in `FILE`, made by cert export, instead of the card's"}))
	f.BoolVar(&opt.hide, "hide-opensc", false, a.IO.Text(text{JA: "OpenSCのモジュールを、このユーザーから隠す", EN: "hide OpenSC's module from this user"}))
	f.BoolVar(&opt.remove, "remove", false, a.IO.Text(text{JA: "元に戻す", EN: "take it back"}))
	f.BoolVar(&opt.dryRun, "dry-run", false, a.IO.Text(text{JA: "何も変えず、何をするかを表示する", EN: "change nothing, only show what would be done"}))
	return cmd
}

func pkcs11Setup(ctx context.Context, a *command.App, opt *setupOptions) error {
	system, err := p11System(a)
	if err != nil {
		return err
	}
	what := p11setup.Options{HideOpenSC: opt.hide, Remove: opt.remove, DryRun: opt.dryRun}
	switch opt.key {
	case "auth", "sign":
		what.Keys = []string{opt.key}
	case "":
		what.Keys = []string{"auth"}
		if opt.remove {
			what.Keys = []string{"auth", "sign"}
		}
	default:
		return badKey
	}
	if _, ok := askings[opt.ask]; !ok && opt.ask != "" {
		return badAsk
	}
	shown := opt.shown
	if shown != "" && !opt.remove {
		if _, err := input.Certificates(ctx, shown); err != nil {
			return err
		}
		if shown, err = filepath.Abs(shown); err != nil {
			return err
		}
	}
	for _, pass := range []struct{ flag, value string }{
		{"--ask", opt.ask}, {"--pinentry", opt.pinentry}, {"--certificate", shown}, {"--reader", a.Cards.Reader}, {"--card", a.Cards.Card},
	} {
		if pass.value != "" {
			what.Arguments = append(what.Arguments, pass.flag, pass.value)
		}
	}
	steps, err := system.Apply(ctx, what)
	if err != nil {
		return setupProblem(err)
	}
	if a.JSON {
		err = a.IO.JSON(newSetupDocument(what, steps))
	} else {
		printSteps(a, what, steps)
	}
	for _, s := range steps {
		if s.State == p11setup.Failed && err == nil {
			err = problem.New(problem.Output, text{JA: "できなかった設定があります。\n詳細: %s", EN: "Not everything could be set up: %s"}.With(s.Reason.Error()),
				text{JA: "原因を取り除いて、もう一度実行してください。", EN: "Remove the cause and run this again."}).Because(s.Reason)
		}
	}
	return err
}

// p11System is where this user's settings are.
func p11System(a *command.App) (*p11setup.System, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &p11setup.System{
		OS: runtime.GOOS, Getenv: a.Env.Getenv, Root: "/", Program: self, Look: exec.LookPath, Run: runQuietly,
	}, nil
}

// setupLimit is how long modutil may take.
const setupLimit = time.Minute

// runQuietly runs a program, and shows its messages only if it fails.
func runQuietly(ctx context.Context, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.Join(strings.Fields(string(out)), " "))
	}
	return nil
}

func setupProblem(err error) error {
	switch {
	case errors.Is(err, p11setup.ErrUnsupported):
		return problem.New(problem.Failed,
			text{JA: "Windowsではp11-kitを使わないので、設定できません。", EN: "Windows does not use p11-kit, so there is nothing to set up."},
			text{JA: "Windowsのブラウザーは、JPKI利用者ソフトを通してカードを使います。", EN: "Browsers on Windows use the card through the JPKI user software."}).Because(err)
	case errors.Is(err, p11setup.ErrRoot):
		return problem.New(problem.Usage,
			text{JA: "rootのプログラムは、ユーザーのp11-kitの設定を読みません。", EN: "Root's programs do not read p11-kit's settings of a user."},
			text{JA: "ふだん使うユーザーで実行してください。", EN: "Run this as the user whose programs are to use the card."}).Because(err)
	case errors.Is(err, p11setup.ErrNoP11Kit):
		return problem.New(problem.Failed,
			text{JA: "p11-kitが見つかりません。", EN: "p11-kit was not found."},
			explain.GetP11Kit.Here()).Because(err)
	}
	return err
}

// stepNames describe a completed or planned step.
var stepNames = map[p11setup.State][2]text{ // and with --remove
	p11setup.Planned:   {{JA: "設定する", EN: "would set up"}, {JA: "戻す", EN: "would take back"}},
	p11setup.Done:      {{JA: "設定した", EN: "set up"}, {JA: "戻した", EN: "taken back"}},
	p11setup.Unchanged: {{JA: "そのまま", EN: "unchanged"}, {JA: "そのまま", EN: "unchanged"}},
	p11setup.Skipped:   {{JA: "しない", EN: "left alone"}, {JA: "しない", EN: "left alone"}},
	p11setup.Failed:    {{JA: "失敗", EN: "failed"}, {JA: "失敗", EN: "failed"}},
}

var stepTones = map[p11setup.State]ui.Tone{p11setup.Done: ui.Good, p11setup.Skipped: ui.Warn, p11setup.Failed: ui.Bad}

// skipReasons explain why a step is skipped, and have the codes of these
// reasons.
var skipReasons = []struct {
	err  error
	code string
	text text
}{
	{p11setup.ErrNoModutil, "no-modutil", text{JA: "modutilがありません(Debianは libnss3-tools、Fedoraは nss-tools)", EN: "there is no modutil (Debian: libnss3-tools; Fedora: nss-tools)"}},
	{p11setup.ErrConfined, "confined", text{JA: "snapやFlatpakのFirefoxは、ほかのプログラムを動かせません", EN: "a Firefox from snap or Flatpak cannot start other programs"}},
	{p11setup.ErrForeign, "foreign-file", text{JA: "このコマンドが作ったファイルではありません", EN: "this command has not written the file"}},
	{p11setup.ErrNotAsked, "on-request", text{JA: "OpenSCでも同じカードが見えます。隠すには --hide-opensc を付けます", EN: "OpenSC shows the card, too; --hide-opensc hides that"}},
}

func printSteps(a *command.App, what p11setup.Options, steps []p11setup.Step) {
	if len(steps) == 0 {
		return
	}
	removing := 0
	if what.Remove {
		removing = 1
	}
	changed := false
	var rows [][]string
	for _, s := range steps {
		changed = changed || s.State == p11setup.Done
		line := i18n.Same(s.Path)
		if s.Program != "" {
			line = i18n.Same(s.Program + ": " + s.Path)
		}
		rows = append(rows, a.IO.Row(stepTones[s.State], stepNames[s.State][removing], line))
		for _, r := range skipReasons {
			if errors.Is(s.Reason, r.err) {
				rows = append(rows, []string{"", a.IO.Text(r.text)})
			}
		}
		if what.DryRun && s.State == p11setup.Planned {
			for line := range strings.Lines(s.Content) {
				rows = append(rows, []string{"", "  " + strings.TrimSuffix(line, "\n")})
			}
		}
	}
	fmt.Fprint(a.IO.Out, a.IO.Rows(0, rows))
	if changed {
		a.IO.Note(text{JA: "動いているブラウザーは、次に起動したときから変わります。プログラムごとの使い方: jpki help programs", EN: "Browsers that are running change when they are started again. For each program: jpki help programs"})
	}
}

// setupDocument is jpki.pkcs11-setup/v1.
type setupDocument struct {
	Schema string          `json:"schema"`
	Keys   []string        `json:"keys"`
	Remove bool            `json:"remove"`
	DryRun bool            `json:"dry_run"`
	Steps  []setupStepJSON `json:"steps"`
}

type setupStepJSON struct {
	Kind    p11setup.Kind  `json:"kind"`
	State   p11setup.State `json:"state"`
	Path    string         `json:"path"`
	Program *string        `json:"program"`
	Reason  *string        `json:"reason"`
	Content *string        `json:"content"`
}

func newSetupDocument(what p11setup.Options, steps []p11setup.Step) setupDocument {
	doc := setupDocument{"jpki.pkcs11-setup/v1", what.Keys, what.Remove, what.DryRun, []setupStepJSON{}}
	for _, s := range steps {
		j := setupStepJSON{Kind: s.Kind, State: s.State, Path: s.Path}
		if s.Program != "" {
			j.Program = &s.Program
		}
		if s.Content != "" {
			j.Content = &s.Content
		}
		if s.Reason != nil {
			reason := "system"
			for _, r := range skipReasons {
				if errors.Is(s.Reason, r.err) {
					reason = r.code
				}
			}
			j.Reason = &reason
		}
		doc.Steps = append(doc.Steps, j)
	}
	return doc
}
