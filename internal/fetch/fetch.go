// Package fetch gets small things over http and https: timestamps, revocation
// lists, answers of responders. It goes only to the address it is given, takes
// only so much and only so long, follows no redirect to another host, and
// where the address comes from a certificate and not from the person, it
// reaches no machine of the person's own network.
package fetch

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// Limits of one exchange.
const (
	timeout = 10 * time.Second // unless the request has another one
	MaxSize = 1 << 20          // bytes of an answer
)

const maxRedirects = 5

// Reasons why nothing was fetched.
var (
	ErrAddress   = errors.New("the address is not one of http or https")
	ErrPassword  = errors.New("there is a password in the address")
	ErrClear     = errors.New("a password or a client certificate goes to https alone")
	ErrPrivate   = errors.New("the address leads into this machine's own network")
	ErrRedirect  = errors.New("it redirects to another host, or too often")
	ErrTooLarge  = errors.New("the answer is too large")
	ErrNoAnswer  = errors.New("no answer")
	ErrUntrusted = errors.New("the server's certificate is not trusted")
	ErrRejected  = errors.New("the server ends the TLS connection: it may want another client certificate")
	ErrAccount   = errors.New("the server asks for an account, or refuses this one")
	ErrStatus    = errors.New("the server refuses")
	ErrMediaType = errors.New("the answer is of another kind than asked for")
)

// Error is a failed download with its reason.
type Error struct {
	Address string // without a password
	Reason  error  // one of the reasons above
	Err     error  // error of the system or the server
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("fetch: %s: %v", e.Address, e.Reason)
	}
	return fmt.Sprintf("fetch: %s: %v: %v", e.Address, e.Reason, e.Err)
}

// Unwrap returns the reason and the error of the system.
func (e *Error) Unwrap() []error { return []error{e.Reason, e.Err} }

// Request is one exchange.
type Request struct {
	Address string
	Body    []byte // nil for GET
	Type    string // media type of Body
	Accept  string // media type that the answer must have; "" takes any
	// Public refuses every address that is not globally reachable, after names
	// are resolved: for addresses that others have chosen.
	Public bool
	// Timeout is how long all of it may take; 0 is the usual one.
	Timeout time.Duration
	// Account is shown to the server; nil for none.
	Account *Account
}

// Account is how a server knows its customer. It is shown over https alone, or
// to this very machine, and written into no error.
type Account struct {
	User, Password string           // HTTP Basic (RFC 7617); "" for none
	Certificate    *tls.Certificate // TLS client authentication; nil for none
}

// Shown is an address as it may be written down: without user and password, and
// without a query, which can be a password as well.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable address)" // any part of it can be a password
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if u.RawQuery != "" {
		u.RawQuery = "..."
	}
	return u.String()
}

// Check checks the address before anything is sent. It returns ErrAddress,
// ErrPassword, ErrClear or nil.
func (r Request) Check() error {
	_, reason := r.check()
	return reason
}

func (r Request) check() (u *url.URL, reason error) {
	u, err := url.Parse(r.Address)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, ErrAddress
	case u.User != nil:
		return nil, ErrPassword
	case r.Account != nil && u.Scheme != "https" && !isLoopback(u.Hostname()):
		return nil, ErrClear
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Do makes the exchange. Besides the cause of ctx the error is an *[Error].
func Do(ctx context.Context, r Request) ([]byte, error) {
	u, reason := r.check()
	if reason != nil {
		return nil, &Error{Address: Shown(r.Address), Reason: reason}
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, timeout))
	defer cancel()
	client := r.client()
	defer client.CloseIdleConnections()
	resp, err := r.exchange(ctx, client, u)
	fail := func(reason, err error) ([]byte, error) { return nil, &Error{Shown(r.Address), reason, err} }
	if err != nil {
		for _, reason := range []error{ErrRedirect, ErrPrivate} {
			if errors.Is(err, reason) {
				return fail(reason, detail(err))
			}
		}
		if quoting, ok := errors.AsType[*url.Error](err); ok {
			err = quoting.Err // without the address
		}
		return fail(noAnswer(err), err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return fail(ErrAccount, errors.New(resp.Status))
	default:
		return fail(ErrStatus, errors.New(resp.Status))
	}
	if got := resp.Header.Get("Content-Type"); r.Accept != "" {
		if kind, _, err := mime.ParseMediaType(got); err != nil || kind != r.Accept {
			return fail(ErrMediaType, errors.New(got))
		}
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, MaxSize+1))
	switch {
	case err != nil:
		return fail(ErrNoAnswer, err)
	case len(data) > MaxSize:
		return fail(ErrTooLarge, nil)
	}
	return data, nil
}

// noAnswer is the reason why a server gave none.
func noAnswer(err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return ErrUntrusted
	}
	// crypto/tls has no other mark for an alert that came.
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" {
		return ErrRejected
	}
	return ErrNoAnswer
}

// detail is the part of an error beside its reason.
func detail(err error) error {
	if to, ok := errors.AsType[*redirectError](err); ok {
		return errors.New(to.where)
	}
	return nil
}

// redirectError is a redirection that is not followed.
type redirectError struct{ where string }

func (e *redirectError) Error() string { return e.where }

func (e *redirectError) Unwrap() error { return ErrRedirect }

// exchange sends the request, and sends it again, whole, to where the same host
// redirects it: net/http would make a GET of a redirected POST.
func (r Request) exchange(ctx context.Context, client *http.Client, u *url.URL) (*http.Response, error) {
	for range maxRedirects + 1 {
		req, err := r.request(ctx, u)
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		location := resp.Header.Get("Location")
		if resp.StatusCode < 300 || resp.StatusCode >= 400 || location == "" {
			return resp, nil
		}
		resp.Body.Close()
		next, err := u.Parse(location)
		if err != nil || !sameHost(u, next) || next.User != nil {
			return nil, &redirectError{Shown(location)}
		}
		u = next
	}
	return nil, &redirectError{Shown(u.String())}
}

// sameHost allows another path, and the step up from http to https.
func sameHost(from, to *url.URL) bool {
	if from.Scheme == to.Scheme {
		return from.Host == to.Host
	}
	return from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname() &&
		cmp.Or(from.Port(), "80") == "80" && cmp.Or(to.Port(), "443") == "443"
}

func (r Request) request(ctx context.Context, u *url.URL) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		method, body = http.MethodPost, bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if r.Type != "" {
		req.Header.Set("Content-Type", r.Type)
	}
	if r.Accept != "" {
		req.Header.Set("Accept", r.Accept)
	}
	if a := r.Account; a != nil && a.User != "" {
		req.SetBasicAuth(a.User, a.Password)
	}
	return req, nil
}

// client is made for one exchange: nothing is kept between two, and the
// environment's proxy is used only where the person chose the address.
func (r Request) client() *http.Client {
	dialer := &net.Dialer{}
	transport := &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // an answer must not grow
	}
	if r.Account != nil && r.Account.Certificate != nil {
		transport.TLSClientConfig = &tls.Config{Certificates: []tls.Certificate{*r.Account.Certificate}}
	}
	if r.Public {
		transport.Proxy = nil
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return checkPublic(address) }
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func proxy(req *http.Request) (*url.URL, error) {
	return unquoted(http.ProxyFromEnvironment(req))
}

// unquoted drops net/http's error about an unreadable proxy address, because it
// quotes the address with the password in it.
func unquoted(u *url.URL, err error) (*url.URL, error) {
	if err != nil {
		return nil, errors.New("the proxy that the environment names cannot be used")
	}
	return u, nil
}

// checkPublic refuses an address that only this machine or its network knows.
func checkPublic(address string) error {
	where, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrPrivate
	}
	ip := where.Addr().Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return ErrPrivate
	}
	return nil
}

// special are the networks of the IANA registries of special-purpose addresses
// that are not globally reachable, or that carry another address inside, which
// can be any.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network (RFC 791)
	netip.MustParsePrefix("100.64.0.0/10"),   // between a provider and its customers (RFC 6598)
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF protocol assignments (RFC 6890)
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation (RFC 5737)
	netip.MustParsePrefix("192.88.99.0/24"),  // relays of 6to4 (RFC 7526)
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks (RFC 2544)
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved (RFC 1112), and the broadcast
	netip.MustParsePrefix("::/64"),           // IPv4 inside, of old (RFC 4291, 2.5.5.1; RFC 2765)
	netip.MustParsePrefix("64:ff9b::/96"),    // IPv4 inside: NAT64 (RFC 6052)
	netip.MustParsePrefix("64:ff9b:1::/48"),  // the same, local (RFC 8215)
	netip.MustParsePrefix("100::/64"),        // discarded (RFC 6666)
	netip.MustParsePrefix("100:0:0:1::/64"),  // (RFC 9780)
	netip.MustParsePrefix("2001::/23"),       // IETF protocol assignments, Teredo among them (RFC 2928)
	netip.MustParsePrefix("2001:db8::/32"),   // documentation (RFC 3849)
	netip.MustParsePrefix("2002::/16"),       // IPv4 inside: 6to4 (RFC 3056)
	netip.MustParsePrefix("3fff::/20"),       // documentation (RFC 9637)
	netip.MustParsePrefix("5f00::/16"),       // segment routing (RFC 9602)
	netip.MustParsePrefix("fec0::/10"),       // site-local (RFC 3879)
}
