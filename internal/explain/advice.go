package explain

import (
	"runtime"

	"github.com/jpki-tools/jpki/internal/terms"
)

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
		Windows: text{JA: "Windowsに含まれているはずのものです。", EN: "It is a part of Windows."},
		Darwin:  text{JA: "macOSに含まれているはずのものです。", EN: "It is a part of macOS."},
		Other:   terms.InstallPCSC,
	}
	getAccess = Advice{
		Windows: text{JA: "ログオンしている画面で直接実行してください。", EN: "Run it in the session you are logged on to."},
		Darwin:  text{JA: "「システム設定」の「プライバシーとセキュリティ」で、アクセサリの接続が許可されているか確かめてください。", EN: "In System Settings, Privacy & Security, see that accessories may connect."},
		Other:   text{JA: "SSH接続ではpolkitが断ることがあります。", EN: "Over SSH, polkit may refuse it."},
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
	// RestartReader brings vpcd back.
	RestartReader = Advice{
		Windows: text{JA: "仮想リーダーが有効か「デバイス マネージャー」で確かめてから、もう一度実行してください。", EN: "See in the Device Manager that the virtual reader is enabled, then run this again."},
		Darwin:  text{JA: "仮想リーダーを動かしてから、もう一度実行してください。", EN: "Start the virtual reader and run this again."},
		Other:   text{JA: "pcscdを動かしてから、もう一度実行してください。", EN: "Start pcscd and run this again."},
	}
)
