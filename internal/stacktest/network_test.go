//go:build pcscd

package stacktest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cli"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// onTheCard are all commands, each with a line that goes through what it does
// with a card in the reader and the PINs given. Those that use the network only
// where they are told to are run without that.
var onTheCard = map[string]string{
	"jpki ca add":       "ca add ca.pem --yes",
	"jpki ca list":      "ca list",
	"jpki ca remove":    "ca remove none",
	"jpki ca show":      "ca show sign-03",
	"jpki calendar":     "calendar",
	"jpki cert check":   "cert check sign --pin-file sign.pin",
	"jpki cert export":  "cert export sign --pin-file sign.pin",
	"jpki cert show":    "cert show sign --pin-file sign.pin --personal",
	"jpki completion":   "completion bash",
	"jpki demo":         "demo",
	"jpki demo reset":   "demo reset",
	"jpki demo serve":   "demo serve --card demo --slot 9", // a port where nobody is
	"jpki doctor":       "doctor --report report.txt",
	"jpki guide":        "guide lost",
	"jpki help":         "help formats",
	"jpki pin change":   "pin change sign --pin-file change.pin",
	"jpki pin status":   "pin status",
	"jpki pin verify":   "pin verify auth --pin-file auth.pin",
	"jpki pkcs11":       "pkcs11",
	"jpki pkcs11 setup": "pkcs11 setup --dry-run",
	"jpki readers":      "readers",
	"jpki sign":         "sign a.txt a.xml --pin-file sign.pin",
	"jpki ssh agent":    "ssh agent --socket agent.sock --pin-file auth.pin -- true",
	"jpki ssh key":      "ssh key",
	"jpki status":       "status --ask --pin-file sign.pin",
	"jpki timestamp":    "timestamp a.txt",
	"jpki tls":          "tls",
	"jpki verify":       "verify a.txt.p7s a-signed.xml --trust demo",
	"jpki version":      "version",
	"jpki watch":        "watch --json --wait 1s",
}

// TestNoNetworkUnlessAsked: no command opens a socket other than the PC/SC
// service's and its own agent's. strace sees it, so that it does not matter
// that there is no way out of here.
func TestNoNetworkUnlessAsked(t *testing.T) {
	for _, name := range commandsOf(cli.Tree(i18n.EN)) {
		if _, known := onTheCard[name]; !known {
			t.Errorf("a new command says in onTheCard how it is run: %s", name)
		}
	}
	insert(t, "adult", virtualcard.Options{})
	p := programs[1]
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.txt": "text", "a.xml": "<?xml version=\"1.0\"?>\n<a/>", "ca.pem": "none",
		"sign.pin": virtualcard.SignPIN, "auth.pin": virtualcard.AuthPIN, "change.pin": virtualcard.SignPIN + "\n" + virtualcard.SignPIN + "2\n",
	} {
		write(t, dir, name, content)
	}
	names := commandsOf(cli.Tree(i18n.EN))
	slices.SortFunc(names, func(a, b string) int { // what is verified is signed before
		return strings.Compare(strings.Replace(a, "jpki pin change", "jpki z", 1), strings.Replace(b, "jpki pin change", "jpki z", 1))
	})
	for _, name := range names {
		r, reached := p.traced(t, dir, onTheCard[name])
		for _, socket := range reached {
			t.Errorf("%s (exit %d): %s", onTheCard[name], r.exit, socket)
		}
		if slices.Contains([]string{"jpki status", "jpki sign", "jpki verify", "jpki calendar"}, name) && r.exit != 0 {
			t.Errorf("%s: exit %d, so that nothing was seen\n%s", name, r.exit, r.stderr)
		}
	}
}

// TestNetworkWhereAsked: the same eyes see a socket where an option names one.
func TestNetworkWhereAsked(t *testing.T) {
	dir := file(t, "a.txt", "text")
	p := programs[1]
	p.traced(t, dir, "sign a.txt --card demo --pin-stdin")
	if r, reached := p.traced(t, dir, "cert check sign --card demo --pin-stdin --trust demo --ocsp http://127.0.0.1:9/"); len(reached) == 0 {
		t.Errorf("exit %d, and no socket was seen\n%s", r.exit, r.stderr)
	}
}

// traced runs a line under strace and returns what it reached for besides PC/SC
// and the agent's socket.
func (p program) traced(t *testing.T, dir, line string) (result, []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace")
	args := []string{"-f", "-qq", "-e", "trace=socket,connect,bind,sendto", "-e", "signal=none", "-o", log, p.path}
	run := program{backend: p.backend, path: "strace"}.prepare(t, setting{dir: dir, stdin: virtualcard.SignPIN + "\n"}, append(args, strings.Fields(line)...)...)
	run.alone = false // others look at the card only where somebody verified
	run.begin(t)
	r := run.wait(t)
	trace, err := os.ReadFile(log)
	testkit.Must(t, err)
	return r, outside(string(trace))
}

// commandsOf lists the commands that do something.
func commandsOf(c *cobra.Command) (names []string) {
	if c.Runnable() && (!c.HasSubCommands() || onTheCard[c.CommandPath()] != "") && !c.Hidden && c.HasParent() {
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

var opened = regexp.MustCompile(`(socket|connect|bind|sendto)\(.*(AF_[A-Z0-9_]+|sun_path="[^"]*").*`)

// outside are the lines of a trace that reach for anything but PC/SC or the
// agent's own socket.
func outside(trace string) (lines []string) {
	for line := range strings.Lines(trace) {
		m := opened.FindString(line)
		switch {
		case m == "", strings.Contains(m, "AF_UNIX") && !strings.Contains(m, "sun_path"):
		case strings.Contains(m, "/run/pcscd/pcscd.comm"), strings.Contains(m, `sun_path="agent.sock"`), strings.Contains(m, "/agent.sock"):
		default:
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestOutside(t *testing.T) {
	for line, want := range map[string]int{
		`12 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3`:                                           0,
		`12 connect(3, {sa_family=AF_UNIX, sun_path="/run/pcscd/pcscd.comm"}, 24) = 0`:                  0,
		`12 connect(3, {sa_family=AF_UNIX, sun_path="/run/dbus/system_bus_socket"}, 29) = 0`:            1,
		`12 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3`:                                  1,
		`12 socket(AF_INET6, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_UDP) = 3`:                                 1,
		`12 socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3`:                                            1,
		`12 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("1.1.1.1")}, 16) = 0`: 1,
	} {
		if got := len(outside(line)); got != want {
			t.Errorf("%s: %d", line, got)
		}
	}
}
