//go:build pcscd

package stacktest

import (
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// serveTLS runs openssl s_server, which requires a client certificate, and
// returns the folder with its certificate and the address.
func serveTLS(t *testing.T, p program, options ...string) (dir, address string) {
	t.Helper()
	dir = t.TempDir()
	tool(t, dir, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "30", "-keyout", "key.pem", "-out", "cert.pem")
	p.with(t, setting{dir: dir}, "cert", "export", "auth-ca", "-o", "clients.pem").wantExit(t, 0)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	port := strings.TrimPrefix(free.Addr().String(), "127.0.0.1:")
	testkit.Must(t, free.Close())
	ctx, cancel := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, "openssl", append([]string{"s_server", "-accept", "127.0.0.1:" + port, "-www", "-cert", "cert.pem", "-key", "key.pem",
		"-CAfile", "clients.pem", "-Verify", "2", "-verify_return_error", "-partial_chain"}, options...)...)
	server.Dir = dir
	testkit.Must(t, server.Start())
	t.Cleanup(func() {
		cancel()
		_ = server.Wait()
	})
	eventually(t, "openssl s_server listens", func() bool {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return dir, "https://localhost:" + port + "/"
}

// TestTLSVersions logs in to openssl s_server with TLS 1.3 and 1.2, with a card
// that makes RSASSA-PSS signatures and with one that refuses.
func TestTLSVersions(t *testing.T) {
	for name, c := range map[string]struct {
		card    virtualcard.Options
		server  []string
		exit    int
		says    string
		pins    int
		between string // also said
	}{
		"1.3 and 1.2":              {virtualcard.Options{}, nil, 0, "TLS 1.3", 1, ""},
		"1.3 only":                 {virtualcard.Options{}, []string{"-tls1_3"}, 0, "TLS 1.3", 1, ""},
		"1.2 only":                 {virtualcard.Options{}, []string{"-tls1_2"}, 0, "TLS 1.2", 1, ""},
		"1.2, PSS only":            {virtualcard.Options{}, []string{"-tls1_2", "-client_sigalgs", "RSA-PSS+SHA256"}, 0, "TLS 1.2", 1, ""},
		"no PSS, 1.3 and 1.2":      {virtualcard.Options{NoPSS: true}, nil, 0, "TLS 1.2", 2, "Connecting again with TLS 1.2"},
		"no PSS, 1.2 only":         {virtualcard.Options{NoPSS: true}, []string{"-tls1_2"}, 0, "TLS 1.2", 1, ""},
		"no PSS, 1.3 only":         {virtualcard.Options{NoPSS: true}, []string{"-tls1_3"}, 1, "takes TLS 1.3 only, and this card makes no", 1, ""},
		"no PSS, but PSS is asked": {virtualcard.Options{NoPSS: true}, []string{"-tls1_2", "-client_sigalgs", "RSA-PSS+SHA256"}, 1, "signatures that the card cannot make", 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			insert(t, "adult", c.card)
			each(t, func(t *testing.T, p program) {
				dir, address := serveTLS(t, p, c.server...)
				home := []string{"XDG_STATE_HOME=" + t.TempDir()}
				run := p.prepare(t, setting{dir: dir, stdin: virtualcard.AuthPIN + "\n", env: home}, "tls", address, "--ca", "cert.pem", "--yes", "--pin-stdin")
				run.alone = c.pins < 2 // each of two sessions is looked at below
				run.begin(t)
				r := run.wait(t).wantExit(t, c.exit)
				contains(t, r.stderr, c.says)
				contains(t, r.stderr, c.between)
				if n := len(pinsIn(r.log)); n != c.pins {
					t.Errorf("%d PINs were sent, want %d: %v", n, c.pins, r.log)
				}
				wellUsed(t, r.log)
				wantPINs(t, p.tries(t), 5, 3)
				if c.card.NoPSS && c.exit == 0 { // which is remembered
					r := p.with(t, setting{dir: dir, stdin: virtualcard.AuthPIN + "\n", env: home}, "tls", address, "--ca", "cert.pem", "--yes", "--pin-stdin").wantExit(t, 0)
					contains(t, r.stderr, "TLS 1.2")
					if n := len(pinsIn(r.log)); n != 1 {
						t.Errorf("the next time %d PINs were sent", n)
					}
				}
			})
		})
	}
}
