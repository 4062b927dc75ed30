package command

import (
	"errors"
	"testing"
)

func TestDayCount(t *testing.T) {
	for in, want := range map[string]DayCount{"30d": 30, "30": 30, "0d": 0, "2w": 14, "4000": 4000} {
		var d DayCount
		if err := d.Set(in); err != nil || d != want {
			t.Errorf("Set(%q) = %v, %v, want %v", in, d, err, want)
		}
	}
	for _, in := range []string{"", "d", "-1", "1.5d", "30h", "4001", "999999999999", "9999w", "w"} {
		d := DayCount(5)
		if err := d.Set(in); !errors.Is(err, errDays) || d != 5 {
			t.Errorf("Set(%q) = %v, %v", in, d, err)
		}
	}
	for in, want := range map[string]string{"7d,30d, 7": "30d,7d", "": "", "1": "1d"} {
		l := DayList{99}
		if err := l.Set(in); err != nil || l.String() != want {
			t.Errorf("list Set(%q) = %v, %v, want %s", in, l, err, want)
		}
	}
	if err := new(DayList).Set("7d,,1d"); err == nil {
		t.Error("an empty entry is taken")
	}
}
