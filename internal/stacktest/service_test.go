//go:build pcscd

package stacktest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestNoService shows what is reported without the service, without a reader
// and without a card.
func TestNoService(t *testing.T) {
	pcscd := runningPCSCD(t)
	pcscd.kill(t)
	each(t, func(t *testing.T, p program) {
		for _, args := range [][]string{{"status"}, {"readers"}, {"status", "--wait", "1s"}} {
			r := p.run(t, append(args, "--json")...).wantExit(t, 3).wantCode(t, "no-service")
			contains(t, r.stderr, "jpki doctor")
		}
		contains(t, p.run(t, "status", "--lang", "ja").wantExit(t, 3).stderr, "PC/SCサービスが応答しません。")
		p.run(t, "status", "--card", "demo").wantExit(t, 0)
	})

	none := pcscd.start(t, t.TempDir(), 0)
	each(t, func(t *testing.T, p program) {
		p.run(t, "status", "--json").wantExit(t, 3).wantCode(t, "no-reader")
		p.run(t, "readers").wantExit(t, 3)
		if out := p.run(t, "readers", "--json").wantExit(t, 0).stdout; !strings.Contains(out, `"readers": []`) {
			t.Error(out)
		}
	})
	none()

	pcscd.start(t, pcscd.readers, len(slots))
	each(t, func(t *testing.T, p program) {
		r := p.run(t, "status", "--json").wantExit(t, 4).wantCode(t, "no-card")
		contains(t, r.stderr, "--wait")
	})
}

// TestServiceDies ends pcscd while the card is in use. The program cannot close
// the card then, and must say so.
func TestServiceDies(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		const sixth = 6 // after the PIN
		s := insert(t, "adult", virtualcard.Options{})
		pcscd := runningPCSCD(t)
		s.when(sixth, func() { _ = syscall.Kill(pcscd.pid, syscall.SIGKILL) })
		run := p.prepare(t, setting{dir: file(t, "a", "x"), stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin", "--json")
		run.alone = false // nobody can look at the card then
		run.begin(t)
		r := run.wait(t)
		pcscd.kill(t)
		pcscd.start(t, pcscd.readers, len(slots))
		r.wantExit(t, 1).wantCode(t, "pin-not-closed")
		contains(t, r.stderr, "Take the card off the reader now.")
		if got := names(t, r.dir); len(r.log) != sixth || len(got) != 1 {
			t.Errorf("%v, left %v", r.log, got)
		}
		insert(t, "adult", virtualcard.Options{})
		p.enter(t, virtualcard.SignPIN, "pin", "verify", "sign").wantExit(t, 0)
	})
}

// TestServiceHangs shows that a service that does not answer is given up after
// ten seconds.
func TestServiceHangs(t *testing.T) {
	pcscd := runningPCSCD(t)
	testkit.Must(t, syscall.Kill(pcscd.pid, syscall.SIGSTOP))
	defer func() { testkit.Must(t, syscall.Kill(pcscd.pid, syscall.SIGCONT)) }()
	var runs []*running
	start := time.Now()
	for _, p := range programs {
		runs = append(runs, p.start(t, setting{}, "status", "--json"))
	}
	for _, run := range runs {
		run.wait(t).wantExit(t, 3).wantCode(t, "no-service")
	}
	if took := time.Since(start); took > 13*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestNoLibrary removes libpcsclite. Only the program that loads it at run time
// starts: it reports what is missing, and does everything that needs no reader.
func TestNoLibrary(t *testing.T) {
	p := programs[1]
	root := t.TempDir()
	for line := range strings.Lines(tool(t, "", "ldd", p.path)) {
		for _, word := range strings.Fields(line) {
			if strings.HasPrefix(word, "/") {
				copyTo(t, word, root, 0o755)
			}
		}
	}
	copyTo(t, p.path, root, 0o755)
	testkit.Must(t, os.MkdirAll(filepath.Join(root, "tmp"), 0o700))
	in := setting{root: root, dir: "/tmp", env: []string{"HOME=/tmp", "XDG_STATE_HOME=/tmp"}}

	r := p.with(t, in, "status", "--json").wantExit(t, 3).wantCode(t, "no-service")
	contains(t, r.stderr, "The PC/SC library is missing.")
	contains(t, r.stderr, "apt install pcscd")
	p.with(t, in, "readers").wantExit(t, 3)
	contains(t, p.with(t, in, "demo").wantExit(t, 0).stdout, "Made contract.txt.p7s.")
	p.with(t, in, "status", "--card", "demo").wantExit(t, 0)
	p.with(t, in, "version").wantExit(t, 0)
}

func copyTo(t *testing.T, path, root string, mode os.FileMode) {
	t.Helper()
	to := filepath.Join(root, path)
	testkit.Must(t, os.MkdirAll(filepath.Dir(to), 0o755))
	in, err := os.Open(path)
	testkit.Must(t, err)
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	testkit.Must(t, err)
	_, err = io.Copy(out, in)
	testkit.Must(t, err)
	testkit.Must(t, out.Close())
}

// service is the pcscd of .ci/stack, and how it was started.
type service struct {
	pid     int
	args    []string
	readers string // the folder that its --config names
}

func runningPCSCD(t *testing.T) (s service) {
	t.Helper()
	text, err := os.ReadFile("/run/pcscd/pcscd.pid")
	testkit.Must(t, err)
	s.pid, err = strconv.Atoi(strings.TrimRight(string(text), "\n\x00"))
	testkit.Must(t, err)
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.pid), "cmdline"))
	testkit.Must(t, err)
	s.args = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	for i, arg := range s.args {
		if arg == "--config" {
			s.readers = s.args[i+1]
		}
	}
	return s
}

// kill kills pcscd, if it runs, and waits until its socket and its process are
// gone, because the next one does not start before. The test has to start it
// again.
func (s service) kill(t *testing.T) {
	t.Helper()
	_ = syscall.Kill(s.pid, syscall.SIGKILL)
	eventually(t, "pcscd has ended", func() bool {
		_, err := pcsc.Establish(context.Background())
		return err != nil && syscall.Kill(s.pid, 0) == syscall.ESRCH
	})
}

// start starts pcscd with the readers that a folder describes.
func (s service) start(t *testing.T, readers string, number int) (stop func()) {
	t.Helper()
	cmd := exec.Command(s.args[0], s.args[1:]...)
	for i, arg := range cmd.Args {
		if arg == "--config" {
			cmd.Args[i+1] = readers
		}
	}
	testkit.Must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // one that is not waited for keeps the next from starting
	eventually(t, "pcscd is back", func() bool {
		pc, err := pcsc.Establish(context.Background())
		if err != nil {
			return false
		}
		defer pc.Close()
		states, err := pc.Readers(context.Background())
		return err == nil && len(states) == number
	})
	return func() {
		_ = cmd.Process.Kill()
		<-ended
	}
}
