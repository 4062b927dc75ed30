//go:build pcscd

package stacktest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// bigFile makes a file of nothing but zeros.
func bigFile(t testing.TB, size int64) (dir string) {
	t.Helper()
	dir = file(t, "big", "")
	must(t, os.Truncate(filepath.Join(dir, "big"), size))
	return dir
}

// TestBigFile signs a file that is far bigger than the 16 MB that the program
// may have for itself, beside the pages of its own file.
func TestBigFile(t *testing.T) {
	const most = 16 << 10 // KiB
	s := insert(t, "adult", virtualcard.Options{})
	dir := bigFile(t, 256<<20)
	each(t, func(t *testing.T, p program) {
		run := p.prepare(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "big", "--pin-stdin", "-o", p.backend)
		var peak, shared int
		s.when(signCommands, func() { // all has been read by then
			peak, shared = memory(run.Process.Pid, "VmHWM"), memory(run.Process.Pid, "RssFile")
		})
		run.begin(t)
		run.wait(t).wantExit(t, 0)
		if own := peak - shared; shared == 0 || own <= 0 || own > most {
			t.Errorf("%d KiB resident at the most, %d of them shared with the file; want %d", peak, shared, most)
		}
		t.Logf("%d KiB resident, %d of them shared with the file", peak, shared)
		p.with(t, setting{dir: dir}, "verify", p.backend, "--content", "big", "--trust", "demo").wantExit(t, 0)
	})
}

// memory reads a number, in KiB, that the system keeps of a process.
func memory(pid int, what string) (n int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, line, ok := strings.Cut(string(status), "\n"+what+":"); ok {
		_, _ = fmt.Sscan(line, &n)
	}
	return n
}

// TestStart: a program that people call often starts at once. One quick start
// is proof enough, as other work on this machine can only slow it down.
func TestStart(t *testing.T) {
	const most = 20 * time.Millisecond
	each(t, func(t *testing.T, p program) {
		best := time.Hour
		for n := 0; n < 200 && best > most; n++ {
			start := time.Now()
			p.run(t, "version").wantExit(t, 0)
			best = min(best, time.Since(start))
		}
		if best > most {
			t.Errorf("took %v", best)
		}
	})
}

// BenchmarkSign signs 1 GiB, and compares the time with what openssl takes
// with a key in a file. One is to be no slower than 1.1 of the other.
func BenchmarkSign(b *testing.B) {
	insert(b, "adult", virtualcard.Options{})
	dir := bigFile(b, 1<<30)
	tool(b, dir, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=DEMO", "-keyout", "key", "-out", "cert")
	for _, p := range programs {
		b.Run(p.backend, func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				tool(b, dir, "openssl", "cms", "-sign", "-binary", "-in", "big", "-signer", "cert", "-inkey", "key", "-outform", "DER", "-out", "theirs")
				theirs += time.Since(start)
				start = time.Now()
				p.with(b, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "big", "--pin-stdin", "--force").wantExit(b, 0)
				ours += time.Since(start)
			}
			ratio := ours.Seconds() / theirs.Seconds()
			b.ReportMetric(ratio, "ours/openssl")
			if ratio > 1.1 {
				b.Errorf("%.2f of the time that openssl takes", ratio)
			}
		})
	}
}
