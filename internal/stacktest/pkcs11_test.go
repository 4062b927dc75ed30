//go:build pcscd

package stacktest

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
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

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// The token in the programs of others, as an ordinary user has it: set up by
// jpki pkcs11 setup, started by p11-kit, the PIN from a pinentry.

// resident is an ordinary user of this machine.
const resident = 4711

// desktop is a user's account, with a home and a pinentry.
type desktop struct {
	t    testing.TB
	p    program
	home string
	env  []string
}

// withUser lets programs look the user up. Only the namespace of .ci/stack sees
// it.
var withUser = sync.OnceValue(func() error {
	old, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return err
	}
	const passwd = "/run/passwd.resident"
	line := fmt.Sprintf("resident:x:%d:%d::/run:/bin/sh\n", resident, resident)
	if err := os.WriteFile(passwd, append(old, line...), 0o644); err != nil {
		return err
	}
	return syscall.Mount(passwd, "/etc/passwd", "", syscall.MS_BIND, "")
})

// newDesktop returns an account in which the token is set up.
func newDesktop(t testing.TB, p program, setup ...string) *desktop {
	t.Helper()
	d := emptyDesktop(t, p)
	args := append([]string{"pkcs11", "setup", "--pinentry", d.path("pinentry")}, setup...)
	d.tool(d.path("jpki"), args...)
	return d
}

func emptyDesktop(t testing.TB, p program) *desktop {
	t.Helper()
	testkit.Must(t, withUser())
	home, err := os.MkdirTemp("/run", "home-") // which everybody may enter
	testkit.Must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	d := &desktop{t: t, p: p, home: home, env: []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH") + ":/usr/sbin", "JPKI_LANG=en", "DISPLAY=", "GNUTLS_PIN=",
	}}
	b, err := os.ReadFile(p.path)
	testkit.Must(t, err)
	testkit.Must(t, os.WriteFile(d.path("jpki"), b, 0o755))
	d.answers(virtualcard.AuthPIN)
	testkit.Must(t, os.WriteFile(d.path("data"), []byte("a document\n"), 0o644))
	d.owns()
	return d
}

// owns makes the user the owner of the whole home.
func (d *desktop) owns() {
	d.t.Helper()
	testkit.Must(d.t, filepath.WalkDir(d.home, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, resident, resident)
	}))
}

func (d *desktop) path(name string) string { return filepath.Join(d.home, name) }

// answers sets the PIN that the pinentry returns. Without one, it declines.
func (d *desktop) answers(pin string) {
	d.t.Helper()
	answer := `echo "D ` + pin + `"; echo OK`
	if pin == "" {
		answer = `echo "ERR 83886179 Operation cancelled"`
	}
	script := `#!/bin/sh
echo OK
while read -r word rest; do
	case $word in
	SETDESC) echo "$rest" >>` + d.path("asked") + `; echo OK ;;
	GETPIN) ` + answer + ` ;;
	CONFIRM) echo "ERR 83886194 Not confirmed" ;;
	BYE) echo OK; exit ;;
	*) echo OK ;;
	esac
done
`
	testkit.Must(d.t, os.WriteFile(d.path("pinentry"), []byte(script), 0o755))
}

// asked returns what the pinentry was told since the last call.
func (d *desktop) asked() []string {
	b, _ := os.ReadFile(d.path("asked"))
	_ = os.Remove(d.path("asked"))
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[:strings.Count(string(b), "\n")]
}

// command is a program run by the user.
func (d *desktop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(d.t.Context(), name, args...)
	cmd.Dir, cmd.Env = d.home, d.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: resident, Gid: resident}}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// run runs one, and looks at how it leaves the card.
func (d *desktop) run(name string, args ...string) (string, error) {
	d.t.Helper()
	since := slots[0].now()
	cmd := d.command(name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	testkit.Must(d.t, cmd.Start())
	timer := time.AfterFunc(limit, func() {
		// A program of Go's tells where it stands before it ends.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGQUIT)
		time.Sleep(2 * time.Second)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	})
	err := cmd.Wait()
	timer.Stop()
	d.closed(since)
	return out.String(), err
}

// closed checks that no other program can sign after a use of the token.
func (d *desktop) closed(since moment) {
	d.t.Helper()
	wellUsed(d.t, slots[0].seenSince(since))
	if slots[0].empty() || !present(d.t, slots[0].reader) {
		return
	}
	slots[0].others(func() {
		for _, signed := range nextProgram(d.t, slots[0].reader) {
			d.t.Errorf("the next program could sign: %s", signed)
		}
	})
}

// tool runs a program of the user, which must succeed.
func (d *desktop) tool(name string, args ...string) string {
	d.t.Helper()
	out, err := d.run(name, args...)
	if err != nil {
		d.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// commands gives what a program sent to the card.
func (d *desktop) commands(name string, args ...string) []exchange {
	d.t.Helper()
	since := slots[0].now()
	d.tool(name, args...)
	return slots[0].seenSince(since)
}

// library finds a library of p11-kit or OpenSC.
func library(t testing.TB, name string) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/*/" + name, "/usr/lib/*/pkcs11/" + name} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

const (
	authToken = "pkcs11:token=JPKI%20authentication"
	authKey   = authToken + ";object=auth;type=private"
	authCert  = authToken + ";object=auth;type=cert"
	signToken = "pkcs11:token=JPKI%20digital%20signature"
)

// TestP11Listed shows that every program that lists tokens finds the
// authentication key and no other, with five commands at most (more with
// OpenSC).
func TestP11Listed(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--hide-opensc")
		proxy, opensc := library(t, "p11-kit-proxy.so"), library(t, "opensc-pkcs11.so")
		for _, c := range []struct {
			args []string
			want string
		}{
			{[]string{"p11tool", "--list-all", authToken}, "Label: auth"},
			{[]string{"pkcs11-tool", "--module", proxy, "--token-label", "JPKI authentication", "--list-objects"}, "Private Key Object; RSA"},
			{[]string{"ssh-keygen", "-D", proxy}, "ssh-rsa "},
		} {
			since := slots[0].now()
			out := d.tool(c.args[0], c.args[1:]...)
			contains(t, out, c.want)
			if strings.Contains(out, "digital") || strings.Count(out, "ssh-rsa") > 1 {
				t.Errorf("%s shows more:\n%s", c.args[0], out)
			}
			if log := slots[0].seenSince(since); len(log) == 0 || len(log) > 5 {
				t.Errorf("%s cost %d commands: %v", c.args[0], len(log), log)
			}
		}
		if asked := d.asked(); len(asked) > 0 {
			t.Errorf("asked %q", asked)
		}
		since := slots[0].now()
		tool(t, "", "pkcs11-tool", "--module", opensc, "--list-token-slots")
		theirs := len(slots[0].seenSince(since))
		ours := len(d.commands("pkcs11-tool", "--module", proxy, "--list-token-slots"))
		t.Logf("listing slots: %d commands, OpenSC %d", ours, theirs)
		if ours > 5 || ours*4 > theirs {
			t.Errorf("listing slots cost %d commands, OpenSC %d", ours, theirs)
		}
	})
}

// TestP11Signs shows that programs sign with the token, that others verify it,
// and that the pinentry names the program.
func TestP11Signs(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--hide-opensc")
		proxy := library(t, "p11-kit-proxy.so")
		testkit.Must(t, os.WriteFile(d.path("auth.pem"), []byte(d.tool("p11tool", "--export", authCert)), 0o644))
		testkit.Must(t, os.WriteFile(d.path("public.pem"), []byte(tool(t, "", "openssl", "x509", "-in", d.path("auth.pem"), "-noout", "-pubkey")), 0o644))
		testkit.Must(t, os.WriteFile(d.path("template"), []byte("cn = somebody\n"), 0o644))
		verify := func(sig string, more ...string) {
			t.Helper()
			tool(t, d.home, "openssl", append([]string{"dgst", "-sha256", "-verify", "public.pem", "-signature", sig}, append(more, "data")...)...)
		}
		for _, c := range []struct {
			who   string
			args  []string
			check func()
		}{
			{"p11tool", []string{"p11tool", "--test-sign", authKey}, nil},
			{"p11tool", []string{"p11tool", "--test-sign", "--sign-params=RSA-PSS", authKey}, nil},
			{"pkcs11-tool", []string{"pkcs11-tool", "--module", proxy, "--token-label", "JPKI authentication", "--sign", "-m", "SHA256-RSA-PKCS", "--label", "auth", "-i", "data", "-o", "tool.sig"}, func() { verify("tool.sig") }},
			{"openssl", []string{"openssl", "dgst", "-engine", "pkcs11", "-keyform", "engine", "-sign", authKey, "-sha256", "-out", "engine.sig", "data"}, func() { verify("engine.sig") }},
			{"openssl", []string{"openssl", "dgst", "-engine", "pkcs11", "-keyform", "engine", "-sign", authKey, "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-out", "pss.sig", "data"}, func() {
				verify("pss.sig", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")
			}},
			{"openssl", []string{"openssl", "cms", "-sign", "-engine", "pkcs11", "-keyform", "engine", "-inkey", authKey, "-signer", "auth.pem", "-binary", "-in", "data", "-outform", "DER", "-out", "data.p7s"}, func() {
				tool(t, d.home, "openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", "data.p7s", "-content", "data", "-binary", "-out", "out")
			}},
			{"certtool", []string{"certtool", "--generate-request", "--load-privkey", authKey, "--load-pubkey", authToken + ";object=auth;type=public", "--template", "template", "--outfile", "request"}, func() {
				tool(t, d.home, "openssl", "req", "-in", "request", "-verify", "-noout")
			}},
		} {
			since := slots[0].now()
			d.tool(c.args[0], c.args[1:]...)
			asked := d.asked()
			if len(asked) != 1 || !strings.Contains(asked[0], "/"+c.who+" (PID ") || !strings.Contains(asked[0], "3 of 3 tries left") {
				t.Errorf("%v: asked %q", c.args, asked)
			}
			log := slots[0].seenSince(since)
			if verifies(log) != 1 || len(log) > 12 {
				t.Errorf("%s cost %d commands: %v", c.who, len(log), log)
			}
			if c.check != nil {
				c.check()
			}
		}
		// The same by OpenSC, which is given the PIN.
		since := slots[0].now()
		tool(t, d.home, "pkcs11-tool", "--module", library(t, "opensc-pkcs11.so"), "--token-label", "JPKI (User Authentication PIN)", "--login", "--pin", virtualcard.AuthPIN,
			"--sign", "-m", "SHA256-RSA-PKCS", "-i", "data", "-o", "opensc.sig")
		theirs := slots[0].seenSince(since)
		ours := d.commands("pkcs11-tool", "--module", proxy, "--token-label", "JPKI authentication", "--login", "--pin", virtualcard.AuthPIN,
			"--sign", "-m", "SHA256-RSA-PKCS", "--label", "auth", "-i", "data", "-o", "login.sig")
		t.Logf("a signature with log-in: %d commands, OpenSC %d", len(ours), len(theirs))
		if len(ours) > 18 || verifies(ours) != 2 || 3*len(ours) > len(theirs) {
			t.Errorf("a signature with log-in cost %d commands, OpenSC %d: %v", len(ours), len(theirs), ours)
		}
		a, err := os.ReadFile(d.path("opensc.sig"))
		testkit.Must(t, err)
		b, err := os.ReadFile(d.path("login.sig"))
		testkit.Must(t, err)
		if !slices.Equal(a, b) {
			t.Error("OpenSC makes another signature")
		}
	})
}

// tlsServer is an openssl server that requires a client certificate.
type tlsServer struct {
	address string
	out     *strings.Builder
}

// tlsFiles makes a server's key and writes the CA of its clients.
func (d *desktop) tlsFiles() {
	d.t.Helper()
	if _, err := os.Stat(d.path("server.pem")); err != nil {
		tool(d.t, d.home, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "server-ca.key", "-out", "server-ca.pem",
			"-subj", "/CN=a CA", "-days", "2")
		tool(d.t, d.home, "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
		testkit.Must(d.t, os.WriteFile(d.path("server.ext"), []byte("subjectAltName = DNS:localhost\nextendedKeyUsage = serverAuth\n"), 0o644))
		tool(d.t, d.home, "openssl", "x509", "-req", "-in", "server.csr", "-CA", "server-ca.pem", "-CAkey", "server-ca.key", "-CAcreateserial",
			"-extfile", "server.ext", "-days", "2", "-out", "server.pem")
		ca := d.p.run(d.t, "cert", "export", "auth-ca").wantExit(d.t, 0).stdout
		testkit.Must(d.t, os.WriteFile(d.path("client-ca.pem"), []byte(ca), 0o644))
		d.owns()
	}
}

func (d *desktop) tlsServer(version string) *tlsServer {
	d.t.Helper()
	d.tlsFiles()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(d.t, err)
	s := &tlsServer{address: strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1), out: &strings.Builder{}}
	testkit.Must(d.t, l.Close())
	_, port, _ := net.SplitHostPort(s.address)
	cmd := exec.Command("openssl", "s_server", "-accept", port, "-key", "server.key", "-cert", "server.pem", "-CAfile", "client-ca.pem",
		"-Verify", "2", "-verify_return_error", "-www", version)
	cmd.Dir = d.home
	cmd.Stdout, cmd.Stderr = s.out, s.out
	testkit.Must(d.t, cmd.Start())
	d.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if d.t.Failed() {
			d.t.Log(s.out)
		}
	})
	eventually(d.t, "the server answers", func() bool {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return s
}

// TestP11LogsIn logs in with a client certificate over TLS 1.2 and 1.3, with
// each TLS library.
func TestP11LogsIn(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	p := programs[1]
	d := newDesktop(t, p, "--hide-opensc")
	testkit.Must(t, os.WriteFile(d.path("auth.pem"), []byte(d.tool("p11tool", "--export", authCert)), 0o644))
	d.nssDatabase("nss")
	patience := "3"
	if d.p.backend == "arm64" { // emulated
		patience = "15"
	}
	for version, name := range map[string]string{"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"} {
		s := d.tlsServer(version)
		_, port, _ := net.SplitHostPort(s.address)
		for what, args := range map[string][]string{
			"GnuTLS":  {"sh", "-c", `printf 'GET / HTTP/1.0\r\n\r\n' | gnutls-cli --x509cafile server-ca.pem --x509certfile '` + authCert + `' --x509keyfile '` + authKey + `' --port ` + port + ` localhost`},
			"OpenSSL": {"sh", "-c", `printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet -ign_eof -engine pkcs11 -keyform engine -key '` + authKey + `' -cert auth.pem -CAfile server-ca.pem -connect localhost:` + port},
			"curl":    {"curl", "--silent", "--show-error", "--cacert", "server-ca.pem", "--engine", "pkcs11", "--cert-type", "ENG", "--cert", authCert, "--key-type", "ENG", "--key", authKey, "https://" + s.address + "/"},
			// It does not end with the server's answer.
			"NSS": {"sh", "-c", `printf 'GET / HTTP/1.0\r\n\r\n' | timeout ` + patience + ` tstclnt -d sql:nss -h localhost -p ` + port + ` -n 'JPKI authentication:auth' -V tls1.2:tls1.3 -o; true`},
		} {
			d.asked()
			out, err := d.run(args[0], args[1:]...)
			if err != nil || !strings.Contains(out, name) || !strings.Contains(out, "DEMO") {
				t.Errorf("%s, %s: %v\n%s", what, name, err, out)
			}
			if asked := d.asked(); len(asked) == 0 {
				t.Errorf("%s, %s: nobody was asked", what, name)
			}
		}
	}
}

// nssDatabase makes a database like a browser's and adds p11-kit to it.
func (d *desktop) nssDatabase(folder string) {
	d.t.Helper()
	testkit.Must(d.t, os.MkdirAll(d.path(folder), 0o700))
	d.owns()
	d.tool("certutil", "-N", "--empty-password", "-d", "sql:"+folder)
	d.tool("modutil", "-force", "-dbdir", "sql:"+folder, "-add", "jpki", "-libfile", library(d.t, "p11-kit-proxy.so"))
}

// TestP11SSH logs in to sshd with the token, through ssh and through ssh-agent.
func TestP11SSH(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	p := programs[1]
	d := newDesktop(t, p, "--hide-opensc")
	proxy := library(t, "p11-kit-proxy.so")
	server := startSSHD(t, d.tool("ssh-keygen", "-D", proxy))
	known := d.path("known_hosts")
	b, err := os.ReadFile(knownHosts(t, server))
	testkit.Must(t, err)
	testkit.Must(t, os.WriteFile(known, b, 0o644))
	login := server.sshTo(known, "-o", "PKCS11Provider="+proxy)
	contains(t, d.tool(login[0], append(login[1:], "echo", "in")...), "in")
	if asked := d.asked(); len(asked) != 1 || !strings.Contains(asked[0], "wants to sign") {
		t.Errorf("asked %q", asked)
	}

	agent := d.command("ssh-agent", "-D", "-a", d.path("agent"), "-P", "/usr/lib/*")
	testkit.Must(t, agent.Start())
	t.Cleanup(func() { _ = agent.Process.Kill(); _ = agent.Wait() })
	eventually(t, "ssh-agent", func() bool { _, err := os.Stat(d.path("agent")); return err == nil })
	d.env = append(d.env, "SSH_AUTH_SOCK="+d.path("agent"), "SSH_ASKPASS=/bin/true", "SSH_ASKPASS_REQUIRE=force")
	d.tool("ssh-add", "-s", proxy)
	login = server.sshTo(known)
	for range 2 {
		since := s.now()
		contains(t, d.tool(login[0], append(login[1:], "echo", "in")...), "in")
		if log := s.seenSince(since); verifies(log) != 1 || len(log) > 8 {
			t.Errorf("a further log-in cost %d commands: %v", len(log), log)
		}
	}
	// OpenSC beside, while ours is loaded.
	tool(t, d.home, "pkcs11-tool", "--module", library(t, "opensc-pkcs11.so"), "--token-label", "JPKI (User Authentication PIN)", "--login", "--pin", virtualcard.AuthPIN,
		"--sign", "-m", "SHA256-RSA-PKCS", "-i", "data", "-o", "opensc.sig")
	contains(t, d.tool(login[0], append(login[1:], "echo", "in")...), "in")

	// Taken out and put back.
	s.remove(t)
	if out, err := d.run(login[0], append(login[1:], "echo", "in")...); err == nil {
		t.Errorf("logged in without the card: %s", out)
	}
	insert(t, "adult", virtualcard.Options{})
	d.tool("ssh-add", "-e", proxy)
	d.tool("ssh-add", "-s", proxy)
	contains(t, d.tool(login[0], append(login[1:], "echo", "in")...), "in")
}

// TestP11PINs shows that no use of PINs by programs costs a needless try.
func TestP11PINs(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		for _, c := range []struct {
			what  string
			key   string
			pins  string
			want  []string
			tries [2]int // signing, authentication
		}{
			{"wrong twice", "auth", "0000,0000,1111,2222", []string{"PIN_INCORRECT", "PIN_INCORRECT", "PIN_INCORRECT", "PIN_LOCKED"}, [2]int{5, 1}},
			{"of the other", "auth", "DEMO123,12345", []string{"PIN_INVALID", "PIN_LEN_RANGE"}, [2]int{5, 3}},
			{"of the other", "sign", "1234,123456", []string{"PIN_LEN_RANGE", "PIN_INVALID"}, [2]int{5, 3}},
			{"small letters", "sign", "demo123", []string{"OK"}, [2]int{5, 3}},
		} {
			s := insert(t, "adult", virtualcard.Options{})
			d := newDesktop(t, p, "--key", c.key, "--ask", "program", "--hide-opensc")
			out := d.host("pins", c.pins)
			var got []string
			for line := range strings.Lines(out) {
				if words := strings.Fields(line); words[0] == "login" {
					got = append(got, words[2])
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q\n%s", c.what, got, c.want, out)
			}
			if state := s.card.State(); state.Sign.Left != c.tries[0] || state.Auth.Left != c.tries[1] {
				t.Errorf("%s: %+v", c.what, state)
			}
			s.remove(t)
		}
	})
}

// host runs a test program that uses PKCS #11 in unusual ways.
func (d *desktop) host(args ...string) string {
	d.t.Helper()
	return d.tool("/usr/bin/python3", d.hostLine(args...)...)
}

func (d *desktop) hostLine(args ...string) []string {
	script, err := os.ReadFile(filepath.Join("testdata", "pkcs11.py"))
	testkit.Must(d.t, err)
	testkit.Must(d.t, os.WriteFile(d.path("pkcs11.py"), script, 0o755))
	return append([]string{d.path("pkcs11.py"), library(d.t, "p11-kit-proxy.so")}, args...)
}

// TestP11Refused shows what programs get for the last try, a blocked PIN and a
// person who declines.
func TestP11Refused(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		for _, c := range []struct {
			persona, setup, pin, want, said string
			asked                           int
		}{
			{"last-try", "signature", virtualcard.AuthPIN, "sign PIN_LOCKED", "last try is still there", 1},
			{"last-try", "program", virtualcard.AuthPIN, "login PIN_LOCKED", "one try left", 0},
			{"no-pin", "signature", virtualcard.AuthPIN, "sign PIN_LOCKED", "blocked", 0},
			{"adult", "signature", "", "sign FUNCTION_CANCELED", "", 1},
			{"adult", "login", "", "sign KEY_HANDLE_INVALID", "", 0}, // it shows itself after the log-in
		} {
			s := insert(t, c.persona, virtualcard.Options{})
			before := s.card.State()
			d := newDesktop(t, p, "--ask", c.setup, "--hide-opensc")
			d.answers(c.pin)
			d.owns()
			args := []string{"sign"}
			if c.setup == "program" {
				args = append(args, c.pin)
			}
			out := d.host(args...)
			contains(t, out, c.want)
			contains(t, out, c.said)
			if got := len(d.asked()); got != c.asked {
				t.Errorf("%s: asked %d times, want %d", c.persona, got, c.asked)
			}
			if s.card.State() != before || verifies(s.seen()) > 0 {
				t.Errorf("%s: %+v, before %+v", c.persona, s.card.State(), before)
			}
			s.remove(t)
		}
	})
}

// TestP11Host uses the token in a program that forks, that asks for lengths
// first, and that calls concurrently.
func TestP11Host(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--hide-opensc")
		out := d.host("buffers")
		contains(t, out, "begin OK\nno room OK 256\nless room BUFFER_TOO_SMALL 256\nroom OK 256\nagain ")
		if asked := d.asked(); len(asked) != 1 {
			t.Errorf("asked %q", asked)
		}
		out = d.host("fork")
		contains(t, out, "child slots CRYPTOKI_NOT_INITIALIZED\nchild initialize OK\nchild sign OK\nparent sign OK\n")

		var all sync.WaitGroup
		since := slots[0].now()
		for range 4 {
			line := d.hostLine("sign")
			all.Go(func() {
				out, err := d.command("/usr/bin/python3", line...).CombinedOutput()
				if err != nil || !strings.Contains(string(out), "sign OK") {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
		all.Wait()
		d.closed(since)
		if n := verifies(slots[0].seenSince(since)); n != 4 {
			t.Errorf("%d PINs", n)
		}
	})
}

// waiting is a program that signs on request.
type waiting struct {
	*exec.Cmd
	d   *desktop
	in  io.Writer
	out *bufio.Reader
}

func (d *desktop) waits(args ...string) *waiting {
	d.t.Helper()
	w := &waiting{Cmd: d.command("/usr/bin/python3", d.hostLine(append([]string{"wait"}, args...)...)...), d: d}
	in, err := w.StdinPipe()
	testkit.Must(d.t, err)
	out, err := w.StdoutPipe()
	testkit.Must(d.t, err)
	w.Stderr = os.Stderr
	w.in, w.out = in, bufio.NewReader(out)
	testkit.Must(d.t, w.Start())
	d.t.Cleanup(func() { _ = syscall.Kill(-w.Process.Pid, syscall.SIGKILL); _ = w.Wait() })
	w.says("initialize OK")
	w.says("open OK")
	return w
}

// says reads the next line.
func (w *waiting) says(want string) string {
	w.d.t.Helper()
	line, err := w.out.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, want) {
		w.d.t.Fatalf("%q, %v, want %q", line, err, want)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, want))
}

func (w *waiting) reply(what, want string) string {
	w.d.t.Helper()
	_, err := fmt.Fprintln(w.in, what)
	testkit.Must(w.d.t, err)
	return w.says(want)
}

// servers are the processes that serve tokens of this home.
func (d *desktop) servers() (pids []int) {
	entries, err := os.ReadDir("/proc")
	testkit.Must(d.t, err)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if strings.Contains("\x00"+string(line), "\x00"+d.path("jpki")+"\x00pkcs11") { // qemu may stand before it
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestP11Life shows that the server ends with its program and not before:
// Ctrl-C does not end it, and a descriptor inherited by another process does
// not keep it.
func TestP11Life(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--ask", "program", "--hide-opensc")
		w := d.waits(virtualcard.AuthPIN)
		w.says("login OK")
		w.says("sign OK")
		w.reply("interrupt", "interrupted")
		w.reply("sign", "sign OK")
		if n := len(d.servers()); n != 1 {
			t.Fatalf("%d servers", n)
		}
		child, err := strconv.Atoi(w.reply("leak", "leaked"))
		testkit.Must(t, err)
		defer func() { _ = syscall.Kill(child, syscall.SIGKILL) }()
		testkit.Must(t, w.Process.Kill())
		eventually(t, "the server ends with its program", func() bool { return len(d.servers()) == 0 })
		if err := syscall.Kill(child, 0); err != nil {
			t.Errorf("what was to keep it has ended: %v", err)
		}

		// A server that is killed is an error, and healed by beginning anew.
		w = d.waits(virtualcard.AuthPIN)
		w.says("login OK")
		w.says("sign OK")
		for _, pid := range d.servers() {
			testkit.Must(t, syscall.Kill(pid, syscall.SIGKILL))
		}
		w.reply("sign", "sign DEVICE_")
		w.reply("open", "finalize ")
		w.says("initialize OK")
		w.says("open OK")
	})
}

// TestP11CardChanges shows that removing the card ends the sessions, and that
// another card is another token.
func TestP11CardChanges(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		s := insert(t, "adult", virtualcard.Options{})
		d := newDesktop(t, p, "--ask", "program", "--hide-opensc")
		w := d.waits(virtualcard.AuthPIN)
		w.says("login OK")
		w.says("sign OK")
		s.remove(t)
		w.reply("sign", "sign SESSION_HANDLE_INVALID")
		s = insert(t, "foreign", virtualcard.Options{})
		w.reply("sign", "sign SESSION_HANDLE_INVALID")
		w.reply("open", "finalize OK")
		w.says("initialize OK")
		w.says("open OK")
		w.reply("sign", "sign KEY_HANDLE_INVALID") // of somebody who has logged in
		if verifies(s.seen()) > 0 {
			t.Error("the second card was sent the PIN of the first")
		}
		s.remove(t)
	})
}

// TestP11NoService shows that the slot is empty without pcscd and without a
// reader.
func TestP11NoService(t *testing.T) {
	d := newDesktop(t, programs[1], "--hide-opensc")
	pcscd := runningPCSCD(t)
	pcscd.kill(t)
	empty := func(when string) {
		t.Helper()
		out := d.tool("p11tool", "--list-tokens")
		if strings.Contains(out, "JPKI") || strings.Contains(out, "rror") {
			t.Errorf("%s:\n%s", when, out)
		}
		contains(t, d.tool("pkcs11-tool", "--module", library(t, "p11-kit-proxy.so"), "--list-slots"), "(empty)")
	}
	empty("without pcscd")
	none := pcscd.start(t, t.TempDir(), 0)
	empty("without a reader")
	none()
	pcscd.start(t, pcscd.readers, len(slots))
	insert(t, "adult", virtualcard.Options{})
	contains(t, d.tool("p11tool", "--list-tokens"), "JPKI authentication")
}

// TestP11SigningKey signs PDFs with the signing key, with one question for each
// log-in. Browsers do not see that key.
func TestP11SigningKey(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--key", "sign", "--hide-opensc")
		d.answers(virtualcard.SignPIN)
		d.nssDatabase("nss")
		if out, err := d.run("p11tool", "--list-all", signToken); err == nil || strings.Contains(out, "Object 0") {
			t.Errorf("shown without a log-in:\n%s", out)
		}
		contains(t, d.tool("certutil", "-L", "-d", "sql:nss", "-h", "JPKI digital signature"), "JPKI digital signature:sign")
		b, err := os.ReadFile("../../testdata/gov/egov/standard/委任状.pdf")
		testkit.Must(t, err)
		testkit.Must(t, os.WriteFile(d.path("in.pdf"), b, 0o644))
		d.asked()
		since := slots[0].now()
		d.tool("pdfsig", "-nssdir", "sql:"+d.path("nss"), "-add-signature", "-nick", "JPKI digital signature:sign", "-nss-pwd", "not sent", "in.pdf", "out.pdf")
		if asked := d.asked(); len(asked) != 1 || !strings.Contains(asked[0], "pdfsig") {
			t.Errorf("asked %q", asked)
		}
		if log := slots[0].seenSince(since); verifies(log) > 3 {
			t.Errorf("%d PINs: %v", verifies(log), log)
		}
		contains(t, tool(t, d.home, "pdfsig", "out.pdf"), "Signature is Valid.")

		// A program of a browser's name.
		testkit.Must(t, os.Symlink("/usr/bin/p11tool", d.path("firefox")))
		if out := d.tool(d.path("firefox"), "--list-tokens"); strings.Contains(out, "JPKI") {
			t.Errorf("a browser sees\n%s", out)
		}
	})
}

// TestP11Socket shows that a server on a socket serves several programs of this
// user only.
func TestP11Socket(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := emptyDesktop(t, p)
		path := d.path("sockets/pkcs11")
		server := d.command(d.path("jpki"), "pkcs11", "--socket", path, "--pinentry", d.path("pinentry"))
		testkit.Must(t, server.Start())
		t.Cleanup(func() { _ = server.Process.Kill() })
		eventually(t, "the socket", func() bool { _, err := os.Stat(path); return err == nil })
		d.env = append(d.env, "P11_KIT_SERVER_ADDRESS=unix:path="+path)
		client := library(t, "p11-kit-client.so")
		since := s.now()
		for i := range 3 {
			d.tool("pkcs11-tool", "--module", client, "--token-label", "JPKI authentication", "--sign", "-m", "SHA256-RSA-PKCS", "--label", "auth", "-i", "data", "-o", "sig")
			if log := s.seenSince(since); len(log) > []int{12, 20, 28}[i] {
				t.Errorf("after %d programs: %d commands: %v", i+1, len(log), log)
			}
		}
		if asked := d.asked(); len(asked) != 3 || !strings.Contains(asked[2], "pkcs11-tool") {
			t.Errorf("asked %q", asked)
		}
		info, err := os.Stat(filepath.Dir(path))
		if testkit.Must(t, err); info.Mode().Perm() != 0o700 {
			t.Errorf("the folder is %v", info.Mode())
		}
		conn, err := net.Dial("unix", path) // as root, whom no permission keeps out
		testkit.Must(t, err)
		defer conn.Close()
		_, _ = conn.Write([]byte{0})
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Error("another user was answered")
		}
		testkit.Must(t, server.Process.Signal(syscall.SIGTERM))
		if err := server.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the socket is still there")
		}
	})
}

// TestP11Start shows that the process that p11-kit starts ends at once and
// leaves another one to serve: p11-kit waits for its child in steps of a tenth
// of a second. It logs the time of a start, 20 ms on an idle machine.
func TestP11Start(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--ask", "program", "--hide-opensc")
		w := d.waits(virtualcard.AuthPIN)
		w.says("login OK")
		w.says("sign OK")
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", w.Process.Pid))
		testkit.Must(t, err)
		for _, child := range strings.Fields(string(children)) {
			stat, err := os.ReadFile("/proc/" + child + "/stat")
			if _, rest, _ := strings.Cut(string(stat), ") "); err != nil || !strings.HasPrefix(rest, "Z") {
				t.Errorf("child %s: %s %v", child, stat, err)
			}
		}
		if n := len(d.servers()); n != 1 || len(strings.Fields(string(children))) != 1 {
			t.Errorf("%d servers, children %s", n, children)
		}
		testkit.Must(t, w.Process.Kill())
		least := func() (least time.Duration) {
			for i := range 10 {
				start := time.Now()
				if out, err := d.command("p11-kit", "list-modules").CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				if took := time.Since(start); i == 0 || took < least {
					least = took
				}
			}
			return least
		}
		with := least()
		testkit.Must(t, os.Remove(d.path(".config/pkcs11/modules/jpki.module")))
		t.Logf("p11-kit list-modules: %v, without the token %v", with, least())
	})
}

// TestP11Setup shows the changes of pkcs11 setup to a user's files, and that
// --remove takes them back.
func TestP11Setup(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := emptyDesktop(t, p)
		for _, folder := range []string{".pki/nssdb", ".mozilla/firefox/x.default"} {
			testkit.Must(t, os.MkdirAll(d.path(folder), 0o700))
			d.owns()
			d.tool("certutil", "-N", "--empty-password", "-d", "sql:"+folder)
		}
		testkit.Must(t, os.WriteFile(d.path(".mozilla/firefox/profiles.ini"), []byte("[Profile0]\nIsRelative=1\nPath=x.default\n"), 0o600))
		d.owns()
		before := d.files()
		setup := func(args ...string) (doc struct {
			Steps []struct{ Kind, State string }
		}) {
			t.Helper()
			out := d.tool(d.path("jpki"), append([]string{"pkcs11", "setup", "--json"}, args...)...)
			testkit.Must(t, json.Unmarshal([]byte(out), &doc))
			return doc
		}
		setup("--dry-run", "--hide-opensc")
		if after := d.files(); after != before {
			t.Errorf("a dry run changed\n%s\nto\n%s", before, after)
		}
		if doc := setup("--hide-opensc"); len(doc.Steps) != 4 || slices.ContainsFunc(doc.Steps, func(s struct{ Kind, State string }) bool { return s.State != "done" }) {
			t.Errorf("%+v", doc)
		}
		out := d.tool("p11-kit", "list-modules")
		if !strings.Contains(out, "JPKI authentication") || strings.Contains(out, "OpenSC") {
			t.Errorf("p11-kit has\n%s", out)
		}
		contains(t, d.tool("certutil", "-L", "-d", "sql:.mozilla/firefox/x.default", "-h", "all"), "JPKI authentication:auth")
		for _, s := range setup("--hide-opensc").Steps {
			if s.State != "unchanged" {
				t.Errorf("done twice: %+v", s)
			}
		}
		setup("--remove")
		if after := d.files(); after != before {
			t.Errorf("taken back, it is\n%s\nand was\n%s", after, before)
		}
		contains(t, d.tool("p11-kit", "list-modules"), "OpenSC")
		p.run(t, "pkcs11", "setup", "--json").wantExit(t, 2).wantCode(t, "usage") // as root
	})
}

// files lists the settings of a user with what is in them.
func (d *desktop) files() string {
	d.t.Helper()
	var all strings.Builder
	testkit.Must(d.t, filepath.WalkDir(d.home, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, ".db") {
			return err
		}
		b, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s %x\n", path, sha256.Sum256(b))
		return err
	}))
	return all.String()
}

// sits runs a program of the user's on a terminal.
func (d *desktop) sits(t *testing.T, name string, args ...string) *person {
	t.Helper()
	keyboard, line := terminal(t)
	testkit.Must(t, line.Chown(resident, resident))
	cmd := d.command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = line, line, line
	cmd.SysProcAttr.Setctty = true
	x := &person{running: &running{Cmd: cmd, what: name}, keyboard: keyboard, line: line, dark: make(chan struct{})}
	x.begin(t)
	go x.watch()
	return x
}

// TestP11Terminal shows that the PIN is asked for on the program's terminal if
// there is no screen. Ctrl-D declines, and Ctrl-C ends only the program.
func TestP11Terminal(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--hide-opensc", "--pinentry", "")
		const question = "p11tool (PID "
		x := d.sits(t, "p11tool", "--test-sign", authKey)
		x.sees(t, question)
		x.sees(t, "wants to sign with the authentication key.")
		x.answers(t, "3 of 3 tries left", virtualcard.AuthPIN)
		x.sees(t, "ok")
		if r := x.leaves(t, 0); verifies(r.log) != 1 || strings.Contains(r.stdout, virtualcard.AuthPIN) {
			t.Errorf("%v\n%s", r.log, r.stdout)
		}
		x = d.sits(t, "p11tool", "--test-sign", authKey)
		x.sees(t, "3 of 3 tries left")
		eventually(t, "nothing typed is shown", func() bool { return !x.echo(t) })
		x.types(t, "\x04")
		if r := x.leaves(t, 1); verifies(r.log) > 0 {
			t.Errorf("declined: %v", r.log)
		}
		// Ctrl-C ends the program; who asks ends with it, and gives the echo back.
		x = d.sits(t, "p11tool", "--test-sign", authKey)
		x.sees(t, "3 of 3 tries left")
		eventually(t, "nothing typed is shown", func() bool { return !x.echo(t) })
		x.types(t, "\x03")
		_ = x.Wait()
		x.deadline.Stop()
		eventually(t, "the server ends, and shows again what is typed", func() bool { return len(d.servers()) == 0 && x.echo(t) })
	})
}

// TestP11Java lists the key with the JDK and signs an archive with it.
func TestP11Java(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	d := newDesktop(t, programs[1], "--hide-opensc")
	testkit.Must(t, os.WriteFile(d.path("java.cfg"), []byte("name = jpki\nlibrary = "+library(t, "p11-kit-proxy.so")+"\n"), 0o644))
	store := []string{"-keystore", "NONE", "-storetype", "PKCS11", "-providerClass", "sun.security.pkcs11.SunPKCS11", "-providerArg", "java.cfg", "-storepass", "not sent"}
	contains(t, d.tool("keytool", append([]string{"-list"}, store...)...), "PrivateKeyEntry")
	testkit.Must(t, os.WriteFile(d.path("a.jar"), emptyZIP(t), 0o644))
	d.owns()
	d.asked()
	d.tool("jarsigner", append(append([]string{}, store...), "-digestalg", "SHA-256", "-signedjar", "signed.jar", "a.jar", "auth")...)
	if asked := d.asked(); len(asked) != 1 || !strings.Contains(asked[0], "java") {
		t.Errorf("asked %q", asked)
	}
	contains(t, tool(t, d.home, "jarsigner", "-verify", "signed.jar"), "jar verified")
}

// emptyZIP is an archive with one file.
func emptyZIP(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("a.txt")
	testkit.Must(t, err)
	_, err = f.Write([]byte("a document\n"))
	testkit.Must(t, err)
	testkit.Must(t, w.Close())
	return b.Bytes()
}

// TestP11Provider uses the token with OpenSSL 3.2 and later, through
// pkcs11-provider. .ci/soak runs it in a system that has it.
func TestP11Provider(t *testing.T) {
	if os.Getenv("JPKI_PKCS11_PROVIDER") == "" {
		t.Skip("JPKI_PKCS11_PROVIDER is not set: see .ci/soak")
	}
	insert(t, "adult", virtualcard.Options{})
	d := newDesktop(t, programs[1], "--hide-opensc")
	testkit.Must(t, os.WriteFile(d.path("openssl.cnf"), []byte(`openssl_conf = init
[init]
providers = providers
[providers]
default = default_sect
pkcs11 = pkcs11_sect
[default_sect]
activate = 1
[pkcs11_sect]
module = `+library(t, "ossl-modules/pkcs11.so")+`
pkcs11-module-path = `+library(t, "p11-kit-proxy.so")+`
activate = 1
`), 0o644))
	d.env = append(d.env, "OPENSSL_CONF="+d.path("openssl.cnf"))
	testkit.Must(t, os.WriteFile(d.path("auth.pem"), []byte(d.tool("p11tool", "--export", authCert)), 0o644))
	testkit.Must(t, os.WriteFile(d.path("public.pem"), []byte(tool(t, "", "openssl", "x509", "-in", d.path("auth.pem"), "-noout", "-pubkey")), 0o644))
	d.owns()
	for name, padding := range map[string][]string{
		"pkcs1": nil, "pss": {"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"},
	} {
		d.asked()
		d.tool("openssl", append([]string{"dgst", "-sha256", "-sign", authKey, "-out", name}, append(padding, "data")...)...)
		if asked := d.asked(); len(asked) != 1 {
			t.Errorf("%s: asked %q", name, asked)
		}
		tool(t, d.home, "openssl", append([]string{"dgst", "-sha256", "-verify", "public.pem", "-signature", name}, append(padding, "data")...)...)
	}
	for version, name := range map[string]string{"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"} {
		_, port, _ := net.SplitHostPort(d.tlsServer(version).address)
		out, err := d.run("sh", "-c", `printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet -ign_eof -key '`+authKey+`' -cert auth.pem -CAfile server-ca.pem -connect localhost:`+port)
		if err != nil || !strings.Contains(out, name) || !strings.Contains(out, "DEMO") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestP11NoPSS shows that a card without RSA-PSS logs in over TLS 1.2 if
// OpenSSL is told to, and that PSS is not offered after the card has refused it
// once.
func TestP11NoPSS(t *testing.T) {
	insert(t, "adult", virtualcard.Options{NoPSS: true})
	d := newDesktop(t, programs[1], "--hide-opensc")
	testkit.Must(t, os.WriteFile(d.path("auth.pem"), []byte(d.tool("p11tool", "--export", authCert)), 0o644))
	_, port, _ := net.SplitHostPort(d.tlsServer("-tls1_2").address)
	out, err := d.run("sh", "-c", `printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet -ign_eof -sigalgs RSA+SHA256 -engine pkcs11 -keyform engine -key '`+authKey+`' -cert auth.pem -CAfile server-ca.pem -connect localhost:`+port)
	if err != nil || !strings.Contains(out, "DEMO") {
		t.Errorf("OpenSSL: %v\n%s", err, out)
	}
	mechanisms := func() string {
		return d.tool("pkcs11-tool", "--module", library(t, "p11-kit-proxy.so"), "--token-label", "JPKI authentication", "--list-mechanisms")
	}
	contains(t, mechanisms(), "RSA-PKCS-PSS")
	if out, err := d.run("p11tool", "--test-sign", "--sign-params=RSA-PSS", authKey); err == nil {
		t.Errorf("signed: %s", out)
	}
	if out := mechanisms(); strings.Contains(out, "PSS") {
		t.Errorf("still offered:\n%s", out)
	}
}
