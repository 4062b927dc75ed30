package ui

import "testing"

func TestTableLinesUpInJapanese(t *testing.T) {
	rows := [][]string{{"状態", "有効期間内です"}, {"Last day", "x"}, {"有効期間満了日", "2029年"}}
	want := "  状態            有効期間内です\n  Last day        x\n  有効期間満了日  2029年\n"
	for _, locale := range []string{"ja_JP.UTF-8", "C"} {
		t.Setenv("LANG", locale)
		t.Setenv("TERM", "")
		if got := Table(2, nil, rows); got != want {
			t.Errorf("LANG=%s:\n%s\nwant\n%s", locale, got, want)
		}
	}
}

func TestTableKeepsCase(t *testing.T) {
	want := "Reader  カード\nabc     あり\n"
	if got := Table(0, []string{"Reader", "カード"}, [][]string{{"abc", "あり"}}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableEndsColourWithTheText(t *testing.T) {
	o := &IO{Color: true}
	got := Table(0, nil, [][]string{{"a", o.Paint(Bad, "bad")}, {"b", "longer value"}})
	if want := "a  \x1b[31;1mbad\x1b[0m\nb  longer value\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPaintWithoutColour(t *testing.T) {
	o := &IO{}
	if got := o.Paint(Bad, "bad"); got != "bad" {
		t.Errorf("got %q", got)
	}
}
