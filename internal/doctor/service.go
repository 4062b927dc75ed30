package doctor

import (
	"cmp"
	"errors"
	"io/fs"
	"regexp"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// checkService asks whether PC/SC answers.
func checkService(e *Environment) []Finding {
	if e.Demo {
		return []Finding{note("demo",
			text{JA: "--card demo なので、PC/SCサービスとカードリーダーは調べていません。", EN: "With --card demo neither the PC/SC service nor readers are looked at."}, text{})}
	}
	switch err := e.Service; {
	case err == nil:
		return []Finding{ok("service-answers", e.serviceText())}
	case errors.Is(err, pcsc.ErrNoLibrary):
		return []Finding{bad("no-library", problem.NoService,
			text{JA: "PC/SCのライブラリが見つかりません。", EN: "The PC/SC library is missing."}, system{
				linux: terms.InstallPCSC,
				darwin: text{
					JA: "macOSに含まれているはずのものです。macOSを更新するか、入れ直してください。",
					EN: "It is a part of macOS. Update or repair macOS.",
				},
				windows: text{
					JA: "Windowsに含まれているはずのものです。「sfc /scannow」でシステムファイルを修復してください。",
					EN: "It is a part of Windows. Repair the system files with: sfc /scannow.",
				},
				other: text{
					JA: "pcsc-liteをお使いのシステムのパッケージから入れてください。",
					EN: "Install pcsc-lite from your system's packages.",
				},
			}.on(e.OS))}
	case errors.Is(err, pcsc.ErrAccess):
		return []Finding{e.accessDenied()}
	case errors.Is(err, pcsc.ErrMismatch) && e.OS == "linux":
		return []Finding{bad("service-mismatch", problem.NoService,
			text{JA: "PC/SCサービス(pcscd)は動いていますが、ライブラリ(libpcsclite)と版が合わないため、接続を断られました。", EN: "The PC/SC service (pcscd) is running, but turns its library (libpcsclite) away: they are of versions that do not fit."},
			text{
				JA: "両方を同じところのパッケージから入れ、「sudo systemctl restart pcscd.socket pcscd.service」で起動し直してください。コンテナやFlatpak、Snapの中では、中のライブラリとホストのpcscdが合わないことがあります。",
				EN: "Have both from the same packages, and restart it: sudo systemctl restart pcscd.socket pcscd.service. In a container, Flatpak or Snap, the library inside may not fit the host's pcscd.",
			})}
	case errors.Is(err, pcsc.ErrNoService):
		return []Finding{e.notRunning()}
	}
	return []Finding{bad("service-fails", problem.NoService,
		text{JA: "PC/SCサービスを使えません。\n詳細: %s", EN: "The PC/SC service cannot be used: %s"}.With(e.Service.Error()),
		text{JA: "パソコンを再起動しても同じなら、jpki doctor --report の結果を添えて報告してください。", EN: "If it stays so after a restart of the computer, report it with the output of jpki doctor --report."})}
}

// serviceText names the service that answers, with its version where that can
// be known.
func (e *Environment) serviceText() text {
	if v := e.pcscdVersion(); v != "" {
		return text{JA: "PC/SCサービスは動いています(pcscd %s)。", EN: "The PC/SC service is running (pcscd %s)."}.With(v)
	}
	return text{JA: "PC/SCサービスは動いています。", EN: "The PC/SC service is running."}
}

var pcscdPaths = []string{"usr/sbin/pcscd", "usr/bin/pcscd", "usr/local/sbin/pcscd"}

var versionForm = regexp.MustCompile(`pcsc-lite version (\d+(?:\.\d+)+)`)

// pcscdVersion is the version of the pcscd that is installed, which is nearly
// always the one that runs.
func (e *Environment) pcscdVersion() string {
	if e.OS != "linux" {
		return ""
	}
	for _, p := range pcscdPaths {
		if !e.has(p) {
			continue
		}
		out, err := e.Run("/"+p, "--version")
		if m := versionForm.FindStringSubmatch(out); err == nil && m != nil {
			return m[1]
		}
	}
	return ""
}

func (e *Environment) accessDenied() Finding {
	what := text{JA: "PC/SCサービスの利用が許可されていません。", EN: "The use of the PC/SC service is not permitted."}
	if e.OS == "linux" && e.ssh() {
		return bad("refused-over-ssh", problem.NoService,
			text{JA: "SSH接続なので、PC/SCサービスの利用をpolkitが断っています。", EN: "This is an SSH session, and polkit refuses it the PC/SC service."},
			text{
				JA: "パソコンの画面から直接使うか、/etc/polkit-1/rules.d/ に、org.debian.pcsc-lite.access_pcsc と org.debian.pcsc-lite.access_card をこの利用者に許す規則を置いてください(管理者の権限が要ります)。",
				EN: "Work at the machine itself, or put a rule into /etc/polkit-1/rules.d/ that allows this user org.debian.pcsc-lite.access_pcsc and org.debian.pcsc-lite.access_card (as the administrator).",
			})
	}
	return bad("refused", problem.NoService, what, system{
		linux: text{
			JA: "パソコンの画面からログインしたセッションで使ってください。サービスなどから使うときは、/etc/polkit-1/rules.d/ に org.debian.pcsc-lite.access_pcsc と org.debian.pcsc-lite.access_card を許す規則を置いてください。",
			EN: "Use it from a session at the machine itself. For services and the like, put a rule into /etc/polkit-1/rules.d/ that allows org.debian.pcsc-lite.access_pcsc and org.debian.pcsc-lite.access_card.",
		},
		darwin: text{
			JA: "「システム設定」の「プライバシーとセキュリティ」で、アクセサリの接続が許可されているか確かめてください。",
			EN: "In System Settings, Privacy & Security, see that accessories may connect.",
		},
		windows: text{
			JA: "ログオンしている画面で直接実行してください。サービスや別の利用者としての実行では使えないことがあります。",
			EN: "Run it in the session you are logged on to. As a service or as another user it may not be permitted.",
		},
		other: text{JA: "管理者にPC/SCの利用を許可してもらってください。", EN: "Have the administrator permit the use of PC/SC."},
	}.on(e.OS))
}

func (e *Environment) notRunning() Finding {
	what := text{JA: "PC/SCサービスが動いていません。", EN: "The PC/SC service is not running."}
	switch {
	case errors.Is(e.Socket, fs.ErrPermission):
		return bad("socket-refused", problem.NoService,
			text{JA: "PC/SCサービスのソケット(%s)を使う権限が、このユーザーにありません。", EN: "This user may not use the socket of the PC/SC service (%s)."}.With(SocketPath(e.Getenv)),
			text{
				JA: "ソケットとそのフォルダーの権限を「ls -ld /run/pcscd /run/pcscd/pcscd.comm」で確かめ、だれでも書き込めるようにするか、パッケージの pcscd.socket をそのまま使ってください。コンテナの中なら、マウントのしかたを確かめてください。",
				EN: "See who may with: ls -ld /run/pcscd /run/pcscd/pcscd.comm. Everybody has to be able to write to it, as the package's own pcscd.socket has it. In a container, see how it is mounted.",
			})
	case e.wsl():
		return bad("not-running-wsl", problem.NoService, what,
			text{
				JA: "WSLの中でpcscdを動かすには「sudo apt install pcscd」のあと「sudo service pcscd start」を実行します。Windows版のjpkiなら、リーダーをそのまま使えます。",
				EN: "To run pcscd inside WSL: sudo apt install pcscd, then sudo service pcscd start. The Windows build of jpki uses the reader as it is.",
			})
	case e.container() && !e.has(pcscdPaths...):
		return bad("not-running-container", problem.NoService,
			text{JA: "コンテナの中にPC/SCサービスがありません。", EN: "There is no PC/SC service in this container."},
			text{
				JA: "ホストのpcscdを使うには、コンテナに /run/pcscd をマウントしてください(-v /run/pcscd:/run/pcscd)。",
				EN: "To use the host's pcscd, mount /run/pcscd into the container (-v /run/pcscd:/run/pcscd).",
			})
	case e.OS == "linux" && e.Socket == nil && e.Socketed:
		return bad("service-silent", problem.NoService,
			text{JA: "PC/SCサービスのソケットには接続できますが、サービスが応答しません。", EN: "The socket of the PC/SC service takes connections, but the service does not answer."},
			text{JA: "「sudo systemctl restart pcscd.socket pcscd.service」で起動し直してください。", EN: "Restart it: sudo systemctl restart pcscd.socket pcscd.service."})
	case e.OS == "linux" && !e.has(pcscdPaths...):
		return bad("not-installed", problem.NoService,
			text{JA: "PC/SCサービス(pcscd)が入っていません。", EN: "The PC/SC service (pcscd) is not installed."}, terms.InstallPCSC)
	case e.OS == "linux" && e.has("run/pcscd/pcscd.comm"):
		return bad("socket-dead", problem.NoService,
			text{JA: "PC/SCサービスのソケットはありますが、応答がありません。", EN: "The socket of the PC/SC service is there, but nothing answers."},
			text{JA: "「sudo systemctl restart pcscd.socket pcscd.service」で起動し直してください。", EN: "Restart it: sudo systemctl restart pcscd.socket pcscd.service."})
	}
	return bad("not-running", problem.NoService, what, system{
		linux: text{
			JA: "「sudo systemctl enable --now pcscd.socket」で起動してください。systemdがないシステムでは「sudo service pcscd start」です。",
			EN: "Start it: sudo systemctl enable --now pcscd.socket. Without systemd: sudo service pcscd start.",
		},
		darwin: text{
			JA: "リーダーをつなぎ直してください。それでも同じなら、Macを再起動してください。",
			EN: "Connect the reader again. If it stays so, restart the Mac.",
		},
		windows: text{
			JA: "リーダーをつなぎ直してください。それでも同じなら、管理者のコマンドプロンプトで「sc start SCardSvr」を実行してください。",
			EN: "Connect the reader again. If it stays so, run in an administrator's command prompt: sc start SCardSvr.",
		},
		other: text{JA: "pcscdを起動してください。", EN: "Start pcscd."},
	}.on(e.OS))
}

// SocketPath is where pcscd listens.
func SocketPath(getenv func(string) string) string {
	return cmp.Or(getenv("PCSCLITE_CSOCK_NAME"), "/run/pcscd/pcscd.comm")
}

// checkBackend says which of the two ways to PC/SC this program was built with.
func checkBackend(e *Environment) []Finding {
	if e.Demo || errors.Is(e.Service, pcsc.ErrNoLibrary) {
		return nil
	}
	if e.Backend == "linked" {
		return []Finding{ok("backend-linked", text{JA: "PC/SCのライブラリは、このプログラムにリンクされたものを使います。", EN: "The PC/SC library is linked with this program."})}
	}
	return []Finding{ok("backend-loaded", text{JA: "PC/SCのライブラリは、実行時に読み込んだものを使います。", EN: "The PC/SC library is loaded at run time."})}
}
