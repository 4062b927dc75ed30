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
  TLS 1.3に要る署名(RSASSA-PSS)は、試験用のカードで作れたという報告がありますが、私たちは試していません。作らないカードでは
  TLS 1.2で接続します。

ブラウザーなど、ほかのプログラムで使うには jpki help programs`,
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
  The signatures that TLS 1.3 wants (RSASSA-PSS) are reported to work on test cards, not tried by us. With a card that
  makes none, TLS 1.2 is used.

For browsers and other programs: jpki help programs`,
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
