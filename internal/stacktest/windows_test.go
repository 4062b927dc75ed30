//go:build pcscd && wine

package stacktest

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/shellwords"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// lines are command lines that Linux and Windows have to end alike. They run in
// a folder with the files of [windowsFolder], and take no try of the card.
var lines = []string{
	// The program itself.
	"", "version", "--version", "version --json", "nonsense", "--nonsense", "status --nonsense", "status extra", "--lang xx", "--color sometimes version",
	"help", "help nothing", "help exit-codes", "help environment", "help formats", "help json", "help json jpki.status/v1", "help login", "help options", "help pin", "help programs", "help sign",
	"--help", "status --help", "ca --help", "calendar --help", "cert --help", "cert show --help", "cert export --help", "cert check --help", "completion --help", "demo --help", "doctor --help", "guide --help",
	"pin --help", "pin change --help", "pkcs11 --help", "readers --help", "sign --help", "ssh --help", "ssh agent --help", "timestamp --help", "tls --help", "verify --help", "verify --help --lang ja", "watch --help",
	"completion", "completion bash", "completion zsh", "completion fish", "completion powershell", "completion cmd", "__complete sign --for", "__complete cert sh",
	"guide", "guide --json", "guide lost", "guide locked", "guide renew", "guide after-renewal", "guide moved", "guide issue", "guide trouble", "guide pin-change", "guide wrong-pin", "guide certificates", "guide who",
	"guide validity", "guide lapsed", "guide give-up", "guide check", "guide fees", "guide proxy", "guide devices", "guide counter", "guide contact", "guide nothing", "guide new address", "guide 引越し --lang ja", "guide 紛失 --json",

	// Readers and cards.
	"readers", "readers --json", "status", "status --json", "status --short", "status --check", "status --check --json", "status --lang ja", "status --color always", "status --no-input", "status --reader nowhere --json",
	"status --reader 'virtual pcd 00 00' --json", "status --reader 00 --json", "status --card demo --json", "status --card demo:child --json", "status --card demo:nobody --json", "status --card nothing", "status --wait 5",
	"status --wait 1s --json", "status --wait -1s", "status --trace trace.txt --json", "status --trace a.txt", "status --trace none/trace.txt", "status --ask --json --pin-file sign.pin", "status --no-remember --json",
	"doctor --json", "doctor", "doctor --report", "doctor --report --json", "doctor --card demo --json",
	"calendar", "calendar -o card.ics", "calendar -o there.txt", "calendar --ask --pin-file sign.pin", "calendar --remind 60d,2w,0d --json", "calendar --remind never",
	"demo", "demo --lang ja", "demo nothing", "demo reset", "demo reset nobody", "demo serve --persona nobody --json", "demo serve --address 127.0.0.1:1 --json",

	// Certificates.
	"cert show --json", "cert show auth --json", "cert show auth-ca --json", "cert show sign", "cert show sign --json --pin-file sign.pin", "cert show sign-ca --json", "cert show nothing --json", "cert show auth.pem --json", "cert show a.txt --json", "cert show folder --json",
	"cert export", "cert export auth", "cert export auth --format der", "cert export auth --format pdf", "cert export auth -o new.pem", "cert export auth -o there.txt", "cert export auth -o there.txt --force", "cert export auth -o -", "cert export auth -o none/a.pem",
	"cert export auth-ca", "cert export sign", "cert export sign --pin-file sign.pin --format der -o sign.cer", "cert check auth --json", "cert check sign --json --pin-file sign.pin", "cert check auth.pem --json", "cert check auth.pem --trust demo --json",
	"ca list", "ca list --json", "ca show", "ca show nothing --json", "ca show --json auth.pem", "ca add none.pem --json", "ca add a.txt --json", "ca add auth.pem --json", "ca remove nothing --json",

	// PINs.
	"pin", "pin status", "pin status --json", "pin status auth --json", "pin verify", "pin verify auth", "pin verify auth --json --pin-file auth.pin", "pin verify sign --pin-file sign.pin", "pin verify sign --pin-file small.pin", "pin verify sign --pin-file small.pin --pin-exact --json",
	"pin verify sign --pin-file auth.pin --json", "pin verify auth --pin-file none.pin --json", "pin verify auth --pin-file . --json", "pin verify auth --pin-file empty --json", "pin verify auth --pin-file bom.pin --json", "pin verify auth --pin-file two.pin --json", "pin verify auth --pin-file full.pin --json",
	"pin verify sign --pin-stdin --json", "pin verify auth --pin-stdin --pin-file auth.pin --json", "pin verify auth --pin-command no-such-program --json", "pin verify auth --pin-command ''", "pin verify sign --min-tries 6 --pin-file sign.pin --json", "pin verify auth --pinentry no-such-program --json",
	"pin verify auth --pin-credential x --json", "pin change auth", "pin change sign --pin-file same.pin --json", "pin change auth --pin-file bad.pin --json", "pin change auth --pin-file auth.pin --json", "pin change auth --pin-file auth.pin --new-pin-file none.pin --json",

	// Signatures.
	"sign", "sign a.txt", "sign a.txt --json --pin-file sign.pin", "sign a.txt --pin-file sign.pin --lang ja", "sign a.txt --pin-file sign.pin --quiet", "sign a.txt --pin-file sign.pin --attached --json", "sign a.txt --pin-file sign.pin --digest sha512 --pem --json",
	"sign a.xml --json --pin-file sign.pin", "sign a.xml --json --format xades --pin-file sign.pin", "sign a.pdf --json --pin-file sign.pin", "sign a.pdf --format pdf --profile touki --json --pin-file sign.pin", "sign a.pdf --profile pades --reason test --visible --stamp-font none.ttf --pin-file sign.pin",
	"sign tax.xtx --json --pin-file sign.pin", "sign tax.xtx --profile etax --json --pin-file sign.pin -o tax-out.xtx", "sign 申請 --json --pin-file sign.pin", "sign 申請 --dry-run --json", "sign 申請 -o out.zip --json --pin-file sign.pin", "sign 申請.zip --json --pin-file sign.pin",
	"sign a.txt a.xml --json --pin-file sign.pin", "sign a.txt a.txt --json --pin-file sign.pin", "sign a.txt none.txt --json --pin-file sign.pin", "sign a.txt a.xml --out-dir folder --json --pin-file sign.pin", "sign a.txt --out-dir none --pin-file sign.pin --json", "sign none.txt --pin-file sign.pin --json",
	"sign folder --pin-file sign.pin --json", "sign empty --pin-file sign.pin --json", "sign a.txt -o there.txt --pin-file sign.pin --json", "sign a.txt -o there.txt --force --json --pin-file sign.pin", "sign a.txt -o a.txt --force --json --pin-file sign.pin", "sign a.txt -o none/b.p7s --pin-file sign.pin --json",
	"sign a.txt -o folder --pin-file sign.pin --json", "sign a.txt -o folder/ --pin-file sign.pin --json", "sign a.txt --dry-run --json", "sign a.txt --format nothing --json", "sign a.txt --format raw -o a.sig --json --pin-file sign.pin", "sign a.txt --key auth --pin-file auth.pin --json",
	"sign a.txt --format raw --key auth -o a.sig --pin-file auth.pin --json", "sign - -o - --pin-file sign.pin", "sign - -o stdin.p7s --json --pin-file sign.pin", "sign -- -dash.txt --json --pin-file sign.pin", "sign *.csv --json --pin-file sign.pin", "sign '[1].txt' --json --pin-file sign.pin",
	"sign '長い 名前(1).txt' --json --pin-file sign.pin", "sign 𠮷野家.txt --json --pin-file sign.pin", "sign a.txt -o 署名𠮷.p7s --json --pin-file sign.pin", "sign a.txt --tsa http://127.0.0.1:1/ --json --pin-file sign.pin", "sign a.txt --tsa nonsense --pin-file sign.pin --json", "sign ./a.txt --json --pin-file sign.pin",
	"sign folder/../a.txt --json --pin-file sign.pin", "sign " + long + " -o long.p7s --json --pin-file sign.pin", "sign a.txt -o " + long + ".p7s --json --pin-file sign.pin",

	// Verification.
	"verify", "verify signed.p7s --content a.txt --trust demo --json", "verify signed.p7s --content a.txt --json", "verify signed.p7s --content a.xml --trust demo --json", "verify signed.p7s --json", "verify signed.p7m --trust demo --json", "verify signed.p7m --trust demo --extract out.txt --json", "verify signed.p7m --trust demo --extract there.txt --json",
	"verify signed.pdf --trust demo --json", "verify signed.pdf --trust demo --unchanged --profile touki --json", "verify signed.pdf --trust demo --report page.html", "verify signed.pdf --trust demo --report there.txt", "verify signed.xml --trust demo --json", "verify signed.xml --trust demo --lang ja", "verify mixed --trust demo --json", "verify mixed.zip --trust demo --json", "verify broken.p7s --json",
	"verify 申請 --json", "verify 申請.zip --json", "verify signed.xml signed.pdf a.txt --trust demo --json", "verify a.txt --json", "verify a.pdf --json", "verify none.p7s --json", "verify folder --json", "verify empty --json", "verify - --json", "verify signed.p7s --content - --trust demo --json", "verify signed.p7s --content-dir folder --json",
	"verify signed.pdf --trust demo --signer nobody --json", "verify signed.pdf --trust demo --crl none.crl --json", "verify signed.pdf --trust demo --ocsp http://127.0.0.1:1/ --require-revocation --json", "verify signed.pdf --tsa-ca none.pem --json", "verify signed.pdf --ca auth.pem --json", "verify *.p7s --trust demo --json",

	// The others.
	"timestamp", "timestamp a.txt", "timestamp a.txt --tsa http://127.0.0.1:1/ --json", "timestamp none.txt --tsa http://127.0.0.1:1/ --json", "timestamp --extend signed.pdf --tsa http://127.0.0.1:1/ --json", "tls", "tls http://127.0.0.1/ --json", "tls https://127.0.0.1:1/ --yes --json",
	"ssh", "ssh key", "ssh key --json", "ssh key sign", "ssh agent", "ssh agent --nonsense", "pkcs11 --nonsense", "watch --json --for nothing", "watch extra",
}

// long is a path longer than Windows used to have them.
var long = strings.Repeat("長い名前のフォルダー/", 10) + "a.txt"

// spending are lines that change the counters or the PINs: each has a card of
// its own.
var spending = []string{
	"pin verify auth --json --pin-file wrong.pin", "pin verify auth --json --pin-file wrong4.pin", "pin verify sign --json --pin-file wrong.pin", "sign a.txt --pin-file wrong.pin --json", "cert export sign --pin-file wrong.pin", "cert check sign --json --pin-file wrong.pin",
	"status --ask --json --pin-file wrong.pin", "calendar --ask --json --pin-file wrong.pin", "pin change sign --pin-file change.pin --json", "pin change sign --pin-file change.pin --lang ja", "pin change auth --pin-file auth.pin --new-pin-file new.pin --json", "pin change sign --pin-file wrong-change.pin --json",
}

// otherwise are lines that Windows ends otherwise than Linux, and why.
var otherwise = []struct {
	line           string
	linux, windows int
	why            string
}{
	{`sign folder\\c.csv --pin-file sign.pin`, 1, 0, "a backslash is a separator"},
	{`sign 'folder\*.csv' --pin-file sign.pin`, 1, 0, "the program expands wildcards"},
	{"sign 'folder/*.csv' --pin-file sign.pin", 1, 0, "the program expands wildcards"},
	{"sign '*.none' --pin-file sign.pin", 1, 1, "no match; on Linux, no such file"},
	{"sign '?.csv' --pin-file sign.pin", 1, 0, "the program expands wildcards"},
	{"sign A.TXT --pin-file sign.pin", 1, 0, "names in any case are one name"},
	{"sign a.txt -o THERE.TXT --pin-file sign.pin", 0, 1, "names in any case are one name"},
	{`sign 'Z:\dev\null' --pin-file sign.pin`, 1, 1, "a device; on Linux, no such file"},
	{`sign '\\?\Z:\none.txt' --pin-file sign.pin`, 1, 1, "no such file"},
	{`sign '\\nowhere\share\a.txt' --pin-file sign.pin`, 1, 1, "no such server"},
	{"sign NUL --pin-file sign.pin", 1, 1, "a device; on Linux, no such file"},
	{"sign CON --pin-file sign.pin", 1, 1, "a device; on Linux, no such file"},
	{"sign a.txt -o NUL --pin-file sign.pin", 0, 1, "a device"},
	{"sign a.txt -o CON.p7s --pin-file sign.pin", 0, 1, "a device, with any ending"},
	{"sign a.txt -o com1 --pin-file sign.pin", 0, 1, "a device"},
	{"sign a.txt -o new. --pin-file sign.pin", 0, 1, "no name ends with a dot"},
	{"sign a.txt -o 'new ' --pin-file sign.pin", 0, 1, "no name ends with a space"},
	{"sign a.txt -o 'a?b' --pin-file sign.pin", 0, 1, "no name has a ?"},
	{"sign a.txt -o 'a*b' --pin-file sign.pin", 0, 1, "no name has a *"},
	{"sign a.txt -o 'a\"b' --pin-file sign.pin", 0, 1, "no name has a quotation mark"},
	{"sign a.txt -o 'a|b' --pin-file sign.pin", 0, 1, "no name has a bar"},
	{"sign a.txt -o ab:cd --pin-file sign.pin", 0, 1, "a second stream of a file"},
	{`sign a.txt -o 'Q:\a.p7s' --pin-file sign.pin`, 0, 1, "no such drive; on Linux, a name"},
	{`sign a.txt -o 'folder\b.p7s' --pin-file sign.pin`, 0, 0, "a backslash is a separator"},
	{"pin verify auth --pin-file NUL", 5, 5, "a device; on Linux, no such file"},
	{"pin verify auth --pin-fd 3", 2, 2, "programs are handed no numbered files"},
	{"doctor --lang ja", 7, 0, "the variables for a locale are no matter"},
	{"pkcs11 setup", 2, 1, "p11-kit is for other systems; on Linux it is not for root"},
}

// windowsFolder fills a folder for the lines.
func windowsFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"folder", "mixed", "申請"} {
		testkit.Must(t, os.Mkdir(filepath.Join(dir, folder), 0o755))
	}
	for name, content := range map[string]string{
		"a.txt": "text", "a.xml": "<?xml version=\"1.0\"?>\n<a>1</a>", "there.txt": "there", "1.csv": "1", "2.csv": "2", "folder/c.csv": "c", "-dash.txt": "-", "[1].txt": "[1]", "長い 名前(1).txt": "x", "𠮷野家.txt": "x", "empty": "", "broken.p7s": "0\x82\x01",
		"sign.pin": virtualcard.SignPIN, "auth.pin": virtualcard.AuthPIN, "small.pin": strings.ToLower(virtualcard.SignPIN), "wrong.pin": "WRONG1", "wrong4.pin": "9999", "bad.pin": virtualcard.AuthPIN + "\n12a4\n", "new.pin": "8263", "bom.pin": "\ufeff" + virtualcard.AuthPIN, "two.pin": virtualcard.AuthPIN + "\n1\n2\n3\n", "full.pin": "１２３４",
		"change.pin": virtualcard.SignPIN + "\nNEW" + virtualcard.SignPIN + "\n", "same.pin": virtualcard.SignPIN + "\n" + virtualcard.SignPIN + "\n", "wrong-change.pin": "WRONG1\nNEW" + virtualcard.SignPIN + "\n",
	} {
		write(t, dir, name, content)
	}
	return dir
}

// prepared is a folder with documents of all kinds, signed ones too: signed.p7s
// is over a.txt.
func prepared(t *testing.T, p program) string {
	t.Helper()
	dir := windowsFolder(t)
	gov := filepath.Join(cmp.Or(os.Getenv("JPKI_PROJECT"), "../.."), "testdata", "gov")
	for from, to := range map[string]string{
		"egov/standard/委任状.pdf": "a.pdf", "etax/unsigned.xtx": "tax.xtx", "egov/standard/kousei-other.xml": "申請/kousei.xml",
		"egov/standard/見本がぎ届_01.xml": "申請/見本がぎ届_01.xml", "egov/standard/添付ぷり.txt": "申請/添付ぷり.txt",
	} {
		content, err := os.ReadFile(filepath.Join(gov, from))
		testkit.Must(t, err)
		write(t, dir, to, string(content))
	}
	content, err := os.ReadFile(filepath.Join(gov, "egov/standard/委任状.pdf"))
	testkit.Must(t, err)
	write(t, dir, "申請/委任状.pdf", string(content))
	testkit.Must(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(long)), 0o755))
	write(t, dir, long, "far away")
	for _, args := range [][]string{
		{"sign", "a.txt", "-o", "signed.p7s"}, {"sign", "a.txt", "-o", "signed.p7m", "--attached"}, {"sign", "a.pdf", "-o", "signed.pdf"}, {"sign", "a.xml", "-o", "signed.xml"},
	} {
		programs[0].with(t, setting{dir: dir}, append(args, "--card", "demo", "--pin-file", "sign.pin")...).wantExit(t, 0)
	}
	programs[0].with(t, setting{dir: dir}, "cert", "export", "auth", "-o", "auth.pem", "--card", "demo").wantExit(t, 0)
	for _, name := range []string{"signed.xml", "signed.pdf", "a.txt"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		testkit.Must(t, err)
		write(t, dir, filepath.Join("mixed", name), string(content))
	}
	for _, folder := range []string{"mixed", "申請"} {
		pack(t, filepath.Join(dir, folder))
	}
	return dir
}

// pack makes a ZIP of a folder, beside it.
func pack(t *testing.T, folder string) {
	t.Helper()
	out, err := os.Create(folder + ".zip")
	testkit.Must(t, err)
	w := zip.NewWriter(out)
	for _, name := range names(t, folder) {
		content, err := os.ReadFile(filepath.Join(folder, name))
		testkit.Must(t, err)
		f, err := w.Create(filepath.Base(folder) + "/" + name)
		testkit.Must(t, err)
		_, err = f.Write(content)
		testkit.Must(t, err)
	}
	testkit.Must(t, w.Close())
	testkit.Must(t, out.Close())
}

// TestLikeLinux runs each line with both programs: the exit status, the JSON and
// what reached the card are the same.
func TestLikeLinux(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	template := prepared(t, programs[0])
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			alike(t, func(t *testing.T, p program) result { return p.line(t, template, line) })
			if got := s.card.State(); got.Sign.Left != 5 || got.Auth.Left != 3 {
				t.Fatalf("tries %+v", got)
			}
		})
	}
	for _, c := range otherwise {
		t.Run(c.line, func(t *testing.T) {
			for _, p := range programs {
				want := c.linux
				if p.through != "" {
					want = c.windows
				}
				p.line(t, template, c.line).wantExit(t, want)
			}
		})
	}
}

// line runs a line in a copy of a folder.
func (p program) line(t *testing.T, template, line string) result {
	t.Helper()
	dir := t.TempDir()
	testkit.Must(t, os.CopyFS(dir, os.DirFS(template)))
	for _, name := range names(t, dir) { // a PIN file is its owner's alone
		if strings.HasSuffix(name, ".pin") {
			testkit.Must(t, os.Chmod(filepath.Join(dir, name), 0o600))
		}
	}
	var args []string
	if line != "" {
		args = split(t, line)
	}
	if card := slots[0].now().card; card != nil {
		card.Reset() // nothing is selected on it
	}
	for _, glob := range []string{"*.csv", "*.p7s"} { // what a shell would do
		if i := slices.Index(args, glob); i >= 0 && p.through == "" {
			found, err := filepath.Glob(filepath.Join(dir, glob))
			testkit.Must(t, err)
			for n, path := range found {
				found[n] = filepath.Base(path)
			}
			args = slices.Replace(args, i, i+1, found...)
		}
	}
	return p.with(t, setting{dir: dir, stdin: "text"}, args...)
}

// TestSpendingLikeLinux is TestLikeLinux for lines that leave the card otherwise
// than they found it.
func TestSpendingLikeLinux(t *testing.T) {
	template := prepared(t, programs[0])
	for _, line := range spending {
		t.Run(line, func(t *testing.T) {
			var left [][2]int
			alike(t, func(t *testing.T, p program) result {
				s := insert(t, "adult", virtualcard.Options{})
				r := p.line(t, template, line)
				state := s.card.State()
				left = append(left, [2]int{state.Sign.Left, state.Auth.Left})
				return r
			})
			if len(left) != 2 || left[0] != left[1] {
				t.Errorf("tries left, sign and auth: %v", left)
			}
		})
	}
}

// split splits a line as a shell does. Wine loses commands of extended length, so
// neither program sends any.
func split(t testing.TB, line string) []string {
	t.Helper()
	args, err := shellwords.Split(line)
	testkit.Must(t, err)
	if slices.Contains([]string{"status", "cert", "pin", "sign", "doctor", "calendar"}, args[0]) {
		args = append(args, "--short-apdu")
	}
	return args
}

// TestTriesLikeLinux: tries are counted and guarded alike, to the last one.
func TestTriesLikeLinux(t *testing.T) {
	for _, persona := range []string{"last-try", "locked-sign", "no-pin", "child", "expired", "android"} {
		for _, line := range []string{"status --json", "pin status --json", "pin verify auth --json --pin-file wrong.pin", "pin verify sign --json --pin-file wrong.pin", "sign a.txt --json --pin-file sign.pin"} {
			t.Run(persona+" "+line, func(t *testing.T) {
				alike(t, func(t *testing.T, p program) result {
					insert(t, persona, virtualcard.Options{})
					return p.with(t, setting{dir: windowsFolder(t)}, split(t, line)...)
				})
			})
		}
	}
}

// alike runs a test with both programs and compares what came of it.
func alike(t *testing.T, run func(*testing.T, program) result) {
	t.Helper()
	for _, d := range differences(t, run) {
		t.Error(d)
	}
}

// differences runs a test with both programs and tells in what they differ.
func differences(t *testing.T, run func(*testing.T, program) result) (all []string) {
	t.Helper()
	var results []result
	for _, p := range programs {
		t.Run(p.backend, func(t *testing.T) { results = append(results, run(t, p)) })
	}
	if len(results) != 2 {
		t.Fatal("this is for two programs")
	}
	linux, windows := results[0], results[1]
	if linux.exit != windows.exit {
		all = append(all, fmt.Sprintf("exit status %d on Linux, %d on Windows\n%s%s", linux.exit, windows.exit, windows.stdout, windows.stderr))
	}
	if a, b := commands(linux.log), commands(windows.log); !slices.Equal(a, b) {
		all = append(all, fmt.Sprintf("Linux sent %v\nWindows sent %v", linux.log, windows.log))
	}
	for i, texts := range [][2]string{{linux.stdout, windows.stdout}, {linux.stderr, windows.stderr}} {
		a, isJSON := comparable(texts[0])
		b, alsoJSON := comparable(texts[1])
		if isJSON != alsoJSON || isJSON && !reflect.DeepEqual(a, b) {
			all = append(all, fmt.Sprintf("stream %d: Linux\n%s\nWindows\n%s", i+1, texts[0], texts[1]))
		}
	}
	return all
}

// commands are the instructions that reached the card.
func commands(log []exchange) (list []string) {
	for _, x := range log {
		list = append(list, fmt.Sprintf("%02X %02X %02X %04X", x.INS, x.P1, x.P2, uint16(x.sw)))
	}
	return list
}

// TestClosedForOpenSC: after a signature by either program OpenSC can make none
// with the key. That it would see an open key is shown first.
func TestClosedForOpenSC(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	leaveOpen(t, s.reader)
	if out := openSCSigns(t, s.reader); !strings.Contains(out, "SW1=0x90") {
		t.Fatalf("OpenSC does not see an open key:\n%s", out)
	}
	s.remove(t)
	for _, p := range programs {
		insert(t, "adult", virtualcard.Options{})
		p.with(t, setting{dir: windowsFolder(t)}, "sign", "a.txt", "--pin-file", "sign.pin").wantExit(t, 0)
		if out := openSCSigns(t, s.reader); !strings.Contains(out, "SW1=0x69, SW2=0x82") {
			t.Errorf("%s: OpenSC signs, or does not try:\n%s", p.backend, out)
		}
		s.remove(t)
	}
}

// openSCSigns asks for a signature without a PIN, and gives what opensc-tool
// prints of the last answer.
func openSCSigns(t testing.TB, reader string) string {
	t.Helper()
	info := "3031300D060960864801650304020105000420" + strings.Repeat("5A", 32)
	out := tool(t, "", "opensc-tool", "--reader", reader, "--card-driver", "default",
		"--send-apdu", "00A4040C0A"+fmt.Sprintf("%X", aid), "--send-apdu", "00A4020C02001A", "--send-apdu", "802A008033"+info+"00")
	answers := strings.Split(out, "Received")
	return answers[len(answers)-1]
}

// variable are members that differ from run to run, or between systems: times,
// random bytes, advice that is about the system.
var variable = regexp.MustCompile(`(?i)(time|date|at|sha256|bytes|hint|message|system|version|library|service|software|detail|path|program|platform|ms|ms_per_\w+)$`)

// comparable reads a JSON document without what may differ.
func comparable(text string) (any, bool) {
	var document any
	if json.Unmarshal([]byte(text), &document) != nil {
		return nil, false
	}
	return stripped(document), true
}

func stripped(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v["check"] == "locale" { // Windows has no variables for it
			return nil
		}
		for key, value := range v {
			if _, words := value.(string); variable.MatchString(key) || key == "error" && words { // the system's own
				delete(v, key)
				continue
			}
			if value == "card-removed" && key == "code" {
				value = "no-card" // whichever the service notices first
			}
			v[key] = stripped(value)
		}
	case []any:
		for i, value := range v {
			v[i] = stripped(value)
		}
	case string:
		return strings.ReplaceAll(v, `\`, "/")
	}
	return v
}
