package logincmd

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/sshagent"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// agentCard is the card as an SSH agent uses it. Each signature is one
// transaction, which begins when all that has to be asked was asked.
type agentCard struct {
	cards *cards.Opener
	opt   *agentOptions
	hosts []string // known_hosts

	report func(error) // tells the person

	// wrong: a PIN that nobody typed was wrong. It is not sent again.
	// unanswered: the card gave no answer to one. If it was wrong, too, a
	// try is gone.
	wrong, unanswered bool

	mu      sync.Mutex // guards the fields below; also held during use of kept
	kept    *keptPIN   // nil: none
	forgets int        // how often Forget was called
	known   seenCard   // the card last seen
}

// seenCard is the data read from a card that has stayed in place since.
type seenCard struct {
	at    cards.Place
	token jpki.TokenKind
	cert  *x509.Certificate // nil: nothing is known
	tries jpki.Tries
}

// keptPIN is a PIN that was right, with the connection to its card: a PIN is
// never sent to another one.
type keptPIN struct {
	card   *cards.Card
	cert   *x509.Certificate
	pin    jpki.PIN
	cancel context.CancelFunc // ends the watch over the card
}

// Key reads the key of the present card. It asks nobody and waits for nothing,
// because ssh calls it at every log-in, even for other keys.
func (c *agentCard) Key(ctx context.Context) (ssh.PublicKey, error) {
	c.mu.Lock()
	if c.kept != nil {
		defer c.mu.Unlock()
		return ssh.NewPublicKey(c.kept.cert.PublicKey)
	}
	known := c.known
	c.mu.Unlock()
	quiet := c.cards.Quiet()
	if known.cert != nil {
		if at, ok := quiet.Locate(ctx); ok && at == known.at {
			return ssh.NewPublicKey(known.cert.PublicKey)
		}
	}
	card, err := quiet.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer card.Close()
	cert, _, err := c.read(ctx, card)
	if err != nil {
		return nil, err
	}
	return ssh.NewPublicKey(cert.PublicKey)
}

// Sign signs once all is asked. A PIN that is kept is used if its card still
// lies there with all tries left, else it is forgotten and asked for again.
func (c *agentCard) Sign(ctx context.Context, key ssh.PublicKey, r sshagent.Request) (sig []byte, err error) {
	what := c.describe(r)
	u, err := unlock.New(c.cards, &c.opt.unlock, false)
	if err != nil {
		return nil, noPlaceToAsk(err)
	}
	defer u.Close()
	sig, err = c.signKept(ctx, u, key, r, what)
	if errors.Is(err, errNotKept) {
		sig, err = c.signAnew(ctx, u, key, r, what)
	}
	if err == nil {
		c.cards.IO.Note(text{JA: "署名しました: %s", EN: "Signed: %s"}.With(what))
	}
	if !u.Sources.CurrentKind().Interactive() {
		c.noteOutcome(err)
	}
	c.reportIfClientGone(ctx, err)
	return sig, err
}

// noteOutcome records the result of a PIN that nobody typed.
func (c *agentCard) noteOutcome(err error) {
	_, wrong := errors.AsType[*jpki.PINError](err)
	_, unanswered := errors.AsType[*jpki.UnansweredError](err)
	c.wrong = c.wrong || wrong
	c.unanswered = unanswered || c.unanswered && err != nil
}

// checkRepeat refuses to send a wrong PIN again, unless a person types it.
func (c *agentCard) checkRepeat(from pin.Kind) error {
	if from.Interactive() || !c.wrong {
		return nil
	}
	return problem.New(problem.PINSource,
		text{JA: "%sから受け取った暗証番号が前に間違っていたため、もう送りません。", EN: "The PIN that %s gave was wrong before, and is not sent again."}.With(from),
		text{JA: "控えを確かめて、エージェントを動かし直してください。", EN: "Check it, and start the agent again."})
}

// reportIfClientGone reports an error that the person has to know: a used try,
// or a card left open. The agent reports other errors only to its client, and
// that has gone.
func (c *agentCard) reportIfClientGone(ctx context.Context, err error) {
	if err == nil || ctx.Err() == nil {
		return
	}
	if p := explain.Error(err); p.TryUsed || p.Code == problem.NotClosed || slices.Contains(p.Also, problem.NotClosed) {
		c.report(err)
	}
}

// errNotKept: there is no PIN that could be used without asking.
var errNotKept = errors.New("cli: no PIN is kept")

func (c *agentCard) signKept(ctx context.Context, u *unlock.Unlocker, key ssh.PublicKey, r sshagent.Request, what text) ([]byte, error) {
	c.mu.Lock()
	kept := c.kept
	c.mu.Unlock()
	if kept == nil || !hasKey(kept.cert, key) {
		return nil, errNotKept
	}
	if err := c.confirm(ctx, u, what); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept != kept { // forgotten meanwhile
		return nil, errNotKept
	}
	sent := false
	sig, err := c.sign(ctx, kept.card, kept.cert, kept.pin, r, func(t jpki.Tries) error {
		if t.Left < t.Max { // somebody entered a wrong one
			return errNotKept
		}
		if err := u.Guard(jpki.KeyAuth, t); err != nil {
			return err
		}
		sent = true
		return nil
	})
	if err == nil || !sent && (ctx.Err() != nil || errors.Is(err, pcsc.ErrInUse)) {
		return sig, err
	}
	c.forget(kept)
	if !sent {
		err = errNotKept // the card has gone, or is another one
	}
	return nil, err
}

func (c *agentCard) signAnew(ctx context.Context, u *unlock.Unlocker, key ssh.PublicKey, r sshagent.Request, what text) (sig []byte, err error) {
	c.mu.Lock()
	forgets := c.forgets
	c.mu.Unlock()
	if err := c.checkRepeat(u.Sources.CurrentKind()); err != nil {
		return nil, err
	}
	card, err := c.cards.Open(ctx)
	if err != nil {
		return nil, err
	}
	keep := false
	defer func() {
		if !keep {
			card.Close()
		}
	}()
	u.Purpose = what
	cert, seen, err := c.look(ctx, card, u.Sources.CurrentKind().Interactive())
	if err != nil {
		return nil, err
	}
	p, guard, err := c.ask(ctx, u, key, cert, seen)
	if err != nil {
		return nil, err
	}
	defer func() {
		if !keep {
			p.Wipe()
		}
	}()
	sig, err = c.sign(ctx, card, cert, p, r, guard)
	c.counted(card, err)
	if err == nil && c.opt.cache > 0 {
		keep = c.keep(card, cert, p, forgets)
	}
	return sig, err
}

// ask gets the PIN for the key's card, with the guard that goes with it.
func (c *agentCard) ask(ctx context.Context, u *unlock.Unlocker, key ssh.PublicKey, cert *x509.Certificate, seen jpki.Tries) (p jpki.PIN, guard jpki.Guard, err error) {
	from := u.Sources.CurrentKind()
	if !hasKey(cert, key) {
		return p, nil, problem.New(problem.KeyMismatch,
			text{JA: "リーダーにあるのは、この鍵のカードではありません。", EN: "The card on the reader is not the one of this key."},
			text{JA: "鍵のカードに替えてください。", EN: "Put the key's card on the reader."})
	}
	c.wrong = c.wrong || c.unanswered && seen.Left < seen.Max
	if err := c.checkRepeat(from); err != nil {
		return p, nil, err
	}
	if from.Interactive() {
		err = c.checkMayAsk(u)
	} else {
		err = c.confirm(ctx, u, u.Purpose) // who enters the PIN agrees by that
	}
	if err != nil {
		return p, nil, err
	}
	return u.PINFor(ctx, jpki.KeyAuth, seen)
}

// look returns the holder's certificate and the number of tries left. For a
// person (told) it reads the counter now. Otherwise it assumes that a card last
// seen with all tries still has them: the counter is read again right before
// the PIN is sent.
func (c *agentCard) look(ctx context.Context, card *cards.Card, forPerson bool) (cert *x509.Certificate, t jpki.Tries, err error) {
	c.mu.Lock()
	known := c.known
	c.mu.Unlock()
	at, ok := card.Place()
	if !forPerson && ok && known.cert != nil && at == known.at && known.tries.Left == known.tries.Max {
		card.SetToken(known.token)
		return known.cert, known.tries, nil
	}
	cert, t, err = c.read(ctx, card)
	if err == nil && t.Blocked() {
		err = unlock.WhyBlocked(ctx, card, jpki.KeyAuth, &jpki.BlockedError{Key: jpki.KeyAuth})
	}
	return cert, t, err
}

// read reads both in one transaction: the certificate of a card that lies where
// it lay is known already.
func (c *agentCard) read(ctx context.Context, card *cards.Card) (cert *x509.Certificate, t jpki.Tries, err error) {
	at, counted := card.Place()
	c.mu.Lock()
	if counted && c.known.at == at {
		cert = c.known.cert
		card.SetToken(c.known.token)
	}
	c.mu.Unlock()
	err = card.WithApp(ctx, func(app *jpki.App) (err error) {
		if err := app.CheckToken(); err != nil {
			return err
		}
		if cert == nil {
			if cert, err = app.Certificate(jpki.KindAuth); err != nil {
				return err
			}
		}
		t, err = app.Tries(jpki.KeyAuth)
		return err
	})
	if err == nil && counted {
		c.mu.Lock()
		c.known = seenCard{at, card.Token(), cert, t}
		c.mu.Unlock()
	}
	return cert, t, err
}

// counted notes how many tries a PIN session has left behind: all, where the PIN
// was right. Otherwise the counter is read again.
func (c *agentCard) counted(card *cards.Card, err error) {
	at, _ := card.Place()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known.cert == nil || c.known.at != at {
		return
	}
	c.known.tries = jpki.Tries{Max: jpki.KeyAuth.MaxTries()}
	if err == nil {
		c.known.tries.Left = c.known.tries.Max
	}
}

// confirm has a person agree to a use, where --confirm wants that.
func (c *agentCard) confirm(ctx context.Context, u *unlock.Unlocker, what text) error {
	if !c.opt.confirm {
		return nil
	}
	if err := c.checkMayAsk(u); err != nil {
		return err
	}
	u.Purpose = what
	agreed, err := u.Agrees(ctx, text{JA: "カードの鍵で署名しますか。", EN: "Sign with the card's key?"},
		text{JA: "署名してよければ「はい」か yes と入力してください: ", EN: "Type yes to sign: "})
	if err == nil && !agreed {
		err = pin.ErrCancelled
	}
	return err
}

// mayAsk refuses to ask on the terminal from the background.
func (c *agentCard) checkMayAsk(u *unlock.Unlocker) error {
	if u.MayAsk() {
		return nil
	}
	return problem.New(problem.NoTerminal,
		text{JA: "エージェントがバックグラウンドにあるため、端末で尋ねられません。", EN: "The agent is in the background and cannot ask on the terminal."},
		text{JA: "fg で前に戻すか、--pinentry を付けて動かし直してください。", EN: "Bring it back with fg, or start it again with --pinentry."})
}

// sign makes one signature in one transaction.
func (c *agentCard) sign(ctx context.Context, card *cards.Card, cert *x509.Certificate, p jpki.PIN, r sshagent.Request, guard jpki.Guard) (sig []byte, err error) {
	defer ui.Unstoppable()()
	err = card.WithPIN(ctx, jpki.KeyAuth, p, guard, func(s *jpki.Session) (err error) {
		sig, err = s.Signer(cert).Sign(nil, r.Digest, r.Hash)
		return err
	})
	return sig, err
}

func hasKey(cert *x509.Certificate, key ssh.PublicKey) bool {
	own, err := ssh.NewPublicKey(cert.PublicKey)
	return err == nil && string(own.Marshal()) == string(key.Marshal())
}

// keep keeps a PIN until its time is over or its card has gone; it does not
// where Forget was called since there were so many calls of it.
func (c *agentCard) keep(card *cards.Card, cert *x509.Certificate, p jpki.PIN, forgets int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgets != forgets {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.opt.cache)
	kept := &keptPIN{card, cert, p, cancel}
	c.forget(c.kept)
	c.kept = kept
	go func() {
		card.WaitForRemoval(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.forget(kept)
	}()
	return true
}

// forget wipes the PIN if it is still kept. The caller has mu.
func (c *agentCard) forget(kept *keptPIN) {
	if kept == nil || c.kept != kept {
		return
	}
	c.kept = nil
	kept.cancel()
	kept.pin.Wipe()
	kept.card.Close()
}

// Forget forgets the PIN, one that is being asked for too.
func (c *agentCard) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgets++
	c.forget(c.kept)
}

// describe names the purpose of a request, as far as it was proved.
func (c *agentCard) describe(r sshagent.Request) text {
	if !r.Login {
		return text{JA: "SSHSIGの署名(用途は「%s」)", EN: "an SSHSIG signature for %q"}.With(r.Namespace)
	}
	what := text{JA: "「%s」としてのSSHログイン", EN: "an SSH log-in as %q"}.With(r.User)
	if r.Host != nil {
		host := ssh.FingerprintSHA256(r.Host)
		if names := sshagent.HostNames(r.Host, c.hosts); len(names) > 0 {
			slices.Sort(names)
			host = strings.Join(slices.Compact(names), ", ") + " (" + host + ")"
		}
		what = text{JA: "%s、接続先は%s", EN: "%s to %s"}.With(what, host)
	}
	if r.Forwarded {
		what = text{JA: "%s、転送された接続から", EN: "%s, over a forwarded connection"}.With(what)
	}
	return what
}
