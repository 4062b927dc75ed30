package sshagent

import (
	"errors"
	"net"
	"os"
	"path"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Destination is where the key may be used, as ssh-add -h has it: to log in to
// a host from here, or from a host that the agent was forwarded to.
type Destination struct {
	from *hop // nil: this machine
	to   hop
}

// hop is a host of the known_hosts files.
type hop struct {
	user  string // pattern of names to log in by; "" for every name
	host  string // as written
	check func(host ssh.PublicKey) bool
}

// Errors of a destination that is not well formed, or not known.
var (
	ErrSyntax      = errors.New("sshagent: a destination is [[HOST>]USER@]HOST")
	ErrUnknownHost = errors.New("sshagent: no key of this host is known")
)

// ParseDestination reads [USER@]HOST or HOST>[USER@]HOST, in the syntax of
// ssh-add -h. It identifies a host by its keys in files, which have the format
// of known_hosts. A host with another port than 22 is written [HOST]:PORT. The
// error is [ErrSyntax], [ErrUnknownHost], or an error of a file.
func ParseDestination(s string, files []string) (Destination, error) {
	var d Destination
	known, err := knownhosts.New(files...)
	if err != nil {
		return d, err
	}
	from, to, through := strings.Cut(s, ">")
	if !through {
		from, to = "", s
	}
	if through {
		h, err := parseHop(from, known)
		if err != nil {
			return d, err
		}
		if h.user != "" {
			return d, ErrSyntax
		}
		d.from = &h
	}
	d.to, err = parseHop(to, known)
	return d, err
}

func parseHop(s string, known ssh.HostKeyCallback) (hop, error) {
	h := hop{host: s}
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		h.user, h.host = s[:at], s[at+1:]
		if h.user == "" || strings.ContainsAny(h.user, `[]\/`) { // not OpenSSH's patterns
			return h, ErrSyntax
		}
	}
	if h.host == "" || strings.ContainsAny(h.host, " \t,*?!>") {
		return h, ErrSyntax
	}
	address := h.host
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), "22")
	}
	h.check = func(host ssh.PublicKey) bool { return known(address, nowhere{}, host) == nil }
	// Only a host without any key is not known.
	var wanted *knownhosts.KeyError
	if err := known(address, nowhere{}, noKey{}); !errors.As(err, &wanted) || len(wanted.Want) == 0 {
		return h, ErrUnknownHost
	}
	return h, nil
}

// nowhere is the address that known_hosts is not asked about.
type nowhere struct{}

func (nowhere) Network() string { return "tcp" }
func (nowhere) String() string  { return "0.0.0.0:0" }

// noKey is a key that no host has.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }

// allows decides on one step: from a host (nil: this machine) to another (nil:
// to any) as a user (nil: as any).
func (d Destination) allows(from, to ssh.PublicKey, user *string) bool {
	if (from == nil) != (d.from == nil) || from != nil && !d.from.check(from) {
		return false
	}
	if to != nil && !d.to.check(to) {
		return false
	}
	if user == nil || d.to.user == "" {
		return true
	}
	ok, err := path.Match(d.to.user, strings.ReplaceAll(*user, "/", "\x00")) // * is for everything
	return ok && err == nil
}

func anyAllows(all []Destination, from, to ssh.PublicKey, user *string) bool {
	for _, d := range all {
		if d.allows(from, to, user) {
			return true
		}
	}
	return false
}

// permitDestination compares the hops of a connection, one after the other,
// with the destinations. A connection without hops is on this machine: it may
// see the key, but not use it.
func (b *bindings) permitDestination(all []Destination, r *Request) error {
	switch {
	case r != nil && !r.Login:
		return refuse(ErrDestination, r.Namespace)
	case r != nil && (len(b.all) == 0 || len(b.all) > 1 && r.boundHost == nil):
		return refuse(ErrUnbound, "")
	}
	var from ssh.PublicKey
	for i, hop := range b.all {
		var user *string
		if i == len(b.all)-1 && r != nil { // all before are forwarded
			if hop.forwarded {
				return refuse(ErrUnbound, "")
			}
			user = &r.user
		}
		if !anyAllows(all, from, hop.host, user) {
			return refuse(ErrDestination, ssh.FingerprintSHA256(hop.host))
		}
		from = hop.host
	}
	// A key that may only be used to get to a host is not shown beyond it.
	if r == nil && b.forwarded() && b.all[len(b.all)-1].forwarded && !anyAllows(all, from, nil, nil) {
		return refuse(ErrDestination, ssh.FingerprintSHA256(from))
	}
	return nil
}

// HostNames returns the names of a host's key in the files. Hashed names cannot
// be returned. It skips files that it cannot read, because the names are only
// for display.
func HostNames(key ssh.PublicKey, files []string) (names []string) {
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(content)) {
			marker, hosts, found, _, _, err := ssh.ParseKnownHosts([]byte(line))
			if err != nil || marker != "" || !sameKey(found, key) {
				continue
			}
			for _, h := range hosts {
				if !strings.HasPrefix(h, "|") {
					names = append(names, printable(h))
				}
			}
		}
	}
	return names
}
