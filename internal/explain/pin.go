package explain

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

// explainSource explains a PIN that did not come in. No try was used.
func explainSource(err error) *problem.Problem {
	var (
		flags   *pin.UsageError
		bad     *pin.TextError
		file    *pin.FileError
		program *pin.ProgramError
	)
	switch {
	case errors.Is(err, pin.ErrNoSource), errors.Is(err, ui.ErrNoTerminal):
		return problem.New(problem.NoTerminal,
			text{JA: "暗証番号を入力する端末がありません。", EN: "There is no terminal to enter the PIN on."},
			text{JA: "--pin-stdin などで渡してください(jpki help pin)。", EN: "Give it with --pin-stdin or another way of jpki help pin."})
	case errors.Is(err, pin.ErrCancelled):
		return problem.New(problem.Interrupted, text{JA: "取り消しました。", EN: "Cancelled."}, text{})
	case errors.As(err, &flags):
		return problem.New(problem.Usage, sourceUsage(flags),
			text{JA: "渡し方の説明: jpki help pin", EN: "The ways to give a PIN: jpki help pin"})
	case errors.As(err, &bad) && bad.Rule == pin.RuleEmpty && bad.Kind.Interactive():
		return problem.New(problem.PINRule,
			text{JA: "何も入力されていません。送信していないので、回数は減っていません。", EN: "Nothing was entered. Nothing was sent, no try was used."},
			text{JA: "暗証番号は入力しても画面に表示されません。やめるときは Ctrl-C を押してください。", EN: "What you type is not shown. To leave, press Ctrl-C."})
	case errors.As(err, &bad):
		return problem.New(problem.PINRule,
			text{JA: "入力は暗証番号として使えません: %s。送信していないので、回数は減っていません。", EN: "This cannot be a PIN: %s. It was not sent, no try was used."}.With(textRules[bad.Rule]),
			textRuleHints[bad.Rule])
	case errors.As(err, &file):
		reason, next := fileReason(file)
		return problem.New(problem.PINSource,
			text{JA: "暗証番号のファイル「%s」は使えません: %s。", EN: "The PIN file %s is not used: %s."}.With(file.Path, reason), next)
	case errors.As(err, &program):
		return problem.New(problem.PINSource,
			text{JA: "「%s」から暗証番号を受け取れませんでした: %s。", EN: "%s gave no PIN: %s."}.With(program.Program, programReasons[program.Reason]), programHint(program.Reason))
	}
	return nil
}

// fileReason explains why a PIN file is not used, and gives the next step.
func fileReason(e *pin.FileError) (reason, next text) {
	reason = fileReasons[e.Reason]
	switch e.Reason {
	case pin.ErrNoFile:
		next = text{JA: "名前を確かめてください。", EN: "Check its name."}
	case pin.ErrNotFile:
		next = text{JA: "暗証番号を書いたファイルを指定してください。", EN: "Name a file with the PIN in it."}
	case pin.ErrNoCredentials:
		next = text{JA: "systemdのユニットに LoadCredentialEncrypted= を書いてください(jpki help pin)。", EN: "Write LoadCredentialEncrypted= into the systemd unit (jpki help pin)."}
	case pin.ErrForeign:
		next = text{JA: "自分で作った新しいファイルに書いてください。%s", EN: "Write it into a new file that you made. %s"}.With(MakePrivate.Here())
	case pin.ErrOpenToOthers:
		next = MakePrivate.Here()
	default:
		return unreadableReason(reason, e.Err)
	}
	return reason, next
}

// unreadableReason explains the system's error about a file that is there.
func unreadableReason(otherwise text, err error) (reason, next text) {
	reason, next = otherwise, text{JA: "名前と権限を確かめてください。", EN: "Check its name and permissions."}
	errno, _ := errors.AsType[syscall.Errno](err)
	if known, ok := unreadable[errno]; ok {
		reason = known
		if hint, ok := unreadableHints[known]; ok {
			next = hint
		}
	}
	switch {
	case isFolder(err):
		reason, next = fileReasons[pin.ErrNotFile], text{JA: "暗証番号を書いたファイルを指定してください。", EN: "Name a file with the PIN in it."}
	case errors.Is(err, fs.ErrPermission):
		reason = text{JA: "開く権限がありません", EN: "there is no permission to open it"}
	}
	return reason, next
}

func sourceUsage(e *pin.UsageError) text {
	var names []string
	for _, k := range e.Flags {
		names = append(names, k.String())
	}
	switch e.Reason {
	case pin.ErrTwoSources:
		return text{JA: "暗証番号の渡し方は1つだけ指定してください(%s)。", EN: "Name one source of the PIN only (%s)."}.With(strings.Join(names, ", "))
	case pin.ErrNoNewPIN:
		return text{JA: "%sは暗証番号を変更するときだけ使えます。", EN: "%s is only for changing a PIN."}.With(names[0])
	case pin.ErrNoValue:
		return text{JA: "%sには値が必要です。", EN: "%s wants a value."}.With(names[0])
	case pin.ErrBadCommand:
		return text{JA: "%sのコマンドの引用符が閉じていません。", EN: "The quotes in the command of %s do not close."}.With(names[0])
	case pin.ErrBadDescriptor:
		return text{JA: "%sのファイル記述子は、読み取り用に渡されていません。", EN: "The descriptor of %s was not handed over for reading."}.With(names[0])
	case pin.ErrBadName:
		return text{JA: "%sの名前に「/」は使えません。", EN: "The name of %s has no slash."}.With(names[0])
	case pin.ErrIsTerminal:
		return text{JA: "%sが端末なので、入力が画面に見えてしまいます。端末では指定せずに実行してください。", EN: "%s is a terminal, which would show the PIN. On a terminal, leave the option out."}.With(names[0])
	}
	return text{JA: "%sは --no-input と同時に使えません。", EN: "%s asks a person, and --no-input forbids that."}.With(names[0])
}

var textRules = map[pin.Rule]text{
	pin.RuleEmpty:          {JA: "空です", EN: "it is empty"},
	pin.RuleTooLong:        {JA: "長すぎます", EN: "it is too long"},
	pin.RuleMissing:        {JA: "2行目(新しい暗証番号)がありません", EN: "the second line, the new PIN, is missing"},
	pin.RuleMoreLines:      {JA: "余分な行があります", EN: "there are more lines than needed"},
	pin.RuleByteOrderMark:  {JA: "先頭にBOMがあります", EN: "it begins with a byte order mark"},
	pin.RuleFullWidth:      {JA: "全角文字があります", EN: "it has full-width characters"},
	pin.RuleNotASCII:       {JA: "英数字以外の文字があります", EN: "it has characters other than letters and digits"},
	pin.RuleNUL:            {JA: "NUL文字があります", EN: "it has a NUL byte"},
	pin.RuleCarriageReturn: {JA: "途中に復帰文字(CR)があります", EN: "it has a carriage return inside"},
	pin.RuleControl:        {JA: "制御文字があります", EN: "it has a control character"},
	pin.RuleBlank:          {JA: "空白があります", EN: "it has a space or a tab"},
}

var textRuleHints = map[pin.Rule]text{
	pin.RuleEmpty:         {JA: "暗証番号の渡し方は jpki help pin で見られます。", EN: "jpki help pin says how to give it."},
	pin.RuleTooLong:       {JA: "署名用パスワードは16文字まで、利用者証明用パスワードは4桁です。", EN: "The signing password has 16 characters at most, the authentication PIN 4 digits."},
	pin.RuleNotASCII:      {JA: "使えるのは半角の英字と数字だけです。", EN: "Only half-width letters and digits can be in it."},
	pin.RuleBlank:         {JA: "使えるのは半角の英字と数字だけです。", EN: "Only half-width letters and digits can be in it."},
	pin.RuleFullWidth:     {JA: "日本語入力を切り、半角で入力してください。", EN: "Switch the input method off and type half-width characters."},
	pin.RuleByteOrderMark: {JA: "BOMなしのUTF-8で保存し直してください。", EN: "Save the file again as UTF-8 without BOM."},
	pin.RuleMissing:       {JA: "1行目に現在の、2行目に新しい暗証番号を書いてください。", EN: "Give the current PIN on the first line and the new one on the second."},
	pin.RuleMoreLines:     {JA: "暗証番号だけを1行ずつ渡してください。", EN: "Give nothing but the PIN, one a line."},
}

var fileReasons = map[error]text{
	pin.ErrNoFile:        {JA: "ファイルがありません", EN: "there is no such file"},
	pin.ErrNotFile:       {JA: "通常のファイルではありません", EN: "it is not a regular file"},
	pin.ErrForeign:       {JA: "ほかのユーザーのファイルです", EN: "it belongs to another user"},
	pin.ErrOpenToOthers:  {JA: "ほかのユーザーが読み書きできます", EN: "other users can read or write it"},
	pin.ErrNoCredentials: {JA: "クレデンシャルが渡されていません", EN: "no credentials were passed to this program"},
	pin.ErrUnreadable:    {JA: "読み取れません", EN: "it cannot be read"},
}

var programReasons = map[error]text{
	pin.ErrNoProgram:   {JA: "プログラムが見つかりません", EN: "there is no such program"},
	pin.ErrOnlyHere:    {JA: "今のフォルダーにありますが、名前だけでは今のフォルダーを探しません", EN: "it is in the current folder, which is not searched for a bare name"},
	pin.ErrBackslashes: {JA: "プログラムが見つかりません(引用符で囲まない「\\」は消えます)", EN: "there is no such program (a \\ without quotes is lost)"},
	pin.ErrNotProgram:  {JA: "プログラムとして実行できないファイルです", EN: "this file cannot be run as a program"},
	pin.ErrProgram:     {JA: "失敗しました", EN: "it failed"},
	pin.ErrProtocol:    {JA: "pinentryとして応答しません", EN: "it does not talk like a pinentry"},
	pin.ErrTimeout:     {JA: "時間がかかりすぎました", EN: "it took too long"},
}

// ProgramReason explains why a PIN program returned nothing, and gives the next
// step.
func ProgramReason(e *pin.ProgramError) (why, next text) {
	return programReasons[e.Reason], programHint(e.Reason)
}

func programHint(reason error) text {
	switch reason {
	case pin.ErrOnlyHere:
		return text{JA: "今のフォルダーのプログラムは ./ を付けて指定してください。", EN: "Write ./ before a program of the current folder."}
	case pin.ErrBackslashes:
		return text{JA: "パスの区切りを「/」にするか、パスを ' で囲んでください。", EN: "Write the path with / or put it into single quotes."}
	}
	return text{JA: "そのコマンドを単独で実行して確かめてください。", EN: "Try the command on its own."}
}
