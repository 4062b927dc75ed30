package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/ui"
)

// welcome explains the program to a person who double-clicked it on Windows: in
// Japanese, and below that in English if English is the person's language.
func welcome(a *command.App) {
	folder := "."
	if path, err := os.Executable(); err == nil {
		folder = filepath.Dir(path)
	}
	languages := []i18n.Lang{i18n.JA}
	if a.IO.Lang != i18n.JA {
		languages = append(languages, a.IO.Lang)
	}
	for _, lang := range languages {
		fmt.Fprintln(a.IO.Out, welcomeText.With(folder).In(lang))
	}
}

var welcomeText = text{
	JA: `jpki は、マイナンバーカードの電子証明書の期限を見たり、ファイルに署名したりするプログラムです。
コマンドを入力して使うので、ダブルクリックでは使えません。

使い方
  1. スタートボタンを右クリックして「ターミナル」か「PowerShell」を開きます。
  2. 次の行を入力して、Enterキーを押します。
       cd "%s"
  3. 続けて、したいことを入力します。
       .\jpki status    カードの今の状態を見る
       .\jpki demo      カードなしで一通り試す
       .\jpki guide     更新、紛失、引っ越しなどの手続きを調べる
       .\jpki --help    ほかにできること
`,
	EN: `jpki shows when the certificates on a My Number Card end, signs files, and more.
It is used by typing commands; a double click is not enough.

How to use it
  1. Right-click the Start button and open "Terminal" or "PowerShell".
  2. Type this line and press Enter.
       cd "%s"
  3. Then type what you want.
       .\jpki status    see how the card stands
       .\jpki demo      a tour without a card
       .\jpki guide     procedures: renewal, loss, a move, ...
       .\jpki --help    what else there is
`,
}

// holdWindow keeps a window that closes with the program open until its text
// was read.
func holdWindow(ctx context.Context, a *command.App) {
	if a.IO.In == nil || !ui.IsTerminal(a.IO.In) {
		return
	}
	a.IO.Complain(text{JA: "Enterキーを押すと閉じます。", EN: "Press Enter to close this window."})
	read := make(chan struct{})
	go func() {
		_, _ = bufio.NewReader(a.IO.In).ReadString('\n')
		close(read)
	}()
	select {
	case <-read:
	case <-ctx.Done():
	}
}
