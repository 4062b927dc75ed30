//go:build foreign

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCalendarProgram imports the file into a calendar program, and once more
// in another language and with other reminders: the entries are replaced.
func TestCalendarProgram(t *testing.T) {
	home := t.TempDir()
	entries, config := filepath.Join(home, "entries"), filepath.Join(home, "khal.conf")
	settings := fmt.Sprintf("[calendars]\n[[c]]\npath = %s\n[sqlite]\npath = %s\n[locale]\nlocal_timezone = %[3]s\ndefault_timezone = %[3]s\n",
		entries, filepath.Join(home, "db"), "America/Los_Angeles")
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang, remind string
		last         []string // in the entry of the signing certificate's last day
	}{
		{"ja", "30d,7d", []string{"SUMMARY:デモ: 署名用電子証明書の有効期間満了日", "TRIGGER:-P29DT15H", "TRIGGER:-P6DT15H"}},
		{"en", "1d", []string{"SUMMARY:DEMO: Digital-signature certificate: last day of validity", "TRIGGER:-PT15H"}},
	} {
		w := newWorld(t, c.lang)
		if exit, out := w.run("calendar --card demo:expiring --pin-stdin -o card.ics --remind "+c.remind, "DEMO123\n"); exit != 0 {
			t.Fatal(out)
		}
		khal := exec.Command("khal", "-c", config, "import", "--batch", "-a", "c", w.path("card.ics"))
		khal.Env = append(os.Environ(), "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home, "LC_ALL=C.UTF-8")
		if out, err := khal.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		files, err := filepath.Glob(filepath.Join(entries, "*-last@jpki.ics"))
		if err != nil || len(files) != 3 { // the two certificates and the card
			t.Fatalf("%s: there are %d last days (%v)", c.lang, len(files), err)
		}
		if !anyHolds(t, files, append(c.last, "DTSTART;VALUE=DATE:20261220")) {
			t.Errorf("%s: no entry has %q", c.lang, c.last)
		}
	}
}

// anyHolds reports whether one of the files has all of these in unfolded lines,
// and no more alarms than those.
func anyHolds(t *testing.T, files, these []string) bool {
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("\r\n ", "", "\n ", "").Replace(string(data))
		holds := strings.Count(text, "TRIGGER") == strings.Count(strings.Join(these, "\n"), "TRIGGER")
		for _, s := range these {
			holds = holds && strings.Contains(text, s)
		}
		if holds {
			return true
		}
	}
	return false
}
