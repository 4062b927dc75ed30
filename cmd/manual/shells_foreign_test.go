//go:build foreign

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// jpkiScript is what the shells find as jpki: it completes as the program does,
// and shows every other line word by word instead of running it.
const jpkiScript = `#!/bin/sh
case $1 in
__complete*) exec "$JPKI" "$@" ;;
esac
printf 'RAN'
printf '[%s]' "$@"
echo
`

// shells are how each is started at a terminal with our completion loaded, as
// its package or its user would, and ready once it has shown READY.
var shells = map[string]struct {
	args []string
	rc   string // its start file, by name and content
	file string
}{
	"bash": {[]string{"--rcfile", "bashrc", "-i"}, "bashrc", `
. /usr/share/bash-completion/bash_completion
. "$COMPLETIONS/jpki.bash"
PS1='$ '
echo READY
`},
	"zsh": {[]string{"-i"}, ".zshrc", `
fpath=("$COMPLETIONS" $fpath)
autoload -Uz compinit && compinit -u -D
PS1='$ '
echo READY
`},
	"fish": {[]string{"-C", "source $COMPLETIONS/jpki.fish; function fish_prompt; printf '$ '; end; function fish_greeting; end; echo READY"}, "", ""},
}

// typed is what somebody types before the tab key, and what the line says then.
var typed = map[string]string{
	"jpki pin ver":                       "[pin][verify]",
	"jpki cert export sign-":             "[cert][export][sign-ca]",
	"jpki cert show auth-":               "[cert][show][auth-ca]",
	"jpki status --card demo:expiri":     "[status][--card][demo:expiring]",
	"jpki demo serve --persona last":     "[demo][serve][--persona][last-try]",
	"jpki demo reset locked":             "[demo][reset][locked-sign]",
	"jpki sign --format xa":              "[sign][--format][xades]",
	"jpki sign --profile tou":            "[sign][--profile][touki]",
	"jpki sign --digest sha5":            "[sign][--digest][sha512]",
	"jpki sign --form detach":            "[sign][--form][detached]",
	"jpki sign --allow":                  "[sign][--allow-last-try]",
	"jpki --lang e":                      "[--lang][en]",
	"jpki --color alw":                   "[--color][always]",
	"jpki help exit":                     "[help][exit-codes]",
	"jpki help json pin-ch":              "[help][json][pin-change]",
	"jpki guide los":                     "[guide][lost]",
	"jpki completion pow":                "[completion][powershell]",
	"jpki verify cont":                   "[verify][contract.pdf]",
	"jpki sign --pin-file cont":          "[sign][--pin-file][contract.pdf]",
	"jpki sign --out-dir fol":            "[sign][--out-dir][folder]",
	"jpki cert export auth cont":         "[cert][export][auth][cont]", // there is no second one
	"jpki verify --trust demo contract.": "[verify][--trust][demo][contract.pdf]",
}

// TestShells types at each shell that Debian has, presses the tab key, and
// looks at the words the line has become.
func TestShells(t *testing.T) {
	folder := t.TempDir()
	if err := write(folder, test); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	program := filepath.Join(bin, "the-real-one")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/jpki-tools/jpki/cmd/jpki").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(bin, "jpki"), []byte(jpkiScript), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			work := filepath.Join(home, "work")
			for _, err := range []error{
				os.MkdirAll(filepath.Join(work, "folder"), 0o755),
				os.WriteFile(filepath.Join(work, "contract.pdf"), nil, 0o644),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if shell.rc != "" {
				if err := os.WriteFile(filepath.Join(home, shell.rc), []byte(shell.file), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			args := append([]string{}, shell.args...)
			if name == "bash" {
				args[1] = filepath.Join(home, shell.rc)
			}
			cmd := exec.Command(name, args...)
			cmd.Dir = work
			cmd.Env = []string{
				"HOME=" + home, "ZDOTDIR=" + home, "PATH=" + bin + ":/usr/bin:/bin", "TERM=dumb", "LC_ALL=C.UTF-8",
				"JPKI=" + program, "COMPLETIONS=" + filepath.Join(folder, "completions"), "JPKI_LANG=ja",
			}
			s := sit(t, cmd)
			s.wait(t, "READY", 0)
			for line, want := range typed {
				s.types(t, line, want)
			}
		})
	}
}

// terminal is one with a shell at it.
type terminal struct {
	keyboard *os.File
	mu       sync.Mutex
	screen   strings.Builder
}

// sit starts a shell at a terminal of its own.
func sit(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := keyboard.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	controlErr := raw.Control(func(fd uintptr) {
		n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		size := &unix.Winsize{Row: 25, Col: 200}
		err = errors.Join(err, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size))
	})
	if err := errors.Join(controlErr, err); err != nil {
		t.Fatal(err)
	}
	line, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = line, line, line
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line.Close()
	s := &terminal{keyboard: keyboard}
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := keyboard.Read(buffer)
			s.mu.Lock()
			s.screen.Write(buffer[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		keyboard.Close()
	})
	return s
}

func (s *terminal) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

// wait waits until want is shown behind the first so many bytes.
func (s *terminal) wait(t *testing.T, want string, behind int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(s.shown()[behind:], want) {
			return
		}
	}
	t.Fatalf("%q is not shown: %q", want, s.shown()[behind:])
}

// types types a line, has it completed and enters it.
func (s *terminal) types(t *testing.T, line, want string) {
	t.Helper()
	before := len(s.shown())
	if _, err := s.keyboard.WriteString(line + "\t\n"); err != nil {
		t.Fatal(err)
	}
	s.wait(t, "RAN[", before)
	s.wait(t, "]", before)
	_, ran, _ := strings.Cut(s.shown()[before:], "RAN")
	for !strings.Contains(ran, "\n") {
		time.Sleep(10 * time.Millisecond)
		_, ran, _ = strings.Cut(s.shown()[before:], "RAN")
	}
	ran, _, _ = strings.Cut(ran, "\n")
	// zsh takes the slash behind a folder away again.
	if got := strings.ReplaceAll(strings.TrimSpace(ran), "/]", "]"); got != want {
		t.Errorf("%q and the tab key: %s, want %s", line, got, want)
	}
}
