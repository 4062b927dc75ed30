// Package explain turns an error of any layer into a [problem.Problem]: the
// event and the next step. No other package decides these texts.
package explain

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/democard"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

type text = i18n.Text

// Error explains an error of any layer.
func Error(err error) *problem.Problem {
	var notClosed *jpki.NotClosedError
	if errors.As(err, &notClosed) {
		return explainNotClosed(notClosed, err).Because(err)
	}
	return one(err)
}

// one explains an error that left no session open.
func one(err error) *problem.Problem {
	if p, ok := problem.As(err); ok {
		return p
	}
	for _, explain := range []func(error) *problem.Problem{explainPIN, explainSource, Document, explainFetch, explainAgent, explainTLS, explainCertificate, explainReader, explainCAs, explainDemo, explainState, explainStdout, explainOutput, explainFile} {
		if p := explain(err); p != nil {
			return p.Because(err)
		}
	}
	var status apdu.Status
	if errors.As(err, &status) {
		return problem.New(problem.CardAnswer,
			text{JA: "カードが予期しない応答をしました(%04X)。", EN: "The card gave an unexpected answer (%04X)."}.With(uint16(status)),
			text{JA: "カードを置き直して、もう一度試してください。", EN: "Take the card off the reader, put it back and try again."}).Because(err)
	}
	return problem.New(problem.Failed, text{JA: "うまくいきませんでした。\n詳細: %s", EN: "It did not work: %s"}.With(err.Error()),
		text{JA: "もう一度実行しても同じなら、jpki doctor --report の出力を添えて報告してください。", EN: "If it happens again, report it with the output of jpki doctor --report."}).Because(err)
}

func explainPIN(err error) *problem.Problem {
	var (
		wrong      *jpki.PINError
		blocked    *jpki.BlockedError
		rule       *jpki.RuleError
		unanswered *jpki.UnansweredError
		refused    *jpki.ChangeRefusedError
		unknown    *jpki.UnconfirmedChangeError
	)
	switch {
	case errors.As(err, &unknown):
		return explainUnconfirmed(unknown)
	case errors.As(err, &refused):
		return problem.New(problem.CardAnswer,
			text{JA: "カードが新しい%sを受け付けませんでした(%04X)。元のものがそのまま有効です。", EN: "The card did not take the new %s (%04X). The old one is still in force."}.With(terms.PINNames[refused.Key], uint16(refused.Status)),
			text{JA: "別のものを選んで、もう一度実行してください。", EN: "Choose another one and run this again."})
	case errors.As(err, &wrong) && wrong.Left == 0:
		p := problem.New(problem.PINWrong,
			text{JA: "%sが違います。これでロックされました。", EN: "Wrong %s. It is now blocked."}.With(terms.PINNames[wrong.Key]), terms.UnlockHint)
		p.TryUsed = true
		return p.WithTries(0)
	case errors.As(err, &wrong):
		p := problem.New(problem.PINWrong,
			text{JA: "%sが違います。%s。", EN: "Wrong %s. %s."}.With(terms.PINNames[wrong.Key], terms.Capital(terms.TriesLeft(wrong.Left))),
			text{JA: "%sもう一度実行する前に、控えを確かめてください。正しく入力すると回数は元に戻ります。", EN: "%sCheck your note before you try again. A correct entry resets the counter."}.With(mixedUp(wrong.Key)))
		p.TryUsed = true
		return p.WithTries(wrong.Left)
	case errors.As(err, &blocked):
		return problem.New(problem.PINBlocked,
			text{JA: "%sはロックされています。", EN: "The %s is blocked."}.With(terms.PINNames[blocked.Key]), terms.UnlockHint).WithTries(0)
	case errors.As(err, &rule):
		return problem.New(problem.PINRule,
			text{JA: "%sの文字数か文字の種類が違います。送信していないので、回数は減っていません。", EN: "This cannot be the %s. It was not sent, no try was used."}.With(terms.PINNames[rule.Key]),
			ruleHint(rule))
	case errors.As(err, &unanswered):
		p := problem.New(problem.PINUnanswered,
			text{JA: "%sを確認しましたが、カードから確かな返事がありませんでした。回数が1回減ったかもしれません。", EN: "The card gave no certain answer about the %s. A try may have been used."}.With(terms.PINNames[unanswered.Key]),
			text{JA: "カードを置き直し、jpki pin status で残り回数を確かめてください。", EN: "Put the card back and look at the counter with jpki pin status."})
		p.TryUsed = true
		return p
	}
	return nil
}

// mixedUp names the card's other four-digit numbers where one of them is the
// likely cause of a wrong entry.
func mixedUp(k jpki.Key) text {
	if k != jpki.KeyAuth {
		return text{}
	}
	return text{
		JA: "カードには数字4桁の暗証番号がほかに2つあります(住民基本台帳用と券面事項入力補助用)。それと取り違えることがよくあります。",
		EN: "The card has two more four-digit PINs, for the resident register and for the card's printed data, which are often mixed up with this one. ",
	}
}

// explainUnconfirmed describes a change that could not be confirmed. It states
// only known facts, and gives the cheapest way to find out the rest.
func explainUnconfirmed(e *jpki.UnconfirmedChangeError) *problem.Problem {
	what := text{
		JA: "%sの変更を確認できませんでした。元のものと新しいもののどちらかが有効です。",
		EN: "The change of the %s could not be confirmed. Either the old one or the new one is in force.",
	}.With(terms.PINNames[e.Key])
	next := text{
		JA: "カードを置き直し、jpki pin status で残り回数を見てから、jpki pin verify %s --min-tries 2 で、まず新しいほう、違えば元のほうを確かめてください。違うほうを送ると1回減りますが、正しいほうで元に戻ります。",
		EN: "Put the card back, look at the counter with jpki pin status, then try jpki pin verify %s --min-tries 2 with the new one first and, if that is wrong, the old one. The wrong one uses a try, the right one gives it back.",
	}.With(e.Key)
	if e.NewInForce {
		what = text{
			JA: "%sは変更されましたが、新しいものを確かめられませんでした。新しいものが有効なはずです。",
			EN: "The %s was changed, but the new one could not be checked. It should be in force.",
		}.With(terms.PINNames[e.Key])
		next = text{
			JA: "カードを置き直し、jpki pin verify %s で新しいほうを確かめてください。正しければ回数は減りません。",
			EN: "Put the card back and check the new one with jpki pin verify %s. If it is right no try is used.",
		}.With(e.Key)
	}
	p := problem.New(problem.PINUnconfirmed, what, next)
	p.TryUsed = e.TryUsed
	return p
}

func ruleHint(e *jpki.RuleError) text {
	form := text{JA: "%sは%sです。", EN: "The %s is %s."}.With(terms.PINNames[e.Key], terms.PINForms[e.Key])
	switch {
	case e.Key == jpki.KeySign && e.Rule == jpki.RuleMixed:
		form = text{JA: "%s英字と数字の両方が必要です。", EN: "%s It has both letters and digits."}.With(form)
	case e.Key == jpki.KeySign && e.Rule == jpki.RuleCharacters:
		form = text{JA: "%s使えるのは半角のA〜Zと0〜9だけです。", EN: "%s Only half-width A-Z and 0-9 can be in it."}.With(form)
	case e.Rule == jpki.RuleCharacters:
		form = text{JA: "%s使えるのは半角の0〜9だけです。", EN: "%s Only half-width 0-9 can be in it."}.With(form)
	}
	return form
}

func explainCertificate(err error) *problem.Problem {
	if errors.Is(err, jpki.ErrNoPSS) {
		return problem.New(problem.CardAnswer,
			text{JA: "このカードはRSASSA-PSSの署名を作りません。署名は作成していません。", EN: "This card makes no RSASSA-PSS signatures. No signature was made."},
			text{JA: "PKCS #1 v1.5の署名なら作れます(sign では --pss を外してください)。", EN: "It makes PKCS #1 v1.5 signatures (with sign, leave out --pss)."})
	}
	if token, refused := errors.AsType[*jpki.TokenError](err); refused {
		return problem.New(problem.NoCertificate,
			text{JA: "%s暗証番号は送っていません。", EN: "%s No PIN was sent."}.With(terms.Ended[token.Kind]),
			text{JA: "%s詳しくは jpki guide devices", EN: "%s More: jpki guide devices"}.With(terms.UseCard))
	}
	if errors.Is(err, jpki.ErrKeyMismatch) {
		return problem.New(problem.KeyMismatch,
			text{JA: "カードの鍵が証明書と一致しません。署名は作成していません。", EN: "The key on the card does not belong to the certificate. No signature was made."},
			text{JA: "市区町村の窓口に相談してください。", EN: "Ask at the municipal counter."})
	}
	var failed *jpki.CertificateError
	if !errors.As(err, &failed) {
		return nil
	}
	name := terms.CertificateNames[failed.Kind]
	switch {
	case errors.Is(err, jpki.ErrNeedsPIN):
		return problem.New(problem.NeedsPIN,
			text{JA: "%sを読み取るには%sが必要です。", EN: "The %s can be read only with the %s."}.With(name, terms.PINNames[failed.Kind.Key()]),
			text{JA: "jpki cert export %s なら、暗証番号を入力して取り出せます。", EN: "jpki cert export %s takes it out, with the PIN."}.With(failed.Kind))
	case errors.Is(err, jpki.ErrDamaged):
		return problem.New(problem.DamagedCert,
			text{JA: "カードの%sが壊れています。", EN: "The %s on the card is damaged."}.With(name),
			text{JA: "カードを置き直しても同じなら、市区町村の窓口に相談してください。", EN: "Put the card back and try again; if it stays so, ask at the municipal counter."})
	case errors.Is(err, jpki.ErrUnreadable):
		return problem.New(problem.CardAnswer,
			text{JA: "%sを読み取れませんでした(カードにないという意味ではありません)。", EN: "The %s could not be read. That does not mean that the card has none."}.With(name),
			text{JA: "カードを置き直して、もう一度実行してください。変わらなければ jpki doctor で調べられます。", EN: "Put the card back and run this again. If it stays so, jpki doctor looks for the cause."})
	}
	hint := text{JA: "カードを申請したときに「不要」とした証明書は入っていません。発行は市区町村の窓口で申し込めます。詳しくは jpki guide issue", EN: "A certificate that was declined when the card was applied for is absent. The municipal counter can issue it. More: jpki guide issue"}
	if failed.Kind == jpki.KindSign {
		hint = text{
			JA: "15歳未満の方や顔認証マイナンバーカードには、原則として署名用電子証明書はありません。そのほかの場合は市区町村の窓口で発行を申し込めます。詳しくは jpki guide who",
			EN: "Holders under 15 and face-authentication cards have none, in principle. For others the municipal counter can issue one. More: jpki guide who",
		}
	}
	return problem.New(problem.NoCertificate, text{JA: "このカードに%sはありません。", EN: "This card holds no %s."}.With(name), hint)
}

func explainReader(err error) *problem.Problem {
	switch {
	case errors.Is(err, jpki.ErrNotJPKI):
		return problem.New(problem.NotJPKI,
			text{JA: "マイナンバーカードではないか、公的個人認証サービスのカードではありません。", EN: "This is no My Number Card: it has no JPKI application."},
			text{JA: "マイナンバーカードをリーダーに置いてください。接触式のリーダーでは、ICチップの向きを確かめてください。", EN: "Put a My Number Card on the reader. In a contact reader, mind which way the chip faces."})
	case errors.Is(err, pcsc.ErrNoLibrary):
		return problem.New(problem.NoService,
			text{JA: "PC/SCのライブラリが見つかりません。", EN: "The PC/SC library is missing."},
			text{JA: "%sカードなしで試すには jpki demo。%s", EN: "%s To try without a card: jpki demo. %s"}.With(getLibrary.Here(), terms.AskDoctor))
	case errors.Is(err, pcsc.ErrMismatch):
		return problem.New(problem.NoService,
			text{JA: "PC/SCサービスに接続を断られました。サービスとライブラリの版が合わないか、サービスが止まったようです。", EN: "The PC/SC service turned this program away: it may be of another version than its library, or was stopped."},
			terms.AskDoctor)
	case errors.Is(err, pcsc.ErrNoService):
		return problem.New(problem.NoService,
			text{JA: "PC/SCサービスが応答しません。動いていないか、途中で止まったか、このユーザーからは使えないのかもしれません。", EN: "The PC/SC service does not answer. It may not be running, may have stopped on the way, or may be out of this user's reach."},
			text{JA: "もう一度実行しても同じなら、%s", EN: "If it stays so when you run this again: %s"}.With(terms.AskDoctor))
	case errors.Is(err, pcsc.ErrAccess):
		return problem.New(problem.NoService,
			text{JA: "カードリーダーを使う権限がありません。", EN: "Using the card reader is not permitted."},
			text{JA: "%s%s", EN: "%s %s"}.With(getAccess.Here(), terms.AskDoctor))
	case errors.Is(err, pcsc.ErrReaderGone):
		return problem.New(problem.NoReader,
			text{JA: "途中でカードリーダーが外されました。", EN: "The card reader was disconnected on the way."},
			text{JA: "つなぎ直して、もう一度実行してください。変わらなければ、%s", EN: "Connect it again and run this again. If that does not help: %s"}.With(terms.AskDoctor))
	case errors.Is(err, pcsc.ErrCardMute):
		return problem.New(problem.NoCard, text{JA: "カードが応答しません。", EN: "The card does not answer."}, terms.TurnCard)
	case errors.Is(err, pcsc.ErrCommunication):
		return problem.New(problem.NoCard,
			text{JA: "カードとの通信が途切れました。", EN: "The communication with the card broke off."},
			text{JA: "カードを置き直し、動かさずにもう一度実行してください。", EN: "Put the card back and run this again without moving it."})
	case errors.Is(err, pcsc.ErrNoReader):
		return problem.New(problem.NoReader,
			text{JA: "カードリーダーが見つかりません。", EN: "There is no card reader."},
			text{JA: "リーダーをつなぎ直してください。それでも見つからなければ、%s", EN: "Connect the reader again. If that does not help: %s"}.With(terms.AskDoctor))
	case errors.Is(err, pcsc.ErrNoCard):
		return problem.New(problem.NoCard,
			text{JA: "リーダーにカードがありません。", EN: "There is no card on the reader."},
			text{JA: "カードをリーダーに置いて、もう一度実行してください。--wait 30s を付けると置かれるまで待ちます。", EN: "Put the card on the reader and run this again; with --wait 30s it waits for the card."})
	case errors.Is(err, pcsc.ErrCardRemoved):
		return problem.New(problem.CardRemoved,
			text{JA: "途中でカードが外されたか、差し替えられました。", EN: "The card was taken away or exchanged on the way."},
			text{JA: "終わるまでカードを動かさずに、もう一度実行してください。", EN: "Run this again and keep the card still until it is done."})
	case errors.Is(err, pcsc.ErrInUse):
		return problem.New(problem.CardInUse,
			text{JA: "ほかのプログラムがカードを使用中です。", EN: "Another program is using the card."},
			text{JA: "そのプログラムが終わってから、もう一度実行してください。", EN: "Run this again when the other program is done."})
	case errors.Is(err, context.Canceled):
		return Interrupted()
	case errors.Is(err, context.DeadlineExceeded):
		return problem.New(problem.CardInUse,
			text{JA: "カードの応答が時間内にありませんでした。", EN: "The card did not answer in time."},
			text{JA: "カードを置き直して、もう一度実行してください。", EN: "Take the card off the reader, put it back and run this again."})
	}
	return nil
}

// explainDemo explains errors of a demo card kept between runs.
func explainDemo(err error) *problem.Problem {
	switch {
	case errors.Is(err, democard.ErrInUse):
		return explainReader(pcsc.ErrInUse)
	case errors.Is(err, democard.ErrForgotten):
		return problem.New(problem.Failed,
			text{JA: "記憶しているデモカードの状態が読めません。", EN: "What is remembered of the demo card cannot be read."},
			text{JA: "jpki demo reset で最初の状態に戻せます。", EN: "jpki demo reset makes it new."})
	}
	return nil
}

// explainState explains why the program could not store or read its state.
func explainState(err error) *problem.Problem {
	var failed *state.Error
	if !errors.As(err, &failed) {
		return nil
	}
	switch failed.Reason {
	case state.ErrNoHome:
		return problem.New(problem.Failed,
			text{JA: "状態を保存するフォルダーが分かりません。", EN: "There is no folder to remember the state in."},
			setHome.Here())
	case state.ErrCorrupt:
		return problem.New(problem.Failed,
			text{JA: "記憶しているファイル「%s」が壊れています。", EN: "The file %s, in which things are remembered, is damaged."}.With(failed.Path),
			text{JA: "消せば、新しく作り直します(中身の説明は jpki help environment)。", EN: "Delete it: it is made anew (jpki help environment says what it holds)."})
	}
	reason, known := stateReasons[failed.Reason]
	if !known {
		reason = outputReasons[output.Reason(failed.Err)]
	}
	return problem.New(problem.Failed,
		text{JA: "記憶に使う「%s」を使えません: %s。", EN: "Cannot use %s, in which things are remembered: %s."}.With(failed.Path, reason),
		text{JA: "所有者と権限を確かめてください(jpki help environment)。", EN: "Check its owner and permissions (jpki help environment)."})
}

var stateReasons = map[error]text{
	state.ErrSymlink:      {JA: "シンボリックリンクです", EN: "it is a symbolic link"},
	state.ErrNotFolder:    {JA: "フォルダーではありません", EN: "it is no folder"},
	state.ErrForeign:      {JA: "ほかのユーザーのものです", EN: "it belongs to another user"},
	state.ErrOpenToOthers: {JA: "ほかのユーザーが書き込めます", EN: "other users can write in it"},
	state.ErrLocked:       {JA: "ほかのプログラムが使用中です", EN: "another program is using it"},
}

var outputReasons = map[error]text{
	output.ErrBadName:     {JA: "ファイル名として使えません", EN: "this cannot be a file's name"},
	output.ErrExists:      {JA: "同じ名前のファイルがあります", EN: "there is a file of this name already"},
	output.ErrTaken:       {JA: "同じ名前のフォルダーかファイルがあります", EN: "there is a folder or file of this name already"},
	output.ErrDirectory:   {JA: "フォルダーです", EN: "this is a directory"},
	output.ErrSymlink:     {JA: "シンボリックリンクです", EN: "this is a symbolic link"},
	output.ErrSpecial:     {JA: "通常のファイルではありません", EN: "this is not a regular file"},
	output.ErrNoFolder:    {JA: "フォルダーがありません", EN: "the folder does not exist"},
	output.ErrNameTooLong: {JA: "名前が長すぎます", EN: "the name is too long"},
	output.ErrNotAllowed:  {JA: "ここに書き込む権限がありません", EN: "writing here is not allowed"},
	output.ErrReadOnly:    {JA: "読み取り専用の属性が付いています", EN: "it is marked as read-only"},
	output.ErrInUse:       {JA: "ほかのプログラムが開いています", EN: "another program has it open"},
	output.ErrNoSpace:     {JA: "ディスクに空きがありません", EN: "the disk is full"},
	output.ErrFailed:      {JA: "書き込めません", EN: "it cannot be written"},
}

// explainStdout explains a failed write to standard output. A reader such as
// head closes the pipe when it has read enough; that is no failure.
func explainStdout(err error) *problem.Problem {
	var failed *ui.WriteError
	if !errors.As(err, &failed) {
		return nil
	}
	p := problem.New(problem.Output,
		text{JA: "結果を標準出力に書けませんでした: %s。", EN: "The result could not be written to standard output: %s."}.With(outputReasons[output.Reason(failed.Err)]),
		text{JA: "出力先を確かめてください。カードとファイルにしたことは、そのまま残っています。", EN: "Check where the output goes. What was done to the card and to files stays done."})
	p.Silent = failed.Unread()
	return p
}

// explainOutput explains a file that was not written. The failed write left
// nothing behind and did not touch an existing file.
func explainOutput(err error) *problem.Problem {
	var failed *output.Error
	if !errors.As(err, &failed) {
		return nil
	}
	return NotMade(failed.Path, failed.Reason, "-o")
}

// NotMade explains a file that was not written. The option can give it another
// name.
func NotMade(path string, reason error, option string) *problem.Problem {
	next := text{JA: "%s で別の名前を指定してください。", EN: "Give another name with %s."}
	switch reason {
	case output.ErrExists:
		next = text{JA: "%s で別の名前を指定するか、上書きしてよければ --force を付けてください。", EN: "Give another name with %s, or replace it with --force."}
	case output.ErrTaken:
		next = text{JA: "%s で別の名前を指定するか、先にそれを移すか削除してください。フォルダーは --force でも置き換えません。", EN: "Give another name with %s, or move or delete what is there. A folder is not replaced, even with --force."}
	case output.ErrNoFolder:
		next = text{JA: "先にフォルダーを作るか、%s で別の場所を指定してください。", EN: "Make the folder first, or name another place with %s."}
	case output.ErrInUse:
		next = text{JA: "そのファイルを開いているプログラムを閉じるか、%s で別の名前を指定してください。", EN: "Close the program that has it open, or give another name with %s."}
	case output.ErrReadOnly:
		next = text{JA: "ファイルのプロパティで「読み取り専用」を外すか、%s で別の名前を指定してください。", EN: "Clear \"Read-only\" in the file's Properties, or give another name with %s."}
	case output.ErrNotAllowed, output.ErrNoSpace:
		next = text{JA: "%s で別の場所を指定してください。", EN: "Name another place with %s."}
	}
	return problem.New(problem.Output,
		text{JA: "「%s」を作成できません: %s。", EN: "Cannot make %s: %s."}.With(path, outputReasons[reason]), next.With(option))
}

func explainFile(err error) *problem.Problem {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return nil
	}
	what := text{JA: "「%s」を扱えません。\n詳細: %s", EN: "Cannot use %s: %s"}.With(path.Path, path.Err.Error())
	next := text{JA: "名前と権限を確かめてください。", EN: "Check its name and permissions."}
	errno, _ := errors.AsType[syscall.Errno](path.Err)
	reason, known := unreadable[errno]
	switch {
	case path.Path == "":
		what = text{JA: "ファイルの名前が空です。", EN: "The name of a file is empty."}
		next = text{JA: "スクリプトなら、変数が空になっていないか確かめてください。", EN: "In a script, see whether a variable is empty."}
	case isFolder(path.Err):
		return input.Folder(path.Path)
	case isDevice(path):
		return input.Special(path.Path)
	case known:
		what = text{JA: "「%s」を読めません: %s。", EN: "Cannot read %s: %s."}.With(path.Path, reason)
		if hint, ok := unreadableHints[reason]; ok {
			next = hint
		}
	case errors.Is(err, fs.ErrNotExist):
		what = text{JA: "「%s」がありません。", EN: "There is no file named %s."}.With(path.Path)
		next = text{JA: "名前と場所を確かめてください。", EN: "Check its name and folder."}
		if strings.HasPrefix(path.Path, "https://") || strings.HasPrefix(path.Path, "http://") {
			next = text{JA: "先にダウンロードして、そのファイルを指定してください。", EN: "Download it first, and name that file."}
		}
	case errors.Is(err, fs.ErrPermission):
		what = text{JA: "「%s」を開く権限がありません。", EN: "There is no permission to open %s."}.With(path.Path)
	}
	return problem.New(problem.Input, what, next)
}

// Texts that several errors of a system share.
var (
	inUse           = text{JA: "ほかのプログラムが開いています", EN: "another program has it open"}
	nameTooLong     = text{JA: "名前が長すぎます", EN: "the name is too long"}
	pathThroughFile = text{JA: "途中にあるのがフォルダーではなくファイルです", EN: "a file is on its way where there should be a folder"}
	deviceFails     = text{JA: "ディスクなどの装置から読めません", EN: "the disk or other device does not give it"}
	networkGone     = text{JA: "ネットワークの相手につながりません", EN: "the other side of the network is not reached"}
	tooManyOpen     = text{JA: "開いているファイルが多すぎます", EN: "too many files are open"}
)

var unreadableHints = map[text]text{
	inUse:       {JA: "そのプログラムを閉じて、もう一度実行してください。", EN: "Close that program and run this again."},
	deviceFails: {JA: "装置をつなぎ直すか、別の場所に写してから使ってください。", EN: "Connect the device again, or copy the file elsewhere first."},
	networkGone: {JA: "接続を確かめるか、手元に写してから使ってください。", EN: "Check the connection, or copy the file to this computer first."},
	tooManyOpen: {JA: "一度に渡すファイルを減らしてください。", EN: "Give fewer files at a time."},
}

// explainCAs explains a damaged store.
func explainCAs(err error) *problem.Problem {
	var damaged *castore.DamagedError
	if !errors.As(err, &damaged) {
		return nil
	}
	return problem.New(problem.Failed,
		text{JA: "保管している認証局の証明書が壊れています。", EN: "The store of CA certificates is damaged."},
		text{JA: "「%s」を消すと、空の状態から始められます。", EN: "Delete %s to begin anew."}.With(damaged.Path))
}

func Interrupted() *problem.Problem {
	return problem.New(problem.Interrupted, i18n.Text{JA: "中断しました。", EN: "Interrupted."}, i18n.Text{})
}
