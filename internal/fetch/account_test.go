package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAccount has a server that asks for a name and a password.
func TestAccount(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "customer" || password != "s3cret:ü" {
			w.Header().Set("WWW-Authenticate", `Basic realm="timestamps"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/" { // within the host, the request goes along
			http.Redirect(w, r, "/further", http.StatusFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+string(body))
	})
	good := &Account{User: "customer", Password: "s3cret:ü"}
	if got, err := Do(t.Context(), Request{Address: url, Body: []byte("query"), Account: good}); err != nil || string(got) != "POST query" {
		t.Errorf("got %q, %v", got, err)
	}
	for name, account := range map[string]*Account{"none": nil, "wrong": {User: "customer", Password: "s3cret"}} {
		_, err := Do(t.Context(), Request{Address: url, Account: account})
		if !errors.Is(err, ErrAccount) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestClientCertificate has a server that asks for a certificate, too.
func TestClientCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, len(r.TLS.PeerCertificates))
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	own := s.TLS.Certificates[0]
	for _, account := range []*Account{nil, {Certificate: &own}} {
		r := Request{Address: s.URL, Account: account}
		client := r.client()
		transport := client.Transport.(*http.Transport)
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = &tls.Config{}
		}
		transport.TLSClientConfig.RootCAs = roots // the system's cannot be changed in a test
		u, _ := r.check()
		resp, err := r.exchange(t.Context(), client, u)
		if (err == nil) != (account != nil) {
			t.Errorf("%v: %v", account, err)
		}
		if err == nil {
			if body, _ := io.ReadAll(resp.Body); string(body) != "1" {
				t.Errorf("the server saw %s certificates", body)
			}
			resp.Body.Close()
		}
		client.CloseIdleConnections()
	}
}

// TestNoPasswordShown: whatever is wrong, no password is in what is said of it.
func TestNoPasswordShown(t *testing.T) {
	secret := "hunter2"
	for address, want := range map[string]error{
		"https://user:hunter2@example.com/tsa":    ErrPassword,
		"https://hunter2@example.com/tsa":         ErrPassword,
		"https://user:hunter2%zz@example.com/tsa": ErrAddress,
		"ftp://user:hunter2@example.com/tsa":      ErrAddress,
		"https://user:hunter2@/":                  ErrAddress,
		"http://192.0.2.1/tsa":                    ErrClear,
		"https://127.0.0.1:1/tsa?key=hunter2":     ErrNoAnswer,
		"https://127.0.0.1:1/tsa#hunter2":         ErrNoAnswer,
	} {
		_, err := Do(t.Context(), Request{Address: address, Account: &Account{User: "user", Password: secret}})
		if !errors.Is(err, want) || strings.Contains(err.Error(), secret) || strings.Contains(fmt.Sprintf("%+v %#v", err, err), secret) {
			t.Errorf("%s: %v", address, err)
		}
	}
	// A server that sends the customer on to itself, with its password.
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://user:hunter2@"+r.Host+"/x?key=hunter2")
		w.WriteHeader(http.StatusFound)
	})
	if _, err := Do(t.Context(), Request{Address: url}); !errors.Is(err, ErrRedirect) || strings.Contains(err.Error(), secret) {
		t.Errorf("redirected: %v", err)
	}
}

// TestRedirectIsNamed: one reads where a redirection that is not followed leads.
func TestRedirectIsNamed(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/tsa", http.StatusMovedPermanently)
	})
	if _, err := Do(t.Context(), Request{Address: url}); !errors.Is(err, ErrRedirect) || !strings.Contains(err.Error(), "https://elsewhere.example/tsa") {
		t.Errorf("%v", err)
	}
}

func TestSameHost(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"https://a.example/", "https://a.example/x"}:     true,
		{"http://a.example/", "https://a.example/"}:       true,
		{"http://a.example:80/", "https://a.example:443"}: true,
		{"https://a.example/", "http://a.example/"}:       false,
		{"https://a.example/", "https://a.example:444/"}:  false,
		{"http://a.example/", "https://a.example:8443/"}:  false,
		{"http://a.example:8080/", "https://a.example/"}:  false,
		{"https://a.example/", "https://b.example/"}:      false,
		{"https://a.example/", "https://a.example.b/"}:    false,
	} {
		from, _ := Request{Address: pair[0]}.check()
		to, _ := Request{Address: pair[1]}.check()
		if got := sameHost(from, to); got != want {
			t.Errorf("%v: %v", pair, got)
		}
	}
}

// TestProxyPassword: a proxy that cannot be read is not quoted.
func TestProxyPassword(t *testing.T) {
	if _, err := unquoted(nil, errors.New(`invalid proxy address "http://user:hunter2@[proxy"`)); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
