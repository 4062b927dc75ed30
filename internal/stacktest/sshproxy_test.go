//go:build pcscd

package stacktest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// opensshAgent starts OpenSSH's own agent with one key.
func opensshAgent(t *testing.T) (socket, public string, stop func()) {
	t.Helper()
	dir := t.TempDir()
	socket, key := filepath.Join(dir, "agent"), filepath.Join(dir, "key")
	tool(t, dir, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "the other key", "-f", key)
	cmd := exec.Command("ssh-agent", "-D", "-a", socket)
	testkit.Must(t, cmd.Start())
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	for range 100 {
		if exec.Command("test", "-S", socket).Run() == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	uses(t, socket, "ssh-add", "-q", key).ends(t, true, "")
	return socket, key + ".pub", stop
}

// TestSSHProxy shows that OpenSSH's programs find the card's key and those of
// OpenSSH's agent behind one socket, log in with either, and lock both.
func TestSSHProxy(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		socket, public, stop := opensshAgent(t)
		byCard := startSSHD(t, p.sshKey(t))
		byOther := startSSHD(t, tool(t, "", "cat", public))
		known := knownHosts(t, byCard, byOther)
		pinned := filepath.Join(file(t, "pin", virtualcard.AuthPIN), "pin")
		a := p.sitAgent(t, "--pin-file", pinned, "--proxy", socket)
		uses(t, a.socket, "ssh-add", "-l").ends(t, true, "the other key")
		uses(t, a.socket, append(byCard.sshTo(known), "echo in")...).ends(t, true, "in")
		signed := signatures(a.log())
		uses(t, a.socket, append(byOther.sshTo(known), "-v", "echo in")...).ends(t, true, "the other key")
		if n := signatures(a.log()); signed != 1 || n > 2 {
			t.Errorf("the card signed %d times, then %d", signed, n)
		}
		dir := file(t, "data", "data")
		uses(t, a.socket, "ssh-keygen", "-Y", "sign", "-n", "file", "-f", public, filepath.Join(dir, "data")).ends(t, true, "data.sig")

		more := filepath.Join(t.TempDir(), "more")
		tool(t, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "one more", "-f", more)
		uses(t, a.socket, "ssh-add", "-q", more).ends(t, true, "")
		uses(t, socket, "ssh-add", "-l").ends(t, true, "one more")
		uses(t, a.socket, "ssh-add", "-q", "-d", more).ends(t, true, "")
		list := uses(t, a.socket, "ssh-add", "-l")
		list.ends(t, true, "the other key")
		if strings.Contains(list.out.String(), "one more") {
			t.Errorf("not removed:\n%s", &list.out)
		}

		stop()
		list = uses(t, a.socket, "ssh-add", "-l")
		list.ends(t, true, "(RSA)")
		a.sees(t, "the agent of --proxy does not answer")
		uses(t, a.socket, append(byCard.sshTo(known), "echo in")...).ends(t, true, "in")
		a.stops(t)
	})
}

// TestSSHProxyItself shows that an agent cannot be a proxy for itself.
func TestSSHProxyItself(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		own := filepath.Join(t.TempDir(), "own")
		r := p.run(t, "ssh", "agent", "--card", "demo", "--pin-command", "true", "--socket", own, "--proxy", own).wantExit(t, 2)
		contains(t, r.stderr, "this agent's own socket")
	})
}
