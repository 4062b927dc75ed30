package virtualcard

import (
	"slices"
	"sync"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Count is a number of commands and their bytes: the commands to the card and
// its answers, status words included.
type Count struct{ Commands, Sent, Received int }

func (n *Count) add(cmd, resp []byte) {
	n.Commands++
	n.Sent += len(cmd)
	n.Received += len(resp)
}

// Recorder counts exchanges on the card's side and keeps a log of them in
// which PINs, and the files' contents, are redacted as [apdu.Tracer] does. The
// zero value is ready: card.Observe(recorder.Observe).
type Recorder struct {
	mu     sync.Mutex
	total  Count
	by     map[byte]Count
	log    []apdu.Exchange
	redact apdu.Transmitter
	answer answerer
}

// answerer replays the answer of the exchange being recorded to the tracer.
type answerer struct{ resp []byte }

func (a *answerer) Transmit([]byte) ([]byte, error) { return a.resp, nil }

// Observe records one exchange; it is the function for [Card.Observe].
func (r *Recorder) Observe(cmd, resp []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.redact == nil {
		r.by = map[byte]Count{}
		tracer := apdu.Tracer{Sink: func(x apdu.Exchange) { r.log = append(r.log, x) }}
		r.redact = tracer.Wrap(&r.answer)
	}
	r.total.add(cmd, resp)
	if len(cmd) >= 2 {
		n := r.by[cmd[1]]
		n.add(cmd, resp)
		r.by[cmd[1]] = n
	}
	r.answer.resp = resp
	_, _ = r.redact.Transmit(cmd) // answerer never fails; the tracer's Sink is what is wanted
	r.answer.resp = nil
}

// Total counts everything since the start or the last Reset.
func (r *Recorder) Total() Count {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// Instruction counts the commands of one instruction byte.
func (r *Recorder) Instruction(ins byte) Count {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[ins]
}

// Log gives the exchanges in order.
func (r *Recorder) Log() []apdu.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log)
}

// Reset starts over from nothing.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total, r.log = Count{}, nil
	clear(r.by)
}
