//go:build pcscd

package stacktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// faultyLibrary builds a libpcsclite.so.1 that lets one call fail, and returns
// the environment that makes a program load it. See testdata/faultypcsc.c.
func faultyLibrary(t *testing.T) (env []string) {
	t.Helper()
	dir := t.TempDir()
	flags := strings.Fields(tool(t, "", "pkg-config", "--cflags", "libpcsclite"))
	args := append([]string{"-shared", "-fPIC", "-O1", "-Wl,-soname,libpcsclite.so.1", "-o", filepath.Join(dir, "libpcsclite.so.1"), "testdata/faultypcsc.c"}, flags...)
	tool(t, "", "gcc", append(args, "-ldl", "-lpthread")...)
	for line := range strings.Lines(tool(t, "", "ldconfig", "-p")) {
		if name, path, found := strings.Cut(strings.TrimSpace(line), " => "); found && strings.HasPrefix(name, "libpcsclite.so.1 ") {
			return []string{"LD_LIBRARY_PATH=" + dir, "FAULT_REAL=" + path}
		}
	}
	t.Fatal("no libpcsclite.so.1")
	return nil
}

// faultCodes are codes that functions of PC/SC return.
var faultCodes = []uint32{
	0x80100001, 0x80100003, 0x80100006, 0x80100008, 0x80100009, 0x8010000A, 0x8010000B, 0x8010000C, 0x8010000F,
	0x80100010, 0x80100011, 0x80100013, 0x80100014, 0x80100016, 0x80100017, 0x8010001C, 0x8010001D, 0x8010001E, 0x8010001F, 0x80100022,
	0x8010002B, 0x8010002E, 0x8010002F, 0x80100065, 0x80100066, 0x80100067, 0x80100068, 0x80100069, 0x8010006A,
}

// faultRun is a command that meets faults. made reports whether it did its work.
type faultRun struct {
	name string
	args []string
	pin  string
	made func(result) bool
}

// faultRuns are commands of each kind.
var faultRuns = []faultRun{
	{"status", []string{"status", "--json"}, "", func(r result) bool { return strings.Contains(r.stdout, `"jpki.status/v1"`) }},
	{"counters", []string{"pin", "status", "--json"}, "", func(r result) bool { return strings.Contains(r.stdout, `"left": 5`) }},
	{"verify", []string{"pin", "verify", "auth", "--json", "--pin-stdin"}, virtualcard.AuthPIN, func(r result) bool { return len(pinsIn(r.log)) == 1 }},
	{"export", []string{"cert", "export", "auth", "-o", "out"}, "", func(r result) bool { return exists(r.dir, "out") }},
	{"sign", []string{"sign", "a", "-o", "out", "--json", "--pin-stdin"}, virtualcard.SignPIN, func(r result) bool { return exists(r.dir, "out") }},
}

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// faultCells is the number of faults that a run of the test tries. With
// JPKI_STACK_ROUNDS, in .ci/soak, it tries all of them.
const faultCells = 90

// TestFaults lets each call of PC/SC fail with each code, one failure a run.
// The program must end in time, its exit status must be right about tries, its
// files must be whole, and no PIN may be sent twice.
func TestFaults(t *testing.T) {
	env := faultyLibrary(t)
	s := insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		type cell struct {
			run   int
			fault string
		}
		var cells []cell
		for i, run := range faultRuns {
			for op, n := range callsOf(t, p, env, run) {
				for nth := 1; nth <= n; nth++ {
					for _, code := range faultCodes {
						for _, when := range []string{"before", "after"} {
							cells = append(cells, cell{i, fmt.Sprintf("%s:%d:%s:%08X", op, nth, when, code)})
						}
					}
				}
			}
		}
		all := len(cells)
		if rounds == 1 { // the same ones each time, spread over all kinds
			rank := func(c cell) uint64 {
				h := fnv.New64a()
				fmt.Fprint(h, c.run, c.fault)
				return h.Sum64()
			}
			slices.SortFunc(cells, func(a, b cell) int {
				return strings.Compare(fmt.Sprintf("%016x", rank(a)), fmt.Sprintf("%016x", rank(b)))
			})
			cells = cells[:min(faultCells, len(cells))]
		}
		t.Logf("%d of %d cells", len(cells), all)
		for _, c := range cells {
			runFault(t, s, p, append(env, "FAULT="+c.fault), c.fault, faultRuns[c.run])
		}
	})
}

// callsOf counts the calls of each function in a run without faults, which must
// do its work.
func callsOf(t *testing.T, p program, env []string, run faultRun) map[string]int {
	t.Helper()
	log := filepath.Join(t.TempDir(), "calls")
	r := p.with(t, setting{dir: file(t, "a", "x"), stdin: run.pin + "\n", env: append(env, "FAULT_LOG="+log)}, run.args...).wantExit(t, 0)
	if !run.made(r) {
		t.Fatalf("%s made nothing:\n%s%s", run.name, r.stdout, r.stderr)
	}
	data, err := os.ReadFile(log)
	testkit.Must(t, err)
	calls := map[string]int{}
	for _, name := range strings.Fields(string(data)) {
		calls[name]++
	}
	if calls["SCardTransmit"] < 3 || calls["SCardBeginTransaction"] < 1 {
		t.Fatalf("the library was not taken: %v", calls)
	}
	return calls
}

// runFault runs a command with a fault and compares what it says with what the
// card saw.
func runFault(t *testing.T, s *slot, p program, env []string, fault string, run faultRun) {
	t.Helper()
	process := p.prepare(t, setting{dir: file(t, "a", "x"), stdin: run.pin + "\n", env: env}, run.args...)
	process.alone = false // whether it could close the card is checked here
	start := time.Now()
	process.begin(t)
	r := process.wait(t)
	bad := func(format string, more ...any) {
		t.Helper()
		t.Errorf("%s, %s: %s\nexit %d\n%s%s%v", run.name, fault, fmt.Sprintf(format, more...), r.exit, r.stdout, r.stderr, r.log)
	}
	verifies := len(pinsIn(r.log))
	if took := time.Since(start); took > 15*time.Second {
		bad("took %v", took)
	}
	for _, crash := range []string{"panic", "goroutine ", "%!", "SIGSEGV", "faultypcsc"} {
		if strings.Contains(r.stdout+r.stderr, crash) {
			bad("%q", crash)
		}
	}
	if !slices.Contains([]int{0, 1, 3, 4, 8, 9, 10, 11}, r.exit) {
		bad("an exit status that says nothing of it")
	}
	if verifies > 1 {
		bad("%d PINs sent", verifies)
	}
	if unanswered(r.log) && slices.Contains([]int{3, 4, 11}, r.exit) {
		bad("the status says that no try was used, and nobody knows")
	}
	if r.exit == 0 && !run.made(r) {
		bad("nothing was made")
	}
	if made := exists(r.dir, "out"); made && run.name == "sign" {
		if _, err := os.Stat(filepath.Join(r.dir, "out")); err != nil || exec.Command("openssl", "cms", "-verify", "-inform", "DER", "-in", filepath.Join(r.dir, "out"), "-content", filepath.Join(r.dir, "a"), "-binary", "-noverify", "-out", os.DevNull).Run() != nil {
			bad("what it made is not a signature")
		}
	}
	if r.exit != 0 && len(r.stderr) == 0 {
		if run.name != "status" && run.name != "counters" || r.exit != 9 {
			bad("no word about it")
		}
	}
	reported := strings.Contains(r.stderr, "pin-not-closed")
	if strings.HasPrefix(strings.TrimSpace(r.stderr), "{") {
		var doc problemDocument
		if err := json.NewDecoder(bytes.NewReader([]byte(r.stderr))).Decode(&doc); err != nil {
			bad("%v", err)
		}
		if (doc.Error.Code == "no-service" || doc.Error.Code == "no-reader") && !strings.Contains(doc.Error.Hint, "jpki doctor") {
			bad("no advice to run doctor")
		}
	}
	if verifies > 0 && present(t, s.reader) {
		if open := nextProgram(t, s.reader); len(open) > 0 && !reported {
			bad("left open without a word: %v", open)
		}
	}
	if got := s.card.State(); got.Sign.Left != 5 || got.Auth.Left != 3 {
		bad("tries %+v", got)
	}
}

// unanswered reports a PIN after which the program sent nothing more to the
// card, so that it cannot know whether the PIN was right.
func unanswered(log []exchange) bool {
	i := slices.IndexFunc(log, exchange.isVerify)
	return i >= 0 && !slices.ContainsFunc(log[i+1:], func(x exchange) bool { return !x.leaves() })
}

// TestHangs shows that the program can be ended while any call of PC/SC hangs,
// with both backends, and that it reports a PIN that it could not close.
func TestHangs(t *testing.T) {
	env := faultyLibrary(t)
	s := insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		hung := 0
		for _, run := range faultRuns {
			if run.name != "status" && run.name != "sign" {
				continue
			}
			for op, n := range callsOf(t, p, env, run) {
				calls := []int{1, (n + 1) / 2, n}
				if op != "SCardTransmit" && rounds == 1 {
					calls = calls[:1]
				}
				for _, nth := range slices.Compact(calls) {
					fault := fmt.Sprintf("%s:%d:hang", op, nth)
					r := p.prepare(t, setting{dir: file(t, "a", "x"), stdin: run.pin + "\n", env: append(env, "FAULT="+fault)}, run.args...)
					r.alone = false
					r.begin(t)
					done := make(chan result, 1)
					go func() { done <- r.wait(t) }()
					var got result
					select {
					case got = <-done: // it did not wait for that call
					case <-time.After(700 * time.Millisecond):
						hung++
						asked := time.Now()
						_ = r.Process.Signal(syscall.SIGTERM)
						got = <-done
						verified := slices.ContainsFunc(got.log, func(x exchange) bool { return x.isVerify() && x.sw == apdu.StatusOK })
						most := 2 * time.Second
						if verified || strings.Contains(got.stderr, "pin-unanswered") {
							most = 12 * time.Second
						}
						if took := time.Since(asked); took > most {
							t.Errorf("%v, %s: ended %v after SIGTERM\n%s", run.args, fault, took, got.stderr)
						}
					}
					if slices.Contains([]int{-1, 2}, got.exit) {
						t.Errorf("%v, %s: exit %d\n%s", run.args, fault, got.exit, got.stderr)
					}
					if len(pinsIn(got.log)) > 0 && present(t, s.reader) {
						if open := nextProgram(t, s.reader); len(open) > 0 && !strings.Contains(got.stderr, "pin-not-closed") {
							t.Errorf("%v, %s: left open without a word: %v\n%s", run.args, fault, open, got.stderr)
						}
					}
				}
			}
		}
		if t.Logf("%d runs waited for a call that hangs", hung); hung < 10 {
			t.Error("too few runs waited: the library does not let calls hang")
		}
	})
}
