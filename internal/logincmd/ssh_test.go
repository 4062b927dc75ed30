//go:build unix

package logincmd

import (
	"os/exec"
	"testing"
)

// TestSocketLine has a shell read what the agent prints.
func TestSocketLine(t *testing.T) {
	for _, path := range []string{"/run/user/1000/jpki/agent.sock", "/tmp/a b/$(touch x)/it's`id`\\", "/日本/s"} {
		out, err := exec.Command("/bin/sh", "-c", socketLine(path)+` printenv SSH_AUTH_SOCK`).Output()
		if err != nil || string(out) != path+"\n" {
			t.Errorf("%q was read as %q, %v", path, out, err)
		}
	}
}
