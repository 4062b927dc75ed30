package tlsclient

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// holder has a certificate of a CA or, where ca is nil, is a CA itself.
func holder(t *testing.T, name string, ca *x509.Certificate, key crypto.Signer, by crypto.Signer) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if ca == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		template.ExtKeyUsage, ca, by = nil, template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), by)
	testkit.Must(t, err)
	leaf, err := x509.ParseCertificate(der)
	testkit.Must(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// countedKey counts its signatures, and fails with err.
type countedKey struct {
	crypto.Signer
	used *int
	err  error
}

func (k countedKey) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if *k.used++; k.err != nil {
		return nil, k.err
	}
	return k.Signer.Sign(r, digest, opts)
}

type world struct {
	*httptest.Server
	roots *x509.CertPool
	own   *tls.Certificate // one that the server takes
	used  int
}

func newWorld(t *testing.T, answer http.HandlerFunc, change func(*tls.Config)) *world {
	t.Helper()
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	testkit.Must(t, err)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	testkit.Must(t, err)
	ca := holder(t, "CA of clients", nil, caKey, nil)
	w := &world{Server: httptest.NewUnstartedServer(answer), roots: x509.NewCertPool()}
	w.own = holder(t, "client", ca.Leaf, key, caKey)
	w.own.PrivateKey = countedKey{key, &w.used, nil}
	clients := x509.NewCertPool()
	clients.AddCert(ca.Leaf)
	w.Server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	if change != nil {
		change(w.Server.TLS)
	}
	w.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.StartTLS()
	t.Cleanup(w.Close)
	w.roots.AddCert(w.Certificate())
	return w
}

func (w *world) client(t *testing.T) *Server {
	t.Helper()
	s, err := New(w.URL+"/page", w.roots, time.Now)
	testkit.Must(t, err)
	return s
}

func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "hello "+r.TLS.PeerCertificates[0].Subject.CommonName)
}

func TestGet(t *testing.T) {
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.3": nil,
		"TLS 1.2": func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 },
	} {
		w := newWorld(t, hello, change)
		s := w.client(t)
		asked, err := s.Ask(t.Context())
		testkit.Must(t, err)
		testkit.Must(t, s.Accepts(asked, w.own))
		if w.used != 0 {
			t.Errorf("%s: asking used the key", name)
		}
		page, err := s.Get(t.Context(), w.own)
		if err != nil || page.Status != 200 || string(page.Body) != "hello client" || page.Type != "text/plain" || w.used != 1 {
			t.Errorf("%s: %+v, %v, key used %d times", name, page, err, w.used)
		}
	}
}

// TestNoPage has a reason for each way not to get a page, and never uses the
// key where it can be known before.
func TestNoPage(t *testing.T) {
	strangerKey, err := rsa.GenerateKey(rand.Reader, 2048)
	testkit.Must(t, err)
	failed := errors.New("the card is gone")
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		config func(*tls.Config)
		client func(*testing.T, *world, *Server) *tls.Certificate
		want   error
		used   int
	}{
		"not asked": {hello, func(c *tls.Config) { c.ClientAuth = tls.NoClientCert }, nil, ErrNotAsked, 0},
		"other issuers": {hello, nil, func(t *testing.T, w *world, _ *Server) *tls.Certificate {
			return holder(t, "another CA", nil, strangerKey, nil)
		}, ErrOtherIssuers, 0},
		"untrusted": {hello, nil, func(_ *testing.T, w *world, s *Server) *tls.Certificate { s.roots = x509.NewCertPool(); return w.own }, ErrUntrusted, 0},
		"rejected": {hello, func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errors.New("no") }
		}, nil, ErrRejected, 1},
		"rejected in TLS 1.2": {hello, func(c *tls.Config) {
			c.MaxVersion = tls.VersionTLS12
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errors.New("no") }
		}, nil, ErrRejected, 1},
		"the key fails": {hello, nil, func(_ *testing.T, w *world, _ *Server) *tls.Certificate {
			w.own.PrivateKey = countedKey{w.own.PrivateKey.(countedKey).Signer, &w.used, failed}
			return w.own
		}, failed, 1},
		"only TLS 1.3": {hello, func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, func(_ *testing.T, w *world, s *Server) *tls.Certificate {
			s.Max = tls.VersionTLS12
			return w.own
		}, ErrHandshake, 0},
		"too large": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, io.LimitReader(zeros{}, MaxSize+1)) }, nil, nil, ErrTooLarge, 1},
		"hangs up":  {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, nil, nil, ErrAnswer, 1},
	} {
		w := newWorld(t, test.answer, test.config)
		s, own := w.client(t), w.own
		if test.client != nil {
			own = test.client(t, w, s)
		}
		page, err := s.Get(t.Context(), own)
		if !errors.Is(err, test.want) || page != nil || w.used != test.used {
			t.Errorf("%s: %v, key used %d times", name, err, w.used)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAskOnlyTLS13(t *testing.T) {
	w := newWorld(t, hello, func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 })
	s := w.client(t)
	s.Max = tls.VersionTLS12
	if _, err := s.Ask(t.Context()); !errors.Is(err, ErrOnlyTLS13) {
		t.Errorf("%v", err)
	}
}

// TestRedirect: the certificate is for the server that was named.
func TestRedirect(t *testing.T) {
	visits := 0
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		visits++
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
	}, nil)
	page, err := w.client(t).Get(t.Context(), w.own)
	if err != nil || page.Status != 302 || page.Location != "https://elsewhere.example/" || visits != 1 {
		t.Errorf("%+v, %v, %d visits", page, err, visits)
	}
}

func TestAddress(t *testing.T) {
	for address, want := range map[string]bool{
		"https://example.jp/": true, "https://example.jp:8443": true,
		"http://example.jp/": false, "example.jp": false, "https://": false, "https://user:pw@example.jp/": false, "https://[": false, "": false,
	} {
		s, err := New(address, nil, time.Now)
		if (err == nil) != want || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
		if want && (s.Address() != address || !strings.HasPrefix(s.Host(), "example.jp")) {
			t.Errorf("%q: %s at %s", address, s.Address(), s.Host())
		}
	}
	s, err := New("https://127.0.0.1:1/", nil, time.Now)
	testkit.Must(t, err)
	if _, err := s.Ask(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v", err)
	}
}
