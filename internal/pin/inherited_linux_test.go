package pin

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/internal/testkit"
)

func TestDescriptorOfTheShell(t *testing.T) {
	for name, redirect := range map[string]string{"a pipe": `echo 1234 | "$0" 3<&0 </dev/null`, "a document": "\"$0\" 3<<EOF\n1234\nEOF"} {
		cmd := inRole("descriptor 3", exec.Command("sh", "-c", redirect, os.Args[0]))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
	for redirect, role := range map[string]string{`"$0"`: "descriptor 3", `"$0" 3>/dev/null`: "descriptor 3", `"$0" 1<>/dev/null`: "descriptor 1"} {
		cmd := inRole(role, exec.Command("sh", "-c", redirect, os.Args[0]))
		out, err := cmd.CombinedOutput()
		if _, ok := errors.AsType[*exec.ExitError](err); !ok || !strings.Contains(string(out), ErrBadDescriptor.Error()) {
			t.Errorf("%s: %v: %s", redirect, err, out)
		}
	}
}

// The runtime's own descriptors may have any number.
func TestDescriptorOfOurOwn(t *testing.T) {
	r, w, err := os.Pipe()
	testkit.Must(t, err)
	defer r.Close()
	defer w.Close()
	_, err = Choose(Options{Flags: []Flag{{Descriptor, fmt.Sprint(r.Fd())}}}, Env{})
	if !errors.Is(err, ErrBadDescriptor) {
		t.Error(err)
	}
}

// A descriptor shared with another reader, and its second line for the change.
func TestDescriptorIsNotReadAhead(t *testing.T) {
	r, w, err := os.Pipe()
	testkit.Must(t, err)
	defer r.Close()
	_, err = w.WriteString("1234\n5678\nrest")
	testkit.Must(t, err)
	testkit.Must(t, w.Close())
	fd, err := unix.Dup(int(r.Fd())) // without FD_CLOEXEC, as if inherited
	testkit.Must(t, err)
	s, err := Choose(Options{Flags: []Flag{{Descriptor, strconv.Itoa(fd)}}, Change: true}, Env{})
	testkit.Must(t, err)
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("commands would inherit it: %v", err)
	}
	wantPIN(t, s.Current, "1234")
	wantPIN(t, s.New, "5678")
	s.Close()
	if rest, err := io.ReadAll(r); err != nil || string(rest) != "rest" {
		t.Errorf("left: %q, %v", rest, err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("the descriptor is still open: %v", err)
	}
}
