package command

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DayCount is a flag's number of days: 30d, 4w or 30. Negative is not given.
type DayCount int

func (d DayCount) String() string {
	if d < 0 {
		return ""
	}
	return fmt.Sprintf("%dd", int(d))
}

func (DayCount) Type() string { return "days" }

// maxDays is more than any certificate lives.
const maxDays = 4000

var errDays = errors.New("not a number of days such as 30d")

func (d *DayCount) Set(s string) error {
	digits, unit := strings.TrimSuffix(s, "d"), 1
	if weeks, ok := strings.CutSuffix(s, "w"); ok {
		digits, unit = weeks, 7
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || int(n)*unit > maxDays {
		return errDays
	}
	*d = DayCount(int(n) * unit)
	return nil
}

// DayList is a flag's list of days, the most first: 30d,7d.
type DayList []DayCount

func (l DayList) String() string {
	var parts []string
	for _, d := range l {
		parts = append(parts, d.String())
	}
	return strings.Join(parts, ",")
}

func (DayList) Type() string { return "days" }

// Set replaces the list; an empty string empties it.
func (l *DayList) Set(s string) error {
	list := DayList{}
	for part := range strings.SplitSeq(s, ",") {
		if strings.TrimSpace(s) == "" {
			break
		}
		var d DayCount
		if err := d.Set(strings.TrimSpace(part)); err != nil {
			return err
		}
		list = append(list, d)
	}
	slices.Sort(list)
	slices.Reverse(list)
	*l = slices.Compact(list)
	return nil
}
