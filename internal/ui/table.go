package ui

import (
	"bytes"
	"reflect"
	"strings"
	"sync"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twcache"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// layout is a table without rules, with its writer.
type layout struct {
	table *tablewriter.Table
	out   bytes.Buffer
}

// layouts are used again and again: making one takes longer than checking a
// signature does.
var layouts = sync.Pool{New: func() any {
	// East Asian ambiguous characters count as narrow, as terminals show
	// them; the library would guess from the locale.
	twwidth.SetEastAsian(false)
	l, off := new(layout), tw.Off
	l.table = tablewriter.NewTable(&l.out,
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
		// The default one is made anew, for 10,000 types, with each Reset.
		tablewriter.WithStringerCacheCustom(twcache.NewLRU[reflect.Type, reflect.Value](1)),
	)
	return l
}}

// Table lays rows out in columns, without rules, two spaces apart and indented
// by indent. header may be nil. The last column is not padded.
func Table(indent int, header []string, rows [][]string) string {
	l := layouts.Get().(*layout)
	defer layouts.Put(l)
	l.table.Reset()
	l.out.Reset()
	if header != nil {
		l.table.Header(header)
	}
	for _, row := range rows {
		if err := l.table.Append(row); err != nil {
			panic(err) // rows of strings cannot fail
		}
	}
	if err := l.table.Render(); err != nil {
		panic(err) // a bytes.Buffer cannot fail
	}
	var out strings.Builder
	for line := range strings.Lines(l.out.String()) {
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

// Fits reports whether every line of s has room in so many columns.
func Fits(s string, width int) bool {
	for line := range strings.Lines(s) {
		if twwidth.Width(strings.TrimSuffix(line, "\n")) > width {
			return false
		}
	}
	return true
}
