package ui

import (
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 8, "one two\n  three"},
		{"one two three", 80, "one two three"},
		{"署名用電子証明書の期限", 10, "署名用電子\n  証明書の\n  期限"},
		{"終わりです。", 10, "終わりで\n  す。"},
		{"(括弧)は離さない", 6, "(括弧)\n  は\n  離さ\n  ない"},
		{"jpki pin status を実行", 12, "jpki pin\n  status を\n  実行"},
		{"詳しくは jpki guide renew を見る", 20, "詳しくは\n  jpki guide renew\n  を見る"},
		{"詳しくは jpki guide renew", 40, "詳しくは jpki guide renew"},
		{"入っています(見るには jpki status --ask)", 34, "入っています(見るには\n  jpki status --ask)"},
		{"To see more run jpki doctor, please do.", 30, "To see more run jpki doctor,\n  please do."},
		{"On Linux run: sudo systemctl start pcscd.socket. Over SSH", 40, "On Linux run:\n  sudo systemctl start pcscd.socket.\n  Over SSH"},
		{"残り15回です", 7, "残り\n  15回\n  です"},
		{"ファイル", 2, "ファ\n  イ\n  ル"},
		{"認証局はカードリーダーで確かめます", 20, "認証局は\n  カードリーダーで\n  確かめます"},
		{"認証局の証明書を確かめて", 22, "認証局の証明書を\n  確かめて"},
		{"窓口へカードをお持ちになる", 20, "窓口へカードを\n  お持ちになる"},
		{"更新は2026年11月22日(日)から", 22, "更新は\n  2026年11月22日(日)\n  から"},
		{"時間は6:30〜23:00だけです", 16, "時間は\n  6:30〜23:00\n  だけです"},
		{"期限の3か月前から", 12, "期限の3か月\n  前から"},
		{"3営業日ほどかかります", 12, "3営業日ほど\n  かかります"},
		{"it ended on 22 November 2026 at noon", 20, "it ended on\n  22 November 2026\n  at noon"},
		{"Renewal opens Fri, 1 Jan 2027.", 20, "Renewal opens\n  Fri, 1 Jan 2027."},
		{"暗証番号の残り回数を見る", 16, "暗証番号の\n  残り回数を見る"},
		{"in all of November 2026", 18, "in all of\n  November 2026"},
		{"it takes at most 24 hours", 20, "it takes at most\n  24 hours"},
		{"Enter the PIN. 5 of 5 tries left", 20, "Enter the PIN.\n  5 of 5 tries left"},
		{"入力してください。残り5回(最大5回)", 26, "入力してください。\n  残り5回(最大5回)"},
		{"one line\nand another one", 10, "one line\nand\n  another\n  one"},
		{"  indented", 6, "  indented"},
		{"averyverylongword", 5, "averyverylongword"},
		{"", 5, ""},
	} {
		if got := Wrap(c.text, c.width, "  "); got != c.want {
			t.Errorf("Wrap(%q, %d) =\n%s\nwant\n%s", c.text, c.width, got, c.want)
		}
	}
}

func TestWrapKeepsEveryCharacterAndTheWidth(t *testing.T) {
	text := strings.Repeat("カードを持って市区町村の窓口で、JPKI (公的個人認証) を更新してください。", 5)
	for width := 12; width < 90; width++ {
		got := Wrap(text, width, "")
		if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(text), "") {
			t.Fatalf("width %d: characters lost:\n%s", width, got)
		}
		for line := range strings.Lines(got) {
			if w := twwidth.Width(strings.TrimSuffix(line, "\n")); w > width {
				t.Errorf("width %d: a line of %d columns: %s", width, w, line)
			}
		}
	}
}

// A layout keeps columns, and lines to be copied.
func TestLayout(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"      --crl FILE   a list of what was revoked", "      --crl FILE   a list of what was\n                   revoked"},
		{"  -q   静かにする。お知らせは表示しません。本当に", "  -q   静かにする。お知らせは\n       表示しません。本当に"},
		{"Files are signed with the card, one by one.", "Files are signed with the card, one\nby one."},
		{"- Take the card off the reader when you are done.", "- Take the card off the reader when you\n  are done."},
		{"・カードをリーダーから外して、終わりにしてください。", "・カードをリーダーから外して、\n  終わりにしてください。"},
		{"    <key>Label</key><string>jpki ssh agent</string>", "    <key>Label</key><string>jpki ssh agent</string>"},
		{"  one very long label of a table  text behind it", "  one very long label of a table\n      text behind it"},
		{"short  line", "short  line"},
		{"  a long label of the table  text\n  another label of the table  and this one", "  a long label of the table  text\n  another label of the table\n      and this one"},
		{"  a label of the table     text\n  another label of it      and this one too", "  a label of the table\n      text\n  another label of it\n      and this one too"},
		{"\tjpki sign a.txt b.txt c.txt d.txt | cat", "  jpki sign a.txt b.txt c.txt d.txt \\\n      | cat"},
		{"\tjpki status", "  jpki status"},
		{"\t\tjpki sign *.pdf --pin-command 'pass show jpki/sign' -q", "    jpki sign *.pdf --pin-command \\\n        'pass show jpki/sign' -q"},
		{"\tjpki sign a.txt --out-dir signed/of/to", "  jpki sign a.txt \\\n      --out-dir signed/of/to"},
		{"\tjpki sign a.txt b.txt c.txt d.txt $(ls e)", "  jpki sign a.txt b.txt c.txt d.txt \\\n      $(ls e)"},
		{"\tjpki sign a.txt --out-dir signed/of/t", "  jpki sign a.txt --out-dir signed/of/t"},
	} {
		if got := Layout(c.line+"\nnext", 39); got != c.want+"\nnext" {
			t.Errorf("Layout(%q) =\n%s\nwant\n%s", c.line, got, c.want)
		}
	}
}

func TestFitRows(t *testing.T) {
	rows := [][]string{{"失効の確認", "有効性確認、マイナポータル、市区町村の窓口でできます"}, {"範囲", "文書の全体"}}
	want := "  失効の確認  有効性確認、マイナポータル、\n              市区町村の窓口でできます\n  範囲        文書の全体\n"
	if got := Table(2, nil, fitRows(44, 2, rows)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	coloured := (&IO{Color: true}).Paint(Bad, "one two three four five six")
	if got := fitRows(10, 0, [][]string{{"a", coloured}}); len(got) != 2 || got[0][1] != "\x1b[31;1mone two three four\x1b[0m" || got[1][0] != "" || got[1][1] != "\x1b[31;1mfive six\x1b[0m" {
		t.Errorf("%q", got)
	}
}
