package jpki

import (
	"context"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Probe is one question of [Card.Survey] and its answer.
type Probe struct {
	Name    string // the name of the question, which never changes: "select-ef-0001"
	Command []byte // as it was sent
	Status  apdu.Status
	Err     error // of the connection; then there is no Status
	Size    int   // of the data that came
	Took    time.Duration
	Data    []byte // only where it says nothing about a person
}

// OK reports a 9000, or data with a warning.
func (p *Probe) OK() bool {
	return p.Err == nil && (p.Status == apdu.StatusOK || p.Status == apdu.StatusEndOfFile && p.Size > 0)
}

// OKWithData reports data.
func (p *Probe) OKWithData() bool { return p.OK() && p.Size > 0 }

// question is a probe to be made with a file current.
type question struct {
	name   string
	ef     uint16 // is selected before, by a probe of its own; 0 for none
	cmd    apdu.Command
	public bool // the data may be kept
}

// questions lists the questions of a survey. Every command selects, reads or
// asks for a counter.
var questions = func() (all []question) {
	ask := func(name string, ef uint16, cmd apdu.Command) {
		all = append(all, question{name: name, ef: ef, cmd: cmd})
	}
	keep := func(name string, ef uint16, cmd apdu.Command) {
		all = append(all, question{name, ef, cmd, true})
	}
	read := func(p1, p2 byte, n int) apdu.Command {
		return apdu.Command{INS: apdu.InsReadBinary, P1: p1, P2: p2, Ne: n}
	}
	ask("select-issuer-domain", 0, selectCommand(byName, aidIssuerDomain))
	for _, tag := range []uint16{tagLastDay, 0x00F0, 0x5F51} {
		ask(fmt.Sprintf("get-data-%04X", tag), 0, apdu.Command{INS: apdu.InsGetData, P1: byte(tag >> 8), P2: byte(tag), Ne: apdu.MaxShortNe})
	}
	ask("select-common-application", 0, selectCommand(byName, aidCommon))
	ask("select-application", 0, selectCommand(byName, aidJPKI))
	keep("read-short-id-0006", 0, read(shortReference(efToken), 0, labelSize))
	keep("read-0006", efToken, read(0, 0, labelSize))
	keep("read-0008", efPresence, read(0, 0, presenceSize))
	for _, k := range []Kind{KindSignCA, KindAuthCA} {
		ask(fmt.Sprintf("read-%04X", certificateFiles[k]), certificateFiles[k], read(0, 0, apdu.MaxShortNe))
	}
	ask("read-short-id-000B", 0, read(shortReference(certificateFiles[KindAuthCA]), 0, safeNe))
	ask("read-past-end", certificateFiles[KindAuthCA], read(0x7F, 0, 1))
	ask("read-extended", certificateFiles[KindAuthCA], read(0, 0, 3*apdu.MaxShortNe))
	for _, k := range []Kind{KindAuth, KindSign} {
		ask(fmt.Sprintf("read-%04X", certificateFiles[k]), certificateFiles[k], read(0, 0, 4)) // how long it is
	}
	for _, k := range []Key{KeyAuth, KeySign} {
		pin := keys[k].pin
		ask(fmt.Sprintf("query-%04X", pin), pin, apdu.Command{INS: apdu.InsVerify, P2: reference})
		ask(fmt.Sprintf("query-case-2-%04X", pin), pin, apdu.Command{INS: apdu.InsVerify, P2: reference, Ne: apdu.MaxShortNe})
		ask(fmt.Sprintf("query-short-id-%04X", pin), 0, apdu.Command{INS: apdu.InsVerify, P2: shortReference(pin)})
		ask("", keys[k].file, apdu.Command{}) // whether it can be selected
	}
	return all
}()

// Survey asks a card everything that tells cards and readers apart and needs no
// PIN: it selects, reads and asks for counters, each once and as it stands here,
// and gives the answers without their data. It closes every PIN that any program
// has verified. now is the clock by which answers are timed.
//
// Where the connection fails, the next question is asked over a new one, at
// most twice; then, and where ctx ends, the answers so far are given with the
// error.
func (c *Card) Survey(ctx context.Context, now func() time.Time) (found []Probe, err error) {
	app := &App{card: c, ctx: ctx}
	if err := app.begin(); err != nil {
		return nil, err
	}
	defer func() {
		app.dead = true
		_ = app.end()
	}()
	ef := uint16(0)
	for _, q := range questions {
		if q.ef != 0 && q.ef != ef {
			p := app.probe(question{name: fmt.Sprintf("select-ef-%04X", q.ef), cmd: selectCommand(byIdentifier, []byte{byte(q.ef >> 8), byte(q.ef)})}, now)
			found = append(found, p)
			ef = q.ef
			if p.Err != nil {
				if err := app.recover(p.Err, 0); err != nil {
					return found, err
				}
				ef = 0
				continue
			}
			if !p.OK() {
				ef = 0
				continue
			}
		}
		if q.name == "" {
			continue
		}
		if q.ef == 0 {
			ef = 0 // a short identifier or an application makes another one current
		}
		p := app.probe(q, now)
		found = append(found, p)
		if p.Err != nil {
			if err := app.recover(p.Err, 0); err != nil {
				return found, err
			}
			ef = 0
		}
		if q.name == "select-application" && !p.OK() {
			return found, fmt.Errorf("%w: %w", ErrNotJPKI, p.Status)
		}
	}
	return found, nil
}

// probe asks one question.
func (a *App) probe(q question, now func() time.Time) (p Probe) {
	p.Name = q.name
	if p.Err = a.alive(); p.Err != nil {
		return p
	}
	if p.Command, p.Err = q.cmd.Bytes(); p.Err != nil {
		return p
	}
	begin := now()
	raw, err := a.cancellable().Transmit(p.Command)
	p.Took = now().Sub(begin)
	var r apdu.Response
	if err == nil {
		r, err = apdu.ParseResponse(raw)
	}
	p.Err, p.Status, p.Size = err, r.SW, len(r.Data)
	if q.public {
		p.Data = r.Data
	}
	return p
}
