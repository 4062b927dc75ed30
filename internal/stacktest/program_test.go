//go:build pcscd

package stacktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// program is jpki as built for people.
type program struct {
	backend string // its PC/SC backend: scard, loaded or winscard
	path    string
	through string // a program that runs it: wine
}

// programs are the ways to build it: with cgo and without, which TestMain does,
// or those of JPKI_PROGRAMS, which were built elsewhere:
//
//	JPKI_PROGRAMS="loaded=/here/jpki winscard=/here/jpki.exe"
//
// A program for Windows runs in Wine, whose winscard speaks to pcscd.
var programs = []program{{backend: "scard"}, {backend: "loaded"}}

func TestMain(m *testing.M) {
	// Who runs the tests under nohup means them, not the programs in them.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "jpki-stack-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if given := strings.Fields(os.Getenv("JPKI_PROGRAMS")); len(given) > 0 {
		programs = nil
		for _, one := range given {
			backend, path, _ := strings.Cut(one, "=")
			p := program{backend: backend, path: path}
			if strings.HasSuffix(path, ".exe") {
				p.through = "wine"
			}
			programs = append(programs, p)
		}
		if err := onlyVirtualReaders(); err != nil {
			return 0, err
		}
		return m.Run(), nil
	}
	for i, cgo := range []string{"CGO_ENABLED=1", "CGO_ENABLED=0"} {
		p := &programs[i]
		p.path = filepath.Join(dir, "jpki-"+p.backend)
		build := exec.Command("go", "build", "-o", p.path, "github.com/jpki-tools/jpki/cmd/jpki")
		build.Env = append(os.Environ(), cgo)
		if out, err := build.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	if err := onlyVirtualReaders(); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// rounds multiplies what chance decides: JPKI_STACK_ROUNDS, or 1.
var rounds = func() int {
	n, _ := strconv.Atoi(os.Getenv("JPKI_STACK_ROUNDS"))
	return max(n, 1)
}()

// each runs a test with both programs.
func each(t *testing.T, test func(*testing.T, program)) {
	t.Helper()
	for _, p := range programs {
		t.Run(p.backend, func(t *testing.T) { test(t, p) })
	}
}

// setting is the surroundings of a run: its folder, input and environment.
type setting struct {
	stdin string
	dir   string   // to run in; a new folder if empty
	env   []string // more of it
	root  string   // a folder that is / to the run
}

// result is the outcome of a run.
type result struct {
	stdout, stderr string
	exit           int        // -1 where a signal ended it
	dir            string     // where it ran
	log            []exchange // what reached the card in the first slot
}

// limit is longer than any run takes: 10 seconds are given to another program
// that holds the card.
const limit = 30 * time.Second

// run runs the program to its end.
func (p program) run(t testing.TB, args ...string) result {
	t.Helper()
	return p.with(t, setting{}, args...)
}

// enter runs the program with a PIN on its standard input.
func (p program) enter(t testing.TB, pin string, args ...string) result {
	t.Helper()
	return p.with(t, setting{stdin: pin + "\n"}, append(args, "--pin-stdin")...)
}

// with runs the program to its end in a setting.
func (p program) with(t testing.TB, s setting, args ...string) result {
	t.Helper()
	return p.start(t, s, args...).wait(t)
}

// running is a program that has been started.
type running struct {
	*exec.Cmd
	what           string // for messages
	stdout, stderr bytes.Buffer
	deadline       *time.Timer
	since          moment
	alone          bool // with the card: what reaches it is this program's
}

// start starts the program without a terminal, in English, and with a home of
// its own.
func (p program) start(t testing.TB, s setting, args ...string) *running {
	t.Helper()
	r := p.prepare(t, s, args...)
	r.begin(t)
	return r
}

// prepare is start without starting.
func (p program) prepare(t testing.TB, s setting, args ...string) *running {
	t.Helper()
	if s.dir == "" {
		s.dir = t.TempDir()
	}
	name := p.path
	if p.through != "" {
		name, args = p.through, append([]string{p.path}, args...)
		// A home of its own: Wine says where LocalAppData is.
		kept, err := filepath.Glob(filepath.Join(os.Getenv("WINEPREFIX"), "drive_c", "users", "*", "AppData", "Local", "jpki"))
		testkit.Must(t, err)
		for _, folder := range kept {
			testkit.Must(t, os.RemoveAll(folder))
		}
	}
	r := &running{Cmd: exec.Command(name, args...), what: "jpki " + strings.Join(args, " "), alone: true}
	r.Dir = s.dir
	r.Env = append(environment(t), s.env...)
	if p.through != "" {
		r.Env = append(r.Env, "LC_ALL=C.UTF-8", "XDG_RUNTIME_DIR="+os.Getenv("XDG_RUNTIME_DIR"))
	}
	r.Stdin, r.Stdout, r.Stderr = strings.NewReader(s.stdin), &r.stdout, &r.stderr
	r.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Chroot: s.root} // no terminal
	return r
}

func (r *running) begin(t testing.TB) {
	t.Helper()
	r.since = slots[0].now()
	testkit.Must(t, r.Start())
	r.deadline = time.AfterFunc(limit, func() { _ = r.Process.Kill() })
	t.Cleanup(func() { _ = r.Process.Kill() })
}

// wait waits for the end of the program and checks what it did to the card in
// the first slot.
func (r *running) wait(t testing.TB) result {
	t.Helper()
	return r.ended(t, r.Wait())
}

func (r *running) ended(t testing.TB, err error) result {
	t.Helper()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || !r.deadline.Stop() {
		t.Fatalf("%s: %v\n%s%s", r.what, err, &r.stdout, &r.stderr)
	}
	log := slots[0].seenSince(r.since)
	if r.alone {
		slots[0].leftWell(t, log)
	}
	return result{r.stdout.String(), r.stderr.String(), r.ProcessState.ExitCode(), r.Dir, log}
}

func environment(t testing.TB) []string {
	t.Helper()
	home := t.TempDir()
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_STATE_HOME=" + home, "JPKI_LANG=en", "TERM=xterm",
		"WINEPREFIX=" + os.Getenv("WINEPREFIX"), "WINEDEBUG=-all",
	}
}

// wantExit checks the exit status. If it is wrong, it shows the whole run.
func (r result) wantExit(t testing.TB, want int) result {
	t.Helper()
	if r.exit != want {
		t.Fatalf("exit status %d, want %d\n%s%s%v", r.exit, want, r.stdout, r.stderr, r.log)
	}
	return r
}

// wantCode checks the code of the problem that a run with --json ended in.
func (r result) wantCode(t testing.TB, want string) result {
	t.Helper()
	if got := decode[problemDocument](t, r.stderr).Error.Code; got != want {
		t.Errorf("code %q, want %q\n%s", got, want, r.stderr)
	}
	return r
}

// problemDocument is what a failed run with --json prints to standard error.
type problemDocument struct {
	Error struct {
		Code      string
		Message   string
		Hint      string
		TriesLeft *int `json:"tries_left"`
		TryUsed   bool `json:"try_used"`
	}
}

// decode reads the only JSON document in a text.
func decode[T any](t testing.TB, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}

// contains checks that want is part of text.
func contains(t testing.TB, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%s", want, text)
	}
}

// file writes a file for a test into a new folder and gives the folder.
func file(t testing.TB, name, content string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, name, content)
	return dir
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	testkit.Must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
}

// names lists what is in a folder.
func names(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	testkit.Must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// tool runs a program of another project in a folder. It must succeed.
func tool(t testing.TB, dir, name string, args ...string) string {
	t.Helper()
	out, err := foreign(t, dir, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// foreign runs a program of another project. A missing program fails the test.
func foreign(t testing.TB, dir, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err
}
