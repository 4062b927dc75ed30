package cli

// pinTopic explains every way to give a PIN, and how safe each is where.
var pinTopic = text{
	JA: `暗証番号は、何も指定しなければ端末で尋ねます。入力は画面に出ません。
スクリプトからは、次のうち1つだけを指定します。引数の値や環境変数では渡せません。ほかのプログラムから見えるためです。

  --pinentry PROGRAM    別の窓で尋ねる(pinentry-gnome3、pinentry-mac など)
      jpki sign a.txt --pinentry pinentry-gnome3
      端末のない場所からの実行に向きます。

  --pin-command CMD     CMDの出力を使う。シェルは通さず、引用符だけを解釈する(4KiB、60秒まで)
      jpki sign a.txt --pin-command 'pass show jpki/sign'
      jpki sign a.txt --pin-command 'secret-tool lookup service jpki key sign'       (Linuxのデスクトップ)
      jpki sign a.txt --pin-command 'security find-generic-password -s jpki-sign -w' (macOS)
      Windowsのパスの \ は、一重引用符の中に書く: --pin-command "'C:\Tools\pw.exe' show jpki"
      パスワード管理ソフトに保存するなら、これが安全です。

  --pin-credential NAME systemdのクレデンシャルを使う(サービスやタイマー)
      systemd-ask-password -n | systemd-creds encrypt --name=jpki-sign - /etc/jpki-sign.cred
      [Service] LoadCredentialEncrypted=jpki-sign:/etc/jpki-sign.cred
      ExecStart=jpki sign --pin-credential jpki-sign ...
      無人で動かすなら、これが安全です。ディスクには暗号化されて残ります。

  --pin-file FILE       ファイルの1行目を使う。本人(かroot)のもので、ほかの人が読み書きできないこと
      install -m 600 /dev/null ~/.jpki-pin    (そのあとエディターで書く)
      ディスクにそのまま残るので、暗号化したディスクでだけ使ってください。

  --pin-fd N            受け継いだファイル記述子から1行読む(Linux、macOS)
      jpki sign a.txt --pin-fd 3 3< <(pass show jpki/sign)

  --pin-stdin           標準入力から1行読む
      pass show jpki/sign | jpki sign a.txt --pin-stdin
      「echo 暗証番号 | jpki」は、シェルの履歴に残るので使わないでください。

pin change では、どの方法でも1行目に現在の、2行目に新しい暗証番号を渡します。新しいほうだけ別に渡すには
--new-pin-file、--new-pin-command を使います。

渡されたものは、行末の改行だけを除いてそのまま使います。署名用パスワードの小文字は大文字に直します(--pin-exact で
直さない)。形の違うものは送らないので、回数は減りません。同じ暗証番号をカードに確かめるのは、1回の実行で最大1回です
(ssh agent は署名のたびに1回)。残り1回のときは --allow-last-try がなければ送りません。--min-tries N で、もっと早く
止められます。

確認した暗証番号は、終わるときにカードの電源を切って閉じます。Ctrl-Cやエラーで終わるときも同じです。
kill -9 で終わらせたときだけは閉じられません。そのときはpcscdがカードをリセットし、ほかに使うプログラムがなければ
まもなく電源を切りますが、すぐにカードをリーダーから外すのが確実です。`,
	EN: `Without any of these options the PIN is asked for on the terminal, which does not show it.
A script names one of the following, and only one. A PIN is never an argument's value nor an environment
variable: other programs can see those.

  --pinentry PROGRAM    asks in a window of its own (pinentry-gnome3, pinentry-mac, ...)
      jpki sign a.txt --pinentry pinentry-gnome3
      For programs that run without a terminal.

  --pin-command CMD     takes what CMD prints. No shell, only quotes are understood (4 KiB and 60 s at most)
      jpki sign a.txt --pin-command 'pass show jpki/sign'
      jpki sign a.txt --pin-command 'secret-tool lookup service jpki key sign'       (Linux desktops)
      jpki sign a.txt --pin-command 'security find-generic-password -s jpki-sign -w' (macOS)
      The \ of a Windows path wants single quotes: --pin-command "'C:\Tools\pw.exe' show jpki"
      The safe way with a password manager.

  --pin-credential NAME takes a systemd credential (services, timers)
      systemd-ask-password -n | systemd-creds encrypt --name=jpki-sign - /etc/jpki-sign.cred
      [Service] LoadCredentialEncrypted=jpki-sign:/etc/jpki-sign.cred
      ExecStart=jpki sign --pin-credential jpki-sign ...
      The safe way where nobody is there: the disk holds it encrypted.

  --pin-file FILE       takes the first line of a file that is yours (or root's) and closed to everybody else
      install -m 600 /dev/null ~/.jpki-pin    (then write it with an editor)
      It lies on the disk as it is: use it on an encrypted disk only.

  --pin-fd N            reads a line from an inherited file descriptor (Linux, macOS)
      jpki sign a.txt --pin-fd 3 3< <(pass show jpki/sign)

  --pin-stdin           reads a line from standard input
      pass show jpki/sign | jpki sign a.txt --pin-stdin
      Do not write "echo PIN | jpki": the shell's history keeps it.

For pin change each of them gives the current PIN on the first line and the new one on the second. To give the
new one another way, use --new-pin-file or --new-pin-command.

What is given is used as it is, without its line ending. Lower-case letters of a signing password become upper
case (--pin-exact leaves them). What cannot be a PIN is not sent and uses no try. One run has the card check a
PIN at most once (ssh agent: once for each signature); with one try left it sends none without
--allow-last-try, and --min-tries N stops earlier.

A verified PIN is closed at the end by cutting the card from power, after Ctrl-C and errors too. Only kill -9
prevents that. pcscd then resets the card and, if no other program uses it, takes its power soon after; taking
the card off the reader at once is the sure way.`,
}
