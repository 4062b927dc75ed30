//go:build pcscd

package stacktest

import (
	"crypto/sha512"
	"errors"
	"fmt"
	"net"
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

	"golang.org/x/crypto/ssh"
	sshagent "golang.org/x/crypto/ssh/agent"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// The agent against OpenSSH's own programs: ssh, ssh-add, ssh-keygen and git on
// one side, sshd on the other.

const askedAuth = "Authentication PIN: "

// sshServer is an sshd on this machine that lets one key in.
type sshServer struct {
	dir, port string
}

// rootMayLogIn gives root an account without a password, whatever this
// machine's is like. Only the namespace of .ci/stack sees it.
var rootMayLogIn = sync.OnceValue(func() error {
	const shadow = "/run/shadow"
	return errors.Join(
		os.WriteFile(shadow, []byte("root:*:19000:0:99999:7:::\n"), 0o600),
		syscall.Mount(shadow, "/etc/shadow", "", syscall.MS_BIND, ""),
	)
})

// startSSHD starts an sshd that accepts the key in a line of authorized_keys.
// It needs root, as in the namespace of .ci/stack.
func startSSHD(t testing.TB, authorized string) *sshServer {
	t.Helper()
	s := &sshServer{dir: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	_, s.port, err = net.SplitHostPort(l.Addr().String())
	testkit.Must(t, err)
	testkit.Must(t, l.Close())
	testkit.Must(t, rootMayLogIn())
	testkit.Must(t, os.MkdirAll("/run/sshd", 0o755)) // where it locks itself in
	write(t, s.dir, "authorized_keys", authorized)
	tool(t, s.dir, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "host")
	write(t, s.dir, "config", fmt.Sprintf(`ListenAddress 127.0.0.1:%s
HostKey %[2]s/host
AuthorizedKeysFile %[2]s/authorized_keys
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
LogLevel VERBOSE
`, s.port, s.dir))
	// It starts itself anew for each connection and wants its whole path.
	sshd := exec.Command("/usr/sbin/sshd", "-D", "-f", filepath.Join(s.dir, "config"), "-E", filepath.Join(s.dir, "log"))
	testkit.Must(t, sshd.Start())
	t.Cleanup(func() {
		_ = sshd.Process.Kill()
		_ = sshd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Logf("sshd:\n%s", log)
		}
	})
	eventually(t, "sshd answers", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return s
}

// knownHosts writes a file with the keys of servers.
func knownHosts(t testing.TB, servers ...*sshServer) string {
	t.Helper()
	var lines strings.Builder
	for _, s := range servers {
		key, err := os.ReadFile(filepath.Join(s.dir, "host.pub"))
		testkit.Must(t, err)
		fmt.Fprintf(&lines, "[127.0.0.1]:%s %s", s.port, key)
	}
	return filepath.Join(file(t, "known_hosts", lines.String()), "known_hosts")
}

// sshTo is the command line that logs in to a server.
func (s *sshServer) sshTo(known string, more ...string) []string {
	args := []string{"-F", "none", "-o", "UserKnownHostsFile=" + known, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=no", "-p", s.port, "root@127.0.0.1"}
	return append(append([]string{"ssh"}, more...), args...)
}

// user is a program of another project that uses the agent.
type user struct {
	*exec.Cmd
	out  strings.Builder
	done chan error
}

// uses starts a program with the agent's socket in its environment.
func uses(t testing.TB, socket string, args ...string) *user {
	t.Helper()
	u := &user{Cmd: exec.Command(args[0], args[1:]...), done: make(chan error, 1)}
	u.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket, "HOME="+t.TempDir(), "LC_ALL=C")
	u.Stdout, u.Stderr = &u.out, &u.out
	u.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal
	testkit.Must(t, u.Start())
	t.Cleanup(func() { _ = u.Process.Kill() })
	go func() { u.done <- u.Wait() }()
	return u
}

// ends waits for the end of the program and checks its status and output.
func (u *user) ends(t testing.TB, well bool, want string) {
	t.Helper()
	select {
	case err := <-u.done:
		if (err == nil) != well || !strings.Contains(u.out.String(), want) {
			t.Errorf("%s: %v, want %q in\n%s", u.Args[0], err, want, &u.out)
		}
	case <-time.After(limit):
		t.Fatalf("%s does not end:\n%s", u.Args, &u.out)
	}
}

// agent is the agent on a terminal with a person.
type agent struct {
	*person
	socket string
}

// sitAgent starts the agent on a terminal.
func (p program) sitAgent(t *testing.T, args ...string) *agent {
	t.Helper()
	return p.sitAgentAt(t, filepath.Join(t.TempDir(), "socket"), args...)
}

func (p program) sitAgentAt(t *testing.T, socket string, args ...string) *agent {
	t.Helper()
	x := p.sit(t, setting{}, append([]string{"ssh", "agent", "--socket", socket}, args...)...)
	x.alone = false // it sends a PIN for each signature
	x.deadline.Reset(4 * limit)
	x.sees(t, "SSH_AUTH_SOCK='"+socket+"'; export SSH_AUTH_SOCK;")
	x.sees(t, "The agent is running.")
	return &agent{x, socket}
}

// stops ends the agent with Ctrl-C and checks its use of the card: each PIN was
// sent after a query of the counter, no other program came between that and its
// end, and nothing is left open.
func (a *agent) stops(t *testing.T) {
	t.Helper()
	a.types(t, "\x03")
	a.gone(t, 0)
	if _, err := os.Lstat(a.socket); err == nil {
		t.Error("the socket is still there")
	}
	wellUsed(t, a.log())
	if len(a.log()) > 0 && !slots[0].empty() && present(t, slots[0].reader) {
		for _, signed := range nextProgram(t, slots[0].reader) {
			t.Errorf("the next program could sign: %s", signed)
		}
	}
}

func (a *agent) log() []exchange { return slots[0].seenSince(a.since) }

// gone waits for the end of the agent.
func (a *agent) gone(t *testing.T, exit int) {
	t.Helper()
	_ = a.Wait()
	a.deadline.Stop()
	if !a.echo(t) {
		t.Error("the terminal was left without echo")
	}
	if got := a.ProcessState.ExitCode(); got != exit {
		t.Errorf("the agent ended with %d, want %d\n%s", got, exit, a.shown())
	}
}

// wellUsed checks each of several sessions as leftWell checks one.
func wellUsed(t testing.TB, log []exchange) {
	t.Helper()
	for i, x := range log {
		if !x.isVerify() {
			continue
		}
		left := 0
		if i > 0 && log[i-1].isQuery() {
			left, _ = log[i-1].sw.Tries()
		}
		if left == 0 {
			t.Errorf("a PIN was sent without a look at its counter: %v", log)
		}
		rest := log[i+1:]
		end := slices.IndexFunc(rest, func(x exchange) bool { return x.leaves() })
		if end < 0 || slices.ContainsFunc(rest[:end], exchange.isVerify) {
			t.Errorf("a PIN was not closed: %v", log)
		}
	}
}

func verifies(log []exchange) (n int) {
	for _, x := range log {
		if x.isVerify() {
			n++
		}
	}
	return n
}

// sshKey is the line for authorized_keys.
func (p program) sshKey(t testing.TB, args ...string) string {
	t.Helper()
	r := p.run(t, append([]string{"ssh", "key"}, args...)...).wantExit(t, 0)
	if !strings.Contains(r.stderr, "never register it") {
		t.Errorf("no warning that the demo card's key is public: %q", r.stderr)
	}
	return r.stdout
}

// TestSSHLogin does what people do with an agent, with a PIN typed each time.
func TestSSHLogin(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		insert(t, "adult", virtualcard.Options{})
		key := p.sshKey(t)
		server := startSSHD(t, key)
		known := knownHosts(t, server)
		a := p.sitAgent(t, "--known-hosts", known)
		uses(t, a.socket, "ssh-add", "-l").ends(t, true, "jpki-auth (RSA)")

		login := uses(t, a.socket, append(server.sshTo(known), "echo logged $((1 + 1))")...)
		a.sees(t, `An SSH log-in as "root" to [127.0.0.1]:`+server.port)
		a.sees(t, "3 of 3 tries left")
		a.answers(t, askedAuth, virtualcard.AuthPIN)
		a.sees(t, `Signed: an SSH log-in as "root"`)
		login.ends(t, true, "logged 2")

		dir := file(t, "key.pub", key)
		write(t, dir, "signers", "me@example.jp "+key)
		write(t, dir, "letter", "dear sir")
		signing := uses(t, a.socket, "ssh-keygen", "-Y", "sign", "-n", "file", "-f", filepath.Join(dir, "key.pub"), filepath.Join(dir, "letter"))
		a.sees(t, `An SSHSIG signature for "file"`)
		a.answers(t, askedAuth, virtualcard.AuthPIN)
		signing.ends(t, true, "")
		verify := `ssh-keygen -Y verify -f signers -I me@example.jp -n file -s letter.sig <`
		contains(t, tool(t, dir, "sh", "-c", verify+"letter"), "Good")
		write(t, dir, "forged", "dear madam")
		if out, err := foreign(t, dir, "sh", "-c", verify+"forged"); err == nil {
			t.Errorf("another letter is good: %s", out)
		}

		git := []string{"git", "-C", dir, "-c", "user.name=Me", "-c", "user.email=me@example.jp", "-c", "gpg.format=ssh",
			"-c", "user.signingkey=" + filepath.Join(dir, "key.pub"), "-c", "gpg.ssh.allowedSignersFile=" + filepath.Join(dir, "signers")}
		tool(t, dir, "git", "init", "-q")
		commit := uses(t, a.socket, append(git, "commit", "-q", "-S", "--allow-empty", "-m", "first")...)
		a.sees(t, `An SSHSIG signature for "git"`)
		a.answers(t, askedAuth, virtualcard.AuthPIN)
		commit.ends(t, true, "")
		uses(t, a.socket, append(git, "verify-commit", "HEAD")...).ends(t, true, "Good \"git\" signature for me@example.jp")

		if n := verifies(a.log()); n != 3 {
			t.Errorf("%d PINs were sent for 3 signatures", n)
		}
		// The key stays as it is.
		uses(t, a.socket, "ssh-add", "-D").ends(t, true, "All identities removed.") // its PIN is forgotten
		uses(t, a.socket, "ssh-add", filepath.Join(server.dir, "host")).ends(t, false, "")
		// SHA-1 is refused before anybody is asked.
		old := uses(t, a.socket, append(server.sshTo(known, "-o", "PubkeyAcceptedAlgorithms=ssh-rsa"), "true")...)
		old.ends(t, false, "Permission denied")
		a.stops(t)
	})
}

// TestSSHRefusals shows that refusals by the person and by the card end the
// log-in and not the agent.
func TestSSHRefusals(t *testing.T) {
	p := programs[0]
	s := insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, p.sshKey(t))
	known := knownHosts(t, server)
	a := p.sitAgent(t)
	login := func() *user { return uses(t, a.socket, append(server.sshTo(known), "echo in")...) }

	wrong := login()
	a.answers(t, askedAuth, "4321")
	a.sees(t, "Wrong authentication PIN. 2 tries are left.")
	wrong.ends(t, false, "Permission denied")

	declined := login()
	a.sees(t, "2 of 3 tries left")
	a.sees(t, askedAuth)
	eventually(t, "nothing typed is shown", func() bool { return !a.echo(t) })
	a.types(t, "\x04")
	a.sees(t, "Cancelled.")
	declined.ends(t, false, "Permission denied")

	// The question ends with the client, and leaves nothing of the next answer.
	gone := login()
	a.sees(t, askedAuth)
	_ = gone.Process.Kill()
	eventually(t, "the question is over", func() bool { return a.echo(t) })
	a.types(t, virtualcard.AuthPIN+"\r") // too late
	a.sees(t, virtualcard.AuthPIN)       // and thus shown
	next := login()
	a.answers(t, askedAuth, "4321")
	a.sees(t, "1 try is left.")
	next.ends(t, false, "Permission denied")

	last := login()
	a.sees(t, "One try is left for the authentication PIN.")
	a.sees(t, "Type yes to go on all the same: ")
	a.types(t, "no\r")
	a.sees(t, "Cancelled. The authentication PIN was not sent")
	last.ends(t, false, "Permission denied")
	agreed := login()
	a.sees(t, "Type yes to go on all the same: ")
	a.types(t, "yes\r")
	a.answers(t, askedAuth, virtualcard.AuthPIN)
	agreed.ends(t, true, "in")
	if n := verifies(a.log()); n != 3 {
		t.Errorf("%d PINs were sent, want 3", n)
	}

	// The yes was for that time only.
	s.others(func() {
		for range 2 {
			p.enter(t, "4321", "pin", "verify", "auth").wantExit(t, 10)
		}
	})
	again := login()
	a.sees(t, "Type yes to go on all the same: ")
	a.types(t, "yes\r")
	a.answers(t, askedAuth, "9999")
	a.sees(t, "It is now blocked.")
	again.ends(t, false, "Permission denied")
	locked := login()
	a.sees(t, "The authentication PIN is blocked.")
	locked.ends(t, false, "Permission denied")
	a.stops(t)
}

// TestSSHTogether makes two log-ins at once with one kept PIN.
func TestSSHTogether(t *testing.T) {
	p := programs[1]
	insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, p.sshKey(t))
	known := knownHosts(t, server)
	for cache, questions := range map[string]int{"0s": 2, "5m": 1} {
		a := p.sitAgent(t, "--cache", cache)
		var both []*user
		for range 2 {
			both = append(both, uses(t, a.socket, append(server.sshTo(known), "echo in")...))
		}
		for range questions {
			a.answers(t, askedAuth, virtualcard.AuthPIN)
		}
		for _, u := range both {
			u.ends(t, true, "in")
		}
		if n := verifies(a.log()); n != 2 {
			t.Errorf("--cache %s: %d PINs were sent", cache, n)
		}
		if n := strings.Count(a.shown(), askedAuth); n != questions {
			t.Errorf("--cache %s: asked %d times:\n%s", cache, n, a.shown())
		}
		a.stops(t)
	}
}

// TestSSHForgets shows that a PIN is kept only for its card, and dropped when
// anything happens to the card.
func TestSSHForgets(t *testing.T) {
	p := programs[0]
	s := insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, p.sshKey(t))
	known := knownHosts(t, server)
	login := func(a *agent, asked bool) {
		t.Helper()
		before := strings.Count(a.shown(), askedAuth)
		u := uses(t, a.socket, append(server.sshTo(known), "echo in")...)
		if asked {
			a.answers(t, askedAuth, virtualcard.AuthPIN)
		}
		u.ends(t, true, "in")
		if got := strings.Count(a.shown(), askedAuth) > before; got != asked {
			t.Errorf("asked: %t, want %t", got, asked)
		}
	}
	a := p.sitAgent(t, "--cache", "5m")
	login(a, true)
	login(a, false)
	s.others(func() { p.enter(t, "4321", "pin", "verify", "auth").wantExit(t, 10) })
	login(a, true)
	login(a, false)
	askpass := filepath.Join(t.TempDir(), "askpass")
	testkit.Must(t, os.WriteFile(askpass, []byte("#!/bin/sh\necho secret\n"), 0o700))
	uses(t, a.socket, "sh", "-c", "export SSH_ASKPASS_REQUIRE=force SSH_ASKPASS="+askpass+"; ssh-add -x && ! ssh-add -l && ssh-add -X").ends(t, true, "unlocked")
	login(a, true)
	s.remove(t)
	s = insert(t, "adult", virtualcard.Options{})
	a.since = s.now() // of the new card
	login(a, true)
	a.stops(t)

	short := p.sitAgent(t, "--cache", "100ms")
	for range 2 {
		login(short, true)
		time.Sleep(200 * time.Millisecond)
	}
	short.stops(t)

	wary := p.sitAgent(t, "--cache", "5m", "--confirm")
	login(wary, true)
	u := uses(t, wary.socket, append(server.sshTo(known), "echo in")...)
	wary.sees(t, "Type yes to sign: ")
	wary.types(t, "no\r")
	u.ends(t, false, "Permission denied")
	wary.stops(t)
}

// TestSSHPulled removes the card at steps of a log-in. The log-in fails, no try
// is lost, and the agent goes on.
func TestSSHPulled(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, programs[0].sshKey(t))
	known := knownHosts(t, server)
	pinned := filepath.Join(file(t, "pin", virtualcard.AuthPIN), "pin")
	slots[0].remove(t)
	// The card is known since the agent began, so all are of the signature; the
	// last one only closes what the PIN opened.
	const commands = 6
	steps := []int{2, 4, 5, commands}
	if rounds > 1 {
		steps = nil
		for n := range commands {
			steps = append(steps, n+1)
		}
	}
	for _, n := range steps {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := insert(t, "adult", virtualcard.Options{})
			a := programs[n%2].sitAgent(t, "--pin-file", pinned)
			a.since = s.now()
			login := uses(t, a.socket, append(server.sshTo(known), "echo in")...)
			pull := s.pull // of this card, not of the next
			s.when(n, func() {
				pull()
				time.Sleep(20 * time.Millisecond)
			})
			if n == commands {
				login.ends(t, true, "in")
			} else {
				login.ends(t, false, "Permission denied")
			}
			if log := a.log(); len(log) != n {
				t.Errorf("%d commands, want %d: %v", len(log), n, log)
			}
			if got := s.card.State(); got.Auth.Left != 3 {
				t.Errorf("%d tries left", got.Auth.Left)
			}
			s.waitFor(t, false)
			time.Sleep(500 * time.Millisecond) // as in TestPulled
			if n == commands-1 {
				insert(t, "adult", virtualcard.Options{})
				uses(t, a.socket, append(server.sshTo(known), "echo in")...).ends(t, true, "in")
			}
			a.since = s.now() // a card that has gone needs no closing
			a.stops(t)
		})
	}
}

// TestSSHForwarded shows that a forwarded agent signs only for the allowed
// destinations.
func TestSSHForwarded(t *testing.T) {
	p := programs[0]
	insert(t, "adult", virtualcard.Options{})
	key := p.sshKey(t)
	gate, db := startSSHD(t, key), startSSHD(t, key)
	known := knownHosts(t, gate, db)
	at := func(s *sshServer) string { return "[127.0.0.1]:" + s.port }
	pinned := filepath.Join(file(t, "pin", virtualcard.AuthPIN), "pin")
	for name, c := range map[string]struct {
		options []string
		gate    bool
		lists   bool // the key is seen at the gate
		db      bool
		notice  string
	}{
		"as it is":         {nil, true, false, false, "forwarded from another machine"},
		"--forward":        {[]string{"--forward"}, true, true, true, "over a forwarded connection"},
		"gate only":        {[]string{"--destination", at(gate)}, true, false, false, "none of the destinations"},
		"gate, then db":    {[]string{"--destination", at(gate), "--destination", at(gate) + ">root@" + at(db)}, true, true, true, "over a forwarded connection"},
		"db as other user": {[]string{"--destination", at(gate), "--destination", at(gate) + ">alice@" + at(db)}, true, true, false, "none of the destinations"},
		"db only":          {[]string{"--destination", at(db)}, false, false, false, "none of the destinations"},
	} {
		t.Run(name, func(t *testing.T) {
			a := p.sitAgent(t, append(c.options, "--known-hosts", known, "--pin-file", pinned)...)
			beyond := strings.Join(append(db.sshTo(known), "echo at db"), " ")
			u := uses(t, a.socket, append(gate.sshTo(known, "-A"), "echo at gate; ssh-add -l; "+beyond)...)
			err := <-u.done
			out := u.out.String()
			if strings.Contains(out, "at gate") != c.gate || strings.Contains(out, "(RSA)") != c.lists || strings.Contains(out, "at db") != c.db || (err == nil) != c.db {
				t.Errorf("%v\n%s", err, out)
			}
			a.sees(t, c.notice)
			// git signs at home, and only with a key that is not kept to
			// destinations.
			u = uses(t, a.socket, "ssh-keygen", "-Y", "sign", "-n", "git", "-f", filepath.Join(file(t, "key.pub", key), "key.pub"), filepath.Join(file(t, "a", "x"), "a"))
			u.ends(t, len(c.options) < 2, "")
			a.stops(t)
		})
	}
}

// TestSSHKilled shows that the next agent replaces the socket of a killed one,
// and that an agent that is ended leaves nothing.
func TestSSHKilled(t *testing.T) {
	p := programs[1]
	insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, p.sshKey(t))
	known := knownHosts(t, server)
	dir := t.TempDir()
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP} {
		a := p.sitAgentAt(t, filepath.Join(dir, "s"))
		login := uses(t, a.socket, append(server.sshTo(known), "echo in")...)
		a.sees(t, askedAuth)
		p.run(t, "ssh", "agent", "--socket", a.socket, "--pin-file", "x", "--json").wantExit(t, 1).wantCode(t, "output")
		testkit.Must(t, a.Process.Signal(signal))
		login.ends(t, false, "Permission denied")
		if signal == syscall.SIGKILL {
			_ = a.Wait()
			continue // and its socket stays
		}
		a.gone(t, 0)
		if left := names(t, dir); len(left) > 0 {
			t.Errorf("%v left %v", signal, left)
		}
	}
}

// TestSSHSources shows that a PIN from a file or a command is sent again only
// while it is right, and never as the last try.
func TestSSHSources(t *testing.T) {
	p := programs[0]
	dir := file(t, "pin", "4321")
	s := insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, p.sshKey(t))
	known := knownHosts(t, server)
	a := p.sitAgent(t, "--pin-file", filepath.Join(dir, "pin"))
	for _, notice := range []string{"2 tries are left", "was wrong before"} {
		u := uses(t, a.socket, append(server.sshTo(known), "echo in")...)
		a.sees(t, notice)
		u.ends(t, false, "Permission denied")
	}
	if n := verifies(a.log()); n != 1 {
		t.Errorf("a wrong PIN was sent %d times", n)
	}
	a.stops(t)
	write(t, dir, "pin", virtualcard.AuthPIN)
	s.others(func() { p.enter(t, "4321", "pin", "verify", "auth").wantExit(t, 10) })
	a = p.sitAgent(t, "--pin-command", "cat "+filepath.Join(dir, "pin"))
	u := uses(t, a.socket, append(server.sshTo(known), "echo in")...)
	a.sees(t, "has one try left and was not sent")
	u.ends(t, false, "Permission denied")
	if n := verifies(a.log()); n != 0 {
		t.Errorf("the last try was sent")
	}
	a.stops(t)
}

// TestSSHDemo logs in with the demo card and an agent in the background without
// a terminal, as started by eval in a shell.
func TestSSHDemo(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		server := startSSHD(t, p.sshKey(t, "--card", "demo"))
		known := knownHosts(t, server)
		dir := file(t, "pin", virtualcard.AuthPIN)
		script := fmt.Sprintf(`set -e
eval "$(%s ssh agent --card demo --pin-file pin --socket s & echo agent=$!)"
%s
kill $agent
while [ -e s ]; do sleep 0.1; done
`, p.path, strings.Join(append(server.sshTo(known), "echo in"), " "))
		shell := program{backend: p.backend, path: "/bin/sh"}
		r := shell.with(t, setting{dir: dir}, "-c", script).wantExit(t, 0)
		contains(t, r.stdout, "in")
		contains(t, r.stderr, "Signed: an SSH log-in")
	})
}

// TestSSHPinentry shows that a pinentry asks if there is no terminal, and is
// told for which log-in.
func TestSSHPinentry(t *testing.T) {
	p := programs[0]
	s := insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, p.sshKey(t))
	known := knownHosts(t, server)
	dir := file(t, "pin", virtualcard.AuthPIN)
	told := filepath.Join(dir, "told")
	testkit.Must(t, os.WriteFile(filepath.Join(dir, "pinentry"), []byte(`#!/bin/sh
echo OK
while read -r line; do
	echo "$line" >>`+told+`
	case $line in
	GETPIN) echo "D $(cat `+dir+`/pin)" ;;
	CONFIRM) test -e `+dir+`/yes || { echo "ERR 83886194 Not confirmed"; continue; } ;;
	esac
	echo OK
done
`), 0o700))
	login := func(a *running, socket string, well bool, want ...string) {
		t.Helper()
		_ = os.Remove(told)
		u := uses(t, socket, append(server.sshTo(known), "echo in")...)
		if well {
			u.ends(t, true, "in")
		} else {
			u.ends(t, false, "Permission denied")
		}
		lines, err := os.ReadFile(told)
		testkit.Must(t, err)
		for _, w := range want {
			contains(t, string(lines), w)
		}
	}
	start := func(args ...string) (*running, string) {
		t.Helper()
		socket := filepath.Join(t.TempDir(), "s")
		a := p.start(t, setting{}, append([]string{"ssh", "agent", "--socket", socket, "--known-hosts", known, "--pinentry", filepath.Join(dir, "pinentry")}, args...)...)
		a.alone = false
		a.deadline.Reset(4 * limit)
		eventually(t, "the agent answers", func() bool { _, err := os.Stat(socket); return err == nil })
		return a, socket
	}
	stop := func(a *running) {
		t.Helper()
		testkit.Must(t, a.Process.Signal(syscall.SIGTERM))
		r := a.wait(t).wantExit(t, 0)
		wellUsed(t, r.log)
	}

	a, socket := start("--cache", "5m", "--confirm")
	login(a, socket, true, `SETDESC An SSH log-in as "root" to [127.0.0.1]:`+server.port, "%0AEnter the authentication PIN (4 digits). 3 of 3 tries left", "GETPIN")
	login(a, socket, false, "Sign with the card's key?", "CONFIRM")
	write(t, dir, "yes", "")
	login(a, socket, true, `SETDESC An SSH log-in as "root"`, "CONFIRM")
	testkit.Must(t, os.Remove(filepath.Join(dir, "yes")))
	stop(a)

	s.others(func() {
		for range 2 {
			if r := p.with(t, setting{stdin: "4321\n"}, "pin", "verify", "auth", "--pin-stdin"); r.exit != 10 {
				t.Error(r.stderr)
			}
		}
	})
	a, socket = start()
	login(a, socket, false, "One try is left for the authentication PIN.", "CONFIRM")
	write(t, dir, "yes", "")
	login(a, socket, true, "CONFIRM", "1 of 3 tries left", "GETPIN")
	stop(a)
}

// TestSSHBackground shows that an agent in the background of a terminal reports
// that it cannot ask there, and is not stopped by the system.
func TestSSHBackground(t *testing.T) {
	p := programs[0]
	insert(t, "adult", virtualcard.Options{})
	server := startSSHD(t, p.sshKey(t))
	known := knownHosts(t, server)
	socket := filepath.Join(t.TempDir(), "s")
	x := program{backend: p.backend, path: "/bin/bash"}.sit(t, setting{}, "--norc", "--noprofile", "--noediting", "-i")
	x.alone = false
	x.types(t, "PS1=ready:; "+p.path+" ssh agent --lang en --socket "+socket+" &\r")
	x.sees(t, "The agent is running.")
	u := uses(t, socket, append(server.sshTo(known), "echo in")...)
	x.sees(t, "The agent is in the background and cannot ask on the terminal.")
	u.ends(t, false, "Permission denied")
	x.types(t, "fg\r")
	x.sees(t, "ssh agent")
	u = uses(t, socket, append(server.sshTo(known), "echo in")...)
	x.answers(t, askedAuth, virtualcard.AuthPIN)
	u.ends(t, true, "in")
	x.types(t, "\x03")
	x.types(t, "exit 0\r")
	x.leaves(t, 0)
}

// TestSSHSoak makes many signatures with one agent, for many clients and over
// many changes of the card, and shows that the agent does not grow:
// JPKI_SSH_SIGNATURES and JPKI_SSH_CARDS.
func TestSSHSoak(t *testing.T) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	signatures, cards := number("JPKI_SSH_SIGNATURES", 40), number("JPKI_SSH_CARDS", 2)
	p := programs[1]
	insert(t, "adult", virtualcard.Options{})
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(p.sshKey(t)))
	testkit.Must(t, err)
	pinned := filepath.Join(file(t, "pin", virtualcard.AuthPIN), "pin")
	socket := filepath.Join(t.TempDir(), "s")
	a := p.start(t, setting{}, "ssh", "agent", "--socket", socket, "--pin-file", pinned, "--cache", "1m", "--json")
	a.alone = false
	a.deadline.Reset(3 * time.Hour)
	eventually(t, "the agent answers", func() bool { _, err := os.Stat(socket); return err == nil })
	sign := func(i int) error {
		conn, err := net.Dial("unix", socket)
		testkit.Must(t, err)
		defer conn.Close()
		client := sshagent.NewClient(conn)
		if keys, err := client.List(); err != nil || len(keys) != 1 {
			t.Fatalf("listed %v, %v", keys, err)
		}
		digest := sha512.Sum512(fmt.Append(nil, i))
		data := append([]byte("SSHSIG"), ssh.Marshal(struct{ Namespace, Reserved, Hash, Digest string }{"file", "", "sha512", string(digest[:])})...)
		sig, err := client.SignWithFlags(key, data, sshagent.SignatureFlagRsaSha512)
		if err == nil {
			testkit.Must(t, key.Verify(data, sig))
		}
		return err
	}
	// Of the program: open files, threads, and memory in KiB.
	size := func() (files, threads, memory int) {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", a.Process.Pid))
		testkit.Must(t, err)
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.Process.Pid))
		testkit.Must(t, err)
		for line := range strings.Lines(string(status)) {
			_, _ = fmt.Sscanf(line, "Threads: %d", &threads)
			_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &memory)
		}
		return len(entries), threads, memory
	}
	made := 0
	var files, memory int
	for card := range cards {
		for made < signatures*(card+1)/cards {
			testkit.Must(t, sign(made))
			if made++; made == signatures/cards/2 { // by now it has what it needs
				files, _, memory = size()
			}
		}
		slots[0].remove(t)
		if err := sign(made); err == nil {
			t.Fatal("signed without a card")
		}
		insert(t, "adult", virtualcard.Options{})
	}
	testkit.Must(t, sign(made))
	nowFiles, threads, nowMemory := size()
	t.Logf("%d signatures, %d cards: %d files (%d before), %d threads, %d KiB (%d before)", made, cards, nowFiles, files, threads, nowMemory, memory)
	if nowFiles > files+2 || nowMemory > memory+8<<10 || threads > 40 {
		t.Errorf("it grows: %d files, %d before; %d KiB, %d before; %d threads", nowFiles, files, nowMemory, memory, threads)
	}
	testkit.Must(t, a.Process.Signal(syscall.SIGTERM))
	r := a.wait(t).wantExit(t, 0)
	if doc := decode[struct{ Schema, Socket string }](t, r.stdout); doc.Schema != "jpki.ssh-agent/v1" || doc.Socket != socket {
		t.Errorf("%+v", doc)
	}
	if n := strings.Count(r.stderr, `"code": "no-card"`); n != cards || strings.Contains(r.stderr, "Signed") {
		t.Errorf("%d cards were missed, %d told:\n%s", cards, n, r.stderr)
	}
}
