package doctor

import (
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// checkUSB looks for reasons why readers that the kernel sees do not reach the
// PC/SC service. Only Linux shows this without a program of its own.
func checkUSB(e *Environment) (findings []Finding) {
	if e.Demo {
		return nil
	}
	for _, d := range e.usbDevices() {
		driver, vendor := d.claimed(), vendorReaders[d.id]
		switch {
		case vendor != "":
			findings = append(findings, bad("vendor-reader", problem.NoReader,
				text{JA: "%sがつながっていますが、Linuxのpcscdでは使えません。", EN: "A %s is connected, which pcscd on Linux cannot use."}.With(vendor),
				text{
					JA: "標準規格(CCID)に対応したカードリーダーを使ってください。Windowsなら、ソニーの「NFCポートソフトウェア」を入れると使えます。",
					EN: "Use a reader of the standard class (CCID). On Windows this one works with Sony's NFC Port Software.",
				}))
		case driver != "":
			findings = append(findings, e.claimedByKernel(d, driver))
		case d.ccid && e.Service == nil && len(e.physical()) == 0:
			findings = append(findings, e.unusedReader(d))
		}
	}
	return findings
}

func (e *Environment) claimedByKernel(d usbDevice, driver string) Finding {
	what := text{
		JA: "カーネルのモジュール %[2]s が%[1]sを取っているので、PC/SCサービスから使えません。",
		EN: "The kernel module %[2]s has taken %[1]s, so that the PC/SC service cannot use it.",
	}.With(d, driver)
	next := text{
		JA: "「echo 'blacklist %[1]s' | sudo tee /etc/modprobe.d/jpki-nfc.conf」と「sudo modprobe -r %[1]s」を実行し、リーダーをつなぎ直してください。",
		EN: "Run: echo 'blacklist %[1]s' | sudo tee /etc/modprobe.d/jpki-nfc.conf, then: sudo modprobe -r %[1]s, and connect the reader again.",
	}.With(driver)
	if len(e.physical()) > 0 {
		return warn("kernel-module", what, next)
	}
	return bad("kernel-module", problem.NoReader, what, next)
}

// unusedReader is a reader of the standard class that the kernel sees, and the
// PC/SC service does not.
func (e *Environment) unusedReader(d usbDevice) Finding {
	if !e.has(ccidBundles...) {
		return bad("no-driver", problem.NoReader,
			text{JA: "%sがつながっていますが、ドライバー(libccid)が入っていません。", EN: "%s is connected, but its driver (libccid) is not installed."}.With(d),
			terms.InstallPCSC)
	}
	return bad("reader-not-taken", problem.NoReader,
		text{JA: "%sがつながっていますが、PC/SCサービスはまだ使っていません。", EN: "%s is connected, but the PC/SC service does not have it."}.With(d),
		text{
			JA: "つなぎ直すか、「sudo systemctl restart pcscd」を実行してください。仮想マシンやGnuPGなど、ほかのプログラムがUSBを使っていないかも確かめてください。",
			EN: "Connect it again, or run: sudo systemctl restart pcscd. See too that nothing else has the USB device: a virtual machine, or GnuPG.",
		})
}

// physical gives the names of the readers that can hold a card.
func (e *Environment) physical() (names []string) {
	for _, r := range e.Readers {
		if !r.Virtual() {
			names = append(names, r.Name)
		}
	}
	return names
}

// checkReaders asks which readers the PC/SC service has.
func checkReaders(e *Environment) (findings []Finding) {
	if e.Demo || e.Service != nil {
		return nil
	}
	if len(e.physical()) == 0 {
		return []Finding{e.noReader()}
	}
	for _, r := range e.Readers {
		switch {
		case r.Virtual():
		case r.Broken:
			findings = append(findings, bad("reader-broken", problem.NoReader,
				text{JA: "カードリーダー「%s」が応答しません。", EN: "The reader %q does not answer."}.With(r.Name),
				text{JA: "つなぎ直してください。USBハブを使っていれば、パソコンに直接つないでください。", EN: "Connect it again, and directly to the computer if it is behind a USB hub."}))
		default:
			findings = append(findings, ok("reader", text{JA: "カードリーダー: %s", EN: "Reader: %s"}.With(r.Name)))
		}
	}
	return findings
}

func (e *Environment) noReader() Finding {
	if e.wsl() {
		return bad("no-reader-wsl", problem.NoReader,
			text{JA: "WSLにカードリーダーがつながっていません。WSLからは、WindowsのUSB機器はそのままでは見えません。", EN: "No reader is attached to WSL, which does not see the USB devices of Windows by itself."},
			text{
				JA: "Windows側で「usbipd list」「usbipd bind --busid 番号」「usbipd attach --wsl --busid 番号」を実行する(usbipd-win)か、Windows版のjpkiを使ってください。",
				EN: "On Windows run usbipd list, usbipd bind --busid ID and usbipd attach --wsl --busid ID (usbipd-win), or use the Windows build of jpki.",
			})
	}
	if strings.HasPrefix(e.Getenv("SESSIONNAME"), "RDP-") && e.OS == "windows" {
		return bad("no-reader-rdp", problem.NoReader,
			text{JA: "リモートデスクトップ接続の中なので、この先のパソコンにつないだカードリーダーは見えません。", EN: "This is a Remote Desktop session: readers connected to this computer do not show in it."},
			text{
				JA: "接続元のパソコンにリーダーをつなぎ、接続の設定「ローカル リソース」で「スマート カード」を選んでください。",
				EN: "Connect the reader to the computer you sit at, and choose smart cards under Local Resources of the connection.",
			})
	}
	return bad("no-reader", problem.NoReader,
		text{JA: "PC/SCサービスにカードリーダーが1台もありません。", EN: "The PC/SC service has no card reader."}, system{
			linux: text{
				JA: "リーダーをつなぎ直してください。lsusbに出てこなければ、別のUSBポートや別のケーブルを試してください。",
				EN: "Connect the reader again. If lsusb does not show it, try another USB port or cable.",
			},
			darwin: text{
				JA: "リーダーをつなぎ直し、「このアプリケーションにアクセサリの接続を許可しますか」と出たら許可してください。出てこなければ、「システム情報」の「USB」で見えるか確かめてください。標準規格(CCID)でないリーダーには、メーカーのmacOS用ドライバーが要ります。CCIDのリーダーが見えるのに使えないときは「sudo defaults write /Library/Preferences/com.apple.security.smartcard useIFDCCID -bool yes」のあとつなぎ直すと、もう一つのドライバーを使います。",
				EN: "Connect the reader again, and allow the accessory to connect when macOS asks. If it does not ask, look for the reader under USB in System Information. A reader that is not of the standard class (CCID) needs its maker's driver for macOS. If a CCID reader is there and does not work: sudo defaults write /Library/Preferences/com.apple.security.smartcard useIFDCCID -bool yes chooses the other driver; then connect it again.",
			},
			windows: text{
				JA: "リーダーをつなぎ直し、「デバイス マネージャー」の「スマート カード読み取り装置」に出ているか確かめてください。出ていなければ、メーカーのドライバーを入れてください(ソニーのPaSoRiなら「NFCポートソフトウェア」)。",
				EN: "Connect the reader again, and look under Smart card readers in the Device Manager. If it is not there, install its maker's driver (for a Sony PaSoRi: NFC Port Software).",
			},
			other: text{
				JA: "リーダーをつなぎ直し、そのドライバーが入っているか確かめてください。",
				EN: "Connect the reader again, and see that its driver is installed.",
			},
		}.on(e.OS))
}

// checkVirtualReaders warns of virtual readers. Other programs may ask there
// for a card that nobody can insert.
func checkVirtualReaders(e *Environment) (findings []Finding) {
	for _, r := range e.Readers {
		if r.Virtual() {
			findings = append(findings, note("virtual-reader",
				text{JA: "「%s」はパソコンの中の仮想スマートカードで、カードリーダーではありません。", EN: "%q is a virtual smart card inside the computer, not a reader."}.With(r.Name),
				text{JA: "ほかのプログラムがこれを選んでしまうときは、そのプログラムで本物のリーダーを選び直してください。", EN: "Where another program picks it, choose the real reader there."}))
		}
	}
	return findings
}

// checkInUse looks for programs that keep the reader from others, GnuPG's
// scdaemon above all.
func checkInUse(e *Environment) (findings []Finding) {
	if e.Demo {
		return nil
	}
	pids := e.processes("scdaemon")
	for _, pid := range pids {
		if e.OS == "linux" && e.holdsUSB(pid) {
			return []Finding{bad("scdaemon-holds", problem.CardInUse,
				text{JA: "GnuPGのscdaemonが、PC/SCサービスを通さずにカードリーダーを使っています。", EN: "GnuPG's scdaemon uses the reader, past the PC/SC service."}, scdaemonHint)}
		}
	}
	for _, r := range e.Readers {
		if r.Exclusive {
			f := e.exclusive(r.Name, len(pids) > 0)
			if e.another(r.Name) { // the held card need not be the person's
				f = note(f.Name, f.What, text{JA: "ほかのリーダーは使えるので、じゃまになるとは限りません。", EN: "Another reader is free: this need not be in the way."})
			}
			findings = append(findings, f)
		}
	}
	switch {
	case len(findings) > 0:
	case len(pids) > 0 && len(e.physical()) == 0:
		findings = append(findings, warn("scdaemon-maybe",
			text{JA: "GnuPGのscdaemonが動いています。カードリーダーを使っているかどうかは、ここからは分かりません。", EN: "GnuPG's scdaemon is running. Whether it holds the reader cannot be known from here."}, scdaemonHint))
	case len(pids) > 0:
		findings = append(findings, note("scdaemon-runs",
			text{JA: "GnuPGのscdaemonが動いていますが、今は邪魔になっていません。", EN: "GnuPG's scdaemon is running, and not in the way now."}, text{}))
	}
	return findings
}

// another reports a reader besides this one that nobody has for himself.
func (e *Environment) another(reader string) bool {
	return slices.ContainsFunc(e.Readers, func(r pcsc.ReaderState) bool {
		return r.Name != reader && !r.Virtual() && !r.Broken && !r.Exclusive
	})
}

func (e *Environment) exclusive(reader string, scdaemon bool) Finding {
	what := text{JA: "ほかのプログラムがカードリーダー「%s」を占有しています。", EN: "Another program has the reader %q for itself."}.With(reader)
	if scdaemon {
		return bad("exclusive-scdaemon", problem.CardInUse,
			i18n.Join(i18n.Text{EN: " "}, what, text{JA: "GnuPGのscdaemonかもしれません。", EN: "It may be GnuPG's scdaemon."}), scdaemonHint)
	}
	return bad("exclusive", problem.CardInUse, what, text{
		JA: "JPKI利用者ソフト、e-Tax、GnuPG(「gpgconf --kill scdaemon」)など、カードを使うプログラムを終わらせてください。どのプログラムかは、ここからは分かりません。",
		EN: "End the programs that use cards: the JPKI client, e-Tax, GnuPG (gpgconf --kill scdaemon). Which one it is cannot be known from here.",
	})
}

var scdaemonHint = text{
	JA: "「gpgconf --kill scdaemon」で止まります。また始まらないように、~/.gnupg/scdaemon.conf に disable-ccid と pcsc-shared の2行を書いてください。",
	EN: "Stop it: gpgconf --kill scdaemon. So that it does not come back, write the lines disable-ccid and pcsc-shared into ~/.gnupg/scdaemon.conf.",
}
