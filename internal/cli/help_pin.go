package cli

// pinTopic explains every way to give a PIN, and its safety on each system.
var pinTopic = text{
	JA: `暗証番号は、何も指定しなければ端末で尋ねます。入力した文字は画面に出ません。
スクリプトからは、次のうち1つを指定します。引数の値や環境変数では渡せません。ほかのプログラムから見えるためです。

  --pinentry PROGRAM    別のウィンドウで尋ねる(pinentry-gnome3、pinentry-mac など)
				jpki sign a.txt --pinentry pinentry-gnome3
      端末のない場所から実行するときに使います。

  --pin-command CMD     CMDの出力を使う(4KiB、60秒まで)。シェルは通さず、引用符だけを解釈する
				jpki sign a.txt --pin-command 'pass show jpki/sign'
      Linuxのデスクトップ:
				jpki sign a.txt --pin-command 'secret-tool lookup service jpki key sign'
      macOS:
				jpki sign a.txt --pin-command 'security find-generic-password -s jpki-sign -w'
      Windows(パスの \ は一重引用符の中に書く):
				jpki sign a.txt --pin-command "'C:\Tools\pw.exe' show jpki"
      パスワード管理ソフトに保存するなら、これが安全です。

  --pin-credential NAME  systemdのクレデンシャルを使う(サービスやタイマー)
				systemd-ask-password -n | systemd-creds encrypt --name=jpki-sign - /etc/jpki-sign.cred
      ユニットの [Service] に書くもの:
				LoadCredentialEncrypted=jpki-sign:/etc/jpki-sign.cred
				ExecStart=jpki sign --pin-credential jpki-sign ...
      無人で動かすなら、これが安全です。ディスクには暗号化されて残ります。

  --pin-file FILE       ファイルの1行目を使う。所有者が本人(かroot)で、ほかの人が読み書きできないこと
				install -m 600 /dev/null ~/.jpki-pin
      Windows(PowerShell):
				New-Item jpki-pin
				icacls jpki-pin /inheritance:r /grant:r "${env:USERNAME}:F"
      このあとエディターで書きます。暗号化されずに残るので、暗号化したディスクでだけ使ってください。

  --pin-fd N            受け継いだファイル記述子から1行読む(Linux、macOS)
				jpki sign a.txt --pin-fd 3 3< <(pass show jpki/sign)

  --pin-stdin           標準入力から1行読む
				pass show jpki/sign | jpki sign a.txt --pin-stdin
      「echo 暗証番号 | jpki」は、シェルの履歴に残るので使わないでください。

pin change では、どの方法でも1行目に現在の暗証番号、2行目に新しい暗証番号を渡します。新しいほうだけ別に渡すには --new-pin-file か --new-pin-command を使います。

渡された文字は、行末の改行を除いてそのまま使います。署名用パスワードの小文字だけは大文字に直します(--pin-exact を付けると直しません)。文字数や文字の種類が違うものはカードに送らないので、残り回数は減りません。
同じ暗証番号をカードに確かめるのは、1回の実行で最大1回です(ssh agent は署名のたびに1回)。残り1回のときは、--allow-last-try がなければ送りません。もっと早く止めるには --min-tries N を使います。

確認した暗証番号は、終わるときにカードの電源を切って無効にします。Ctrl-Cやエラーで終わるときも同じです。強制終了(kill -9 やタスクマネージャー)のときだけはできません。Linuxでは、pcscdがまもなくカードをリセットし、ほかに使うプログラムがなければ電源も切りますが、カードをリーダーから外すのが確実です。`,
	EN: `If you give no option, jpki asks for the PIN on the terminal and does not show what you type.
A script names one of the following. A PIN is never the value of an argument or an environment variable, because other programs can see those.

  --pinentry PROGRAM    ask in a separate window (pinentry-gnome3, pinentry-mac, ...)
				jpki sign a.txt --pinentry pinentry-gnome3
      For running without a terminal.

  --pin-command CMD     use the output of CMD (at most 4 KiB and 60 s). It runs without a shell; only quotes are understood
				jpki sign a.txt --pin-command 'pass show jpki/sign'
      On a Linux desktop:
				jpki sign a.txt --pin-command 'secret-tool lookup service jpki key sign'
      On macOS:
				jpki sign a.txt --pin-command 'security find-generic-password -s jpki-sign -w'
      On Windows (put the \ of a path in single quotes):
				jpki sign a.txt --pin-command "'C:\Tools\pw.exe' show jpki"
      The safe choice if you keep the PIN in a password manager.

  --pin-credential NAME  use a systemd credential (services and timers)
				systemd-ask-password -n | systemd-creds encrypt --name=jpki-sign - /etc/jpki-sign.cred
      In the [Service] section of the unit:
				LoadCredentialEncrypted=jpki-sign:/etc/jpki-sign.cred
				ExecStart=jpki sign --pin-credential jpki-sign ...
      The safe choice for unattended use: it is encrypted on disk.

  --pin-file FILE       use the first line of a file. You (or root) must own it, and nobody else may read or write it
				install -m 600 /dev/null ~/.jpki-pin
      On Windows (PowerShell):
				New-Item jpki-pin
				icacls jpki-pin /inheritance:r /grant:r "${env:USERNAME}:F"
      Then write it with an editor. It is stored unencrypted: use it on an encrypted disk only.

  --pin-fd N            read a line from an inherited file descriptor (Linux, macOS)
				jpki sign a.txt --pin-fd 3 3< <(pass show jpki/sign)

  --pin-stdin           read a line from standard input
				pass show jpki/sign | jpki sign a.txt --pin-stdin
      Do not use "echo PIN | jpki": the history of the shell keeps it.

For pin change, each of these gives the current PIN on the first line and the new one on the second. To give the new one separately, use --new-pin-file or --new-pin-command.

The PIN is used as given, without its line ending. Only lower-case letters of the signing password are turned into upper case (not with --pin-exact). What cannot be a PIN is not sent, and uses no try.
One run has the card check a PIN at most once (ssh agent: once for each signature). With one try left it sends nothing unless you give --allow-last-try; --min-tries N stops earlier.

When the program ends, it cuts the power of the card, so that no other program can use the verified PIN. It does so after errors and Ctrl-C too. Only killing it (kill -9, or End task in Task Manager) prevents that. On Linux pcscd then resets the card and, unless another program uses the card, cuts its power soon after. To be sure, take the card off the reader.`,
}
