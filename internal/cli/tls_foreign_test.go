//go:build foreign

package cli

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestTLSOpenSSL logs in to openssl s_server with the demo CA, by each version
// and kind of signature. One server wants a signature that the card cannot
// make. The tests on the stack cover a card without RSASSA-PSS signatures.
func TestTLSOpenSSL(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true // s_server has no other clock
	openssl(t, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "ca.pem", "-days", "2",
		"-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
	if exit, out := w.run("cert export auth-ca --card demo -o auth-ca.pem", ""); exit != 0 {
		t.Fatal(out)
	}
	for _, c := range []struct {
		options string
		exit    int
		want    []string
	}{
		{"-tls1_2", 0, []string{"Connected by TLS 1.2", "TLSv1.2", "Client certificate", "Verify return code: 0 (ok)"}},
		{"-no_tls1_1", 0, []string{"Connected by TLS 1.3"}}, // of the two the newer
		{"-tls1_2 -client_sigalgs RSA+SHA512", 0, []string{"Connected by TLS 1.2"}},
		{"-tls1_3", 0, []string{"Connected by TLS 1.3", "TLSv1.3", "Client certificate", "Verify return code: 0 (ok)"}},
		{"-tls1_2 -client_sigalgs RSA-PSS+SHA256", 0, []string{"Connected by TLS 1.2"}},
		{"-tls1_2 -client_sigalgs RSA-PSS+SHA512", 1, []string{"signatures that the card cannot make"}},
	} {
		address := startServer(t, append([]string{"-Verify", "2", "-verify_return_error", "-CAfile", "auth-ca.pem", "-www"}, strings.Fields(c.options)...))
		exit, out := w.run("tls https://"+address+" --card demo --ca ca.pem --yes --pin-stdin", virtualcard.AuthPIN)
		for _, want := range c.want {
			if exit != c.exit || !strings.Contains(out, want) {
				t.Errorf("%s: %d, want %d and %q: %s", c.options, exit, c.exit, want, out)
			}
		}
	}
	// A server that does not know the CA.
	address := startServer(t, []string{"-Verify", "2", "-verify_return_error", "-CAfile", "ca.pem", "-www", "-tls1_2"})
	exit, out := w.run("tls https://"+address+" --card demo --ca ca.pem --yes --pin-stdin", "4321")
	if exit != 1 || !strings.Contains(out, "certificates of other CAs") {
		t.Errorf("%d: %s", exit, out)
	}
}

func openssl(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// startServer starts openssl s_server and gives its address.
func startServer(t *testing.T, args []string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	server := exec.Command("openssl", append([]string{"s_server", "-accept", address, "-cert", "ca.pem", "-key", "key.pem", "-quiet"}, args...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("openssl s_server does not answer")
	return ""
}
