package watch

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

func TestMemory(t *testing.T) {
	m := &Memory{state.At(filepath.Join(t.TempDir(), "state"))}
	card := demo(t, "adult")
	exchange := func(c *Card, when time.Time) map[jpki.Key]Seen {
		t.Helper()
		before, err := m.exchange(t.Context(), c, when)
		if err != nil {
			t.Fatal(err)
		}
		return before
	}
	if before := exchange(card, noon); len(before) != 0 {
		t.Errorf("before the first time: %v", before)
	}
	if before := exchange(demo(t, "expiring"), noon); len(before) != 0 {
		t.Errorf("of another card: %v", before)
	}
	before := exchange(tries(card, 3, 3), at(10))
	if s := before[jpki.KeySign]; s.Left != 5 || !s.At.Equal(noon) {
		t.Errorf("before: %v", before)
	}
	// One that saw the card earlier and writes later changes nothing.
	exchange(card, at(5))
	before = exchange(card, at(20))
	if s := before[jpki.KeySign]; s.Left != 3 || !s.At.Equal(at(10)) {
		t.Errorf("before: %v", before)
	}
	// A counter that the card did not tell keeps what is known of it.
	exchange(withoutCounter(card, authPIN), at(30))
	before = exchange(card, at(40))
	if s := before[jpki.KeyAuth]; s.Left != 3 || !s.At.Equal(at(20)) {
		t.Errorf("before: %v", before)
	}
}

// TestMemoryIsPrivate shows that only the owner can read the memory, and that
// it has only fingerprints, numbers and times.
func TestMemoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := (&Memory{state.At(dir)}).exchange(t.Context(), demo(t, "foreign"), noon); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "watch.json")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v", info.Mode())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := `\{ "left": \d, "at": "[-0-9T:+]+" \}`
	form := regexp.MustCompile(`^\{ "version": 1, "cards": \{ "[0-9A-Fa-f:]{64,95}": \{ "auth": ` + seen + `, "sign": ` + seen + ` \} \} \} $`)
	if text := regexp.MustCompile(`\s+`).ReplaceAll(data, []byte(" ")); !form.Match(text) {
		t.Errorf("%s", text)
	}
}

func TestMemoryForgets(t *testing.T) {
	d := document{Cards: map[string]map[string]Seen{}}
	for i := range maxCards + 3 {
		d.Cards[string(rune('あ'+i))] = map[string]Seen{"sign": {5, at(i)}}
	}
	d.forgetOldest()
	for i := range maxCards + 3 {
		if _, kept := d.Cards[string(rune('あ'+i))]; kept != (i >= 3) {
			t.Errorf("card %d kept: %v", i, kept)
		}
	}
}
