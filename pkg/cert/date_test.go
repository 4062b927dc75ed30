package cert

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata"
)

// everyZone runs a test under several zones of the machine: no answer of this
// package may depend on it.
func everyZone(t *testing.T, test func(*testing.T)) {
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	for _, name := range []string{"UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		time.Local = zone
		t.Run(name, test)
	}
}

// at reads an RFC 3339 time into the zone of the machine.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return when.Local()
}

// day reads an ISO 8601 date.
func day(t testing.TB, s string) Date {
	t.Helper()
	var d Date
	when, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	d.Year, d.Month, d.Day = when.Date()
	return d
}

func TestDateOfIsTheDayInJapan(t *testing.T) {
	everyZone(t, func(t *testing.T) {
		for instant, want := range map[string]string{
			"2029-09-14T14:59:59Z":      "2029-09-14",
			"2029-09-14T15:00:00Z":      "2029-09-15",
			"2028-12-31T15:00:00Z":      "2029-01-01",
			"2029-01-01T00:00:00+09:00": "2029-01-01",
			"2028-12-31T10:00:00-05:00": "2029-01-01",
		} {
			d := DateOf(at(t, instant))
			if d.String() != want {
				t.Errorf("%s is %v in Japan, want %s", instant, d, want)
			}
			if DateOf(d.Start()) != d || DateOf(d.Start().Add(-1)) == d {
				t.Errorf("%v starts at %v", d, d.Start())
			}
		}
	})
}

func TestDateArithmetic(t *testing.T) {
	everyZone(t, func(t *testing.T) {
		d := day(t, "2027-12-30")
		for n, want := range map[int]string{0: "2027-12-30", 1: "2027-12-31", 2: "2028-01-01", 61: "2028-02-29", -365: "2026-12-30"} {
			e := d.AddDays(n)
			if e.String() != want || d.DaysUntil(e) != n || e.DaysUntil(d) != -n {
				t.Errorf("%v + %d = %v, counted %d and %d", d, n, e, d.DaysUntil(e), e.DaysUntil(d))
			}
			if got := d.Compare(e); got < 0 != (n > 0) || got > 0 != (n < 0) {
				t.Errorf("%v compares %d with %v", d, got, e)
			}
		}
		if got := day(t, "2029-09-14").Weekday(); got != time.Friday {
			t.Errorf("2029-09-14 is a %v", got)
		}
		// 2^63 nanoseconds are only 292 years.
		if got := day(t, "1600-01-01").DaysUntil(day(t, "2000-01-01")); got != 146097 {
			t.Errorf("400 years have %d days", got)
		}
	})
}

func TestDateInJSON(t *testing.T) {
	got, err := json.Marshal(map[string]any{"last_day": day(t, "2029-09-14"), "birth": Birth{Showa, 1980, 2, 0}})
	if want := `{"birth":"1980-02","last_day":"2029-09-14"}`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

func TestWareki(t *testing.T) {
	for date, want := range map[string]string{
		"2029-09-14": "令和11年9月14日",
		"2020-01-01": "令和2年1月1日",
		"2019-12-31": "令和元年12月31日",
		"2019-05-01": "令和元年5月1日",
		"2019-04-30": "平成31年4月30日",
		"1990-01-01": "平成2年1月1日",
		"1989-01-08": "平成元年1月8日",
		"1989-01-07": "昭和64年1月7日",
		"1926-12-25": "昭和元年12月25日",
		"1926-12-24": "大正15年12月24日",
		"1912-07-30": "大正元年7月30日",
		"1912-07-29": "明治45年7月29日",
		"1868-01-25": "明治元年1月25日",
		"1868-01-24": "1868年1月24日",
	} {
		if got := day(t, date).Wareki(); got != want {
			t.Errorf("%s: %s, want %s", date, got, want)
		}
	}
	if s := Era(6).String() + Era(-1).String() + EraUnknown.String(); s != "" {
		t.Errorf("eras without a name are called %q", s)
	}
}
