package cli

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/tlsclient"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// site is a TLS server of the test.
type site struct {
	*httptest.Server
	pages atomic.Int32 // that were asked for
}

// newSite starts one that is believed by the world's file ca.pem and asks for a
// certificate of the demo CA in auth-ca.pem, unless change has it otherwise.
func newSite(t *testing.T, w *world, change func(*tls.Config)) *site {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	w.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	if exit, out := w.run("cert export auth-ca --card demo -o auth-ca.pem --force", ""); exit != 0 {
		t.Fatal(out)
	}
	clients := x509.NewCertPool()
	authCA, err := input.Certificates(t.Context(), w.path("auth-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	clients.AddCert(authCA[0])
	s := &site{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s.pages.Add(1)
		switch r.URL.Path {
		case "/forbidden":
			http.Error(rw, "not you", http.StatusForbidden)
		case "/elsewhere":
			http.Redirect(rw, r, "https://example.jp/", http.StatusFound)
		case "/large":
			_, _ = rw.Write(make([]byte, 5<<20))
		default:
			_, _ = io.WriteString(rw, "hello "+r.TLS.PeerCertificates[0].Issuer.Organization[0]+"\x1b[2J\n")
		}
	}))
	s.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: clients,
		Time: func() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) },
	}
	if change != nil {
		change(s.TLS)
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// TestTLSPage shows that TLS 1.2 and 1.3 work, and that 1.3 is used if the
// server has it.
func TestTLSPage(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) { fetchPages(t, name, version) })
	}
}

func fetchPages(t *testing.T, name string, version uint16) {
	w := newWorld(t, "en")
	s := newSite(t, w, func(c *tls.Config) { c.MaxVersion = version })
	get := "tls " + s.URL + " --card demo --ca ca.pem --yes --pin-stdin "
	exit, out := w.run(get, virtualcard.AuthPIN)
	if exit != 0 || !strings.HasPrefix(out, "hello ") || !strings.Contains(out, "usually a birthday") || !strings.Contains(out, "Connected by "+name) || !strings.Contains(out, "HTTP 200") {
		t.Errorf("%d: %s", exit, out)
	}
	exit, out = w.run(get+"--json", virtualcard.AuthPIN)
	var doc map[string]any
	if err := json.Unmarshal([]byte(out), &doc); err != nil || exit != 0 {
		t.Fatalf("%d: %s", exit, out)
	}
	body, err := base64.StdEncoding.DecodeString(doc["body"].(string))
	if err != nil || !bytes.HasPrefix(body, []byte("hello ")) || doc["schema"] != "jpki.tls/v1" || doc["version"] != name || doc["status"] != 200.0 || doc["location"] != nil {
		t.Errorf("%v", doc)
	}
	// An answer that refuses is shown, and still a failure.
	if exit, out = w.run(strings.Replace(get, s.URL, s.URL+"/forbidden", 1), virtualcard.AuthPIN); exit != 1 || !strings.Contains(out, "not you") || !strings.Contains(out, "HTTP 403") {
		t.Errorf("%d: %s", exit, out)
	}
	// A redirect is not followed.
	if exit, out = w.run(strings.Replace(get, s.URL, s.URL+"/elsewhere", 1), virtualcard.AuthPIN); exit != 0 || !strings.Contains(out, "was not followed: https://example.jp/") {
		t.Errorf("%d: %s", exit, out)
	}
	if exit, out = w.run(strings.Replace(get, s.URL, s.URL+"/large", 1), virtualcard.AuthPIN); exit != 1 || !strings.Contains(out, "too large") {
		t.Errorf("%d: %s", exit, out[:min(len(out), 500)])
	}
	if n := s.pages.Load(); n != 5 {
		t.Errorf("%d pages were asked for", n)
	}
}

// TestTLSFails: each failure has its own error, before the PIN if possible. The
// tries left prove that.
func TestTLSFails(t *testing.T) {
	reject := func(c *tls.Config) {
		c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errors.New("no") }
	}
	others := func(c *tls.Config) {
		c.ClientCAs = x509.NewCertPool()
		stranger, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		c.ClientCAs.AddCert(stranger)
	}
	for name, c := range map[string]struct {
		change  func(*tls.Config)
		options string
		pin     string // empty: a wrong one, to see that it is not sent
		exit    int
		want    string
	}{
		"only TLS 1.0":    {change: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }, exit: 1, want: "The TLS handshake failed"},
		"not asked":       {change: func(c *tls.Config) { c.ClientAuth = tls.NoClientCert }, exit: 1, want: "asked for no client certificate"},
		"other issuers":   {change: others, exit: 1, want: "certificates of other CAs"},
		"not believed":    {options: "--ca auth-ca.pem", exit: 1, want: "not to be trusted"},
		"rejected":        {change: reject, pin: virtualcard.AuthPIN, exit: 1, want: "did not take the certificate. (tls: bad certificate)"},
		"a wrong PIN":     {pin: "4321", exit: 10, want: "Wrong authentication PIN. 2 tries are left"},
		"no PIN":          {pin: "12", exit: 5, want: "no try was used"},
		"http":            {options: "http", exit: 2, want: "URL of https"},
		"nobody to ask":   {options: "ask", exit: 2, want: "give --yes"},
		"blocked":         {options: "--card demo:no-pin", exit: 6, want: "is blocked"},
		"no server":       {options: "closed", exit: 1, want: "cannot be reached"},
		"no certificates": {options: "--ca stdin", exit: 1, want: "stdin"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "en")
			s := newSite(t, w, c.change)
			url, options := s.URL, "--card demo --ca ca.pem --yes"
			switch c.options {
			case "http":
				url = strings.Replace(url, "https", "http", 1)
			case "ask":
				options = "--card demo --ca ca.pem"
			case "closed":
				s.Close()
			default:
				options += " " + c.options
			}
			given := c.pin
			if given == "" {
				given = "4321"
			}
			exit, out := w.run("tls "+url+" "+options+" --pin-stdin", given)
			if exit != c.exit || !strings.Contains(out, c.want) || strings.Contains(out, "hello") || s.pages.Load() > 0 {
				t.Errorf("%d, want %d: %s", exit, c.exit, out)
			}
			want := "3 of 3"
			if c.pin == "4321" {
				want = "2 of 3"
			}
			if _, out := w.run("pin status --card demo", ""); !strings.Contains(out, want) {
				t.Errorf("want %s left: %s", want, out)
			}
		})
	}
}

// failingKey fails with err when the client has been told to stop meanwhile.
type failingKey struct {
	crypto.PublicKey
	stop func()
	err  error
}

func (k failingKey) Public() crypto.PublicKey { return k.PublicKey }
func (k failingKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	k.stop()
	return nil, k.err
}

// TestTLSKeyFails: the program reports the card's error, not the failed
// handshake that follows from it. That also holds if the program was told to
// stop.
func TestTLSKeyFails(t *testing.T) {
	w := newWorld(t, "en")
	s := newSite(t, w, nil)
	if exit, out := w.run("cert export auth --card demo -o auth.pem", ""); exit != 0 {
		t.Fatal(out)
	}
	leaf, err := input.Certificates(t.Context(), w.path("auth.pem"))
	if err != nil {
		t.Fatal(err)
	}
	server, err := tlsclient.New(s.URL, s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, s.TLS.Time)
	if err != nil {
		t.Fatal(err)
	}
	for failure, exit := range map[error]int{
		&jpki.PINError{Key: jpki.KeyAuth, Left: 2}: 10, &jpki.NotClosedError{Err: io.EOF}: 1,
		pcsc.ErrCardRemoved: 4, pcsc.ErrInUse: 11, explain.Interrupted(): 130,
	} {
		for _, stopped := range []bool{false, true} {
			ctx, cancel := context.WithCancel(t.Context())
			key := failingKey{leaf[0].PublicKey, func() {}, failure}
			if stopped {
				key.stop = cancel
			}
			_, err := server.Get(ctx, &tls.Certificate{
				Certificate: [][]byte{leaf[0].Raw}, PrivateKey: key, SupportedSignatureAlgorithms: []tls.SignatureScheme{tls.PKCS1WithSHA256},
			})
			cancel()
			if !errors.Is(err, failure) || explain.Error(err).Exit() != exit {
				t.Errorf("%v, stopped %t: %v", failure, stopped, err)
			}
		}
	}
}

// TestTLSInterrupted shows that Ctrl-C during a slow answer is not reported as
// a failure of the server.
func TestTLSInterrupted(t *testing.T) {
	w := newWorld(t, "en")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		if conn, err := l.Accept(); err == nil {
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 1))
			cancel(explain.Interrupted())
			_, _ = io.Copy(io.Discard, conn)
		}
	}()
	w.traced = ctx
	if exit, out := w.run("tls https://"+l.Addr().String()+" --card demo --yes --pin-stdin", virtualcard.AuthPIN); exit != 130 || !strings.Contains(out, "Interrupted") {
		t.Errorf("%d: %s", exit, out)
	}
}

// TestTLSLeavesNoPIN looks into all that a run writes, its trace above all.
func TestTLSLeavesNoPIN(t *testing.T) {
	w := newWorld(t, "ja")
	s := newSite(t, w, nil)
	for i, pin := range []string{virtualcard.AuthPIN, "7391"} {
		w.run(fmt.Sprintf("tls %s --card demo --ca ca.pem --yes --pin-stdin --trace trace-%d", s.URL, i), pin)
	}
	shown := 0
	for name, content := range w.everything() {
		shown += bytes.Count(content, []byte("> 00 20 00 80 [PIN]\n"))
		if strings.HasPrefix(name, "trace") || name == "the output" {
			for form, word := range forms("7391") {
				if containsWord(content, word) {
					t.Errorf("%s holds the PIN as %s", name, form)
				}
			}
		}
	}
	if shown != 2 {
		t.Errorf("%d PINs were sent", shown)
	}
}
