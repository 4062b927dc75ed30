package cert

import (
	"crypto/x509"
	"testing"
	"time"
)

func TestRenewalOpens(t *testing.T) {
	for last, want := range map[string]string{
		"2029-07-15": "2029-04-16",
		"2029-07-07": "2029-04-08",
		"2023-05-28": "2023-03-01",
		"2023-05-29": "2023-03-01",
		"2023-05-30": "2023-03-01",
		"2023-05-31": "2023-03-01",
		"2029-07-31": "2029-05-01",
		"2024-05-28": "2024-02-29",
		"2024-05-29": "2024-03-01",
		"2029-01-01": "2028-10-02", // over the turn of the year
		"2029-03-31": "2029-01-01",
		"2029-02-28": "2028-11-29",
		"2029-04-30": "2029-01-31",
	} {
		if got := RenewalOpens(day(t, last)); got.String() != want {
			t.Errorf("last day %s: renewal opens %v, want %s", last, got, want)
		}
	}
}

// The rule in other words: go back day by day into the third month before,
// until the day of the month is no later than the last day's. The day after
// that one is the first of renewal.
func TestRenewalOpensOnEveryDay(t *testing.T) {
	days, before := 0, Date{}
	end := time.Date(2051, 1, 1, 12, 0, 0, 0, time.UTC)
	for last := time.Date(2015, 1, 1, 12, 0, 0, 0, time.UTC); last.Before(end); last = last.AddDate(0, 0, 1) {
		back := last
		for monthsBetween(back, last) < 3 || back.Day() > last.Day() {
			back = back.Add(-24 * time.Hour)
		}
		want := back.Add(24 * time.Hour)
		got := RenewalOpens(Date{last.Year(), last.Month(), last.Day()})
		if (got != Date{want.Year(), want.Month(), want.Day()}) {
			t.Fatalf("last day %s: renewal opens %v, want %s", last.Format(time.DateOnly), got, want.Format(time.DateOnly))
		}
		if got.Compare(before) < 0 {
			t.Fatalf("last day %s: renewal opens %v, earlier than for the day before", last.Format(time.DateOnly), got)
		}
		days, before = days+1, got
	}
	if days != 13149 {
		t.Errorf("looked at %d days", days)
	}
}

func monthsBetween(a, b time.Time) int {
	return 12*(b.Year()-a.Year()) + int(b.Month()) - int(a.Month())
}

func TestState(t *testing.T) {
	everyZone(t, func(t *testing.T) {
		v := Validity{at(t, "2024-09-03T01:02:03Z"), at(t, "2029-09-14T14:59:59Z")}
		if v.LastDay() != day(t, "2029-09-14") || v.RenewalOpens() != day(t, "2029-06-15") {
			t.Errorf("last day %v, renewal opens %v", v.LastDay(), v.RenewalOpens())
		}
		for now, want := range map[string]struct {
			state    State
			daysLeft int
		}{
			"2024-09-03T01:02:02.9Z":      {NotYetValid, 1837},
			"2024-09-03T01:02:03Z":        {Valid, 1837},
			"2029-06-14T23:59:59.9+09:00": {Valid, 92},
			"2029-06-15T00:00:00+09:00":   {RenewalOpen, 91},
			"2029-09-13T23:59:59+09:00":   {RenewalOpen, 1},
			"2029-09-14T00:00:00+09:00":   {RenewalOpen, 0},
			"2029-09-14T23:59:59+09:00":   {RenewalOpen, 0},
			"2029-09-14T23:59:59.9+09:00": {RenewalOpen, 0},
			"2029-09-15T00:00:00+09:00":   {Expired, -1},
			"2029-09-24T12:00:00+09:00":   {Expired, -10},
		} {
			when := at(t, now)
			if got := v.State(when); got != want.state {
				t.Errorf("at %s: %v, want %v", now, got, want.state)
			}
			if got := v.DaysLeft(when); got != want.daysLeft {
				t.Errorf("at %s: %d days left, want %d", now, got, want.daysLeft)
			}
			if got, want := v.Contains(when), want.state == Valid || want.state == RenewalOpen; got != want {
				t.Errorf("at %s: contained %v", now, got)
			}
		}
	})
}

// A certificate issued within three months of the holder's birthday can be
// renewed from its first day on.
func TestStateOfAShortCertificate(t *testing.T) {
	v := Validity{at(t, "2029-09-01T00:00:00Z"), at(t, "2029-09-14T14:59:59Z")}
	if got := v.State(v.NotBefore); got != RenewalOpen {
		t.Errorf("first day: %v", got)
	}
	if got := v.State(v.NotBefore.Add(-time.Second)); got != NotYetValid {
		t.Errorf("before: %v", got)
	}
}

func TestStateNames(t *testing.T) {
	for state, want := range map[State]string{NotYetValid: "not-yet-valid", Valid: "valid", RenewalOpen: "renewal-open", Expired: "expired"} {
		if state.String() != want {
			t.Errorf("%d is %v", state, state)
		}
	}
}

func TestValidityOf(t *testing.T) {
	forever := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) // RFC 5280, 4.1.2.5: no date of expiry
	c := certificate(t, caName(t, "JPKI", signUnit), dn(t, country()), func(c *x509.Certificate) { c.NotAfter = forever })
	if v := ValidityOf(c); !v.NotAfter.Equal(forever) || !v.NotBefore.Equal(c.NotBefore) || v.LastDay() != (Date{10000, 1, 1}) {
		t.Errorf("%v, last day %v", v, v.LastDay())
	}
}
