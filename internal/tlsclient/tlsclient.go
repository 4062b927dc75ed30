// Package tlsclient fetches one page from a server that wants a certificate
// from its clients. It first makes a handshake without a certificate to read
// the server's request, so that nobody enters a PIN for a handshake that cannot
// succeed.
//
// The versions of TLS are 1.2 and, for a card that makes RSASSA-PSS signatures,
// 1.3 (RFC 8446, section 4.2.3). Redirects are not followed and proxies not
// used: the certificate is only for the server that the user named.
package tlsclient

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits of the two connections together, and of a page.
const (
	timeout = 20 * time.Second // of each
	MaxSize = 4 << 20          // bytes
)

// Reasons why there is no page.
var (
	ErrAddress      = errors.New("the address is not one of https")
	ErrUnreachable  = errors.New("the server cannot be reached")
	ErrUntrusted    = errors.New("the server's certificate is not believed")
	ErrOnlyTLS13    = errors.New("the server takes TLS 1.3 only")
	ErrHandshake    = errors.New("the handshake failed")
	ErrNotAsked     = errors.New("the server asks for no certificate")
	ErrOtherIssuers = errors.New("the server asks for certificates of other issuers, or for other signatures")
	ErrRejected     = errors.New("the server rejects the certificate")
	ErrAnswer       = errors.New("the answer does not come, or is no HTTP")
	ErrTooLarge     = errors.New("the page is too large")
)

// Error says why there is no page.
type Error struct {
	Address string
	Reason  error // one of the reasons above
	Err     error // error of the system or the server; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("tlsclient: %s: %v", e.Address, e.Reason)
	}
	return fmt.Sprintf("tlsclient: %s: %v: %v", e.Address, e.Reason, e.Err)
}

// Unwrap returns the reason and the error behind it.
func (e *Error) Unwrap() []error { return []error{e.Reason, e.Err} }

// Server is a server to fetch a page from.
type Server struct {
	// Max is the highest version of TLS that is offered. The client's signature
	// in TLS 1.3 is RSASSA-PSS (RFC 8446, 4.2.3): a key that makes none needs
	// tls.VersionTLS12.
	Max uint16

	address string
	url     *url.URL
	roots   *x509.CertPool
	now     func() time.Time
}

// New checks an address. The server's certificate is believed by roots, nil for
// those of the system, at the time that now gives.
func New(address string, roots *x509.CertPool, now func() time.Time) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, &Error{address, ErrAddress, nil}
	}
	return &Server{tls.VersionTLS13, address, u, roots, now}, nil
}

func (s *Server) failed(reason, err error) error { return &Error{s.address, reason, err} }

// Address is the page's.
func (s *Server) Address() string { return s.address }

// Host is the server's name, with its port where that is not 443.
func (s *Server) Host() string { return s.url.Host }

// Request is a server's request for a client certificate, from a handshake.
type Request struct{ info *tls.CertificateRequestInfo }

// Ask makes a handshake in which no certificate is shown.
func (s *Server) Ask(ctx context.Context) (*Request, error) {
	wanted, _, err := s.handshakeWithout(ctx, tls.VersionTLS12, s.Max)
	var said *net.OpError
	switch {
	case wanted != nil: // whatever it thinks of a client without one
		return &Request{wanted}, nil
	case err == nil:
		return nil, s.failed(ErrNotAsked, nil)
	case !errors.Is(err, ErrHandshake) || errors.As(err, &said) && said.Timeout():
		return nil, err
	}
	if s.Max == tls.VersionTLS12 {
		if _, reached, _ := s.handshakeWithout(ctx, tls.VersionTLS13, tls.VersionTLS13); reached {
			return nil, s.failed(ErrOnlyTLS13, err)
		}
	}
	return nil, err
}

// handshakeWithout shows no certificate. reached: the server speaks that
// version.
func (s *Server) handshakeWithout(ctx context.Context, min, max uint16) (wanted *tls.CertificateRequestInfo, reached bool, err error) {
	config := s.config(min, max)
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		wanted = info
		return &tls.Certificate{}, nil
	}
	conn, err := s.dial(ctx, config)
	if err == nil {
		conn.Close()
	}
	return wanted, err == nil || wanted != nil, err
}

func (s *Server) config(min, max uint16) *tls.Config {
	return &tls.Config{ServerName: s.url.Hostname(), RootCAs: s.roots, Time: s.now, MinVersion: min, MaxVersion: max}
}

// signatures restricts the signature algorithms of a connection to those that
// the card should make: PKCS #1 v1.5 if the server accepts it, because every
// card makes it, otherwise RSASSA-PSS.
func (s *Server) signatures(info *tls.CertificateRequestInfo, cert *tls.Certificate) (tls.Certificate, error) {
	own := *cert
	own.SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.PKCS1WithSHA256, tls.PKCS1WithSHA384, tls.PKCS1WithSHA512}
	err := info.SupportsCertificate(&own)
	if err != nil && s.Max >= tls.VersionTLS13 {
		own.SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.PSSWithSHA256}
		err = info.SupportsCertificate(&own)
	}
	if err != nil {
		return tls.Certificate{}, s.failed(ErrOtherIssuers, err)
	}
	return own, nil
}

func (s *Server) dial(ctx context.Context, config *tls.Config) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	port := s.url.Port()
	if port == "" {
		port = "443"
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.url.Hostname(), port))
	if err != nil {
		return nil, s.failed(ErrUnreachable, err)
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		if own := (*Error)(nil); errors.As(err, &own) {
			return nil, own
		}
		var untrusted *tls.CertificateVerificationError
		if errors.As(err, &untrusted) {
			return nil, s.failed(ErrUntrusted, untrusted.Err)
		}
		return nil, s.failed(ErrHandshake, err)
	}
	return conn, nil
}

// Accepts explains why the server, by its request, would not take a
// certificate; nil if it might.
func (s *Server) Accepts(r *Request, cert *tls.Certificate) error {
	_, err := s.signatures(r.info, cert)
	return err
}

// Page is the server's answer.
type Page struct {
	Status   int    // of HTTP
	Type     string // media type, as the server calls it
	Location string // where it redirects to; it is not followed
	Body     []byte
	TLS      tls.ConnectionState
}

// Get makes a handshake with the certificate and fetches the page. It shows the
// certificate only if the server asks for one like it. It returns an error of
// the certificate's key unchanged.
func (s *Server) Get(ctx context.Context, cert *tls.Certificate) (*Page, error) {
	config := s.config(tls.VersionTLS12, s.Max)
	shown := false
	key := &heardKey{Signer: cert.PrivateKey.(crypto.Signer)}
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		own, err := s.signatures(info, cert)
		if err != nil {
			return nil, err
		}
		own.PrivateKey = key
		shown = true
		return &own, nil
	}
	conn, err := s.dial(ctx, config)
	if err != nil {
		if key.err != nil {
			return nil, key.err
		}
		var said *net.OpError
		if shown && errors.Is(err, ErrHandshake) && errors.As(err, &said) && said.Op == "remote error" {
			return nil, s.failed(ErrRejected, said.Err)
		}
		return nil, err
	}
	defer conn.Close()
	if !shown {
		return nil, s.failed(ErrNotAsked, nil)
	}
	return s.fetch(ctx, conn)
}

// heardKey records the error of its key. If the context ends during a
// handshake, the handshake's own error mentions only that.
type heardKey struct {
	crypto.Signer
	err error
}

func (k *heardKey) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) (sig []byte, err error) {
	sig, k.err = k.Signer.Sign(r, digest, opts)
	return sig, k.err
}

func (s *Server) fetch(ctx context.Context, conn *tls.Conn) (*Page, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	used := false
	transport := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, // a page must not grow
		MaxResponseHeaderBytes: 64 << 10,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			if used {
				return nil, net.ErrClosed
			}
			used = true
			return conn, nil
		},
	}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address, nil)
	if err != nil {
		return nil, s.failed(ErrAddress, err)
	}
	answer, err := client.Do(request)
	if err != nil {
		// In TLS 1.3 the server judges the certificate after the handshake.
		var said *net.OpError
		if errors.As(err, &said) && said.Op == "remote error" {
			return nil, s.failed(ErrRejected, said.Err)
		}
		return nil, s.failed(ErrAnswer, errors.Unwrap(err)) // without the address again
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxSize+1))
	switch {
	case err != nil:
		return nil, s.failed(ErrAnswer, err)
	case len(body) > MaxSize:
		return nil, s.failed(ErrTooLarge, nil)
	}
	return &Page{answer.StatusCode, answer.Header.Get("Content-Type"), answer.Header.Get("Location"), body, conn.ConnectionState()}, nil
}
