package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func server(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestDo(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "Application/X-Answer; charset=utf-8")
		_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Content-Type")+" "+string(body))
	})
	got, err := Do(t.Context(), Request{Address: url, Body: []byte("question"), Type: "application/x-question", Accept: "application/x-answer"})
	if err != nil || string(got) != "POST application/x-question question" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err = Do(t.Context(), Request{Address: url}); err != nil || string(got) != "GET  " {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestDoRefuses(t *testing.T) {
	other := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "other host") })
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, strings.Replace(other, "127.0.0.1", "localhost", 1), http.StatusFound)
		case "/forever":
			http.Redirect(w, r, "/forever", http.StatusFound)
		case "/missing":
			http.NotFound(w, r)
		case "/large":
			_, _ = w.Write(make([]byte, MaxSize+1))
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
		}
	})
	for path, want := range map[string]error{
		"/elsewhere": ErrRedirect, "/forever": ErrRedirect, "/missing": ErrStatus, "/large": ErrTooLarge, "/cut": ErrNoAnswer,
	} {
		if got, err := Do(t.Context(), Request{Address: url + path}); !errors.Is(err, want) || got != nil {
			t.Errorf("%s: %q, %v, want %v", path, got, err, want)
		}
	}
	if _, err := Do(t.Context(), Request{Address: url, Accept: "application/timestamp-reply"}); !errors.Is(err, ErrMediaType) {
		t.Errorf("media type: %v", err)
	}
	for _, address := range []string{"", "ftp://example.com/", "file:///etc/passwd", "http://", "::"} {
		if _, err := Do(t.Context(), Request{Address: address}); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := Do(t.Context(), Request{Address: url, Public: true}); !errors.Is(err, ErrPrivate) {
		t.Errorf("a loopback address was reached: %v", err)
	}
}

func TestDoEndsWithItsContext(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	url := server(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Do(ctx, Request{Address: url}); !errors.Is(err, ErrNoAnswer) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// TestTimeout has servers that say nothing, or a byte from time to time.
func TestTimeout(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"silent": func(http.ResponseWriter) {},
		"slow": func(w http.ResponseWriter) {
			_, _ = w.Write([]byte{0})
			_ = http.NewResponseController(w).Flush()
		},
	} {
		url := server(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				answer(w)
				time.Sleep(5 * time.Millisecond)
			}
		})
		start := time.Now()
		if _, err := Do(t.Context(), Request{Address: url, Timeout: 60 * time.Millisecond}); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestCheckPublic(t *testing.T) {
	for address, public := range map[string]bool{
		"8.8.8.8:80": true, "[2001:4860:4860::8888]:443": true,
		"127.0.0.1:80": false, "10.1.2.3:80": false, "172.16.0.1:80": false, "192.168.1.1:80": false, "169.254.1.1:80": false,
		"100.63.255.255:80": true, "198.20.0.1:80": true, "192.0.1.1:80": true, "[2606:4700::1111]:80": true, "[2002::]:80": false, "[2400:cb00::1]:80": true,
		"198.18.0.1:80": false, "198.19.255.255:80": false, "192.0.0.170:80": false, "240.0.0.1:80": false, "192.0.2.1:80": false, "192.88.99.1:80": false,
		"[64:ff9b::7f00:1]:80": false, "[64:ff9b::a00:1]:80": false, "[64:ff9b:1::1]:80": false, "[2002:7f00:1::]:80": false, "[2001::1]:80": false,
		"[::7f00:1]:80": false, "[::ffff:0:7f00:1]:80": false, "[::ffff:198.18.0.1]:80": false, "[2001:db8::1]:80": false, "[fec0::1]:80": false, "[2001:0:4136:e378::1]:80": false,
		"100.64.0.1:80": false, "0.0.0.0:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false,
		"[::1]:80": false, "[fe80::1%eth0]:80": false, "[fc00::1]:80": false, "[::ffff:127.0.0.1]:80": false, "[::]:80": false, "name:80": false,
	} {
		if got := checkPublic(address) == nil; got != public {
			t.Errorf("%s: public %v, want %v", address, got, public)
		}
	}
}
