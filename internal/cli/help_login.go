package cli

// loginTopic has the settings around jpki ssh agent and jpki tls.
var loginTopic = text{
	JA: `利用者証明用電子証明書の鍵で、SSHやTLSのサーバーにログインする設定です。暗証番号は利用者証明用パスワード(数字4桁)です。

登録する: サーバーの ~/.ssh/authorized_keys に公開鍵を追加する
		jpki ssh key
  証明書は5年ほどで更新が必要になり、更新すると鍵が変わります。ほかのログイン方法も残しておいてください。

接続する: 端末を2つ開き、片方でエージェントを動かす
		jpki ssh agent
  もう片方の ~/.ssh/config に次のように書くと、このサーバーだけがカードを使い、ほかの鍵はこれまでどおり使えます。
    Host server.example.jp
        IdentityAgent ${XDG_RUNTIME_DIR}/jpki/agent.sock
  Windowsでは IdentityAgent \\.\pipe\jpki-ssh-agent と書きます。
  macOSでは ssh agent に --socket ~/.ssh/jpki-agent.sock を付け、その場所を書きます(下のgitの例でも)。
  今までのエージェントの鍵も一緒に使うには、次のように動かします。
		jpki ssh agent --proxy "$SSH_AUTH_SOCK"

gitのコミットに署名する: gitはIdentityAgentを見ないので、SSH_AUTH_SOCKで渡す
		git config --global gpg.format ssh
		git config --global user.signingkey "key::$(jpki ssh key)"
		SSH_AUTH_SOCK=$XDG_RUNTIME_DIR/jpki/agent.sock git commit -S

ログインと同時に動かす (Linux、systemd): ~/.config/systemd/user/jpki-ssh-agent.service
` + systemdUnit + `
ログインと同時に動かす (macOS、launchd): ~/Library/LaunchAgents/jpki-ssh-agent.plist (NAMEは自分の名前に変える)
` + launchAgent + `
TLSのサーバーを試す: auth-ca.pem は、クライアントの認証局としてサーバーに登録する
		jpki cert export auth-ca > auth-ca.pem
		jpki tls https://server.example.jp/
  TLS 1.3に必要な署名(RSASSA-PSS)は、試験用のカードで作れたという報告がありますが、こちらでは試していません。作れないカードではTLS 1.2で接続します。

ブラウザーなど、ほかのプログラムで使うには jpki help programs`,
	EN: `How to log in to SSH and TLS servers with the key of the user-authentication certificate. Its PIN is the authentication PIN, of 4 digits.

Register: add the public key to ~/.ssh/authorized_keys on the server
		jpki ssh key
  Certificates are renewed every five years or so, and a renewal changes the key. Keep another way to log in.

Connect: open two terminals and run the agent in one of them
		jpki ssh agent
  Write this into ~/.ssh/config. Then only this server uses the card, and your other keys work as before:
    Host server.example.jp
        IdentityAgent ${XDG_RUNTIME_DIR}/jpki/agent.sock
  On Windows write IdentityAgent \\.\pipe\jpki-ssh-agent.
  On macOS give ssh agent the option --socket ~/.ssh/jpki-agent.sock and write that path (also for git below).
  To use the keys of your present agent as well, run it like this:
		jpki ssh agent --proxy "$SSH_AUTH_SOCK"

Sign git commits: git ignores IdentityAgent, so pass the agent in SSH_AUTH_SOCK
		git config --global gpg.format ssh
		git config --global user.signingkey "key::$(jpki ssh key)"
		SSH_AUTH_SOCK=$XDG_RUNTIME_DIR/jpki/agent.sock git commit -S

Start it with your session (Linux, systemd): ~/.config/systemd/user/jpki-ssh-agent.service
` + systemdUnit + `
Start it with your session (macOS, launchd): ~/Library/LaunchAgents/jpki-ssh-agent.plist (replace NAME by your own)
` + launchAgent + `
Try a TLS server: register auth-ca.pem with it as a CA of its clients
		jpki cert export auth-ca > auth-ca.pem
		jpki tls https://server.example.jp/
  TLS 1.3 needs a kind of signature (RSASSA-PSS) that test cards are reported to make; we have not tried it. With a card that cannot make one, TLS 1.2 is used.

For browsers and other programs: jpki help programs`,
}

// The files are the same in every language.
const (
	systemdUnit = `    [Unit]
    Description=SSH agent of the My Number Card
    PartOf=graphical-session.target
    After=graphical-session.target
    [Service]
		ExecStart=/usr/local/bin/jpki ssh agent --pinentry pinentry-gnome3 --wait 30s
    Restart=on-failure
    [Install]
    WantedBy=graphical-session.target
		systemctl --user enable --now jpki-ssh-agent
`
	launchAgent = `    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
      "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0"><dict>
      <key>Label</key><string>jpki-ssh-agent</string>
      <key>ProgramArguments</key><array>
        <string>/usr/local/bin/jpki</string>
        <string>ssh</string><string>agent</string>
        <string>--pinentry</string>
        <string>/opt/homebrew/bin/pinentry-mac</string>
        <string>--wait</string><string>30s</string>
        <string>--socket</string>
        <string>/Users/NAME/.ssh/jpki-agent.sock</string>
      </array>
      <key>RunAtLoad</key><true/>
      <key>KeepAlive</key><dict>
        <key>SuccessfulExit</key><false/></dict>
    </dict></plist>
		launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/jpki-ssh-agent.plist
`
)
