package cards

import (
	"context"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// readersDocument is the memory of readers, by their names.
type readersDocument struct {
	Version int                     `json:"version"`
	Readers map[string]readerLimits `json:"readers"`
}

// readerLimits is [jpki.Limits] as it is kept.
type readerLimits struct {
	ShortOnly bool `json:"short_only"`
	LosesLong bool `json:"loses_long"`
}

const (
	readersName    = "readers"
	readersVersion = 1
	readersMost    = 50
	// readersLimit is how long another program that has the document is waited
	// for: unknown limits are found out again.
	readersLimit = time.Second
)

// everyLimit are the limits of --short-apdu.
var everyLimit = jpki.Limits{ShortOnly: true, LosesLong: true}

// useLimits gives a card the limits known of its reader, and remembers new ones
// at its end.
func (o *Opener) useLimits(ctx context.Context, c *Card) {
	if o.ShortAPDU {
		c.SetLimits(everyLimit)
		return
	}
	if c.Demo || o.Tour != nil || o.Env.Getenv == nil {
		return
	}
	store, err := state.Open(o.Env.Getenv)
	if err != nil {
		return
	}
	known := recallLimits(ctx, store, c.Reader)
	c.SetLimits(known)
	// The card is closed after it is used: a function that comes first in the
	// list runs last.
	c.close = append([]func(){func() {
		found := c.Limits()
		if found == known {
			return
		}
		if found.LosesLong && !known.LosesLong {
			o.IO.Note(text{
				JA: "このリーダーは長い応答を失うため、短く分けて読みました(次からも同じようにします)。署名の応答は分けられないので、署名にはほかのリーダーが要ります。",
				EN: "This reader loses long answers: they were read in small pieces, and will be from now on. A signature cannot be, and needs another reader.",
			})
		}
		keepLimits(ctx, store, c.Reader, found)
	}}, c.close...)
}

func recallLimits(ctx context.Context, store *state.Store, reader string) jpki.Limits {
	ctx, cancel := context.WithTimeout(ctx, readersLimit)
	defer cancel()
	var doc readersDocument
	if found, err := store.Load(ctx, readersName, &doc); err != nil || !found || doc.Version != readersVersion {
		return jpki.Limits{}
	}
	return jpki.Limits(doc.Readers[reader])
}

func keepLimits(ctx context.Context, store *state.Store, reader string, l jpki.Limits) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readersLimit)
	defer cancel()
	// If it cannot be stored, it is measured again.
	_ = state.Update(ctx, store, readersName, func(doc *readersDocument) error {
		if doc.Version != readersVersion || doc.Readers == nil || len(doc.Readers) >= readersMost {
			*doc = readersDocument{Version: readersVersion, Readers: map[string]readerLimits{}}
		}
		doc.Readers[reader] = readerLimits(l)
		return nil
	})
}

// slowAfter is the time after which the person is told that a transaction is
// still running.
const slowAfter = time.Second

// slowNotice is a connection with a notice on the terminal when the card is slow.
type slowNotice struct {
	jpki.Conn
	io    *ui.IO
	timer *time.Timer
}

// withNotice adds the notice for a slow card, if a person can see it.
func (o *Opener) withNotice(conn jpki.Conn) jpki.Conn {
	if o.IO == nil || o.IO.Quiet || !ui.IsTerminal(o.IO.Err) {
		return conn
	}
	return &slowNotice{Conn: conn, io: o.IO}
}

func (p *slowNotice) Begin(ctx context.Context) error {
	p.timer = time.AfterFunc(slowAfter, func() {
		p.io.Note(text{JA: "カードと通信しています。終わるまで動かさないでください。", EN: "The card is at work. Keep it still until this is done."})
	})
	err := p.Conn.Begin(ctx)
	if err != nil {
		p.timer.Stop()
	}
	return err
}

func (p *slowNotice) End() error {
	p.timer.Stop()
	return p.Conn.End()
}

func (p *slowNotice) Unpower() error {
	p.timer.Stop()
	return p.Conn.Unpower()
}

func (p *slowNotice) TransmitContext(ctx context.Context, cmd []byte) ([]byte, error) {
	return jpki.Within{Conn: p.Conn, Context: ctx}.Transmit(cmd)
}
