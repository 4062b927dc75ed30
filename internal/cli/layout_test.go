package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/jpki-tools/jpki/internal/guide"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/ui"
)

// TestTopicsAtWidths compares the guide and the topics of the help, in 60, 80
// and 100 columns, with golden screens. Review their diff.
func TestTopicsAtWidths(t *testing.T) {
	torn := regexp.MustCompile(`残り\n *[0-9]|[0-9]\n *(?:回|年|月|日|時|分|文字|桁|歳|か月|営業日|columns|yen|tries|days|hours|digits)|〜\n`)
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		io := &ui.IO{Lang: lang}
		for _, terminal := range []int{60, 80, 100} {
			width := terminal - 1 // the last column of a line makes some terminals go on below
			pages := map[string]string{"guide": guidePages(io, width), "help": helpPages(lang, width)}
			for name, page := range pages {
				name := fmt.Sprintf("%s-%s-%d.golden", name, lang, terminal)
				for line := range strings.Lines(page) {
					if w := twwidth.Width(strings.TrimSuffix(line, "\n")); w > width && !copied(line) {
						t.Errorf("%s: %d columns: %s", name, w, line)
					}
				}
				for _, number := range torn.FindAllString(page, -1) {
					t.Errorf("%s: a torn number: %q", name, number)
				}
				golden(t, filepath.Join("..", "..", "testdata", "screen", name), page)
			}
		}
	}
}

// copied reports a line that is one word of a command or of a file, which a
// person copies.
func copied(line string) bool {
	word := strings.TrimSuffix(strings.TrimSpace(line), " \\")
	return !strings.Contains(word, " ") || strings.HasPrefix(word, "'") && strings.Count(word, "'") == 2
}

func guidePages(o *ui.IO, width int) string {
	var out strings.Builder
	out.WriteString("$ jpki guide\n" + topicsPage(o, width) + "\n$ jpki guide --sources\n" + sourcesPage(o, width) + "\n")
	for _, t := range guide.Topics() {
		out.WriteString("$ jpki guide " + t.Name + "\n" + topicPage(o, t, width) + "\n")
	}
	return out.String()
}

func helpPages(lang i18n.Lang, width int) string {
	var out strings.Builder
	for _, c := range commandsBelow(Tree(lang)) {
		if IsTopic(c) {
			out.WriteString("$ " + c.CommandPath() + "\n" + ui.Layout(c.Long, width) + "\n\n")
		}
	}
	return out.String()
}

// golden holds a text against a file, which -update writes.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Errorf("%s, line %d (-update rewrites it):\n%s\nwant\n%s", path, i+1, gotLines[i], wantLines[i])
			return
		}
	}
	t.Errorf("%s: %d lines, want %d", path, len(gotLines), len(wantLines))
}

// TestParagraphs shows that the texts of the help have no line ends inside a
// paragraph, which would leave short lines on a narrow terminal.
func TestParagraphs(t *testing.T) {
	ends := regexp.MustCompile(`[。.:;)」…"]$`)
	column := regexp.MustCompile(`\S  |^\t|<|^ *-|\{`) // tables, commands, files, lists
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		for _, c := range commandsBelow(Tree(lang)) {
			lines := strings.Split(c.Long, "\n")
			for i, line := range lines[:len(lines)-1] {
				next := lines[i+1]
				if twwidth.Width(line) > 70 && !column.MatchString(line) && !ends.MatchString(line) &&
					strings.TrimSpace(next) != "" && !column.MatchString(next) && indentation(next) == indentation(line) {
					t.Errorf("%s (%s): a line ends inside a sentence: %q, %q", c.CommandPath(), lang, line, next)
				}
			}
		}
	}
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
