package ui

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// Table lays rows out in columns, without rules, two spaces apart and indented
// by indent. header may be nil. The last column is not padded.
//
// Only the widths are tablewriter's: a table of its own for each signature of
// a file would take longer than checking the signature.
func Table(indent int, header []string, rows [][]string) string {
	// East Asian ambiguous characters count as narrow, as terminals show
	// them; the library would guess from the locale.
	twwidth.SetEastAsian(false)
	if header != nil {
		rows = append([][]string{header}, rows...)
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], twwidth.Width(cell))
		}
	}
	var out strings.Builder
	for _, row := range rows {
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		if len(row) == 0 {
			continue
		}
		out.WriteString(strings.Repeat(" ", indent))
		for i, cell := range row {
			out.WriteString(cell)
			if i+1 < len(row) {
				out.WriteString(strings.Repeat(" ", widths[i]-twwidth.Width(cell)+2))
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}
