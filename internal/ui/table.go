package ui

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table lays rows out in columns, without rules, two spaces apart and indented
// by indent. header may be nil. The last column is not padded.
func Table(indent int, header []string, rows [][]string) string {
	// East Asian ambiguous characters count as narrow, as terminals show
	// them; the library would guess from the locale.
	twwidth.SetEastAsian(false)
	var buf bytes.Buffer
	off := tw.Off
	t := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{
				Separators: tw.SeparatorsNone,
				Lines:      tw.LinesNone,
			},
		})),
		tablewriter.WithHeaderAutoFormat(off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(off),
		tablewriter.WithPadding(tw.Padding{Left: "", Right: "  ", Overwrite: true}),
	)
	if header != nil {
		t.Header(header)
	}
	for _, row := range rows {
		if err := t.Append(row); err != nil {
			panic(err) // rows of strings cannot fail
		}
	}
	if err := t.Render(); err != nil {
		panic(err) // a bytes.Buffer cannot fail
	}
	var out strings.Builder
	for line := range strings.Lines(buf.String()) {
		// The library pads the last column too, and resets colour behind it.
		line = strings.TrimSuffix(strings.TrimRight(line, " \n"), "\x1b[0m")
		line = strings.TrimRight(line, " ")
		if strings.Count(line, "\x1b[")%2 == 1 {
			line += "\x1b[0m"
		}
		if line != "" {
			out.WriteString(strings.Repeat(" ", indent) + line + "\n")
		}
	}
	return out.String()
}
