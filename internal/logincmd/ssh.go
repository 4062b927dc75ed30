package logincmd

import (
	"context"
	"crypto/rsa"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

func NewSSH(a *command.App) *cobra.Command {
	cmd := a.New(command.Spec{
		Use:   "ssh",
		Short: text{JA: "カードの鍵でSSHにログインする", EN: "log in over SSH with the card's key"},
		Long: text{
			JA: "利用者証明用電子証明書の鍵でSSHにログインします。公開鍵をサーバーに登録し(ssh key)、エージェントを動かします(ssh agent)。設定の例は jpki help login にあります。",
			EN: "Log in over SSH with the key of the user-authentication certificate: register its public key with the server (ssh key) and run the agent (ssh agent). jpki help login has examples of the settings.",
		},
	})
	cmd.AddCommand(newSSHKey(a), newSSHAgent(a))
	return cmd
}

func newSSHKey(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "key",
		Short: text{JA: "SSHの公開鍵を出力する", EN: "write the SSH public key"},
		Long: text{
			JA: "利用者証明用電子証明書の公開鍵をOpenSSHの形式で出力します。暗証番号は要りません。氏名も証明書の番号も含みません。\n" +
				"サーバーの ~/.ssh/authorized_keys に追加すると、カードでログインできるようになります。\n" +
				"証明書を更新すると鍵も変わります。更新の前に、ほかのログイン方法を用意してください。",
			EN: "Writes the public key of the user-authentication certificate as OpenSSH has it. No PIN is needed. It holds neither " +
				"a name nor the certificate's number. Added to ~/.ssh/authorized_keys of a server, it lets the card log in there.\n" +
				"Renewing the certificate changes the key: have another way to log in before you renew.",
		},
		Examples: []command.Example{
			{Line: "jpki ssh key >> authorized_keys", About: text{JA: "登録するファイルに追加する", EN: "add it to the file of keys that may log in"}},
			{Line: "jpki ssh key | ssh server.example.jp 'cat >> .ssh/authorized_keys'", About: text{JA: "今のログイン方法で、サーバーに登録する", EN: "register it, by the way you log in now"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return runSSHKey(ctx, a) },
	})
}

// Comments of the key, the same for everybody.
const (
	sshComment     = "jpki-auth"
	sshCommentDemo = "jpki-auth-DEMO"
)

func keyComment(a *command.App) string {
	if a.Cards.Card != "" {
		return sshCommentDemo
	}
	return sshComment
}

func runSSHKey(ctx context.Context, a *command.App) error {
	c, err := a.Cards.Certificate(ctx, jpki.KindAuth, nil)
	if err != nil {
		return err
	}
	key, err := ssh.NewPublicKey(c.PublicKey)
	if err != nil {
		return err
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " " + keyComment(a)
	demo := cert.IsDemo(c)
	if demo {
		a.IO.Note(text{
			JA: "デモカードの鍵です。秘密鍵は公開されているので、本物のサーバーに登録しないでください。",
			EN: "This is the DEMO card's key. Its private key is public: never register it with a real server.",
		})
	}
	if a.JSON {
		doc := struct {
			Schema      string `json:"schema"`
			Type        string `json:"type"`
			Bits        *int   `json:"bits"`
			PublicKey   string `json:"public_key"`
			Fingerprint string `json:"fingerprint"`
			Demo        bool   `json:"demo"`
		}{"jpki.ssh-key/v1", key.Type(), nil, line, ssh.FingerprintSHA256(key), demo}
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok {
			bits := k.N.BitLen()
			doc.Bits = &bits
		}
		return a.IO.JSON(doc)
	}
	_, err = fmt.Fprintln(a.IO.Out, line)
	return err
}
