//go:build foreign

package calendar

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOtherParsers has two parsers that are not ours read the file and say what
// is in it. They are Debian packages, and so of its own python3.
func TestOtherParsers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sample.ics")
	if err := os.WriteFile(file, sample.Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = `1-last@example 7 2026-11-22 03:00:00+00:00
2028-02-29 2028-03-01
更新; カード, 暗証番号 \ 窓口
一行目|カードを持って市区町村の窓口へ。カードを持って市区町村の窓口へ。カードを持って市区町村の窓口へ。カードを持って市区町村の窓口へ。カードを持って市区町村の窓口へ。カードを持って市区町村の窓口へ。カードを持って市区町村の窓口へ。カードを持って市区町村の窓口へ。
-2559600 DISPLAY
-54000 DISPLAY
32400 DISPLAY
2@example 0 2026-11-22 03:00:00+00:00
2026-12-31 2027-01-01
year's end

`
	for name, script := range map[string]string{"icalendar": readICalendar, "vobject": readVObject} {
		cmd := exec.Command("/usr/bin/python3", "-c", script, file)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(out) != want {
			t.Errorf("%s reads\n%s\nwant\n%s", name, out, want)
		}
	}
}

const readICalendar = `
import sys, icalendar
for e in icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read()).walk('VEVENT'):
    assert not e.errors, e.errors
    print(e['UID'], e['SEQUENCE'], e['DTSTAMP'].dt)
    print(e['DTSTART'].dt, e['DTEND'].dt)
    print(e['SUMMARY'])
    print(e['DESCRIPTION'].replace('\n', '|'))
    for a in e.walk('VALARM'):
        print(int(a['TRIGGER'].dt.total_seconds()), a['ACTION'])
`

const readVObject = `
import sys, vobject
cal = vobject.readOne(open(sys.argv[1], newline='').read())
cal.validate(raiseException=True)
for e in cal.vevent_list:
    print(e.uid.value, e.sequence.value, e.dtstamp.value.isoformat(' '))
    print(e.dtstart.value, e.dtend.value)
    print(e.summary.value)
    print(e.description.value.replace('\n', '|'))
    for a in getattr(e, 'valarm_list', []):
        print(int(a.trigger.value.total_seconds()), a.action.value)
`
