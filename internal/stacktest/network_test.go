//go:build pcscd

package stacktest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cli"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// look is a command line that exercises a command with a card, PINs and files
// that name addresses, with its exit status. A run that ends earlier would show
// nothing.
type look struct {
	line string
	exit int
}

// onTheCard lists all commands. Those that use the network on request are run
// without it.
var onTheCard = map[string][]look{
	"jpki":              {{"", 0}},
	"jpki ca add":       {{"ca add ca.pem --sha256 " + strings.Repeat("0", 64), 1}},
	"jpki ca list":      {{"ca list", 0}},
	"jpki ca remove":    {{"ca remove none", 2}},
	"jpki ca show":      {{"ca show sign-03", 0}},
	"jpki calendar":     {{"calendar", 0}},
	"jpki cert check":   {{"cert check sign --pin-file sign.pin --trust demo", 0}, {"cert check leaf.pem --ca ca.pem", 0}},
	"jpki cert export":  {{"cert export sign --pin-file sign.pin", 0}},
	"jpki cert show":    {{"cert show sign --pin-file sign.pin --personal", 0}, {"cert show leaf.pem", 0}},
	"jpki completion":   {{"completion bash", 0}, {"__complete sign --reader x", 0}, {"__complete ca show s", 0}},
	"jpki demo":         {{"demo", 0}},
	"jpki demo reset":   {{"demo reset", 0}},
	"jpki doctor":       {{"doctor", 0}, {"doctor --report", 0}},
	"jpki guide":        {{"guide lost", 0}},
	"jpki help":         {{"help formats", 0}},
	"jpki pin status":   {{"pin status", 0}},
	"jpki pin verify":   {{"pin verify auth --pin-file auth.pin", 0}, {"pin verify auth --pin-command ./pin", 0}, {"pin verify auth --pinentry ./pinentry", 0}},
	"jpki pkcs11 setup": nil, // likewise,
	"jpki readers":      {{"readers", 0}},
	"jpki sign":         {{"sign a.txt a.xml --pin-file sign.pin", 0}, {"sign a.txt --form detached --format xmldsig --pin-file sign.pin", 0}, {"sign outside.xml --pin-file sign.pin", 0}},
	"jpki ssh agent":    nil, // TestNoNetworkOfTheAgent
	"jpki ssh key":      {{"ssh key", 0}},
	"jpki status":       {{"status --ask --pin-file sign.pin", 0}},
	"jpki timestamp":    {{"timestamp a.txt", 2}, {"timestamp --extend leaf.p7s --content a.txt --ca ca.pem", 2}},
	"jpki tls":          {{"tls", 2}},
	"jpki verify":       {{"verify a.txt.p7s a-signed.xml --trust demo", 0}, {"verify leaf.p7s --content a.txt --ca ca.pem", 0}, {"verify leaf.p7s --content a.txt", 9}, {"verify away.xml --trust demo --report report.html", 8}},
	"jpki version":      {{"version", 0}},
	"jpki watch":        {{"watch --once --exec ./event", 0}},
	"jpki pin change":   {{"pin change sign --pin-file change.pin", 0}},
	"jpki pkcs11":       nil, // TestNoNetworkOfTheToken
	"jpki demo serve":   nil, // TestNetworkWhereAsked: it is for a reader that listens on loopback
}

// TestNoNetworkUnlessAsked shows that no command, and no program that it
// starts, opens a socket other than those of the PC/SC service and of its own
// agent. strace reports the calls, even where there is no network.
func TestNoNetworkUnlessAsked(t *testing.T) {
	names := commandsOf(cli.Tree(i18n.EN))
	for _, name := range names {
		if _, known := onTheCard[name]; !known {
			t.Errorf("a new command says in onTheCard how it is run: %s", name)
		}
	}
	for name := range onTheCard {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %s", name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { // what is verified is signed before
		return strings.Compare(strings.Replace(a, "jpki pin change", "jpki z", 1), strings.Replace(b, "jpki pin change", "jpki z", 1))
	})
	each(t, func(t *testing.T, p program) {
		insert(t, "adult", virtualcard.Options{})
		dir := temptations(t)
		for _, name := range names {
			for _, l := range onTheCard[name] {
				r, trace := p.traced(t, dir, l.line)
				if r.exit != l.exit {
					t.Errorf("jpki %s: exit %d, not %d, so that not all was seen\n%s%s", l.line, r.exit, l.exit, r.stdout, r.stderr)
				}
				for _, call := range outside(trace, dir, "") {
					t.Errorf("jpki %s: %s", l.line, call)
				}
			}
			if name == "jpki sign" { // by something that lies elsewhere
				signed, err := os.ReadFile(filepath.Join(dir, "a.txt.sig.xml"))
				testkit.Must(t, err)
				away := bytes.ReplaceAll(signed, []byte(`URI="a.txt"`), []byte(`URI="http://192.0.2.1/a.txt"`))
				if bytes.Equal(away, signed) {
					t.Errorf("no reference in\n%s", signed)
				}
				write(t, dir, "away.xml", string(away))
			}
		}
	})
}

// temptations makes a folder of files that name addresses in every place that a
// format has for them, and of programs to start.
func temptations(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.txt": "text", "a.xml": "<?xml version=\"1.0\"?>\n<a/>",
		"outside.xml": `<?xml version="1.0"?><?xml-stylesheet href="http://192.0.2.1/a.xsl"?>` +
			`<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a http://192.0.2.1/a.xsd"/>`,
		"sign.pin": virtualcard.SignPIN, "auth.pin": virtualcard.AuthPIN, "change.pin": virtualcard.SignPIN + "\n" + virtualcard.SignPIN + "2\n",
	} {
		write(t, dir, name, content)
	}
	for name, script := range map[string]string{
		"pin":      "cat auth.pin",
		"event":    "cat >/dev/null",
		"pinentry": `echo OK; while read -r word rest; do case $word in GETPIN) echo "D ` + virtualcard.AuthPIN + `"; echo OK ;; BYE) echo OK; exit ;; *) echo OK ;; esac; done`,
	} {
		testkit.Must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	testkit.Must(t, err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "somebody"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		OCSPServer: []string{"http://192.0.2.1/ocsp"}, IssuingCertificateURL: []string{"http://192.0.2.1/ca"},
		CRLDistributionPoints: []string{"http://192.0.2.1/crl", "ldap://192.0.2.1/cn=crl"},
	}
	for name, c := range map[string]*x509.Certificate{"ca.pem": ca, "leaf.pem": leaf} {
		der, err := x509.CreateCertificate(rand.Reader, c, ca, key.Public(), key)
		testkit.Must(t, err)
		write(t, dir, name, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	testkit.Must(t, err)
	write(t, dir, "leaf.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	tool(t, dir, "openssl", "cms", "-sign", "-binary", "-in", "a.txt", "-signer", "leaf.pem", "-inkey", "leaf.key", "-outform", "DER", "-out", "leaf.p7s")
	return dir
}

// TestNoNetworkOfTheToken shows the same for p11-kit, for a program that uses
// the token, and for our processes.
func TestNoNetworkOfTheToken(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		d := newDesktop(t, p, "--hide-opensc")
		for _, line := range [][]string{{d.path("jpki"), "pkcs11", "setup", "--dry-run"}, {"p11tool", "--test-sign", authKey}} {
			// Only root may trace our process: it lets nobody look into it.
			run := d.command("strace", slices.Concat(straced(d.path("trace")), []string{"-u", "resident"}, line)...)
			run.SysProcAttr.Credential = nil
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%q: %v\n%s", line, err, out)
			}
			trace, err := os.ReadFile(d.path("trace"))
			testkit.Must(t, err)
			if signs := line[0] == "p11tool"; signs != bytes.Contains(trace, []byte("/run/pcscd/pcscd.comm")) {
				t.Errorf("%q: our process was not seen", line)
			}
			for _, call := range outside(string(trace), d.home, "") {
				t.Errorf("%q: %s", line, call)
			}
		}
		if len(d.asked()) != 1 {
			t.Error("nothing was signed")
		}
	})
}

// TestNoNetworkOfTheAgent shows the same for the agent, while ssh-add lists its
// key and ssh-keygen signs.
func TestNoNetworkOfTheAgent(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		insert(t, "adult", virtualcard.Options{})
		dir := temptations(t)
		write(t, dir, "use", `"$@" &
until [ -S agent.sock ]; do sleep 0.1; done
export SSH_AUTH_SOCK=agent.sock
ssh-add -L >key.pub && ssh-keygen -Y sign -f key.pub -n file a.txt
status=$?
pkill -TERM -P $!
wait $!
exit $status
`)
		log := filepath.Join(dir, "strace")
		line := slices.Concat([]string{"use", "strace"}, straced(log), []string{p.path, "ssh", "agent", "--socket", "agent.sock", "--pin-file", "auth.pin"})
		program{backend: p.backend, path: "sh"}.with(t, setting{dir: dir, env: bait}, line...).wantExit(t, 0)
		trace, err := os.ReadFile(log)
		testkit.Must(t, err)
		for _, want := range []string{"/run/pcscd/pcscd.comm", "agent.sock"} {
			contains(t, string(trace), want)
		}
		for _, call := range outside(string(trace), dir, "") {
			t.Error(call)
		}
	})
}

// TestNetworkWhereAsked shows that an option with an address leads to
// connections to that address only, even if files and the environment name
// others.
func TestNetworkWhereAsked(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		dir := temptations(t)
		p.traced(t, dir, "sign a.txt --card demo --pin-stdin")
		for _, line := range []string{
			"cert check sign --card demo --pin-stdin --trust demo --ocsp http://ADDRESS/",
			"cert check leaf.pem --ca ca.pem --crl http://ADDRESS/crl",
			"verify leaf.p7s --content a.txt --ca ca.pem --ocsp http://ADDRESS/",
			"timestamp a.txt --tsa http://ADDRESS/",
			"sign a.xml --card demo --pin-stdin --tsa http://ADDRESS/ --format cms",
			"tls https://ADDRESS/ --card demo --yes --pin-stdin",
			"demo serve --address ADDRESS",
		} {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			testkit.Must(t, err)
			address := listener.Addr().String()
			testkit.Must(t, listener.Close()) // nobody answers
			line = strings.ReplaceAll(line, "ADDRESS", address)
			r, trace := p.traced(t, dir, line)
			_, port, _ := net.SplitHostPort(address)
			if want := "connect("; !strings.Contains(trace, "sin_port=htons("+port+")") || r.exit == 0 {
				t.Errorf("jpki %s: exit %d, and no %s to port %s\n%s%s", line, r.exit, want, port, r.stdout, r.stderr)
			}
			for _, call := range outside(trace, dir, port) {
				t.Errorf("jpki %s: %s", line, call)
			}
		}
	})
}

// straced are the options of strace for every call that can reach another
// process.
func straced(log string) []string {
	return []string{"-f", "-qq", "-e", "trace=socket,connect,bind,sendto,sendmsg,sendmmsg,io_uring_setup", "-e", "signal=none", "-o", log}
}

// bait are variables that name other addresses.
var bait = []string{
	"HTTP_PROXY=http://192.0.2.1:1/", "HTTPS_PROXY=http://192.0.2.1:1/", "ALL_PROXY=http://192.0.2.1:1/", "NO_PROXY=127.0.0.1",
	"http_proxy=http://192.0.2.1:1/", "https_proxy=http://192.0.2.1:1/",
	"SSH_AUTH_SOCK=/run/another.sock", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/bus", "DISPLAY=192.0.2.1:0", "WAYLAND_DISPLAY=wayland-0",
	"NOTIFY_SOCKET=/run/notify", "GNOME_KEYRING_CONTROL=/run/keyring",
}

// traced runs a command line under strace and returns its trace.
func (p program) traced(t *testing.T, dir, line string) (result, string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace")
	args := append(straced(log), p.path)
	run := program{backend: p.backend, path: "strace"}.prepare(t, setting{dir: dir, stdin: virtualcard.SignPIN + "\n", env: bait}, append(args, strings.Fields(line)...)...)
	run.alone = false // others look at the card only where somebody verified
	run.begin(t)
	r := run.wait(t)
	trace, err := os.ReadFile(log)
	testkit.Must(t, err)
	return r, string(trace)
}

// commandsOf lists the commands that can be run.
func commandsOf(c *cobra.Command) (names []string) {
	if c.Runnable() && (!c.HasSubCommands() || slices.Contains(withSubcommands, c.CommandPath())) {
		names = append(names, c.CommandPath())
	}
	if c.Name() == "help" {
		return names // its topics are texts
	}
	for _, sub := range c.Commands() {
		names = append(names, commandsOf(sub)...)
	}
	return names
}

// withSubcommands are commands with subcommands that can be run by themselves.
var withSubcommands = []string{"jpki", "jpki demo", "jpki help", "jpki pkcs11"}

var (
	call    = regexp.MustCompile(`^\d+ +(\w+)\((.*)`)
	address = regexp.MustCompile(`sa_family=(AF_\w+)(?:, sun_path=(@?"(?:[^"\\]|\\.)*")|, sin6?_port=htons\((\d+)\).*?"([^"]*)")?`)
)

// outside returns the lines of a trace that reach anything but PC/SC, an
// agent's socket in this folder, and a port of loopback if one is given.
func outside(trace, dir, port string) (lines []string) {
	for line := range strings.Lines(trace) {
		if m := call.FindStringSubmatch(line); m != nil && !within(m[1], m[2], dir, port) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// within judges one call.
func within(name, arguments, dir, port string) bool {
	switch name {
	case "socket":
		family, _, _ := strings.Cut(arguments, ",")
		return family == "AF_UNIX" || port != "" && (family == "AF_INET" || family == "AF_INET6")
	case "connect", "bind", "sendto", "sendmsg", "sendmmsg":
	default:
		return false
	}
	all := address.FindAllStringSubmatch(arguments, -1)
	for _, a := range all {
		var ours bool
		switch family, path, itsPort, host := a[1], a[2], a[3], a[4]; family {
		case "AF_UNIX":
			path, err := strconv.Unquote(path)
			ours = err == nil && slices.Contains([]string{"/run/pcscd/pcscd.comm", "agent.sock", filepath.Join(dir, "agent.sock")}, path)
		case "AF_INET", "AF_INET6":
			// Go tries which of the two there is, with an address of its own.
			ours = port != "" && (host == "127.0.0.1" && itsPort == port || name == "bind" && itsPort == "0")
		}
		if !ours {
			return false
		}
	}
	// What is sent without an address goes to where the socket is connected.
	return len(all) > 0 || strings.HasPrefix(name, "send")
}

func TestOutside(t *testing.T) {
	for line, want := range map[string]int{
		`12 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3`:                                                                     0,
		`12 connect(3, {sa_family=AF_UNIX, sun_path="/run/pcscd/pcscd.comm"}, 24) = 0`:                                            0,
		`12 connect(3, {sa_family=AF_UNIX, sun_path="/run/pcscd/pcscd.comm"}, 24 <unfinished ...>`:                                0,
		`12 <... connect resumed>) = 0`:                                                                                           0,
		`12 bind(3, {sa_family=AF_UNIX, sun_path="/tmp/x/agent.sock"}, 110) = 0`:                                                  0,
		`12 sendto(3, "AF_INET", 7, MSG_NOSIGNAL, NULL, 0) = 7`:                                                                   0,
		`12 sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1}, 0) = 1`:                 0,
		`12 connect(3, {sa_family=AF_UNIX, sun_path="/run/dbus/system_bus_socket"}, 29) = 0`:                                      1,
		`12 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT`:                                    1,
		`12 connect(3, {sa_family=AF_UNIX, sun_path=@"/tmp/.X11-unix/X0"}, 20) = 0`:                                               1,
		`12 connect(3, {sa_family=AF_UNIX, sun_path="/home/a/pcscd/pcscd.comm/agent.sock"}, 20) = 0`:                              1,
		`12 connect(3, 0x7ffe, 16) = 0`:                                                                                           1,
		`12 sendmsg(3, {msg_name={sa_family=AF_UNIX, sun_path="/run/systemd/notify"}, msg_namelen=22, msg_iov=[]}, 0) = 1`:        1,
		`12 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3`:                                                            1,
		`12 socket(AF_INET6, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_UDP <unfinished ...>`:                                               1,
		`12 socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3`:                                                                      1,
		`12 socket(AF_VSOCK, SOCK_STREAM, 0) = 3`:                                                                                 1,
		`12 sendto(3, "/run/pcscd/pcscd.comm", 2, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("1.1.1.1")}, 16)`: 1,
		`12 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("1.1.1.1")}, 16) = 0`:                           1,
		`12 io_uring_setup(8, 0x7ffe) = 4`:                                                                                        1,
	} {
		if got := len(outside(line, "/tmp/x", "")); got != want {
			t.Errorf("%s: %d", line, got)
		}
	}
	for line, want := range map[string]int{
		`12 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3`:                                                                                  0,
		`12 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`:                                               0,
		`12 bind(3, {sa_family=AF_INET6, sin6_port=htons(0), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0`: 0,
		`12 connect(3, {sa_family=AF_INET, sin_port=htons(81), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`:                                               1,
		`12 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16) = 0`:                                               1,
		`12 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0`:                                              1,
		`12 bind(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("0.0.0.0")}, 16) = 0`:                                                  1,
		`12 socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3`:                                                                                            1,
	} {
		if got := len(outside(line, "/tmp/x", "80")); got != want {
			t.Errorf("with a port, %s: %d", line, got)
		}
	}
}
