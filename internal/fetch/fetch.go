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
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Limits of one exchange.
const (
	Timeout = 10 * time.Second // unless the request has another one
	MaxSize = 1 << 20          // bytes of an answer
)

const maxRedirects = 5

// Reasons why nothing was fetched.
var (
	ErrAddress   = errors.New("the address is not one of http or https")
	ErrPrivate   = errors.New("the address leads into this machine's own network")
	ErrRedirect  = errors.New("it redirects to another host, or too often")
	ErrTooLarge  = errors.New("the answer is too large")
	ErrNoAnswer  = errors.New("no answer")
	ErrStatus    = errors.New("the server refuses")
	ErrMediaType = errors.New("the answer is of another kind than asked for")
)

// Error says what was not fetched, and why.
type Error struct {
	Address string
	Reason  error // one of the reasons above
	Err     error // what the system or the server said
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("fetch: %s: %v", e.Address, e.Reason)
	}
	return fmt.Sprintf("fetch: %s: %v: %v", e.Address, e.Reason, e.Err)
}

// Unwrap gives the reason and what the system said.
func (e *Error) Unwrap() []error { return []error{e.Reason, e.Err} }

// Request is one exchange.
type Request struct {
	Address string
	Body    []byte // nil for GET
	Type    string // media type of Body
	Accept  string // media type that the answer must have; "" takes any
	// Public refuses loopback, private and link-local addresses, after names
	// are resolved: for addresses that others have chosen.
	Public bool
	// Timeout is how long all of it may take; 0 is the usual Timeout.
	Timeout time.Duration
}

// Do makes the exchange. Besides the cause of ctx the error is an *[Error].
func Do(ctx context.Context, r Request) ([]byte, error) {
	fail := func(reason, err error) ([]byte, error) { return nil, &Error{r.Address, reason, err} }
	u, err := url.Parse(r.Address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fail(ErrAddress, err)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, Timeout))
	defer cancel()
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		method, body = http.MethodPost, bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.Address, body)
	if err != nil {
		return fail(ErrAddress, err)
	}
	if r.Type != "" {
		req.Header.Set("Content-Type", r.Type)
	}
	if r.Accept != "" {
		req.Header.Set("Accept", r.Accept)
	}
	client := r.client(u)
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		for _, reason := range []error{ErrRedirect, ErrPrivate} {
			if errors.Is(err, reason) {
				return fail(reason, nil)
			}
		}
		return fail(ErrNoAnswer, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
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

// client is made for one exchange: nothing is kept between two, and the
// environment's proxy is used only where the person chose the address.
func (r Request) client(u *url.URL) *http.Client {
	dialer := &net.Dialer{}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // an answer must not grow
	}
	if r.Public {
		transport.Proxy = nil
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return checkPublic(address) }
	}
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if next.URL.Host != u.Host || next.URL.Scheme != u.Scheme || len(via) > maxRedirects {
				return ErrRedirect
			}
			return nil
		},
	}
}

// checkPublic refuses an address that only this machine or its network knows.
func checkPublic(address string) error {
	where, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrPrivate
	}
	if ip := where.Addr().Unmap(); !ip.IsGlobalUnicast() || ip.IsPrivate() || sharedSpace.Contains(ip) {
		return ErrPrivate
	}
	return nil
}

// sharedSpace is used between a provider and its customers (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
