package jpki

import (
	"testing"
	"time"
)

func TestWeakness(t *testing.T) {
	for pin, want := range map[string]Weakness{
		"1111": WeakRepeated, "1212": WeakRepeated, "1122": WeakRepeated, "AAA111": WeakRepeated,
		"1234": WeakRunning, "4321": WeakRunning, "0123": WeakRunning, "9876": WeakRunning,
		"ABC123": WeakRunning, "CBA999": WeakRunning, "111222333A": NotWeak, "ABCDEF123456": WeakRunning,
		"1357": NotWeak, "7531": NotWeak, "2580": NotWeak, "1235": NotWeak, "DEMO123": NotWeak, "A1B2C3": NotWeak, "AB1234": NotWeak,
		"": NotWeak,
	} {
		if got := NewPIN([]byte(pin)).Weakness(); got != want {
			t.Errorf("Weakness(%s) = %d, want %d", pin, got, want)
		}
	}
}

func TestContainsDate(t *testing.T) {
	for _, c := range []struct {
		pin       string
		may, does bool // for 3 November
	}{
		{"1103", true, true}, {"0311", true, true}, {"A1103B", true, true}, {"TARO19851103", true, true},
		{"1104", true, false}, {"1332", false, false}, {"9999", false, false}, {"ABCDEF", false, false},
		{"2211", true, false}, {"0322", true, false}, {"0115", true, false}, {"0909", true, false},
		{"11A03B", false, false}, {"110", false, false}, {"3112", true, false},
	} {
		p := NewPIN([]byte(c.pin))
		if got := p.MayContainDate(); got != c.may {
			t.Errorf("MayContainDate(%s) = %v", c.pin, got)
		}
		if got := p.ContainsDate(time.November, 3); got != c.does {
			t.Errorf("ContainsDate(%s) = %v", c.pin, got)
		}
	}
}
