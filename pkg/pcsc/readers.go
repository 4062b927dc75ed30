package pcsc

import (
	"context"
	"slices"
	"strings"
	"time"
)

// ReaderState is the state of a reader.
type ReaderState struct {
	Name    string
	Present bool   // a card is in it
	ATR     []byte // of the card; empty if it is mute
	Mute    bool   // the card does not answer, or lies the wrong way

	InUse     bool // a program, perhaps this one, is connected to the card
	Exclusive bool // and lets no other connect
	Broken    bool // the reader itself does not answer

	// Event counts the insertions and removals, modulo 65536: a different
	// count means that the card may be a different one. It is always 0 on
	// macOS, which does not count, and starts anew with the service.
	Event uint16
}

// virtualNames are parts of the names of readers that are none: keys in the
// computer's security chip or phone module that Windows shows as smart cards.
var virtualNames = []string{"windows hello", "microsoft virtual smart card", "virtual smart card", "microsoft uicc"}

// Virtual reports a reader that is none, by its name: nobody can put a card in.
func (r ReaderState) Virtual() bool {
	name := strings.ToLower(r.Name)
	return slices.ContainsFunc(virtualNames, func(part string) bool { return strings.Contains(name, part) })
}

// Readers gives the state of every reader, none if there is none. It is given
// up when ctx ends.
func (c *Context) Readers(ctx context.Context) ([]ReaderState, error) {
	ctx, stop := c.bind(ctx)
	defer stop()
	s, err := c.open(ctx)
	if err != nil {
		if c.noReaders(err) {
			err = nil
		}
		return nil, err
	}
	defer func() { _ = s.close() }()
	raw, err := c.readers(ctx, s)
	if c.noReaders(err) {
		err = nil
	}
	return c.states(raw), err
}

func (c *Context) readers(ctx context.Context, s *session) ([]readerStatus, error) {
	var raw []readerStatus
	err := s.run(ctx, callLimit, ErrNoService, func() (err error) {
		raw, err = s.readers()
		return err
	})
	if err != nil {
		return nil, err
	}
	return raw, nil
}

func (c *Context) states(raw []readerStatus) []ReaderState {
	var states []ReaderState
	for _, r := range raw {
		states = append(states, c.state(r))
	}
	return states
}

func (c *Context) state(r readerStatus) ReaderState {
	state := ReaderState{
		Name:      r.name,
		Present:   r.event&statePresent != 0,
		Mute:      r.event&stateMute != 0,
		InUse:     r.event&(stateInUse|stateExclusive) != 0,
		Exclusive: r.event&stateExclusive != 0,
		Broken:    r.event&(stateUnavailable|stateUnknown) != 0,
	}
	if state.Present {
		state.ATR = r.atr
	}
	if c.platform.countsInsertions {
		state.Event = uint16(r.event >> 16)
	}
	return state
}

// Wait returns the state of every reader as soon as it differs from known: a
// reader came or went, or a card did. Whether a card is in use makes no
// difference. It ends with ctx, or with the Context.
func (c *Context) Wait(ctx context.Context, known []ReaderState) ([]ReaderState, error) {
	ctx, stop := c.bind(ctx)
	defer stop()
	for {
		states, err := c.waitInSession(ctx, known)
		if !c.noReaders(err) {
			return states, err
		}
		if len(known) > 0 {
			return nil, nil
		}
		if err := sleep(ctx, pollInterval); err != nil {
			return nil, err
		}
	}
}

const (
	// pollInterval is how often the list of readers is read where nothing
	// tells of a new one.
	pollInterval = time.Second
	// waitSlice is how long one call waits at most. pcsc-lite before 2.3
	// tells only of readers that come after the call has begun; one that came
	// a moment earlier is found when the slice is over.
	waitSlice = 5 * time.Second
	// restInterval keeps a service that ends every wait at once, for a change
	// that is none, from taking the processor.
	restInterval = 100 * time.Millisecond
)

func (c *Context) waitInSession(ctx context.Context, known []ReaderState) ([]ReaderState, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()

	list := readerStatus{name: pnpNotification}
	slice := waitSlice
	if !c.platform.notifiesReaders {
		slice = pollInterval
	}
	for ends := 0; ; {
		raw, err := c.readers(ctx, s)
		if err != nil {
			return nil, err
		}
		if states := c.states(raw); changed(known, states) {
			return states, nil
		}
		for i := range raw {
			raw[i].current = raw[i].event &^ stateChanged
		}
		if c.platform.notifiesReaders {
			raw = append(raw, list)
		}
		if len(raw) == 0 {
			if err := sleep(ctx, pollInterval); err != nil {
				return nil, err
			}
			continue
		}
		err = s.run(ctx, slice+callLimit, ErrNoService, func() error {
			return s.pc.getStatusChange(slice, raw)
		})
		switch {
		case err == nil:
			// On Windows and in pcsc-lite from 2.3 on, the state of the list
			// counts its changes, and the first call ends at once to tell.
			list.current = raw[len(raw)-1].event &^ stateChanged
			if ends++; ends > 1 {
				err = sleep(ctx, restInterval)
			}
		case hasCode(err, codeTimeout):
			ends, err = 0, nil
		case hasCode(err, codeUnknownReader): // unplugged since it was listed
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// changed reports whether b is news to one who knows a.
func changed(a, b []ReaderState) bool {
	if len(a) != len(b) {
		return true
	}
	known := make(map[string]ReaderState, len(a))
	for _, r := range a {
		known[r.Name] = r
	}
	for _, r := range b {
		k, ok := known[r.Name]
		if !ok || k.Present != r.Present || k.Mute != r.Mute || k.Broken != r.Broken || k.Event != r.Event {
			return true
		}
	}
	return false
}

// sleep waits for d, or says why ctx ended before.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ended(ctx, nil)
	case <-time.After(d):
		return nil
	}
}
