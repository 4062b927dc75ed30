//go:build !windows

package cardcmd

import (
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/watch"
)

// TestCommandIsNotWaitedForForEver shows that neither a command that hangs nor
// many events at once keep the watch from ending.
func TestCommandIsNotWaitedForForEver(t *testing.T) {
	a, out := watchApp(i18n.EN)
	r := &eventRunner{a: a, line: []string{"sleep", "600"}, view: &watchView{a: a}, limit: 50 * time.Millisecond, queue: make(chan watch.Event, 2), ended: make(chan struct{})}
	for range 3 {
		r.add(watch.Event{Kind: watch.ServiceBack, Time: watchNoon})
	}
	go r.work(t.Context())
	begun := time.Now()
	r.finish()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if said := out.String(); strings.Count(said, "failed (service-back): context deadline exceeded") != 2 || strings.Count(said, "left out") != 1 {
		t.Errorf("%s", said)
	}
}
