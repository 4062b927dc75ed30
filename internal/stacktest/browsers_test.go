//go:build pcscd

package stacktest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// The programs here are large: .ci/soak installs them and sets JPKI_BROWSERS.

func browsers(t *testing.T) {
	t.Helper()
	if os.Getenv("JPKI_BROWSERS") == "" {
		t.Skip("JPKI_BROWSERS is not set: see .ci/soak")
	}
}

// site is a page that wants a client certificate, and what it saw.
type site struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // version and certificate of each visit
}

func newSite(t *testing.T, d *desktop, version uint16) *site {
	t.Helper()
	d.tlsFiles()
	pair, err := tls.LoadX509KeyPair(d.path("server.pem"), d.path("server.key"))
	testkit.Must(t, err)
	pem, err := os.ReadFile(d.path("client-ca.pem"))
	testkit.Must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	s := &site{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, fmt.Sprintf("%s %s", tls.VersionName(r.TLS.Version), r.TLS.PeerCertificates[0].Subject.CommonName))
		fmt.Fprintln(w, "<p>welcome")
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: version, MaxVersion: version, ClientAuth: tls.RequireAnyClientCert, ClientCAs: roots}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// visited checks that a client logged in with this version of TLS.
func (s *site) visited(t *testing.T, what string, version uint16) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 || !strings.HasPrefix(s.seen[0], tls.VersionName(version)+" DEMO") {
		t.Errorf("%s over %s: seen %q", what, tls.VersionName(version), s.seen)
	}
}

// url is the address of the site, with its name.
func (s *site) url() string { return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/" }

// TestBrowsers shows that Chromium and Firefox log in over TLS 1.2 and 1.3
// after pkcs11 setup, and see only the authentication key.
func TestBrowsers(t *testing.T) {
	browsers(t)
	insert(t, "adult", virtualcard.Options{})
	d := emptyDesktop(t, programs[1])
	testkit.Must(t, os.MkdirAll("/etc/chromium/policies/managed", 0o755))
	testkit.Must(t, syscall.Mount("tmpfs", "/etc/chromium/policies/managed", "tmpfs", 0, ""))
	policy := `{"AutoSelectCertificateForUrls": ["{\"pattern\":\"https://localhost\",\"filter\":{}}"]}`
	testkit.Must(t, os.WriteFile("/etc/chromium/policies/managed/jpki.json", []byte(policy), 0o644))
	testkit.Must(t, os.MkdirAll(d.path(".pki/nssdb"), 0o700))
	testkit.Must(t, os.MkdirAll(d.path(".mozilla/firefox/x.default"), 0o700))
	testkit.Must(t, os.WriteFile(d.path(".mozilla/firefox/profiles.ini"), []byte("[Profile0]\nName=x\nIsRelative=1\nPath=x.default\nDefault=1\n"), 0o600))
	testkit.Must(t, os.WriteFile(d.path(".mozilla/firefox/x.default/user.js"), []byte(`user_pref("security.default_personal_cert", "Select Automatically");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
`), 0o600))
	d.owns()
	for _, folder := range []string{".pki/nssdb", ".mozilla/firefox/x.default"} {
		d.tool("certutil", "-N", "--empty-password", "-d", "sql:"+folder)
	}
	d.tlsFiles()
	for _, folder := range []string{".pki/nssdb", ".mozilla/firefox/x.default"} {
		d.tool("certutil", "-A", "-d", "sql:"+folder, "-n", "server", "-t", "CT,,", "-i", "server-ca.pem")
	}
	setup := []string{"pkcs11", "setup", "--hide-opensc", "--pinentry", d.path("pinentry")}
	d.tool(d.path("jpki"), setup...)
	d.tool(d.path("jpki"), append(setup, "--key", "sign")...) // which no browser is to see
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for what, args := range map[string][]string{
			"Chromium": {"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + d.path("chromium"), "--timeout=20000", "--dump-dom"},
			"Firefox":  {"firefox-esr", "--headless", "--no-remote", "--profile", d.path(".mozilla/firefox/x.default"), "--screenshot", d.path("page.png")},
		} {
			s := newSite(t, d, version)
			d.asked()
			since := slots[0].now()
			cmd := d.command(args[0], append(args[1:], s.url())...)
			timer := time.AfterFunc(2*limit, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
			out, err := cmd.CombinedOutput()
			timer.Stop()
			t.Logf("%s: %v\n%.2000s", what, err, out)
			s.visited(t, what, version)
			asked := d.asked()
			if len(asked) == 0 || !strings.Contains(strings.ToLower(asked[0]), strings.ToLower(what)) || strings.Contains(strings.Join(asked, " "), "igning password") {
				t.Errorf("%s: asked %q", what, asked)
			}
			d.closed(since)
			t.Logf("%s over %s: %d commands, asked %d times", what, tls.VersionName(version), len(slots[0].seenSince(since)), len(asked))
		}
	}
}

// TestLibreOffice exports a signed PDF with the signing key, through the
// Firefox profile from which LibreOffice takes certificates.
func TestLibreOffice(t *testing.T) {
	browsers(t)
	insert(t, "adult", virtualcard.Options{})
	d := emptyDesktop(t, programs[1])
	// Without a desktop LibreOffice has no dialog for a log-in, which it wants
	// although the PIN is asked for elsewhere.
	certificate := d.p.enter(t, virtualcard.SignPIN, "cert", "export", "sign").wantExit(t, 0).stdout
	testkit.Must(t, os.WriteFile(d.path("sign.pem"), []byte(certificate), 0o644))
	d.tool(d.path("jpki"), "pkcs11", "setup", "--hide-opensc", "--pinentry", d.path("pinentry"), "--key", "sign", "--ask", "signature", "--certificate", "sign.pem")
	d.answers(virtualcard.SignPIN)
	d.nssDatabase("nss")
	script, err := os.ReadFile(filepath.Join("testdata", "libreoffice.py"))
	testkit.Must(t, err)
	testkit.Must(t, os.WriteFile(d.path("libreoffice.py"), script, 0o755))
	d.env = append(d.env, "MOZILLA_CERTIFICATE_FOLDER="+d.path("nss"))
	office := d.command("soffice", "--headless", "--norestore", "--nologo", "--accept=pipe,name=jpki;urp", "-env:UserInstallation=file://"+d.path("office"))
	testkit.Must(t, office.Start())
	t.Cleanup(func() { _ = syscall.Kill(-office.Process.Pid, syscall.SIGKILL); _ = office.Wait() })
	since := slots[0].now()
	cmd := d.command("/usr/bin/python3", d.path("libreoffice.py"), d.path("out.pdf"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d.closed(since)
	asked := d.asked()
	t.Logf("%s: %d commands, asked %q", out, len(slots[0].seenSince(since)), asked)
	if len(asked) == 0 || !strings.Contains(asked[0], "soffice") {
		t.Errorf("asked %q", asked)
	}
	contains(t, tool(t, d.home, "pdfsig", "out.pdf"), "Signature is Valid.")
}
