package token

import (
	"sync"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// refusedPINs are those that a card did not accept. They are kept so that no
// program, and no person in a hurry, spends another try on them.
type refusedPINs struct {
	mu       sync.Mutex
	wrong    []jpki.PIN
	doubtful []jpki.PIN // sent, and no answer came
}

// add keeps a copy of a PIN that came to this end.
func (r *refusedPINs) add(p jpki.PIN, answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if answered {
		r.wrong = append(r.wrong, p.Clone())
	} else {
		r.doubtful = append(r.doubtful, p.Clone())
	}
}

// has reports whether p was refused before. While tries are missing, a PIN
// without an answer counts as refused.
func (r *refusedPINs) has(p jpki.PIN, t jpki.Tries) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.wrong {
		if w.Equal(p) {
			return true
		}
	}
	for _, d := range r.doubtful {
		if t.Left < t.Max && d.Equal(p) {
			return true
		}
	}
	return false
}

func (r *refusedPINs) wipe() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range append(r.wrong, r.doubtful...) {
		p.Wipe()
	}
	r.wrong, r.doubtful = nil, nil
}
