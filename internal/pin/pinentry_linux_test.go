package pin

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// What a person is shown must arrive whole, and be asked in the right place.
func TestPinentryConversation(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv(logVariable, log)
	env := Env{Stderr: os.Stderr, Getenv: environment("GPG_TTY", "/dev/pts/999", "TERM", "xterm", "LANG", "C", "LC_ALL", "ja_JP.UTF-8", "DISPLAY", ":7")}
	s := askPinentry(t, "good", env)
	ask := Ask{
		Title:       "jpki",
		Description: "署名用パスワード\n残り 5回 (100%)",
		Error:       "文字が違います",
		Prompt:      "パスワード:",
		OK:          "送る",
		Cancel:      "やめる",
	}
	p, err := s.Current(t.Context(), ask)
	if err != nil || !p.Equal(pinOf("ABC123")) {
		t.Fatal(err)
	}
	wantLog(t, log, []string{
		"OPTION ttyname=" + terminalName(env.Getenv),
		"OPTION ttytype=xterm",
		"OPTION lc-ctype=ja_JP.UTF-8",
		"OPTION lc-messages=ja_JP.UTF-8",
		"OPTION display=:7",
		"SETTIMEOUT 120",
		"SETTITLE jpki",
		"SETOK 送る",
		"SETCANCEL やめる",
		"SETDESC 署名用パスワード%0A残り 5回 (100%25)",
		"SETERROR 文字が違います",
		"SETPROMPT パスワード:",
		"GETPIN",
		"BYE",
	})
	testkit.Must(t, os.Remove(log))
	if p, err := s.New(t.Context(), Ask{Prompt: "PIN:"}); err != nil || !p.Equal(pinOf("ABC123")) {
		t.Fatal(err)
	}
}

func wantLog(t *testing.T, file string, want []string) {
	t.Helper()
	b, err := os.ReadFile(file)
	testkit.Must(t, err)
	if got := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"); !slices.Equal(got, want) {
		t.Errorf("it was told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPinentryAnswers(t *testing.T) {
	for _, c := range []struct {
		role   string
		want   error // a sentinel or a rule
		reason error // of a *ProgramError
	}{
		{role: "good"},
		{role: "chatty"},
		{role: "sparse"},
		{role: "cancel", want: ErrCancelled},
		{role: "fully cancel", want: ErrCancelled},
		{role: "not confirmed", want: ErrCancelled},
		{role: "empty", want: RuleEmpty},
		{role: "full-width", want: RuleFullWidth},
		{role: "newline", want: RuleControl},
		{role: "flood", want: RuleTooLong},
		{role: "timeout", reason: ErrTimeout},
		{role: "failing", reason: ErrProgram},
		{role: "no description", reason: ErrProgram},
		{role: "exit", reason: ErrProgram},
		{role: "silent", reason: ErrProtocol},
		{role: "garbage", reason: ErrProtocol},
		{role: "endless", reason: ErrProtocol},
		{role: "long line", reason: ErrProtocol},
	} {
		t.Run(c.role, func(t *testing.T) {
			s := askPinentry(t, c.role, Env{Stderr: os.Stderr, Getenv: environment()})
			p, err := s.Current(t.Context(), Ask{Title: "jpki", Description: "残り5回", Prompt: "PIN:"})
			switch {
			case c.want == nil && c.reason == nil:
				if err != nil || !p.Equal(pinOf("ABC123")) {
					t.Fatal(err)
				}
			case c.want != nil:
				if !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
			default:
				if e, ok := errors.AsType[*ProgramError](err); !ok || e.Reason != c.reason || e.Program != os.Args[0] {
					t.Fatalf("%v, want the reason %q", err, c.reason)
				}
			}
			if err != nil && strings.Contains(err.Error(), "ABC123") {
				t.Error(err)
			}
		})
	}
}

func askPinentry(t *testing.T, role string, env Env) *Sources {
	t.Helper()
	t.Setenv(roleVariable, role)
	s, err := Choose(Options{Flags: []Flag{{Pinentry, os.Args[0]}}, Change: true}, env)
	testkit.Must(t, err)
	t.Cleanup(s.Close)
	return s
}

// TestConfirm: only a yes is one.
func TestConfirm(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv(logVariable, log)
	for role, want := range map[string]bool{"empty": true, "cancel": false, "fully cancel": false, "not confirmed": false} {
		got, err := askPinentry(t, role, Env{Stderr: os.Stderr, Getenv: environment()}).Confirm(t.Context(), Ask{Description: "署名しますか"})
		if got != want || err != nil {
			t.Errorf("%s: %t, %v", role, got, err)
		}
		wantLog(t, log, []string{"SETTIMEOUT 120", "SETDESC 署名しますか", "CONFIRM", "BYE"})
		testkit.Must(t, os.Remove(log))
	}
	for _, role := range []string{"timeout", "failing"} {
		if got, err := askPinentry(t, role, Env{Stderr: os.Stderr, Getenv: environment()}).Confirm(t.Context(), Ask{}); got || err == nil {
			t.Errorf("%s: %t, %v", role, got, err)
		}
	}
	s, err := Choose(Options{Flags: []Flag{{File, "x"}}}, Env{})
	testkit.Must(t, err)
	if got, err := s.Confirm(t.Context(), Ask{}); got || err != ErrNoSource {
		t.Errorf("a file agreed: %t, %v", got, err)
	}
}

func TestPinentryIsInterrupted(t *testing.T) {
	for _, role := range []string{"hanging", "hanging at once", "ignoring"} {
		wantInterrupted(t, role, askPinentry(t, role, Env{Stderr: os.Stderr, Getenv: environment()}))
	}
}

func TestPinentryTakesTooLong(t *testing.T) {
	t.Setenv(roleVariable, "hanging")
	e := &pinentry{os.Args[0], 200 * time.Millisecond, Env{Stderr: os.Stderr, Getenv: environment()}}
	if _, err := e.line(t.Context(), 0, Ask{}); !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
}

func TestNoPinentry(t *testing.T) {
	s, err := Choose(Options{Flags: []Flag{{Pinentry, "no-such-pinentry"}}}, Env{Stderr: os.Stderr, Getenv: environment()})
	testkit.Must(t, err)
	_, err = s.Current(t.Context(), Ask{})
	if e, ok := errors.AsType[*ProgramError](err); !ok || e.Reason != ErrNoProgram || e.Program != "no-such-pinentry" {
		t.Error(err)
	}
}

// pinentryRole is a pinentry as role wants it.
func pinentryRole(role string) {
	var log io.Writer = io.Discard
	if name := os.Getenv(logVariable); name != "" {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			fail(err)
		}
		log = f
	}
	say := func(lines ...string) { fmt.Print(strings.Join(lines, "\n") + "\n") }
	switch role {
	case "silent":
		return
	case "exit":
		os.Exit(2)
	case "garbage":
		say("Usage: something else")
	case "endless":
		for {
			say("# still busy")
		}
	case "long line":
		fmt.Print(strings.Repeat("x", 5000))
	case "hanging at once":
		time.Sleep(time.Hour)
	case "echo off":
		turnEchoOff()
	case "ignoring":
		signal.Ignore(syscall.SIGTERM)
	}
	say("OK Pleased to meet you")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Fprintln(log, in.Text())
		name, _, _ := strings.Cut(in.Text(), " ")
		switch {
		case name == "BYE":
			say("OK closing connection")
			return
		case name == "OPTION" && role == "sparse", name == "SETTITLE" && role == "sparse", name == "SETTIMEOUT" && role == "sparse":
			say("ERR 83886254 Unknown option <Pinentry>")
		case name == "SETDESC" && role == "no description":
			say("ERR 83886355 Unknown IPC command <Pinentry>")
		case name != "GETPIN" && name != "CONFIRM":
			say("OK")
		case role == "good", role == "sparse":
			say("D ABC123", "OK")
		case role == "chatty":
			say("# one moment", "S BUTTON_INFO close", "INQUIRE QUALITY x")
			if !in.Scan() || in.Text() != "CAN" {
				fail(in.Text())
			}
			say("S PASSWORD_FROM_CACHE", "D A%42C", "D 1%323", "OK")
		case role == "cancel":
			say("ERR 83886179 Operation cancelled <Pinentry>")
		case role == "fully cancel":
			say("ERR 83886278 Fully cancelled <Pinentry>")
		case role == "not confirmed":
			say("ERR 83886194 Not confirmed <Pinentry>")
		case role == "timeout":
			say("ERR 83886142 Timeout <Pinentry>")
		case role == "failing":
			say("D ABC123", "ERR 83918950 Inappropriate ioctl for device <Pinentry>")
		case role == "empty":
			say("OK")
		case role == "full-width":
			say("D １２３４", "OK")
		case role == "newline":
			say("D ABC123%0A", "OK")
		case role == "flood":
			for range 10 {
				say("D " + strings.Repeat("1", 900))
			}
			say("OK")
		default:
			time.Sleep(time.Hour)
		}
	}
}
