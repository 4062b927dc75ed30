package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"unicode"

	"github.com/jpki-tools/jpki/internal/democard"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, cert.JST)

const readerName = "ACS ACR1252 Dual Reader"

// healthy is a system on which all is well, for tests to break.
func healthy(t *testing.T, system string) *Environment {
	t.Helper()
	variables := map[string]string{"LANG": "ja_JP.UTF-8", "TERM": "xterm"}
	if system == "windows" {
		variables = map[string]string{}
	}
	return &Environment{
		OS: system,
		Files: fstest.MapFS{
			"usr/sbin/pcscd": file(""),
			"usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist": file(""),
			"proc/sys/kernel/osrelease":                                file("6.1.0-44-amd64\n"),
			"etc/os-release":                                           file("NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"),
		},
		Getenv: func(name string) string { return variables[name] },
		Run: func(path string, args ...string) (string, error) {
			switch path + " " + strings.Join(args, " ") {
			case "/usr/sbin/pcscd --version":
				return "pcsc-lite version 1.9.9.\nCopyright (C) 1999-2002 by others\n", nil
			case "/usr/bin/sw_vers -productVersion":
				return "15.1\n", nil
			}
			return "", errors.New("exit status 1")
		},
		Lang: i18n.JA, Terminal: true, Now: noon, Built: noon.AddDate(0, -1, 0), Backend: "linked",
		Readers: []pcsc.ReaderState{{Name: readerName, Present: true, ATR: []byte{0x3B, 0x88, 0x80, 0x01, 0, 0}}},
		Cards:   []Card{goodCard(t)},
	}
}

// readDemo makes the demo card once: that takes longer than all the rest.
var readDemo = sync.OnceValues(func() (*democard.Conn, error) { return democard.Open("adult", noon, nil) })

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

func link(to string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(to), Mode: os.ModeSymlink | 0o777}
}

// goodCard is a card as [noon] finds it.
func goodCard(t *testing.T) Card {
	t.Helper()
	conn, err := readDemo()
	if err != nil {
		t.Fatal(err)
	}
	c := Card{Reader: readerName, CAs: map[jpki.Kind]error{}}
	err = jpki.New(conn).WithApp(t.Context(), func(app *jpki.App) (err error) {
		c.Card, err = inspect.Read(app, noon)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (e *Environment) set(name, value string) {
	before := e.Getenv
	e.Getenv = func(n string) string {
		if n == name {
			return value
		}
		return before(n)
	}
}

func (e *Environment) files(more fstest.MapFS) { maps.Copy(e.Files.(fstest.MapFS), more) }

// usb connects a USB device.
func (e *Environment) usb(id, name, class, driver string) {
	vendor, product, _ := strings.Cut(id, ":")
	dir := "sys/bus/usb/devices/1-2"
	e.files(fstest.MapFS{
		"sys/bus/usb/devices/usb1/idVendor":  file("1d6b\n"),
		"sys/bus/usb/devices/usb1/idProduct": file("0002\n"),
		dir + "/idVendor":                    file(vendor + "\n"),
		dir + "/idProduct":                   file(product + "\n"),
		dir + "/product":                     file(name + "\n"),
		dir + ":1.0/bInterfaceClass":         file(class + "\n"),
		dir + ":1.0/uevent":                  file("DEVTYPE=usb_interface\nDRIVER=" + driver + "\n"),
	})
}

// unplugged is without readers.
func (e *Environment) unplugged() { e.Readers, e.Cards = nil, nil }

func (e *Environment) broken(err error) {
	e.Service = fmt.Errorf("pcsc: %w", err)
	e.unplugged()
}

// cardFails is a card that cannot be read.
func (e *Environment) cardFails(err error) {
	e.Cards = []Card{{Reader: readerName, Err: fmt.Errorf("pcsc: %w", err)}}
}

var everywhere = []string{"linux", "darwin", "windows", "freebsd"}

// scenarios are what can be wrong, with what is then found besides what is well.
var scenarios = []struct {
	name    string
	systems []string
	do      func(*Environment)
	want    string // findings that are not ok, in order
	code    problem.Code
}{
	{"all is well", everywhere, func(*Environment) {}, "japanese", ""},
	{"demo", everywhere, func(e *Environment) { e.Demo, e.Readers = true, nil }, "demo japanese", ""},
	{"loaded", everywhere, func(e *Environment) { e.Backend = "loaded" }, "japanese", ""},

	{"no library", everywhere, func(e *Environment) { e.broken(pcsc.ErrNoLibrary) }, "no-library clock-unknown japanese", problem.NoService},
	{"denied", everywhere, func(e *Environment) { e.broken(pcsc.ErrAccess) }, "refused clock-unknown japanese", problem.NoService},
	{"denied over ssh", []string{"linux"}, func(e *Environment) {
		e.broken(pcsc.ErrAccess)
		e.set("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
	}, "refused-over-ssh clock-unknown japanese", problem.NoService},
	{"another protocol", []string{"linux"}, func(e *Environment) { e.broken(pcsc.ErrMismatch) }, "service-mismatch clock-unknown japanese", problem.NoService},
	{"stopped", []string{"windows", "darwin"}, func(e *Environment) { e.broken(pcsc.ErrMismatch) }, "not-running clock-unknown japanese", problem.NoService},
	{"socket of others", []string{"linux"}, func(e *Environment) {
		e.broken(pcsc.ErrNoService)
		e.Socketed, e.Socket = true, fmt.Errorf("connect: %w", fs.ErrPermission)
	}, "socket-refused clock-unknown japanese", problem.NoService},
	{"silent service", []string{"linux"}, func(e *Environment) {
		e.broken(pcsc.ErrNoService)
		e.Socketed = true
	}, "service-silent clock-unknown japanese", problem.NoService},
	{"not running", everywhere, func(e *Environment) { e.broken(pcsc.ErrNoService) }, "not-running clock-unknown japanese", problem.NoService},
	{"not installed", []string{"linux"}, func(e *Environment) {
		e.broken(pcsc.ErrNoService)
		delete(e.Files.(fstest.MapFS), "usr/sbin/pcscd")
	}, "not-installed clock-unknown japanese", problem.NoService},
	{"socket without service", []string{"linux"}, func(e *Environment) {
		e.broken(pcsc.ErrNoService)
		e.files(fstest.MapFS{"run/pcscd/pcscd.comm": file("")})
	}, "socket-dead clock-unknown japanese", problem.NoService},
	{"not running in WSL", []string{"linux"}, func(e *Environment) {
		e.broken(pcsc.ErrNoService)
		e.files(fstest.MapFS{"proc/sys/kernel/osrelease": file("5.15.153.1-microsoft-standard-WSL2\n")})
	}, "not-running-wsl clock-unknown japanese", problem.NoService},
	{"not running in a container", []string{"linux"}, func(e *Environment) {
		e.broken(pcsc.ErrNoService)
		e.files(fstest.MapFS{".dockerenv": file("")})
		delete(e.Files.(fstest.MapFS), "usr/sbin/pcscd")
	}, "not-running-container clock-unknown japanese", problem.NoService},
	{"service fails", everywhere, func(e *Environment) {
		e.Service = errors.New("pcsc: unexpected")
		e.unplugged()
	}, "service-fails clock-unknown japanese", problem.NoService},

	{"no reader", everywhere, (*Environment).unplugged, "no-reader clock-unknown japanese", problem.NoReader},
	{"no reader in WSL", []string{"linux"}, func(e *Environment) {
		e.unplugged()
		e.files(fstest.MapFS{"proc/sys/kernel/osrelease": file("5.15.153.1-microsoft-standard-WSL2\n")})
	}, "no-reader-wsl clock-unknown japanese", problem.NoReader},
	{"no reader in Remote Desktop", []string{"windows"}, func(e *Environment) {
		e.unplugged()
		e.set("SESSIONNAME", "RDP-Tcp#0")
	}, "no-reader-rdp clock-unknown japanese", problem.NoReader},
	{"broken reader", everywhere, func(e *Environment) {
		e.Readers = []pcsc.ReaderState{{Name: readerName, Broken: true}}
		e.Cards = nil
	}, "reader-broken no-card clock-unknown japanese", problem.NoReader},
	{"no driver", []string{"linux"}, func(e *Environment) {
		e.unplugged()
		e.usb("04e6:5116", "SCR3310 Smart Card Reader", "0b", "usbfs")
		delete(e.Files.(fstest.MapFS), "usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist")
	}, "no-driver no-reader clock-unknown japanese", problem.NoReader},
	{"reader that the service does not have", []string{"linux"}, func(e *Environment) {
		e.unplugged()
		e.usb("04e6:5116", "SCR3310 Smart Card Reader", "0b", "usbfs")
	}, "reader-not-taken no-reader clock-unknown japanese", problem.NoReader},
	{"reader in use", []string{"linux"}, func(e *Environment) { e.usb("04e6:5116", "SCR3310", "0b", "usbfs") }, "japanese", ""},
	{"other USB device", []string{"linux"}, func(e *Environment) {
		e.unplugged()
		e.usb("046d:c31c", "Keyboard", "03", "usbhid")
	}, "no-reader clock-unknown japanese", problem.NoReader},
	{"claimed by the kernel", []string{"linux"}, func(e *Environment) {
		e.unplugged()
		e.usb("072f:2200", "ACR122U PICC Interface", "0b", "pn533_usb")
	}, "kernel-module no-reader clock-unknown japanese", problem.NoReader},
	{"claimed by the kernel beside another reader", []string{"linux"}, func(e *Environment) {
		e.usb("072f:2200", "ACR122U PICC Interface", "0b", "pn533_usb")
	}, "kernel-module japanese", problem.Attention},
	{"reader without a driver for Linux", []string{"linux"}, func(e *Environment) {
		e.unplugged()
		e.usb("054c:06c3", "RC-S380/P", "ff", "port100")
	}, "vendor-reader no-reader clock-unknown japanese", problem.NoReader},

	{"TPM card beside a reader", everywhere, func(e *Environment) {
		e.Readers = append(e.Readers, pcsc.ReaderState{Name: "Windows Hello for Business 1", Present: true})
	}, "virtual-reader japanese", ""},
	{"only a TPM card", []string{"windows"}, func(e *Environment) {
		e.Readers, e.Cards = []pcsc.ReaderState{{Name: "Microsoft Virtual Smart Card 0", Present: true}}, nil
	}, "no-reader virtual-reader clock-unknown japanese", problem.NoReader},

	{"exclusive", everywhere, func(e *Environment) {
		e.Readers[0].Exclusive, e.Readers[0].InUse = true, true
		e.cardFails(pcsc.ErrInUse)
	}, "exclusive card-in-use clock-unknown japanese", problem.CardInUse},
	{"exclusive with scdaemon", []string{"linux", "darwin"}, func(e *Environment) {
		e.Readers[0].Exclusive = true
		e.cardFails(pcsc.ErrInUse)
		e.scdaemon("")
	}, "exclusive-scdaemon card-in-use clock-unknown japanese", problem.CardInUse},
	{"scdaemon has the USB device", []string{"linux"}, func(e *Environment) {
		e.unplugged()
		e.scdaemon("/dev/bus/usb/001/004")
	}, "no-reader scdaemon-holds clock-unknown japanese", problem.NoReader},
	{"scdaemon, and no reader", []string{"linux", "darwin"}, func(e *Environment) {
		e.unplugged()
		e.scdaemon("/dev/null")
	}, "no-reader scdaemon-maybe clock-unknown japanese", problem.NoReader},
	{"scdaemon in nobody's way", []string{"linux", "darwin"}, func(e *Environment) { e.scdaemon("/dev/null") }, "scdaemon-runs japanese", ""},

	{"no card", everywhere, func(e *Environment) {
		e.Readers, e.Cards = []pcsc.ReaderState{{Name: readerName}}, nil
	}, "no-card clock-unknown japanese", problem.NoCard},
	{"mute card", everywhere, func(e *Environment) {
		e.Readers, e.Cards = []pcsc.ReaderState{{Name: readerName, Present: true, Mute: true}}, nil
	}, "card-mute clock-unknown japanese", problem.NoCard},
	{"mute card beside a good one", everywhere, func(e *Environment) {
		e.Readers = append(e.Readers, pcsc.ReaderState{Name: "B", Present: true, Mute: true})
	}, "card-mute japanese", ""},
	{"another card", everywhere, func(e *Environment) { e.cardFails(jpki.ErrNotJPKI) }, "not-jpki clock-unknown japanese", problem.NotJPKI},
	{"another card beside a good one", everywhere, func(e *Environment) {
		e.Cards = append(e.Cards, Card{Reader: "B", Err: jpki.ErrNotJPKI})
	}, "not-jpki japanese", ""},
	{"card refused", everywhere, func(e *Environment) { e.cardFails(pcsc.ErrAccess) }, "card-refused clock-unknown japanese", problem.NoService},
	{"card fails", everywhere, func(e *Environment) { e.cardFails(pcsc.ErrCommunication) }, "card-fails clock-unknown japanese", problem.NoCard},
	{"phone", everywhere, func(e *Environment) {
		e.Cards[0].Token.Kind = jpki.TokenAndroid
		e.Cards[0].Auth.Cert, e.Cards[0].Auth.State = nil, inspect.NeedsPIN
	}, "clock-unknown japanese", ""},
	{"old card", everywhere, func(e *Environment) { e.Cards[0].Token.Kind = jpki.TokenJukiCard }, "juki-card japanese", problem.NoCertificate},
	{"iPhone", everywhere, func(e *Environment) { e.Cards[0].Token.Kind = jpki.TokenIPhone }, "iphone japanese", ""},
	{"unknown token", everywhere, func(e *Environment) { e.Cards[0].Token.Kind = jpki.TokenUnknown }, "unknown-token japanese", problem.Attention},

	{"no signing certificate", everywhere, func(e *Environment) { e.Cards[0].Sign.State = inspect.Absent }, "no-signing-certificate japanese", ""},
	{"no certificate", everywhere, func(e *Environment) {
		e.Cards[0].Auth.Cert, e.Cards[0].Auth.State = nil, inspect.Absent
	}, "no-certificate clock-unknown japanese", problem.NoCertificate},
	{"damaged certificate", everywhere, func(e *Environment) { e.Cards[0].CAs[jpki.KindSignCA] = jpki.ErrDamaged }, "certificate-damaged japanese", problem.DamagedCert},
	{"unreadable certificate", everywhere, func(e *Environment) { e.Cards[0].CAs[jpki.KindAuthCA] = apdu.Status(0x6F00) }, "certificate-unreadable japanese", problem.CardAnswer},
	{"unreadable counter", everywhere, func(e *Environment) { e.Cards[0].Sign.PIN.Err = apdu.Status(0x6700) }, "counter-unreadable japanese", problem.Attention},
	{"blocked password", everywhere, func(e *Environment) { e.Cards[0].Sign.PIN.Tries.Left = 0 }, "pin-blocked japanese", problem.Attention},
	{"blocked PIN", everywhere, func(e *Environment) { e.Cards[0].Auth.PIN.Tries.Left = 0 }, "pin-blocked japanese", problem.Attention},
	{"last tries", everywhere, func(e *Environment) {
		e.Cards[0].Sign.PIN.Tries.Left, e.Cards[0].Auth.PIN.Tries.Left = 1, 1
	}, "last-try last-try japanese", problem.Attention},
	{"face authentication", everywhere, func(e *Environment) {
		e.Cards[0].Sign.State, e.Cards[0].Sign.PIN.Tries.Left, e.Cards[0].Auth.PIN.Tries.Left = inspect.Absent, 0, 0
	}, "no-signing-certificate pin-unusable japanese", ""},

	{"clock before this program", everywhere, func(e *Environment) { e.Now = e.Built.AddDate(-1, 0, 0) }, "clock-behind japanese", problem.Failed},
	{"clock before the certificate", everywhere, func(e *Environment) {
		e.Built, e.Now = time.Time{}, cert.ValidityOf(e.Cards[0].Auth.Cert).NotBefore.Add(-time.Hour)
	}, "clock-behind japanese", problem.Failed},
	{"expired", everywhere, func(e *Environment) { e.Now = noon.AddDate(10, 0, 0) }, "expired japanese", problem.Expired},

	{"no locale, in Japanese", []string{"linux", "darwin"}, func(e *Environment) { e.set("LANG", "") }, "locale-not-utf8 japanese", problem.Attention},
	{"EUC-JP", []string{"linux"}, func(e *Environment) { e.set("LC_ALL", "ja_JP.eucJP") }, "locale-not-utf8 japanese", problem.Attention},
	{"no locale, in English", []string{"linux", "darwin"}, func(e *Environment) {
		e.set("LANG", "C")
		e.Lang = i18n.EN
	}, "locale-other japanese", ""},
	{"other programs", []string{"linux", "darwin"}, func(e *Environment) { e.setUp("usr/bin/jpki") }, "japanese", ""},
	{"other programs, moved", []string{"linux", "darwin"}, func(e *Environment) { e.setUp("usr/local/bin/jpki") }, "pkcs11-program japanese", problem.Attention},
	{"other programs, half", []string{"linux"}, func(e *Environment) {
		e.setUp("usr/bin/jpki")
		e.files(fstest.MapFS{
			"usr/share/p11-kit/modules/opensc.module":  file("module: opensc-pkcs11.so\n"),
			"home/alice/.mozilla/firefox/profiles.ini": file("[Profile0]\nPath=x\n"),
			"home/alice/.mozilla/firefox/x/cert9.db":   file(""),
			"home/alice/.mozilla/firefox/x/pkcs11.txt": file("library=\nname=NSS Internal PKCS #11 Module\n"),
			"home/alice/.pki/nssdb/cert9.db":           file(""),
			"home/alice/.pki/nssdb/pkcs11.txt":         file("library=/usr/lib/p11-kit-proxy.so\nname=jpki\n"),
		})
	}, "pkcs11-browser pkcs11-twice japanese", ""},

	{"console", []string{"linux"}, func(e *Environment) { e.set("TERM", "linux") }, "console", problem.Attention},
	{"no TERM", []string{"linux", "darwin"}, func(e *Environment) { e.set("TERM", "") }, "plain-terminal", ""},
	{"piped", everywhere, func(e *Environment) { e.Terminal = false }, "no-terminal", ""},
}

// setUp has other programs start the one at /usr/bin/jpki, which lies at path.
func (e *Environment) setUp(path string) {
	e.set("HOME", "/home/alice")
	e.files(fstest.MapFS{
		"home/alice/.config/pkcs11/modules/jpki.module": file("remote: |/usr/bin/jpki pkcs11\n"),
		path: &fstest.MapFile{Mode: 0o755},
	})
}

// scdaemon runs it, with a file open.
func (e *Environment) scdaemon(open string) {
	if e.OS == "darwin" {
		before := e.Run
		e.Run = func(path string, args ...string) (string, error) {
			if path == "/usr/bin/pgrep" && slices.Equal(args, []string{"-x", "scdaemon"}) {
				return "4242\n", nil
			}
			return before(path, args...)
		}
		return
	}
	e.files(fstest.MapFS{
		"proc/1/comm":    file("systemd\n"),
		"proc/4242/comm": file("scdaemon\n"),
		"proc/4242/fd/3": link(open),
	})
}

func TestFindings(t *testing.T) {
	produced := map[string]bool{}
	for _, s := range scenarios {
		for _, system := range s.systems {
			t.Run(s.name+" on "+system, func(t *testing.T) {
				e := healthy(t, system)
				s.do(e)
				var got []string
				findings := Examine(e)
				for _, f := range findings {
					produced[f.Name] = true
					checkFinding(t, f)
					if f.Level != OK {
						got = append(got, f.Name)
					}
				}
				if names := strings.Join(got, " "); names != s.want {
					t.Errorf("found %s, want %s", names, s.want)
				}
				var code problem.Code
				if g := MostSevere(findings); g != nil {
					code = g.Code
				}
				if code != s.code {
					t.Errorf("code %q, want %q", code, s.code)
				}
			})
		}
	}
	for _, name := range findingsInSource(t) {
		if !produced[name] {
			t.Errorf("no scenario leads to the finding %s", name)
		}
	}
}

// checkFinding checks what must hold for each.
func checkFinding(t *testing.T, f Finding) {
	t.Helper()
	if f.Check == "" || (f.Level == Bad || f.Level == Warn) != (f.Code != "") {
		t.Errorf("%+v", f)
	}
	if (f.Level == Bad || f.Level == Warn) && f.Next.IsZero() {
		t.Errorf("%s does not say what to do", f.Name)
	}
	for _, s := range []text{f.What, f.Next} {
		if s.IsZero() {
			continue
		}
		if !strings.ContainsFunc(s.JA, japanese) {
			t.Errorf("%s: %q is not Japanese", f.Name, s.JA)
		}
		if s.EN == "" || strings.ContainsFunc(s.EN, japanese) {
			t.Errorf("%s: %q is not English", f.Name, s.EN)
		}
		if both := s.JA + s.EN; strings.Contains(both, "%!") || strings.Contains(both, "  ") {
			t.Errorf("%s: %q", f.Name, both)
		}
	}
}

func japanese(r rune) bool {
	return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
}

// findingsInSource gives the names of all findings that there can be.
func findingsInSource(t *testing.T) (names []string) {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`\b(?:ok|note|unknown|warn|bad|badIf)\((?:\w+!?\w*, |!found, )?"([a-z0-9-]+)"`)
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		data, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range form.FindAllStringSubmatch(string(data), -1) {
			names = append(names, m[1])
		}
	}
	if len(names) < 50 {
		t.Fatalf("%d findings in the source: not all of them", len(names))
	}
	return names
}

func TestGravestIsTheCause(t *testing.T) {
	findings := []Finding{
		warn("w", text{}, text{}), ok("o", text{}),
		bad("cause", problem.NoService, text{}, text{}), bad("effect", problem.NoReader, text{}, text{}),
	}
	if g := MostSevere(findings); g.Name != "cause" {
		t.Errorf("gravest is %s", g.Name)
	}
	if g := MostSevere(findings[:2]); g.Name != "w" {
		t.Errorf("gravest is %s", g.Name)
	}
	if g := MostSevere(findings[1:2]); g != nil {
		t.Errorf("gravest is %s", g.Name)
	}
}

// TestServiceVersion: it is told where it can be known, and not made up.
func TestServiceVersion(t *testing.T) {
	for _, system := range everywhere {
		e := healthy(t, system)
		said := Examine(e)[0].What.EN
		if strings.Contains(said, "1.9.9") != (system == "linux") {
			t.Errorf("%s: %s", system, said)
		}
	}
	e := healthy(t, "linux")
	e.Run = func(string, ...string) (string, error) { return "pcsc-lite version 2.0.0", errors.New("killed") }
	if said := Examine(e)[0].What.EN; strings.Contains(said, "2.0") {
		t.Error(said)
	}
}

func TestNothingIsKnownWithoutFiles(t *testing.T) {
	e := healthy(t, "linux")
	e.Files = nil
	if g := MostSevere(Examine(e)); g != nil {
		t.Errorf("found %+v", g)
	}
}

// TestReport: it holds what helps, and nothing that is private.
func TestReport(t *testing.T) {
	e := healthy(t, "linux")
	e.usb("076b:3022", "OMNIKEY 3x21", "0b", "usbfs")
	e.set("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
	e.Readers = []pcsc.ReaderState{
		{Name: "HID OMNIKEY 3121 [CCID Interface] (21221215204512) 00 00", Present: true, ATR: []byte{0x3B, 0xE0, 0, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14}},
		{Name: "Other (70D7E2EE) 01 00"},
	}
	e.Cards = append(e.Cards, Card{Reader: e.Readers[0].Name, Err: errors.New("open /home/hanako/x on akari: no hanako")})
	report := Report(e, Examine(e), "jpki 1.0", Private{"/home/hanako", "akari", "hanako"})
	for _, want := range []string{
		"jpki 1.0", "linux Debian GNU/Linux 12 (bookworm), kernel 6.1.0-44-amd64", "1.9.9", "linked", "ssh=true", "ja_JP.UTF-8",
		"HID OMNIKEY 3121 [CCID Interface] (serial removed) 00 00 present=true", "contact, 9 bytes",
		"Other (serial removed) 01 00 present=false", "(USB 076b:3022) ccid=true drivers=usbfs",
		"open ~/x on HOST: no USER", "certificate/certificates", "auth-ca",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	c := e.Cards[0].Auth.Cert
	for _, secret := range []string{
		"hanako", "akari", "21221215204512", "70D7E2EE", "192.0.2", "3BE000",
		c.SerialNumber.String(), strings.ToLower(fmt.Sprintf("%x", c.SerialNumber)), c.Subject.CommonName,
		cert.FingerprintOf(c).String()[:8], cert.ValidityOf(c).LastDay().String(),
	} {
		if strings.Contains(strings.ToLower(report), strings.ToLower(secret)) {
			t.Errorf("%q is in the report", secret)
		}
	}
	if t.Failed() {
		t.Log("\n" + report)
	}
	for line := range strings.Lines(report) {
		if strings.ContainsFunc(line, japanese) {
			t.Errorf("a sentence: %s", line)
		}
	}
}

func TestReportEverywhere(t *testing.T) {
	for _, s := range scenarios {
		for _, system := range s.systems {
			e := healthy(t, system)
			s.do(e)
			report := Report(e, Examine(e), "jpki", Private{User: "USER", Host: "HOST", Home: "/"})
			if !strings.Contains(report, "jpki") || strings.Contains(report, "%!") {
				t.Errorf("%s on %s:\n%s", s.name, system, report)
			}
		}
	}
}

func TestATRKind(t *testing.T) {
	for kind, atr := range map[string][]byte{
		"none":             nil,
		"contactless":      {0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00},
		"contact, 9 bytes": {0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14},
		"contact, 2 bytes": {0x3B, 0x80},
	} {
		if got := atrKind(atr); got != kind {
			t.Errorf("%X: %s, want %s", atr, got, kind)
		}
	}
}
