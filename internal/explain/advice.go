package explain

import "runtime"

// Advice is the next step on each system. A system without a sentence of its
// own gets Other.
type Advice struct{ Windows, Darwin, Other text }

// On chooses by a system's name, as runtime.GOOS has it.
func (a Advice) On(system string) text {
	switch {
	case system == "windows" && !a.Windows.IsZero():
		return a.Windows
	case system == "darwin" && !a.Darwin.IsZero():
		return a.Darwin
	}
	return a.Other
}

// Here is the sentence for the system that this runs on.
func (a Advice) Here() text { return a.On(runtime.GOOS) }

var (
	getLibrary = Advice{
		Windows: text{JA: "Windowsに含まれているはずのものです。カードなしで試すには jpki demo。原因は jpki doctor で調べられます。", EN: "It is a part of Windows. To try without a card: jpki demo. jpki doctor looks for the cause."},
		Darwin:  text{JA: "macOSに含まれているはずのものです。カードなしで試すには jpki demo。原因は jpki doctor で調べられます。", EN: "It is a part of macOS. To try without a card: jpki demo. jpki doctor looks for the cause."},
		Other:   text{JA: "Debian/Ubuntu では「sudo apt install pcscd」、Fedora では「sudo dnf install pcsc-lite」で入ります。カードなしで試すには jpki demo。原因は jpki doctor で調べられます。", EN: "Debian/Ubuntu: sudo apt install pcscd. Fedora: sudo dnf install pcsc-lite. To try without a card: jpki demo. jpki doctor looks for the cause."},
	}
	startService = Advice{
		Windows: text{JA: "リーダーをつなぎ直してください。それでも同じなら、services.msc で「Smart Card」を開始してください。原因は jpki doctor で調べられます。", EN: "Connect the reader again. If it stays so, start \"Smart Card\" in services.msc. jpki doctor looks for the cause."},
		Darwin:  text{JA: "リーダーをつなぎ直してください。それでも同じなら、Macを再起動してください。原因は jpki doctor で調べられます。", EN: "Connect the reader again. If it stays so, restart the Mac. jpki doctor looks for the cause."},
		Other:   text{JA: "もう一度実行しても同じなら、Linuxでは「sudo systemctl start pcscd.socket」を実行してください。原因は jpki doctor で調べられます。", EN: "If it stays so when you run this again, on Linux run: sudo systemctl start pcscd.socket. jpki doctor looks for the cause."},
	}
	getAccess = Advice{
		Windows: text{JA: "ログオンしている画面で直接実行してください。詳しくは jpki doctor で調べられます。", EN: "Run it in the session you are logged on to. jpki doctor knows more."},
		Darwin:  text{JA: "「システム設定」の「プライバシーとセキュリティ」で、アクセサリの接続が許可されているか確かめてください。詳しくは jpki doctor で調べられます。", EN: "In System Settings, Privacy & Security, see that accessories may connect. jpki doctor knows more."},
		Other:   text{JA: "SSH接続ではpolkitが断ることがあります。パソコンの画面から直接使うか、管理者にpcscdの許可を頼んでください。詳しくは jpki doctor で調べられます。", EN: "Over SSH, polkit may refuse it. Work at the machine itself, or have the administrator allow pcscd. jpki doctor knows more."},
	}
	setHome = Advice{
		Windows: text{JA: "環境変数 LocalAppData を設定してください。", EN: "Set the environment variable LocalAppData."},
		Darwin:  text{JA: "環境変数 HOME を設定してください。", EN: "Set the environment variable HOME."},
		Other:   text{JA: "環境変数 HOME か XDG_STATE_HOME を設定してください。", EN: "Set the environment variable HOME or XDG_STATE_HOME."},
	}
	// MakePrivate closes a file with a secret to others.
	MakePrivate = Advice{
		Windows: text{
			JA: "本人だけが読めるファイルにしてください(プロパティの「セキュリティ」か、icacls FILE /inheritance:r /grant:r %USERNAME%:F)。",
			EN: "It has to be a file that only you can read (Security in its Properties, or: icacls FILE /inheritance:r /grant:r %USERNAME%:F).",
		},
		Other: text{JA: "本人だけが読めるファイルにしてください(chmod 600)。", EN: "It has to be a file that only you can read (chmod 600)."},
	}
	// GetJapaneseFont finds one for a stamp.
	GetJapaneseFont = Advice{
		Windows: text{JA: "--stamp-font FILE で指定するか、Windowsの「日本語補助フォント」を追加してください。", EN: "Name one with --stamp-font FILE, or add the Japanese Supplemental Fonts of Windows."},
		Darwin:  text{JA: "--stamp-font FILE で指定してください。", EN: "Name one with --stamp-font FILE."},
		Other:   text{JA: "--stamp-font FILE で指定するか、インストールしてください(Debian、Ubuntuでは fonts-noto-cjk か fonts-ipaexfont-gothic)。", EN: "Name one with --stamp-font FILE, or install one (fonts-noto-cjk or fonts-ipaexfont-gothic on Debian and Ubuntu)."},
	}
	// GetP11Kit installs p11-kit. Other programs reach the card through it.
	GetP11Kit = Advice{
		Darwin: text{JA: "brew install p11-kit nss で入ります。", EN: "Install it: brew install p11-kit nss."},
		Other:  text{JA: "Debian、Ubuntuは apt install p11-kit p11-kit-modules libnss3-tools、Fedoraは dnf install p11-kit nss-tools です。", EN: "Debian, Ubuntu: apt install p11-kit p11-kit-modules libnss3-tools. Fedora: dnf install p11-kit nss-tools."},
	}
	// GetVirtualReader installs vpcd.
	GetVirtualReader = Advice{
		Windows: text{JA: "vsmartcardの仮想リーダー(vpcd)のドライバーを入れてください。", EN: "Install the driver of vsmartcard's virtual reader (vpcd)."},
		Darwin:  text{JA: "vsmartcardの仮想リーダー(vpcd)を入れてください。", EN: "Install vsmartcard's virtual reader (vpcd)."},
		Other:   text{JA: "Debian/Ubuntu では「sudo apt install vsmartcard-vpcd」で入ります。pcscdが動いているか確かめてください。", EN: "Debian/Ubuntu: sudo apt install vsmartcard-vpcd. See that pcscd is running."},
	}
)
