//go:build unix

package logincmd

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/sshagent"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// agentOf is an agent's demo card in the world's folder that keeps the PIN,
// which it gets from the source, and the key it signs with.
func agentOf(t *testing.T, w folder, source pin.Flag) (*agentCard, ssh.PublicKey) {
	t.Helper()
	discard := &ui.IO{In: os.Stdin, Out: io.Discard, Err: io.Discard, Lang: i18n.EN}
	e := env.Env{
		Getenv: func(name string) string {
			return map[string]string{"JPKI_LANG": "en", "XDG_STATE_HOME": w.path("state"), "LocalAppData": w.path("state"), "PATH": os.Getenv("PATH")}[name]
		},
		Now: func() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) },
	}
	a := &command.App{IO: discard, Env: e, Cards: &cards.Opener{IO: discard, Env: e}}
	a.Cards.Card, a.Cards.NoInput = "demo", true
	c := &agentCard{cards: a.Cards, opt: &agentOptions{unlock: unlock.Options{Flags: []pin.Flag{source}}, cache: time.Hour}}
	t.Cleanup(c.Forget)
	key, err := c.Key(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

// folder is where the program of a test lives.
type folder struct {
	t   *testing.T
	dir string
}

func newFolder(t *testing.T) folder {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	return folder{t, dir}
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

var aSignature = sshagent.Request{Namespace: "git", Hash: crypto.SHA256, Digest: make([]byte, 32)}

// TestForgetWhileAsked: an agent that is locked while the PIN is still asked for
// does not keep it.
func TestForgetWhileAsked(t *testing.T) {
	w := newFolder(t)
	if err := syscall.Mkfifo(w.path("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, key := agentOf(t, w, pin.Flag{Kind: pin.Command, Value: "cat fifo"})
	for _, locked := range []bool{true, false} {
		signed := make(chan error)
		go func() {
			_, err := c.Sign(t.Context(), key, aSignature)
			signed <- err
		}()
		f, err := os.OpenFile(w.path("fifo"), os.O_WRONLY, 0) // once it is asked for
		if err != nil {
			t.Fatal(err)
		}
		if locked {
			c.Forget()
		}
		fmt.Fprintln(f, virtualcard.AuthPIN)
		f.Close()
		if err := <-signed; err != nil {
			t.Fatal(err)
		}
		if kept := c.kept != nil; kept == locked {
			t.Errorf("locked %t, kept %t", locked, kept)
		}
	}
}

// TestKeptPINWrong: a PIN that turns out wrong while it is kept is not read from
// its source and sent a second time.
func TestKeptPINWrong(t *testing.T) {
	w := newFolder(t)
	w.write("pin", virtualcard.AuthPIN)
	c, key := agentOf(t, w, pin.Flag{Kind: pin.File, Value: w.path("pin")})
	if _, err := c.Sign(t.Context(), key, aSignature); err != nil {
		t.Fatal(err)
	}
	// As if it had been changed on the card, and not in the file.
	c.kept.pin = jpki.NewPIN([]byte("4321"))
	w.write("pin", "4321")
	var wrong *jpki.PINError
	if _, err := c.Sign(t.Context(), key, aSignature); !errors.As(err, &wrong) || wrong.Left != 2 || c.kept != nil {
		t.Fatalf("%v, kept: %v", err, c.kept)
	}
	if _, err := c.Sign(t.Context(), key, aSignature); err == nil || explain.Error(err).Code != problem.PINSource {
		t.Errorf("the same PIN again: %v", err)
	}
}

// TestUnansweredPIN: a PIN that was sent without an answer is sent again only if
// that used no try.
func TestUnansweredPIN(t *testing.T) {
	for name, c := range map[string]struct {
		typed string
		code  problem.Code
	}{"right": {virtualcard.AuthPIN, ""}, "wrong": {"4321", problem.PINSource}} {
		t.Run(name, func(t *testing.T) {
			w := newFolder(t)
			w.write("pin", c.typed)
			agent, key := agentOf(t, w, pin.Flag{Kind: pin.File, Value: w.path("pin")})
			_, _ = agent.Sign(t.Context(), key, aSignature)
			agent.Forget()
			agent.wrong = false // as if the answer had been lost
			agent.noteOutcome(&jpki.UnansweredError{Key: jpki.KeyAuth, Err: io.EOF})
			_, err := agent.Sign(t.Context(), key, aSignature)
			if (err != nil) != (c.code != "") || err != nil && explain.Error(err).Code != c.code {
				t.Errorf("%v", err)
			}
			if agent.unanswered != (err != nil) {
				t.Errorf("not answered yet: %t", agent.unanswered)
			}
		})
	}
}

// TestNotClosedAndWrong: that a card was left open does not hide a try that was
// used.
func TestNotClosedAndWrong(t *testing.T) {
	open := &jpki.NotClosedError{Key: jpki.KeyAuth, Verified: jpki.MaybeVerified, Err: io.EOF}
	for err, want := range map[error]struct {
		code problem.Code
		left int
	}{
		open: {problem.NotClosed, -1}, &jpki.PINError{Key: jpki.KeyAuth, Left: 2}: {problem.PINWrong, 2},
		&jpki.UnansweredError{Key: jpki.KeyAuth, Err: io.EOF}: {problem.PINUnanswered, -1},
	} {
		p := explain.Error(errors.Join(err, open))
		if p.Code != want.code || p.TryUsed != (err != error(open)) || (p.Left != nil) != (want.left >= 0) || p.Left != nil && *p.Left != want.left {
			t.Errorf("%v: %+v", err, p)
		}
	}
}

// TestToldAnyway: that a try was used, or the card left open, is told although
// the client has gone.
func TestToldAnyway(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx      context.Context
		err      error
		reported bool
	}{
		{gone, nil, false},
		{gone, gone.Err(), false},
		{gone, &jpki.PINError{Key: jpki.KeyAuth, Left: 2}, true},
		{gone, &jpki.UnansweredError{Key: jpki.KeyAuth, Err: io.EOF}, true},
		{gone, errors.Join(gone.Err(), &jpki.NotClosedError{Key: jpki.KeyAuth, Verified: jpki.WasVerified, Err: io.EOF}), true},
		{t.Context(), &jpki.PINError{Key: jpki.KeyAuth, Left: 2}, false}, // the agent does
	} {
		reported := false
		card := &agentCard{report: func(error) { reported = true }}
		if card.reportIfClientGone(c.ctx, c.err); reported != c.reported {
			t.Errorf("%v: %t", c.err, reported)
		}
	}
}

// TestTellSocketLeavesOutputTaken: the number of standard output is not that of
// a later file, and what is written there does no harm.
func TestTellSocketLeavesOutputTaken(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := &command.App{IO: &ui.IO{Out: ui.NewOutput(out), Err: os.Stderr}}
	if err := showSocket(a, "/s"); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(r); err != nil || string(said) != socketLine("/s")+"\n" {
		t.Errorf("%q, %v", said, err)
	}
	if _, err := fmt.Fprintln(a.IO.Out, "late"); err != nil {
		t.Error(err)
	}
}
