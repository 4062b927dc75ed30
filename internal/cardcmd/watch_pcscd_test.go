//go:build pcscd

package cardcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/internal/watch"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

const vpcdReader = "Virtual PCD 00 00"

// watcher is a running jpki watch --json.
type watcher struct {
	t       *testing.T
	backend string
	cmd     *exec.Cmd
	home    string
	path    string

	mu     sync.Mutex
	events []eventJSON // that no test has asked for yet
	more   chan struct{}
	stderr strings.Builder
}

// watchers starts one watch with each backend, side by side.
func watchers(t *testing.T, args ...string) (all []*watcher) {
	t.Helper()
	for backend, cgo := range map[string]string{"linked": "1", "loaded": "0"} {
		w := &watcher{t: t, backend: backend, home: t.TempDir(), more: make(chan struct{}, 1)}
		w.path = filepath.Join(t.TempDir(), "jpki")
		build := exec.Command("go", "build", "-o", w.path, "github.com/jpki-tools/jpki/cmd/jpki")
		build.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		w.cmd = exec.Command(w.path, append([]string{"watch", "--json"}, args...)...)
		w.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.home, "XDG_STATE_HOME=" + w.home, "JPKI_LANG=en"}
		w.cmd.Stderr = &w.stderr
		out, err := w.cmd.StdoutPipe()
		if err == nil {
			err = w.cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.cmd.Process.Kill() })
		go w.read(out)
		all = append(all, w)
	}
	return all
}

func (w *watcher) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var e eventJSON
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			w.t.Errorf("%v in %s", err, lines.Text())
		}
		w.mu.Lock()
		w.events = append(w.events, e)
		w.mu.Unlock()
		select {
		case w.more <- struct{}{}:
		default:
		}
	}
}

// await waits for an event of the first reader or of the service. It takes that
// event and those before it.
func (w *watcher) await(kind watch.Kind) eventJSON {
	w.t.Helper()
	deadline := time.After(20 * time.Second)
	var passed []watch.Kind
	for {
		w.mu.Lock()
		for i, e := range w.events {
			if e.Event == kind && (e.Reader == vpcdReader || e.Reader == "") {
				w.events = slices.Delete(w.events, 0, i+1)
				w.mu.Unlock()
				return e
			}
		}
		passed = passed[:0]
		for _, e := range w.events {
			passed = append(passed, e.Event)
		}
		w.mu.Unlock()
		select {
		case <-w.more:
		case <-deadline:
			w.t.Fatalf("%s: no %s; events %v\n%s", w.backend, kind, passed, &w.stderr)
		}
	}
}

// stop interrupts the watch as Ctrl-C does, and fails the test if the watch
// reports a failure.
func (w *watcher) stop() {
	w.t.Helper()
	begun := time.Now()
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		w.t.Errorf("%s ended with %v\n%s", w.backend, err, &w.stderr)
	}
	if took := time.Since(begun); took > 3*time.Second {
		w.t.Errorf("%s took %v to end", w.backend, took)
	}
	if w.stderr.Len() > 0 {
		w.t.Errorf("%s complains: %s", w.backend, &w.stderr)
	}
}

// use is the memory and the descriptors that a process holds.
type use struct {
	files, threads int
	memory         int // resident, in KiB
	cpu            time.Duration
}

func (w *watcher) use() (u use) {
	w.t.Helper()
	dir := fmt.Sprintf("/proc/%d/", w.cmd.Process.Pid)
	entries, err := os.ReadDir(dir + "fd")
	if err != nil {
		w.t.Fatal(err)
	}
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		w.t.Fatal(err)
	}
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		w.t.Fatal(err)
	}
	u.files = len(entries)
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "Threads":
			u.threads = n
		case "VmRSS":
			u.memory = n
		}
	}
	// utime and stime, in ticks of 10 ms, are the 12th and 13th after the name.
	_, rest, _ := strings.Cut(string(stat), ") ")
	for _, field := range strings.Fields(rest)[11:13] {
		n, _ := strconv.Atoi(field)
		u.cpu += time.Duration(n) * 10 * time.Millisecond
	}
	return u
}

// vpcdCard puts a persona's card into the first reader until it is pulled.
func vpcdCard(t *testing.T, card *virtualcard.Card) (pull func()) {
	t.Helper()
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithCancel(context.Background())
		inserted, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- virtualcard.Serve(ctx, virtualcard.DefaultAddr, card, func() { close(inserted) }) }()
		select {
		case <-inserted:
			return func() {
				cancel()
				<-ended
			}
		case err := <-ended:
			cancel()
			if attempt == 20 {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond) // the reader of a pcscd that just came
		}
	}
}

func newVirtualCard(t *testing.T, persona string) *virtualcard.Card {
	t.Helper()
	p, _ := virtualcard.Lookup(persona)
	card, err := virtualcard.New(p, time.Now(), virtualcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// restartPCSCD kills pcscd and starts it with the same arguments.
func restartPCSCD(t *testing.T) {
	t.Helper()
	startPCSCD(t, stopPCSCD(t))
}

func startPCSCD(t *testing.T, args []string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Release()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		pc, err := pcsc.Establish(context.Background())
		if err == nil {
			readers, err := pc.Readers(context.Background())
			pc.Close()
			if err == nil && len(readers) > 0 {
				return
			}
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("pcscd does not come back")
		}
	}
}

func stopPCSCD(t *testing.T) (args []string) {
	t.Helper()
	text, err := os.ReadFile("/run/pcscd/pcscd.pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Trim(string(text), "\n\x00"))
	if err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.Contains(string(line), "pcscd") {
		t.Fatalf("process %d is %q, %v", pid, line, err)
	}
	args = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return args
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("pcscd does not end")
		}
	}
}

func TestWatchOnTheStack(t *testing.T) {
	all := watchers(t, "--interval", "1s")
	card := newVirtualCard(t, "adult")
	var log virtualcard.Recorder
	card.Observe(log.Observe)
	for _, w := range all {
		w.await(watch.ReaderConnected)
	}

	pull := vpcdCard(t, card)
	for _, w := range all {
		w.await(watch.CardInserted)
		e := w.await(watch.CardRead)
		if c := e.Card; c == nil || c.Kind != "card" || *c.PINs[0].Left != 5 || *c.PINs[1].Left != 3 || c.Certificates[1].State != "valid" {
			t.Errorf("%s read %+v", w.backend, c)
		}
	}

	// The token, which certificates there are, and the certificate in two parts.
	if n := log.Instruction(0xB0).Commands; n != 2*4 {
		t.Errorf("%d READ BINARY for two watches", n)
	}

	// Somebody enters a wrong PIN on another program.
	wrong := exec.Command(all[0].path, "pin", "verify", "auth", "--pin-stdin")
	wrong.Stdin = strings.NewReader("9999\n")
	wrong.Env = all[0].cmd.Env
	if err := wrong.Run(); wrong.ProcessState.ExitCode() != 10 {
		t.Fatalf("pin verify: %v", err)
	}
	for _, w := range all {
		e := w.await(watch.TriesLowered)
		if p := e.PIN; p == nil || p.Key != "auth" || p.Left != 2 || p.Before != 3 {
			t.Errorf("%s: %+v", w.backend, p)
		}
		if since, err := time.Parse(time.RFC3339, e.PIN.Since); err != nil || time.Since(since) > 15*time.Second {
			t.Errorf("%s: since %s, %v", w.backend, e.PIN.Since, err)
		}
	}

	// A card that stays costs the counters, three commands with short file
	// identifiers, and no more.
	log.Reset()
	time.Sleep(5 * time.Second)
	if n, ins := log.Total().Commands, log.Instruction(0xB0).Commands; n < 2*3*3 || n > 2*6*3 || ins != 0 || n%3 != 0 {
		t.Errorf("%d commands in five seconds, %d READ BINARY", n, ins)
	}

	pull()
	for _, w := range all {
		w.await(watch.CardRemoved)
	}

	// The counter went down while the card was away.
	state := card.State()
	state.Sign.Left = 2
	if err := card.SetState(state); err != nil {
		t.Fatal(err)
	}
	pull = vpcdCard(t, card)
	for _, w := range all {
		w.await(watch.CardRead)
		if p := w.await(watch.TriesLowered).PIN; p.Key != "sign" || p.Before != 5 || p.Left != 2 {
			t.Errorf("%s: %+v", w.backend, p)
		}
	}

	// What happened while the computer slept is found out afterwards.
	for _, w := range all {
		testkit.Must(t, w.cmd.Process.Signal(syscall.SIGSTOP))
	}
	pull()
	time.Sleep(2 * time.Second)
	for _, w := range all {
		testkit.Must(t, w.cmd.Process.Signal(syscall.SIGCONT))
		w.await(watch.CardRemoved)
	}
	pull = vpcdCard(t, card)
	for _, w := range all {
		w.await(watch.CardRead)
	}

	restartPCSCD(t)
	pull()
	for _, w := range all {
		w.await(watch.ServiceLost)
		w.await(watch.ServiceBack)
		w.await(watch.ReaderConnected)
	}
	pull = vpcdCard(t, card)
	for _, w := range all {
		w.await(watch.CardRead)
		w.stop()
	}
	pull()
}

// TestWatchIdle measures the CPU time and memory of a watch while nothing
// happens.
func TestWatchIdle(t *testing.T) {
	all := watchers(t)
	pull := vpcdCard(t, newVirtualCard(t, "adult"))
	defer pull()
	for _, w := range all {
		w.await(watch.CardRead)
	}
	time.Sleep(time.Second)
	var before []use
	for _, w := range all {
		before = append(before, w.use())
	}
	const idle = 12 * time.Second
	time.Sleep(idle)
	for i, w := range all {
		cpu := w.use().cpu - before[i].cpu
		t.Logf("%s: %v of %v", w.backend, cpu, idle)
		if cpu > idle/100 {
			t.Errorf("%s used the processor for %v of %v", w.backend, cpu, idle)
		}
		w.stop()
	}
}

// TestWatchSoak inserts and removes cards and restarts pcscd. The watch must
// report the last state each time, and must not grow.
func TestWatchSoak(t *testing.T) {
	insertions, restarts := times(t, "JPKI_WATCH_INSERTIONS", 50), times(t, "JPKI_WATCH_RESTARTS", 2)
	all := watchers(t)
	card := newVirtualCard(t, "adult")
	const warm = 10
	every := max(1, insertions/(restarts+1))
	var before []use
	restarted := 0
	for i := range insertions {
		pull := vpcdCard(t, card)
		for _, w := range all {
			w.await(watch.CardRead)
		}
		if i > 0 && i%every == 0 && restarted < restarts {
			restarted++
			restartPCSCD(t)
			for _, w := range all {
				w.await(watch.CardRemoved)
				w.await(watch.ServiceLost)
				w.await(watch.ServiceBack)
				w.await(watch.ReaderConnected)
			}
			pull()
			continue
		}
		pull()
		for _, w := range all {
			w.await(watch.CardRemoved)
		}
		if i == min(warm, insertions-1) {
			for _, w := range all {
				before = append(before, w.use())
			}
		}
	}
	if restarted != restarts {
		t.Errorf("%d restarts of %d", restarted, restarts)
	}
	pull := vpcdCard(t, card)
	defer pull()
	for i, w := range all {
		w.await(watch.CardRead)
		time.Sleep(time.Second)
		after := w.use()
		t.Logf("%s: %+v after %d insertions, %+v after %d", w.backend, before[i], min(warm, insertions), after, insertions)
		if after.files > before[i].files+2 || after.threads > before[i].threads+4 || after.memory > before[i].memory+8<<10 {
			t.Errorf("%s holds %+v, and held %+v", w.backend, after, before[i])
		}
		w.stop()
	}
}

func times(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s", variable, value)
	}
	return n
}
