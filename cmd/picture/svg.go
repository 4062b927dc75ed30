package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"golang.org/x/text/width"
)

// The measures of the picture, in pixels.
const (
	cell   = 8.0 // the width of a column
	height = 20  // of a line
	margin = 16
	bar    = 28 // the window's title
)

// colours of a terminal with a dark background, by the SGR parameter.
var colours = map[string]string{
	"":     "#d6d9e0",
	"1":    "#ffffff",
	"2":    "#8b93a5",
	"31;1": "#ff7b72",
	"32":   "#7ee787",
	"33":   "#f2cc60",
}

// svg draws the screen of a terminal. Each run of text states its column and
// its width, so that it fits with any font: a Japanese character takes two
// columns.
func svg(shown string) []byte {
	var lines bytes.Buffer
	columns, y := 0, bar+margin
	for line := range strings.Lines(shown) {
		y += height
		column, style := 0, ""
		for i, part := range strings.Split(strings.TrimSuffix(line, "\n"), "\x1b[") {
			if i > 0 {
				sgr, rest, _ := strings.Cut(part, "m")
				style, part = strings.TrimPrefix(sgr, "0"), rest
			}
			for _, stretch := range stretches(part) {
				wide := columnsOf(stretch)
				if strings.TrimSpace(stretch) != "" {
					weight := ""
					if style == "1" {
						weight = ` font-weight="bold"`
					}
					fmt.Fprintf(&lines, `<text x="%g" y="%d" fill="%s" textLength="%g" lengthAdjust="spacingAndGlyphs"%s xml:space="preserve">`,
						margin+float64(column)*cell, y, colours[style], float64(wide)*cell, weight)
					_ = xml.EscapeText(&lines, []byte(stretch))
					lines.WriteString("</text>\n")
				}
				column += wide
			}
		}
		columns = max(columns, column)
	}
	w, h := 2*margin+float64(columns)*cell, y+2*margin-height/2
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%d" viewBox="0 0 %g %d" font-family="'Noto Sans Mono CJK JP','BIZ UDGothic','Osaka-Mono','MS Gothic',Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13.3">
<rect width="100%%" height="100%%" rx="8" fill="#161b22"/>
<g fill="#484f5a"><circle cx="18" cy="18" r="5"/><circle cx="36" cy="18" r="5"/><circle cx="54" cy="18" r="5"/></g>
`, w, h, w, h)
	out.Write(lines.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// stretches cuts a text where narrow and wide characters, or words, meet: fonts
// agree on neither the width of a character nor that of a space.
func stretches(s string) (all []string) {
	kind := func(r rune) int {
		if r == ' ' {
			return 0
		}
		return columnsOf(string(r))
	}
	start, last := 0, -1
	for i, r := range s {
		if k := kind(r); k != last {
			if i > start {
				all = append(all, s[start:i])
			}
			start, last = i, k
		}
	}
	return append(all, s[start:])
}

// columnsOf is how wide a terminal shows a text.
func columnsOf(s string) (n int) {
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n++
		}
		n++
	}
	return n
}
