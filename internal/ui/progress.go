package ui

import (
	"fmt"
	"io"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// Progress shows how far long work has come, on a terminal only and not before
// the work has lasted a while. A nil Progress shows nothing.
type Progress struct {
	io    *IO
	what  i18n.Text
	total int64
	steps bool // total and done count things, not bytes
	now   func() time.Time
	begun time.Time
	last  time.Time
	done  int64
}

const (
	progressDelay = 700 * time.Millisecond
	progressEvery = 150 * time.Millisecond
)

// Progress begins to show the progress of work over total bytes; 0 if the total
// is unknown.
func (o *IO) Progress(what i18n.Text, total int64, now func() time.Time) *Progress {
	return &Progress{io: o, what: what, total: total, now: now, begun: now()}
}

// Steps begins to watch work on so many things, which [Progress.Advance]
// counts.
func (o *IO) Steps(what i18n.Text, total int, now func() time.Time) *Progress {
	p := o.Progress(what, int64(total), now)
	p.steps = true
	return p
}

// Reader counts the bytes read through r.
func (p *Progress) Reader(r io.Reader) io.Reader {
	if p == nil || p.io.Quiet || !IsTerminal(p.io.Err) {
		return r
	}
	return &progressReader{p, r}
}

type progressReader struct {
	p *Progress
	r io.Reader
}

func (r *progressReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.p.add(int64(n))
	return n, err
}

// Advance counts work done without a reader.
func (p *Progress) Advance(n int64) {
	if p == nil || p.io.Quiet || !IsTerminal(p.io.Err) {
		return
	}
	p.add(n)
}

func (p *Progress) add(n int64) {
	if p.done += n; p.steps && p.total == 1 {
		return
	}
	t := p.now()
	if t.Sub(p.begun) < progressDelay || t.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.io.progress = t, true
	amount := fmt.Sprintf("%d MB", p.done/1e6)
	switch {
	case p.steps:
		amount = fmt.Sprintf("%d/%d", p.done, p.total)
	case p.total > 0:
		amount = fmt.Sprintf("%3d%%", 100*p.done/p.total)
	}
	fmt.Fprintf(p.io.Err, "\r\x1b[K%s %s", p.what.In(p.io.Lang), amount)
}

// Done wipes the line.
func (p *Progress) Done() {
	if p != nil {
		p.io.wipe()
	}
}

func (o *IO) wipe() {
	if o.progress { // notes of several goroutines only read it
		fmt.Fprint(o.Err, "\r\x1b[K")
		o.progress = false
	}
}
