package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// screenLines are the command lines of the golden screens after the help of
// every command and topic: good and bad results. Screens that depend on the
// machine are left out: version and pkcs11 setup.
var screenLines = []string{
	"", "status --card demo", "status --card demo:expiring", "status --card demo:expired", "status --card demo:child", "status --card demo:no-pin",
	"status --card demo:locked-sign", "status --card demo:last-try", "status --card demo:android", "status --card demo:iphone", "status --card demo:juki", "status --card demo:foreign",
	"status --card demo --pin-file pin", "status --card demo:expiring --check", "status --card demo --short",
	"cert show --card demo", "cert show sign --card demo --pin-file pin", "cert show sign --personal --card demo --pin-file pin", "cert show sign-ca --card demo",
	"cert check --card demo --trust demo", "cert check --card demo:expired --trust demo", "cert export auth --card demo -o auth.pem", "cert export auth --card demo -o auth.pem",
	"pin status --card demo", "pin status --card demo:locked-sign", "pin verify auth --card demo --pin-file auth", "pin verify auth --card demo --pin-file wrong",
	"pin verify auth --card demo --pin-file short", "pin verify sign --card demo:locked-sign --pin-file pin", "pin verify auth --card demo:last-try --pin-file auth",
	"pin change auth --card demo --pin-file auth --new-pin-file new", "pin change auth --card demo --pin-file new --new-pin-file short",
	"sign contract.txt --card demo --pin-file pin", "sign contract.txt --card demo --pin-file pin", "sign contract.txt other.txt no.pdf --card demo --pin-file pin",
	"sign other.txt --card demo --dry-run", "sign form.xml --card demo --pin-file pin", "sign none.txt --card demo --pin-file pin", "sign contract.txt --format docx",
	"verify contract.txt.p7s --trust demo", "verify contract.txt.p7s", "verify form-signed.xml --trust demo", "verify other.txt --trust demo", "verify changed.txt.p7s --trust demo",
	"timestamp contract.txt", "ca list", "ca show sign-ca-03", "ca show nothing", "ca add auth.pem", "ssh key --card demo", "readers --card demo", "doctor --card demo", "doctor --card demo:locked-sign",
	"watch --card demo --once", "calendar --card demo -o card.ics", "tls https://localhost:1/ --card demo", "pkcs11",
	"demo reset", "status --wait 5", "status --card demo:nobody", "stauts", "help nothing",
}

var screenFiles = map[string]string{
	"pin": virtualcard.SignPIN, "auth": virtualcard.AuthPIN, "wrong": "9999", "short": "12", "new": "8263",
	"contract.txt": "contract\n", "other.txt": "other\n", "no.pdf": "no\n", "changed.txt": "changed\n",
	"form.xml": "<form><name>見本</name></form>\n",
}

// TestScreens renders every command in both languages on terminals of 60, 80
// and 100 columns and compares the result with golden screens, which a person
// reads. No line is wider than the terminal, and no number is separated from
// its unit. TestTopicsAtWidths does that with the guide and the topics of the
// help.
func TestScreens(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		for _, width := range []int{60, 80, 100} {
			t.Run(fmt.Sprintf("%s-%d", lang, width), func(t *testing.T) {
				path, err := filepath.Abs(filepath.Join("..", "..", "testdata", "screen", fmt.Sprintf("commands-%s-%d.golden", lang, width)))
				if err != nil {
					t.Fatal(err)
				}
				var all strings.Builder
				for _, s := range screens(t, lang, width) {
					fmt.Fprintf(&all, "$ jpki %s\n%s\n", s.line, s.shown)
					for _, problem := range s.problems(width) {
						t.Errorf("jpki %s: %s", s.line, problem)
					}
					if lines := strings.Count(s.shown, "\n"); width == 80 && lines > 48 && slices.Contains([]string{"sign --help", "watch --help"}, s.line) {
						t.Errorf("jpki %s: %d lines, more than two screens", s.line, lines)
					}
				}
				golden(t, path, all.String())
			})
		}
	}
}

// TestCalendarOnTerminal: who sees iCalendar go by is told what to do with it.
func TestCalendarOnTerminal(t *testing.T) {
	w := newWorld(t, "ja")
	if shown := w.onTerminal(80, "calendar --card demo"); !strings.Contains(shown, "ファイルに保存してカレンダーのアプリで開くには、-o card.ics を") {
		t.Errorf("%s", shown)
	}
	if shown := w.onTerminal(80, "calendar --card demo -o -"); strings.Contains(shown, "-o card.ics") {
		t.Errorf("%s", shown)
	}
}

// screen is the output of a command line.
type screen struct {
	line, shown string
}

// screens are those of the help and of screenLines, in this order, in one folder.
func screens(t *testing.T, lang i18n.Lang, width int) (all []screen) {
	w := newWorld(t, string(lang))
	for name, content := range screenFiles {
		w.write(name, content)
	}
	var lines []string
	for _, c := range commandsBelow(Tree(lang)) {
		if !IsTopic(c) {
			lines = append(lines, strings.TrimPrefix(c.CommandPath()+" --help", "jpki "))
		}
	}
	for _, line := range append(lines, screenLines...) {
		if line == "verify changed.txt.p7s --trust demo" {
			signature, err := os.ReadFile(w.path("contract.txt.p7s"))
			if err != nil {
				t.Fatal(err)
			}
			w.write("changed.txt.p7s", string(signature))
		}
		all = append(all, screen{line, w.onTerminal(width, line)})
	}
	return all
}

// onTerminal is the output of a command line on a terminal of this width.
func (w *world) onTerminal(width int, line string) string {
	w.t.Helper()
	keyboard, tty, err := openPTY(width)
	if err != nil {
		w.t.Fatal(err)
	}
	defer keyboard.Close()
	shown := make(chan string)
	go func() {
		b, _ := io.ReadAll(keyboard) // ends with EIO when the other side is closed
		shown <- string(b)
	}()
	cfg := command.Config{
		Args: append(strings.Fields(line), "--no-input"), Stdin: tty, Stdout: tty, Stderr: tty,
		Getenv: func(name string) string {
			return map[string]string{"JPKI_LANG": w.lang, "XDG_STATE_HOME": w.path("state"), "HOME": w.dir, "NO_COLOR": "1", "TERM": "xterm", "LANG": "C.UTF-8"}[name]
		},
		Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("JST", 9*60*60)) },
	}
	a := newApp(cfg)
	finish(a, execute(context.Background(), a, cfg.Args))
	tty.Close()
	return strings.ReplaceAll(strings.ReplaceAll(<-shown, "\r\n", "\n"), w.dir, "/home/me")
}

// openPTY opens a pseudo-terminal of 200 lines.
func openPTY(width int) (keyboard, tty *os.File, err error) {
	if keyboard, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	n := 0
	raw, err := keyboard.SyscallConn()
	if err == nil {
		failed := raw.Control(func(fd uintptr) {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
			err = errors.Join(err, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0),
				unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 200, Col: uint16(width)}))
		})
		err = errors.Join(err, failed)
	}
	if err == nil {
		tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		keyboard.Close()
	}
	return keyboard, tty, err
}

var (
	// tornBefore matches the end of a line with a number at the end, and
	// tornBehind the beginning of a line with the unit of a number before
	// it.
	tornBefore = regexp.MustCompile(`(残り|あと|最大|令和|平成|第|約)$|[0-9]$`)
	tornBehind = regexp.MustCompile(`^ *(回|日|年|月|時|分|秒|桁|文字|個|件|人|枚|行|つ|か月|ページ|バイト|[0-9])`)
	// unbreakable is a text that must not be broken: a key, a fingerprint,
	// an address, a command or a path to copy.
	unbreakable = regexp.MustCompile(`^ *(#|\$ )?\S+$|[A-Za-z0-9+/=_:.-]{40,}`)
)

// problems are lines over the width, and numbers separated from their units.
func (s screen) problems(width int) (all []string) {
	lines := strings.Split(s.shown, "\n")
	for i, line := range lines {
		if i := strings.LastIndexByte(line, '\r'); i >= 0 { // a line of progress, wiped
			line = strings.TrimPrefix(line[i+1:], "\x1b[K")
		}
		if n := twwidth.Width(line); n > width && !unbreakable.MatchString(line) {
			all = append(all, fmt.Sprintf("%d columns: %q", n, line))
		}
		if i > 0 && tornBehind.MatchString(line) && tornBefore.MatchString(lines[i-1]) && twwidth.Width(lines[i-1]) > width*2/3 {
			all = append(all, fmt.Sprintf("torn: %q %q", lines[i-1], line))
		}
	}
	return all
}
