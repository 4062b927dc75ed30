package pin

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A hardened program must leave no core even where the limit allows one, as a
// core_pattern that pipes into a program ignores the limit.
func TestHarden(t *testing.T) {
	const hardened = "PIN_TEST_HARDENED"
	if os.Getenv(hardened) != "" {
		crashHardened()
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHarden$")
	cmd.Env = append(os.Environ(), hardened+"=1", "GOTRACEBACK=crash") // end by the signal
	cmd.Dir = t.TempDir()                                              // for the core dump
	out, err := cmd.CombinedOutput()
	e, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatalf("%v: %s", err, out)
	}
	status := e.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGABRT {
		t.Fatalf("it did not crash: %v: %s", err, out)
	}
	if status.CoreDump() {
		t.Error("it left a core dump")
	}
}

// crashHardened does what a hardened program must still be able to do, and ends
// by the signal that makes the kernel dump others.
func crashHardened() {
	var before, after unix.Rlimit
	must := func(err error) {
		if err != nil {
			fail(err)
		}
	}
	must(unix.Getrlimit(unix.RLIMIT_CORE, &before))
	must(Harden())
	must(unix.Getrlimit(unix.RLIMIT_CORE, &after))
	if after.Cur != 0 || after.Max != before.Max {
		fail("the limit of core dumps is", after)
	}

	r, w, err := os.Pipe()
	must(err)
	_, err = w.WriteString("1234")
	must(err)
	must(w.Close())
	again, err := os.Open("/proc/self/fd/" + strconv.Itoa(int(r.Fd())))
	must(err)
	if b, err := io.ReadAll(again); err != nil || string(b) != "1234" {
		fail(string(b), err)
	}
	self, err := os.Executable()
	must(err)
	must(exec.Command("test", "-x", self).Run())
	must(exec.Command("sh", "-c", "test -r /proc/self/environ").Run())

	must(unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: before.Max, Max: before.Max}))
	must(unix.Kill(os.Getpid(), unix.SIGABRT))
	time.Sleep(time.Hour)
}
