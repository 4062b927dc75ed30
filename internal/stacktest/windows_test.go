//go:build pcscd && wine

package stacktest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// lines are command lines that Linux and Windows have to end alike. They run in
// a folder with the files of [windowsFolder].
var lines = []string{
	"version", "help", "help exit-codes", "nonsense", "readers", "readers --json", "guide lost", "guide nothing", "ca list --json",
	"status", "status --json", "status --short", "status --check", "status --lang ja", "status --reader nowhere",
	"status --card demo --json", "status --card demo:nobody", "status --wait 5", "doctor --json",
	"cert show auth --json", "cert show sign --json --pin-file sign.pin", "cert export auth", "cert export auth -o auth.pem", "cert export sign",
	"cert check auth --json", "cert check sign --json --pin-file sign.pin",
	"pin status --json", "pin verify auth --json --pin-file auth.pin", "pin verify sign --pin-file sign.pin", "pin verify sign --pin-file small.pin",
	"pin verify sign --pin-file auth.pin", "pin verify auth --pin-file none.pin", "pin verify auth --pin-file .", "pin verify", "pin verify auth",
	"pin verify auth --json --pin-file wrong.pin", "pin change sign --pin-file change.pin --json", "pin change sign --pin-file same.pin", "pin change auth --pin-file bad.pin",
	"sign a.txt --json --pin-file sign.pin", "sign a.txt --pin-file sign.pin --attached --json", "sign a.xml --json --pin-file sign.pin",
	"sign a.txt a.xml --json --pin-file sign.pin", "sign none.txt --pin-file sign.pin", "sign folder --pin-file sign.pin", "sign a.txt -o there.txt --pin-file sign.pin",
	"sign a.txt -o there.txt --force --json --pin-file sign.pin", "sign a.txt -o none/b.p7s --pin-file sign.pin", "sign a.txt --dry-run --json",
	"sign a.txt --pin-file wrong.pin --json", "sign a.txt --format nothing", "sign *.csv --json --pin-file sign.pin", "sign a.txt --format raw -o a.sig --json --pin-file sign.pin",
	"verify signed.p7s --content a.txt --trust demo --json", "verify signed.p7s --content a.xml --trust demo --json", "verify a.txt", "verify none.p7s",
	"calendar", "calendar -o card.ics", "ssh key", "completion powershell",
}

// windowsFolder fills a folder for the lines.
func windowsFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.txt": "text", "a.xml": "<?xml version=\"1.0\"?>\n<a>1</a>", "there.txt": "there", "1.csv": "1", "2.csv": "2",
		"sign.pin": virtualcard.SignPIN, "auth.pin": virtualcard.AuthPIN, "small.pin": strings.ToLower(virtualcard.SignPIN), "wrong.pin": "WRONG1", "bad.pin": virtualcard.AuthPIN + "\n12a4\n",
		"change.pin": virtualcard.SignPIN + "\nNEW" + virtualcard.SignPIN + "\n", "same.pin": virtualcard.SignPIN + "\n" + virtualcard.SignPIN + "\n",
	} {
		write(t, dir, name, content)
	}
	testkit.Must(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
	return dir
}

// TestLikeLinux runs each line with both programs, on a card of its own each
// time: the exit status, the JSON and what reached the card are the same.
func TestLikeLinux(t *testing.T) {
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			alike(t, func(t *testing.T, p program) result {
				insert(t, "adult", virtualcard.Options{})
				dir := prepared(t, p)
				args := split(line)
				if i := slices.Index(args, "*.csv"); i >= 0 && p.through == "" { // what a shell would do
					args = slices.Replace(args, i, i+1, "1.csv", "2.csv")
				}
				return p.with(t, setting{dir: dir}, args...)
			})
		})
	}
}

// prepared is a folder in which signed.p7s is a signature over a.txt.
func prepared(t *testing.T, p program) string {
	t.Helper()
	dir := windowsFolder(t)
	p.with(t, setting{dir: dir}, "sign", "a.txt", "-o", "signed.p7s", "--card", "demo", "--pin-file", "sign.pin").wantExit(t, 0)
	return dir
}

// split splits a line. Wine loses commands of extended length, so neither
// program sends any.
func split(line string) []string {
	args := strings.Fields(line)
	if slices.Contains([]string{"status", "cert", "pin", "sign", "doctor", "calendar"}, args[0]) {
		args = append(args, "--short-apdu")
	}
	return args
}

// TestFaultsLikeLinux pulls the card, or has it answer wrongly, at each command
// of each operation.
func TestFaultsLikeLinux(t *testing.T) {
	for _, line := range []string{
		"status --json", "pin status --json", "pin verify auth --json --pin-file auth.pin", "pin change sign --json --pin-file change.pin",
		"cert export auth -o x.pem", "sign a.txt -o x.p7s --json --pin-file sign.pin",
	} {
		t.Run(line, func(t *testing.T) {
			dir := windowsFolder(t)
			s := insert(t, "adult", virtualcard.Options{})
			whole := programs[0].with(t, setting{dir: dir}, split(line)...).wantExit(t, 0)
			s.remove(t)
			// Between two reads of one file a card is pulled like at the last.
			for n := 1; n <= len(whole.log); n++ {
				if n < len(whole.log) && isRead(whole.log[n-1]) && isRead(whole.log[n]) {
					continue
				}
				run := func(t *testing.T, p program) result {
					s := insert(t, "adult", virtualcard.Options{})
					s.when(n, s.pull)
					running := p.prepare(t, setting{dir: windowsFolder(t)}, split(line)...)
					running.alone = false // the card is on its way out: nobody can look at it
					running.begin(t)
					r := running.wait(t)
					s.waitFor(t, false)
					time.Sleep(500 * time.Millisecond) // a card that is back sooner was never away
					return r
				}
				// Whether the last answer still arrives is chance, for either program.
				for left := 4; ; left-- {
					found := differences(t, run)
					if len(found) == 0 {
						break
					}
					if left == 0 {
						t.Errorf("pulled at command %d: %s", n, strings.Join(found, "\n"))
						break
					}
				}
			}
		})
	}
}

func isRead(x exchange) bool { return x.INS == apdu.InsReadBinary }

// TestTriesLikeLinux: tries are counted and guarded alike, to the last one.
func TestTriesLikeLinux(t *testing.T) {
	for _, persona := range []string{"last-try", "locked-sign", "no-pin", "child", "expired", "android"} {
		for _, line := range []string{"status --json", "pin status --json", "pin verify auth --json --pin-file wrong.pin", "pin verify sign --json --pin-file wrong.pin", "sign a.txt --json --pin-file sign.pin"} {
			t.Run(persona+" "+line, func(t *testing.T) {
				alike(t, func(t *testing.T, p program) result {
					insert(t, persona, virtualcard.Options{})
					return p.with(t, setting{dir: windowsFolder(t)}, split(line)...)
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
func openSCSigns(t *testing.T, reader string) string {
	t.Helper()
	info := "3031300D060960864801650304020105000420" + strings.Repeat("5A", 32)
	out := tool(t, "", "opensc-tool", "--reader", reader, "--card-driver", "default",
		"--send-apdu", "00A4040C0A"+fmt.Sprintf("%X", aid), "--send-apdu", "00A4020C02001A", "--send-apdu", "802A008033"+info+"00")
	answers := strings.Split(out, "Received")
	return answers[len(answers)-1]
}

// variable are members that differ from run to run, or between systems: times,
// random bytes, advice that is about the system.
var variable = regexp.MustCompile(`(?i)(time|date|at|sha256|bytes|hint|message|system|version|library|service|software|detail|path|program|milliseconds)$`)

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
			if variable.MatchString(key) {
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
	}
	return v
}
