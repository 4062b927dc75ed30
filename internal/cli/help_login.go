package cli

// loginTopic has the settings around jpki ssh agent and jpki tls.
var loginTopic = text{
	JA: `利用者証明用電子証明書の鍵で、SSHとTLSにログインする設定です。暗証番号は利用者証明用パスワード(数字4桁)です。

登録する: サーバーの ~/.ssh/authorized_keys に公開鍵を追加する
  jpki ssh key
  証明書は5年ほどで更新が必要で、更新すると鍵が変わります。ほかのログイン方法も残しておいてください。

つなぐ: 端末を2つ開き、片方でエージェントを動かす
  jpki ssh agent
  もう片方の ~/.ssh/config に書いておけば、このサーバーだけがカードを使い、ほかの鍵は今のまま使えます。
    Host server.example.jp
        IdentityAgent ${XDG_RUNTIME_DIR}/jpki/agent.sock
  Windowsでは IdentityAgent \\.\pipe\jpki-ssh-agent です。
  macOSでは ssh agent に --socket ~/.ssh/jpki-agent.sock を付け、その場所を書きます(下のgitの例でも)。

gitのコミットに署名する: gitはIdentityAgentを見ないので、SSH_AUTH_SOCKで渡す
  git config --global gpg.format ssh
  git config --global user.signingkey "key::$(jpki ssh key)"
  SSH_AUTH_SOCK=$XDG_RUNTIME_DIR/jpki/agent.sock git commit -S

ログインと同時に動かす (Linux、systemd): ~/.config/systemd/user/jpki-ssh-agent.service
    [Unit]
    Description=SSH agent of the My Number Card
    PartOf=graphical-session.target
    After=graphical-session.target
    [Service]
    ExecStart=/usr/local/bin/jpki ssh agent --pinentry pinentry-gnome3 --wait 30s
    Restart=on-failure
    [Install]
    WantedBy=graphical-session.target
  systemctl --user enable --now jpki-ssh-agent

ログインと同時に動かす (macOS、launchd): ~/Library/LaunchAgents/jpki-ssh-agent.plist (NAMEは自分の名前に)
` + launchAgent + `
TLSのサーバーを試す:
  jpki cert export auth-ca > auth-ca.pem    (サーバーに、クライアントの認証局として登録する)
  jpki tls https://server.example.jp/
  カードの署名はPKCS #1 v1.5だけなので、サーバーはTLS 1.2を受け付ける必要があります。TLS 1.3だけでは使えません。

ブラウザーやメールソフトで使うには jpki help opensc`,
	EN: `How to log in over SSH and TLS with the key of the card's user-authentication certificate. Its PIN is the
authentication PIN, of 4 digits.

Register: add the public key to ~/.ssh/authorized_keys of the server
  jpki ssh key
  Certificates are renewed every five years or so, and renewal changes the key: keep another way to log in.

Connect: open two terminals, and run the agent in one
  jpki ssh agent
  With this in ~/.ssh/config, only this server takes the card, and other keys stay where they are:
    Host server.example.jp
        IdentityAgent ${XDG_RUNTIME_DIR}/jpki/agent.sock
  On Windows it is IdentityAgent \\.\pipe\jpki-ssh-agent.
  On macOS give ssh agent --socket ~/.ssh/jpki-agent.sock, and write that (for git below, too).

Sign git commits: git does not look at IdentityAgent, but at SSH_AUTH_SOCK
  git config --global gpg.format ssh
  git config --global user.signingkey "key::$(jpki ssh key)"
  SSH_AUTH_SOCK=$XDG_RUNTIME_DIR/jpki/agent.sock git commit -S

Run it with your session (Linux, systemd): ~/.config/systemd/user/jpki-ssh-agent.service
    [Unit]
    Description=SSH agent of the My Number Card
    PartOf=graphical-session.target
    After=graphical-session.target
    [Service]
    ExecStart=/usr/local/bin/jpki ssh agent --pinentry pinentry-gnome3 --wait 30s
    Restart=on-failure
    [Install]
    WantedBy=graphical-session.target
  systemctl --user enable --now jpki-ssh-agent

Run it with your session (macOS, launchd): ~/Library/LaunchAgents/jpki-ssh-agent.plist (NAME is yours)
` + launchAgent + `
Try a TLS server:
  jpki cert export auth-ca > auth-ca.pem    (register it with the server, as a CA of its clients)
  jpki tls https://server.example.jp/
  The card makes PKCS #1 v1.5 signatures only, so the server has to take TLS 1.2. TLS 1.3 alone does not work.

For browsers and mail programs: jpki help opensc`,
}

// openscTopic is about OpenSC's PKCS #11 module beside this program.
var openscTopic = text{
	JA: `ブラウザーやメールソフトはPKCS #11のモジュールを通してカードを使います。jpki にはないので、OpenSCのものを使います。
モジュールの場所:
  Debian/Ubuntu  /usr/lib/x86_64-linux-gnu/opensc-pkcs11.so (sudo apt install opensc-pkcs11)
  macOS          /Library/OpenSC/lib/opensc-pkcs11.so
  Windows        C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll
Firefox、Thunderbird: 設定の「セキュリティデバイス」で、このファイルを追加します。

気をつけること
- 残り回数を守ってくれません。使う前に jpki pin status で確かめ、残り1回なら使わないでください。
- 署名用パスワードを大文字に直しません。小文字で入力すると、間違いとして1回減ります。
- 確認した暗証番号を開いたままにします。使い終わったら、カードをリーダーから外してください。外すまでは、ほかの
  プログラムもその鍵を使えます。
- pkcs15-tool や pkcs11-tool の --pin に暗証番号を書かないでください。ほかのプログラムから見え、履歴にも残ります。
- 同時に使うと、jpki が「ほかのプログラムがカードを使用中です」で断ることがあります(終了ステータス 11)。
- TLS 1.3ではクライアント証明書を使えません(カードの署名はPKCS #1 v1.5だけです)。サーバーがTLS 1.2を受け付けるなら、
  Firefoxでは about:config の security.tls.version.max を 3 にします。ほかのサイトもTLS 1.2になるので、専用の
  プロファイルで使ってください。
- 利用者証明用電子証明書を見せたサイトには、証明書の番号と満了日(ふつう誕生日)が見えます。
- S/MIMEには向きません。証明書にメールアドレスがないので、多くのメールソフトは署名を本人のものと表示しません。署名用
  電子証明書で署名すると、受け取った人全員に氏名、住所、生年月日、性別が見えます。その証明書は、署名用パスワードを
  入力するまで一覧に出ません。`,
	EN: `Browsers and mail programs use a card through a PKCS #11 module. jpki has none: OpenSC's does it.
Where the module is:
  Debian/Ubuntu  /usr/lib/x86_64-linux-gnu/opensc-pkcs11.so (sudo apt install opensc-pkcs11)
  macOS          /Library/OpenSC/lib/opensc-pkcs11.so
  Windows        C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll
Firefox, Thunderbird: add this file under "Security Devices" in the settings.

Mind
- It does not guard the tries. Look at jpki pin status before you use it, and do not with one try left.
- It does not turn a signing password into upper case: in lower case it is wrong, and uses a try.
- It leaves a verified PIN open. Take the card off the reader when you are done: until then other programs can use
  that key too.
- Do not write a PIN after --pin of pkcs15-tool or pkcs11-tool: other programs see it, and the history keeps it.
- While it uses the card, jpki may say that another program does (exit status 11).
- A client certificate does not work with TLS 1.3, as the card makes PKCS #1 v1.5 signatures only. Where the server
  takes TLS 1.2 too, set security.tls.version.max to 3 in Firefox's about:config. That is TLS 1.2 for other sites
  as well: use a profile of its own for it.
- A site that is shown the user-authentication certificate sees its number and its last day, usually a birthday.
- It is not good for S/MIME. The certificates have no mail address, so most mail programs do not show a signature as
  yours. One by the digital-signature certificate shows name, address, date of birth and sex to everybody who gets
  it; and that certificate is not listed before the signing password was entered.`,
}

// launchAgent is the same in every language.
const launchAgent = `    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0"><dict>
      <key>Label</key><string>jpki-ssh-agent</string>
      <key>ProgramArguments</key><array>
        <string>/usr/local/bin/jpki</string><string>ssh</string><string>agent</string>
        <string>--pinentry</string><string>/opt/homebrew/bin/pinentry-mac</string>
        <string>--wait</string><string>30s</string>
        <string>--socket</string><string>/Users/NAME/.ssh/jpki-agent.sock</string>
      </array>
      <key>RunAtLoad</key><true/>
      <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
    </dict></plist>
  launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/jpki-ssh-agent.plist
`
