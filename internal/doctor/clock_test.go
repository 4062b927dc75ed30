package doctor

import (
	"testing"
	"time"
)

// TestClockText: both times are there where this computer has another one than
// Japan.
func TestClockText(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 4, 0, 0, time.UTC)
	for want, zone := range map[string]*time.Location{
		"2026-11-22 12:04 JST":                        time.FixedZone("JST", 9*60*60),
		"2026-11-22 12:04 JST = 2026-11-22 03:04 UTC": time.UTC,
		"2026-11-22 12:04 JST = 2026-11-21 20:04 MST": time.FixedZone("MST", -7*60*60),
	} {
		if got := clock(at.In(zone)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
