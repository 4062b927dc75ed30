package sshagent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// boundSession is a session that a client binds to the agent's connection.
type boundSession struct {
	host      *host
	session   string
	forwarded bool
}

// TestBindings covers the uses of connections: local, and over one and two
// forwardings, with and without destinations.
func TestBindings(t *testing.T) {
	gate, db, other := newHost(t, 1), newHost(t, 2), newHost(t, 3)
	known := filepath.Join(t.TempDir(), "known_hosts")
	testkit.Must(t, os.WriteFile(known, fmt.Appendf(nil, "%s\n%s\n",
		knownhosts.Line([]string{"gate"}, gate.PublicKey()),
		knownhosts.Line([]string{knownhosts.HashHostname("[db]:2222")}, db.PublicKey())), 0o600))
	allowed := func(all ...string) (to []Destination) {
		for _, s := range all {
			d, err := ParseDestination(s, []string{known})
			testkit.Must(t, err)
			to = append(to, d)
		}
		return to
	}
	here := func(h *host) []boundSession { return []boundSession{{h, "1", false}} }
	beyond := []boundSession{{gate, "1", true}, {db, "2", false}}
	atGate := []boundSession{{gate, "1", true}} // the client there does not bind
	for name, c := range map[string]struct {
		policy   Policy
		sessions []boundSession
		session  string
		user     string
		bound    *host // the log-in is bound to its key
		sees     bool  // the key is listed
		reason   error // why the log-in is refused; nil: it is not
	}{
		"an old client":           {session: "x", sees: true},
		"bound":                   {sessions: here(gate), session: "1", sees: true},
		"bound, host too":         {sessions: here(gate), session: "1", bound: gate, sees: true},
		"another session":         {sessions: here(gate), session: "2", sees: true, reason: ErrSession},
		"another host":            {sessions: here(gate), session: "1", bound: db, sees: true, reason: ErrSession},
		"forwarded":               {sessions: beyond, session: "2", bound: db, reason: ErrForwarded},
		"forwarded, silent":       {sessions: atGate, session: "x", reason: ErrForwarded},
		"may forward":             {policy: Policy{Forward: true}, sessions: beyond, session: "2", bound: db, sees: true},
		"may forward, silent":     {policy: Policy{Forward: true}, sessions: atGate, session: "x", sees: true},
		"may forward, replay":     {policy: Policy{Forward: true}, sessions: beyond, session: "1", sees: true, reason: ErrSession},
		"destination":             {policy: Policy{Destinations: allowed("gate")}, sessions: here(gate), session: "1", sees: true},
		"destination, user":       {policy: Policy{Destinations: allowed("al*@gate")}, sessions: here(gate), session: "1", user: "alice", sees: true},
		"destination, no user":    {policy: Policy{Destinations: allowed("al*@gate")}, sessions: here(gate), session: "1", user: "bob", sees: true, reason: ErrDestination},
		"destination, elsewhere":  {policy: Policy{Destinations: allowed("gate")}, sessions: here(other), session: "1", reason: ErrDestination},
		"destination, old client": {policy: Policy{Destinations: allowed("gate")}, session: "1", sees: true, reason: ErrUnbound},
		"not beyond":              {policy: Policy{Destinations: allowed("gate")}, sessions: beyond, session: "2", bound: db, reason: ErrDestination},
		"not seen beyond":         {policy: Policy{Destinations: allowed("gate")}, sessions: atGate, session: "x", bound: db, reason: ErrUnbound},
		"beyond":                  {policy: Policy{Destinations: allowed("gate", "gate>bob@[db]:2222")}, sessions: beyond, session: "2", user: "bob", bound: db, sees: true},
		"beyond, seen first":      {policy: Policy{Destinations: allowed("gate", "gate>[db]:2222")}, sessions: atGate, session: "x", bound: db, sees: true, reason: ErrUnbound},
		"beyond, unbound log-in":  {policy: Policy{Destinations: allowed("gate", "gate>[db]:2222")}, sessions: beyond, session: "2", sees: true, reason: ErrUnbound},
		"beyond, another user":    {policy: Policy{Destinations: allowed("gate", "gate>bob@[db]:2222")}, sessions: beyond, session: "2", user: "root", bound: db, sees: true, reason: ErrDestination},
		"beyond, not to there":    {policy: Policy{Destinations: allowed("[db]:2222", "gate>[db]:2222")}, sessions: beyond, session: "2", bound: db, reason: ErrDestination},
		"through elsewhere":       {policy: Policy{Destinations: allowed("gate", "gate>[db]:2222")}, sessions: []boundSession{{other, "1", true}, {db, "2", false}}, session: "2", bound: db, reason: ErrDestination},
		"from where it may not":   {policy: Policy{Destinations: allowed("gate", "[db]:2222", "gate>gate")}, sessions: []boundSession{{db, "1", true}, {gate, "2", false}}, session: "2", bound: gate, reason: ErrDestination},
		"here though beyond":      {policy: Policy{Destinations: allowed("gate>[db]:2222")}, sessions: here(db), session: "1", bound: db, reason: ErrDestination},
		"a middle that signs":     {policy: Policy{Destinations: allowed("gate", "gate>[db]:2222")}, sessions: beyond[:1], session: "1", bound: gate, sees: true, reason: ErrUnbound},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.policy)
			client := w.client(t)
			for _, b := range c.sessions {
				_, err := client.Extension(sessionBind, b.host.binding(t, b.session, b.forwarded))
				testkit.Must(t, err)
			}
			keys, err := client.List()
			testkit.Must(t, err)
			if (len(keys) == 1) != c.sees {
				t.Errorf("listed %v", keys)
			}
			w.takeReported()
			var change func(*loginMessage)
			if c.bound != nil {
				change = boundTo(c.bound)
			}
			_, err = client.SignWithFlags(w.card.key(), login([]byte(c.session), c.user, w.card.key(), change), agent.SignatureFlagRsaSha512)
			if (err == nil) != (c.reason == nil) || w.card.signatures() > 0 != (c.reason == nil) {
				t.Errorf("signed %v: %v", w.card.signed, err)
			}
			w.wantReported(t, c.reason)

			// Other signatures are for this machine, and for a key that may be
			// used anywhere.
			_, err = client.SignWithFlags(w.card.key(), sshsig("git"), agent.SignatureFlagRsaSha512)
			forwarded := len(c.sessions) > 0 && c.sessions[0].forwarded
			if refused := forwarded || len(c.policy.Destinations) > 0; (err != nil) != refused {
				t.Errorf("an SSHSIG signature: %v", err)
			}
		})
	}
}

// TestHostShown: the person sees the host only if its key proved it.
func TestHostShown(t *testing.T) {
	w := newWorld(t, Policy{Forward: true})
	client, gate, db := w.client(t), newHost(t, 1), newHost(t, 2)
	for _, b := range [][]byte{gate.binding(t, "1", true), db.binding(t, "2", false)} {
		_, err := client.Extension(sessionBind, b)
		testkit.Must(t, err)
	}
	_, err := client.SignWithFlags(w.card.key(), login([]byte("2"), "bob", w.card.key(), nil), agent.SignatureFlagRsaSha512)
	testkit.Must(t, err)
	if r := w.card.signed[0]; r.Host == nil || !sameKey(r.Host, db.PublicKey()) || !r.Forwarded {
		t.Errorf("%+v", r)
	}
}

// TestBadBinding: a session that cannot be verified spoils the connection.
func TestBadBinding(t *testing.T) {
	gate, db := newHost(t, 1), newHost(t, 2)
	stolen := func() []byte { // db's signature under gate's name
		var m sessionBindMessage
		testkit.Must(t, ssh.Unmarshal(db.binding(t, "1", false), &m))
		m.HostKey = gate.PublicKey().Marshal()
		return ssh.Marshal(m)
	}
	many := [][]byte{}
	for i := range maxBindings + 1 {
		many = append(many, gate.binding(t, fmt.Sprint(i), true))
	}
	for name, all := range map[string][][]byte{
		"nothing":                 {nil},
		"another's signature":     {stolen()},
		"another session":         {append(gate.binding(t, "1", false), 1)},
		"after a log-in":          {gate.binding(t, "1", false), db.binding(t, "2", false)},
		"a session of two hosts":  {gate.binding(t, "1", true), db.binding(t, "1", false)},
		"too many":                many,
		"good after bad":          {stolen(), gate.binding(t, "1", false)},
		"no session":              {gate.binding(t, "", false)},
		"a key that is none":      {ssh.Marshal(sessionBindMessage{[]byte("x"), []byte("1"), ssh.Marshal(ssh.Signature{Format: "x"}), false})},
		"a signature that's none": {ssh.Marshal(sessionBindMessage{gate.PublicKey().Marshal(), []byte("1"), []byte("x"), false})},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Policy{Forward: true})
			client := w.client(t)
			failed := 0
			for _, b := range all {
				if _, err := client.Extension(sessionBind, b); err != nil {
					failed++
				}
			}
			if failed != 1 {
				t.Errorf("%d bindings failed", failed)
			}
			w.wantReported(t, ErrBinding)
			if keys, err := client.List(); err != nil || len(keys) != 0 {
				t.Errorf("listed %v, %v", keys, err)
			}
			w.wantReported(t, ErrBinding)
			if _, err := client.SignWithFlags(w.card.key(), login([]byte("1"), "alice", w.card.key(), nil), agent.SignatureFlagRsaSha512); err == nil {
				t.Error("signed")
			}
		})
	}
	t.Run("twice the same", func(t *testing.T) {
		w := newWorld(t, Policy{Forward: true})
		client := w.client(t)
		for range 2 {
			_, err := client.Extension(sessionBind, gate.binding(t, "1", true))
			testkit.Must(t, err)
		}
		w.wantReported(t, nil)
	})
}

func TestDestinationSyntax(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known_hosts")
	gate := newHost(t, 1).PublicKey()
	testkit.Must(t, os.WriteFile(known, []byte(knownhosts.Line([]string{"gate", "192.0.2.1", "[gate]:2222"}, gate)+"\n"), 0o600))
	for s, want := range map[string]error{
		"gate": nil, "a@gate": nil, "gate>gate": nil, "gate>a@[gate]:2222": nil, "[gate]:2222>gate": nil, "a@b@gate": nil, "192.0.2.1": nil,
		"": ErrSyntax, "@gate": ErrSyntax, "a@": ErrSyntax, "a@gate>gate": ErrSyntax, ">gate": ErrSyntax, "gate>": ErrSyntax, "gate>gate>gate": ErrSyntax,
		"*": ErrSyntax, "a[b]@gate": ErrSyntax, "gate gate": ErrSyntax,
		"elsewhere": ErrUnknownHost, "gate>elsewhere": ErrUnknownHost, "elsewhere>gate": ErrUnknownHost, "[gate]:22222": ErrUnknownHost,
	} {
		if _, err := ParseDestination(s, []string{known}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", s, err, want)
		}
	}
	if _, err := ParseDestination("gate", []string{known + "-none"}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := ParseDestination("gate", nil); !errors.Is(err, ErrUnknownHost) {
		t.Error(err)
	}
	if names := HostNames(gate, []string{known + "-none", known}); fmt.Sprint(names) != "[gate 192.0.2.1 [gate]:2222]" {
		t.Errorf("the names are %q", names)
	}
}
