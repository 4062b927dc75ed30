package update

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// TestScan finds every text that a rebuilding reader takes for an object.
func TestScan(t *testing.T) {
	for text, want := range map[string][]string{
		"4 0 obj":                        {"4 0 at 0"},
		"\n12 3 obj<<":                   {"12 3 at 1"},
		"%%EOF7 0 obj":                   {"7 0 at 5"},
		"(4 0 obj)":                      {"4 0 at 1"},
		"4\x000\fobj":                    {"4 0 at 0"},
		"4 0obj":                         {"4 0 at 0"},
		"4 %x\n0 %y\r obj":               {"4 0 at 0"},
		"% 5 0 obj":                      {"5 0 at 2"},
		"4 0 object":                     {"4 0 at 0"},
		"1 4 0 obj":                      {"4 0 at 2"},
		"04 00000 obj":                   {"4 0 at 0"},
		"endobj":                         nil,
		"0 obj":                          nil,
		"x obj":                          nil,
		"40 R obj":                       nil,
		"8388608 0 obj":                  nil,
		"4 0 % obj":                      nil, // no number before it in the comment
		"4 0 obj 5 1 obj\nendobj6 0 obj": {"4 0 at 0", "5 1 at 8", "6 0 at 22"},
	} {
		m, err := scan(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range m.objects {
			got = append(got, fmt.Sprintf("%d %d at %d", o.number, o.generation, o.offset))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestScanOverWindows finds an object and a trailer at every place around the
// border between two reads.
func TestScanOverWindows(t *testing.T) {
	for shift := -40; shift <= 40; shift++ {
		padding := strings.Repeat(" ", scanBuffer+scanBefore+shift)
		text := padding + "17 0 obj trailer " + strings.Repeat("x", 100)
		m, err := scan(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		if len(m.objects) != 1 || m.objects[0].offset != int64(len(padding)) || !slices.Equal(m.trailers, []int64{int64(len(padding) + len("17 0 obj "))}) {
			t.Errorf("shift %d: %v, %v", shift, m.objects, m.trailers)
		}
	}
}

// TestScanIsBounded checks that scan stops on input with a high cost.
func TestScanIsBounded(t *testing.T) {
	text := strings.Repeat("0%\n0obj", 1<<20/7)
	if _, err := scan(strings.NewReader(text), int64(len(text))); !errors.Is(err, pdf.ErrTooLarge) {
		t.Error(err)
	}
}

func TestMarksOf(t *testing.T) {
	text := "4 0 obj 5 0 obj 4 1 obj 40 0 obj"
	m, err := scan(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.of(4, int64(len(text))); len(got) != 2 || got[1].generation != 1 {
		t.Errorf("%v", got)
	}
	if got := m.of(4, 10); len(got) != 1 {
		t.Errorf("before byte 10: %v", got)
	}
	if got := m.between(8, 17); len(got) != 2 {
		t.Errorf("between: %v", got)
	}
}
