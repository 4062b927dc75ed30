package stamping

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

const secret = "hunter2-Pässword"

func write(t *testing.T, name string, data []byte, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOptions: what does not go together is said before anything is read, and a
// password in the address is not repeated.
func TestOptions(t *testing.T) {
	for what, o := range map[string]Options{
		"a CA alone":        {CA: "ca.pem"},
		"a user alone":      {User: "u"},
		"in the address":    {TSA: "https://user:" + secret + "@tsa.example/"},
		"user in it":        {TSA: "https://" + secret + "@tsa.example/"},
		"over http":         {TSA: "http://tsa.example/", User: "u", PasswordFile: "p"},
		"no address":        {TSA: "tsa.example"},
		"no password":       {TSA: "https://tsa.example/", User: "u"},
		"no user":           {TSA: "https://tsa.example/", PasswordFile: "p"},
		"two passwords":     {TSA: "https://tsa.example/", User: "u", PasswordFile: "p", PasswordCommand: "c"},
		"a key alone":       {TSA: "https://tsa.example/", Key: "k"},
		"a key, and no TSA": {Key: "k", Certificate: "c"},
	} {
		s, err := New(t.Context(), o, &ui.IO{}, time.Now)
		p, ok := problem.As(err)
		if s != nil || !ok || p.Code != problem.Usage || strings.Contains(p.What.JA+p.What.EN+p.Next.JA+p.Next.EN+err.Error(), secret) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s, err := New(t.Context(), Options{}, &ui.IO{}, time.Now); s != nil || err != nil {
		t.Errorf("nothing wanted: %v, %v", s, err)
	}
}

// TestPasswords come from a private file or from a command, and nowhere else.
func TestPasswords(t *testing.T) {
	o := Options{TSA: "https://tsa.example/", User: "customer"}
	good := []Options{o, o}
	good[0].PasswordFile = write(t, "password", []byte(secret+"\r\nsecond line\n"), 0o600)
	good[1].PasswordCommand = "printf " + secret
	if runtime.GOOS == "windows" {
		good = good[:1] // no printf
	}
	for _, o := range good {
		s, err := New(t.Context(), o, &ui.IO{}, time.Now)
		if err != nil || s.account.Password != secret || s.account.User != "customer" {
			t.Errorf("%+v: %v", o, err)
		}
	}
	bad := []Options{o, o, o, o}
	bad[0].PasswordFile = write(t, "password", []byte(secret), 0o644)
	bad[1].PasswordFile = write(t, "password", []byte("\n"), 0o600)
	bad[2].PasswordFile = filepath.Join(t.TempDir(), "missing")
	bad[3].PasswordCommand = "false"
	if runtime.GOOS == "windows" {
		bad = bad[1:] // modes open nothing there
	}
	for _, o := range bad {
		_, err := New(t.Context(), o, &ui.IO{}, time.Now)
		if p, ok := problem.As(err); !ok || p.Code != problem.Input || strings.Contains(p.What.EN+p.Next.EN, secret) || strings.Contains(p.What.EN, "PIN") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestAccount has an authority over https that asks for a name, a password and a
// certificate. What it says of a wrong one holds no password.
func TestAccount(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no variable names the roots there")
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "customer" || password != secret || len(r.TLS.PeerCertificates) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write([]byte("no timestamp"))
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	defer s.Close()
	own := s.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	// The system's roots cannot be changed here otherwise.
	t.Setenv("SSL_CERT_FILE", write(t, "roots.pem", public, 0o600))
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	for what, test := range map[string]struct {
		password          string
		certificate, file []byte // of the key, where that is another
		want              error
	}{
		"all right":      {secret, append(bytes.Clone(public), private...), nil, nil},
		"two files":      {secret, public, private, nil},
		"wrong password": {secret + "x", append(bytes.Clone(public), private...), nil, fetch.ErrAccount},
		"no certificate": {secret, nil, nil, fetch.ErrAccount},
	} {
		o := Options{TSA: s.URL, User: "customer", PasswordFile: write(t, "password", []byte(test.password), 0o600)}
		if test.certificate != nil {
			o.Certificate = write(t, "client.pem", test.certificate, 0o600)
		}
		if test.file != nil {
			o.Key = write(t, "key.pem", test.file, 0o600)
		}
		stamper, err := New(t.Context(), o, &ui.IO{Quiet: true}, time.Now)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		_, err = stamper.Get(t.Context(), []byte("content"))
		p := explain.Error(err)
		if strings.Contains(err.Error()+p.What.EN+p.What.JA+p.Next.EN, "hunter2") {
			t.Errorf("%s: the password is in %v", what, err)
		}
		if test.want != nil && !errors.Is(err, test.want) || test.want == nil && !strings.Contains(p.What.In(i18n.EN), "cannot be read as a timestamp") {
			t.Errorf("%s: %v", what, err)
		}
	}
	// One that ends the connection, and one that nobody trusts: neither is dead,
	// and neither is asked again.
	strict := httptest.NewUnstartedServer(s.Config.Handler)
	strict.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	strict.Config.ErrorLog = log.New(io.Discard, "", 0)
	strict.StartTLS()
	defer strict.Close()
	stranger := httptest.NewUnstartedServer(s.Config.Handler)
	stranger.TLS = &tls.Config{Certificates: []tls.Certificate{otherCertificate(t)}}
	stranger.Config.ErrorLog = strict.Config.ErrorLog
	stranger.StartTLS()
	defer stranger.Close()
	for address, test := range map[string]struct {
		want error
		next string
	}{strict.URL: {fetch.ErrRejected, "--tsa-cert"}, stranger.URL: {fetch.ErrUntrusted, "trust its CA"}, s.URL: {fetch.ErrAccount, "--tsa-user"}} {
		var notes bytes.Buffer
		stamper, err := New(t.Context(), Options{TSA: address}, &ui.IO{Err: &notes}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		_, err = stamper.Get(t.Context(), []byte("content"))
		if p := explain.Error(err); !errors.Is(err, test.want) || !strings.Contains(p.Next.EN, test.next) || notes.Len() > 0 {
			t.Errorf("%v: %v, next %q, %s", test.want, err, p.Next.EN, &notes)
		}
	}
	o := Options{TSA: s.URL, Certificate: write(t, "client.pem", public, 0o600)}
	if _, err := New(t.Context(), o, &ui.IO{}, time.Now); err == nil {
		t.Error("a certificate without its key")
	}
}

// otherCertificate is one that no system trusts.
func otherCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, &x509.Certificate{}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
