//go:build pcscd && wine

package stacktest

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// operations are what a person does with the card; the faults happen in them.
var operations = []string{
	"status --json", "pin status --json", "pin verify auth --json --pin-file auth.pin", "pin change sign --json --pin-file change.pin",
	"cert export auth -o x.pem", "sign a.txt -o x.p7s --json --pin-file sign.pin",
}

// After every run that verified a PIN, OpenSC looks for an open key too.
func init() {
	askOthers = func(t testing.TB, reader string) (signed []string) {
		if out := openSCSigns(t, reader); strings.Contains(out, "SW1=0x90") {
			signed = append(signed, "OpenSC: "+out)
		}
		return signed
	}
}

// moments are the commands of a line at which something may happen to the card:
// their numbers, without those between two reads of one file.
func moments(t *testing.T, line string) (numbers []int) {
	t.Helper()
	s := insert(t, "adult", virtualcard.Options{})
	log := programs[0].with(t, setting{dir: windowsFolder(t)}, split(t, line)...).wantExit(t, 0).log
	s.remove(t)
	for n := 1; n <= len(log); n++ {
		if n == len(log) || !isRead(log[n-1]) || !isRead(log[n]) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func isRead(x exchange) bool { return x.INS == apdu.InsReadBinary }

// TestPulledLikeLinux pulls the card at each command of each operation.
func TestPulledLikeLinux(t *testing.T) {
	for _, line := range operations {
		t.Run(line, func(t *testing.T) {
			for _, n := range moments(t, line) {
				run := func(t *testing.T, p program) result {
					s := insert(t, "adult", virtualcard.Options{})
					s.when(n, s.pull)
					running := p.prepare(t, setting{dir: windowsFolder(t)}, split(t, line)...)
					running.alone = false // the card is on its way out: nobody can look at it
					running.begin(t)
					r := running.wait(t)
					s.waitFor(t, false)
					time.Sleep(500 * time.Millisecond) // a card that is back sooner was never away
					if got := s.card.State(); got.Sign.Left != 5 || got.Auth.Left != 3 {
						t.Errorf("%s: pulled at command %d, tries %+v", p.backend, n, got)
					}
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

// oddAnswers are status words that a card gives to a command it does not run.
var oddAnswers = []apdu.Status{0x6F00, 0x6982, 0x6A82, 0x6700, 0x6983, 0x6D00, 0x6A86, 0x6581, 0x9000}

// TestAnswersLikeLinux has the card refuse each command of each operation with
// an odd answer.
func TestAnswersLikeLinux(t *testing.T) {
	for i, line := range operations {
		t.Run(line, func(t *testing.T) {
			numbers := moments(t, line)
			between := intercept(t, slots[0])
			s := insert(t, "adult", virtualcard.Options{})
			for _, n := range numbers {
				sw := oddAnswers[(n+i)%len(oddAnswers)]
				found := differences(t, func(t *testing.T, p program) result {
					testkit.Must(t, s.card.SetState(fresh(t)))
					s.card.Reset() // nothing is selected on it
					between.answer(n, sw)
					defer between.answer(0, 0)
					return refused(t, s, p, line)
				})
				if len(found) > 0 {
					t.Errorf("%04X at command %d: %s", uint16(sw), n, strings.Join(found, "\n"))
				}
			}
		})
	}
}

// refused runs a line on a card that refuses something: no try is lost, no PIN
// is sent twice, and no key is left open.
func refused(t *testing.T, s *slot, p program, line string) result {
	t.Helper()
	running := p.prepare(t, setting{dir: windowsFolder(t)}, split(t, line)...)
	running.alone = false // the card did not see what was answered for it
	running.begin(t)
	r := running.wait(t)
	if sent := len(pinsIn(r.log)); sent > 1 && !strings.HasPrefix(line, "pin change") {
		t.Errorf("%d PINs sent", sent)
	}
	if got := s.card.State(); got.Sign.Left != 5 || got.Auth.Left != 3 {
		t.Errorf("tries %+v", got)
	}
	if len(pinsIn(r.log)) > 0 {
		for _, open := range append(nextProgram(t, s.reader), askOthers(t, s.reader)...) {
			t.Errorf("left open: %s\n%s", open, r.stderr)
		}
	}
	return r
}

// fresh is the state of a card as it was handed out.
func fresh(t *testing.T) virtualcard.State {
	t.Helper()
	person, _ := virtualcard.Lookup("adult")
	card, err := virtualcard.New(person, time.Now(), virtualcard.Options{})
	testkit.Must(t, err)
	return card.State()
}

// interceptor stands between a reader and its card.
type interceptor struct {
	mu sync.Mutex
	at int // the command that it answers itself, by its number from now; 0: none
	sw apdu.Status
}

// answer has the n-th command from now answered with a status word only. The
// card does not see it.
func (x *interceptor) answer(n int, sw apdu.Status) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.at, x.sw = n, sw
}

// takes reports whether this command is the one, and its answer.
func (x *interceptor) takes() ([]byte, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.at == 0 {
		return nil, false
	}
	x.at--
	return binary.BigEndian.AppendUint16(nil, uint16(x.sw)), x.at == 0
}

// intercept puts an interceptor in front of the cards that are put into a slot,
// until the test ends.
func intercept(t *testing.T, s *slot) *interceptor {
	t.Helper()
	x := &interceptor{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	reader := s.addr
	s.addr = listener.Addr().String()
	var served sync.WaitGroup
	served.Go(func() {
		for {
			card, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { x.serve(reader, card) })
		}
	})
	t.Cleanup(func() {
		s.addr = reader
		_ = listener.Close()
		served.Wait()
	})
	return x
}

// serve carries messages of vpcd, which begin with their length. The reader asks
// and the card answers.
func (x *interceptor) serve(address string, card net.Conn) {
	defer card.Close()
	reader, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer reader.Close()
	for {
		message, err := readMessage(reader)
		if err != nil {
			return
		}
		if len(message) > 1 {
			if answer, mine := x.takes(); mine {
				if writeMessage(reader, answer) != nil {
					return
				}
				continue
			}
		}
		if writeMessage(card, message) != nil {
			return
		}
		if len(message) == 1 && message[0] != 4 { // only the question for the ATR is answered
			continue
		}
		answer, err := readMessage(card)
		if err != nil || writeMessage(reader, answer) != nil {
			return
		}
	}
}

func readMessage(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, message)
	return message, err
}

func writeMessage(w io.Writer, message []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
	return err
}

// TestCtrlCLikeLinux presses Ctrl-C at each command of a signature and of a
// change: on a terminal of Linux, and in a console of Windows that a shell has.
// (A signal of Linux does not reach a program in Wine as one of Windows.)
func TestCtrlCLikeLinux(t *testing.T) {
	for _, line := range []string{"sign a.txt -o x.p7s --pin-file sign.pin", "pin change sign --pin-file change.pin"} {
		numbers := moments(t, line)
		s := insert(t, "adult", virtualcard.Options{})
		stopped := 0
		for _, n := range numbers {
			var exits []int
			each(t, func(t *testing.T, p program) {
				testkit.Must(t, s.card.SetState(fresh(t)))
				dir := windowsFolder(t)
				before := names(t, dir)
				x := p.sit(t, setting{dir: dir}, split(t, line)...)
				s.when(n, func() {
					x.waitForKeys(t)
					for range 2 { // a person presses it again and again
						_, _ = x.keyboard.WriteString("\x03") // it may have left
						time.Sleep(60 * time.Millisecond)
					}
				})
				r := x.left(t)
				s.never()
				exits = append(exits, r.exit)
				if got := names(t, r.dir); r.exit != 0 && !slices.Equal(got, before) {
					t.Errorf("interrupted at command %d, it left %v", n, got)
				}
				if got := s.card.State(); got.Sign.Left != 5 || got.Auth.Left != 3 {
					t.Errorf("interrupted at command %d, tries %+v", n, got)
				}
			})
			switch {
			case exits[0] != exits[1] || exits[0] != 130 && exits[0] != 0:
				t.Errorf("%s: interrupted at command %d: exit status %v", line, n, exits)
			case exits[0] == 130:
				stopped++
			}
		}
		if stopped < 5 { // what is done already ends as done
			t.Errorf("%s: Ctrl-C stopped %d of %d", line, stopped, len(numbers))
		}
		s.remove(t)
	}
}

// TestKilledLikeLinux kills the program when the card has taken the PIN, as the
// Task Manager does. Nobody is left to close the card but the service, which
// does it with either program.
func TestKilledLikeLinux(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		run := p.prepare(t, setting{dir: windowsFolder(t)}, split(t, "sign a.txt -o x.p7s --pin-file sign.pin")...)
		run.alone = false
		verified := false
		for n := 1; n < 20; n++ {
			s.when(n, func() {
				if log := s.seenSince(run.since); !verified && log[len(log)-1].isVerify() {
					verified = true
					_ = run.Process.Kill()
				}
			})
		}
		run.begin(t)
		r := run.wait(t)
		s.never()
		if r.exit != -1 || !verified || exists(r.dir, "x.p7s") {
			t.Errorf("exit status %d, verified %v, left %v", r.exit, verified, names(t, r.dir))
		}
		time.Sleep(6 * time.Second) // the service takes the power away after five
		for _, open := range append(nextProgram(t, s.reader), askOthers(t, s.reader)...) {
			t.Error(open)
		}
		p.with(t, setting{dir: windowsFolder(t)}, split(t, "pin verify sign --pin-file sign.pin")...).wantExit(t, 0)
	})
}

// TestServiceLikeLinux goes through what may be wrong with the service. Windows
// has no service without readers, so there the readers are missing.
func TestServiceLikeLinux(t *testing.T) {
	code := func(p program, linux string) string {
		if p.through != "" {
			return "no-reader"
		}
		return linux
	}
	pcscd := runningPCSCD(t)
	testkit.Must(t, syscall.Kill(pcscd.pid, syscall.SIGSTOP))
	var runs []*running
	for _, p := range programs {
		runs = append(runs, p.start(t, setting{}, "status", "--json"))
	}
	for i, run := range runs {
		run.wait(t).wantExit(t, 3).wantCode(t, code(programs[i], "no-service"))
	}
	testkit.Must(t, syscall.Kill(pcscd.pid, syscall.SIGCONT))

	pcscd.kill(t)
	each(t, func(t *testing.T, p program) {
		for _, line := range []string{"status --json", "status --wait 1s --json", "pin verify sign --json --pin-file sign.pin", "sign a.txt --json --pin-file sign.pin"} {
			r := p.with(t, setting{dir: windowsFolder(t)}, split(t, line)...).wantExit(t, 3).wantCode(t, code(p, "no-service"))
			contains(t, r.stderr, "jpki doctor")
		}
		p.run(t, "status", "--card", "demo").wantExit(t, 0)
		p.run(t, "doctor", "--json").wantExit(t, 3)
	})

	none := pcscd.start(t, t.TempDir(), 0)
	each(t, func(t *testing.T, p program) {
		p.run(t, "status", "--json").wantExit(t, 3).wantCode(t, "no-reader")
		contains(t, p.run(t, "readers", "--json").wantExit(t, 0).stdout, `"readers": []`)
	})
	none()
	pcscd.start(t, pcscd.readers, len(slots))
	each(t, func(t *testing.T, p program) {
		p.run(t, "status", "--json").wantExit(t, 4).wantCode(t, "no-card")
	})
}

// TestHeldFilesLikeNobodyElse: files that another program of Windows has open,
// or that are read-only. A result that cannot be replaced is found before the
// PIN.
func TestHeldFilesLikeNobodyElse(t *testing.T) {
	p := programs[slices.IndexFunc(programs, func(p program) bool { return p.through != "" })]
	s := insert(t, "adult", virtualcard.Options{})
	console := filepath.Join(filepath.Dir(p.path), "console.exe")
	holding := program{backend: p.backend, path: console, through: p.through}
	words := [][3]string{{"en", "another program has it open", "it is marked as read-only"}, {"ja", "ほかのプログラムが開いています", "読み取り専用の属性が付いています"}}
	for i, c := range []struct{ line, file string }{
		{"sign a.txt -o there.txt --force --pin-file sign.pin", "there.txt"},
		{"sign a.txt --out-dir folder --force --pin-file sign.pin", "folder/a.txt.p7s"},
		{"cert export sign -o there.txt --force --pin-file sign.pin", "there.txt"},
		{"cert export auth -o there.txt --force", "there.txt"},
		{"calendar --ask -o there.txt --force --pin-file sign.pin", "there.txt"},
		{"verify signed.p7m --trust demo --extract there.txt --force", "there.txt"},
		{"verify signed.p7s --content a.txt --trust demo --report there.txt --force", "there.txt"},
		{"timestamp a.txt -o there.txt --force --tsa http://127.0.0.1:1/", "there.txt"},
	} {
		want := words[i%2]
		dir := prepared(t, p)
		write(t, dir, "folder/a.txt.p7s", "old")
		args := append(split(t, c.line), "--lang", want[0])
		held := holding.with(t, setting{dir: dir}, append([]string{"-lend", c.file, p.path}, args...)...).wantExit(t, 1)
		contains(t, held.stderr, want[1])
		testkit.Must(t, os.Chmod(filepath.Join(dir, filepath.FromSlash(c.file)), 0o444))
		locked := p.with(t, setting{dir: dir}, args...).wantExit(t, 1)
		contains(t, locked.stderr, want[2])
		if len(pinsIn(held.log))+len(pinsIn(locked.log)) > 0 {
			t.Errorf("%s: the PIN was sent", c.line)
		}
	}
	for _, c := range []struct{ line, file, want string }{
		{"sign a.txt --pin-file sign.pin", "a.txt", "Cannot read a.txt: another program has it open."},
		{"verify signed.p7s --content a.txt", "a.txt", "Cannot read a.txt: another program has it open."},
		{"verify signed.p7s", "signed.p7s", "Cannot read signed.p7s: another program has it open."},
		{"cert show auth.pem", "auth.pem", "Cannot read auth.pem: another program has it open."},
		{"cert check auth.pem", "auth.pem", "Cannot read auth.pem: another program has it open."},
		{"ca add auth.pem", "auth.pem", "Cannot read auth.pem: another program has it open."},
		{"verify signed.p7s --content a.txt --crl auth.pem", "auth.pem", "Cannot read auth.pem: another program has it open."},
		{"timestamp a.txt --tsa http://127.0.0.1:1/", "a.txt", "Cannot read a.txt: another program has it open."},
		{"pin verify sign --pin-file sign.pin", "sign.pin", "The PIN file sign.pin is not used: another program has it open."},
	} {
		dir := prepared(t, p)
		r := holding.with(t, setting{dir: dir}, append([]string{"-hold", c.file, p.path}, split(t, c.line)...)...)
		contains(t, r.stdout+r.stderr, c.want)
		contains(t, r.stdout+r.stderr, "Close that program and run this again.")
		if r.exit == 0 || len(pinsIn(r.log)) > 0 {
			t.Errorf("%s: exit status %d, PINs %d", c.line, r.exit, len(pinsIn(r.log)))
		}
	}
	if got := s.card.State(); got.Sign.Left != 5 || got.Auth.Left != 3 {
		t.Errorf("tries %+v", got)
	}
}

// TestPipesLikeLinux: bytes pass the standard streams as they are.
func TestPipesLikeLinux(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		dir := prepared(t, p)
		content := "a\r\nb\x1a\x00\xff\n"
		write(t, dir, "content", content)
		r := p.with(t, setting{dir: dir, stdin: content}, split(t, "sign - --pin-file sign.pin -o piped.p7s")...).wantExit(t, 0)
		p.with(t, setting{dir: dir}, "verify", "piped.p7s", "--content", "content", "--trust", "demo").wantExit(t, 0)
		r = p.with(t, setting{dir: dir, stdin: content}, split(t, "sign - --attached --pin-file sign.pin -o -")...).wantExit(t, 0)
		write(t, dir, "piped.p7m", r.stdout)
		p.with(t, setting{dir: dir}, "verify", "piped.p7m", "--trust", "demo", "--extract", "again").wantExit(t, 0)
		if again, err := os.ReadFile(filepath.Join(dir, "again")); err != nil || string(again) != content {
			t.Errorf("%q, %v", again, err)
		}
		p.with(t, setting{dir: dir, stdin: content}, "verify", "piped.p7s", "--content", "-", "--trust", "demo").wantExit(t, 0)
		for _, line := range []string{"DEMO123\r\n", "DEMO123\n", "DEMO123"} {
			p.with(t, setting{stdin: line}, split(t, "pin verify sign --pin-stdin")...).wantExit(t, 0)
		}
		p.with(t, setting{stdin: "\ufeffDEMO123\r\n"}, split(t, "pin verify sign --pin-stdin")...).wantExit(t, 5)
		if out := p.with(t, setting{}, "guide", "lost", "--lang", "ja").wantExit(t, 0).stdout; !strings.Contains(out, "カード") || strings.Contains(out, "\r") {
			t.Errorf("not plain UTF-8: %q", out)
		}
	})
}

// TestPINCommandOfWindows: quotes and backslashes of --pin-command.
func TestPINCommandOfWindows(t *testing.T) {
	p := programs[slices.IndexFunc(programs, func(p program) bool { return p.through != "" })]
	insert(t, "adult", virtualcard.Options{})
	dir := windowsFolder(t)
	testkit.Must(t, os.Mkdir(filepath.Join(dir, "my tools"), 0o700))
	write(t, dir, "my tools/pin.cmd", "@type \"%~1\"\r\n")
	write(t, dir, "pw.cmd", "@echo x\r\n")
	for command, want := range map[string]struct {
		exit int
		said string
	}{
		`cmd /c type sign.pin`:                           {0, ""},
		`cmd.exe /c 'type sign.pin'`:                     {0, ""},
		`'C:\windows\system32\cmd.exe' /c type sign.pin`: {0, ""},
		`'./my tools/pin.cmd' sign.pin`:                  {0, ""},
		`'.\my tools\pin.cmd' sign.pin`:                  {0, ""},
		`C:\windows\system32\cmd.exe /c type sign.pin`:   {5, `a \ without quotes is lost`},
		`pw.cmd`:                {5, "it is in the current folder"},
		`no-such-program`:       {5, "there is no such program"},
		`./sign.pin`:            {5, ""},
		`cmd /c exit 3`:         {5, "it failed"},
		`cmd /c 'type sign.pin`: {2, "do not close"},
	} {
		r := p.with(t, setting{dir: dir}, append(split(t, "pin verify sign"), "--pin-command", command)...)
		if r.exit != want.exit {
			t.Errorf("%s: exit status %d, want %d\n%s", command, r.exit, want.exit, r.stderr)
		}
		contains(t, r.stderr, want.said)
		if got := len(pinsIn(r.log)); got > 0 != (want.exit == 0) {
			t.Errorf("%s: %d PINs", command, got)
		}
	}
}
