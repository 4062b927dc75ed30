//go:build pcscd

package stacktest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// bigFile makes a file of zeros.
func bigFile(t testing.TB, size int64) (dir string) {
	t.Helper()
	dir = file(t, "big", "")
	testkit.Must(t, os.Truncate(filepath.Join(dir, "big"), size))
	return dir
}

// TestBigFile signs and verifies a file much bigger than the 16 MB that the
// program may use besides its own code.
func TestBigFile(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		in := setting{dir: bigFile(t, 64<<20), stdin: virtualcard.SignPIN}
		p.small(t, in, "sign", "big", "--pin-stdin", "-o", "detached")
		p.small(t, in, "verify", "--trust", "demo", "detached", "--content", "big")
		p.small(t, in, "sign", "big", "--pin-stdin", "-o", "attached", "--attached")
		p.small(t, in, "verify", "--trust", "demo", "attached", "--extract", "taken")
		tool(t, in.dir, "cmp", "big", "taken")
		p.small(t, in, "sign", "big", "--pin-stdin", "-o", "pem", "--attached", "--pem")
		p.small(t, in, "verify", "--trust", "demo", "pem")
	})
}

// small runs the program and checks its use of memory.
func (p program) small(t *testing.T, in setting, args ...string) {
	t.Helper()
	const most = 16 << 10 // KiB
	r, u := p.prepare(t, in, args...).watched(t)
	r.wantExit(t, 0)
	if own := u.resident - u.shared; u.shared == 0 || own <= 0 || own > most {
		t.Errorf("%v: %d KiB resident at the most, %d of them shared with files; want %d", args, u.resident, u.shared, most)
	}
	t.Logf("%v: %d KiB resident, %d of them shared with files", args, u.resident, u.shared)
}

// usage is the time and memory of a run.
type usage struct {
	wall, cpu        time.Duration
	resident, shared int // KiB of memory, at the most
}

// watched runs the program to its end and returns its usage.
func (r *running) watched(t testing.TB) (result, usage) {
	t.Helper()
	start := time.Now()
	r.begin(t)
	r.deadline.Reset(10 * limit) // a big file, on a slow disk
	u, err := watch(r.Cmd, start)
	return r.ended(t, err), u
}

// watch waits for the end of a process and measures its memory in the meantime:
// the figure of the system at the end includes memory of the parent.
func watch(process *exec.Cmd, start time.Time) (u usage, err error) {
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			u.resident = max(u.resident, memory(process.Process.Pid, "VmHWM"))
			u.shared = max(u.shared, memory(process.Process.Pid, "RssFile"))
			select {
			case <-ended:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	err = process.Wait()
	u.wall = time.Since(start)
	close(ended)
	<-watched
	u.cpu = process.ProcessState.UserTime() + process.ProcessState.SystemTime()
	return u, err
}

// memory reads a figure of a process, in KiB, from /proc.
func memory(pid int, what string) (n int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, line, ok := strings.Cut(string(status), "\n"+what+":"); ok {
		_, _ = fmt.Sscan(line, &n)
	}
	return n
}
